package clean

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// isoFormats are read where a mapping lists no formats: ISO 8601 with the T or
// with the space that databases write.
var isoFormats = []string{
	"YYYY-MM-DD",
	"YYYY-MM-DDThh:mm:ssZ", "YYYY-MM-DDThh:mm:ss.SSSZ", "YYYY-MM-DDThh:mm:ss", "YYYY-MM-DDThh:mm:ss.SSS",
	"YYYY-MM-DD hh:mm:ss", "YYYY-MM-DD hh:mm:ss.SSS", "YYYY-MM-DD hh:mm:ssZ", "YYYY-MM-DD hh:mm:ss.SSSZ",
	"YYYY-MM-DDThh:mmZ", "YYYY-MM-DDThh:mm", "YYYY-MM-DD hh:mm",
	"YYYY-MM", "YYYY",
}

// isoLayouts are isoFormats compiled, once for all rules with dates: each table
// is bound several times in a run, and each rule has a parser. Nobody changes
// them.
var isoLayouts = sync.OnceValue(func() []layout {
	var all []layout
	for _, f := range isoFormats {
		if l, err := compileLayout(f); err == nil {
			all = append(all, l)
		}
	}
	return slices.Clip(all)
})

// partialFormats is how many formats at the end of isoFormats tell no full
// date.
const partialFormats = 2

// dateParser reads dates in the forms of one mapping. It is safe for concurrent
// use.
type dateParser struct {
	layouts []layout
	pivot   int
	loc     *time.Location
	wanted  string // the formats, for messages
	utc     bool   // an instant of UTC is read by the format that is made for it, see isUTC
}

// utcFormat is how most exports write an instant, and FHIR, too.
const utcFormat = "YYYY-MM-DDThh:mm:ssZ"

// readsUTC reports whether no format before utcFormat can read a text that has
// its form.
func readsUTC(layouts []layout) bool {
	for i := range layouts {
		l := &layouts[i]
		if l.source == utcFormat {
			return true
		}
		if l.endless || l.longest >= len("2006-01-02T15:04:05Z") {
			return false
		}
	}
	return false
}

// isUTC reports whether s is an instant in the form 2006-01-02T15:04:05Z that
// calendar and clock have: it is what FHIR writes, digit for digit.
func isUTC(s string) bool {
	const form = "0000-00-00T00:00:00Z"
	if len(s) != len(form) {
		return false
	}
	for i := range len(form) {
		if c := form[i]; c != s[i] && (c != '0' || !isDigit(s[i])) {
			return false
		}
	}
	two := func(at int) int { return int(s[at]-'0')*10 + int(s[at+1]-'0') }
	m := moment{year: two(0)*100 + two(2), month: two(5), day: two(8), hour: two(11), min: two(14), sec: two(17), known: toTime, zone: zulu}
	return m.exists()
}

// newDateParser compiles formats, or those of s, or else the ISO forms. A full
// ISO date is read in any case: nothing else can be meant by it, and it is what
// typed sources and other cleaners give.
func newDateParser(formats []string, s Settings) (*dateParser, error) {
	if len(formats) == 0 {
		formats = s.Dates
	}
	p := &dateParser{pivot: s.Pivot, loc: s.Location, wanted: strings.Join(formats, ", ")}
	iso := isoLayouts()
	if len(formats) == 0 {
		p.wanted = "YYYY-MM-DD, YYYY-MM-DDThh:mm:ssZ, YYYY-MM or YYYY"
	} else {
		iso = iso[:len(iso)-partialFormats]
	}
	for _, f := range formats {
		l, err := compileLayout(f)
		if err != nil {
			return nil, err
		}
		p.layouts = append(p.layouts, l)
	}
	p.layouts = append(p.layouts, iso...)
	p.utc = readsUTC(p.layouts)
	return p, nil
}

// newISOParser reads what the cleaners of dates write.
func newISOParser() *dateParser {
	return &dateParser{wanted: "YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", layouts: isoLayouts()}
}

// read returns the moment that s tells; the first format that fits decides. ok
// is false and there is no problem for a zero date, which databases write for
// "none".
func (p *dateParser) read(s string) (m moment, ok bool, problem *Problem) {
	var impossible bool
	for i := range p.layouts {
		m, ok = p.layouts[i].parse(s, p.pivot)
		switch {
		case !ok:
		case m.exists():
			return m, true, nil
		case m.isZero():
			return m, false, nil
		default:
			impossible = true
		}
	}
	if impossible {
		return m, false, noSuchDay()
	}
	return m, false, badDate("the text is in none of the date forms %s; correct the source or add its form to dates", p.wanted)
}

// badDate makes the problem of a text that is no date. format must not hold the
// text.
func badDate(format string, args ...any) *Problem {
	return &Problem{Code: "bad-date", Message: fmt.Sprintf(format, args...)}
}

// noSuchDay makes the problem of a date that has its form and is in no
// calendar.
func noSuchDay() *Problem {
	return badDate("the calendar has no such day or time; correct the source or leave the element out by policy")
}

// date is the cleaner date.
func (p *dateParser) date(s string) (Value, *Problem) {
	m, ok, problem := p.read(s)
	if !ok {
		return Value{}, problem
	}
	return Of(m.dateText(s)), nil
}

// dateTime is the cleaner datetime.
func (p *dateParser) dateTime(s string) (Value, *Problem) {
	if p.utc && isUTC(s) {
		return Of(s), nil
	}
	m, ok, problem := p.read(s)
	if !ok {
		return Value{}, problem
	}
	return placed(&m, p.loc, s)
}

// placed gives m, tied to loc where it has no zone, as a dateTime.
func placed(m *moment, loc *time.Location, source string) (Value, *Problem) {
	if problem := m.place(loc); problem != nil {
		return Value{}, problem
	}
	if !m.exists() {
		return Value{}, noSuchDay()
	}
	return Of(m.dateTimeText(source)), nil
}
