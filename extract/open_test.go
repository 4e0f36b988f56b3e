package extract_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
)

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func gzipped(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// firstCells opens path and returns its table's name and the first cell of each
// row.
func firstCells(path string, o extract.Options) (schema *extract.Schema, cells []string, err error) {
	src, err := extract.Open(context.Background(), formats.All(), path, o)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	tables, err := src.Tables(context.Background())
	if err != nil {
		return nil, nil, err
	}
	for batch, err := range src.Read(context.Background(), tables[0].Table, nil) {
		if err != nil {
			return tables[0], cells, err
		}
		for _, rec := range batch.Records {
			cells = append(cells, rec.Values[0].Text)
		}
	}
	return tables[0], cells, nil
}

func TestFilesAreReadWhateverTheirWrapping(t *testing.T) {
	t.Parallel()
	const content = "id,name\n1,Ann\n2,Bob\n"
	dir := t.TempDir()
	tests := map[string]struct{ path, source string }{
		"plain":          {write(t, filepath.Join(dir, "plain", "patients.csv"), []byte(content)), "patients.csv"},
		"gzip":           {write(t, filepath.Join(dir, "gz", "patients.csv.gz"), gzipped(t, content)), "patients.csv.gz"},
		"gzip by bytes":  {write(t, filepath.Join(dir, "raw", "patients.csv"), gzipped(t, content)), "patients.csv"},
		"zip of one":     {write(t, filepath.Join(dir, "one.zip"), zipped(t, map[string]string{"x/patients.csv": content})), "one.zip"},
		"zip member":     {write(t, filepath.Join(dir, "two.zip"), zipped(t, map[string]string{"x/patients.csv": content, "b.csv": "z"})) + "!x/patients.csv", "two.zip!x/patients.csv"},
		"gzip in zip":    {write(t, filepath.Join(dir, "3.zip"), zipped(t, map[string]string{"patients.csv.gz": string(gzipped(t, content)), "b": "z"})) + "!patients.csv.gz", "3.zip!patients.csv.gz"},
		"a ! in a name":  {write(t, filepath.Join(dir, "a.zip!x", "patients.csv"), []byte(content)), "patients.csv"},
		"upper-case ZIP": {write(t, filepath.Join(dir, "TWO.ZIP"), zipped(t, map[string]string{"patients.csv": content, "b.csv": "z"})) + "!patients.csv", "TWO.ZIP!patients.csv"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema, cells, err := firstCells(tt.path, extract.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"1", "2"}, cells); diff != "" {
				t.Error(diff)
			}
			want := &extract.Schema{Source: tt.source, Table: "patients", Columns: []string{"id", "name"}, Line: 1}
			if diff := cmp.Diff(want, schema); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheNameGivenIsTheSourceShown(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "p.csv"), []byte("id\n1\n"))
	schema, _, err := firstCells(path, extract.Options{Name: "north/p.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if schema.Source != "north/p.csv" {
		t.Errorf("source %q", schema.Source)
	}
}

func TestFilesThatCannotBeReadSayWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name, content string) string { return write(t, filepath.Join(dir, name), []byte(content)) }
	tests := map[string]struct{ path, code, advice string }{
		"missing":          {filepath.Join(dir, "nowhere.csv"), "no-such-file", "no such file"},
		"folder":           {dir, "is-a-directory", "folder"},
		"empty":            {in("empty.csv", ""), "empty-file", "empty"},
		"empty gzip":       {in("empty.csv.gz", string(gzipped(t, ""))), "empty-file", "empty"},
		"xls":              {in("old.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"+strings.Repeat("\x00", 600)), "convert-first", "soffice --headless --convert-to xlsx"},
		"Access":           {in("old.mdb", "\x00\x01\x00\x00Standard Jet DB\x00"+strings.Repeat("\x00\x01", 600)), "convert-first", "mdb-export"},
		"pg_dump":          {in("db.dump", "PGDMP\x01\x0e\x00\x04"+strings.Repeat("\x00\x01", 100)), "convert-first", "pg_restore -f dump.sql"},
		"backup":           {in("db.bak", "TAPE\x00\x00\x03\x00"+strings.Repeat("\x00", 600)), "convert-first", "bcp"},
		"PDF":              {in("list.pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"+strings.Repeat("\x01\x02", 50)), "convert-first", "CSV"},
		"SQLite":           {in("a.db", "SQLite format 3\x00"+strings.Repeat("\x00\x01", 600)), "unreadable", "no SQLite database that can be read"},
		"OpenDocument":     {in("a.ods", string(zipped(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}))), "convert-first", "soffice"},
		"a zip in a zip":   {in("outer.zip", string(zipped(t, map[string]string{"inner.zip": string(zipped(t, map[string]string{"a.csv": "x,y\n1,2\n"}))}))) + "!inner.zip", "convert-first", "unzip inner.zip, after it was taken out of the archive: unzip "},
		"several members":  {in("many.zip", string(zipped(t, map[string]string{"a.csv": "x", "b.csv": "y"}))), "several-files", "many.zip!FILE"},
		"member not there": {in("few.zip", string(zipped(t, map[string]string{"a.csv": "x"}))) + "!b.csv", "no-such-file", "no such file"},
		"broken zip":       {in("broken.zip", "PK\x03\x04rubbish"), "unreadable", "cannot be read"},
		"JSON lines":       {in("adt", "{\"id\":1}\n"), "unknown-format", "csv"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := firstCells(tt.path, extract.Options{})
			var open *extract.OpenError
			if !errors.As(err, &open) {
				t.Fatalf("error %v is no OpenError", err)
			}
			if open.Code != tt.code || !strings.Contains(err.Error(), tt.advice) {
				t.Errorf("%s: %v; want %s … %s", open.Code, err, tt.code, tt.advice)
			}
		})
	}
}

