package dedupe

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold appends text in the form in which it is compared: upper case, accents
// and apostrophes gone, any run of other signs one space. Letters of other
// scripts stay.
func fold(dst []byte, text string) []byte {
	start := len(dst)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			return foldRunes(dst[:start], text)
		case c >= 'a' && c <= 'z':
			dst = append(dst, c-'a'+'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			dst = append(dst, c)
		case c == '\'' || c == '`' || c == '.':
		case len(dst) > start && dst[len(dst)-1] != ' ':
			dst = append(dst, ' ')
		}
	}
	return trimRight(dst, start)
}

func foldRunes(dst []byte, text string) []byte {
	start := len(dst)
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '`', r == '.', r == '’', r == '‘', r == 'ʼ':
		case special(r) != "":
			dst = append(dst, special(r)...)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			dst = utf8.AppendRune(dst, unicode.ToUpper(r))
		case len(dst) > start && dst[len(dst)-1] != ' ':
			dst = append(dst, ' ')
		}
	}
	return trimRight(dst, start)
}

// special spells letters that have no decomposition in Unicode.
func special(r rune) string {
	switch r {
	case 'ß', 'ẞ':
		return "SS"
	case 'ø', 'Ø':
		return "O"
	case 'æ', 'Æ':
		return "AE"
	case 'œ', 'Œ':
		return "OE"
	case 'ł', 'Ł':
		return "L"
	case 'đ', 'Đ', 'ð', 'Ð':
		return "D"
	case 'þ', 'Þ':
		return "TH"
	case 'ı':
		return "I"
	}
	return ""
}

func trimRight(dst []byte, start int) []byte {
	for len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// alphanumeric appends the letters and digits of text, upper case: the form in
// which ids are compared.
func alphanumeric(dst []byte, text string) []byte {
	start := len(dst)
	dst = fold(dst, text)
	kept := dst[:start]
	for _, c := range dst[start:] {
		if c != ' ' {
			kept = append(kept, c)
		}
	}
	return kept
}

// digitsOf appends the digits of a telephone number without its extension.
func digitsOf(dst []byte, text string) []byte {
	if i := strings.IndexAny(text, "xX#"); i > 0 {
		text = text[:i]
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= '0' && c <= '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

// tokens iterates over the words of a folded text.
func tokens(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			word, rest, _ := strings.Cut(text, " ")
			if word != "" && !yield(word) {
				return
			}
			text = rest
		}
	}
}

// firstToken returns the first word of a folded text.
func firstToken(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}
