/* attention.metal as it is, with a NUL behind it. */
#if defined(__APPLE__)
#define SECTION ".section __TEXT,__const\n"
#define PRIVATE ".private_extern _mfa_kernel_text\n"
#define NAME "_mfa_kernel_text"
#define BACK ".text\n"
#else
#define SECTION ".pushsection .rodata,\"a\",%progbits\n"
#define PRIVATE ".hidden mfa_kernel_text\n"
#define NAME "mfa_kernel_text"
#define BACK ".popsection\n"
#endif

__asm__(SECTION ".globl " NAME "\n" PRIVATE NAME ":\n"
        ".incbin \"attention.metal\"\n"
        ".byte 0\n" BACK);
