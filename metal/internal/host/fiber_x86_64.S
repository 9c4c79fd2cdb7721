//go:build linux

/* The switch for x86-64, System V: six callee-saved registers; vector registers are the caller's to save. */
#if defined(__x86_64__) && defined(__linux__)
        .text
        .globl host_switch
        .hidden host_switch
        .type host_switch, @function
        .p2align 5
host_switch:
        pushq %rbp
        pushq %rbx
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        movq %rsp, (%rdi)
        movq %rsi, %rsp
        movq %rdx, %rax
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %rbx
        popq %rbp
        ret
        .size host_switch, . - host_switch

        .globl host_resume
        .hidden host_resume
        .type host_resume, @function
        .p2align 4
host_resume:
        cld
        movq %rdi, %rsp
        movq %rsi, %rax
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %rbx
        popq %rbp
        ret
        .size host_resume, . - host_resume

        .globl host_fiber_start
        .hidden host_fiber_start
        .type host_fiber_start, @function
        .p2align 4
host_fiber_start:
        movq %r12, %rdi
        callq *%r13
        ud2
        .size host_fiber_start, . - host_fiber_start
#endif
#ifdef __linux__
        .section .note.GNU-stack, "", %progbits
#endif
