// Package golden makes one Patient of several records of one person: the golden
// record, whose elements are taken by rules of survivorship, the links between
// it and the records that it replaces, and the Provenance that tells who
// decided so.
//
// It also reads what Patients are compared by (see [Columns]). It does no I/O,
// and its results depend on nothing but what it is given.
//
// Read [Record] and [Merge] first.
//
//	merged := golden.Merge(records, golden.Options{})   // records[0] survives
//	merged.JSON, merged.Conflicts
package golden

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"chartlift/fhir"
)

// Record is one record of a person: its Patient, and what is known of the row
// that it was made of.
type Record struct {
	ID      string
	JSON    []byte // canonical
	Rank    int    // of its source, the best 0
	Updated string // FHIR dateTime at which the row was last changed, "" where it is not known
}

// Options say how elements are taken.
type Options struct {
	Rules      func(element string) []string // the rules of an element, the first that decides counts; nil: [Rules] for all
	Government func(system string) bool      // whether ids of the system are a person's for life; nil: [Government]
	Narrate    bool                          // a text that was generated of the survivor alone is generated again
	Linked     bool                          // the records that are replaced stay, and the golden record points to them
}

// The rules of survivorship.
const (
	SourcePriority = "source_priority"
	MostRecent     = "most_recent"
	MostFrequent   = "most_frequent"
	MostComplete   = "most_complete"
)

// Rules returns the rules that hold if nothing is said, in the order in which
// they are asked.
func Rules() []string { return []string{SourcePriority, MostRecent, MostFrequent, MostComplete} }

// Merged is a golden record.
type Merged struct {
	JSON      []byte
	Conflicts []Conflict
}

// Conflict is an element in which records of one person contradict each other.
// The golden record takes one of the values by the rules; a person has to look.
type Conflict struct {
	Element string // birthDate, gender or deceased
	Taken   string // patient data
	Other   string // patient data
	From    string // id of the record with the other value
}

// Merge makes the golden record of records of one person, the first of which
// survives: it keeps its id, and what the rules leave open. An error means that
// a record is no JSON of a Patient.
func Merge(records []Record, o Options) (Merged, error) {
	if o.Rules == nil {
		o.Rules = func(string) []string { return Rules() }
	}
	if o.Government == nil {
		o.Government = Government
	}
	m := merger{options: o}
	for _, r := range records {
		e, err := parse(r)
		if err != nil {
			return Merged{}, err
		}
		m.records = append(m.records, e)
	}
	out, err := fhir.Canonical(m.write())
	if err != nil {
		return Merged{}, fmt.Errorf("write golden record %s: %w", records[0].ID, err)
	}
	if o.Narrate {
		out = fhir.Narrate(out)
	}
	return Merged{JSON: out, Conflicts: m.conflicts}, nil
}

var errNoPatient = errors.New("this is no Patient")

// elements is a record with its top-level elements.
type elements struct {
	Record
	tree  *fhir.Tree
	names []string
	at    map[string]int
	size  int // values that it has, a measure of how complete it is
}

func parse(r Record) (*elements, error) {
	e := &elements{Record: r, tree: &fhir.Tree{}, at: map[string]int{}}
	if err := e.tree.Parse(r.JSON); err != nil {
		return nil, fmt.Errorf("read Patient/%s: %w", r.ID, err)
	}
	if e.tree.Kind(0) != fhir.Object || e.tree.FindText(0, "resourceType") != "Patient" {
		return nil, fmt.Errorf("read Patient/%s: %w", r.ID, errNoPatient)
	}
	for c := e.tree.First(0); c != 0; c = e.tree.Next(c) {
		name := e.tree.Key(c)
		e.names = append(e.names, name)
		e.at[name] = c
	}
	e.size = leaves(e.tree, 0)
	return e, nil
}

// Size returns how much a Patient says: the number of its values.
func Size(json []byte) int {
	var t fhir.Tree
	if t.Parse(json) != nil {
		return 0
	}
	return leaves(&t, 0)
}

