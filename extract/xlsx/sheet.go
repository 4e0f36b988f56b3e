package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxColumns is Excel's own limit (XFD).
const maxColumns = 16384

// maxText bounds the text of one cell; Excel allows 32,767 characters.
const maxText = 1 << 20

// cell is one cell of the sheet's XML that says something.
type cell struct {
	column int    // from 1
	kind   string // attribute t: s, str, inlineStr, b, e, d, n or none
	style  int
	text   string
	filled bool // it has a value, be it ""
}

// sheet reads the rows of a worksheet part one by one (ECMA-376 part 1, 18.3).
// The rows of excelize come without types and styles, so that a date could not
// be told from a number.
type sheet struct {
	decoder *xml.Decoder
	row     int // of the row last read
}

func newSheet(r io.Reader) *sheet {
	d := xml.NewDecoder(r)
	d.Strict = false
	return &sheet{decoder: d}
}

// next returns the cells of the next row that has any, or io.EOF.
func (s *sheet) next() ([]cell, error) {
	for {
		token, err := s.decoder.RawToken()
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "row" {
				if err := s.startRow(e); err != nil {
					return nil, err
				}
				cells, err := s.cells()
				if err != nil || len(cells) > 0 {
					return cells, err
				}
			}
		case xml.EndElement:
			if e.Name.Local == "sheetData" {
				return nil, io.EOF
			}
		}
	}
}

func (s *sheet) startRow(e xml.StartElement) error {
	s.row++
	if r := attribute(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < 1 {
			return fmt.Errorf("row %q: no row number", r)
		}
		s.row = n
	}
	return nil
}

// cells reads up to </row>.
func (s *sheet) cells() ([]cell, error) {
	var all []cell
	column := 0
	for {
		token, err := s.decoder.RawToken()
		if err != nil {
			return nil, cut(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			if e.Name.Local == "row" {
				return all, nil
			}
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			c := cell{column: column + 1, kind: attribute(e, "t")}
			c.style, _ = strconv.Atoi(attribute(e, "s"))
			if at := columnOf(attribute(e, "r")); at > 0 {
				c.column = at
			}
			if column = c.column; column > maxColumns {
				return nil, fmt.Errorf("row %d: more than %d columns", s.row, maxColumns)
			}
			if err := s.value(&c); err != nil {
				return nil, err
			}
			if c.filled {
				all = append(all, c)
			}
		}
	}
}

// value reads up to </c>: the text of <v>, or that of <is>. Phonetic hints (<rPh>) are no text.
func (s *sheet) value(c *cell) error {
	var text strings.Builder
	inside, phonetic := false, false
	for {
		token, err := s.decoder.RawToken()
		if err != nil {
			return cut(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			phonetic = phonetic || e.Name.Local == "rPh"
			if e.Name.Local == "v" || e.Name.Local == "t" {
				inside, c.filled = true, true
			}
		case xml.CharData:
			if inside && !phonetic && text.Len() < maxText {
				text.Write(e)
			}
		case xml.EndElement:
			inside = false
			switch e.Name.Local {
			case "rPh":
				phonetic = false
			case "c":
				c.text = text.String()
				return nil
			}
		}
	}
}

// sharedStrings reads xl/sharedStrings.xml (ECMA-376 part 1, 18.4): one text per <si>, rich or not.
func sharedStrings(r io.Reader) ([]string, error) {
	d := xml.NewDecoder(r)
	d.Strict = false
	var all []string
	s := &sheet{decoder: d}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "si" {
			text, err := s.richText()
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		}
	}
}

// richText reads up to </si>.
func (s *sheet) richText() (string, error) {
	var text strings.Builder
	inside, phonetic := false, false
	for {
		token, err := s.decoder.RawToken()
		if err != nil {
			return "", cut(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			phonetic = phonetic || e.Name.Local == "rPh"
			inside = e.Name.Local == "t"
		case xml.CharData:
			if inside && !phonetic && text.Len() < maxText {
				text.Write(e)
			}
		case xml.EndElement:
			inside = false
			switch e.Name.Local {
			case "rPh":
				phonetic = false
			case "si":
				return text.String(), nil
			}
		}
	}
}

// cut turns the end of a part in the middle of something into an error.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnOf returns 28 for AB12, 0 for what is no reference.
func columnOf(ref string) int {
	n := 0
	for _, c := range ref {
		if c < 'A' || c > 'Z' || n > maxColumns {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}
