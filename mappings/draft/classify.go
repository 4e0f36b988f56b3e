package draft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"chartlift/extract/profile"
)

// classify decides what each table is: by its name, its columns and what joins
// it.
func (d *Draft) classify() {
	for _, t := range d.Tables {
		t.Kind, t.Sure, t.Reason = t.guessKind()
	}
	d.beings()
	d.copies()
	d.collisions()
	for _, t := range d.Tables {
		if t.Kind.clinical() && d.subjectOf(t) == nil {
			t.Kind, t.Reason = Left, "looks like "+t.Kind.resource()+", but no column joins it to a table of patients"
		}
	}
	for _, t := range d.Tables {
		if t.Kind == Left && t.Reason == "" {
			t.Reason = d.whyLeft(t)
		}
	}
}

// guessKind looks at one table alone.
func (t *Table) guessKind() (Kind, float64, string) {
	switch {
	case t.Format == "hl7v2" || t.Format == "ccda":
		return Left, 0, "messages and documents have mappings of their own"
	case t.Rows == 0:
		return Left, 0, "no rows"
	case t.Stopped != "":
		return Left, 0, "it could not be read to its end"
	}
	words := tableStem(t.Table.Table)
	if reason := leftBy(words, t.Table.Table); reason != "" {
		return Left, 0, reason
	}
	kind := Left
	for _, w := range words {
		if k, ok := wordOf(w); ok {
			kind = k
		}
	}
	return t.confirm(kind, words)
}

// leftBy returns why tables of this name are not mapped, "" where they may be.
func leftBy(words []string, whole string) string {
	for _, l := range leftWords() {
		list := strings.Fields(l.words)
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) || slices.Contains(list, singular(w)) }) {
			return l.reason
		}
	}
	if len(words) > 0 {
		switch words[len(words)-1] {
		case "type", "types", "status", "class", "category", "categories", "options", "codes", "source", "list", "admissiontype", "deliverytype":
			return "a list of codes (" + whole + "): used where a column joins it"
		case "attribute", "attributes", "identity", "consensus", "history", "detail", "tag", "role", "frequency", "set", "period":
			return "a part of other records that has no proposal yet"
		}
	}
	return ""
}

// confirm checks what the name says against the columns.
func (t *Table) confirm(kind Kind, words []string) (Kind, float64, string) {
	signs := t.personal()
	named := "its name says so"
	switch {
	case kind == Patient && len(signs) >= 2:
		return Patient, 0.95, named + ", and it has " + strings.Join(signs, ", ")
	case kind == Patient:
		return Left, 0, "its name says patients, but it has no two of name, birth date and sex"
	case kind == Practitioner && t.names(Practitioner):
		return Practitioner, 0.9, named + ", and it has names"
	case kind == Organization || kind == Location:
		t.Kind = kind
		if c, _, _ := t.best(name); c != nil && t.Rows > 0 {
			return kind, 0.85, named + ", and it has names"
		}
		return Left, 0, "its name says " + string(kind) + ", but it has no column of names"
	case kind != Left && kind != Practitioner:
		return kind, 0.9, named
	case len(signs) >= 2 && slices.Contains(signs, string(birthDate)) && !t.hasSubject():
		return Patient, 0.8, "it has " + strings.Join(signs, ", ")
	}
	return Left, 0, ""
}

// personal lists what the table has of a person.
func (t *Table) personal() []string {
	t.Kind = Patient
	defer func() { t.Kind = Left }()
	var signs []string
	if t.names(Patient) {
		signs = append(signs, "names")
	}
	if c, _, _ := t.best(birthDate); c != nil {
		signs = append(signs, string(birthDate))
	}
	if c, _, _ := t.best(sex); c != nil {
		signs = append(signs, string(sex))
	}
	return signs
}

// names reports whether the table has names of people.
func (t *Table) names(k Kind) bool {
	before := t.Kind
	t.Kind = k
	defer func() { t.Kind = before }()
	for _, r := range []role{family, fullName} {
		if c, _, _ := t.best(r); c != nil && (c.Type == profile.TypeText || c.Type == profile.TypeCode) {
			return true
		}
	}
	return false
}

// hasSubject reports whether a column joins another table's key and is called
// after a patient: a table with two people in a row is not one of patients.
func (t *Table) hasSubject() bool {
	return slices.ContainsFunc(t.columns, func(c *column) bool {
		return c.join != nil && c.join.ToTable != t.Table.Table && slices.Contains(spellings(Encounter, subject), c.plain)
	})
}

// beings finds tables of patients whose names and birth dates stand in a table
// of persons under the same key.
func (d *Draft) beings() {
	for _, t := range d.Tables {
		key := t.column(t.key)
		being := d.target(key)
		if being == nil || being == t || being.Kind != Patient || being.key != key.join.ToColumn || !slices.Contains(tableStem(t.Table.Table), "patient") {
			continue
		}
		t.Kind, t.Sure, t.being = Patient, 0.85, being
		t.Reason = "its name says so, and its key is that of " + being.Table.Table + ", which has " + strings.Join(being.personal(), ", ")
		being.Kind, being.Reason = Left, "persons, looked up by "+t.Table.Table
	}
}

// copies finds tables that are in two files: the rows would be loaded twice.
func (d *Draft) copies() {
	for i, t := range d.Tables {
		for _, o := range d.Tables[:i] {
			if t.Kind != Left && o.Kind != Left && t.Source != o.Source && t.Rows == o.Rows && sameColumns(t, o) && strings.EqualFold(t.Table.Table, o.Table.Table) {
				t.Kind, t.Reason = Left, fmt.Sprintf("the same table is in %s, with the same columns and as many rows: a copy? If not, map it as well", o.Source)
				break
			}
		}
	}
}

