package phone

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// What numbers are written with: hyphens, blanks, brackets, dots, strokes and tildes, also the wide ones of East Asia, and x for a digit of the carrier.
const (
	punctuation = "-x\u2010-\u2015\u2212\u30FC\uFF0D-\uFF0F " +
		"\u00A0\u00AD\u200B\u2060\u3000()\uFF08\uFF09\uFF3B\uFF3D." +
		"\\[\\]/~\u2053\u223C\uFF5E"
	digit   = "\\p{Nd}"
	letters = "a-zA-Z"
	pluses  = "+\uFF0B"
)

// How extensions are written. Where the sign for one is less clear, fewer digits are one.
const (
	beforeLabel = "[ \u00A0\\t,]*"
	afterLabel  = "[:\\.\uFF0E]?[ \u00A0\\t,-]*"
	clearLabel  = "(?:e?xt(?:ensi(?:o\u0301?|\u00F3))?n?|\uFF45?\uFF58\uFF54\uFF4E?|\u0434\u043E\u0431|anexo)"
	otherLabel  = "(?:[x\uFF58#\uFF03~\uFF5E]|int|\uFF49\uFF4E\uFF54)"
	waitLabel   = "[ \u00A0\\t]*"

	extension = ";ext=(" + digit + "{1,20})" + // RFC 3966
		"|" + beforeLabel + clearLabel + afterLabel + "(" + digit + "{1,20})#?" +
		"|" + beforeLabel + otherLabel + afterLabel + "(" + digit + "{1,9})#?" +
		"|[- ]+(" + digit + "{1,6})#" +
		"|" + waitLabel + "(?:,{2}|;)" + afterLabel + "(" + digit + "{1,15})#?" + // telephones dial these by themselves
		"|" + waitLabel + "(?:,)+" + afterLabel + "(" + digit + "{1,9})#?"

	number = digit + "{2}|[" + pluses + "]*(?:[" + punctuation + "*]*" + digit + "){3,}[" + punctuation + "*" + letters + digit + "]*"
)

// The parameters of RFC 3966.
const (
	scheme     = "tel:"
	context    = ";phone-context="
	subaddress = ";isub="

	contextDigit  = "(" + digit + "|[\\-\\.\\(\\)]?)"
	contextLabel  = "[" + letters + digit + "]"
	globalContext = "^\\+" + contextDigit + "*" + digit + contextDigit + "*$"
	domainContext = "^(" + contextLabel + "+((\\-)*" + contextLabel + ")*\\.)*[" + letters + "]+((\\-)*" + contextLabel + ")*\\.?$"
)

// written are the forms in which numbers are written.
type written struct {
	plus, start, second, whole, extension, global, domain *regexp.Regexp
}

// forms are compiled when the first number comes: they are large, and most commands read none.
var forms = sync.OnceValue(func() *written {
	return &written{
		plus:      regexp.MustCompile("[" + pluses + "]+"),
		start:     regexp.MustCompile("[" + pluses + digit + "]"),
		second:    regexp.MustCompile(`[\\/] *x`), // (530) 583-6985 x302/x2303 are two numbers
		whole:     regexp.MustCompile("(?i)^(" + number + "(?:" + extension + ")?)$"),
		extension: regexp.MustCompile("(?i)(?:" + extension + ")$"),
		global:    regexp.MustCompile(globalContext),
		domain:    regexp.MustCompile(domainContext),
	}
})

// candidate returns the part of a text that may be a number; ok is false where it says by itself that it is none.
func (f *written) candidate(text string) (part string, ok bool) {
	at := strings.Index(text, context)
	if at >= 0 && !f.isContext(contextOf(text, at)) {
		return "", false
	}
	if at > 0 {
		// A context that is a number is what the text lacks at its beginning.
		if c := contextOf(text, at); c[0] == '+' {
			part = c
		}
		from := 0
		if s := strings.Index(text[:at], scheme); s >= 0 {
			from = s + len(scheme)
		}
		part += text[from:at]
	} else {
		part = f.cutEnds(text)
	}
	if sub := strings.Index(part, subaddress); sub > 0 {
		part = part[:sub]
	}
	return part, true
}

// contextOf returns the value of the parameter that stands at a place.
func contextOf(text string, at int) string {
	value, _, _ := strings.Cut(text[at+len(context):], ";")
	return value
}

func (f *written) isContext(value string) bool {
	return value != "" && (f.global.MatchString(value) || f.domain.MatchString(value))
}

// cutEnds cuts off what stands before the first digit, and a second number.
func (f *written) cutEnds(text string) string {
	at := f.start.FindStringIndex(text)
	if at == nil {
		return ""
	}
	text = text[at[0]:]
	if at := f.second.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return text
}

func (f *written) viable(text string) bool {
	return len(text) >= leastNational && f.whole.MatchString(text)
}

// cutExtension cuts an extension off, where what stands before it is a number.
func (f *written) cutExtension(text string) (rest, extension string) {
	at := f.extension.FindStringSubmatchIndex(text)
	if at == nil || !f.viable(text[:at[0]]) {
		return text, ""
	}
	for i := 2; i < len(at); i += 2 {
		if at[i] >= 0 && at[i] < at[i+1] {
			return text[:at[0]], text[at[i]:at[i+1]]
		}
	}
	return text, ""
}

// normalized returns the digits of a number. With three letters or more it is a word to be dialled (1-800-FLOWERS): ITU-T E.161 says where they are.
func normalized(text string) string {
	if isWord(text) {
		return dialledWord(text)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case !unicode.IsDigit(r):
			return -1
		case r >= '\u0660' && r <= '\u0669': // Arabic
			return '0' + r - '\u0660'
		case r >= '\u06F0' && r <= '\u06F9': // Persian
			return '0' + r - '\u06F0'
		case r >= '\uFF10' && r <= '\uFF19': // as wide as the signs of East Asia
			return '0' + r - '\uFF10'
		}
		return r
	}, text)
}

func isWord(text string) bool {
	n := 0
	for i := range len(text) {
		if c := text[i] | 0x20; c >= 'a' && c <= 'z' {
			n++
		}
	}
	return n >= 3
}

func dialledWord(text string) string {
	const keys = "22233344455566677778889999" // of A to Z
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return rune(keys[r-'A'])
		}
		return -1
	}, text)
}

// plain returns digits as they are dialled. Those of scripts that normalized does not know have no value: what is left are the zeros before them, and one more.
func plain(digits string) string {
	zeros := 0
	for ; zeros < len(digits)-1 && digits[zeros] == '0'; zeros++ {
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return digits[:zeros] + "0"
		}
	}
	return digits
}
