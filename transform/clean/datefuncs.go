package clean

import (
	"fmt"
	"strings"
	"time"
)

// compileDate takes each argument for a format.
func compileDate(args []Arg, s Settings) (Func, error) {
	formats := make([]string, len(args))
	for i, a := range args {
		formats[i] = a.Text
	}
	p, err := newDateParser(formats, s)
	if err != nil {
		return nil, err
	}
	return unary(p.date), nil
}

func compileDateTime(args []Arg, s Settings) (Func, error) {
	p, err := dateTimeParser(args, s)
	if err != nil {
		return nil, err
	}
	return unary(p.dateTime), nil
}

// dateTimeParser tells formats and a zone apart: only a format has YY in it.
func dateTimeParser(args []Arg, s Settings) (*dateParser, error) {
	var formats []string
	for _, a := range args {
		if strings.Contains(a.Text, "YY") {
			formats = append(formats, a.Text)
			continue
		}
		loc, err := loadZone(a.Text)
		if err != nil {
			return nil, err
		}
		s.Location = loc
	}
	return newDateParser(formats, s)
}

// compileInstant refuses dates without a time: a guess of midnight would be a
// false moment.
func compileInstant(args []Arg, s Settings) (Func, error) {
	p, err := dateTimeParser(args, s)
	if err != nil {
		return nil, err
	}
	return unary(func(text string) (Value, *Problem) {
		m, ok, problem := p.read(text)
		if !ok {
			return Value{}, problem
		}
		if m.known < toTime {
			return Value{}, badDate("an instant needs a time of day; map another column or use an element of type dateTime")
		}
		return placed(&m, p.loc, text)
	}), nil
}

// compileTime fills missing seconds with zero, as FHIR R4 2.24.0.1 allows.
func compileTime(args []Arg, s Settings) (Func, error) {
	formats := []string{"hh:mm:ss", "hh:mm", "hh:mm:ss.SSS", "h:mm A", "h:mmA", "h:mm:ss A", "hhmm", "hhmmss", "h:mm", "h:mm:ss"}
	if len(args) > 0 {
		formats = formats[:0]
	}
	for _, a := range args {
		formats = append(formats, a.Text)
	}
	layouts := make([]layout, len(formats))
	for i, f := range formats {
		l, err := compileTimeLayout(f)
		if err != nil {
			return nil, err
		}
		layouts[i] = l
	}
	return unary(func(text string) (Value, *Problem) {
		for i := range layouts {
			m, ok := layouts[i].parse(text, s.Pivot)
			m.year, m.month, m.day = 1970, 1, 1
			if ok && m.exists() {
				var buffer [32]byte
				return Of(same(text, m.appendTime(buffer[:0]))), nil
			}
		}
		return Value{}, badDate("the text is not a time of day such as %s; correct the source or write its form behind time", formats[0])
	}), nil
}

// compileToZone reads only what datetime writes; a local time has to pass
// through that first.
func compileToZone(args []Arg, _ Settings) (Func, error) {
	loc, err := loadZone(args[0].Text)
	if err != nil {
		return nil, err
	}
	p := newISOParser()
	return unary(func(s string) (Value, *Problem) {
		m, ok, problem := p.read(s)
		if !ok {
			return Value{}, problem
		}
		if m.known == toTime && m.zone == noZone {
			return Value{}, badDate("a time without offset can not be moved; put datetime before to_tz")
		}
		m.toZone(loc)
		if !m.exists() {
			return Value{}, noSuchDay()
		}
		return Of(m.dateTimeText(s)), nil
	}), nil
}

// compileDatePart never invents a part: a year stays a year under ymd.
func compileDatePart(args []Arg, _ Settings) (Func, error) {
	part, err := option(args, 0, "ymd", "ym", "y")
	if err != nil {
		return nil, err
	}
	known := map[string]precision{"y": toYear, "ym": toMonth, "ymd": toDay}[part]
	p := newISOParser()
	return unary(func(s string) (Value, *Problem) {
		m, ok, problem := p.read(s)
		if !ok {
			return Value{}, problem
		}
		m.known = min(m.known, known)
		return Of(m.dateText(s)), nil
	}), nil
}

// compilePlaced compiles a notation that read understands; times without
// offset are those of the mapping's zone.
func compilePlaced(read func(string) (moment, bool)) compiler {
	return func(_ []Arg, settings Settings) (Func, error) {
		return unary(func(s string) (Value, *Problem) {
			m, ok := read(s)
			switch {
			case !ok:
				return Value{}, badDate("the text is not in the notation of this cleaner; correct the source or read it with datetime")
			case m.isZero():
				return Value{}, nil
			case !m.exists():
				return Value{}, noSuchDay()
			}
			return placed(&m, settings.Location, s)
		}), nil
	}
}

