package formats_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// save writes a file and returns its path.
func save(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, content, 0o600))
	return path
}

// outcome is what came of a file: the cells of its first table, row by row,
// faults by code, and the error that ended it.
type outcome struct {
	rows   []string
	faults map[int]string // by row, from 1
	err    error
}

// readAll opens the file with all formats and reads the table called name, or
// its only one.
func readAll(path, name string) (o outcome) {
	src, err := extract.Open(context.Background(), formats.All(), path, extract.Options{Name: "people"})
	if err != nil {
		return outcome{err: err}
	}
	defer func() { o.err = errors.Join(o.err, src.Close()) }()
	tables, err := src.Tables(context.Background())
	if err != nil || len(tables) == 0 {
		return outcome{err: err}
	}
	o.faults = map[int]string{}
	if name == "" {
		name = tables[0].Table
	}
	for batch, err := range src.Read(context.Background(), name, nil) {
		if err != nil {
			o.err = err
			return o
		}
		for _, r := range batch.Records {
			cells := make([]string, 0, len(r.Values))
			for _, v := range r.Values {
				if !v.Missing() {
					cells = append(cells, v.Text)
				}
			}
			o.rows = append(o.rows, strings.Join(cells, "|"))
			if r.Fault != nil {
				o.faults[len(o.rows)] = r.Fault.Code
			}
		}
	}
	return o
}

// texts returns the same people in each format that is a text, n of them, in
// the table named.
func texts(n int) map[string]struct{ text, table string } {
	var csv, dump, messages strings.Builder
	csv.WriteString("id,name\n")
	dump.WriteString("CREATE TABLE `people` (\n  `id` int,\n  `name` text\n);\n")
	for i := range n {
		name := fmt.Sprintf("Ann %x", i*2654435761%(1<<32)) // hard to compress
		fmt.Fprintf(&csv, "%d,%s\n", i, name)
		fmt.Fprintf(&dump, "INSERT INTO `people` VALUES (%d,'%s');\n", i, name)
		fmt.Fprintf(&messages, "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|%d|P|2.5\rPID|1||%d||%s\r", i, i, name)
	}
	return map[string]struct{ text, table string }{
		"people.csv": {csv.String(), "people"}, "people.sql": {dump.String(), "people"}, "people.hl7": {messages.String(), "PID"},
	}
}

func TestRowsBeforeTheDamageOfAnArchiveAreReadAndItsPlaceIsNamed(t *testing.T) {
	t.Parallel()
	const n = 20000
	place := regexp.MustCompile(`(line|row|message) [\d,]+`)
	for name, sample := range texts(n) {
		whole := readAll(save(t, name, []byte(sample.text)), sample.table)
		must(t, whole.err)
		if len(whole.rows) != n || len(whole.faults) > 0 {
			t.Fatalf("%s: %d rows, %v", name, len(whole.rows), whole.faults)
		}
		for kind, path := range map[string]string{
			"gzip cut short":                     save(t, name+".gz", cut(gzipped(t, sample.text))),
			"zip with other bytes in the middle": save(t, name+".zip", spoil(zipped(t, name, sample.text, 0))),
		} {
			got := readAll(path, sample.table)
			if !errors.Is(got.err, extract.ErrDamaged) || !place.MatchString(got.err.Error()) {
				t.Errorf("%s, %s: error %v", name, kind, got.err)
			}
			same := 0
			for same < len(got.rows) && last(got.rows[same]) == last(whole.rows[same]) {
				same++
			}
			if same < n/4 || strings.HasPrefix(kind, "gzip") && same < len(got.rows)-1 {
				t.Errorf("%s, %s: of %d rows %d are as they were, then %q", name, kind, len(got.rows), same, got.rows[min(same, len(got.rows)-1)])
			}
		}
	}
}

func TestAnArchiveThatIsDamagedAtItsBeginningIsStillNamedAsSuch(t *testing.T) {
	t.Parallel()
	for name, sample := range texts(20000) {
		whole := gzipped(t, sample.text)
		got := readAll(save(t, name+".gz", whole[:2000]), sample.table)
		if !errors.Is(got.err, extract.ErrDamaged) || len(got.rows) == 0 {
			t.Errorf("%s: %d rows, error %v", name, len(got.rows), got.err)
		}
	}
}

// last returns the last cell: messages that are damaged further on have other
// columns.
func last(row string) string { return row[strings.LastIndex(row, "|"):] }

// cut leaves out the last third.
func cut(b []byte) []byte { return b[:len(b)*2/3] }

// spoil changes bytes behind the middle.
func spoil(b []byte) []byte {
	b = bytes.Clone(b)
	for i := len(b) * 2 / 3; i < len(b)*2/3+64; i++ {
		b[i] = 0xff
	}
	return b
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	must(t, errors.Join(err, z.Close()))
	return b.Bytes()
}

