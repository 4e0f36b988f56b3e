package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// foldASCII folds accents and signs; it returns s itself where that is ASCII.
func foldASCII(s string) (Value, *Problem) {
	if isASCII(s) {
		return of(s)
	}
	var b strings.Builder
	lost := false
	for _, r := range norm.NFKD.String(s) {
		folded, ok := asciiFolds[r]
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case ok:
			b.WriteString(folded)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			lost = lost || !unicode.IsMark(r)
		}
	}
	text := strings.TrimSpace(b.String())
	if lost && text != "" {
		return warn(text, "lossy-text", "characters without an ASCII form were left out; drop the cleaner ascii to keep them")
	}
	if lost {
		return bad("lossy-text", "no character of the text has an ASCII form; drop the cleaner ascii to keep it")
	}
	return of(text)
}

// isASCII tells that s is plain, which is the common case and needs no work.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// asciiFolds are the letters and signs that Unicode does not decompose.
var asciiFolds = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "Ae", 'œ': "oe", 'Œ': "Oe", 'ø': "o", 'Ø': "O",
	'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "Th", 'ħ': "h", 'Ħ': "H", 'ı': "i",
	'‘': "'", '’': "'", '‚': "'", '“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-", '⁄': "/", '×': "x", '·': ".", '•': "*",
}

// fixMojibake undoes UTF-8 that was read as Windows-1252, also when that
// happened more than once. Text that can not have come about so is returned as
// it is.
func fixMojibake(s string) string {
	for range 3 {
		fixed, ok := asWindows1252(s)
		if !ok || !utf8.ValidString(fixed) {
			return s
		}
		s = fixed
	}
	return s
}

// asWindows1252 returns the bytes of s in Windows-1252; ok is false where s is
// plain ASCII or has other characters.
func asWindows1252(s string) (string, bool) {
	if isASCII(s) {
		return "", false
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok && r >= 0x80 && r < 0xA0 {
			// The five bytes without a character; readers let them through as
			// C1 controls.
			b, ok = byte(r), true
		}
		if !ok {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), true
}
