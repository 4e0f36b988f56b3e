package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// maxColumns and maxRows are Excel's own limits (XFD1048576).
	maxColumns = 16384
	maxRows    = 1 << 20
	// maxText bounds the text of one cell; Excel allows 32,767 characters.
	maxText = 1 << 20
	// maxRowText bounds the text of a whole row.
	maxRowText = 16 << 20
	// maxAreas bounds the merged ranges of a sheet, each of which takes memory.
	maxAreas = 1 << 20
	// maxPrefix is how long the namespace prefix of a tag may be where rows are
	// skipped.
	maxPrefix = 256
)

// cellKind is the attribute t of a cell (ECMA-376 part 1, 18.18.11).
type cellKind uint8

const (
	numberCell cellKind = iota
	sharedCell
	textCell
	boolCell
	errorCell
	dateCell
)

// cell is one cell of the sheet's XML that says something.
type cell struct {
	column   int // from 1
	style    int
	text     []byte // valid until the next row
	kind     cellKind
	filled   bool // it has a value, be it ""
	formula  bool
	long     bool // the text was cut at maxText
	from, to int  // of text in the row's bytes
}

// span is a range of columns.
type span struct{ first, last int }

// area is a range of merged cells.
type area struct{ left, top, right, bottom int }

// sheet reads the rows of a worksheet part one by one (ECMA-376 part 1, 18.3).
// The rows of excelize come without types and styles, so that a date could not
// be told from a number.
type sheet struct {
	scan   *scanner
	row    int  // number of the row last read, from 1
	hidden bool // that row is
	veiled []span
	merged []area // known behind the last row

	cells []cell
	text  []byte // of all cells of the row
}

func newSheet(r io.Reader) *sheet { return &sheet{scan: newScanner(r)} }

// next returns the cells of the next row that has any, valid until the row
// after. Behind the last row it is io.EOF.
func (s *sheet) next() ([]cell, error) {
	for {
		kind, err := s.scan.next()
		if err != nil {
			return nil, s.positioned(cut(err))
		}
		switch name := string(s.scan.name); {
		case kind == startTag && name == "row":
			s.startRow()
			if err := s.readCells(); err != nil {
				return nil, s.positioned(cut(err))
			}
			if len(s.cells) > 0 {
				return s.cells, nil
			}
		case kind == startTag && name == "col":
			s.column()
		case kind == endTag && name == "sheetData":
			if err := s.tail(); err != nil {
				return nil, fmt.Errorf("behind the last row: %w", err)
			}
			return nil, io.EOF
		}
	}
}

func (s *sheet) positioned(err error) error {
	if s.row == 0 {
		return err
	}
	return fmt.Errorf("in or after row %d: %w", s.row, err)
}

// column notes hidden columns: <col min="12" max="14" hidden="1"/>.
func (s *sheet) column() {
	var c span
	hidden := false
	for name, value, ok := s.scan.nextAttr(); ok; name, value, ok = s.scan.nextAttr() {
		switch string(name) {
		case "min":
			c.first = smallNumber(value)
		case "max":
			c.last = min(smallNumber(value), maxColumns)
		case "hidden":
			hidden = isTrue(value)
		}
	}
	if hidden && c.first >= 1 && len(s.veiled) < maxColumns {
		s.veiled = append(s.veiled, c)
	}
}

// startRow reads the row's number. Where it has none, or one that was there
// before, it is the next.
func (s *sheet) startRow() {
	row := 0
	s.hidden = false
	for name, value, ok := s.scan.nextAttr(); ok; name, value, ok = s.scan.nextAttr() {
		switch string(name) {
		case "r":
			row = smallNumber(value)
		case "hidden":
			s.hidden = isTrue(value)
		}
	}
	s.row = max(row, s.row+1)
	s.cells, s.text = s.cells[:0], s.text[:0]
}

// readCells reads up to </row>.
func (s *sheet) readCells() error {
	column := 0
	for {
		kind, err := s.scan.next()
		if err != nil {
			return err
		}
		switch name := string(s.scan.name); {
		case kind == endTag && name == "row":
			for i := range s.cells {
				s.cells[i].text = s.text[s.cells[i].from:s.cells[i].to]
			}
			return nil
		case kind == startTag && name == "c":
			c := s.startCell(column + 1)
			if column = c.column; column > maxColumns {
				return fmt.Errorf("more than %d columns", maxColumns)
			}
			if err := s.readCell(&c); err != nil {
				return err
			}
			if !c.filled && !c.formula {
				continue
			}
			if len(s.cells) == maxColumns {
				return fmt.Errorf("more than %d cells in one row", maxColumns)
			}
			s.cells = append(s.cells, c)
		}
	}
}

