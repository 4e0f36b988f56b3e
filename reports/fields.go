package reports

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Field is a column of a table in one rule of the mapping. Table is the
// mapping's name for a table or view; Rule and Element are empty for a column
// that no rule names.
type Field struct{ Table, Column, Rule, Element string }

// ByView begins the Rule of a column that is read by the SQL of the views named
// behind it, and by no rule. What became of its values is counted at the views'
// columns.
const ByView = "view:"

// FieldCounts says what became of the cells of a field: of Rows that the rule
// looked at, how many had a value, how many gave one to the element, and how
// many had one that did not come through.
type FieldCounts struct{ Rows, Filled, Made, Lost int64 }

// FieldUse adds what one worker counted of a field.
func (r *Recorder) FieldUse(f Field, c FieldCounts) {
	r.add(func(b *batch) {
		n, known := b.fields[f]
		if !known {
			b.things++
		}
		b.fields[f] = FieldCounts{n.Rows + c.Rows, n.Filled + c.Filled, n.Made + c.Made, n.Lost + c.Lost}
	})
}

// writeFields adds to what earlier transactions wrote: a worker hands in its
// counts at the end of each pass over a table.
func (r *Recorder) writeFields(tx *sql.Tx, fields map[Field]FieldCounts) error {
	var rows [][]any
	for f, c := range fields {
		rows = append(rows, []any{r.id, f.Table, f.Column, f.Rule, f.Element, c.Rows, c.Filled, c.Made, c.Lost})
	}
	return insert(tx, "INSERT INTO field_profile VALUES", rows, ` ON CONFLICT DO UPDATE SET
		n_rows = n_rows + excluded.n_rows, n_filled = n_filled + excluded.n_filled,
		n_target_filled = n_target_filled + excluded.n_target_filled, n_lost = n_lost + excluded.n_lost`)
}

// FieldFacts is a line of the report on completeness.
type FieldFacts struct {
	Table    string `json:"table"`
	Column   string `json:"column"`
	Rule     string `json:"rule,omitempty"`
	Element  string `json:"element,omitempty"`
	Critical bool   `json:"critical"` // a wrong or missing value may harm the patient at once
	Rows     int64  `json:"rows"`
	Filled   int64  `json:"filled"`
	Made     int64  `json:"made"`
	Lost     int64  `json:"lost"`
}

// CompletenessFacts is what became of filled cells. Fields are those that
// matter most for a patient's safety, then those with losses, then the others;
// Unnamed are columns with values that no rule names.
type CompletenessFacts struct {
	Fields  []FieldFacts `json:"fields"`
	Unnamed []FieldFacts `json:"unnamed"`
	Viewed  []FieldFacts `json:"viewed"` // columns with values that only the SQL of views reads
	Lost    int64        `json:"lost"`   // values that a rule looked at and that did not come through
	Lossy   int64        `json:"lossy"`
}

// critical lists the elements whose loss may harm a patient at once: whose
// chart it is, what the patient must not get, what the patient takes, and what
// is measured. Migration checklists demand full fidelity of these domains; the
// list of elements is ours.
func critical() []string {
	return []string{
		"Patient.identifier", "Patient.name", "Patient.birthDate", "Patient.gender", "Patient.deceased",
		"AllergyIntolerance.", "MedicationRequest.", "MedicationStatement.", "MedicationAdministration.", "Medication.code",
		"Condition.code", "Condition.clinicalStatus", "Condition.verificationStatus", "Immunization.vaccineCode", "Immunization.status", "Immunization.occurrence",
		"Observation.code", "Observation.value", "Observation.status", "DiagnosticReport.conclusion", "Flag.",
	}
}

// isCritical reports whether the element is, or lies in, one of critical.
func isCritical(element string) bool {
	for _, c := range critical() {
		if rest, ok := strings.CutPrefix(element, c); ok && (strings.HasSuffix(c, ".") || rest == "" || rest[0] == '.' || rest[0] >= 'A' && rest[0] <= 'Z') {
			return true // value[x] is written valueQuantity
		}
	}
	return false
}

