package xlsx

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"chartlift/extract"
)

// doubt is what may be wrong with a cell.
type doubt uint8

const (
	sure     doubt = iota
	badCell        // #N/A, or a shared string that is not there
	uncached       // a formula without its result
	tooLong        // cut at maxText
	badBytes       // characters that are none
	nulByte        // NUL bytes, which were removed
)

// values makes values of cells. It belongs to one reader.
type values struct {
	book    *workbook
	cache   textCache
	arena   arena
	scratch []byte
}

// value makes a value of a cell; the doubt is what to report of it.
func (v *values) value(c cell) (extract.Value, doubt, error) {
	if !c.filled || len(c.text) == 0 && c.kind != textCell {
		if c.formula {
			return extract.Value{Kind: extract.Null}, uncached, nil
		}
		return extract.Value{Kind: extract.Null}, sure, nil
	}
	switch c.kind {
	case sharedCell:
		return v.shared(c)
	case textCell:
		return v.text(v.arena.add(c.text), c.long)
	case boolCell:
		if isTrue(c.text) {
			return extract.Value{Text: "true", Kind: extract.Bool}, sure, nil
		}
		return extract.Value{Text: "false", Kind: extract.Bool}, sure, nil
	case errorCell:
		return extract.Value{Kind: extract.Null}, badCell, nil
	case dateCell:
		return isoDate(v.arena.add(bytes.TrimSpace(c.text))), sure, nil
	}
	return v.number(c)
}

func (v *values) number(c cell) (extract.Value, doubt, error) {
	shown := plain
	if c.style < len(v.book.clocks) {
		shown = v.book.clocks[c.style]
	}
	out, kind := appendNumber(v.scratch[:0], bytes.TrimSpace(c.text), shown, v.book.epoch1904)
	v.scratch = out
	if kind == extract.Text {
		return v.text(v.arena.add(out), c.long)
	}
	return extract.Value{Text: v.arena.add(out), Kind: kind}, sure, nil
}

func (v *values) shared(c cell) (extract.Value, doubt, error) {
	i := smallNumber(c.text)
	if i == 0 && string(c.text) != "0" {
		i = -1
	}
	text, ok, err := v.book.texts.get(i, &v.cache)
	if err != nil {
		return extract.Value{}, sure, err
	}
	if !ok {
		return extract.Value{Kind: extract.Null}, badCell, nil
	}
	return v.text(text, v.book.texts.long[i])
}

func (v *values) text(text string, long bool) (extract.Value, doubt, error) {
	d := sure
	switch {
	case long:
		d = tooLong
		text = strings.ToValidUTF8(text, "\uFFFD")
	case !utf8.ValidString(text):
		d = badBytes
		text = strings.ToValidUTF8(text, "\uFFFD")
	case strings.IndexByte(text, 0) >= 0:
		d = nulByte
	}
	if d != sure {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return extract.Value{Text: text, Kind: extract.Text}, d, nil
}

// arena holds many short texts in few pieces of memory.
type arena struct{ piece *strings.Builder }

const arenaPiece = 64 << 10

// add returns b as a string.
func (a *arena) add(b []byte) string {
	if a.piece == nil || a.piece.Cap()-a.piece.Len() < len(b) {
		a.piece = &strings.Builder{}
		a.piece.Grow(max(arenaPiece, len(b)))
	}
	start := a.piece.Len()
	a.piece.Write(b)
	return a.piece.String()[start:]
}