// startCell reads the attributes of <c>; without a reference it stands in the
// column given.
func (s *sheet) startCell(column int) cell {
	c := cell{column: column}
	for name, value, ok := s.scan.nextAttr(); ok; name, value, ok = s.scan.nextAttr() {
		switch string(name) {
		case "r":
			if at := columnOf(value); at > 0 {
				c.column = at
			}
		case "s":
			c.style = smallNumber(value)
		case "t":
			c.kind = kindOf(value)
		}
	}
	return c
}

func kindOf(t []byte) cellKind {
	switch string(t) {
	case "s":
		return sharedCell
	case "str", "inlineStr":
		return textCell
	case "b":
		return boolCell
	case "e":
		return errorCell
	case "d":
		return dateCell
	}
	return numberCell
}

// readCell reads up to </c>: the text of <v>, or that of <is>. Phonetic hints
// (<rPh>) are no text.
func (s *sheet) readCell(c *cell) error {
	inside, phonetic := false, false
	start := len(s.text)
	text := s.text
	for {
		kind, err := s.scan.next()
		if err != nil {
			return err
		}
		switch name := string(s.scan.name); {
		case kind == charData:
			if inside && !phonetic {
				text = s.cellText(c, text, start)
			}
		case kind == startTag:
			phonetic = phonetic || name == "rPh"
			c.formula = c.formula || name == "f"
			inside = name == "v" || name == "t"
			c.filled = c.filled || inside
		case name == "c":
			if c.kind == textCell {
				text = text[:start+len(unescape(text[start:]))]
			}
			s.text, c.from, c.to = text, start, len(text)
			return nil
		case name == "row" || name == "sheetData":
			return errors.New("a cell that is never closed")
		default:
			inside = false
			phonetic = phonetic && name != "rPh"
		}
	}
}

// cellText appends the text at hand, within the bounds.
func (s *sheet) cellText(c *cell, text []byte, start int) []byte {
	if len(text) > maxRowText {
		c.long = true
		return text
	}
	text, c.long = appendBounded(s.scan, text, start, c.long)
	return text
}

// tail reads the merged ranges, which stand behind the rows.
func (s *sheet) tail() error {
	for {
		kind, err := s.scan.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if kind != startTag || string(s.scan.name) != "mergeCell" {
			continue
		}
		for name, value, ok := s.scan.nextAttr(); ok; name, value, ok = s.scan.nextAttr() {
			if a, valid := areaOf(value); valid && string(name) == "ref" {
				s.merged = append(s.merged, a)
			}
		}
		if len(s.merged) > maxAreas {
			return fmt.Errorf("more than %d merged ranges", maxAreas)
		}
	}
}

// skipRows moves behind the rows without looking at them, and reads the rest. A
// cell's text cannot hold </.
func (s *sheet) skipRows() error {
	for {
		if err := s.scan.skipPast("sheetData>", maxPrefix); errors.Is(err, io.ErrUnexpectedEOF) {
			return nil // cut short; reading the rows says so
		} else if err != nil {
			return err
		}
		before := s.scan.buf[:s.scan.pos-len("sheetData>")]
		if i := bytes.LastIndexByte(before, '<'); i >= 0 && i+1 < len(before) && before[i+1] == '/' {
			return s.tail()
		}
	}
}

// areaOf reads A1:C2; a single cell is no area.
func areaOf(ref []byte) (area, bool) {
	from, to, ok := bytes.Cut(ref, []byte(":"))
	a := area{left: columnOf(from), top: rowOf(from), right: columnOf(to), bottom: rowOf(to)}
	valid := ok && a.left >= 1 && a.top >= 1 && a.right >= a.left && a.bottom >= a.top && a.right <= maxColumns && a.bottom <= maxRows
	return a, valid && (a.right > a.left || a.bottom > a.top)
}

// columnOf returns 28 for AB12, 0 for what is no reference.
func columnOf(ref []byte) int {
	n := 0
	for _, c := range ref {
		if c < 'A' || c > 'Z' || n > maxColumns {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}

// rowOf returns 12 for AB12, 0 for what is no reference.
func rowOf(ref []byte) int {
	return smallNumber(bytes.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
}

// columnName returns AB for 28.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// smallNumber reads a number of up to nine digits, 0 for anything else.
func smallNumber(b []byte) int {
	if len(b) == 0 || len(b) > 9 {
		return 0
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func isTrue(b []byte) bool {
	v, err := strconv.ParseBool(string(b))
	return v && err == nil
}
