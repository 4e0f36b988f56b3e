package xlsx_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

// layoutCase is a sheet, and what is to be found in it.
type layoutCase struct {
	sheet   string
	options extract.Options
	line    int64
	columns []string
	rows    []string
	codes   []string
}

func checkLayout(t *testing.T, c layoutCase) {
	t.Helper()
	src := open(t, save(t, rawBook(t, c.sheet)), c.options)
	tables, err := src.Tables(context.Background())
	must(t, err)
	lines, codes := show(t, src, "S")
	got := layoutCase{sheet: c.sheet, options: c.options, line: tables[0].Line, columns: tables[0].Columns, rows: lines, codes: codes}
	if diff := cmp.Diff(c, got, cmp.AllowUnexported(layoutCase{})); diff != "" {
		t.Error(diff)
	}
}

func TestHeadersAreFound(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]layoutCase{
		"titles above": {
			sheet: rowsXML("City Hospital", "Printed|d:43531", "", "id|name|born|ward", "n:1|Ann|d:29254|A", "n:2|Bob||"),
			line:  4, columns: []string{"id", "name", "born", "ward"},
			rows: []string{"1|Ann|1980-02-03|A", "2|Bob||"}, codes: []string{"line 0 skipped-lines"},
		},
		"titles with line breaks": {
			sheet: rowsXML("id|Lower\n Limit|Upper  Limit", "n:1|n:2|n:3"),
			line:  1, columns: []string{"id", "Lower Limit", "Upper  Limit"}, rows: []string{"1|2|3"},
		},
		"a merged title": {
			sheet: merged(rowsXML("City Hospital", "id|name|born", "n:1|Ann|d:29254"), "A1:C1"),
			line:  2, columns: []string{"id", "name", "born"}, rows: []string{"1|Ann|1980-02-03"}, codes: []string{"line 0 skipped-lines"},
		},
		"groups above columns": {
			sheet: merged(rowsXML("Patient||Vital signs||", "id|name|BP|pulse|temp", "n:1|Ann|120/80|n:70|n:36.6"), "A1:B1", "C1:E1"),
			line:  1, columns: []string{"Patient / id", "Patient / name", "Vital signs / BP", "Vital signs / pulse", "Vital signs / temp"},
			rows: []string{"1|Ann|120/80|70|36.6"},
		},
		"one group, the others merged down": {
			sheet: merged(rowsXML("id|name|Vital signs|", "||BP|pulse", "n:1|Ann|120/80|fast"), "A1:A2", "B1:B2", "C1:D1"),
			line:  1, columns: []string{"id", "name", "Vital signs / BP", "Vital signs / pulse"}, rows: []string{"1|Ann|120/80|fast"},
		},
		"a single group right of the first column": {
			sheet: merged(rowsXML("|Vital signs|", "id|BP|pulse", "n:1|120/80|n:70"), "B1:C1"),
			line:  1, columns: []string{"id", "Vital signs / BP", "Vital signs / pulse"}, rows: []string{"1|120/80|70"},
		},
		"three rows": {
			sheet: merged(rowsXML("Lab|||", "Blood||Urine|", "Na|K|pH|protein", "n:140|n:4.1|n:6|n:0"), "A1:D1", "A2:B2", "C2:D2"),
			line:  2, columns: []string{"Blood / Na", "Blood / K", "Urine / pH", "Urine / protein"}, rows: []string{"140|4.1|6|0"}, codes: []string{"line 0 skipped-lines"},
		},
		"sub-headers without merges, told by the types below": {
			sheet: rowsXML("id|Pressure||seen", "|upper|lower|on", "n:1|n:120|n:80|d:43531", "n:2|n:130|n:85|d:43531"),
			line:  1, columns: []string{"id", "Pressure / upper", "lower", "seen / on"}, rows: []string{"1|120|80|2019-03-07", "2|130|85|2019-03-07"},
		},
		"a merged header over rows of text": {
			sheet: merged(rowsXML("id|Address|", "a|12 Main St|Oldtown", "b|1 Hill|Newtown"), "B1:C1"),
			line:  1, columns: []string{"id", "Address", "Address / 3"}, rows: []string{"a|12 Main St|Oldtown", "b|1 Hill|Newtown"},
		},
		"an index without a name": {
			sheet: rowsXML("|id|name", "n:0|P1|Ann", "n:1|P2|Bob"),
			line:  1, columns: []string{"1", "id", "name"}, rows: []string{"0|P1|Ann", "1|P2|Bob"},
		},
		"a column without a name that half of the rows use": {
			sheet: rowsXML("id|name", "P1|Ann|x", "P2|Bob|y"),
			line:  1, columns: []string{"id", "name", "3"}, rows: []string{"P1|Ann|x", "P2|Bob|y"},
		},
		"data not at A1": {
			sheet: rowsXML("", "", "||id|name", "||n:1|Ann"),
			line:  3, columns: []string{"id", "name"}, rows: []string{"1|Ann"},
		},
		"no header": {
			sheet: rowsXML("P1|d:29254|b:1", "P2|d:29255|b:0"),
			line:  0, columns: []string{"1", "2", "3"}, rows: []string{"P1|1980-02-03|true", "P2|1980-02-04|false"}, codes: []string{"line 0 no-header"},
		},
		"years as names": {
			sheet: rowsXML("place|n:2019|n:2020", "A|n:1|n:2"),
			line:  1, columns: []string{"place", "2019", "2020"}, rows: []string{"A|1|2"},
		},
		"a single column": {
			sheet: rowsXML("Remarks", "good", "better"),
			line:  1, columns: []string{"Remarks"}, rows: []string{"good", "better"},
		},
		"a header without rows": {
			sheet: rowsXML("id|name"), line: 1, columns: []string{"id", "name"}, codes: []string{"line 0 no-rows"},
		},
		"a sparse sheet": {
			sheet: rowsXML("a|b|c|d|e|f|g", "|x", "|||y", "||||||z", "w"),
			line:  1, columns: []string{"a", "b", "c", "d", "e", "f", "g"}, rows: []string{"|x|||||", "|||y|||", "||||||z", "w||||||"},
		},
		"header asked for, of two rows": {
			sheet:   merged(rowsXML("x|y|z", "id|Name|", "|first|last", "n:1|Ann|Lee"), "A2:A3", "B2:C2"),
			options: extract.Options{Header: 2},
			line:    2, columns: []string{"id", "Name / first", "Name / last"}, rows: []string{"1|Ann|Lee"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			checkLayout(t, c)
		})
	}
}

