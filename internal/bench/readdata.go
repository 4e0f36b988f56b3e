package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/flate"
)

// perInsert is how many rows mysqldump puts into one statement: it fills lines
// of up to a megabyte.
const perInsert = 4000

// eachRow gives the observations of the data to each until it has seen most of
// them.
func eachRow(data string, most int, each func(cells []string) error) error {
	f, err := os.Open(filepath.Join(data, "observations.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, chunkSize))
	r.ReuseRecord = true
	for n := -1; n < most; n++ {
		cells, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n < 0:
			continue // the header
		}
		if err := each(cells); err != nil {
			return err
		}
	}
	return nil
}

// makeFile returns the path of a file beside the folder of the data, whose
// files are all converted; write makes it where it is not there.
func makeFile(data, name string, write func(w io.Writer) error) (string, error) {
	path := data + "-" + name
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	w := bufio.NewWriterSize(f, chunkSize)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	return path, os.Rename(path+".part", path)
}

// makeDump returns a dump of the observations as mysqldump writes it.
func makeDump(data string, rows int) (string, error) {
	return makeFile(data, "observations.sql", func(w io.Writer) error {
		fmt.Fprint(w, "-- MySQL dump 10.13\n\nDROP TABLE IF EXISTS `observations`;\nCREATE TABLE `observations` (\n  `row` int NOT NULL AUTO_INCREMENT,\n  `date` datetime DEFAULT NULL,\n"+
			"  `patient` varchar(64) DEFAULT NULL,\n  `encounter` varchar(64) DEFAULT NULL,\n  `category` varchar(32) DEFAULT NULL,\n  `code` varchar(32) DEFAULT NULL,\n"+
			"  `description` varchar(255) DEFAULT NULL,\n  `value` varchar(64) DEFAULT NULL,\n  `units` varchar(32) DEFAULT NULL,\n  `type` varchar(16) DEFAULT NULL,\n  PRIMARY KEY (`row`)\n) ENGINE=InnoDB;\n\n")
		n := 0
		err := eachRow(data, rows, func(cells []string) error {
			switch {
			case n%perInsert != 0:
				fmt.Fprint(w, ",")
			case n > 0:
				fmt.Fprint(w, ";\n")
			}
			if n%perInsert == 0 {
				fmt.Fprint(w, "INSERT INTO `observations` VALUES ")
			}
			n++
			_, err := w.Write(tuple(n, cells))
			return err
		})
		fmt.Fprint(w, ";\n\n-- Dump completed\n")
		return err
	})
}

// tuple writes a row as SQL; an empty cell is NULL.
func tuple(n int, cells []string) []byte {
	b := fmt.Appendf(nil, "(%d", n)
	for i, c := range cells {
		switch {
		case c == "":
			b = append(b, ",NULL"...)
			continue
		case i == 0: // 2005-01-02T03:04:05Z
			c = strings.TrimSuffix(strings.Replace(c, "T", " ", 1), "Z")
		}
		b = append(b, ",'"...)
		b = append(b, strings.ReplaceAll(strings.ReplaceAll(c, `\`, `\\`), `'`, `\'`)...)
		b = append(b, '\'')
	}
	return append(b, ')')
}

// makeBook returns a workbook of the observations, with texts in a table that
// all cells share, as Excel saves it.
func makeBook(data string, rows int) (string, error) {
	return makeFile(data, fmt.Sprintf("observations-%d.xlsx", rows), func(w io.Writer) error {
		z := zip.NewWriter(w)
		z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 6) })
		texts := &shared{index: map[string]int{}}
		for _, p := range []struct {
			name  string
			write func(w io.Writer) error
		}{
			{"[Content_Types].xml", constantPart(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`)},
			{"_rels/.rels", constantPart(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
			{"xl/workbook.xml", constantPart(`<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="observations" sheetId="1" r:id="rId1"/></sheets></workbook>`)},
			{"xl/_rels/workbook.xml.rels", constantPart(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)},
			{"xl/worksheets/sheet1.xml", func(w io.Writer) error { return writeSheet(w, data, rows, texts) }},
			{"xl/sharedStrings.xml", texts.write},
		} {
			part, err := z.Create(p.name)
			if err != nil {
				return err
			}
			if err := p.write(part); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

func constantPart(text string) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, xml.Header+text)
		return err
	}
}

// shared is a workbook's table of texts.
type shared struct {
	index map[string]int
	list  []string
}

// at returns the place of the text, a new one if need be.
func (s *shared) at(text string) int {
	at, ok := s.index[text]
	if !ok {
		text = strings.Clone(text)
		at = len(s.list)
		s.index[text], s.list = at, append(s.list, text)
	}
	return at
}

func (s *shared) write(w io.Writer) error {
	b := bufio.NewWriterSize(w, chunkSize)
	b.WriteString(xml.Header + `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`)
	for _, text := range s.list {
		b.WriteString(`<si><t>`)
		if err := xml.EscapeText(b, []byte(text)); err != nil {
			return err
		}
		b.WriteString(`</t></si>`)
	}
	b.WriteString(`</sst>`)
	return b.Flush()
}

// writeSheet writes the rows; a value that is a number is one.
func writeSheet(w io.Writer, data string, rows int, texts *shared) error {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	row := 1
	add := func(cells []string) error {
		fmt.Fprintf(&b, `<row r="%d">`, row)
		for i, c := range cells {
			switch ref := fmt.Sprintf("%c%d", 'A'+i, row); {
			case c == "":
			case i == 6 && cells[8] == "numeric":
				fmt.Fprintf(&b, `<c r="%s"><v>%s</v></c>`, ref, c)
			default:
				fmt.Fprintf(&b, `<c r="%s" t="s"><v>%d</v></c>`, ref, texts.at(c))
			}
		}
		b.WriteString(`</row>`)
		row++
		_, err := b.WriteTo(w)
		return err
	}
	if err := add([]string{"DATE", "PATIENT", "ENCOUNTER", "CATEGORY", "CODE", "DESCRIPTION", "VALUE", "UNITS", "TYPE"}); err != nil {
		return err
	}
	if err := eachRow(data, rows, add); err != nil {
		return err
	}
	_, err := io.WriteString(w, `</sheetData></worksheet>`)
	return err
}
