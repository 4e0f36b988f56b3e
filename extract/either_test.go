package extract_test

import (
	"bytes"
	"strings"
	"testing"

	"chartlift/extract"
)

// Bytes beside those that are looked for, whose difference to them is 0, 1 and
// 0x80, are where such a search goes wrong.
func TestEitherFindsTheFirstOfTwoBytesWhereverItStands(t *testing.T) {
	t.Parallel()
	for _, fill := range []byte{'x', '"' - 1, '"' + 1, '"' | 0x80, '\\' + 1, 0, 0xff} {
		for length := range 30 {
			for start := range length + 1 {
				for place := range length {
					for _, c := range []byte{'"', '\\', fill} {
						b := bytes.Repeat([]byte{fill}, length)
						b[place] = c
						b[length-1] = min(b[length-1], '"') // a second one at the end, or a byte below both
						want := bytes.IndexAny(b[start:], `"\`)
						at, found := extract.Either(b, start, extract.Eight('"'), extract.Eight('\\'))
						switch {
						case found && at != start+want:
							t.Fatalf("%q from %d: found at %d, not at %d", b, start, at, start+want)
						case !found && (at < start || len(b)-at > 8 || strings.ContainsAny(string(b[start:at]), `"\`)):
							t.Fatalf("%q from %d: none before %d", b, start, at)
						}
					}
				}
			}
		}
	}
}
