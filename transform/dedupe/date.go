package dedupe

import (
	"fmt"
	"strings"
)

// layout is how a column writes dates: the order of year, month and day. The
// zero layout reads ISO dates and eight digits, year first.
type layout struct {
	order string // "YMD", "DMY" or "MDY"
	short bool   // years of two digits
}

// parseLayout reads a format made of YYYY or YY, MM or M, DD or D in any order,
// with any signs between them.
func parseLayout(format string) (layout, error) {
	var l layout
	if format == "" {
		return layout{order: "YMD"}, nil
	}
	for i, r := range strings.ToUpper(format) {
		if !strings.ContainsRune("YMD", r) {
			if r >= 'A' && r <= 'Z' {
				return l, fmt.Errorf("the date format %q has a letter that is none of Y, M, D", format)
			}
			continue
		}
		if n := len(l.order); n == 0 || l.order[n-1] != byte(r) {
			l.order += string("YMD"[strings.IndexRune("YMD", r)])
		}
		_ = i
	}
	if len(l.order) != 3 || !strings.Contains(l.order, "Y") || !strings.Contains(l.order, "M") || !strings.Contains(l.order, "D") {
		return l, fmt.Errorf("the date format %q needs year, month and day, such as YYYY-MM-DD", format)
	}
	l.short = strings.Count(strings.ToUpper(format), "Y") == 2
	return l, nil
}

// read returns the date as eight digits, year first. The day need not exist:
// 19320231 is still evidence. Anything that has no three numbers, or numbers
// too large, is not readable.
func (l layout) read(text string) (digits [8]byte, ok bool) {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "T")
	if date, _, timed := strings.Cut(text, " "); timed && len(date) >= 8 {
		text = date
	}
	parts, ok := l.split(text)
	if !ok {
		return digits, false
	}
	var y, m, d int
	for i, part := range parts {
		switch l.order[i] {
		case 'Y':
			y = part
		case 'M':
			m = part
		default:
			d = part
		}
	}
	if y < 100 && l.short {
		y += 1900
	}
	if y < 1000 || y > 9999 || m > 99 || d > 99 {
		return digits, false
	}
	copy(digits[:], fmt.Appendf(nil, "%04d%02d%02d", y, m, d))
	return digits, true
}

// split returns the three numbers of a date as written: between signs, or by
// their widths.
func (l layout) split(text string) (parts [3]int, ok bool) {
	n, width, all := 0, 0, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < '0' || c > '9' {
			if width == 0 || n == 2 {
				return parts, false
			}
			n, width = n+1, 0
			continue
		}
		parts[n] = parts[n]*10 + int(c-'0')
		width, all = width+1, all+1
		if all > 8 {
			return parts, false
		}
	}
	if n == 2 && width > 0 {
		return parts, true
	}
	return l.byWidth(text, n)
}

// byWidth reads digits without signs between them.
func (l layout) byWidth(text string, signs int) (parts [3]int, ok bool) {
	year := 4
	if l.short {
		year = 2
	}
	if signs > 0 || len(text) != year+4 {
		return parts, false
	}
	at := 0
	for i := range parts {
		width := 2
		if l.order[i] == 'Y' {
			width = year
		}
		for _, c := range []byte(text[at : at+width]) {
			parts[i] = parts[i]*10 + int(c-'0')
		}
		at += width
	}
	return parts, true
}

// placeholderDate reports whether systems write this date where they do not
// know one.
func placeholderDate(digits string) bool {
	switch digits {
	case "19000101", "18000101", "17530101", "11111111", "99991231", "99999999", "18991230", "18991231":
		return true
	}
	return digits[4:6] == "00"
}

// The levels of a date of birth.
const (
	dateExact uint8 = iota + 1
	dateTypo
	dateSwapped
	dateTwoParts
	dateYear
	dateDifferent
)

// dateLevel compares two dates of eight digits. The first of January is what
// clerks enter for an unknown day, so it says no more than its year.
func dateLevel(a, b string) uint8 {
	if a == b {
		return dateExact
	}
	sameYear := a[:4] == b[:4]
	if sameYear && (a[4:] == "0101" || b[4:] == "0101") {
		return dateYear
	}
	edits := substitutions(a, b)
	switch {
	case sameYear && a[4:6] == b[6:8] && a[6:8] == b[4:6]:
		return dateSwapped
	case edits == 1:
		return dateTypo
	case sameYear && (a[4:6] == b[4:6] || a[6:8] == b[6:8]), a[4:] == b[4:]:
		return dateTwoParts
	case sameYear, edits == 2:
		return dateYear
	}
	return dateDifferent
}

// substitutions counts digits that differ, two neighbours in the other order as
// one.
func substitutions(a, b string) int {
	n := 0
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] == b[i] {
			continue
		}
		n++
		if i+1 < len(a) && i+1 < len(b) && a[i] == b[i+1] && a[i+1] == b[i] {
			i++
		}
	}
	return n
}

// yearsApart returns the difference of the years of two dates of eight digits.
func yearsApart(a, b string) int {
	year := func(s string) int {
		return int(s[0]-'0')*1000 + int(s[1]-'0')*100 + int(s[2]-'0')*10 + int(s[3]-'0')
	}
	return max(year(a)-year(b), year(b)-year(a))
}