// boundary gives the date that an argument of not_before or not_future stands
// for: an ISO date, or a column in the forms of the mapping. A nil moment means
// null.
func boundary(a Arg, s Settings) (func(columns []Value) (*moment, *Problem), error) {
	if a.Index < 0 {
		m, ok, _ := newISOParser().read(a.Text)
		if !ok {
			return nil, fmt.Errorf("%q is not a date; write YYYY-MM-DD or a column", a.Text)
		}
		return func([]Value) (*moment, *Problem) { return &m, nil }, nil
	}
	p, err := newDateParser(nil, s)
	if err != nil {
		return nil, err
	}
	return func(columns []Value) (*moment, *Problem) { return p.optional(a.value(columns)) }, nil
}

func compileNotBefore(args []Arg, s Settings) (Func, error) {
	return compareWith(args[0], s, -1, &Problem{Code: "too-early", Message: "the date is before the earliest that the mapping allows; correct the source or the mapping"})
}

func compileNotFuture(args []Arg, s Settings) (Func, error) {
	return compareWith(args[0], s, 1, &Problem{Code: "future-date", Message: "the date is after the day of the export; correct the source or the mapping"})
}

// compareWith rejects a date whose order to the boundary is wrong.
func compareWith(a Arg, s Settings, wrong int, problem *Problem) (Func, error) {
	limit, err := boundary(a, s)
	if err != nil {
		return nil, err
	}
	p := newISOParser()
	return func(in Value, columns []Value) (Value, *Problem) {
		m, ok, trouble := p.read(in.Text)
		if !ok {
			return Value{}, trouble
		}
		other, trouble := limit(columns)
		switch {
		case trouble != nil:
			return Value{}, badDate("the date to compare with can not be read; correct that column")
		case other != nil && m.compare(other) == wrong:
			return Value{}, problem
		}
		return in, nil
	}, nil
}

// compare orders moments by what both of them tell.
func (m *moment) compare(o *moment) int {
	if m.known == toTime && o.known == toTime && m.zone != noZone && o.zone != noZone {
		return m.instant().Compare(o.instant())
	}
	known := min(m.known, o.known, toDay)
	a, b := *m, *o
	a.known, b.known = known, known
	return strings.Compare(a.dateText(""), b.dateText(""))
}

// compilePeriod takes the value for the start where only one column is written.
func compilePeriod(args []Arg, s Settings) (Func, error) {
	p, err := newDateParser(nil, s)
	if err != nil {
		return nil, err
	}
	return func(in Value, columns []Value) (Value, *Problem) {
		start, end := in, args[0].value(columns)
		if len(args) == 2 {
			start, end = end, args[1].value(columns)
		}
		return p.period(start, end)
	}, nil
}

// period refuses reversed ends, which break the invariant per-1 of FHIR.
func (p *dateParser) period(start, end Value) (Value, *Problem) {
	from, problem := p.optional(start)
	if problem != nil {
		return Value{}, problem
	}
	to, problem := p.optional(end)
	switch {
	case problem != nil:
		return Value{}, problem
	case from == nil && to == nil:
		return Value{}, nil
	case from != nil && to != nil && from.compare(to) > 0:
		return bad("period-reversed", "the period ends before it starts; correct the source, or map start and end apart")
	}
	out := []byte{'{'}
	out = appendEnd(out, "start", from)
	out = appendEnd(out, "end", to)
	return Of(string(append(out, '}'))), nil
}

// optional reads a date and ties it to the zone of the mapping; nil is null.
func (p *dateParser) optional(v Value) (*moment, *Problem) {
	if v.Text == "" {
		return nil, nil
	}
	m, ok, problem := p.read(v.Text)
	if !ok {
		return nil, problem
	}
	if problem = m.place(p.loc); problem == nil && !m.exists() {
		problem = noSuchDay()
	}
	return &m, problem
}

func appendEnd(out []byte, name string, m *moment) []byte {
	if m == nil {
		return out
	}
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(out, '"')
	out = append(out, name...)
	out = append(out, `":"`...)
	return append(m.appendDateTime(out), '"')
}

// compileBirthYear gives a year only, which says how little is known.
func compileBirthYear(args []Arg, s Settings) (Func, error) {
	limit, err := boundary(args[0], s)
	if err != nil {
		return nil, err
	}
	return func(in Value, columns []Value) (Value, *Problem) {
		age, ok := smallInt(in.Text)
		if !ok || age > 150 {
			return bad("bad-number", "the age is not a whole number of years from 0 to 150; correct the source")
		}
		at, problem := limit(columns)
		if at == nil {
			return Value{}, problem
		}
		born := moment{year: at.year - age, known: toYear}
		if !born.exists() {
			return Value{}, noSuchDay()
		}
		return Of(born.dateText("")), nil
	}, nil
}

// smallInt reads up to nine digits.
func smallInt(s string) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// onDay returns the moment of days after a day one of a calendar.
func onDay(dayOne time.Time, days int) moment {
	var m moment
	m.setClock(dayOne.AddDate(0, 0, days))
	m.known = toDay
	return m
}
