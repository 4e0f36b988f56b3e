package transform

import (
	"hash/maphash"

	"chartlift/extract"
	"chartlift/transform/clean"
)

// cell is what a worker knows of one column: its value in the row at hand, and since which row it has had it. Rules, keys, conditions
// and counts ask for the same cells; each is read once, when it is first asked for.
type cell struct {
	row     int64 // for which it was read, see Worker.row
	changed int64 // first of the rows, of those for which it was read, since which it has been the same
	source  extract.Value
	value   clean.Value
	hash    uint64 // of the value, where hashed says so
	hashed  bool
	damage  clean.Damage // of the value, where looked says so
	looked  bool
}

// begin makes rec the row at hand.
func (w *Worker) begin(rec *extract.Record) {
	w.rec = rec
	w.row++
}

// cell returns the cell of a column in the row at hand.
func (w *Worker) cell(index int) *cell {
	c := &w.cells[index]
	if c.row != w.row { // no more stands here, so that the compiler puts it where it is asked for
		w.read(c, index)
	}
	return c
}

// read reads a cell of the row at hand. Its text is taken over even if it is the same as before: the old one keeps a batch in memory.
func (w *Worker) read(c *cell, index int) {
	v := &w.rec.Values[index]
	c.row = w.row
	if *v != c.source {
		c.source, c.value = *v, w.b.cells.read(*v)
		c.changed, c.hashed, c.looked = w.row, false, false
		return
	}
	c.source.Text = v.Text
	if len(c.value.Text) == len(v.Text) {
		c.value.Text = v.Text
		return
	}
	c.value = w.b.cells.read(*v)
}

// value returns a cell of the row at hand; -1 is a column that the table lacks.
func (w *Worker) value(index int) clean.Value {
	if index < 0 {
		return clean.Value{}
	}
	return w.cell(index).value
}

// unchanged reports whether columns are as they were in a row before.
func (w *Worker) unchanged(columns []int, since int64) bool {
	for _, at := range columns {
		if w.cell(at).changed > since {
			return false
		}
	}
	return true
}

// hashOf returns the hash of the values of columns.
func (w *Worker) hashOf(columns []int) uint64 {
	var h uint64
	for _, at := range columns {
		c := w.cell(at)
		if !c.hashed {
			c.hash, c.hashed = maphash.String(w.seed, c.value.Text), true
		}
		h = h*31 + c.hash
	}
	return h
}
