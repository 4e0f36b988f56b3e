package transform

import (
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// lookupTable holds the rows of a source that lookups by the same columns look for. It keeps the columns that the mapping uses, in memory.
type lookupTable struct {
	rows  []line
	next  []int32 // of each row: the next one with its key
	index map[string]chain
}

// chain is the rows of one key.
type chain struct{ first, last int32 }

// lookupTables makes a table for each source and set of columns by which lookups of prog look there. Many maps look up the same.
func lookupTables(prog *mappings.Program) map[*mappings.Lookup]*lookupTable {
	type place struct {
		in *mappings.Source
		on string
	}
	tables, shared := map[*mappings.Lookup]*lookupTable{}, map[place]*lookupTable{}
	for _, m := range prog.Maps {
		for _, l := range m.Lookups {
			var on []string
			for _, o := range l.On {
				on = append(on, o.Column)
			}
			at := place{l.In, strings.Join(on, "\x00")}
			if shared[at] == nil {
				shared[at] = &lookupTable{index: map[string]chain{}}
			}
			tables[l] = shared[at]
		}
	}
	return tables
}

func (t *lookupTable) add(key string, row line) {
	at := int32(len(t.rows))
	t.rows, t.next = append(t.rows, row), append(t.next, -1)
	rows, known := t.index[key]
	if known {
		t.next[rows.last] = at
		rows.last = at
	} else {
		rows = chain{at, at}
	}
	t.index[key] = rows
}

// find returns the rows of a key, in their order.
func (t *lookupTable) find(key string) []line {
	rows, known := t.index[key]
	if !known {
		return nil
	}
	var found []line
	for at := rows.first; at >= 0; at = t.next[at] {
		found = append(found, t.rows[at])
	}
	return found
}

// Filler adds rows of one source to the tables of the lookups in it.
type Filler struct {
	binding *Binding
	worker  *Worker
	columns []int
	tables  []filled
	cells   []clean.Value // scratch
}

// filled is a table with the columns of its key, by their place among those that are used.
type filled struct {
	*lookupTable
	on []int
}

// Filler returns what fills the tables of the lookups of some maps with rows of this binding's table; nil where none of them looks there.
func (b *Binding) Filler(of func(*mappings.Map) bool, report issue.Reporter) *Filler {
	f := &Filler{binding: b}
	for _, m := range b.engine.prog.Maps {
		for _, l := range m.Lookups {
			if l.In == b.source && of(m) {
				f.fill(b.engine.lookups[l], l)
			}
		}
	}
	if f.tables == nil {
		return nil
	}
	f.worker = b.Worker(Hooks{Report: report})
	for _, u := range b.source.Uses {
		f.columns = append(f.columns, b.column(u.Name))
	}
	f.cells = make([]clean.Value, len(f.columns))
	return f
}

func (f *Filler) fill(t *lookupTable, l *mappings.Lookup) {
	if slices.ContainsFunc(f.tables, func(other filled) bool { return other.lookupTable == t }) {
		return
	}
	into := filled{lookupTable: t}
	for _, on := range l.On {
		into.on = append(into.on, f.binding.source.UseIndex(on.Column))
	}
	f.tables = append(f.tables, into)
}

// Add puts a row into the tables, unless the source's where leaves it out, and not where its key is not complete.
func (f *Filler) Add(rec *extract.Record) {
	f.worker.begin(rec)
	if rec.Fault != nil || !f.binding.where.holds(f.worker) {
		return
	}
	for i, c := range f.columns {
		f.cells[i] = clean.Value{}
		if c >= 0 {
			f.cells[i] = f.binding.cells.read(rec.Values[c])
		}
	}
	var row line
	for _, t := range f.tables {
		if slices.ContainsFunc(t.on, func(i int) bool { return !f.cells[i].Set }) {
			continue
		}
		if row == "" {
			row = packLine(f.cells)
		}
		t.add(keyOf(len(t.on), func(i int) clean.Value { return f.cells[t.on[i]] }), row)
	}
}

// find points the cursors of the map's lookups at the rows that match.
func (w *Worker) find(m *boundMap) {
	for i := range m.lookups {
		l := &m.lookups[i]
		w.cursors[l.slot] = cursor{}
		keys := make([]clean.Value, len(l.keys))
		complete := true
		for j, k := range l.keys {
			keys[j] = k.eval(w)
			complete = complete && keys[j].Set
		}
		if !complete {
			continue // empty keys never match
		}
		rows := l.table.find(keyOf(len(keys), func(i int) clean.Value { return keys[i] }))
		if len(rows) > 1 && !l.many {
			w.warn(issue.Issue{
				Code: "lookup-many", Type: "multiple-matches", Rule: m.def.Name + ".lookup." + l.def.Alias,
				Message: "several rows of " + l.def.In.Name + " match, and which one is meant is not known: the lookup gives nothing here; write many: true and each, or narrow the condition",
			})
			continue
		}
		w.cursors[l.slot].rows = rows
	}
}
