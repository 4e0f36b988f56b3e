package profile

import (
	"strings"
	"unicode"
)

// shape returns the form of a value without the value: digits as 9, letters as
// a and A, as in the run's reports.
func shape(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsDigit(c):
			return '9'
		case unicode.IsUpper(c):
			return 'A'
		case unicode.IsLetter(c), unicode.IsMark(c):
			return 'a'
		case c >= ' ' && c <= '~' || c == '…':
			return c
		}
		return '?'
	}, s)
}

// plain replaces what could break a line or steer a terminal: anybody may have
// written the values.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
			return '·'
		}
		return c
	}, s)
}