// sumFields reads the profile of the fields that had any value.
func (db *DB) sumFields(ctx context.Context, s *Summary) error {
	c := &s.Completeness
	c.Fields, c.Unnamed, c.Viewed = []FieldFacts{}, []FieldFacts{}, []FieldFacts{}
	var first, lossy, rest []FieldFacts
	err := db.each(ctx, `SELECT table_name, column_name, rule, element, n_rows, n_filled, n_target_filled, n_lost FROM field_profile
		WHERE run_id = ? AND n_filled + n_target_filled > 0 ORDER BY n_lost DESC, element, table_name, column_name, rule`, []any{s.Run.ID}, func(scan scanner) error {
		var f FieldFacts
		err := scan(&f.Table, &f.Column, &f.Rule, &f.Element, &f.Rows, &f.Filled, &f.Made, &f.Lost)
		f.Critical = isCritical(f.Element)
		if f.Rule == "" {
			c.Unnamed = append(c.Unnamed, f)
			return err
		}
		if strings.HasPrefix(f.Rule, ByView) {
			c.Viewed = append(c.Viewed, f)
			return err
		}
		if f.Lost > 0 {
			c.Lossy++
			c.Lost += f.Lost
		}
		switch {
		case f.Critical:
			first = append(first, f)
		case f.Lost > 0:
			lossy = append(lossy, f)
		default:
			rest = append(rest, f)
		}
		return err
	})
	c.Fields = append(append(append(c.Fields, first...), lossy...), rest...)
	return err
}

// domainFacts sums up the safety-critical elements of one type of resource.
type domainFacts struct {
	Type                         string
	Elements, Filled, Made, Lost int64
}

// domains sums the safety-critical elements up by type, those with losses
// first.
func (c CompletenessFacts) domains() []domainFacts {
	var out []domainFacts
	for _, f := range c.Fields {
		if !f.Critical {
			continue
		}
		typ, _, _ := strings.Cut(f.Element, ".")
		at := slices.IndexFunc(out, func(d domainFacts) bool { return d.Type == typ })
		if at < 0 {
			at, out = len(out), append(out, domainFacts{Type: typ})
		}
		d := &out[at]
		d.Elements, d.Filled, d.Made, d.Lost = d.Elements+1, d.Filled+f.Filled, d.Made+f.Made, d.Lost+f.Lost
	}
	slices.SortStableFunc(out, func(a, b domainFacts) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.Type, b.Type))
	})
	return out
}

// pageFieldsOf picks fields for the page: "harm" the safety-critical ones with
// losses, "critical" those without, "lossy" others with losses, "rest" what
// came through.
func pageFieldsOf(c CompletenessFacts) func(kind string) []FieldFacts {
	return func(kind string) []FieldFacts {
		var out []FieldFacts
		for _, f := range c.Fields {
			is := "rest"
			switch {
			case f.Critical && f.Lost > 0:
				is = "harm"
			case f.Critical:
				is = "critical"
			case f.Lost > 0:
				is = "lossy"
			}
			if is == kind && len(out) < pageFields {
				out = append(out, f)
			}
		}
		return out
	}
}

// FilledWidth and MadeWidth are the shares of rows with a value in the source
// and in the target, in percent, for a bar. A share is never rounded to nothing
// or to all.
func (f FieldFacts) FilledWidth() float64 { return barShare(f.Filled, f.Rows) }

// MadeWidth is the share of rows whose element got a value.
func (f FieldFacts) MadeWidth() float64 { return barShare(f.Made, f.Rows) }

func barShare(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	share := float64(n) * 100 / float64(of)
	if n > 0 && share < 1 {
		share = 1
	}
	if n < of && share > 99 {
		share = 99
	}
	return round2(share)
}
