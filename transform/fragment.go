package transform

import (
	"strings"

	"chartlift/mappings"
	"chartlift/transform/clean"
)

// Tables say the same again and again: a code with its display stands in many
// rows, patient, visit and date in rows that are neighbours. What was made of
// columns and constants alone is therefore remembered as it was written, in two
// ways: an object of few columns by their values (remember), a member of the
// resource until one of its columns changes (repeat).

// The bounds of what a worker remembers of one object. After the trial it goes
// on only if half of the rows were known.
const (
	fragmentSlots   = 256 // a power of two
	fragmentColumns = 4
	fragmentTrial   = 2 * fragmentSlots
)

// fragment is JSON that was written, with all that writing it came to.
type fragment struct {
	text   []byte
	values []span // in text: those that invariants look at
	hash   uint64 // of text as it counts in a shape
	out    written
	made   []int // what was counted when it was written: slots of Worker.made, and of Worker.uses as their complements
	hits   int64 // how often it stood for them since
}

// again writes the fragment once more.
func (f *fragment) again(w *Worker) written {
	f.hits++
	if w.noting {
		w.noted = append(w.noted, f.made...)
	}
	start := len(w.buf)
	w.buf = append(w.buf, f.text...)
	f.placed(w, start)
	return f.out
}

// placed notes that the buffer ends with the fragment, which begins at start.
func (f *fragment) placed(w *Worker, start int) {
	if f.out == nothing {
		return
	}
	at := int32(start)
	w.values = append(w.values, span{start: at, end: int32(len(w.buf)), kind: stretch, hash: f.hash})
	for _, v := range f.values {
		v.start, v.end = at+v.start, at+v.end
		w.values = append(w.values, v)
	}
}

// fill writes what write writes and remembers it; ok is false where it must not
// stand for another row, because something was reported.
func (f *fragment) fill(w *Worker, write writer) (out written, ok bool) {
	f.settle(w)
	start, values, before := len(w.buf), len(w.values), w.effects
	outer, noted := w.noting, len(w.noted)
	w.noting = true
	out = write(w)
	w.noting = outer
	f.made = append(f.made[:0], w.noted[noted:]...)
	if !outer {
		w.noted = w.noted[:0]
	}
	if w.effects != before {
		return out, false
	}
	f.text, f.out, f.hash = append(f.text[:0], w.buf[start:]...), out, w.hashFrom(start, w.values[values:])
	f.values = f.values[:0]
	for _, v := range w.values[values:] {
		if v.kind.told() {
			v.start, v.end = v.start-int32(start), v.end-int32(start)
			f.values = append(f.values, v)
		}
	}
	w.values = w.values[:values]
	f.placed(w, start) // so that the shape is the same as when it is written again
	return out, true
}

// settle adds what the fragment stood for to the counts of its rules and
// crosswalks.
func (f *fragment) settle(w *Worker) {
	if f.hits == 0 {
		return
	}
	for _, slot := range f.made {
		if slot < 0 {
			w.uses[^slot] += f.hits
		} else {
			w.made[slot] += f.hits
		}
	}
	f.hits = 0
}

// fragments is what a worker remembers of one object: by the hash of the
// columns' values, the last one wins.
type fragments struct {
	slots         []keyedFragment
	looked, known int
}

type keyedFragment struct {
	fragment
	keys []clean.Value // none: it is empty
}

// remember puts the worker's memory before write, where the object r is made of
// few columns.
func (b *binder) remember(r *mappings.Rule, write writer) writer {
	on := footing{b: b}
	on.rules(r.Rules)
	columns := on.columns
	if on.unsure || on.refers || len(columns) == 0 || len(columns) > fragmentColumns {
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
		if known {
			return slot.again(w)
		}
		slot.keys = slot.keys[:0]
		out, ok := slot.fill(w, write)
		for _, at := range columns {
			if !ok {
				break
			}
			v := w.value(at)
			v.Text = strings.Clone(v.Text) // the batch's memory must not be kept for one cell
			slot.keys = append(slot.keys, v)
		}
		return out
	}
}

// find returns the slot for the values of the row at hand, and whether they are
// in it.
func (f *fragments) find(w *Worker, columns []int) (*keyedFragment, bool) {
	if f.slots == nil {
		f.slots = make([]keyedFragment, fragmentSlots)
	}
	slot := &f.slots[w.sketchOf(columns)%fragmentSlots]
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

// repeatTrial is the number of rows after which a worker looks no longer
// whether a member's columns changed, unless two thirds of the rows were like
// the one before: to take down what is not asked for again costs as much as to
// write it.
const repeatTrial = 512

// repeated is the member of the last resource in which its columns changed.
type repeated struct {
	fragment
	row           int64 // in which it was made; 0: none is remembered
	looked, known int
}

// repeat puts before write, which writes the member r of the resource itself
// with name and comma, what the worker remembers of the last row.
func (b *binder) repeat(r *mappings.Rule, write writer) writer {
	on := footing{b: b}
	if on.rule(r); on.unsure || len(on.columns) == 0 {
		return write
	}
	columns, refers := on.columns, on.refers
	place := b.binding.repeats
	b.binding.repeats++
	return func(w *Worker) written {
		f := &w.repeats[place]
		if w.hooks.Trace != nil || f.looked > repeatTrial && 3*f.known < 2*f.looked {
			return write(w)
		}
		if refers && len(w.failed) > 0 { // it may refer to what the same row failed to make
			return write(w)
		}
		f.looked++
		if f.row > 0 && w.unchanged(columns, f.row) {
			f.known++
			return f.again(w)
		}
		out, ok := f.fill(w, write)
		if f.row = 0; ok && w.unchanged(columns, w.row) { // all of them are looked at, also those that the row did not ask for
			f.row = w.row
		}
		return out
	}
}
