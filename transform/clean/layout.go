package clean

import (
	"errors"
	"fmt"
	"strings"
)

// layout is a date format that was compiled once: YYYY-MM-DD, M/D/YY h:mm A.
type layout struct {
	source   string
	words    []formatWord
	shortest int // bytes of the shortest text that can match
	known    precision
}

// formatWord is one word of a format with what reads it.
type formatWord struct {
	name    string
	literal bool
	least   int // bytes it takes at least
	read    func(r *dateReader) bool
}

// formatWords are the words of a date format, the longer before the shorter
// that they begin with.
var formatWords = []formatWord{
	{name: "YYYY", least: 4, read: func(r *dateReader) bool { return r.digits(&r.m.year, 4, 4) }},
	{name: "YY", least: 2, read: (*dateReader).shortYear},
	{name: "MMMM", least: 3, read: (*dateReader).monthName},
	{name: "MMM", least: 3, read: (*dateReader).monthName},
	{name: "MM", least: 2, read: func(r *dateReader) bool { return r.digits(&r.m.month, 2, 2) }},
	{name: "M", least: 1, read: func(r *dateReader) bool { return r.digits(&r.m.month, 1, 2) }},
	{name: "DDDD", least: 3, read: (*dateReader).weekday},
	{name: "DDD", least: 3, read: (*dateReader).weekday},
	{name: "DD", least: 2, read: func(r *dateReader) bool { return r.digits(&r.m.day, 2, 2) }},
	{name: "D", least: 1, read: func(r *dateReader) bool { return r.digits(&r.m.day, 1, 2) }},
	{name: "HH", least: 2, read: func(r *dateReader) bool { return r.digits(&r.m.hour, 2, 2) }},
	{name: "hh", least: 2, read: func(r *dateReader) bool { return r.digits(&r.m.hour, 2, 2) }},
	{name: "H", least: 1, read: func(r *dateReader) bool { return r.digits(&r.m.hour, 1, 2) }},
	{name: "h", least: 1, read: func(r *dateReader) bool { return r.digits(&r.m.hour, 1, 2) }},
	{name: "mm", least: 2, read: func(r *dateReader) bool { return r.digits(&r.m.min, 2, 2) }},
	{name: "m", least: 1, read: func(r *dateReader) bool { return r.digits(&r.m.min, 1, 2) }},
	{name: "SSS", least: 1, read: (*dateReader).fraction},
	{name: "ss", least: 2, read: func(r *dateReader) bool { return r.digits(&r.m.sec, 2, 2) }},
	{name: "s", least: 1, read: func(r *dateReader) bool { return r.digits(&r.m.sec, 1, 2) }},
	{name: "A", least: 1, read: (*dateReader).half},
	{name: "Z", least: 1, read: (*dateReader).zone},
}

// CheckDateFormat returns an error, made for the writer of a mapping, where
// format is not one that date and datetime can read.
func CheckDateFormat(format string) error {
	_, err := compileLayout(format)
	return err
}

// compileLayout reads the format of a date or date-time.
func compileLayout(format string) (layout, error) {
	l, err := readLayout(format)
	if err == nil {
		err = l.setPrecision()
	}
	if err != nil {
		return layout{}, fmt.Errorf("date format %q: %w", format, err)
	}
	return l, nil
}

// compileTimeLayout reads the format of a time of day.
func compileTimeLayout(format string) (layout, error) {
	l, err := readLayout(format)
	if err == nil && !(l.has("HH", "hh", "H", "h") && l.has("mm", "m")) {
		err = errors.New("hours or minutes are missing in it")
	}
	if err != nil {
		return layout{}, fmt.Errorf("time format %q: %w", format, err)
	}
	l.known = toTime
	return l, nil
}

// readLayout reads a format: the words above, T, and signs between them.
func readLayout(format string) (layout, error) {
	l := layout{source: format}
	for rest := format; rest != ""; {
		w, n, err := nextFormatWord(rest)
		if err != nil {
			return layout{}, err
		}
		l.words = append(l.words, w)
		l.shortest += w.least
		rest = rest[n:]
	}
	return l, l.checkWidths()
}

func nextFormatWord(rest string) (formatWord, int, error) {
	for _, w := range formatWords {
		if strings.HasPrefix(rest, w.name) {
			return w, len(w.name), nil
		}
	}
	c := rest[0]
	if isDigit(c) || (isLetter(c) && c != 'T') {
		return formatWord{}, 0, fmt.Errorf("%q is not a word of a date format; use YYYY YY MMM MM M DD D hh h mm ss SSS A Z", rest)
	}
	read := func(r *dateReader) bool { return r.char(c) }
	if c == ' ' {
		read = (*dateReader).spaces
	}
	return formatWord{name: string(rune(c)), literal: true, least: 1, read: read}, 1, nil
}

// setPrecision finds out how much the format tells; it must tell a date without gaps.
func (l *layout) setPrecision() error {
	year, month, day, hour, minute := l.has("YYYY", "YY"), l.has("MMMM", "MMM", "MM", "M"), l.has("DD", "D"), l.has("HH", "hh", "H", "h"), l.has("mm", "m")
	switch {
	case !year:
		return errors.New("there is no year (YYYY or YY) in it")
	case (day && !month) || (hour && !day) || (minute != hour):
		return errors.New("a part is missing between others: year, month, day, hours and minutes build on each other")
	case hour:
		l.known = toTime
	case day:
		l.known = toDay
	case month:
		l.known = toMonth
	}
	return nil
}

