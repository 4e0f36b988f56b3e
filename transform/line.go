package transform

import (
	"encoding/binary"
	"strings"

	"chartlift/transform/clean"
)

// line is the cells of one row, after trim and nulls, packed: tables that are looked up are kept in memory as a whole, and most cells of wide ones are
// empty. It is the number of cells up to the last that is not null, where each ends in the text behind these numbers, and the text; numbers have four bytes.
type line string

// cellSet marks the end of a cell that is not null.
const cellSet = 1 << 31

// packLine makes a line of cells, in memory of its own.
func packLine(cells []clean.Value) line {
	for len(cells) > 0 && !cells[len(cells)-1].Set {
		cells = cells[:len(cells)-1]
	}
	head, text := 4+4*len(cells), 0
	for i := range cells {
		text += len(cells[i].Text)
	}
	packed := make([]byte, head, head+text)
	binary.LittleEndian.PutUint32(packed, uint32(len(cells)))
	for i := range cells {
		packed = append(packed, cells[i].Text...)
		end := uint32(len(packed) - head)
		if cells[i].Set {
			end |= cellSet
		}
		binary.LittleEndian.PutUint32(packed[4+4*i:], end)
	}
	return line(packed)
}

// number returns the n-th of the numbers that a line begins with.
func (l line) number(n int) uint32 {
	at := 4 * n
	return uint32(l[at]) | uint32(l[at+1])<<8 | uint32(l[at+2])<<16 | uint32(l[at+3])<<24
}

// cell returns the cell at index; null where the line has none.
func (l line) cell(index int) clean.Value {
	if index < 0 || index >= int(l.number(0)) {
		return clean.Value{}
	}
	end := l.number(index + 1)
	if end&cellSet == 0 {
		return clean.Value{}
	}
	text := 4 + 4*l.number(0)
	begin := text
	if index > 0 {
		begin += l.number(index) &^ cellSet
	}
	return clean.Of(string(l[begin : text+end&^cellSet]))
}

// cursor is the rows of an alias; the first one is the row at hand.
type cursor struct{ rows []line }

func (c *cursor) cell(index int) clean.Value {
	if len(c.rows) == 0 {
		return clean.Value{}
	}
	return c.rows[0].cell(index)
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
		key := keyOf(len(by), func(i int) clean.Value { return row.cell(by[i]) })
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

// keyOf returns n values as one text, that of other values is another.
func keyOf(n int, value func(i int) clean.Value) string {
	var b strings.Builder
	for i := range n {
		if v := value(i); v.Set {
			b.WriteString(v.Text)
			b.WriteByte(1)
		}
		b.WriteByte(0)
	}
	return b.String()
}
