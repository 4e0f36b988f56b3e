package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/extract/profile"
)

// sure is the confidence from which a proposal stands; the others are comments.
const sure = 0.8

// builder makes the elements of one table.
type builder struct {
	d       *Draft
	t       *Table
	missing string // what the resource cannot be without, and is not there
}

// match is a column found for a role.
type match struct {
	c    *column
	from *look // nil: the table itself
	sure float64
	why  string // "name", …
	role role
}

// look is a lookup in another table.
type look struct {
	alias string
	in    *Table
	on    string // its column
	by    *column
}

// find returns the column of a role, nil where there is none, and keeps it from
// being proposed again.
func (b *builder) find(r role) *match {
	c, conf, why := b.t.best(r)
	if c == nil {
		return b.elsewhere(r)
	}
	return b.take(c, r, conf, why)
}

func (b *builder) take(c *column, r role, conf float64, why string) *match {
	c.used = string(r)
	return &match{c: c, sure: conf, why: why, role: r}
}

// pipe returns the start of the pipe.
func (m *match) pipe() string {
	if m.from != nil {
		return "$" + m.from.alias + "." + m.c.bare()
	}
	return m.c.ref()
}

// note is the evidence: how sure, by what, and how much of the column is
// filled.
func (b *builder) note(m *match, more ...string) string {
	rows := b.t.Rows
	parts := []string{fmt.Sprintf("%.2f %s %s = %s", m.sure, m.why, oneLine(m.c.Name), m.role)}
	if m.from != nil {
		rows = m.from.in.Rows
		parts[0] += " of " + m.from.in.Table.Table
	}
	if m.c.Values < rows {
		parts = append(parts, fmt.Sprintf("%d of %d rows have it", m.c.Values, rows))
	}
	for _, s := range more {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "; ")
}

// leaf makes an element of a column; stages are the cleaners behind it.
func (b *builder) leaf(key string, m *match, stages string, more ...string) *node {
	if m == nil {
		return nil
	}
	n := &node{key: key, text: m.pipe() + stages, note: b.note(m, more...)}
	if m.sure < sure {
		n.sort, n.note = guess, "guess: "+n.note
	}
	return n
}

// text makes an element of a column of words.
func (b *builder) text(key string, r role, stages string, more ...string) *node {
	return b.leaf(key, b.find(r), stages, more...)
}

// words is text for roles whose column must hold words: a number under a name
// of words is something else.
func (b *builder) words(key string, r role) *node {
	m := b.find(r)
	if m != nil && m.c.Type != profile.TypeText && m.c.Type != profile.TypeCode {
		m.sure, m.why = 0.4, "the values are no words ("+m.c.Type+"): "+m.why
	}
	return b.leaf(key, m, "")
}

// date makes an element of a column of dates, if it is proved which part is the
// day.
func (b *builder) date(key string, r role, timed bool) *node {
	return b.dateOf(key, b.find(r), timed)
}

func (b *builder) dateOf(key string, m *match, timed bool) *node {
	if m == nil {
		return nil
	}
	stages, evidence, problem := b.dateStages(m.c, timed)
	if problem != "" {
		b.d.undated = append(b.d.undated, b.t.Table.Table+"."+m.c.Name+": "+problem)
		return &node{key: key, text: m.pipe() + " | date", sort: guess, note: "guess: " + b.note(m, problem)}
	}
	return b.leaf(key, m, stages, evidence)
}

// dateStages returns the cleaner for a column of dates with its evidence, or
// why none is proposed.
func (b *builder) dateStages(c *column, timed bool) (stages, evidence, problem string) {
	if c.Type != profile.TypeDate && c.Type != profile.TypeDateTime {
		return "", "", "the values are not dates (" + c.Type + ")"
	}
	var formats, written []string
	zoned := c.Type == profile.TypeDateTime
	for _, f := range c.Formats {
		switch {
		case f.Order == profile.OrderUnknown:
			return "", "", fmt.Sprintf("day and month cannot be told apart in any of %d values: find out, then write the format", f.Undecided)
		case f.Order == profile.OrderBoth:
			return "", "", fmt.Sprintf("%d values have the day first and %d the month: two ways are mixed", f.DayFirst, f.MonthFirst)
		case !strings.Contains(f.Format, "YYYY"):
			return "", "", "years of two digits: say the century with defaults.two_digit_year"
		}
		written = append(written, proof(f))
		if !strings.HasPrefix(f.Format, "YYYY-MM-DD") {
			formats = append(formats, "'"+f.Format+"'")
		}
		zoned = zoned && strings.HasSuffix(f.Format, "Z")
	}
	clean := "date"
	if timed && c.Type == profile.TypeDateTime && (zoned || b.d.options.Timezone != "") {
		clean = "datetime"
	} else if timed && c.Type == profile.TypeDateTime {
		b.d.zoneless++
		written = append(written, "time of day left out: its zone is not known (init --timezone)")
	}
	return nullStage(c) + " | " + strings.Join(append([]string{clean}, formats...), " "), strings.Join(written, ", "), ""
}

