package plausible

import "time"

// day counts days from 1970-01-01.
type day int32

func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return civil(y, int(m), d)
}

// civil returns the day of a date of the Gregorian calendar (Hinnant,
// days_from_civil).
func civil(y, m, d int) day {
	if m <= 2 {
		y--
	}
	era := y / 400
	yearOfEra := y - era*400
	shifted := m - 3
	if m <= 2 {
		shifted = m + 9
	}
	dayOfYear := (153*shifted+2)/5 + d - 1
	return day(era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468)
}

// span is the days that a date of FHIR may mean: all of a month or a year where
// no more is known, and a day more on both sides of a time, whose zone may make
// it another day than the patient's. The zero span is a date that is not known.
type span struct {
	first, last day
	known       bool
}

// before reports whether s is over before other begins, whatever days they
// mean.
func (s span) before(other span) bool { return s.known && other.known && s.last < other.first }

// spanOf reads a date, dateTime or instant that is valid.
func spanOf(s string) span {
	if len(s) < 4 {
		return span{}
	}
	y := digits(s[:4])
	switch {
	case y < 0:
		return span{}
	case len(s) < 7:
		return span{civil(y, 1, 1), civil(y, 12, 31), true}
	}
	m := digits(s[5:7])
	if m < 1 || m > 12 {
		return span{}
	}
	if len(s) < 10 {
		next := civil(y, m+1, 1)
		if m == 12 {
			next = civil(y+1, 1, 1)
		}
		return span{civil(y, m, 1), next - 1, true}
	}
	d := digits(s[8:10])
	if d < 1 || d > 31 {
		return span{}
	}
	exact := civil(y, m, d)
	if len(s) > 10 {
		return span{exact - 1, exact + 1, true}
	}
	return span{exact, exact, true}
}

// digits returns the number that s is, -1 where it is none.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// monthOf returns the month of a date as months counts them, false where it says only a year.
func monthOf(s string) (int32, bool) {
	if len(s) < 7 {
		return 0, false
	}
	y, m := digits(s[:4]), digits(s[5:7])
	return int32(y*12 + m - 1), y >= 0 && m >= 1 && m <= 12
}
