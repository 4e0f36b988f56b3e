package transform

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"chartlift/extract"
	"chartlift/transform/clean"
)

// cell is what a worker knows of one column: its value in the row at hand, and
// since which row it has had it. Rules, keys, conditions and counts ask for the
// same cells; each is read once, when it is first asked for.
type cell struct {
	row     int64 // for which it was read, see Worker.row
	changed int64 // first of the rows, of those for which it was read, since which it has been the same
	source  extract.Value
	value   clean.Value
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

// read reads a cell of the row at hand. Its text is taken over even if it is
// the same as before: the old one keeps a batch in memory.
func (w *Worker) read(c *cell, index int) {
	v := &w.rec.Values[index]
	c.row = w.row
	if *v != c.source {
		c.source, c.value = *v, w.b.cells.read(*v)
		c.changed, c.looked = w.row, false
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

// sketchOf returns a number by which the values of columns are mostly told
// apart.
func (w *Worker) sketchOf(columns []int) uint64 {
	var h uint64
	for _, at := range columns {
		h = (h ^ sketch(w.cell(at).value.Text)) * mix
	}
	return h >> 32
}

// sketch mixes the length of a text with its first, middle and last eight
// bytes. Codes and their names differ there, and a hash of all their bytes
// would take longer than to compare them.
func sketch(s string) uint64 {
	n := len(s)
	if n < 8 {
		h := uint64(n)
		for i := range n {
			h = h<<8 | uint64(s[i])
		}
		return h * mix
	}
	return (eight(s, 0) ^ bits.RotateLeft64(eight(s, n-8), 29) ^ bits.RotateLeft64(eight(s, n/2-4), 47) ^ uint64(n)) * mix
}

// eight returns the eight bytes of a text that begin at a place.
func eight(s string, at int) uint64 {
	return binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(s), len(s))[at:])
}