func TestAGzipFileCutShortIsAnErrorAndItsLastRowIsNotRead(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("id,name\n")
	for range 5000 {
		b.WriteString("1000001,Ann Smith-Jones of Anytown\n")
	}
	whole := gzipped(t, b.String())
	path := write(t, filepath.Join(t.TempDir(), "cut.csv.gz"), whole[:len(whole)-20])
	_, cells, err := firstCells(path, extract.Options{})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	if slices.ContainsFunc(cells, func(c string) bool { return c != "1000001" }) {
		t.Error("half a row was read as a whole one")
	}
}

// zeros is what a decompression bomb is made of.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestADecompressionBombIsRefused(t *testing.T) {
	t.Parallel()
	n, err := io.Copy(io.Discard, extract.LimitGrowth(zeros{}, 1000, "bomb.csv.gz"))
	var open *extract.OpenError
	if !errors.As(err, &open) || open.Code != "bomb" || open.Path != "bomb.csv.gz" {
		t.Errorf("error %v", err)
	}
	if n > 1<<30 {
		t.Errorf("%d bytes came through", n)
	}
	if _, err := io.CopyN(io.Discard, extract.LimitGrowth(zeros{}, 2<<20, "big.csv.gz"), 1<<30+1<<20); err != nil {
		t.Errorf("a big file that grows 500 times: %v", err)
	}
}

func TestASourceExpandsToItsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "sub/c.csv", ".hidden/d.csv", ".DS_Store"} {
		write(t, filepath.Join(dir, name), []byte("x"))
	}
	write(t, filepath.Join(dir, "z.zip"), zipped(t, map[string]string{"p.csv": "x", "__MACOSX/p.csv": "x", "q/._r.csv": "x", "dir/": ""}))
	write(t, filepath.Join(dir, "w.xlsx"), zipped(t, map[string]string{"xl/workbook.xml": "x"}))
	got, err := extract.Expand(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = strings.TrimPrefix(filepath.ToSlash(got[i]), filepath.ToSlash(dir)+"/")
	}
	if diff := cmp.Diff([]string{"a.csv", "b.csv", "sub/c.csv", "w.xlsx", "z.zip!p.csv"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestExpandKeepsASingleFileAndNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a.csv"), []byte("x"))
	for _, p := range []string{"-", path} {
		if got, err := extract.Expand(context.Background(), p, nil); err != nil || !slices.Equal(got, []string{p}) {
			t.Errorf("%s: %v %v", p, got, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "none"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{"gone": "no-such-file", "none": "empty-file"} {
		var open *extract.OpenError
		if _, err := extract.Expand(context.Background(), filepath.Join(dir, name), nil); !errors.As(err, &open) || open.Code != code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormatsThatSeekGetAFileThatCloseRemoves(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	path := write(t, filepath.Join(t.TempDir(), "a.csv.gz"), gzipped(t, "id\n1\n"))
	var seen string
	seeker := extract.Format{
		Name:  "seek",
		Sniff: func(name string, head []byte) bool { return name == "a.csv" && string(head) == "id\n1\n" },
		Open: func(ctx context.Context, in *extract.Input, _ extract.Options) (extract.Source, error) {
			var err error
			if seen, err = in.File(ctx); err != nil {
				return nil, err
			}
			content, err := os.ReadFile(seen)
			if err != nil || string(content) != "id\n1\n" {
				t.Errorf("spooled %q, %v", content, err)
			}
			stat, err := os.Stat(seen)
			if err != nil || stat.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", stat.Mode(), err)
			}
			return nil, errors.New("enough")
		},
	}
	if _, err := extract.Open(context.Background(), []extract.Format{seeker}, path, extract.Options{TempDir: temp}); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("error %v", err)
	}
	if filepath.Dir(seen) != temp {
		t.Errorf("spooled to %s", seen)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStandardInputIsSpooledAndRemoved(t *testing.T) {
	temp := t.TempDir()
	path := write(t, filepath.Join(t.TempDir(), "in"), gzipped(t, "id\n7\n"))
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = stdin; _ = f.Close() })
	schema, cells, err := firstCells("-", extract.Options{TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	if schema.Source != "stdin" || schema.Table != "stdin" || !slices.Equal(cells, []string{"7"}) {
		t.Errorf("%+v %v", schema, cells)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCodesAreSortedAndComplete(t *testing.T) {
	t.Parallel()
	codes := extract.Codes()
	for i, c := range codes {
		if c.Title == "" || c.Fix == "" || i > 0 && codes[i-1].Code >= c.Code {
			t.Errorf("code %+v", c)
		}
	}
}
