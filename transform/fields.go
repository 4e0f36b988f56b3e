package transform

import (
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// FieldUse says what became of the cells of one column in one rule: of Rows
// that the rule looked at, how many had a value (Filled), how many got one in
// the element (Made), and how many had one and got none (Lost). Rule is nil for
// a column that the mapping does not name: its values are Lost all together,
// unless Viewed: then SQL of a view reads the column, and what became of its
// values is counted at the columns of the view. Column is alias.column where a
// lookup gave it; Element is its path without indexes.
type FieldUse struct {
	Rule                     *mappings.Rule
	Column, Element          string
	Rows, Filled, Made, Lost int64
	Viewed                   bool
}

// The four counts of a field, by what the source had and what the element got.
// One count a row costs less than three.
const (
	fieldMade   = 1
	fieldFilled = 2
	fieldSlots  = 4
)

// boundField is a field and the first of its places in the counts of every
// worker.
type boundField struct {
	rule            *mappings.Rule
	column, element string
	slot            int
}

// field gives the field of a pipe its places. filled reads the source's cell
// where that is not what the pipe starts with (a reference starts with its
// key); ok is false for pipes that start with no cell of a table.
func (b *binder) field(r *mappings.Rule) (slot int, filled getter, ok bool, err error) {
	start := r.Pipe.Start
	if start == nil && r.Pipe.Ref != nil && len(r.Pipe.Ref.Keys) > 0 {
		if start = r.Pipe.Ref.Keys[0].Start; start != nil {
			filled, err = b.operand(start)
		}
	}
	if err != nil || start == nil || start.Meta != "" || r.Shadow {
		return 0, nil, false, err
	}
	column := start.Column
	if start.Alias != "" && start.Alias != mappings.RowsAlias {
		column = start.Alias + "." + column
	}
	slot = len(b.binding.rules)
	b.binding.rules = append(b.binding.rules, make([]RuleUse, fieldSlots)...) // nil: no count of a rule's values
	b.binding.fields = append(b.binding.fields, boundField{r, column, elementOf(b.m, r), slot})
	return slot, filled, true, nil
}

// elementOf returns the path of a rule's element without indexes:
// Patient.name.family.
func elementOf(m *mappings.Map, r *mappings.Rule) string {
	var out strings.Builder
	out.WriteString(m.Resource)
	depth := 0
	for _, c := range strings.TrimPrefix(r.Address, m.Name) {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0:
			out.WriteRune(c)
		}
	}
	return out.String()
}

// unnamedColumn is a column that no rule names; viewed: SQL of a view reads it.
type unnamedColumn struct {
	index  int
	viewed bool
}

// unnamed returns the columns of a table that no rule of the mapping names,
// where its maps or views take the table's rows. Of a table that views read
// nothing is said as long as nobody knows which columns these are.
func (e *Engine) unnamed(s *mappings.Source, schema *extract.Schema) []unnamedColumn {
	viewed, known := e.viewed[s]
	if s.View != nil || len(s.ReadBy) > 0 && !known || len(s.ReadBy) == 0 && !s.Mapped {
		return nil
	}
	var out []unnamedColumn
	for i, name := range schema.Columns {
		if name = s.SourceName(name); s.UseIndex(name) < 0 {
			out = append(out, unnamedColumn{i, slices.ContainsFunc(viewed, func(v string) bool { return strings.EqualFold(v, name) })})
		}
	}
	return out
}

// Viewed tells the engine which columns of a table SQL of views reads, as the
// mapping calls them. It is called before tables are bound.
func (e *Engine) Viewed(columns map[*mappings.Source][]string) { e.viewed = columns }

// countField notes what the source had and what became of it.
func (w *Worker) countField(slot int, source clean.Value, filled getter, made bool) {
	if filled != nil {
		source = filled(w)
	}
	if source.Set && source.Text != "" {
		slot += fieldFilled
	}
	if made {
		slot += fieldMade
	}
	w.count(slot)
}

// seeUnnamed counts the cells that no rule will look at.
func (w *Worker) seeUnnamed() {
	w.rows++
	for k, c := range w.b.unnamed {
		if c.index < len(w.rec.Values) && w.b.cells.read(w.rec.Values[c.index]).Set {
			w.left[k]++
		}
	}
}

// Fields returns what the worker counted so far of every column and rule, zeros
// included, the columns without a rule last. It is asked after Usage.
func (w *Worker) Fields() []FieldUse {
	var out []FieldUse
	for _, f := range w.b.fields {
		n := w.made[f.slot : f.slot+fieldSlots]
		out = append(out, FieldUse{
			Rule: f.rule, Column: f.column, Element: f.element,
			Rows: n[0] + n[fieldMade] + n[fieldFilled] + n[fieldFilled|fieldMade], Filled: n[fieldFilled] + n[fieldFilled|fieldMade],
			Made: n[fieldMade] + n[fieldFilled|fieldMade], Lost: n[fieldFilled],
		})
	}
	for k, c := range w.b.unnamed {
		use := FieldUse{Column: w.b.schema.Columns[c.index], Rows: w.rows, Filled: w.left[k], Viewed: c.viewed}
		if !c.viewed {
			use.Lost = use.Filled
		}
		out = append(out, use)
	}
	return slices.Clip(out)
}
