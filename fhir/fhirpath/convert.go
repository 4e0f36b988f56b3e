package fhirpath

import (
	"strconv"
	"strings"

	"chartlift/fhir"
)

func conversionFunctions() []function {
	var all []function
	for _, c := range []struct {
		name string
		to   func(m *Machine, v Value) (Value, bool)
	}{
		{"Boolean", toBoolean},
		{"Integer", toInteger},
		{"Decimal", toDecimal},
		{"String", toText},
		{"Quantity", toQuantity},
		{"Date", toTemporal(Date, "date")},
		{"DateTime", toTemporal(DateTime, "dateTime")},
		{"Time", toTemporal(Time, "time")},
	} {
		all = append(all, plain("to"+c.name, func(m *Machine, in span) span {
			v, ok := m.single(in)
			if !ok {
				return nothing(m)
			}
			if v, ok = c.to(m, v); !ok {
				return nothing(m)
			}
			return m.one(v)
		}), plain("convertsTo"+c.name, func(m *Machine, in span) span {
			v, ok := m.single(in)
			if !ok {
				return nothing(m)
			}
			_, ok = c.to(m, v)
			return m.one(boolean(ok))
		}))
	}
	return all
}

func toBoolean(m *Machine, v Value) (Value, bool) {
	if v.kind == Boolean {
		return v, true
	}
	s, _ := m.written(v)
	switch strings.ToLower(s) {
	case "true", "t", "yes", "y", "1", "1.0":
		return boolean(true), true
	case "false", "f", "no", "n", "0", "0.0":
		return boolean(false), true
	}
	return Value{}, false
}

func toInteger(_ *Machine, v Value) (Value, bool) {
	switch v.kind {
	case Integer, Boolean:
		return integer(v.n), true
	case Text:
		n, err := strconv.ParseInt(v.text, 10, 64)
		return integer(n), err == nil
	}
	return Value{}, false
}

func toDecimal(_ *Machine, v Value) (Value, bool) {
	switch v.kind {
	case Integer, Boolean:
		return Value{kind: Decimal, text: strconv.FormatInt(v.n, 10)}, true
	case Decimal:
		return v, true
	case Text:
		_, ok := rational(Value{kind: Decimal, text: v.text})
		return Value{kind: Decimal, text: v.text}, ok && fhir.CheckPrimitive("decimal", v.text) == nil
	}
	return Value{}, false
}

func toText(m *Machine, v Value) (Value, bool) {
	s, ok := m.written(v)
	return text(s), ok
}

func toTemporal(kind Kind, typ string) func(*Machine, Value) (Value, bool) {
	return func(_ *Machine, v Value) (Value, bool) {
		s := v.text
		switch {
		case v.kind == kind:
			return v, true
		case kind == Date && v.kind == DateTime:
			s, _, _ = strings.Cut(s, "T")
		case kind == DateTime && v.kind == Date, v.kind == Text:
		default:
			return Value{}, false
		}
		return Value{kind: kind, text: s}, fhir.CheckPrimitive(typ, s) == nil || kind != Date && isPartial(typ, s)
	}
}

// isPartial reports whether the text is a time of FHIRPath that is less precise
// than R4 allows: an hour, a minute, or a second without a zone
// (http://hl7.org/fhirpath/N1, 5.5.4 and 5.5.8).
func isPartial(typ, s string) bool {
	day, clock := "2000-01-01", s
	if typ == "dateTime" {
		var ok bool
		if day, clock, ok = strings.Cut(s, "T"); !ok {
			return false
		}
	}
	zone := ""
	if at := strings.IndexAny(clock, "Z+-"); at >= 0 {
		if typ == "time" {
			return false
		}
		clock, zone = clock[:at], clock[at:]
	}
	switch len(clock) {
	case len("hh"):
		clock += ":00:00"
	case len("hh:mm"):
		clock += ":00"
	}
	if zone == "" {
		zone = "Z"
	}
	return fhir.CheckPrimitive("dateTime", day+"T"+clock+zone) == nil
}
