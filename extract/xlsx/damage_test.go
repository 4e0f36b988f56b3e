package xlsx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"chartlift/extract"
	"chartlift/extract/xlsx"
	"chartlift/internal/issue"
)

// refusal opens a file that cannot be read.
func refusal(t *testing.T, name string) *extract.OpenError {
	t.Helper()
	src, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, name, extract.Options{TempDir: t.TempDir()})
	if err == nil {
		_ = src.Close()
	}
	var known *extract.OpenError
	if !errors.As(err, &known) {
		t.Fatalf("%s: error %v", name, err)
	}
	return known
}

func TestAWorkbookWithAPasswordSaysSo(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	must(t, f.SetCellValue("Sheet1", "A1", "secret"))
	name := filepath.Join(t.TempDir(), "locked.xlsx")
	must(t, f.SaveAs(name, excelize.Options{Password: "swordfish"}))
	must(t, f.Close())
	err := refusal(t, name)
	if err.Code != "password" || !strings.Contains(err.Message, "msoffcrypto-tool -p PASSWORD "+name) {
		t.Errorf("%s: %v", err.Code, err)
	}
}

func TestOldWorkbooksAreToldHowToConvert(t *testing.T) {
	t.Parallel()
	dir := realDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.xls"))
	must(t, err)
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	for _, name := range files {
		err := refusal(t, name)
		if err.Code != "convert-first" || !strings.Contains(err.Message, "before 2007") || !strings.Contains(err.Message, "soffice --headless --convert-to xlsx "+name) {
			t.Errorf("%s: %v", err.Code, err)
		}
	}
}

func TestFilesThatAreNoWorkbookSayWhatToDo(t *testing.T) {
	t.Parallel()
	whole := rawBook(t, rowsXML("a|b", "n:1|n:2"))
	for title, tt := range map[string]struct {
		content []byte
		code    string
		words   string
	}{
		"cut short":       {whole[:len(whole)/2], "unreadable", "cut short"},
		"binary":          {zipOf(t, []part{{"[Content_Types].xml", "x"}, {"xl/workbook.bin", "x"}}), "convert-first", ".xlsb"},
		"Word":            {zipOf(t, []part{{"[Content_Types].xml", "x"}, {"word/document.xml", "x"}}), "unreadable", "no workbook in it"},
		"bad workbook":    {rawBook(t, "", part{"xl/workbook.xml", "<workbook><sheets>"}), "unreadable", "read workbook"},
		"bad styles":      {rawBook(t, rowsXML("a"), part{"xl/styles.xml", strings.Repeat(" ", 17<<20)}), "unreadable", "larger than"},
		"no directory":    {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 22)...), "convert-first", "damaged"},
		"odd container":   {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), "convert-first", "no such sector size"},
		"bad shared":      {rawBook(t, rowsXML("a"), part{"xl/sharedStrings.xml", "<sst><si><t>x"}), "unreadable", "shared strings"},
		"a document type": {rawBook(t, rowsXML("a"), part{"xl/sharedStrings.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><sst><si><t>&a;</t></si></sst>`}), "unreadable", "document type"},
	} {
		err := refusal(t, save(t, tt.content))
		if err.Code != tt.code || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: %s %v", title, err.Code, err)
		}
	}
}

// readUntilError returns how many rows came before the error.
func readUntilError(t *testing.T, content []byte) (rows int, err error) {
	t.Helper()
	src := open(t, save(t, content), extract.Options{})
	for b, failed := range src.Read(context.Background(), "S", func(issue.Issue) {}) {
		if failed != nil {
			return rows, failed
		}
		rows += len(b.Records)
	}
	return rows, nil
}

func TestRowsBeforeADamageAreReadAndItsPlaceIsNamed(t *testing.T) {
	t.Parallel()
	good := strings.TrimSuffix(rowsXML(append([]string{"id|name"}, slicesOf("n:1|Ann", 600)...)...), "</sheetData></worksheet>")
	for title, bad := range map[string]string{
		"cut short":           "",
		"cut in a tag":        `<row r="602"><c r="A602`,
		"cut in a cell":       `<row r="602"><c r="A602"><v>1`,
		"never closed":        `<row r="602"><c r="A602"><v>1</v></row></sheetData>`,
		"too many columns":    `<row r="602"><c r="XFE602"><v>1</v></c></row></sheetData>`,
		"the same cell again": `<row r="602">` + strings.Repeat(`<c r="A602"><v>1</v></c>`, 16385) + `</row></sheetData>`,
		"a huge tag":          `<row r="602" x="` + strings.Repeat("x", 3<<20) + `"/></sheetData>`,
		"a document type":     `<!DOCTYPE x><row/></sheetData>`,
		"cut CDATA":           `<row r="602"><c t="str"><v><![CDATA[x`,
		"cut comment":         `<!-- `,
	} {
		rows, err := readUntilError(t, rawBook(t, good+bad))
		if rows != 600 || err == nil || !strings.Contains(err.Error(), "row 60") {
			t.Errorf("%s: %d rows, %v", title, rows, err)
		}
	}
}

