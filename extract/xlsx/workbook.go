package xlsx

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A workbook may unzip to maxUnzip bytes; parts larger than maxPart go through temporary files.
const (
	maxUnzip = 8 << 30
	maxPart  = 16 << 20
)

// page is one visible sheet.
type page struct {
	name string
	part string // xl/worksheets/sheet1.xml
}

// workbook is what all sheets of a file share.
type workbook struct {
	pages     []page
	clocks    []clock // by cell style
	strings   []string
	epoch1904 bool
}

// readWorkbook reads everything but the sheets.
func readWorkbook(name, tempDir string) (*workbook, error) {
	f, err := excelize.OpenFile(name, excelize.Options{UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxPart, TmpDir: tempDir})
	if err != nil {
		return nil, err
	}
	w, err := describe(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = z.Close() }()
	if err := w.findParts(&z.Reader); err != nil {
		return nil, err
	}
	r, err := z.Open("xl/sharedStrings.xml")
	if err != nil {
		return w, nil // a workbook without texts has none
	}
	defer func() { _ = r.Close() }()
	if w.strings, err = sharedStrings(io.LimitReader(r, maxUnzip)); err != nil {
		return nil, fmt.Errorf("shared strings: %w", err)
	}
	return w, nil
}

// describe takes visible sheets, styles and epoch from excelize.
func describe(f *excelize.File) (*workbook, error) {
	w := &workbook{}
	props, err := f.GetWorkbookProps()
	if err != nil {
		return nil, fmt.Errorf("workbook properties: %w", err)
	}
	w.epoch1904 = props.Date1904 != nil && *props.Date1904
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && visible {
			w.pages = append(w.pages, page{name: name})
		}
	}
	// GetStyle fails behind the last style.
	for id := 0; id <= 0xffff; id++ {
		style, err := f.GetStyle(id)
		if err != nil {
			break
		}
		custom := ""
		if style.CustomNumFmt != nil {
			custom = *style.CustomNumFmt
		}
		w.clocks = append(w.clocks, formatClock(style.NumFmt, custom))
	}
	return w, nil
}

// findParts finds the file of each sheet: workbook.xml names a relation, the relation a part. Charts have none.
func (w *workbook) findParts(z *zip.Reader) error {
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := errors.Join(decodePart(z, "xl/workbook.xml", &book), decodePart(z, "xl/_rels/workbook.xml.rels", &relations)); err != nil {
		return err
	}
	target := map[string]string{}
	for _, r := range relations.All {
		if strings.HasSuffix(r.Type, "/worksheet") {
			target[r.ID] = r.Target
		}
	}
	parts := map[string]string{}
	for _, s := range book.Sheets {
		for _, a := range s.Attrs {
			if t := target[a.Value]; a.Name.Local == "id" && strings.HasPrefix(t, "/") {
				parts[s.Name] = strings.TrimPrefix(t, "/")
			} else if a.Name.Local == "id" && t != "" {
				parts[s.Name] = path.Join("xl", t)
			}
		}
	}
	pages := w.pages[:0]
	for _, p := range w.pages {
		if p.part = parts[p.name]; p.part != "" {
			pages = append(pages, p)
		}
	}
	w.pages = pages
	return nil
}

func decodePart(z *zip.Reader, name string, v any) error {
	r, err := z.Open(name)
	if err != nil {
		return fmt.Errorf("open part: %w", err)
	}
	defer func() { _ = r.Close() }()
	if err := xml.NewDecoder(io.LimitReader(r, maxPart)).Decode(v); err != nil {
		return fmt.Errorf("read part %s: %w", name, err)
	}
	return nil
}
