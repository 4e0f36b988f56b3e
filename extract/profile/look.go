package profile

import (
	"strconv"
	"strings"
)

// kind is what a single value looks like.
type kind uint8

const (
	word kind = iota // any text
	integer
	decimal
	date
	datetime
	timeOfDay
	uuid
	impossibleDate // written as a date, but there is no such day
	placeholder    // stands for "not known": N/A, 0000-00-00
	kinds
)

// look is what one glance at a value shows. It is kept with the values of a
// dictionary.
type look struct {
	kind   kind
	marks  marks
	layout layout // of dates
	proof  proof  // of dates
}

// marks are small facts about a value.
type marks uint8

const (
	zeroInFront  marks = 1 << iota // 00123: a number that is an identifier
	decimalComma                   // 12,5
	compactDate                    // eight or fourteen digits that may be a date
	notPadded                      // a date with a day or month of one digit
)

// sight is a look together with what only comparing needs.
type sight struct {
	look
	number float64
	when   [2]int64 // a date as yyyymmddhhmmss, read day first and month first
}

// see looks at a value that is not empty and has no space at its ends.
func see(s string) sight {
	if isPlaceholder(s) {
		return sight{look: look{kind: placeholder}}
	}
	switch c := s[0]; {
	case len(s) == 36 && isUUID(s):
		return sight{look: look{kind: uuid}}
	case c >= '0' && c <= '9':
		return seeDigits(s)
	case (c == '-' || c == '+' || c == '.') && len(s) > 1:
		return seeNumber(s)
	case len(s) >= 8 && len(s) <= longestDate && isLetter(c):
		return seeDate(s)
	}
	return sight{}
}

// seeDigits looks at what begins with a digit: a number, a date or a time,
// mostly.
func seeDigits(s string) sight {
	if v, ok := seeISO(s); ok {
		return v
	}
	if v := seeNumber(s); v.kind != word {
		if v.kind == integer && (len(s) == 8 || len(s) == 14) {
			if d := seeDate(s); d.kind == date || d.kind == datetime {
				v.marks |= compactDate
				v.layout, v.when = d.layout, d.when
			}
		}
		return v
	}
	if len(s) > longestDate {
		return sight{}
	}
	if v := seeDate(s); v.kind != word {
		return v
	}
	if isTime(s) {
		return sight{look: look{kind: timeOfDay}}
	}
	return sight{}
}

// mostDigits is how many digits a number may have; longer ones are identifiers.
const mostDigits = 18

// seeNumber takes integers, decimals with a point or a comma, and exponents.
func seeNumber(s string) sight {
	body := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	digits, points, rest := measure(body)
	switch {
	case digits == 0 || points > 1:
		return sight{}
	case rest != "":
		// 1e6 and 1E-3; other letters would be refused by ParseFloat, but not
		// 0x1p4 or 1_000.
		if rest[0]|0x20 != 'e' || len(rest) < 2 || strings.Trim(rest[1:], "+-0123456789") != "" {
			return sight{}
		}
		return seeFloat(s)
	case points == 1 && strings.IndexByte(body, ',') >= 0:
		v := seeFloat(strings.Replace(s, ",", ".", 1))
		v.marks |= decimalComma
		return v
	case points == 1:
		return seeFloat(s)
	case digits > mostDigits:
		return sight{}
	}
	return seeInteger(s, body)
}

// measure counts the digits and decimal signs at the beginning, and returns
// what follows them.
func measure(s string) (digits, points int, rest string) {
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case c == '.' || c == ',':
			points++
		default:
			return digits, points, s[i:]
		}
	}
	return digits, points, ""
}

// seeInteger takes up to mostDigits digits, of which a float64 holds the first
// fifteen: enough to compare.
func seeInteger(s, body string) sight {
	n := 0.0
	for i := range len(body) {
		n = n*10 + float64(body[i]-'0')
	}
	if s[0] == '-' {
		n = -n
	}
	v := sight{look: look{kind: integer}, number: n}
	if len(body) > 1 && body[0] == '0' {
		v.marks |= zeroInFront
	}
	return v
}

// seeFloat refuses what overflows: such a number is an identifier.
func seeFloat(s string) sight {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return sight{}
	}
	return sight{look: look{kind: decimal}, number: n}
}

// isUUID takes RFC 9562's text form, eight bytes at a time. s has 36 bytes.
func isUUID(s string) bool {
	const zeroForDash = ('-' ^ '0') << 32 // the fifth byte of a word
	return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
		allHex(eight(s)) && allHex(eight(s[9:])^zeroForDash) && allHex(eight(s[14:])^zeroForDash) && allHex(eight(s[19:])^zeroForDash) &&
		allHex(eight(s[24:])) && allHex(eight(s[28:]))
}

// allHex reports whether the eight bytes of w are hexadecimal digits. Adding
// what a byte lacks to 128 shows in its highest bit that it is as large as that;
// the lowest byte above 127 is none, whatever it carries over.
func allHex(w uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	lower := w | 0x20*each
	digit := (w + (0x80-'0')*each) &^ (w + (0x80-'9'-1)*each)
	letter := (lower + (0x80-'a')*each) &^ (lower + (0x80-'f'-1)*each)
	return (digit|letter)&high == high
}

// isTime takes H:mm and HH:mm:ss.
func isTime(s string) bool {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || len(p) > 2 || (i > 0 && len(p) != 2) || n > 59 || (i == 0 && n > 24) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isPlaceholder knows what people and programs write where a value is not
// known. Whether 1900-01-01 is one is for the reader to judge; it is listed
// with its count.
func isPlaceholder(s string) bool {
	if len(s) > 19 {
		return false
	}
	switch s[0] {
	case '0', '1', '9':
		return isEmptyDate(s) || len(s) >= 4 && (strings.Trim(s, "9") == "" || strings.Trim(s, "0-") == "")
	case '-':
		return strings.Trim(s, "-") == "" || len(s) >= 3 && strings.Trim(s[1:], "9") == ""
	case '?', '.', '*', '#', '/':
		return strings.Trim(s, s[:1]) == "" || s == "#N/A"
	}
	if len(s) > 13 || !isLetter(s[0]) && s[0] != '(' && s[0] != '<' {
		return false
	}
	return isPlaceholderWord(strings.ToLower(strings.Trim(s, "()<>")))
}

// isPlaceholderWord compares in lower case.
func isPlaceholderWord(s string) bool {
	switch s {
	case "n/a", "na", "n.a.", "none", "null", "nil", "unknown", "unk", "unknown_", "undefined", "not known", "not recorded", "not available",
		"unspecified", "tbd", "xxx", "xx", "nan", "nat", "missing", "no data", "not stated":
		return true
	}
	// An unknown day and month in front of a year: xx/xx/1985.
	return strings.HasPrefix(s, "xx/") || strings.HasPrefix(s, "xx-") || strings.HasPrefix(s, "xx.")
}

// isEmptyDate takes the zero dates of MySQL, and the first and last days that
// SQL Server, spreadsheets and programs put where there is none.
func isEmptyDate(s string) bool {
	for _, stem := range []string{"0000-00-00", "00000000", "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "9999-12-31", "01/01/1900", "1/1/1900", "00/00/0000", "12/31/9999", "31/12/9999"} {
		if stem[0] != s[0] {
			continue
		}
		if rest, ok := strings.CutPrefix(s, stem); ok && (rest == "" || strings.Trim(rest, " T0:.Z") == "") {
			return true
		}
	}
	return false
}
