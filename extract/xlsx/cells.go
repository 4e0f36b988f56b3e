package xlsx

import (
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

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

// letters looks for date letters outside of quotes, escapes and brackets in the first section of a format.
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
			// General, digits and text never mix with dates, but for fractions of a second.
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

// number makes a value of a numeric cell. Excel counts with 15 digits; what is
// behind them is noise of the binary form, and so is the .0 of a whole number.
func number(text string, c clock, epoch1904 bool) extract.Value {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return extract.Value{Text: text, Kind: extract.Text}
	}
	if c != plain && f >= 0 && f < 2958466 { // 9999-12-31
		return serial(f, c, epoch1904)
	}
	if isDigits(strings.TrimPrefix(text, "-")) {
		return extract.Value{Text: text, Kind: extract.Number}
	}
	short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return extract.Value{Text: strconv.FormatFloat(short, 'f', -1, 64), Kind: extract.Number}
}

// serial makes a date of a day number.
func serial(f float64, c clock, epoch1904 bool) extract.Value {
	t, err := excelize.ExcelDateToTime(f, epoch1904)
	if err != nil {
		return extract.Value{Text: strconv.FormatFloat(f, 'f', -1, 64), Kind: extract.Number}
	}
	t = t.Round(time.Second)
	switch {
	case c == timeOnly && f < 1:
		return extract.Value{Text: t.Format("15:04:05"), Kind: extract.Text}
	case c == day && t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return extract.Value{Text: t.Format("2006-01-02"), Kind: extract.Date}
	}
	return extract.Value{Text: t.Format("2006-01-02T15:04:05"), Kind: extract.Date}
}

// isoDate makes a value of a cell of type d, which holds ISO 8601.
func isoDate(text string) extract.Value {
	text = strings.TrimSuffix(text, "Z")
	if i := strings.IndexByte(text, '.'); i > 0 {
		text = text[:i]
	}
	return extract.Value{Text: strings.TrimSuffix(text, "T00:00:00"), Kind: extract.Date}
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
