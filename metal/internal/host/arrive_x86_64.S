//go:build linux

/* unsigned host_simd_arrive(struct msl_lane *lane, int line, unsigned site): the way nearly every arrival goes, in one
 * piece: the next lane of the simdgroup is ready, and those that wait do so at this same operation on this same path. The
 * lane then waits too and the next one goes on. Everything else is host_arrive_at (lanes.c), of which this is a copy that pays for no frame. */
#if defined(__x86_64__) && defined(__linux__)
#define LANE_SIMDGROUP 8
#define LANE_SITE 24
#define LANE_BIT 32
#define LANE_LINE 44
#define LANE_TURN 72
#define LANE_NEXT 80
#define LANE_DIGEST 96
#define SIMDGROUP_READY 16
#define SIMDGROUP_SITE 40
#define SIMDGROUP_DIGEST 48

        .text
        .globl host_simd_arrive
        .hidden host_simd_arrive
        .type host_simd_arrive, @function
        .p2align 6
host_simd_arrive:
        /* The next lane's stack is known without waiting for the mask of those that are ready: the chain of loads from
         * one lane to the next is what this costs. */
        movq LANE_NEXT(%rdi), %r9
        movq (%r9), %r10
        movq LANE_SIMDGROUP(%rdi), %rax
        movl %edx, %edx
        testl %edx, %edx
        cmovzq (%rsp), %rdx                /* the operation: the third argument of host_arrive_at */
        movq LANE_DIGEST(%rdi), %r11
        movq LANE_TURN(%rdi), %r8
        xorq SIMDGROUP_READY(%rax), %r8    /* ready in the lower half, waiting in the upper */
        cmpq %rdx, SIMDGROUP_SITE(%rax)
        jne host_arrive_at
        cmpq %r11, SIMDGROUP_DIGEST(%rax)
        jne host_arrive_at
        testl %r8d, LANE_BIT(%r9)
        jz host_arrive_at
        movq %r8, SIMDGROUP_READY(%rax)
        movq %rdx, LANE_SITE(%rdi)
        movl %esi, LANE_LINE(%rdi)
        pushq %rbp
        pushq %rbx
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        movq %rsp, (%rdi)
        movq %r10, %rsp
        xorl %eax, %eax
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %rbx
        popq %rbp
        ret
        .size host_simd_arrive, . - host_simd_arrive
#endif
#ifdef __linux__
        .section .note.GNU-stack, "", %progbits
#endif
