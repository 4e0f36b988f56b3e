#include "textflag.h"

// func findBlocks(text *byte, blocks int, base uint32, places *uint32, one, two, three uint64) (n int)
//
// It takes SSE2 alone, which every amd64 has, and TZCNT, which is BSF where it is not known: they differ for zero, of which nothing is made.
TEXT ·findBlocks(SB), NOSPLIT, $0-64
	MOVQ text+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVL base+16(FP), R9
	MOVQ one+32(FP), X0
	MOVQ two+40(FP), X1
	MOVQ three+48(FP), X2
	MOVQ places+24(FP), DI
	PUNPCKLQDQ X0, X0
	PUNPCKLQDQ X1, X1
	PUNPCKLQDQ X2, X2
	PXOR X15, X15

block:
	// Each byte that is one of the three becomes 0xff, others 0.
	MOVOU 0(SI), X3
	MOVOU 16(SI), X6
	MOVOU 32(SI), X9
	MOVOU 48(SI), X12
	MOVO X3, X4
	MOVO X3, X5
	MOVO X6, X7
	MOVO X6, X8
	MOVO X9, X10
	MOVO X9, X11
	MOVO X12, X13
	MOVO X12, X14
	PCMPEQB X0, X3
	PCMPEQB X1, X4
	PCMPEQB X2, X5
	PCMPEQB X0, X6
	PCMPEQB X1, X7
	PCMPEQB X2, X8
	PCMPEQB X0, X9
	PCMPEQB X1, X10
	PCMPEQB X2, X11
	PCMPEQB X0, X12
	PCMPEQB X1, X13
	PCMPEQB X2, X14
	POR X4, X3
	POR X5, X3
	POR X7, X6
	POR X8, X6
	POR X10, X9
	POR X11, X9
	POR X13, X12
	POR X14, X12

	// A bit for each of them.
	PMOVMSKB X3, AX
	PMOVMSKB X6, BX
	PMOVMSKB X9, DX
	PMOVMSKB X12, R8
	SHLQ $16, BX
	ORQ BX, AX
	SHLQ $16, R8
	ORQ R8, DX
	SHLQ $32, DX
	ORQ DX, AX

	// 0xff is -1: 0 minus their sum is their number.
	PADDB X6, X3
	PADDB X12, X9
	PADDB X9, X3
	MOVO X15, X4
	PSUBB X3, X4
	PSADBW X15, X4
	MOVHLPS X4, X5
	PADDQ X5, X4
	MOVQ X4, R13

	// Eight places are written at a time, be there as many or not, for most blocks have fewer and a loop of another length each time is
	// foretold badly. The next block's places are written over those too many.
	MOVQ DI, R12

eight:
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 0(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 4(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 8(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 12(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 16(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 20(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 24(R12)
	LEAQ -1(AX), R11
	ANDQ R11, AX
	TZCNTQ AX, R10
	ADDL R9, R10
	MOVL R10, 28(R12)
	ADDQ $32, R12
	LEAQ -1(AX), R11
	ANDQ R11, AX
	JNZ eight

	LEAQ (DI)(R13*4), DI
	ADDL $64, R9
	ADDQ $64, SI
	DECQ CX
	JNZ block

	SUBQ places+24(FP), DI
	SHRQ $2, DI
	MOVQ DI, n+56(FP)
	RET
