package golden

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// holding returns the records that have something, in their order.
func (m *merger) holding(has func(*elements) bool) []*elements {
	return slices.DeleteFunc(slices.Clone(m.records), func(e *elements) bool { return !has(e) })
}

// winner returns the record whose value of a single element is taken, nil where
// none has one.
func (m *merger) winner(rule, name string) *elements {
	// A gap is filled: what is known counts before "unknown", and that before
	// the mere reason why nothing is known.
	for _, has := range []func(*elements) bool{
		func(e *elements) bool { return e.at[name] != 0 && e.raw(name) != `"unknown"` },
		func(e *elements) bool { return e.at[name] != 0 },
		func(e *elements) bool { return e.at["_"+name] != 0 },
	} {
		if holders := m.holding(has); len(holders) > 0 {
			return m.of(holders, rule, name)
		}
	}
	return nil
}

// of returns the one of the holders of a single element whose value is taken.
func (m *merger) of(holders []*elements, rule, name string) *elements {
	value := func(e *elements) string { return e.raw(name) + e.raw("_"+name) }
	best := m.best(holders, m.options.Rules(rule), value)
	for _, e := range holders { // 1985-06-07 says more than 1985, and contradicts it not
		if e.at[name] != 0 && finer(best.raw(name), e.raw(name)) && m.agree(holders, name, e.raw(name)) {
			best = e
		}
	}
	return best
}

// finer reports whether a date says more than another one that it agrees with.
func finer(coarse, fine string) bool {
	coarse, fine = strings.Trim(coarse, `"`), strings.Trim(fine, `"`)
	return coarse != "" && len(fine) > len(coarse) && strings.HasPrefix(fine, coarse) && (fine[len(coarse)] == '-' || fine[len(coarse)] == 'T')
}

// agree reports whether all values are the one or coarser forms of it.
func (m *merger) agree(holders []*elements, name, value string) bool {
	return !slices.ContainsFunc(holders, func(e *elements) bool {
		return e.raw(name) != value && !finer(e.raw(name), value)
	})
}

// best returns the first of the records that the rules prefer; where none
// decides, the one that stands first. There is at least one.
func (m *merger) best(holders []*elements, rules []string, value func(*elements) string) *elements {
	left := holders
	for _, rule := range rules {
		score := m.score(rule, left, value)
		top := slices.MaxFunc(left, func(a, b *elements) int { return cmp.Compare(score(a), score(b)) })
		left = slices.DeleteFunc(slices.Clone(left), func(e *elements) bool { return score(e) != score(top) })
		if len(left) == 1 {
			break
		}
	}
	return left[0]
}

// says returns how much a value says: how many words it has, and how precise a
// date is. Letters do not count: a slip makes a name longer as often as
// shorter.
func says(value string) int {
	const word = 1 << 8 // no date has as many signs
	n := len(strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(` |"{}[]:,`, r) })) * word
	if date := strings.Trim(value, `"`); len(date) >= 4 && len(date) <= len("2006-01-02T15:04:05.000000000+00:00") && strings.Trim(date, "0123456789-+:.TZ") == "" {
		n = word + len(date)
	}
	return n
}

// score returns what a rule says of a record; texts compare as the rule wants,
// the greater the better.
func (m *merger) score(rule string, holders []*elements, value func(*elements) string) func(*elements) string {
	number := func(n int) string { return fmt.Sprintf("%020d", n) }
	switch rule {
	case SourcePriority:
		return func(e *elements) string { return number(1<<30 - e.Rank) }
	case MostRecent:
		return func(e *elements) string { return Moment(e.Updated) }
	case MostFrequent:
		counts := map[string]int{}
		for _, e := range holders {
			counts[value(e)]++
		}
		return func(e *elements) string { return number(counts[value(e)]) }
	}
	return func(e *elements) string { return number(says(value(e))) }
}

// contradictions takes down where records contradict each other in what is a
// fact about the person.
func (m *merger) contradictions() {
	for _, name := range []string{"birthDate", "gender"} {
		m.contradiction(name, func(e *elements) string {
			if at := e.at[name]; at != 0 {
				return e.tree.Text(at)
			}
			return ""
		})
	}
	m.contradiction("deceased", func(e *elements) string {
		if at := e.at["deceasedDateTime"]; at != 0 {
			return e.tree.Text(at)
		}
		return e.raw("deceasedBoolean")
	})
}

func (m *merger) contradiction(name string, value func(*elements) string) {
	taken := ""
	var holders []*elements
	for _, e := range m.records {
		if value(e) != "" {
			holders = append(holders, e)
		}
	}
	if len(holders) < 2 {
		return
	}
	if name == "deceased" {
		taken = value(m.winner("deceased", m.branch("deceased")))
	} else {
		taken = value(m.winner(name, name))
	}
	for _, e := range holders {
		if v := value(e); v != taken && !finer(v, taken) && !(v == "true" && taken != "false" || v == "unknown") {
			m.conflicts = append(m.conflicts, Conflict{Element: name, Taken: taken, Other: v, From: e.ID})
		}
	}
}
