package extract_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"chartlift/extract"
)

func TestPiecesOfATextArePlainWhereNoneOfTheirBytesIsOdd(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	alphabet := []string{"a", "B", "0", ",", "\n", ".", "+", "=", "~", "\x7f", "\x00"}
	for _, odd := range [][]string{nil, {"&"}, {"?"}, {"é"}, {"日"}, {"&", "?", "é", "\x80"}} {
		for _, size := range []int{0, 1, 31, 32, 33, 500} {
			var b strings.Builder
			for b.Len() < size {
				if len(odd) > 0 && random.IntN(20) == 0 {
					b.WriteString(odd[random.IntN(len(odd))])
					continue
				}
				b.WriteString(alphabet[random.IntN(len(alphabet))])
			}
			checkPieces(t, random, b.String())
		}
	}
}

// checkPieces compares with what a look at each byte says, for pieces that
// follow each other with gaps and without.
func checkPieces(t *testing.T, random *rand.Rand, text string) {
	t.Helper()
	odd := extract.NewOdd(text)
	for start := 0; start <= len(text); {
		end := min(len(text), start+random.IntN(40))
		piece := text[start:end]
		want := !strings.ContainsAny(piece, "&?") && strings.IndexFunc(piece, func(r rune) bool { return r >= 0x80 }) < 0
		if got := odd.Plain(start, end); got != want {
			t.Fatalf("%q, from %d to %d of %q, is plain: %t", piece, start, end, text, got)
		}
		start = end + random.IntN(3)
		if end == len(text) {
			break
		}
	}
}