func slicesOf(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// TestBombsAreReadInFlatMemory opens sheets that unpack to a thousand times
// their size.
func TestBombsAreReadInFlatMemory(t *testing.T) {
	const size = 24 << 20
	head, tail := `<worksheet><sheetData><row r="1"><c t="str"><v>a</v></c></row>`, `</sheetData></worksheet>`
	for title, sheet := range map[string]func() string{
		"a cell": func() string {
			return head + `<row r="2"><c t="str"><v>` + strings.Repeat("x", size) + `</v></c></row>` + tail
		},
		"entities": func() string {
			return head + `<row r="2"><c t="str"><v>` + strings.Repeat("&amp;", size/5) + `</v></c></row>` + tail
		},
		"empty rows": func() string { return head + strings.Repeat(`<row/>`, size/6) + tail },
		"spaces":     func() string { return head + strings.Repeat(` `, size) + tail },
		"a wide header": func() string {
			return `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c><c r="XFD1" t="str"><v>b</v></c></row>` + strings.Repeat(`<row><c><v>1</v></c></row>`, 300) + tail
		},
	} {
		name := save(t, rawBook(t, sheet()))
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		src := open(t, name, extract.Options{})
		peak := before.HeapAlloc
		for _, err := range src.Read(context.Background(), "S", nil) {
			must(t, err)
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapAlloc)
		}
		if grown := peak - before.HeapAlloc; grown > 24<<20 {
			t.Errorf("%s: %d MiB", title, grown>>20)
		}
	}
}

func TestARowOfManyHugeCellsIsBounded(t *testing.T) {
	t.Parallel()
	var row strings.Builder
	for i := range 40 {
		fmt.Fprintf(&row, `<c r="%c2" t="str"><v>%s</v></c>`, 'A'+i%26, strings.Repeat("x", 1<<20-1))
	}
	values, codes := readRow(t, rawBook(t, underHeader(row.String())), extract.Options{})
	if len(values) != 1 || len(values[0].Text) > 1<<20 || len(codes) == 0 {
		t.Errorf("%d values, %v", len(values), codes)
	}
}

func TestSharedStringsBeyondMemoryAreSpilledAndRemoved(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<sst>")
	for i := range 30_000 {
		fmt.Fprintf(&b, "<si><t>text %d é</t></si>", i)
	}
	b.WriteString("<si><t>" + strings.Repeat("y", 1<<20+5) + "</t></si></sst>")
	dir := t.TempDir()
	texts, long, remove, err := xlsx.Texts(strings.NewReader(b.String()), dir, 1000, []int{0, 8192, 0, 16384, 29_999, 8192, 30_000, 30_001, -1})
	must(t, err)
	want := []string{"text 0 é", "text 8192 é", "text 0 é", "text 16384 é", "text 29999 é", "text 8192 é", strings.Repeat("y", 1<<20), "none", "none"}
	for i := range want {
		if texts[i] != want[i] {
			t.Errorf("text %d: %.40s", i, texts[i])
		}
	}
	if !long[30_000] || len(long) != 1 {
		t.Errorf("long texts %v", long)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files", len(left))
	}
	must(t, remove())
	must(t, remove())
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAMillionRowsAreReadInFlatMemory writes and reads a sheet with all the
// rows that Excel allows.
func TestAMillionRowsAreReadInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a sheet of a million rows")
	}
	const rows = 1<<20 - 1
	var b bytes.Buffer
	b.WriteString(`<worksheet><dimension ref="A1"/><sheetData><row r="1"><c r="A1" t="str"><v>id</v></c><c r="B1" t="str"><v>born</v></c></row>`)
	var row []byte
	for i := range rows {
		row = strconv.AppendInt(append(row[:0], `<row><c><v>`...), int64(i), 10)
		row = strconv.AppendInt(append(row, `</v></c><c s="1"><v>`...), int64(20000+i%20000), 10)
		b.Write(append(row, `</v></c></row>`...))
	}
	b.WriteString(`</sheetData></worksheet>`)
	name := save(t, rawBook(t, b.String()))
	b = bytes.Buffer{}
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	src := open(t, name, extract.Options{})
	n, peak, share := 0, uint64(0), 0.0
	var last extract.Record
	for batch, err := range src.Read(context.Background(), "S", nil) {
		must(t, err)
		n += len(batch.Records)
		last = batch.Records[len(batch.Records)-1]
		if batch.Share < share || batch.Share > 1 {
			t.Fatalf("share %f after %f", batch.Share, share)
		}
		share = batch.Share
		if batch.Seq%100 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
	if n != rows || last.Values[0].Text != "1048574" || last.Values[1].Text != "1978-03-25" || last.Origin.Line != 1<<20 || share < 0.99 {
		t.Errorf("%d rows, share %f, last %+v", n, share, last.Values)
	}
	if peak > before.HeapAlloc+32<<20 {
		t.Errorf("%d MiB of memory", (peak-before.HeapAlloc)>>20)
	}
}

func TestABigStreamedSheetIsReadWhole(t *testing.T) {
	t.Parallel()
	rows := 20_000
	if testing.Short() {
		rows = 2_000
	}
	name := filepath.Join(t.TempDir(), "big.xlsx")
	writeBig(t, name, rows)
	n, last := countRows(t, name)
	want := []extract.Value{
		number(fmt.Sprint(rows - 1)), text(fmt.Sprintf("P%06d", (rows-1)%5000)), text("Müller-Lüdenscheidt & Co"),
	}
	if n != rows || fmt.Sprint(last.Values[:3]) != fmt.Sprint(want) || last.Values[12] != null() || last.Values[7] != boolean("false") {
		t.Errorf("%d rows, last %+v", n, last.Values)
	}
}