// zipped returns an archive of one member with these flags (APPNOTE 4.4.4).
func zipped(t *testing.T, name, text string, flags uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	must(t, err)
	_, err = w.Write([]byte(text))
	must(t, errors.Join(err, z.Close()))
	out := b.Bytes()
	for _, header := range []struct {
		magic string
		flags int
	}{{"PK\x03\x04", 6}, {"PK\x01\x02", 8}} {
		if i := bytes.Index(out, []byte(header.magic)); i >= 0 {
			out[i+header.flags] |= byte(flags)
		}
	}
	return out
}

func TestAFileIsWhatItsBytesSayWhateverItIsCalled(t *testing.T) {
	t.Parallel()
	people := texts(3)
	for name, content := range map[string]string{
		"people.xlsx": people["people.csv"].text, "people.xls": strings.ReplaceAll(people["people.csv"].text, ",", "\t"), "people.sql": people["people.csv"].text,
		"people.db": people["people.csv"].text, "people.csv": people["people.sql"].text, "people.txt": people["people.sql"].text, "people.hl7": people["people.csv"].text,
		"people.zip": string(gzipped(t, people["people.csv"].text)), "people": string(zipped(t, "p.csv", people["people.csv"].text, 0)),
	} {
		got := readAll(save(t, name, []byte(content)), "")
		must(t, got.err)
		if diff := cmp.Diff([]string{"0|Ann 0", "1|Ann 9e3779b1", "2|Ann 3c6ef362"}, got.rows); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestAFileThatIsNoTableSaysWhatToDoWhateverItIsCalled(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 600)
	for name, tt := range map[string]struct{ content, code, advice string }{
		"report.csv": {"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "convert-first", "a PDF; export the table as CSV"},
		"page.xls":   {"<html><body><table><tr><td>1</td></tr></table></body></html>", "convert-first", "soffice --headless --convert-to xlsx"},
		"book.xls":   {"<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>", "convert-first", "XML spreadsheet of Excel 2003"},
		"old.csv":    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + zeros, "convert-first", "soffice"},
		"access.csv": {"\x00\x01\x00\x00Standard Jet DB\x00" + zeros, "convert-first", "mdb-export"},
		"new.mdb":    {"\x00\x01\x00\x00Standard ACE DB\x00" + zeros, "convert-first", "mdb-export"},
		"clinic.csv": {"PGDMP\x01\x0e\x00\x04\x08" + zeros, "convert-first", "pg_restore -f dump.sql"},
		"clinic.sql": {"TAPE\x00\x00\x03\x00" + zeros, "convert-first", "bcp"},
		"shut.zip":   {string(zipped(t, "p.csv", "id\n1\n", 1)), "password", "unzip -P"},
		"cut.zip":    {string(cut(zipped(t, "p.csv", texts(100)["people.csv"].text, 0))), "unreadable", "damaged or was cut short"},
		"cut.xlsx":   {string(cut(zipped(t, "xl/workbook.xml", texts(100)["people.csv"].text, 0))), "unreadable", "damaged or was cut short"},
		"cut.db":     {"SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20" + zeros, "unreadable", "SQLite"},
	} {
		got := readAll(save(t, name, []byte(tt.content)), "")
		var open *extract.OpenError
		if !errors.As(got.err, &open) || open.Code != tt.code || !strings.Contains(got.err.Error(), tt.advice) {
			t.Errorf("%s: %v; want %s … %s", name, got.err, tt.code, tt.advice)
		} else if strings.Count(got.err.Error(), ": "+tt.advice) > 1 || strings.Contains(got.err.Error(), "open ") {
			t.Errorf("the file is named more than once: %v", got.err)
		}
	}
}

func TestALoneSurrogateFaultsItsRowAndNoOther(t *testing.T) {
	t.Parallel()
	for name, sample := range texts(4) {
		for _, lone := range []uint16{0xd83d, 0xde00} {
			units := utf16.Encode([]rune(strings.Replace(sample.text, "Ann 9e3779b1", "Ann \u0001", 1)))
			b := []byte{0xff, 0xfe}
			for _, u := range units {
				if u == 1 {
					u = lone
				}
				b = append(b, byte(u), byte(u>>8))
			}
			got := readAll(save(t, name, b), sample.table)
			must(t, got.err)
			if diff := cmp.Diff(map[int]string{2: "bad-bytes"}, got.faults); diff != "" || len(got.rows) != 4 {
				t.Errorf("%s, %x: %d rows, faults %v", name, lone, len(got.rows), got.faults)
			}
		}
	}
}
