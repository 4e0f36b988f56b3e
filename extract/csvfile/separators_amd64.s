#include "textflag.h"

// func findBlocks(text *byte, blocks int, base uint32, places *uint32, tables *[32]byte) (n int, seen uint64)
//
// It takes AVX2, BMI1 and POPCNT.
TEXT ·findBlocks(SB), NOSPLIT, $0-56
	MOVQ text+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVL base+16(FP), R9
	MOVQ places+24(FP), DI
	MOVQ tables+32(FP), AX
	VBROADCASTI128 0(AX), Y0  // kinds by the lower half of a byte
	VBROADCASTI128 16(AX), Y1 // and by the upper one
	MOVQ $0x0f0f0f0f0f0f0f0f, AX
	MOVQ AX, X2
	VPBROADCASTQ X2, Y2
	MOVQ $0x0707070707070707, AX // the kinds that are separators
	MOVQ AX, X3
	VPBROADCASTQ X3, Y3
	VPXOR Y4, Y4, Y4 // what was seen
	VPXOR Y5, Y5, Y5

block:
	// The kinds of a byte are those that both of its halves may have.
	VMOVDQU 0(SI), Y6
	VMOVDQU 32(SI), Y7
	VPSRLW $4, Y6, Y8
	VPSRLW $4, Y7, Y9
	VPAND Y2, Y6, Y6
	VPAND Y2, Y7, Y7
	VPAND Y2, Y8, Y8
	VPAND Y2, Y9, Y9
	VPSHUFB Y6, Y0, Y6
	VPSHUFB Y7, Y0, Y7
	VPSHUFB Y8, Y1, Y8
	VPSHUFB Y9, Y1, Y9
	VPAND Y8, Y6, Y6
	VPAND Y9, Y7, Y7
	VPOR Y6, Y4, Y4
	VPOR Y7, Y4, Y4

	// A bit for each separator.
	VPAND Y3, Y6, Y6
	VPAND Y3, Y7, Y7
	VPCMPEQB Y5, Y6, Y6
	VPCMPEQB Y5, Y7, Y7
	VPMOVMSKB Y6, AX
	VPMOVMSKB Y7, BX
	SHLQ $32, BX
	ORQ BX, AX
	NOTQ AX
	POPCNTQ AX, R13

	// Eight places are written at a time, be there as many or not, for most blocks have fewer and a loop of another length each time is
	// foretold badly. The next block's places are written over those too many.
	MOVQ DI, R12

eight:
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 0(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 4(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 8(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 12(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 16(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 20(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 24(R12)
	TZCNTQ AX, R10
	BLSRQ AX, AX
	ADDL R9, R10
	MOVL R10, 28(R12)
	ADDQ $32, R12
	TESTQ AX, AX
	JNZ eight

	LEAQ (DI)(R13*4), DI
	ADDL $64, R9
	ADDQ $64, SI
	DECQ CX
	JNZ block

	SUBQ places+24(FP), DI
	SHRQ $2, DI
	MOVQ DI, n+40(FP)
	VEXTRACTI128 $1, Y4, X5
	VPOR X5, X4, X4
	VPSRLDQ $8, X4, X5
	VPOR X5, X4, X4
	MOVQ X4, seen+48(FP)
	VZEROUPPER
	RET
