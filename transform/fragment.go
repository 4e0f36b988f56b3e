package transform

import (
	"hash/maphash"
	"slices"
	"strings"

	"chartlift/mappings"
	"chartlift/transform/clean"
)

// A fragment is an object made of few columns and constants, such as a code with
// its display. Columns like these hold the same few values again and again, so a worker
// remembers how they were written.

// The bounds of what a worker remembers of one fragment. After the trial it goes on only if half of the rows were known.
const (
	fragmentSlots   = 256 // a power of two
	fragmentColumns = 4
	fragmentTrial   = 2 * fragmentSlots
)

// fragments is what a worker remembers of one fragment: by the hash of the columns' values, the last one wins.
type fragments struct {
	slots         []fragment
	looked, known int
}

type fragment struct {
	keys   []clean.Value
	text   []byte
	values []span // in text
	out    written
	made   []int // rules that made a value when it was written
	hits   int64 // how often it stood for them since
}

// columnsOf appends the columns that r is made of; false where it depends on anything else.
func (b *binder) columnsOf(r *mappings.Rule, columns []int) ([]int, bool) {
	ok := true
	if r.Name == "reference" {
		return nil, false // where it leads may be changed, and is counted
	}
	switch r.Kind {
	case mappings.Const:
	case mappings.Text:
		for _, p := range r.Parts {
			columns, ok = b.columnOf(p.Operand, columns, ok)
		}
	case mappings.PipeOf:
		if r.Pipe.Start == nil {
			return nil, false
		}
		columns, ok = b.columnOf(r.Pipe.Start, columns, ok)
		for _, s := range r.Pipe.Stages {
			ok = ok && s.Kind == mappings.CleanStage
			for _, a := range s.Args {
				columns, ok = b.columnOf(a.Operand, columns, ok)
			}
		}
	case mappings.Object, mappings.ListOf:
		for _, m := range r.Rules {
			ok = ok && m.Unconditional()
			if ok {
				columns, ok = b.columnsOf(m, columns)
			}
		}
	default:
		return nil, false
	}
	return columns, ok
}

func (b *binder) columnOf(o *mappings.Operand, columns []int, ok bool) ([]int, bool) {
	if o == nil || !ok {
		return columns, ok
	}
	if o.Alias != "" || o.Meta != "" {
		return nil, false
	}
	if at := b.binding.column(o.Column); !slices.Contains(columns, at) {
		columns = append(columns, at)
	}
	return columns, true
}

// remember puts the worker's memory before write, where r is a fragment.
func (b *binder) remember(r *mappings.Rule, write writer) writer {
	columns, ok := b.columnsOf(r, nil)
	if !ok || len(columns) == 0 || len(columns) > fragmentColumns {
		return write
	}
	place := b.binding.fragments
	b.binding.fragments++
	return func(w *Worker) written {
		f := &w.fragments[place]
		if w.hooks.Trace != nil || f.looked > fragmentTrial && f.known < f.looked/2 {
			return write(w)
		}
		slot, known := f.find(w, columns)
		if !known {
			return slot.fill(w, columns, write)
		}
		start := len(w.buf)
		slot.hits++
		if w.noting {
			w.noted = append(w.noted, slot.made...)
		}
		w.buf = append(w.buf, slot.text...)
		for _, v := range slot.values {
			w.values = append(w.values, span{start + v.start, start + v.end, v.kind})
		}
		return slot.out
	}
}

// find returns the slot for the values of the row at hand, and whether they are in it.
func (f *fragments) find(w *Worker, columns []int) (*fragment, bool) {
	if f.slots == nil {
		f.slots = make([]fragment, fragmentSlots)
	}
	var h uint64
	for _, at := range columns {
		h = h*31 + maphash.String(w.seed, w.value(at).Text)
	}
	slot := &f.slots[h%fragmentSlots]
	f.looked++
	if len(slot.keys) != len(columns) {
		return slot, false
	}
	for i, at := range columns {
		if slot.keys[i] != w.value(at) {
			return slot, false
		}
	}
	f.known++
	return slot, true
}

// fill writes the fragment and remembers it, unless there was something to report.
func (s *fragment) fill(w *Worker, columns []int, write writer) written {
	start, values, before := len(w.buf), len(w.values), w.troubles
	s.settle(w)
	outer, noted := w.noting, len(w.noted)
	w.noting = true
	out := write(w)
	w.noting = outer
	s.keys, s.made = s.keys[:0], append(s.made[:0], w.noted[noted:]...)
	if !outer {
		w.noted = w.noted[:0]
	}
	if w.troubles != before {
		return out
	}
	for _, at := range columns {
		v := w.value(at)
		v.Text = strings.Clone(v.Text) // the batch's memory must not be kept for one cell
		s.keys = append(s.keys, v)
	}
	s.text, s.values, s.out = append(s.text[:0], w.buf[start:]...), s.values[:0], out
	for _, v := range w.values[values:] {
		s.values = append(s.values, span{v.start - start, v.end - start, v.kind})
	}
	return out
}
