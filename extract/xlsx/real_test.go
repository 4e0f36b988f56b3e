package xlsx_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

// realDir holds workbooks that other programs made; their licences keep them
// out of this repository.
func realDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "spreadsheets")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not there", dir)
	}
	return dir
}

// realSheet is what openpyxl 3.1 reads of a sheet: sum is of all its cells, one
// line for each row. In three sheets of sheetjs_number_format.xlsm we differ on
// purpose, and only there: negative day numbers, for which Excel shows ####,
// and elapsed times are numbers.
type realSheet struct {
	file, sheet         string
	line, columns, rows int
	sum                 string
}

func realSheets() []realSheet {
	return []realSheet{
		{"csvkit_ne_1033_data.xlsx", "NE data", 1, 14, 1036, "1ed50833d39fbe4c"},
		{"csvkit_sheets.xlsx", "data", 1, 7, 5, "dbfd69628815974b"},
		{"csvkit_sheets.xlsx", "ʤ", 1, 3, 1, "c345301e50bdb894"},
		{"csvkit_test_skip_lines_1904.xlsx", "Sheet1", 4, 7, 5, "dbfd69628815974b"},
		{"openelis_lab_data.xlsx", "lab_data", 1, 11, 276, "c40ae79d8aa8bf8a"},
		{"openelis_lab_data.xlsx", "OpenErp Import Tests and panels", 1, 16, 203, "d42a0ab3acf7b8a3"},
		{"openelis_lab_data.xlsx", "Master", 1, 14, 243, "9de286f5433e7308"},
		{"openelis_lab_data.xlsx", "Numeric and Remarks Only", 1, 11, 176, "e5cab6adf851ee32"},
		{"openelis_lab_data.xlsx", "DropDown Only", 1, 11, 59, "1b830143b3071afa"},
		{"openelis_lab_data.xlsx", "Unique Panels", 1, 16, 43, "a867c1a0cf4d55dc"},
		{"openelis_lab_data.xlsx", "Unique Tests", 1, 16, 149, "777a2053dbf2d25f"},
		{"sheetjs_DataTypesFormats.xlsx", "Sheet1", 0, 2, 6, "659adb6838378c1a"},
		{"sheetjs_merge_cells.xlsx", "Merge", 1, 4, 2, "004efe1895a599c7"},
		{"sheetjs_number_format.xlsm", "Implied", 1, 6, 28, "689aeaf7e6727d75"},
		{"sheetjs_number_format.xlsm", "ImpliedNegative", 1, 6, 28, "1b7a5e5b2032e8d2"},
		{"sheetjs_number_format.xlsm", "2011", 0, 11, 64, "7840eb8775e9ac7f"},
		{"sheetjs_number_format.xlsm", "Miscellany", 0, 1, 9, "22bb5f11d309da1b"},
		{"sheetjs_number_format.xlsm", "SSF", 0, 11, 12, "a7c5843076ed82f9"},
		{"sheetjs_sheet_visibility.xlsx", "Visible", 1, 7, 1, "3ab6191ce1cae6c3"},
		{"sheetjs_sheet_visibility.xlsx", "Hidden", 1, 6, 1, "a52c200cf2abdf41"},
		{"sheetjs_sheet_visibility.xlsx", "VeryHidden", 1, 10, 1, "bd5b24e4ccf04918"},
		{"ucum_example_units.xlsx", "Example UCUM v1.5 2020_June", 2, 10, 848, "5ee9df2553cb43e7"},
		{"ucum_example_units.xlsx", "PREFACE", 1, 1, 9, "57a714e325bc1c2b"},
		{"ucum_example_units.xlsx", "REVISIONS LOG", 1, 10, 85, "6b82936fd24bae24"},
	}
}

// sumOf is the checksum of the rows as realSheet has it.
func sumOf(lines []string) string {
	sum := sha256.New()
	for _, l := range lines {
		_, _ = fmt.Fprintf(sum, "%s\n", strings.ReplaceAll(l, "T00:00:00", ""))
	}
	return fmt.Sprintf("%x", sum.Sum(nil))[:16]
}

func TestRealWorkbooksHaveTheCellsThatOpenpyxlSees(t *testing.T) {
	t.Parallel()
	dir := realDir(t)
	byFile := map[string][]realSheet{}
	for _, s := range realSheets() {
		byFile[s.file] = append(byFile[s.file], s)
	}
	for file, want := range byFile {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			src := open(t, filepath.Join(dir, file), extract.Options{})
			tables, err := src.Tables(context.Background())
			must(t, err)
			var got []realSheet
			for _, schema := range tables {
				lines, _ := show(t, src, schema.Table)
				got = append(got, realSheet{file, schema.Table, int(schema.Line), len(schema.Columns), len(lines), sumOf(lines)})
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(realSheet{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
