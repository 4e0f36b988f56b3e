package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sharedStringsPart is where every program writes them.
const sharedStringsPart = "xl/sharedStrings.xml"

// page is one worksheet.
type page struct {
	name   string
	part   string // xl/worksheets/sheet1.xml
	hidden bool
}

// workbook is what all sheets of a file share.
type workbook struct {
	pages     []page
	clocks    []clock // by cell style
	texts     *texts
	epoch1904 bool
}

// readWorkbook reads everything but the sheets. The caller closes its texts.
func readWorkbook(a *archive, tempDir string) (*workbook, error) {
	part, err := bookPart(a)
	if err != nil {
		return nil, err
	}
	relations := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	w, err := describe(a, part, relations)
	if err != nil {
		return nil, err
	}
	if err := w.findParts(a, part, relations); err != nil {
		return nil, err
	}
	w.texts = &texts{} // a workbook without shared strings has none
	if !a.has(sharedStringsPart) {
		return w, nil
	}
	r, closer, err := a.open(sharedStringsPart)
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	if w.texts, err = readTexts(r, tempDir, spillTexts); err != nil {
		return nil, fmt.Errorf("read shared strings: %w", err)
	}
	return w, nil
}

// relationships is a part that names others (ECMA-376 part 2, 9.3).
type relationships struct {
	All []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// bookPart finds the workbook's own part, which need not be xl/workbook.xml.
func bookPart(a *archive) (string, error) {
	var top relationships
	if err := a.decode("_rels/.rels", &top); err == nil {
		for _, r := range top.All {
			if strings.HasSuffix(r.Type, "/officeDocument") && a.has(strings.TrimPrefix(r.Target, "/")) {
				return strings.TrimPrefix(r.Target, "/"), nil
			}
		}
	}
	if a.has("xl/workbook.xml") {
		return "xl/workbook.xml", nil
	}
	return "", errors.New("there is no workbook in it")
}

// describe takes visibility, styles and epoch from excelize. It is given the
// few parts that hold them: with the whole file it would unpack every sheet
// before the first row.
func describe(a *archive, part, relations string) (w *workbook, err error) {
	defer func() {
		if r := recover(); r != nil {
			// The file comes from outside, and excelize indexes what it finds
			// there.
			w, err = nil, fmt.Errorf("read workbook: %v", r)
		}
	}()
	small, err := skeleton(a, part, relations)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(small))
	if err != nil {
		return nil, fmt.Errorf("read workbook: %w", err)
	}
	w, err = takeWorkbook(f)
	return w, errors.Join(err, f.Close())
}

// skeleton returns a workbook without sheets.
func skeleton(a *archive, part, relations string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", part, relations, "xl/styles.xml"} {
		if !a.has(name) {
			continue
		}
		content, err := a.content(name)
		if err != nil {
			return nil, err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func takeWorkbook(f *excelize.File) (*workbook, error) {
	w := &workbook{}
	props, err := f.GetWorkbookProps()
	if err != nil {
		return nil, fmt.Errorf("read workbook properties: %w", err)
	}
	w.epoch1904 = props.Date1904 != nil && *props.Date1904
	for _, name := range f.GetSheetList() {
		visible, err := f.GetSheetVisible(name)
		w.pages = append(w.pages, page{name: name, hidden: err == nil && !visible})
	}
	if _, err := f.GetStyle(0); err != nil || f.Styles == nil || f.Styles.CellXfs == nil {
		return w, nil // no styles, so no dates; GetStyle is what makes excelize read them
	}
	custom := map[int]string{}
	if f.Styles.NumFmts != nil {
		for _, n := range f.Styles.NumFmts.NumFmt {
			custom[n.NumFmtID] = n.FormatCode
		}
	}
	for _, style := range f.Styles.CellXfs.Xf {
		id := 0
		if style.NumFmtID != nil {
			id = *style.NumFmtID
		}
		w.clocks = append(w.clocks, formatClock(id, custom[id]))
	}
	return w, nil
}

// findParts finds the file of each sheet: the workbook names a relation, the
// relation a part. Charts have none.
func (w *workbook) findParts(a *archive, part, relationsPart string) error {
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations relationships
	if err := errors.Join(a.decode(part, &book), a.decode(relationsPart, &relations)); err != nil {
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
		for _, attr := range s.Attrs {
			t := strings.ReplaceAll(target[attr.Value], `\`, "/")
			if attr.Name.Local != "id" || t == "" {
				continue
			}
			if strings.HasPrefix(t, "/") {
				parts[s.Name] = t
			} else {
				parts[s.Name] = path.Join(path.Dir(part), t)
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
