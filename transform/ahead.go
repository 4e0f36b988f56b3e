package transform

import (
	"chartlift/extract"
	"chartlift/mappings"
)

// Ahead tells the worker of records that Row will be asked for next. What their
// references lead to is then fetched from memory for many records at once.
// Nothing depends on it but time.
func (w *Worker) Ahead(records []extract.Record) {
	for _, r := range w.b.near {
		w.ahead = w.ahead[:0]
		last := ""
		for i := range records {
			if records[i].Fault != nil {
				continue
			}
			if v := records[i].Values[r.column]; v.Text != last { // rows of a patient or an encounter mostly stand together
				last = v.Text
				w.ahead = append(w.ahead, printOf(w.b.cells.read(v).Text))
			}
		}
		r.keys.ids.Ahead(w.ahead)
	}
}

// Ahead tells the engine of resources that it will be asked to Accept next, and
// returns scratch to be used again. Nothing depends on it but time, see
// [Worker.Ahead].
func (e *Engine) Ahead(built []Built, scratch []uint64) []uint64 {
	for len(built) > 0 {
		m, n := built[0].Map, 0
		scratch = scratch[:0]
		for ; n < len(built) && built[n].Map == m; n++ {
			if !byLine(m) {
				scratch = append(scratch, printOf(built[n].Resource.ID))
			}
		}
		if len(scratch) > 0 {
			e.keys[m].ids.Ahead(scratch)
		}
		built = built[n:]
	}
	return scratch
}

// nearRef is a reference whose key is a cell as it stands, and the id of what
// it leads to as well.
type nearRef struct {
	column int
	keys   *KeySet
}

// near notes a reference where Ahead can tell where it leads.
func (b *binder) near(r *mappings.Ref, to *boundRef) {
	if len(r.Keys) != 1 || to.id.keep != 0 || len(to.id.stages) > 0 || to.absent {
		return
	}
	key := r.Keys[0]
	if key.Start == nil || key.Start.Alias != "" || key.Start.Meta != "" || len(key.Stages) > 0 {
		return
	}
	if at := b.binding.column(key.Start.Column); at >= 0 {
		b.binding.near = append(b.binding.near, nearRef{at, to.keys})
	}
}