// proof says how a format is known.
func proof(f profile.DateFormat) string {
	switch f.Order {
	case profile.OrderDayFirst:
		return fmt.Sprintf("%s, day first in %d values", f.Format, f.DayFirst)
	case profile.OrderMonthFirst:
		return fmt.Sprintf("%s, month first in %d values", f.Format, f.MonthFirst)
	}
	return f.Format
}

// nullStage takes words that stand for "not known" out of a column of dates.
// Days such as 1900-01-01 are left: they may be meant.
func nullStage(c *column) string {
	var words []string
	for _, p := range c.Placeholders {
		v := p.Value
		if v == "" || strings.ContainsAny(v, "'\"|…\n") || v[0] >= '1' && v[0] <= '9' && strings.ContainsAny(v, "-/.") {
			continue
		}
		words = append(words, "'"+v+"'")
	}
	if len(words) == 0 {
		return ""
	}
	slices.Sort(words)
	return " | null_if " + strings.Join(words, " ")
}

// elsewhere looks for a role in tables that have one row for each row of this
// one: person_name beside person.
func (b *builder) elsewhere(r role) *match {
	if b.t.Kind != Patient {
		return nil
	}
	for _, l := range b.d.beside(b.t) {
		before := l.in.Kind
		l.in.Kind = Patient
		c, conf, why := l.in.best(r)
		l.in.Kind = before
		if c == nil || c.Name == l.on {
			continue
		}
		c.used = string(r)
		if !slices.ContainsFunc(b.t.looks, func(o *look) bool { return o.alias == l.alias }) {
			b.t.looks = append(b.t.looks, l)
		}
		return &match{c: c, from: l, sure: conf - 0.05, why: why, role: r}
	}
	return nil
}

// beside lists the tables with at most one row for each row of t, by its key or
// by a key of theirs that t joins.
func (d *Draft) beside(t *Table) []*look {
	var out []*look
	for _, o := range d.Tables {
		if o == t || o.Kind != Left || o.Rows == 0 || t.key == "" || d.outside(o) {
			continue
		}
		if o == t.being {
			out = append(out, &look{alias: o.name, in: o, on: o.key, by: t.column(t.key)})
			continue
		}
		for _, c := range o.columns {
			to := d.target(c)
			if to != nil && (to == t || to == t.being) && c.join.ToColumn == to.key && c.Unique && c.usable() {
				out = append(out, &look{alias: o.name, in: o, on: c.Name, by: t.column(t.key)})
				break
			}
		}
		for _, c := range t.columns {
			if d.target(c) == o && c.usable() && o.key == c.join.ToColumn && c.Unique {
				out = append(out, &look{alias: o.name, in: o, on: o.key, by: c})
				break
			}
		}
	}
	return out
}

// outside tells tables whose rows are not to be mixed with charts: users, logs,
// copies.
func (d *Draft) outside(t *Table) bool {
	return leftBy(tableStem(t.Table.Table), "") != "" && !strings.HasPrefix(t.Reason, "a part") || strings.Contains(t.Reason, "copy?") || t.Stopped != ""
}

// lookup looks a column's value up in the table that it joins, under an alias
// of its own.
func (b *builder) lookup(c *column) *look {
	to := b.d.target(c)
	if to == nil || to.key == "" || to.key != c.join.ToColumn || to.Stopped != "" {
		return nil
	}
	alias := to.name
	for i := 2; slices.ContainsFunc(b.t.looks, func(l *look) bool { return l.alias == alias }); i++ {
		alias = fmt.Sprintf("%s_%d", to.name, i)
	}
	l := &look{alias: alias, in: to, on: to.key, by: c}
	b.t.looks = append(b.t.looks, l)
	return l
}
