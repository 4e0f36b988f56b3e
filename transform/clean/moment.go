package clean

import "time"

// precision says how much of a moment is known.
type precision uint8

const (
	toYear precision = iota
	toMonth
	toDay
	toTime
)

// zoneKind says how a moment is tied to the world's time.
type zoneKind uint8

const (
	noZone   zoneKind = iota
	zulu              // written Z
	plusZone          // written +hh:mm
	minusZone
)

// moment is a date or date-time as it was written. It is never normalised: day
// 31 of February stays that until exists refuses it.
type moment struct {
	year, month, day int
	hour, min, sec   int
	fraction         string // digits after the second, as written
	known            precision
	zone             zoneKind
	offset           int // minutes, without sign
}

// exists tells whether the calendar and the clock have m.
func (m *moment) exists() bool {
	if m.year < 1 || m.year > 9999 {
		return false
	}
	if m.known >= toMonth && (m.month < 1 || m.month > 12) {
		return false
	}
	if m.known >= toDay && (m.day < 1 || m.day > daysIn(m.year, m.month)) {
		return false
	}
	// FHIR R4 2.24.0.1: a leap second may be written, 24:00 may not; offsets
	// reach 14:00.
	return m.hour <= 23 && m.min <= 59 && m.sec <= 60 && m.offset <= 14*60 && m.offset%60 <= 59
}

// isZero tells whether m is the date that MySQL and others write for "none":
// 0000-00-00.
func (m *moment) isZero() bool { return m.known >= toDay && m.year == 0 && m.month == 0 && m.day == 0 }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// signedOffset returns the offset in minutes east of Greenwich.
func (m *moment) signedOffset() int {
	if m.zone == minusZone {
		return -m.offset
	}
	return m.offset
}

// setOffset ties m to an offset in minutes east of Greenwich.
func (m *moment) setOffset(minutes int) {
	m.zone, m.offset = plusZone, minutes
	if minutes < 0 {
		m.zone, m.offset = minusZone, -minutes
	}
}

// instant returns m on the world's time line, to the nanosecond; m must be
// known to the time and have a zone.
func (m *moment) instant() time.Time {
	nanos, _ := smallInt((m.fraction + "000000000")[:9])
	return time.Date(m.year, time.Month(m.month), m.day, m.hour, m.min-m.signedOffset(), m.sec, nanos, time.UTC)
}

// setClock sets date and time of m from t, keeping the fraction.
func (m *moment) setClock(t time.Time) {
	year, month, day := t.Date()
	m.year, m.month, m.day = year, int(month), day
	m.hour, m.min, m.sec = t.Clock()
	m.known = toTime
}

// appendDate appends YYYY, YYYY-MM or YYYY-MM-DD.
func (m *moment) appendDate(out []byte) []byte {
	out = appendPadded(out, m.year, 4)
	if m.known >= toMonth {
		out = appendPadded(append(out, '-'), m.month, 2)
	}
	if m.known >= toDay {
		out = appendPadded(append(out, '-'), m.day, 2)
	}
	return out
}

// appendDateTime appends a FHIR dateTime: only the date where no time is known.
func (m *moment) appendDateTime(out []byte) []byte {
	out = m.appendDate(out)
	if m.known < toTime {
		return out
	}
	out = m.appendTime(append(out, 'T'))
	switch m.zone {
	case zulu:
		return append(out, 'Z')
	case plusZone:
		out = append(out, '+')
	case minusZone:
		out = append(out, '-')
	case noZone:
		return out
	}
	out = appendPadded(out, m.offset/60, 2)
	return appendPadded(append(out, ':'), m.offset%60, 2)
}

// appendTime appends hh:mm:ss and the fraction.
func (m *moment) appendTime(out []byte) []byte {
	out = appendPadded(out, m.hour, 2)
	out = appendPadded(append(out, ':'), m.min, 2)
	out = appendPadded(append(out, ':'), m.sec, 2)
	if m.fraction != "" {
		out = append(append(out, '.'), m.fraction...)
	}
	return out
}

// appendPadded appends n with leading zeros up to width digits.
func appendPadded(out []byte, n, width int) []byte {
	for unit := [...]int{1, 1, 10, 100, 1000}[width]; unit > 0; unit /= 10 {
		out = append(out, byte('0'+n/unit%10))
	}
	return out
}

// dateText returns m as a FHIR date, and source itself where that says the
// same.
func (m *moment) dateText(source string) string {
	var buffer [16]byte
	d := *m
	d.known = min(d.known, toDay)
	return same(source, d.appendDate(buffer[:0]))
}

// dateTimeText returns m as a FHIR dateTime, and source itself where that says
// the same.
func (m *moment) dateTimeText(source string) string {
	var buffer [48]byte
	return same(source, m.appendDateTime(buffer[:0]))
}

// same returns source where text says the same, which saves an allocation.
func same(source string, text []byte) string {
	if string(text) == source {
		return source
	}
	return string(text)
}
