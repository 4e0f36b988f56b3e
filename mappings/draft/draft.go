// Package draft proposes a mapping for tables that nobody has mapped yet: what
// each table is, which column is which element, and why. What it is not sure of
// it writes as a comment. It knows profiles, not files: what it wants to read
// again it says in [Draft.Wanted].
//
// Read [Draft] and [Table] first; synonyms.go is the list of names that it
// knows.
//
//	d := draft.New(report, draft.Options{ID: "acme", Sources: []string{"../legacy"}})
//	files := d.Files(rows)
package draft

import (
	"slices"

	"chartlift/extract/profile"
)

// Kind is what the rows of a table are.
type Kind string

// The kinds of tables. Left tables are not mapped.
const (
	Left         Kind = ""
	Patient      Kind = "patient"
	Encounter    Kind = "encounter"
	Condition    Kind = "condition"
	Allergy      Kind = "allergy"
	Medication   Kind = "medication"
	Observation  Kind = "observation"
	Immunization Kind = "immunization"
	Procedure    Kind = "procedure"
	Practitioner Kind = "practitioner"
	Organization Kind = "organization"
	Location     Kind = "location"
	Appointment  Kind = "appointment"
)

// resource returns the FHIR resource type of a kind.
func (k Kind) resource() string {
	switch k {
	case Allergy:
		return "AllergyIntolerance"
	case Medication:
		return "MedicationRequest"
	case Left:
		return ""
	}
	return string(k[0]-'a'+'A') + string(k[1:])
}

// clinical reports whether a row of the kind is about a patient and cannot be
// without one.
func (k Kind) clinical() bool {
	switch k {
	case Encounter, Condition, Allergy, Medication, Observation, Immunization, Procedure, Appointment:
		return true
	}
	return false
}

// order lists the kinds so that a table comes behind those that it refers to.
func order() []Kind {
	return []Kind{Organization, Location, Practitioner, Patient, Encounter, Condition, Allergy, Medication, Observation, Immunization, Procedure, Appointment}
}

// Options say what a report does not know.
type Options struct {
	ID       string   // of the project: id of the mapping, and its site
	Sources  []string // what to read, as migration.yaml is to name it
	Timezone string   // IANA zone of times that carry none; "": not known, such times lose their time of day
	Shipped  string   // name of the shipped mapping to be used; "": draft one
}

// Draft is a proposal for a whole project.
type Draft struct {
	Tables   []*Table // in the order of the report
	options  Options
	walks    []*walk
	zoneless int      // times that lost their time of day, because their zone is not known
	undated  []string // columns of dates that are not proposed, with the reason
}

// Table is what was decided about one table.
type Table struct {
	*profile.Table
	Kind    Kind
	Reason  string  // why it is of this kind, or why it is left behind
	Sure    float64 // how sure that is, from 0 to 1
	Map     string  // name of its map, "" where it has none
	Live    int     // elements proposed
	Guesses int     // elements that stand as comments
	name    string  // of its source
	key     string  // column that names a row, "" where none does
	being   *Table  // the table of persons of whom these are the patients
	looked  bool    // its rows are looked up by other tables
	columns []*column
	looks   []*look
	guards  []guard
	tree    []*node
}

// File is a file of the project, named relative to its folder.
type File struct {
	Name    string
	Content []byte
}

// New decides about every table of a report.
func New(r *profile.Report, o Options) *Draft {
	d := &Draft{options: o}
	for _, t := range r.Tables {
		d.Tables = append(d.Tables, newTable(t))
	}
	d.findKeys()
	d.classify()
	d.name()
	for _, k := range order() {
		for _, t := range d.Tables {
			if t.Kind == k {
				d.propose(t)
			}
		}
	}
	d.withoutMap()
	return d
}

// Mapped returns the tables that become resources.
func (d *Draft) Mapped() []*Table {
	var list []*Table
	for _, t := range d.Tables {
		if t.Map != "" {
			list = append(list, t)
		}
	}
	return list
}

// propose makes the elements of a table. A table without its required ones is
// left behind after all.
func (d *Draft) propose(t *Table) {
	b := &builder{d: d, t: t}
	t.guards = t.doubts()
	t.tree = b.elements()
	if b.missing != "" {
		t.leave(b.missing)
		return
	}
	for _, n := range t.tree {
		live, guesses := n.count()
		t.Live += live
		t.Guesses += guesses
	}
	if t.Live == 0 {
		t.leave("nothing in its columns is sure enough to be mapped")
	}
}

// leave takes a table's map back.
func (t *Table) leave(why string) {
	t.Kind, t.Map, t.Reason, t.tree, t.looks, t.guards, t.Live, t.Guesses = Left, "", why, nil, nil, nil, 0, 0
}

// withoutMap drops what only tables that were left behind needed.
func (d *Draft) withoutMap() {
	kept := d.walks[:0]
	for _, w := range d.walks {
		if slices.ContainsFunc(w.used, func(t *Table) bool { return t.Map != "" }) {
			kept = append(kept, w)
		}
	}
	d.walks = kept
	for _, t := range d.Mapped() {
		for _, l := range t.looks {
			l.in.looked = true
		}
	}
	for _, w := range d.walks {
		if w.dict == nil {
			continue
		}
		for _, c := range append(slices.Clone(w.columns), w.dict.in.column(w.dict.on), w.dict.in.describe()) {
			c.inList = true
		}
	}
}
