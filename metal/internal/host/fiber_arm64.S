//go:build linux

/* The switch for AArch64, AAPCS64: x19 to x30 and the low halves of v8 to v15 are the callee's to save. */
#if defined(__aarch64__)
#ifdef __APPLE__
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif
#define FRAME 160

.macro SAVE
        sub sp, sp, #FRAME
        stp x19, x20, [sp, #0]
        stp x21, x22, [sp, #16]
        stp x23, x24, [sp, #32]
        stp x25, x26, [sp, #48]
        stp x27, x28, [sp, #64]
        stp x29, x30, [sp, #80]
        stp d8, d9, [sp, #96]
        stp d10, d11, [sp, #112]
        stp d12, d13, [sp, #128]
        stp d14, d15, [sp, #144]
.endm
.macro RESTORE
        ldp x19, x20, [sp, #0]
        ldp x21, x22, [sp, #16]
        ldp x23, x24, [sp, #32]
        ldp x25, x26, [sp, #48]
        ldp x27, x28, [sp, #64]
        ldp x29, x30, [sp, #80]
        ldp d8, d9, [sp, #96]
        ldp d10, d11, [sp, #112]
        ldp d12, d13, [sp, #128]
        ldp d14, d15, [sp, #144]
        add sp, sp, #FRAME
.endm

        .text
        .globl SYMBOL(host_switch)
        .p2align 5
SYMBOL(host_switch):
        SAVE
        mov x9, sp
        str x9, [x0]
        mov sp, x1
        mov x0, x2
        RESTORE
        ret

        .globl SYMBOL(host_resume)
        .p2align 4
SYMBOL(host_resume):
        mov sp, x0
        mov x0, x1
        RESTORE
        ret

        .globl SYMBOL(host_fiber_start)
        .p2align 4
SYMBOL(host_fiber_start):
        mov x0, x19
        blr x20
        brk #1
#endif
#ifdef __linux__
        .section .note.GNU-stack, "", %progbits
#endif