// checkWidths refuses MDYYYY, where nobody can tell one number from the next.
func (l *layout) checkWidths() error {
	for i := 1; i < len(l.words); i++ {
		before, after := l.words[i-1], l.words[i]
		if before.least == 1 && !before.literal && strings.Contains("MDHhms", before.name) && !after.literal && after.name != "A" && after.name != "Z" {
			return fmt.Errorf("%s of one or two digits can not stand right before %s", before.name, after.name)
		}
	}
	return nil
}

func (l *layout) has(names ...string) bool {
	for _, w := range l.words {
		for _, name := range names {
			if w.name == name && !w.literal {
				return true
			}
		}
	}
	return false
}

// parse reads s; ok tells only that s has the form of l, not that the day exists.
func (l *layout) parse(s string, pivot int) (m moment, ok bool) {
	if len(s) < l.shortest {
		return moment{}, false
	}
	r := dateReader{s: s, pivot: pivot}
	r.m.known = l.known
	for i := range l.words {
		if !l.words[i].read(&r) {
			return moment{}, false
		}
	}
	return r.m, r.at == len(s) && r.applyHalf()
}

// dateReader reads one text from left to right.
type dateReader struct {
	s      string
	at     int
	pivot  int
	m      moment
	period byte // 'A' or 'P' where the time is on a twelve-hour clock
}

// digits reads a number of least to most digits.
func (r *dateReader) digits(into *int, least, most int) bool {
	n, i := 0, r.at
	for ; i < len(r.s) && i-r.at < most && isDigit(r.s[i]); i++ {
		n = n*10 + int(r.s[i]-'0')
	}
	if i-r.at < least {
		return false
	}
	*into, r.at = n, i
	return true
}

// shortYear reads two digits; Settings.Pivot gives the century.
func (r *dateReader) shortYear() bool {
	var n int
	if !r.digits(&n, 2, 2) {
		return false
	}
	r.m.year = 2000 + n
	if n > r.pivot {
		r.m.year = 1900 + n
	}
	return true
}

func (r *dateReader) char(c byte) bool {
	if r.at < len(r.s) && r.s[r.at] == c {
		r.at++
		return true
	}
	return false
}

// spaces reads one space or more: SQL Server pads single digits with one.
func (r *dateReader) spaces() bool {
	start := r.at
	for r.at < len(r.s) && r.s[r.at] == ' ' {
		r.at++
	}
	return r.at > start
}

func (r *dateReader) fraction() bool {
	start := r.at
	for r.at < len(r.s) && r.at-start < 12 && isDigit(r.s[r.at]) {
		r.at++
	}
	r.m.fraction = r.s[start:r.at]
	return r.at > start
}

// letters reads letters and a full stop behind them.
func (r *dateReader) letters() string {
	start := r.at
	for r.at < len(r.s) && isLetter(r.s[r.at]) {
		r.at++
	}
	word := r.s[start:r.at]
	r.char('.')
	return word
}

// monthName reads January, JAN, Jan. or Sept.
func (r *dateReader) monthName() bool {
	word := r.letters()
	for i, name := range [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"} {
		if isAbbreviation(word, name) {
			r.m.month = i + 1
			return true
		}
	}
	return false
}

// weekday reads a day of the week and does not hold it against the date.
func (r *dateReader) weekday() bool {
	word := r.letters()
	for _, name := range [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} {
		if isAbbreviation(word, name) {
			return true
		}
	}
	return false
}

// isAbbreviation tells that word is at least three letters of the start of name.
func isAbbreviation(word, name string) bool {
	return len(word) >= 3 && len(word) <= len(name) && strings.EqualFold(word, name[:len(word)])
}

// half reads AM or PM, a.m. or p.m., or A or P.
func (r *dateReader) half() bool {
	if r.at >= len(r.s) {
		return false
	}
	r.period = r.s[r.at] &^ 0x20
	r.at++
	r.char('.')
	if r.at < len(r.s) && r.s[r.at]|0x20 == 'm' {
		r.at++
		r.char('.')
	}
	return r.period == 'A' || r.period == 'P'
}

// applyHalf turns the hours of a twelve-hour clock into those of the day.
func (r *dateReader) applyHalf() bool {
	switch {
	case r.period == 0:
		return true
	case r.m.hour < 1 || r.m.hour > 12:
		return false
	}
	r.m.hour %= 12
	if r.period == 'P' {
		r.m.hour += 12
	}
	return true
}

// zone reads Z, +hh:mm, +hhmm or +hh.
func (r *dateReader) zone() bool {
	switch {
	case r.char('Z'):
		r.m.zone = zulu
		return true
	case r.char('+'):
		r.m.zone = plusZone
	case r.char('-'):
		r.m.zone = minusZone
	default:
		return false
	}
	var hours, minutes int
	if !r.digits(&hours, 2, 2) {
		return false
	}
	colon := r.char(':')
	if !r.digits(&minutes, 2, 2) && colon {
		return false
	}
	r.m.offset = hours*60 + minutes
	return minutes <= 59
}
