//go:build amd64 && !purego

#include "textflag.h"

// tiles.go says what these compute, and why there is no fused multiply-add in them.

// func dots2x4(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)
TEXT ·dots2x4(SB), NOSPLIT, $0-56
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R8
	MOVQ b+24(FP), DI
	MOVQ ldb+32(FP), R9
	MOVQ c+40(FP), DX
	MOVQ ldc+48(FP), R10
	SHLQ $3, R8
	SHLQ $3, R9
	SHLQ $3, R10
	ADDQ SI, R8          // second row of a
	LEAQ (DI)(R9*1), R11 // rows 1 to 3 of b
	LEAQ (R11)(R9*1), R12
	LEAQ (R12)(R9*1), R13
	ADDQ DX, R10         // second row of c

	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7

	XORQ AX, AX
	SUBQ $4, CX
	JL   tail

loop:
	VMOVUPD (SI)(AX*8), Y8
	VMOVUPD (R8)(AX*8), Y9
	VMOVUPD (DI)(AX*8), Y10
	VMOVUPD (R11)(AX*8), Y11
	VMULPD  Y10, Y8, Y12
	VMULPD  Y10, Y9, Y13
	VMULPD  Y11, Y8, Y14
	VMULPD  Y11, Y9, Y15
	VADDPD  Y12, Y0, Y0
	VADDPD  Y13, Y4, Y4
	VADDPD  Y14, Y1, Y1
	VADDPD  Y15, Y5, Y5
	VMOVUPD (R12)(AX*8), Y10
	VMOVUPD (R13)(AX*8), Y11
	VMULPD  Y10, Y8, Y12
	VMULPD  Y10, Y9, Y13
	VMULPD  Y11, Y8, Y14
	VMULPD  Y11, Y9, Y15
	VADDPD  Y12, Y2, Y2
	VADDPD  Y13, Y6, Y6
	VADDPD  Y14, Y3, Y3
	VADDPD  Y15, Y7, Y7
	ADDQ    $4, AX
	SUBQ    $4, CX
	JGE     loop

tail:
	ADDQ $4, CX
	JLE  finish

one: // the last 1 to 3 elements go to the first lane of four; the others add 0
	VMOVSD (SI)(AX*8), X8
	VMOVSD (R8)(AX*8), X9
	VMOVSD (DI)(AX*8), X10
	VMOVSD (R11)(AX*8), X11
	VMULPD Y10, Y8, Y12
	VMULPD Y10, Y9, Y13
	VMULPD Y11, Y8, Y14
	VMULPD Y11, Y9, Y15
	VADDPD Y12, Y0, Y0
	VADDPD Y13, Y4, Y4
	VADDPD Y14, Y1, Y1
	VADDPD Y15, Y5, Y5
	VMOVSD (R12)(AX*8), X10
	VMOVSD (R13)(AX*8), X11
	VMULPD Y10, Y8, Y12
	VMULPD Y10, Y9, Y13
	VMULPD Y11, Y8, Y14
	VMULPD Y11, Y9, Y15
	VADDPD Y12, Y2, Y2
	VADDPD Y13, Y6, Y6
	VADDPD Y14, Y3, Y3
	VADDPD Y15, Y7, Y7
	INCQ   AX
	DECQ   CX
	JNZ    one

// Lanes 0 and 2, 1 and 3, then the two sums.
#define SUM(Y, X) \
	VEXTRACTF128 $1, Y, X8;      \
	VADDPD       X8, X, X;       \
	VUNPCKHPD    X, X, X8;       \
	VADDSD       X8, X, X

finish:
	SUM(Y0, X0)
	SUM(Y1, X1)
	SUM(Y2, X2)
	SUM(Y3, X3)
	SUM(Y4, X4)
	SUM(Y5, X5)
	SUM(Y6, X6)
	SUM(Y7, X7)

	// All of c is read before any is written: the two rows may be one.
	VADDSD (DX), X0, X0
	VADDSD 8(DX), X1, X1
	VADDSD 16(DX), X2, X2
	VADDSD 24(DX), X3, X3
	VADDSD (R10), X4, X4
	VADDSD 8(R10), X5, X5
	VADDSD 16(R10), X6, X6
	VADDSD 24(R10), X7, X7
	VMOVSD X0, (DX)
	VMOVSD X1, 8(DX)
	VMOVSD X2, 16(DX)
	VMOVSD X3, 24(DX)
	VMOVSD X4, (R10)
	VMOVSD X5, 8(R10)
	VMOVSD X6, 16(R10)
	VMOVSD X7, 24(R10)
	VZEROUPPER
	RET

// func sums2x16(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)
TEXT ·sums2x16(SB), NOSPLIT, $0-56
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R8
	MOVQ b+24(FP), DI
	MOVQ ldb+32(FP), R9
	MOVQ c+40(FP), DX
	MOVQ ldc+48(FP), R10
	SHLQ $3, R8
	SHLQ $3, R9
	SHLQ $3, R10
	ADDQ SI, R8
	ADDQ DX, R10

	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7

	TESTQ CX, CX
	JLE   store

next:
	VBROADCASTSD (SI), Y8
	VBROADCASTSD (R8), Y9
	VMOVUPD      (DI), Y10
	VMOVUPD      32(DI), Y11
	VMULPD       Y10, Y8, Y12
	VMULPD       Y10, Y9, Y13
	VMULPD       Y11, Y8, Y14
	VMULPD       Y11, Y9, Y15
	VADDPD       Y12, Y0, Y0
	VADDPD       Y13, Y4, Y4
	VADDPD       Y14, Y1, Y1
	VADDPD       Y15, Y5, Y5
	VMOVUPD      64(DI), Y10
	VMOVUPD      96(DI), Y11
	VMULPD       Y10, Y8, Y12
	VMULPD       Y10, Y9, Y13
	VMULPD       Y11, Y8, Y14
	VMULPD       Y11, Y9, Y15
	VADDPD       Y12, Y2, Y2
	VADDPD       Y13, Y6, Y6
	VADDPD       Y14, Y3, Y3
	VADDPD       Y15, Y7, Y7
	ADDQ         $8, SI
	ADDQ         $8, R8
	ADDQ         R9, DI
	DECQ         CX
	JNZ          next

store:
	VMOVUPD Y0, (DX)
	VMOVUPD Y1, 32(DX)
	VMOVUPD Y2, 64(DX)
	VMOVUPD Y3, 96(DX)
	VMOVUPD Y4, (R10)
	VMOVUPD Y5, 32(R10)
	VMOVUPD Y6, 64(R10)
	VMOVUPD Y7, 96(R10)
	VZEROUPPER
	RET
