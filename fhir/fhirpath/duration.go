package fhirpath

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"chartlift/fhir"
)

// calendarUnit returns the singular of the word for a calendar duration, "" for
// other words.
func calendarUnit(word string) string {
	switch one := strings.TrimSuffix(word, "s"); one {
	case "year", "month", "week", "day", "hour", "minute", "second", "millisecond":
		return one
	}
	return ""
}

// definite returns the unit of UCUM that is as long as a calendar duration.
// Years and months have none: they differ in length.
func definite(unit string) string {
	switch unit {
	case "week":
		return "wk"
	case "day":
		return "d"
	case "hour":
		return "h"
	case "minute":
		return "min"
	case "second":
		return "s"
	case "millisecond":
		return "ms"
	}
	return ""
}

// step returns which part of a moment a duration changes, and by how much of it
// one counts. UCUM's own years and months are no calendar durations
// (http://hl7.org/fhirpath/N1, 6.8: an error).
func step(v Value) (part, factor int, ok bool) {
	unit := v.unit
	if word := calendarUnit(unit); word != "" {
		unit = word
		if d := definite(word); d != "" {
			unit = d
		}
	} else if !v.coded {
		return 0, 0, false
	}
	switch unit {
	case "year":
		return 0, 1, true
	case "month":
		return 1, 1, true
	case "wk":
		return 2, 7, true
	case "d":
		return 2, 1, true
	case "h":
		return 3, 1, true
	case "min":
		return 4, 1, true
	case "s":
		return 5, 1, true
	case "ms":
		return 6, 1, true
	}
	return 0, 0, false
}

// maxSteps bounds a duration: beyond it no date has a year of four digits.
const maxSteps = 1 << 50

// shift adds a duration to a date or time, as precise as that is written: what
// a duration says beyond that precision is dropped (http://hl7.org/fhirpath/N1,
// 6.8).
func (m *Machine) shift(at, by Value, back bool) span {
	x, okX := readMoment(at.text)
	n, okN := rational(by)
	part, factor, okStep := step(by)
	switch {
	case !okX || !okN || !okStep, at.kind == Date && part > 2, at.kind == Time && part < 3:
		return m.stop(ErrIncomparable)
	}
	if back {
		n.Neg(n)
	}
	if part == 5 {
		n.Mul(n, big.NewRat(1000, 1)) // a second may be a fraction: both are one precision
		part = 6
	}
	whole := new(big.Int).Quo(n.Num(), n.Denom())
	if !whole.IsInt64() || whole.CmpAbs(big.NewInt(maxSteps)) > 0 {
		return nothing(m)
	}
	part, steps := coarsen(part, int(whole.Int64())*factor, x)
	if !x.add(part, steps) {
		return nothing(m)
	}
	at.text = x.write(at.text)
	return m.one(at.plain())
}

// coarsen takes a number of parts to the precision of the moment, without what
// is left.
func coarsen(part, steps int, x moment) (to, n int) {
	if part == 6 && x.count == 6 {
		return part, steps
	}
	for part >= x.count {
		switch part {
		case 6:
			steps /= 1000
		case 5, 4:
			steps /= 60
		case 3:
			steps /= 24
		case 2:
			if x.count == 1 {
				return 0, steps / 365
			}
			steps /= 30
		case 1:
			steps /= 12
		}
		part--
	}
	return part, steps
}

// add moves the moment; a day that its month does not have becomes the last one
// that it has. ok is false outside of the years 1 to 9999.
func (m *moment) add(part, steps int) (ok bool) {
	p := m.parts
	year, month, day := max(p[0], 1), max(p[1], 1), max(p[2], 1)
	switch part {
	case 0, 1:
		const months, lastYear = 12, 9999
		if part == 0 {
			steps = max(min(steps, lastYear), -lastYear) * months
		}
		all := year*months + month - 1 + steps
		if all < months || all >= (lastYear+1)*months {
			return false
		}
		year, month = all/months, all%months+1
		day, steps = min(day, fhir.DaysIn(year, month)), 0
	case 2:
		const most = 4e6 // days from the year 1 to 9999, and some
		if day, steps = day+steps, 0; day > most || day < -most {
			return false
		}
	}
	t := later(time.Date(year, time.Month(month), day, p[3], p[4], p[5], m.nanos, time.UTC), part, steps)
	m.parts = [6]int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()}
	m.nanos = t.Nanosecond()
	return m.first > 0 || t.Year() >= 1 && t.Year() <= 9999 // a time of day goes round
}

// later adds hours, minutes, seconds or milliseconds. A time.Duration holds 292
// years only, so that whole days are counted apart.
func later(t time.Time, part, steps int) time.Time {
	perDay, unit := 0, time.Duration(0)
	switch part {
	case 3:
		perDay, unit = 24, time.Hour
	case 4:
		perDay, unit = 24*60, time.Minute
	case 5:
		perDay, unit = 24*3600, time.Second
	case 6:
		perDay, unit = 24*3600_000, time.Millisecond
	default:
		return t
	}
	const most = 4e6
	days := max(min(steps/perDay, most), -most)
	return t.AddDate(0, 0, days).Add(time.Duration(steps%perDay) * unit)
}

// write writes the moment in the form of the text that it was read from: its
// precision, its fraction of a second and its zone.
func (m *moment) write(like string) string {
	var b strings.Builder
	for i := m.first; i < m.count; i++ {
		if i > m.first {
			b.WriteByte([...]byte{0, '-', '-', 'T', ':', ':'}[i])
		}
		width := 2
		if i == 0 {
			width = 4
		}
		fmt.Fprintf(&b, "%0*d", width, m.parts[i])
	}
	zone, digits := m.tail(like)
	if digits > 0 {
		b.WriteString("." + fmt.Sprintf("%09d", m.nanos)[:digits])
	}
	return b.String() + zone
}

// tail returns the zone of the text that the moment was read from, and how many
// digits of a second's fraction are to be written: as many as there were, or
// the three of milliseconds where they are needed.
func (m *moment) tail(like string) (zone string, digits int) {
	_, clock, both := strings.Cut(like, "T")
	if !both {
		clock = like
	}
	if at := strings.IndexAny(clock, "Z+-"); both && at >= 0 {
		clock, zone = clock[:at], clock[at:]
	}
	if _, fraction, ok := strings.Cut(clock, "."); ok && m.count == 6 {
		if digits = min(len(fraction), 9); digits < 3 && m.nanos != 0 {
			digits = 3
		}
	}
	return zone, digits
}
