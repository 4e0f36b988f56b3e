package clean

import (
	"fmt"
	"time"
	_ "time/tzdata" // a client's server may have no zone files of its own
)

// place ties a moment without a zone to loc. A time that the clocks of loc skip
// or show twice is a problem, never a guess.
func (m *moment) place(loc *time.Location) *Problem {
	if m.known < toTime || m.zone != noZone {
		return nil
	}
	if loc == nil {
		return &Problem{Code: "no-timezone", Message: "the time carries no zone; set defaults.timezone in the mapping"}
	}
	t := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.min, min(m.sec, 59), 0, loc)
	if t.Day() != m.day || t.Hour() != m.hour || t.Minute() != m.min {
		return &Problem{Code: "ambiguous-time", Message: fmt.Sprintf("the clocks of %s skip this time, as when summer time begins; correct the source or give the offset", loc)}
	}
	if isTwice(t) {
		return &Problem{Code: "ambiguous-time", Message: fmt.Sprintf("the clocks of %s show this time twice, as when summer time ends; give the offset in the source", loc)}
	}
	_, offset := t.Zone()
	if offset%60 != 0 {
		// Local mean time, before there were standard zones: FHIR can say it in
		// UTC only.
		m.setClock(t.UTC())
		m.zone = zulu
		return nil
	}
	m.setOffset(offset / 60)
	return nil
}

// isTwice tells whether the wall clock shows t before and after a change of
// offset.
func isTwice(t time.Time) bool {
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		_, before := start.Add(-time.Second).Zone()
		if other := t.Add(time.Duration(offset-before) * time.Second); other.Before(start) {
			return true
		}
	}
	if !end.IsZero() {
		_, after := end.Zone()
		if other := t.Add(time.Duration(offset-after) * time.Second); !other.Before(end) {
			return true
		}
	}
	return false
}

// loadZone returns the zone that a mapping names.
func loadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone; write a name such as America/New_York", name)
	}
	return loc, nil
}

// toZone moves a moment that has a zone into loc. A date without time stays.
func (m *moment) toZone(loc *time.Location) {
	if m.known < toTime {
		return
	}
	t := m.instant().In(loc)
	_, offset := t.Zone()
	switch {
	case loc == time.UTC || offset%60 != 0:
		m.setClock(t.UTC())
		m.zone, m.offset = zulu, 0
	default:
		m.setClock(t)
		m.setOffset(offset / 60)
	}
}
