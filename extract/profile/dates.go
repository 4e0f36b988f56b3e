package profile

import "strings"

// longestDate is the length of the longest text that is tried as a date:
// Wednesday, 27 September 2017 10:11:12.123456 AM +01:00.
const longestDate = 40

// proof is what a date of the order yearLast tells about which part is the day.
type proof uint8

const (
	undecided  proof = iota // both parts are at most 12
	dayFirst                // the first part is above 12
	monthFirst              // the second one is
)

// dateReader reads a date from left to right.
type dateReader struct {
	s  string
	at int
}

// number reads digits, at most most of them.
func (r *dateReader) number(most int) (n, width int) {
	for r.at < len(r.s) && width < most && isDigit(r.s[r.at]) {
		n = n*10 + int(r.s[r.at]-'0')
		r.at++
		width++
	}
	return n, width
}

// letters reads letters.
func (r *dateReader) letters() string {
	start := r.at
	for r.at < len(r.s) && isLetter(r.s[r.at]) {
		r.at++
	}
	return r.s[start:r.at]
}

// one reads one of these signs, or nothing.
func (r *dateReader) one(of string) byte {
	if r.at < len(r.s) {
		for i := range len(of) {
			if r.sign(of[i]) {
				return of[i]
			}
		}
	}
	return 0
}

// sign reads this sign, and reports whether it stands there.
func (r *dateReader) sign(c byte) bool {
	if r.at == len(r.s) || r.s[r.at] != c {
		return false
	}
	r.at++
	return true
}

// day is what a date says.
type day struct {
	year, month, day int
	seconds          int64 // hhmmss
}

// key makes days and times comparable: yyyymmddhhmmss.
func (d day) key() int64 {
	return int64(d.year)*1e10 + int64(d.month)*1e8 + int64(d.day)*1e6 + d.seconds
}

// exists tells that there is such a day, in a year of living memory or a plan.
func (d day) exists() bool {
	if d.month < 1 || d.month > 12 || d.day < 1 || d.year < 1000 || d.year > 2999 {
		return false
	}
	switch d.month {
	case 4, 6, 9, 11:
		return d.day <= 30
	case 2:
		return d.day <= 28 || d.day == 29 && d.year%4 == 0 && (d.year%100 != 0 || d.year%400 == 0)
	}
	return d.day <= 31
}

// seeDate looks at a value as a date, with or without time.
func seeDate(s string) sight {
	r := dateReader{s: s}
	if isDigit(s[0]) {
		return r.digitsFirst()
	}
	return r.nameFirst()
}

// digitsFirst reads what begins with a digit.
func (r *dateReader) digitsFirst() sight {
	a, width := r.number(14)
	switch {
	case width == 8 || width == 14 && r.at == len(r.s):
		r.at = 8
		n := a
		if width == 14 {
			n = a / 1e6
		}
		return r.rest(layout{order: yearFirst}, day{year: n / 10000, month: n / 100 % 100, day: n % 100}, false)
	case width == 4:
		return r.yearFirst(a)
	case width > 2:
		return sight{}
	}
	l := layout{order: yearLast}
	if l.separator = r.one("/-. "); l.separator == 0 {
		return sight{}
	}
	if r.at < len(r.s) && isLetter(r.s[r.at]) {
		return r.dayAndName(l, a, width)
	}
	b, width2 := r.number(2)
	if width2 == 0 || l.separator == ' ' || !r.sign(l.separator) {
		return sight{}
	}
	return r.partsAndYear(l, [2]int{a, b}, width == 1 || width2 == 1)
}

// yearFirst reads on behind a year.
func (r *dateReader) yearFirst(year int) sight {
	l := layout{order: yearFirst, separator: r.one("-/.")}
	if l.separator == 0 {
		return sight{}
	}
	month, width := r.number(2)
	if width == 0 || !r.sign(l.separator) {
		return sight{}
	}
	d, width2 := r.number(2)
	if width2 == 0 {
		return sight{}
	}
	return r.rest(l, day{year: year, month: month, day: d}, width == 1 || width2 == 1)
}

// year reads four digits or two. Two digits above 30 are of the last century:
// only the order of the values depends on it here.
func (r *dateReader) year(l *layout) (int, bool) {
	year, width := r.number(4)
	switch width {
	case 4:
		return year, true
	case 2:
		l.shortYear = true
		if year > 30 {
			return 1900 + year, true
		}
		return 2000 + year, true
	}
	return 0, false
}

