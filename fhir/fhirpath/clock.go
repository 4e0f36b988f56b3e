package fhirpath

import "time"

// clockFunctions are those that tell the time of the run. It is one moment for
// all calls in an expression (http://hl7.org/fhirpath/N1, 5.9).
func clockFunctions() []function {
	tell := func(name, layout string, kind Kind) function {
		return plain(name, func(m *Machine, _ span) span {
			if !m.asked {
				m.now, m.asked = m.Now(), true
			}
			return m.one(Value{kind: kind, text: m.now.Format(layout)})
		})
	}
	return []function{
		tell("now", "2006-01-02T15:04:05.000-07:00", DateTime),
		tell("today", time.DateOnly, Date),
		tell("timeOfDay", "15:04:05.000", Time),
	}
}