func sameColumns(a, b *Table) bool {
	return slices.EqualFunc(a.columns, b.columns, func(x, y *column) bool { return strings.EqualFold(x.Name, y.Name) })
}

// collisions leaves tables behind that a mapping cannot tell apart: it names
// files without their folders.
func (d *Draft) collisions() {
	for i, t := range d.Tables {
		for _, o := range d.Tables[i+1:] {
			if !t.collides(o) || t.Kind == Left && o.Kind == Left {
				continue
			}
			why := "another file of this name is among the sources (" + t.Source + ", " + o.Source + "): give one of them another name"
			t.Kind, t.Reason, o.Kind, o.Reason = Left, why, Left, why
		}
	}
}

// collides reports whether one source would read both tables.
func (t *Table) collides(o *Table) bool {
	if !strings.EqualFold(fileBase(t.Source), fileBase(o.Source)) {
		return false
	}
	return t.Format == "csv" || o.Format == "csv" || strings.EqualFold(t.Table.Table, o.Table.Table)
}

// target returns the table that a column joins.
func (d *Draft) target(c *column) *Table {
	if c == nil || c.join == nil {
		return nil
	}
	for _, t := range d.Tables {
		if t.Source == c.join.ToSource && t.Table.Table == c.join.ToTable {
			return t
		}
	}
	return nil
}

// subjectOf returns the column that joins a table to its patients. A name that
// says patient goes before.
func (d *Draft) subjectOf(t *Table) *column {
	var found *column
	for _, c := range t.columns {
		to := d.patientsOf(c)
		if to == nil || to == t || !c.usable() {
			continue
		}
		if slices.Contains(spellings(Encounter, subject), c.plain) {
			return c
		}
		if found == nil && (c.join.ByName || c.Type == profile.TypeUUID) {
			found = c
		}
	}
	return found
}

// patientsOf returns the table of patients that a column joins, also by the
// table of persons behind it.
func (d *Draft) patientsOf(c *column) *Table {
	to := d.target(c)
	if to == nil || to.key != c.join.ToColumn {
		return nil
	}
	if to.Kind == Patient {
		return to
	}
	for _, t := range d.Tables {
		if t.being == to && t.Kind == Patient {
			return t
		}
	}
	return nil
}

// whyLeft says what a table is that none of the names tells.
func (d *Draft) whyLeft(t *Table) string {
	joined := 0
	for _, o := range d.Tables {
		for _, c := range o.columns {
			if d.target(c) == t && o != t {
				joined++
			}
		}
	}
	switch {
	case joined > 0:
		return fmt.Sprintf("a list that %d columns of other tables join", joined)
	case d.subjectOf(t) != nil:
		return "about patients, but there is no proposal for such a table"
	}
	return "nothing clinical was recognised in its name and columns"
}

// name gives every table that may be read a name of its own.
func (d *Draft) name() {
	taken := map[string]int{}
	kinds := map[Kind]int{}
	for _, t := range d.Tables {
		kinds[t.Kind]++
	}
	first := slices.Clone(d.Tables)
	slices.SortStableFunc(first, func(a, b *Table) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, t := range first {
		base := Identifier(t.Table.Table)
		if taken[base]++; taken[base] > 1 {
			base = fmt.Sprintf("%s_%d", base, taken[base])
		}
		t.name = base
		switch {
		case t.Kind == Left:
		case kinds[t.Kind] == 1:
			t.Map = string(t.Kind)
		default:
			t.Map = t.name
		}
	}
}

// rank puts tables that are mapped before others, and those before empty ones.
func (t *Table) rank() int {
	switch {
	case t.Kind != Left:
		return 0
	case t.Rows > 0:
		return 1
	}
	return 2
}

// Identifier makes a name for sources and maps of any text.
func Identifier(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if n := b.Len(); n > 0 && b.String()[n-1] != '_' {
			b.WriteByte('_')
		}
	}
	switch out := strings.Trim(b.String(), "_"); out {
	case "":
		return "table"
	case "null": // would be nothing in YAML
		return "table_null"
	default:
		return out
	}
}

// findKeys chooses the column by which rows of a table are named and referred
// to.
func (d *Draft) findKeys() {
	joined := map[*Table]map[string]int{}
	for _, t := range d.Tables {
		for _, c := range t.columns {
			if to := d.target(c); to != nil && to != t {
				if joined[to] == nil {
					joined[to] = map[string]int{}
				}
				joined[to][c.join.ToColumn]++
			}
		}
	}
	for _, t := range d.Tables {
		best := 0
		for _, k := range t.Keys {
			if len(k.Columns) != 1 || k.Exceptions > 0 || !k.Proved {
				continue
			}
			c := t.column(k.Columns[0])
			score := 4 * joined[t][c.Name]
			if isID(c) && (len(c.words) == 1 || c == t.columns[0] || c.Personal == "record number") { // a lot's number is no row's
				score += 2
			}
			if c.plain != "mrn" && slices.Contains(spellings(Encounter, subject), c.plain) {
				score++ // what other tables would call it
			}
			if to := d.target(c); to != nil && to != t {
				score -= 3 // it names a row of the other table
			}
			if score > best && c.usable() {
				t.key, best = c.Name, score
			}
		}
	}
}

// isID tells names of keys from other columns without repetitions.
func isID(c *column) bool {
	last := c.plain
	if n := len(c.words); n > 0 {
		last = c.words[n-1]
	}
	return c.Personal == "record number" || slices.Contains([]string{"id", "uuid", "guid", "no", "nr", "key", "number", "mrn", "code", "pk", "a"}, last) || strings.HasSuffix(last, "id")
}
