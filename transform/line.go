package transform

import (
	"encoding/binary"

	"chartlift/transform/clean"
)

// line is the cells of one row, after trim and nulls, packed: tables that are
// looked up may be large, and most cells of wide ones are empty. It is the
// number of cells up to the last that is not null, in four bytes, where each
// ends in the text behind these numbers, and the text. Where a cell ends takes
// two bytes, or four where the text is longer than they can say.
type line string

// lineHead is how many bytes stand before the ends of cells.
const lineHead = 4

const (
	wideLine = 1 << 31 // in the number of cells: ends take four bytes
	cellSet  = 1 << 15 // in an end of two bytes: the cell is not null
	wideSet  = 1 << 31 // likewise in one of four
)

// packLine makes a line of cells, in memory of its own.
func packLine(cells []clean.Value) line { return line(appendLine(nil, cells)) }

// appendLine appends a line of cells.
func appendLine(dst []byte, cells []clean.Value) []byte {
	for len(cells) > 0 && !cells[len(cells)-1].Set {
		cells = cells[:len(cells)-1]
	}
	text := 0
	for i := range cells {
		text += len(cells[i].Text)
	}
	if text < cellSet {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(cells)))
	} else {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(cells))|wideLine)
	}
	end := uint32(0)
	for i := range cells {
		end += uint32(len(cells[i].Text))
		switch {
		case text >= cellSet && cells[i].Set:
			dst = binary.LittleEndian.AppendUint32(dst, end|wideSet)
		case text >= cellSet:
			dst = binary.LittleEndian.AppendUint32(dst, end)
		case cells[i].Set:
			dst = binary.LittleEndian.AppendUint16(dst, uint16(end)|cellSet)
		default:
			dst = binary.LittleEndian.AppendUint16(dst, uint16(end))
		}
	}
	for i := range cells {
		dst = append(dst, cells[i].Text...)
	}
	return dst
}

// short returns the number of two bytes at a place.
func (l line) short(at uint32) uint32 { return uint32(l[at]) | uint32(l[at+1])<<8 }

// long returns the number of four bytes at a place.
func (l line) long(at uint32) uint32 { return l.short(at) | l.short(at+2)<<16 }

// cell returns the cell at index; null where the line has none.
func (l line) cell(index int) clean.Value {
	cells := l.long(0)
	if index < 0 || index >= int(cells&^wideLine) {
		return clean.Value{}
	}
	if cells&wideLine != 0 {
		return l.wideCell(uint32(index), cells&^wideLine)
	}
	at := lineHead + 2*uint32(index)
	end := l.short(at)
	if end&cellSet == 0 {
		return clean.Value{}
	}
	text := lineHead + 2*cells
	begin := text
	if index > 0 {
		begin += l.short(at-2) &^ cellSet
	}
	return clean.Of(string(l[begin : text+end&^cellSet]))
}

// wideCell returns the cell at index of a long line, which has so many.
func (l line) wideCell(index, cells uint32) clean.Value {
	at := lineHead + 4*index
	end := l.long(at)
	if end&wideSet == 0 {
		return clean.Value{}
	}
	text := lineHead + 4*cells
	begin := text
	if index > 0 {
		begin += l.long(at-4) &^ wideSet
	}
	return clean.Of(string(l[begin : text+end&^wideSet]))
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
	var key []byte
	for i := range n {
		key = appendKey(key, value(i))
	}
	return string(key)
}

// appendKey appends a value as it stands in a key.
func appendKey(key []byte, v clean.Value) []byte {
	if v.Set {
		key = append(append(key, v.Text...), 1)
	}
	return append(key, 0)
}