// dayAndName reads 27-Mar-2017 behind the day.
func (r *dateReader) dayAndName(l layout, d, width int) sight {
	l.order = dayName
	month := monthOf(r.letters())
	if month == 0 || r.one("/-. ") == 0 {
		return sight{}
	}
	year, ok := r.year(&l)
	if !ok {
		return sight{}
	}
	return r.rest(l, day{year: year, month: month, day: d}, width == 1)
}

// nameFirst reads Mar 27, 2017.
func (r *dateReader) nameFirst() sight {
	l := layout{order: nameDay, separator: ' '}
	month := monthOf(r.letters())
	if month == 0 || r.one(" ") == 0 {
		return sight{}
	}
	r.one(" ") // SQL Server pads the day with a second one
	d, width := r.number(2)
	comma := r.one(",")
	if width == 0 || r.one(" ") == 0 {
		return sight{}
	}
	if comma != 0 {
		l.separator = ','
	}
	year, ok := r.year(&l)
	if !ok {
		return sight{}
	}
	return r.rest(l, day{year: year, month: month, day: d}, width == 1)
}

// partsAndYear reads the year behind two parts of which either may be the day.
func (r *dateReader) partsAndYear(l layout, parts [2]int, narrow bool) sight {
	year, ok := r.year(&l)
	if !ok {
		return sight{}
	}
	first, second := day{year: year, month: parts[1], day: parts[0]}, day{year: year, month: parts[0], day: parts[1]}
	var p proof
	switch {
	case parts[0] > 12 && parts[1] <= 12:
		p, second = dayFirst, first
	case parts[1] > 12 && parts[0] <= 12:
		p, first = monthFirst, second
	}
	v := r.rest(l, first, narrow)
	v.proof = p
	if v.kind != word {
		second.seconds = v.when[0] % 1e6
		v.when[1] = second.key()
	}
	return v
}

// rest reads a time and a zone behind the day, and judges the whole.
func (r *dateReader) rest(l layout, d day, narrow bool) sight {
	v := sight{look: look{kind: date}}
	if r.at < len(r.s) {
		if !r.clock(&l, &d) || r.at < len(r.s) {
			return sight{}
		}
		v.kind = datetime
	}
	if !d.exists() {
		v.kind = impossibleDate
	}
	if narrow {
		v.marks |= notPadded
	}
	v.layout = l
	v.when = [2]int64{d.key(), d.key()}
	return v
}

// clock reads " 10:11:12.5 AM", "T10:11:12Z" or, behind eight digits, 101112.
func (r *dateReader) clock(l *layout, d *day) bool {
	l.joint = r.one("T ")
	separated := l.joint != 0
	if !separated && (l.order != yearFirst || l.separator != 0) {
		return false // digits right behind a year belong to it
	}
	hour, width := r.number(2)
	if width == 0 || separated == (r.one(":") == 0) {
		return false
	}
	minute, width := r.number(2)
	if width != 2 || hour > 24 || minute > 59 {
		return false
	}
	l.clock = toMinute
	second := 0
	if r.one(":") != 0 || !separated {
		if second, width = r.number(2); width != 2 || second > 60 {
			return false
		}
		l.clock = toSecond
		if r.one(".") != 0 {
			r.number(12)
			l.clock = toFraction
		}
	}
	hour = r.noon(l, hour)
	d.seconds = int64(hour)*10000 + int64(minute)*100 + int64(second)
	return r.zone(l)
}

// noon reads AM or PM.
func (r *dateReader) noon(l *layout, hour int) int {
	start := r.at
	l.half = joinedHalf
	if r.one(" ") != 0 {
		l.half = spacedHalf
	}
	c := r.one("aApP") | 0x20
	if c == 0x20 || r.one("mM") == 0 {
		r.at, l.half = start, noHalf
		return hour
	}
	if hour %= 12; c == 'p' {
		hour += 12
	}
	return hour
}

// zone reads Z, +01:00 or +0100.
func (r *dateReader) zone(l *layout) bool {
	start := r.at
	r.one(" ")
	switch r.one("Z+-") {
	case 0:
		r.at = start
		return true
	case 'Z':
		l.zone = true
		return true
	}
	l.zone = true
	_, width := r.number(2)
	r.one(":")
	_, minutes := r.number(2)
	return width == 2 && minutes != 1
}

// monthOf returns the number of a month's English name or its first three
// letters, or 0.
func monthOf(name string) int {
	if len(name) < 3 {
		return 0
	}
	for i, m := range [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"} {
		if len(name) <= len(m) && strings.EqualFold(name, m[:len(name)]) {
			return i + 1
		}
	}
	return 0
}