func leaves(t *fhir.Tree, i int) int {
	if k := t.Kind(i); k != fhir.Object && k != fhir.Array {
		return 1
	}
	n := 0
	for c := t.First(i); c != 0; c = t.Next(c) {
		n += leaves(t, c)
	}
	return n
}

// raw returns an element as JSON, "" where the record lacks it.
func (e *elements) raw(name string) string {
	if at := e.at[name]; at != 0 {
		return e.tree.Raw(at)
	}
	return ""
}

// merger makes one golden record.
type merger struct {
	options   Options
	records   []*elements
	conflicts []Conflict
}

// write returns the golden record's elements, in any order.
func (m *merger) write() []byte {
	first := m.records[0]
	out := []byte(`{"resourceType":"Patient"`)
	add := func(name, raw string) {
		if raw != "" {
			out = append(append(fhir.AppendString(append(out, ','), name), ':'), raw...)
		}
	}
	for _, name := range []string{"id", "meta", "implicitRules", "language", "text", "contained"} {
		if name == "text" && m.options.Narrate && first.tree.FindText(first.at[name], "status") == "generated" {
			continue
		}
		add(name, first.raw(name)) // of the record that survives, not of the person
		add("_"+name, first.raw("_"+name))
	}
	add("active", m.active())
	for _, name := range m.singles() {
		winner := m.winner(choiceOf(name), name)
		if winner == nil {
			continue
		}
		add(name, winner.raw(name))
		add("_"+name, winner.raw("_"+name))
	}
	for _, name := range lists() {
		add(name, m.list(name))
	}
	add("link", m.links())
	m.contradictions()
	return append(out, '}')
}

// active is true where the records that are replaced stay, inactive; else it is
// what the survivor says.
func (m *merger) active() string {
	if m.options.Linked {
		return "true"
	}
	return m.records[0].raw("active")
}

// lists are the elements of which a person has several: those of all records
// are kept.
func lists() []string {
	return []string{
		"extension", "modifierExtension", "identifier", "name", "telecom", "address", "photo", "contact", "communication", "generalPractitioner",
	}
}

// singles lists the other elements that some record has; of a choice
// (deceasedBoolean, deceasedDateTime) the type that wins.
func (m *merger) singles() []string {
	apart := append(lists(), "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "active", "link")
	var names []string
	chosen := map[string]bool{}
	for _, e := range m.records {
		for _, name := range e.names {
			name = strings.TrimPrefix(name, "_")
			if slices.Contains(apart, name) || slices.Contains(names, name) {
				continue
			}
			if choice := choiceOf(name); choice != name {
				if chosen[choice] {
					continue
				}
				chosen[choice] = true
				name = m.branch(choice)
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// choiceOf returns the name under which rules know a branch of a choice.
func choiceOf(name string) string {
	for _, choice := range []string{"deceased", "multipleBirth"} {
		if strings.HasPrefix(name, choice) {
			return choice
		}
	}
	return name
}

// branch returns the branch of a choice that is taken: a date of death says
// more than that somebody is dead.
func (m *merger) branch(choice string) string {
	dated := func(e *elements) bool { return e.at["deceasedDateTime"] != 0 }
	alive := func(e *elements) bool { return e.raw("deceasedBoolean") == "false" }
	if choice == "deceased" && slices.ContainsFunc(m.records, dated) && !slices.ContainsFunc(m.records, alive) {
		return "deceasedDateTime"
	}
	holders := m.holding(func(e *elements) bool { return e.at[branchIn(e, choice)] != 0 })
	if len(holders) == 0 { // only why nobody knows it
		holders = m.holding(func(e *elements) bool { return branchIn(e, choice) != "" })
	}
	return branchIn(m.best(holders, m.options.Rules(choice), func(e *elements) string { n := branchIn(e, choice); return n + e.raw(n) }), choice)
}

// branchIn returns the branch of a choice that the record has, or has the
// extension of (_deceasedBoolean); "" where it has neither.
func branchIn(e *elements, choice string) string {
	for _, name := range e.names {
		if name = strings.TrimPrefix(name, "_"); choiceOf(name) == choice {
			return name
		}
	}
	return ""
}
