package csvfile_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/extract/extracttest"
)

// shared returns a path in the test data beside the repository, or skips the
// test.
func shared(t *testing.T, elements ...string) string {
	t.Helper()
	name := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, elements...)...)
	if _, err := os.Stat(name); err != nil {
		t.Skipf("%s is not there", name)
	}
	return name
}

func TestCSVKeepsTheContract(t *testing.T) {
	t.Parallel()
	text := func(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Text} }
	null, absent := extract.Value{Kind: extract.Null}, extract.Value{}
	extracttest.Run(t, csvfile.Format(), extracttest.Sample{
		Name: "visits.csv", Content: []byte("id,note\n1,\"\"\n2,\n3\n4,\"a\nb\"\n5,Jos\xe9,x\n"),
		Tables: []extracttest.Table{{
			Name: "visits", Columns: []string{"id", "note"}, Faults: []string{"", "", "ragged-row", "", "ragged-row"},
			Rows: [][]extract.Value{{text("1"), text("")}, {text("2"), null}, {text("3"), absent}, {text("4"), text("a\nb")}, {text("5"), text("José")}},
		}},
	})
}

// TestCSVSpectrum reads the acid test of maxogden/csv-spectrum.
func TestCSVSpectrum(t *testing.T) {
	t.Parallel()
	dir := shared(t, "csv-spectrum")
	files, err := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			expected, err := os.ReadFile(filepath.Join(dir, "json", strings.TrimSuffix(filepath.Base(name), ".csv")+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want []map[string]string
			if err := json.Unmarshal(expected, &want); err != nil {
				t.Fatal(err)
			}
			got := read(t, string(content), extract.Options{})
			rows := make([]map[string]string, 0, len(got.Rows))
			for _, r := range got.Rows {
				row := map[string]string{}
				for i, c := range got.Columns {
					row[c] = r[i]
				}
				rows = append(rows, row)
			}
			// The copies at hand have LF where the names say CRLF; the JSON of
			// that one file still has CRLF.
			if strings.Contains(name, "newlines_crlf") && !bytes.Contains(content, []byte("\r\n")) {
				want[1]["a"] = strings.ReplaceAll(want[1]["a"], "\r\n", "\n")
			}
			var codes []string
			if !bytes.HasSuffix(content, []byte("\n")) {
				codes = []string{fmt.Sprintf("row %d no-line-end", len(rows))}
			}
			if diff := cmp.Diff(want, rows); diff != "" || !slices.Equal(got.Codes, codes) {
				t.Errorf("%s\nissues %v", diff, got.Codes)
			}
		})
	}
}

// TestPollock reads files that were polluted on purpose (Vitagliano et al.,
// PVLDB 16(8), 2023) and measures how many rows come out as in the clean table.
func TestPollock(t *testing.T) {
	t.Parallel()
	files := untar(t, shared(t, "pollock", "polluted_files.tar.gz"))
	sound, faulty, lost, tables, perfect := 0, 0, 0, 0, 0
	for name, content := range files {
		dir, base := filepath.Split(name)
		if filepath.Base(dir) != "csv" || len(content) == 0 {
			continue
		}
		want := cleanRows(t, files[strings.Replace(name, "/csv/", "/clean/", 1)])
		got, err := tryRead(extract.FromBytes(base, content), extract.Options{})
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		if len(got.Rows) == 0 && len(got.Codes) == 0 {
			t.Errorf("%s: no rows and not a word", base)
		}
		good, bad := agreement(want, got)
		tables++
		sound, faulty, lost = sound+good, faulty+bad, lost+max(0, len(want)-good-bad)
		if good == len(want) {
			perfect++
		} else if !strings.HasPrefix(base, "row_") {
			t.Logf("%s: %d of %d rows, %d faults, %s", base, good, len(want), bad, got.source.Describe())
		}
	}
	all := float64(sound + faulty + lost)
	t.Logf("%d files, %d as the clean table; rows: %.2f %% equal, %.2f %% rejected, %.2f %% otherwise",
		tables, perfect, 100*float64(sound)/all, 100*float64(faulty)/all, 100*float64(lost)/all)
	if tables < 300 || float64(sound)/all < 0.91 {
		t.Errorf("%d files, agreement %.4f: worse than it was", tables, float64(sound)/all)
	}
}

// agreement counts the rows of got that are in want, and those with a Fault.
func agreement(want [][]string, got table) (good, bad int) {
	count := map[string]int{}
	for _, r := range want {
		count[strings.Join(r, "\x00")]++
	}
	for _, r := range append([][]string{got.Columns}, got.Rows...) {
		cells := slices.Clone(r)
		for i, c := range cells {
			if c == "<null>" || c == "<absent>" {
				cells[i] = ""
			}
		}
		if key := strings.Join(cells, "\x00"); count[key] > 0 {
			count[key]--
			good++
		}
	}
	for _, code := range got.Codes {
		if strings.HasSuffix(code, "ragged-row") || strings.HasSuffix(code, "unclosed-quote") {
			bad++
		}
	}
	return good, min(bad, len(want)-good)
}

func cleanRows(t *testing.T, content []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func untar(t *testing.T, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSyntheaHasAllItsRows compares with the counts that came with the data.
func TestSyntheaHasAllItsRows(t *testing.T) {
	t.Parallel()
	f, err := os.Open(shared(t, "synthea-ma", "CSV_ROWS.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, count, _ := strings.Cut(lines.Text(), "\t")
		want, _ := strconv.Atoi(count)
		if name == "claims_transactions.csv" {
			want = 20_000 // trimmed, says PROVENANCE.md
		}
		src, err := extract.Open(context.Background(), []extract.Format{csvfile.Format()}, shared(t, "synthea-ma", "csv", name+".gz"), extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for batch, err := range src.Read(context.Background(), strings.TrimSuffix(name, ".csv"), nil) {
			if err != nil {
				t.Fatal(err)
			}
			for _, rec := range batch.Records {
				if rec.Fault != nil {
					t.Errorf("%s: %s", rec.Origin, rec.Fault.Message)
				}
			}
			rows += len(batch.Records)
		}
		if rows != want {
			t.Errorf("%s: %d rows, want %d", name, rows, want)
		}
	}
}

// endless repeats rows up to a size, so that a large file needs no disk.
type endless struct {
	row  []byte
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for e.left > 0 && n+len(e.row) <= len(p) {
		n += copy(p[n:], e.row)
		e.left--
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestMemoryStaysFlatWhateverTheSize(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 45 MB")
	}
	row := []byte("2015-07-14T15:31:15Z,c8440e10-fcfa-1322-162b-a1b53b1b1c84,1501a4be-fb92-a1c3-a7f6-c1c9747462c0,laboratory,4548-4,Hemoglobin A1c,6.2,%,numeric\n")
	const rows = 300_000
	name := filepath.Join(t.TempDir(), "observations.csv")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, &endless{row: row, left: rows}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	src, err := extract.Open(context.Background(), []extract.Format{csvfile.Format()}, name, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	n, peak := 0, uint64(0)
	for batch, err := range src.Read(context.Background(), "observations", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if n += len(batch.Records); batch.Seq%100 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse)
		}
	}
	runtime.ReadMemStats(&now)
	t.Logf("%d rows, heap at most %d MB, %.3f allocations a row", n, peak>>20, float64(now.Mallocs-before.Mallocs)/rows)
	if n != rows || peak > 60<<20 || float64(now.Mallocs-before.Mallocs)/rows > 0.1 {
		t.Errorf("%d rows, heap %d MB, %d allocations", n, peak>>20, now.Mallocs-before.Mallocs)
	}
}
