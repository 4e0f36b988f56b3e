package xlsx_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// part is one file of a workbook.
type part struct{ name, content string }

const (
	spreadsheetNS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	officeNS      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	strictNS      = "http://purl.oclc.org/ooxml/spreadsheetml/main"
	strictOffice  = "http://purl.oclc.org/ooxml/officeDocument/relationships"
)

// rawBook makes a workbook of one sheet by hand, for XML that excelize does not
// write. Parts with the name of one that is always there take its place.
func rawBook(t testing.TB, sheet string, more ...part) []byte {
	t.Helper()
	return zipOf(t, append([]part{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", rels(officeNS, "officeDocument", "xl/workbook.xml")},
		{"xl/workbook.xml", fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`, spreadsheetNS, officeNS)},
		{"xl/_rels/workbook.xml.rels", rels(officeNS, "worksheet", "worksheets/sheet1.xml")},
		{"xl/styles.xml", fmt.Sprintf(`<styleSheet xmlns="%s"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs></styleSheet>`, spreadsheetNS)},
		{"xl/worksheets/sheet1.xml", sheet},
	}, more...))
}

func rels(namespace, kind, target string) string {
	return fmt.Sprintf(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="%s/%s" Target="%s"/></Relationships>`, namespace, kind, target)
}

// zipOf packs parts; of two with the same name the later is taken.
func zipOf(t testing.TB, parts []part) []byte {
	t.Helper()
	last := map[string]int{}
	for i, p := range parts {
		last[p.name] = i
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, p := range parts {
		if last[p.name] != i {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store})
		check(t, err)
		_, err = w.Write([]byte(p.content))
		check(t, err)
	}
	check(t, z.Close())
	return b.Bytes()
}

// rowsXML makes a sheet of lines: cells are separated by |, and marked by a
// letter and : for their type: n number, d date, b boolean, anything else is
// text. Empty cells are left out.
func rowsXML(lines ...string) string {
	var b strings.Builder
	b.WriteString("<worksheet><sheetData>")
	for i, line := range lines {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, text := range strings.Split(line, "|") {
			ref := fmt.Sprintf("%c%d", 'A'+j, i+1)
			kind, value, typed := strings.Cut(text, ":")
			switch {
			case text == "":
			case typed && kind == "n":
				fmt.Fprintf(&b, `<c r="%s"><v>%s</v></c>`, ref, value)
			case typed && kind == "d":
				fmt.Fprintf(&b, `<c r="%s" s="1"><v>%s</v></c>`, ref, value)
			case typed && kind == "b":
				fmt.Fprintf(&b, `<c r="%s" t="b"><v>%s</v></c>`, ref, value)
			default:
				fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, text)
			}
		}
		b.WriteString("</row>")
	}
	b.WriteString("</sheetData></worksheet>")
	return b.String()
}

// merged adds merged ranges to a sheet.
func merged(sheet string, refs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<mergeCells count="%d">`, len(refs))
	for _, r := range refs {
		fmt.Fprintf(&b, `<mergeCell ref="%s"/>`, r)
	}
	return strings.Replace(sheet, "</worksheet>", b.String()+"</mergeCells></worksheet>", 1)
}
