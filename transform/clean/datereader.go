package clean

import "strings"

// dateReader reads one text from left to right.
type dateReader struct {
	s      string
	at     int
	pivot  int
	m      moment
	period byte // 'A' or 'P' where the time is on a twelve-hour clock
}

// word reads what w stands for. It goes by kind, not through functions kept in
// w: those would move every reader to the heap.
func (r *dateReader) word(w *formatWord) bool {
	switch w.kind {
	case shortYearWord:
		return r.shortYear()
	case monthNameWord:
		return r.monthName()
	case weekdayWord:
		return r.weekday()
	case fractionWord:
		return r.fraction()
	case halfWord:
		return r.half()
	case zoneWord:
		return r.zone()
	case spaceWord:
		return r.spaces()
	case literalWord:
		return r.char(w.name[0])
	}
	return r.digits(r.m.field(w.kind), w.least, w.most)
}

// field returns where a number of the kind is kept.
func (m *moment) field(kind wordKind) *int {
	switch kind {
	case yearWord:
		return &m.year
	case monthWord:
		return &m.month
	case dayWord:
		return &m.day
	case hourWord:
		return &m.hour
	case minuteWord:
		return &m.min
	}
	return &m.sec
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

// char reads c, or leaves everything as it is.
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

// fraction reads up to twelve digits; databases write three to nine.
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

// isAbbreviation tells that word is at least three letters of the start of
// name.
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
