package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// guard is a column that may deny or void what its row says: this was refused,
// is not so, was entered in error. Until somebody has read it, rows are refused
// but for those where it is empty or says no: a vaccine that was refused must
// not stand in a chart as given.
type guard struct {
	c        *column
	harmless []string // the column's own spellings of no
	zero     bool     // it has MySQL's zero dates, which are no days
	denials  []string // of a column of names: those that say that there is none; the other fields are empty then
}

// denyingWords are words of columns that take back what the rest of their row
// says.
const denyingWords = " neg negated negation negationind negindicator refused refusal declined denied denies refuted ruledout" +
	" deleted isdeleted void voided error enteredinerror erroneous invalid invalidated notgiven notdone nottaken cancelled canceled "

// endingWords are words of columns that may say that a row counts no more, or
// not yet for certain.
const endingWords = " status state active inactive isactive resolved ended current certainty verification confirmed suspected provisional "

// noWords say beyond doubt that a mark is not set.
const noWords = " 0 n no false f nein non "

// hasWord reports whether the column's name has one of the words, or is one of
// them when its parts are joined.
func (c *column) hasWord(list string) bool {
	in := func(w string) bool { return strings.Contains(list, " "+w+" ") }
	return in(c.plain) || slices.ContainsFunc(c.words, in)
}

// doubts finds the guards of a clinical table. Columns that a rule uses already
// are none: their words are translated.
func (t *Table) doubts() []guard {
	if !t.Kind.clinical() {
		return nil
	}
	var list []guard
	for _, c := range t.columns {
		if !c.free() || !c.hasWord(denyingWords) {
			continue
		}
		g := guard{c: c}
		for _, v := range c.Top {
			switch plain := lower(strings.TrimSpace(v.Value)); {
			case strings.HasPrefix(plain, "0000-00-00"):
				g.zero = true
			case plain != "" && strings.Contains(noWords, " "+plain+" ") && !c.Masked:
				g.harmless = append(g.harmless, literal(v.Value))
			}
		}
		slices.Sort(g.harmless)
		c.used = "may deny what the row says"
		list = append(list, g)
	}
	return list
}

// literal writes a word as a text of a condition, without the blanks that
// reading takes off.
func literal(word string) string {
	return "'" + strings.ReplaceAll(strings.TrimSpace(word), "'", "''") + "'"
}

// condition is what rows must meet. SQL lets an empty cell pass a comparison,
// as a check does.
func (g guard) condition() string {
	name := g.c.bare()
	if len(g.denials) > 0 {
		return name + " NOT IN (" + strings.Join(g.denials, ", ") + ")"
	}
	var parts []string
	if len(g.harmless) > 0 {
		parts = append(parts, name+" IN ("+strings.Join(g.harmless, ", ")+")")
	} else {
		parts = append(parts, name+" IS NULL")
	}
	if g.zero {
		parts = append(parts, name+" LIKE '0000-00-00%'")
	}
	return strings.Join(parts, " OR ")
}

// checks writes the guards of a map.
func (t *Table) checks(w *writer) {
	if len(t.guards) == 0 {
		return
	}
	w.line(4, "check:", "rows that are refused until you have read what these columns say; then map them, and delete the line")
	for _, g := range t.guards {
		w.line(6, "- { that: "+inQuotes(g.condition())+", else: "+inFlow(oneLine(g.c.Name)+" may deny or void what this row says: map it, or filter such rows by where")+", policy: reject-resource }", "")
	}
}

// inQuotes quotes a condition for YAML by the quotes that it does not have
// itself, where there are any such.
func inQuotes(s string) string {
	if strings.Contains(s, `"`) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}

// refused counts the rows that a guard keeps out, as far as the values are
// listed.
func (g guard) refused() int64 {
	n := g.c.Values
	if len(g.denials) > 0 {
		n = 0
		for _, v := range g.c.Top {
			if slices.Contains(g.denials, literal(v.Value)) {
				n += v.Count
			}
		}
		return n
	}
	for _, v := range g.c.Top {
		plain := lower(strings.TrimSpace(v.Value))
		if plain == "" || strings.HasPrefix(plain, "0000-00-00") || slices.Contains(g.harmless, literal(v.Value)) {
			n -= v.Count
		}
	}
	return max(0, n)
}

// denials guards the names of allergies or problems: NKDA is no substance, and
// what was ruled out is no problem. Columns whose values are not listed,
// because they are too many or personal, have no such guard.
func (b *builder) denials(phrases ...string) {
	for _, c := range b.t.columns {
		if c.used != string(code) && c.used != string(display) || !c.listable() {
			continue
		}
		g := guard{c: c}
		for _, v := range c.Top {
			plain := " " + lower(strings.TrimSpace(v.Value)) + " "
			// A backslash or a control character would mean something else
			// between YAML's quotes.
			if slices.ContainsFunc(phrases, func(p string) bool { return strings.HasPrefix(plain, " "+p+" ") }) && oneLine(v.Value) == v.Value && !strings.ContainsAny(v.Value, `\"`) {
				g.denials = append(g.denials, literal(v.Value))
			}
		}
		if len(g.denials) > 0 {
			slices.Sort(g.denials)
			b.t.guards = append(b.t.guards, g)
		}
	}
}

