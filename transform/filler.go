package transform

import (
	"errors"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// Filler adds rows of one source to the tables of the lookups in it.
type Filler struct {
	binding *Binding
	worker  *Worker
	columns []int
	tables  []*lookupTable
	rows    *pages // of all of them
	room    int    // bytes of rows that wait in memory
	spilled bool
	cells   []clean.Value // scratch
	key     []byte        // likewise
	packed  []byte        // likewise
}

// Filler returns what fills the tables of the lookups of some maps with rows of
// this binding's table; nil where none of them looks there.
func (b *Binding) Filler(of func(*mappings.Map) bool, report issue.Reporter) *Filler {
	f := &Filler{binding: b, room: b.engine.lookupRoom()}
	for _, m := range b.engine.prog.Maps {
		for _, l := range m.Lookups {
			if t := b.engine.lookups[l]; l.In == b.source && of(m) && !slices.Contains(f.tables, t) {
				f.tables, f.rows = append(f.tables, t), t.lines
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

// Add puts a row into the tables, unless the source's where leaves it out, and
// not where its key is not complete. An error says that it cannot be put aside.
func (f *Filler) Add(rec *extract.Record) error {
	f.worker.begin(rec)
	if rec.Fault != nil || !f.binding.where.holds(f.worker) {
		return nil
	}
	for i, c := range f.columns {
		f.cells[i] = clean.Value{}
		if c >= 0 {
			f.cells[i] = f.binding.cells.read(rec.Values[c])
		}
	}
	kept := false
	var at address
	for _, t := range f.tables {
		if slices.ContainsFunc(t.on, func(i int) bool { return !f.cells[i].Set }) {
			continue
		}
		if !kept {
			kept, f.packed = true, appendLine(f.packed[:0], f.cells)
			at = f.rows.add(f.packed)
		}
		f.key = f.key[:0]
		for _, i := range t.on {
			f.key = appendKey(f.key, f.cells[i])
		}
		t.add(f.key, at)
	}
	if f.room == 0 || f.bytes() < f.room {
		return nil
	}
	return f.spill()
}

// bytes returns about how much memory the rows take, with what leads to them.
func (f *Filler) bytes() int {
	n := f.rows.bytes
	for _, t := range f.tables {
		n += t.bytes()
	}
	return n
}

// spill puts all rows aside that are in memory.
func (f *Filler) spill() error {
	f.spilled = true
	for _, t := range f.tables {
		if err := t.putAside(); err != nil {
			return err
		}
	}
	f.rows.empty()
	return nil
}

// Close makes the tables ready to be looked up, which must not be before. What
// does not fit beside the tables that were filled earlier goes to the disk.
func (f *Filler) Close() error {
	e := f.binding.engine
	if bytes := f.bytes(); !f.spilled && (f.room == 0 || e.resident+bytes <= e.lookupMemory) {
		e.resident += bytes
		return nil
	}
	for _, t := range f.tables {
		if err := t.shelve(); err != nil {
			return err
		}
	}
	*f.rows = pages{}
	return nil
}

// KeepLookups says how much of the tables that are looked up may stay in
// memory. Who says so closes each Filler, and the engine in the end; else all
// of it does. It is said before a Filler is made.
func (e *Engine) KeepLookups(o SpillOptions) {
	e.lookupMemory = o.Memory
	if o.Memory == 0 {
		e.lookupMemory = lookupMemory
	}
	for _, t := range e.lookups {
		t.aside.dir = o.Dir
	}
}

// lookupMemory is enough for the tables that are looked up of all but the
// largest sources.
const lookupMemory = 128 << 20

// lookupRoom returns how many bytes of rows may wait while a table is being
// filled: what earlier ones left, and no less than can be sorted in good time;
// 0: all.
func (e *Engine) lookupRoom() int {
	return max((e.lookupMemory+3)/4, e.lookupMemory-e.resident)
}

// Close removes what was put aside. Nothing can be looked up afterwards.
func (e *Engine) Close() error {
	var all error
	for _, t := range e.lookups {
		all = errors.Join(all, t.close())
	}
	return all
}
