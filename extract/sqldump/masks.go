package sqldump

import (
	"strconv"
	"strings"
	"time"

	"chartlift/extract"
)

// Oracle's tools write dates by the format of the session that exported them,
// so the mask beside each is the only proof of the order of day and month.

// moment is a date while it is read through a mask.
type moment struct {
	year, month, day, hour, minute, second int
	fraction, zone                         string
	half                                   byte // a, p; 0: 24 hours
	clock                                  bool
}

// maxMasks bounds the masks that are remembered.
const maxMasks = 64

// mask returns the elements of an Oracle date mask such as DD-MON-RR
// HH.MI.SSXFF AM.
func (l *lexer) mask(text string) []string {
	if elements, known := l.masks[text]; known {
		return elements
	}
	var elements []string
	for rest := strings.ToUpper(text); rest != ""; {
		e := nextElement(rest)
		elements, rest = append(elements, e), rest[len(e):]
	}
	if l.masks == nil || len(l.masks) == maxMasks {
		l.masks = map[string][]string{}
	}
	l.masks[text] = elements
	return elements
}

// oracleDate reads text by the elements of a mask (Oracle SQL Reference,
// Datetime Format Models). It returns text as it is, and false, where they do
// not fit.
func oracleDate(text string, mask []string) (string, bool) {
	m, rest := moment{day: 1}, text // without a month Oracle takes that of the day on which it reads, which nobody knows here
	for _, element := range mask {
		var ok bool
		if rest, ok = m.read(element, rest); !ok {
			return text, false
		}
	}
	s, ok := m.format()
	if !ok || strings.TrimSpace(rest) != "" {
		return text, false
	}
	return s, true
}

// nextElement returns the element that mask begins with, or its first
// character.
func nextElement(mask string) string {
	for _, e := range []string{
		"YYYY", "RRRR", "YY", "RR", "MONTH", "MON", "MM", "MI", "DD", "HH24", "HH12", "HH", "SS",
		"FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FF7", "FF8", "FF9", "FF", "A.M.", "P.M.", "AM", "PM", "TZH", "TZM", "TZR",
	} {
		if strings.HasPrefix(mask, e) {
			return e
		}
	}
	if mask[0] == '"' {
		if i := strings.IndexByte(mask[1:], '"'); i >= 0 {
			return mask[:i+2]
		}
	}
	return mask[:1]
}

// read takes one element off the beginning of s.
func (m *moment) read(element, s string) (string, bool) {
	field, width := (*int)(nil), 2
	switch element {
	case "YYYY", "RRRR":
		field, width = &m.year, 4
	case "YY", "RR":
		field = &m.year
	case "MM":
		field = &m.month
	case "DD":
		field = &m.day
	case "HH24", "HH12", "HH":
		field, m.clock = &m.hour, true
	case "MI":
		field = &m.minute
	case "SS":
		field = &m.second
	case "MON", "MONTH":
		return m.readMonth(s)
	case "AM", "PM", "A.M.", "P.M.":
		return m.readHalf(s)
	case "TZH", "TZM", "TZR":
		return m.readZone(s)
	}
	switch {
	case field != nil:
		n := min(digits(s), width)
		if n == 0 {
			return s, false
		}
		*field, _ = strconv.Atoi(s[:n])
		m.widen(element, n)
		return s[n:], true
	case strings.HasPrefix(element, "FF"):
		n := digits(s)
		m.fraction = s[:n]
		return s[n:], true
	}
	return readLiteral(element, s)
}

// widen gives a year of two digits its century: RR means 1950 to 2049.
func (m *moment) widen(element string, n int) {
	if n > 2 || element[0] != 'Y' && element[0] != 'R' || element == "YYYY" {
		return
	}
	switch {
	case element == "YY" || m.year < 50:
		m.year += 2000
	default:
		m.year += 1900
	}
}

// readLiteral takes punctuation off, any for any, as Oracle does; X is the
// decimal point.
func readLiteral(element, s string) (string, bool) {
	if element[0] == '"' {
		text := strings.Trim(element, `"`)
		return strings.TrimPrefix(s, text), strings.HasPrefix(strings.ToUpper(s), text)
	}
	if element[0] >= 'A' && element[0] <= 'Z' && element != "X" {
		return s, false
	}
	if s == "" {
		return s, true // what the mask says more than the text is left out
	}
	// T is what ISO 8601 puts between date and time.
	if s[0] >= '0' && s[0] <= '9' || s[0] >= 'A' && s[0] <= 'Z' && s[0] != 'T' {
		return s, false
	}
	return s[1:], true
}

func (m *moment) readMonth(s string) (string, bool) {
	for month := time.January; month <= time.December; month++ {
		name := month.String()
		for _, n := range []string{name, name[:3]} {
			if len(s) >= len(n) && strings.EqualFold(s[:len(n)], n) {
				m.month = int(month)
				return s[len(n):], true
			}
		}
	}
	return s, false
}

func (m *moment) readHalf(s string) (string, bool) {
	plain := strings.ToLower(strings.ReplaceAll(s, ".", ""))
	if !strings.HasPrefix(plain, "am") && !strings.HasPrefix(plain, "pm") {
		return s, false
	}
	m.half = plain[0]
	if strings.HasPrefix(s[1:], ".") {
		return s[min(len(s), 4):], true
	}
	return s[2:], true
}

func (m *moment) readZone(s string) (string, bool) {
	n := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '+' && r != '-' })
	if n < 0 {
		n = len(s)
	}
	if m.zone != "" {
		m.zone += ":"
	}
	m.zone += s[:n]
	return s[n:], n > 0
}

// format writes the canonical date, if it is one.
func (m *moment) format() (string, bool) {
	switch {
	case m.half != 0 && (m.hour < 1 || m.hour > 12):
		return "", false
	case m.half == 'p' && m.hour < 12:
		m.hour += 12
	case m.half == 'a' && m.hour == 12:
		m.hour = 0
	}
	b := make([]byte, 0, 32)
	b = pad(b, m.year, 4)
	b = pad(append(b, '-'), m.month, 2)
	b = pad(append(b, '-'), m.day, 2)
	if m.clock {
		b = pad(append(b, ' '), m.hour, 2)
		b = pad(append(b, ':'), m.minute, 2)
		b = pad(append(b, ':'), m.second, 2)
		if m.fraction != "" {
			b = append(append(b, '.'), m.fraction...)
		}
		b = append(b, m.zone...)
	}
	v := date(string(b))
	return v.Text, v.Kind == extract.Date
}

// pad appends n with zeros before it up to width digits.
func pad(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for range width - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}