// takenBack lists, for the summary, the columns that no rule reads although
// they may take back what their row says.
func (d *Draft) takenBack() []string {
	var list []string
	for _, t := range d.Mapped() {
		if !t.Kind.clinical() {
			continue
		}
		for _, g := range t.guards {
			list = append(list, fmt.Sprintf("%s.%s (refused until then: %s)", oneLine(t.Table.Table), oneLine(g.c.Name), issue.Count(g.refused(), "row")))
		}
		for _, c := range t.columns {
			if c.used == "" && c.Values > 0 && c.hasWord(endingWords) {
				list = append(list, oneLine(t.Table.Table)+"."+oneLine(c.Name))
			}
		}
	}
	return list
}

// doubtful completes the reason of a constant: that no column says it is true
// only where none may.
func (b *builder) doubtful(note string) string {
	var names []string
	for _, g := range b.t.guards {
		names = append(names, oneLine(g.c.Name))
	}
	if len(names) == 0 {
		return "no column says it" + note
	}
	return "rows that " + strings.Join(names, ", ") + " may deny are refused by check" + note
}

// statusCode translates the column of statuses by FHIR's own words. Codes that
// nobody knows yet refuse the row, or become otherwise where the element can
// say that it is not known. It is nil where the table has no such column.
func (b *builder) statusCode(key string, r role, otherwise string) *node {
	m := b.find(r)
	if m == nil {
		return nil
	}
	unmapped := "reject-resource"
	if otherwise != "" {
		unmapped = "omit-element"
	}
	n := b.enum(key, m, unmapped, statuses(b.t.Kind, r))
	if otherwise != "" && n.sort == live {
		n.text += " | default " + otherwise
	}
	return n
}

// statusOr is the status by its column, or what is said where there is none.
func (b *builder) statusOr(otherwise string, none *node) *node {
	if n := b.statusCode("status", status, otherwise); n != nil && n.sort == live {
		return n
	}
	return none
}

// statusOf is a concept whose code is the column's status, for elements with
// code systems of their own.
func (b *builder) statusOf(key, codeSystem string, r role) *node {
	code := b.statusCode("code", r, "")
	if code == nil {
		return nil
	}
	return object(key, list("coding", object("", fixed("system", codeSystems+codeSystem), code)))
}

// statuses are the words of statuses whose code is beyond doubt. Letters are
// not among them: R is resolved here, refuted there.
func statuses(k Kind, r role) map[string]target {
	const wrong = " |entered in error=entered-in-error|entered-in-error=entered-in-error|error=entered-in-error"
	switch {
	case r == verification:
		return phrases("confirmed=confirmed|suspected=provisional|provisional=provisional|differential=differential|unconfirmed=unconfirmed|refuted=refuted|ruled out=refuted" + wrong)
	case k == Allergy:
		return phrases("active=active|inactive=inactive|resolved=resolved|y=active|yes=active|1=active|true=active|n=inactive|no=inactive|0=inactive|false=inactive")
	case k == Condition:
		return phrases("active=active|inactive=inactive|resolved=resolved|remission=remission|recurrence=recurrence|relapse=relapse|y=active|yes=active|1=active|true=active|n=inactive|no=inactive|0=inactive|false=inactive")
	case k == Immunization:
		return phrases("completed=completed|given=completed|administered=completed|refused=not-done|declined=not-done|not given=not-done|not done=not-done" + wrong)
	case k == Medication:
		return phrases("active=active|completed=completed|stopped=stopped|cancelled=cancelled|canceled=cancelled|on hold=on-hold|on-hold=on-hold|draft=draft" + wrong)
	case k == Observation:
		return phrases("final=final|preliminary=preliminary|corrected=corrected|amended=amended|registered=registered|cancelled=cancelled|canceled=cancelled" + wrong)
	case k == Procedure:
		return phrases("completed=completed|in progress=in-progress|not done=not-done|stopped=stopped|planned=preparation" + wrong)
	}
	return phrases("finished=finished|planned=planned|cancelled=cancelled|canceled=cancelled|in progress=in-progress|arrived=arrived" + wrong)
}

// phrases reads words with their codes, parted by strokes: words of statuses
// have blanks.
func phrases(s string) map[string]target {
	out := map[string]target{}
	for _, p := range strings.Split(s, "|") {
		if from, to, ok := strings.Cut(strings.TrimSpace(p), "="); ok {
			out[from] = target{code: to}
		}
	}
	return out
}
