package fhirpath

import (
	"strconv"
	"strings"
	"time"
)

// moment is a date, a time or both, as precise as it was written.
type moment struct {
	parts [6]int // year, month, day, hour, minute, second
	nanos int
	first int // 3 for a time of day, which has no date
	count int // how many parts there are, counted from the year
	zone  int // seconds east of UTC
	zoned bool
}

// readMoment reads a date, dateTime, instant or time of R4.
func readMoment(s string) (m moment, ok bool) {
	date, clock, both := strings.Cut(s, "T")
	if !both && (strings.Contains(s, ":") || len(s) == len("hh")) {
		date, clock, m.first, m.count = "", s, 3, 3
	}
	if date != "" {
		for i, part := range strings.SplitN(date, "-", 3) {
			if !m.part(i, part) {
				return m, false
			}
		}
	}
	if clock == "" {
		return m, m.count > 0
	}
	if at := strings.IndexAny(clock, "Z+-"); at >= 0 {
		if m.zone, ok = offset(clock[at:]); !ok {
			return m, false
		}
		clock, m.zoned = clock[:at], true
	}
	clock, fraction, _ := strings.Cut(clock, ".")
	for i, part := range strings.SplitN(clock, ":", 3) {
		if !m.part(3+i, part) {
			return m, false
		}
	}
	if fraction != "" {
		n, err := strconv.Atoi((fraction + "000000000")[:9])
		if err != nil {
			return m, false
		}
		m.nanos = n
	}
	return m, true
}

func (m *moment) part(i int, s string) bool {
	n, err := strconv.Atoi(s)
	if err != nil {
		return false
	}
	m.parts[i], m.count = n, i+1
	return true
}

// offset reads Z, +05:30, -08:00.
func offset(s string) (seconds int, ok bool) {
	if s == "Z" {
		return 0, true
	}
	hours, minutes, ok := strings.Cut(s[1:], ":")
	h, err := strconv.Atoi(hours)
	n, err2 := strconv.Atoi(minutes)
	if !ok || err != nil || err2 != nil {
		return 0, false
	}
	seconds = h*3600 + n*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// utc moves a moment with a zone to UTC.
func (m *moment) utc() {
	if !m.zoned || m.zone == 0 || m.first > 0 {
		return
	}
	p := m.parts
	t := time.Date(p[0], time.Month(p[1]), p[2], p[3], p[4], p[5], 0, time.UTC).Add(-time.Duration(m.zone) * time.Second)
	m.parts = [6]int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()}
}

// compareTemporal orders two dates or times. It is not known where they are
// equal as far as the less precise one goes, or where one has a zone and the
// other has a time without one.
func compareTemporal(a, b string) (order int, known bool) {
	x, okX := readMoment(a)
	y, okY := readMoment(b)
	if !okX || !okY || x.first != y.first || x.zoned != y.zoned && x.count > 3 && y.count > 3 {
		return 0, false
	}
	if x.zoned && y.zoned {
		x.utc()
		y.utc()
	}
	for i := x.first; i < min(x.count, y.count); i++ {
		if x.parts[i] != y.parts[i] {
			return sign(x.parts[i] - y.parts[i]), true
		}
	}
	if x.count != y.count {
		return 0, false
	}
	return sign(x.nanos - y.nanos), true
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
