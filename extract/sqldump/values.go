package sqldump

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chartlift/extract"
)

// A value is what its literal, its cast or its column says, in this order, as
// far as its text is canonical; a text that only looks like a date is none.

// finish fits a literal to the class of its column, and returns its value.
func finish(v literal, text string, c class) extract.Value {
	if v.kind <= extract.Null {
		return extract.Value{Kind: v.kind}
	}
	if v.class != other {
		c = v.class
	}
	switch {
	case c == truths, c == flag:
		return truth(text, v.kind, c)
	case v.bytes, c == fixed, c == blob, c == bytea:
		return legible(v, text, c)
	case v.kind == extract.Text && c == dates:
		return date(text)
	case v.kind == extract.Text && c == numbers && isNumber(text):
		return extract.Value{Text: text, Kind: extract.Number}
	}
	return extract.Value{Text: text, Kind: v.kind}
}

// truth makes true and false of what databases write for them; MySQL writes a
// bit as a byte.
func truth(text string, kind extract.Kind, c class) extract.Value {
	switch strings.ToLower(text) {
	case "t", "true", "1", "y", "yes", "on":
		return extract.Value{Text: "true", Kind: extract.Bool}
	case "f", "false", "0", "n", "no", "off":
		return extract.Value{Text: "false", Kind: extract.Bool}
	}
	if c == flag && len(text) <= 1 {
		return extract.Value{Text: strconv.FormatBool(text > "\x00"), Kind: extract.Bool}
	}
	return extract.Value{Text: text, Kind: kind}
}

// unbytea undoes the hex and the escape format of bytea (PostgreSQL manual,
// Binary Data Types).
func unbytea(s string) string {
	if digits, ok := strings.CutPrefix(s, `\x`); ok {
		if b, err := hex.DecodeString(digits); err == nil {
			return string(b)
		}
		return s
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) {
			if code, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

// legible shows bytes as text if they are, else as hexadecimal digits. Those of
// fixed length are keys, which should not look now this way and now that.
func legible(v literal, text string, c class) extract.Value {
	if c == bytea && !v.bytes {
		text = unbytea(text)
	}
	if c == fixed && v.kind == extract.Text || !printable(text) {
		return extract.Value{Text: hex.EncodeToString([]byte(text)), Kind: v.kind}
	}
	return extract.Value{Text: text, Kind: v.kind}
}

// printable tells text from bytes.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }) < 0
}

// date makes 2019-03-07T10:00:00 of 2019-03-07 10:00:00. A zero date, which
// MySQL writes for none, and anything odd stay texts.
func date(s string) extract.Value {
	out := extract.Value{Text: s, Kind: extract.Text}
	if len(s) < 10 || s[4] != '-' || s[7] != '-' || s[:4] == "0000" || !isDay(s[:10]) {
		return out
	}
	if len(s) > 10 {
		clock, ok := clockTime(s[10:])
		if !ok {
			return out
		}
		s = s[:10] + clock
	}
	return extract.Value{Text: s, Kind: extract.Date}
}

// isDay reports whether s, written YYYY-MM-DD, is a day of the calendar.
func isDay(s string) bool {
	month, day := pair(s[5:7]), pair(s[8:])
	if digits(s[:4]) < 4 || month < 0 || day < 0 {
		return false
	}
	// Nearly all days are before the 29th and need no calendar.
	if month >= 1 && month <= 12 && day >= 1 && day <= 28 {
		return true
	}
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// isMoment reports whether s is a date and a time as nearly all dumps write
// them, which are 2019-03-07T10:00:00 but for the T.
func isMoment(s string) bool {
	return len(s) == len(time.DateTime) && s[4] == '-' && s[7] == '-' && s[10] == ' ' && s[:4] != "0000" && isDay(s[:10]) && isClock(s[11:])
}

// isClock reports whether s begins with hh:mm:ss.
func isClock(s string) bool {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return false
	}
	hour, minute, second := pair(s), pair(s[3:]), pair(s[6:])
	return 0 <= hour && hour <= 23 && 0 <= minute && minute <= 59 && 0 <= second && second <= 59
}

// pair returns the number that the first two characters of s write, -1 where
// they are not digits.
func pair(s string) int {
	tens, ones := s[0]-'0', s[1]-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int(tens)*10 + int(ones)
}

// clockTime makes T10:00:00.5+02:00 of " 10:00:00.500+02".
func clockTime(s string) (string, bool) {
	if len(s) < 9 || s[0] != ' ' && s[0] != 'T' || !isClock(s[1:]) {
		return "", false
	}
	clock, rest := "T"+s[1:9], s[9:]
	if strings.HasPrefix(rest, ".") {
		n := digits(rest[1:])
		if fraction := strings.TrimRight(rest[:n+1], "0"); fraction != "." {
			clock += fraction
		}
		rest = rest[n+1:]
	}
	zone, ok := timeZone(strings.TrimPrefix(rest, " "))
	return clock + zone, ok
}

// timeZone makes +02:00 of +02 and +0200.
func timeZone(s string) (string, bool) {
	switch {
	case s == "" || s == "Z":
		return s, true
	case s[0] != '+' && s[0] != '-':
		return "", false
	case len(s) == 3 && digits(s[1:]) == 2:
		return s + ":00", true
	case len(s) == 5 && digits(s[1:]) == 4:
		return s[:3] + ":" + s[3:], true
	case len(s) == 6 && s[3] == ':' && digits(s[1:3]) == 2 && digits(s[4:]) == 2:
		return s, true
	}
	return "", false
}