func TestMergedDataIsFilledWhenAsked(t *testing.T) {
	t.Parallel()
	sheet := rowsXML("id|name|test|value", "n:1|Ann|Na|n:140", "||K|n:4", "||Cl|n:99", "n:2|Bob|pH|", "|||n:7")
	whole := []string{"A2:A4", "B2:B4", "C5:D5"}
	columns := []string{"id", "name", "test", "value"}
	for title, c := range map[string]layoutCase{
		"not asked": {
			sheet: merged(sheet, whole...), line: 1, columns: columns,
			rows: []string{"1|Ann|Na|140", "||K|4", "||Cl|99", "2|Bob|pH|", "|||7"}, codes: []string{"line 0 merged-cells"},
		},
		"filled": {
			sheet: merged(sheet, whole...), options: extract.Options{Merged: "fill"}, line: 1, columns: columns,
			rows: []string{"1|Ann|Na|140", "1|Ann|K|4", "1|Ann|Cl|99", "2|Bob|pH|pH", "|||7"},
		},
		"overlapping and in a circle": {
			sheet: merged(sheet, "A2:B3", "B3:C4", "A4:A2", "B2:B4", "A5:A1048576", "XFD1:A9", "A6:A6"), options: extract.Options{Merged: "fill"}, line: 1, columns: columns,
			rows: []string{"1|Ann|Na|140", "1|1|K|4", "||Cl|99", "2|Bob|pH|", "2|||7"}, codes: []string{"line 0 merged-cells"},
		},
		"over columns that are not the table's": {
			sheet: merged(sheet, "F2:H9", "D2:Z2"), options: extract.Options{Merged: "fill"}, line: 1, columns: columns,
			rows: []string{"1|Ann|Na|140", "||K|4", "||Cl|99", "2|Bob|pH|", "|||7"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			checkLayout(t, c)
		})
	}
}
