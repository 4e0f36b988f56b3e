package transform

import (
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// line is the cells of one row, after trim and nulls.
type line []clean.Value

// cursor is the rows of an alias; the first one is the row at hand.
type cursor struct{ rows []line }

func (c *cursor) cell(index int) clean.Value {
	if len(c.rows) == 0 || index < 0 || index >= len(c.rows[0]) {
		return clean.Value{}
	}
	return c.rows[0][index]
}

// split returns each row by itself, or the rows grouped by equal values in the
// columns of by, in the order in which each group is first met.
func (c *cursor) split(by []int) [][]line {
	out := make([][]line, 0, len(c.rows))
	if len(by) == 0 {
		for i := range c.rows {
			out = append(out, c.rows[i:i+1])
		}
		return out
	}
	place := map[string]int{}
	for _, row := range c.rows {
		key := lineKey(row, by)
		at, ok := place[key]
		if !ok {
			at = len(out)
			place[key] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], row)
	}
	return out
}

func lineKey(row line, columns []int) string {
	var b strings.Builder
	for _, i := range columns {
		if i >= 0 && row[i].Set {
			b.WriteString(row[i].Text)
			b.WriteByte(1)
		}
		b.WriteByte(0)
	}
	return b.String()
}

// LookupTable holds the rows of one lookup, found by their key. It keeps the columns that the mapping uses, in memory.
type LookupTable struct {
	rows  []line
	index map[string][]int32
}

// Filler adds rows to a lookup's table.
type Filler struct {
	binding *Binding
	table   *LookupTable
	worker  *Worker
	columns []int
	on      []int
}

// Filler returns what fills the table of l with rows of this binding's table.
func (b *Binding) Filler(l *mappings.Lookup, report issue.Reporter) *Filler {
	f := &Filler{binding: b, table: b.engine.lookups[l], worker: b.Worker(Hooks{Report: report})}
	for _, u := range b.source.Uses {
		f.columns = append(f.columns, b.column(u.Name))
	}
	for _, on := range l.On {
		f.on = append(f.on, b.source.UseIndex(on.Column))
	}
	if f.table.index == nil {
		f.table.index = map[string][]int32{}
	}
	return f
}

// Add puts a row into the table, unless the source's where leaves it out or its key is empty.
func (f *Filler) Add(rec *extract.Record) {
	f.worker.begin(rec)
	if rec.Fault != nil || !f.binding.where.holds(f.worker) {
		return
	}
	row := make(line, len(f.columns))
	for i, c := range f.columns {
		if c >= 0 {
			row[i] = f.binding.cells.read(rec.Values[c])
			row[i].Text = strings.Clone(row[i].Text) // the batch's memory must not be kept for one cell
		}
	}
	for _, i := range f.on {
		if !row[i].Set {
			return
		}
	}
	key := lineKey(row, f.on)
	f.table.index[key] = append(f.table.index[key], int32(len(f.table.rows)))
	f.table.rows = append(f.table.rows, row)
}

// find points the cursors of the map's lookups at the rows that match.
func (w *Worker) find(m *boundMap) {
	for i := range m.lookups {
		l := &m.lookups[i]
		w.cursors[l.slot] = cursor{}
		row := make(line, len(l.keys))
		columns := make([]int, len(l.keys))
		complete := true
		for j, k := range l.keys {
			row[j], columns[j] = k.eval(w), j
			complete = complete && row[j].Set
		}
		if !complete {
			continue // empty keys never match
		}
		hits := l.table.index[lineKey(row, columns)]
		if len(hits) > 1 && !l.many {
			w.warn(issue.Issue{
				Code: "lookup-many", Type: "multiple-matches", Rule: m.def.Name + ".lookup." + l.def.Alias,
				Message: "several rows of " + l.def.In.Name + " match, and which one is meant is not known: the lookup gives nothing here; write many: true and each, or narrow the condition",
			})
			continue
		}
		for _, h := range hits {
			w.cursors[l.slot].rows = append(w.cursors[l.slot].rows, l.table.rows[h])
		}
	}
}
