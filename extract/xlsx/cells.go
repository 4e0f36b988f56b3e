package xlsx

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"chartlift/extract"
)

// clock says which parts of a moment a number format shows.
type clock uint8

const (
	plain    clock = iota // a number
	day                   // a date, perhaps with a time
	moment                // a date with a time
	timeOnly              // a time of day
)

// formatClock tells date formats from others, by the numbers that are built in
// (ECMA-376 part 1, 18.8.30) or by the letters of a custom format.
func formatClock(id int, custom string) clock {
	switch {
	case custom != "":
		return letters(custom)
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return day
	case id == 22:
		return moment
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return timeOnly
	}
	return plain
}

// letters looks for date letters outside of quotes, escapes and brackets in the
// first section of a format.
func letters(format string) clock {
	date, hour, month := false, false, false
	for i := 0; i < len(format); i++ {
		switch format[i] {
		case '"':
			i = skipTo(format, i, '"')
		case '[':
			end := skipTo(format, i, ']')
			if strings.Trim(format[i+1:end], "hHmMsS") == "" {
				return plain // elapsed time: a duration, not a moment
			}
			i = end
		case '\\', '_', '*':
			i++
		case ';':
			i = len(format)
		case 'y', 'Y', 'd', 'D':
			date = true
		case 'h', 'H', 's', 'S':
			hour = true
		case 'm', 'M':
			month = true
		case 'G', 'g', '0', '#', '?', '@', 'E', 'e':
			// General, digits and text never mix with dates, but for fractions
			// of a second.
			if !date && !hour && !month {
				return plain
			}
		}
	}
	switch {
	case date && hour:
		return moment
	case date || month && !hour:
		return day
	case hour:
		return timeOnly
	}
	return plain
}

// skipTo returns the index of the next end behind i, or the last one.
func skipTo(s string, i int, end byte) int {
	if j := strings.IndexByte(s[i+1:], end); j >= 0 {
		return i + 1 + j
	}
	return len(s)
}

// maxSerial is the day after 9999-12-31.
const maxSerial = 2958466

// appendNumber appends the value of a numeric cell in its canonical form, and
// says what it is.
func appendNumber(dst, text []byte, c clock, epoch1904 bool) ([]byte, extract.Kind) {
	if c == plain {
		if out, ok := appendPlain(dst, text); ok {
			return out, extract.Number
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, text...), extract.Text
	}
	if c != plain && f >= 0 && f < maxSerial {
		return appendSerial(dst, f, c, epoch1904)
	}
	if out, ok := appendPlain(dst, text); ok {
		return out, extract.Number
	}
	// Excel counts with 15 digits; what is behind them is noise of the binary
	// form.
	short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if short == 0 {
		short = 0 // -0
	}
	return strconv.AppendFloat(dst, short, 'f', -1, 64), extract.Number
}

// appendPlain copies a number that is canonical as it stands, but for zeros
// behind the point; ok is false for one with an exponent or more than 15
// digits, unless it is whole: that is an identifier.
func appendPlain(dst, text []byte) (_ []byte, ok bool) {
	digits, point := 0, -1
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && point < 0:
			point = i
		case c == '-' && i == 0:
		default:
			return dst, false
		}
	}
	if digits == 0 || point >= 0 && digits > 15 || point == len(text)-1 || bytes.HasPrefix(text, []byte("-0")) || len(text) > 0 && text[0] == '.' {
		return dst, false
	}
	if point >= 0 {
		text = bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte("."))
	}
	return append(dst, text...), true
}

// appendSerial appends the date of a day number: 1 is 1900-01-01, or 1904-01-02
// with the other epoch (ECMA-376 part 1, 18.17.4.1). Excel counts a 29 February
// 1900 and a 0 January, which are shown as such: they are no dates.
func appendSerial(dst []byte, f float64, c clock, epoch1904 bool) ([]byte, extract.Kind) {
	whole := math.Floor(f)
	seconds := int(math.Round((f - whole) * 86400))
	if c == timeOnly && whole == 0 {
		return appendTime(dst, seconds), extract.Text
	}
	if seconds == 86400 {
		whole, seconds = whole+1, 0
	}
	dst = appendDay(dst, int(whole), epoch1904)
	if c == day && seconds == 0 {
		return dst, extract.Date
	}
	return appendTime(append(dst, 'T'), seconds), extract.Date
}

func appendDay(dst []byte, n int, epoch1904 bool) []byte {
	start := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case epoch1904:
		start = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	case n == 0:
		return append(dst, "1900-01-00"...)
	case n == 60:
		return append(dst, "1900-02-29"...)
	case n < 60:
		n++
	}
	return start.AddDate(0, 0, n).AppendFormat(dst, "2006-01-02")
}

func appendTime(dst []byte, seconds int) []byte {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	return append(dst, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
}

// isoDate makes a value of a cell of type d, which holds ISO 8601 (ECMA-376
// part 1, 18.17.4).
func isoDate(text string) extract.Value {
	text = strings.TrimSuffix(text, "Z")
	if i := strings.IndexByte(text, '.'); i > 0 {
		text = text[:i]
	}
	text = strings.TrimSuffix(text, "T00:00:00")
	if len(text) < len("2006-01-02") || text[4] != '-' {
		return extract.Value{Text: strings.TrimPrefix(text, "T"), Kind: extract.Text} // a time of day
	}
	return extract.Value{Text: text, Kind: extract.Date}
}
