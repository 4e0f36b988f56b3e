package sqlitefile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"

	"chartlift/extract"
	"chartlift/extract/extracttest"
	"chartlift/extract/sqlitefile"
	"chartlift/internal/issue"
)

func text(s string) extract.Value   { return extract.Value{Text: s, Kind: extract.Text} }
func number(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Number} }
func null() extract.Value           { return extract.Value{Kind: extract.Null} }

// must stops the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run makes a database of statements and leaves it open, so that a journal may
// stay behind.
func run(t *testing.T, name string, statements ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+name)
	must(t, err)
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return db
}

func build(t *testing.T, statements ...string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "made.db")
	must(t, run(t, name, statements...).Close())
	content, err := os.ReadFile(name)
	must(t, err)
	return content
}

func clinic() []string {
	return []string{
		"CREATE TABLE patient (id INTEGER PRIMARY KEY, `na\"me` TEXT, born DATE, seen TIMESTAMP, alive BOOLEAN, weight REAL, photo BLOB, note)",
		`INSERT INTO patient VALUES
			(7, 'Zoë', '1980-02-03', '2019-03-07 10:00:00', 1, 70.1, x'00ff', ''),
			(9, 'O''Hara', 1234567890, 1552000000, 'yes', 12, 'plain', NULL),
			(11, NULL, 'unknown', '0000-00-00 00:00:00', NULL, 1e-30, NULL, '007')`,
		"CREATE TABLE empty (a, b)",
		"CREATE TABLE `odd ``name` (k TEXT PRIMARY KEY, v) WITHOUT ROWID",
		"INSERT INTO `odd ``name` VALUES ('b', 9223372036854775807), ('a', -0.5)",
		"CREATE VIEW older AS SELECT id, id * 2 AS twice, count(*) FROM patient GROUP BY id HAVING id > 8",
	}
}

func TestDatabasesKeepTheContract(t *testing.T) {
	t.Parallel()
	extracttest.Run(t, sqlitefile.Format(), extracttest.Sample{
		Name: "clinic.sqlite", Content: build(t, clinic()...), NoLines: true,
		Tables: []extracttest.Table{
			{
				Name: "patient", Columns: []string{"id", `na"me`, "born", "seen", "alive", "weight", "photo", "note"},
				Rows: [][]extract.Value{
					{number("7"), text("Zoë"), text("1980-02-03"), text("2019-03-07 10:00:00"), number("1"), number("70.1"), text("00ff"), text("")},
					{number("9"), text("O'Hara"), number("1234567890"), number("1552000000"), text("yes"), number("12"), text("plain"), null()},
					{number("11"), null(), text("unknown"), text("0000-00-00 00:00:00"), null(), number("1e-30"), null(), text("007")},
				},
			},
			{Name: "empty", Columns: []string{"a", "b"}},
			{Name: "odd `name", Columns: []string{"k", "v"}, Rows: [][]extract.Value{{text("a"), number("-0.5")}, {text("b"), number("9223372036854775807")}}},
			{Name: "older", Columns: []string{"id", "twice", "count(*)"}, Rows: [][]extract.Value{{number("9"), number("18"), number("1")}, {number("11"), number("22"), number("1")}}},
		},
	})
}

func open(t *testing.T, name string, o extract.Options) (extract.Source, error) {
	t.Helper()
	src, err := extract.Open(context.Background(), []extract.Format{sqlitefile.Format()}, name, o)
	if err == nil {
		t.Cleanup(func() { must(t, src.Close()) })
	}
	return src, err
}

func save(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a#b?c%20.db")
	must(t, os.WriteFile(name, content, 0o600))
	return name
}

func names(t *testing.T, src extract.Source) []string {
	t.Helper()
	tables, err := src.Tables(context.Background())
	must(t, err)
	var all []string
	for _, schema := range tables {
		all = append(all, schema.Table)
	}
	return all
}

// read returns the first cells of the rows, and what was reported.
func read(src extract.Source, table string) (cells []string, codes []string, err error) {
	report := func(is issue.Issue) { codes = append(codes, is.Code) }
	for batch, failed := range src.Read(context.Background(), table, report) {
		if failed != nil {
			return cells, codes, failed
		}
		for _, rec := range batch.Records {
			cells = append(cells, rec.Values[0].Text)
			if rec.Fault != nil {
				codes = append(codes, rec.Fault.Code)
			}
		}
	}
	return cells, codes, nil
}

func TestViewsAndTablesMayBeChosen(t *testing.T) {
	t.Parallel()
	name := save(t, build(t, clinic()...))
	for _, tt := range []struct {
		options extract.Options
		want    []string
	}{
		{extract.Options{}, []string{"patient", "empty", "odd `name", "older"}},
		{extract.Options{Table: "OLDER"}, []string{"older"}},
	} {
		src, err := open(t, name, tt.options)
		must(t, err)
		if diff := cmp.Diff(tt.want, names(t, src)); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := open(t, name, extract.Options{Table: "nowhere"}); !errors.Is(err, extract.ErrNoTable) {
		t.Errorf("error %v", err)
	}
}

func TestABrokenViewIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	src, err := open(t, save(t, build(t,
		"CREATE TABLE a (x)", "INSERT INTO a VALUES (1)", "CREATE TABLE b (y)", "CREATE VIEW v AS SELECT y FROM b", "DROP TABLE b",
		"CREATE VIRTUAL TABLE notes USING fts4(body)", "INSERT INTO notes VALUES ('cough')",
	)), extract.Options{})
	must(t, err)
	if diff := cmp.Diff([]string{"a", "notes"}, names(t, src)); diff != "" {
		t.Error(diff)
	}
	cells, codes, err := read(src, "a")
	must(t, err)
	if diff := cmp.Diff([]string{"1 broken-view", "cough"}, []string{cells[0] + " " + strings.Join(codes, ","), first(t, src, "notes")}); diff != "" {
		t.Error(diff)
	}
}

func first(t *testing.T, src extract.Source, table string) string {
	t.Helper()
	cells, _, err := read(src, table)
	must(t, err)
	if len(cells) == 0 {
		t.Fatalf("%s has no rows", table)
	}
	return cells[0]
}

func TestBadTextIsAFaultOrAWarning(t *testing.T) {
	t.Parallel()
	src, err := open(t, save(t, build(t, "CREATE TABLE a (x)", "INSERT INTO a VALUES (CAST(x'4ee962' AS TEXT)), (CAST(x'410042' AS TEXT)), ('ok')")), extract.Options{})
	must(t, err)
	cells, codes, err := read(src, "a")
	must(t, err)
	if diff := cmp.Diff([]string{"N\uFFFDb", "AB", "ok", "nul-byte", "bad-bytes"}, append(cells, codes...)); diff != "" {
		t.Error(diff)
	}
}

func TestRowsComeInBatchesAndAreNotHeld(t *testing.T) {
	t.Parallel()
	src, err := open(t, save(t, build(t, "CREATE TABLE n (i)", "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO n SELECT i FROM c")), extract.Options{})
	must(t, err)
	batches, last := 0, extract.Record{}
	for b, err := range src.Read(context.Background(), "n", nil) {
		must(t, err)
		batches++
		last = b.Records[len(b.Records)-1]
	}
	want := issue.Origin{Source: "a#b?c%20.db", Table: "n", Row: 5000}
	if batches != 10 || last.Values[0].Text != "5000" || last.Origin != want {
		t.Errorf("%d batches, last %+v", batches, last)
	}
}

func TestAViewWithoutEndCanBeStopped(t *testing.T) {
	t.Parallel()
	src, err := open(t, save(t, build(t, "CREATE VIEW v AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c")), extract.Options{})
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	var last error
	for _, err := range src.Read(ctx, "v", nil) {
		last = err
	}
	if !errors.Is(last, context.DeadlineExceeded) {
		t.Errorf("error %v", last)
	}
}

// TestChangesInAJournalAreRead reads a database whose program was not ended,
// and leaves its files as they are.
func TestChangesInAJournalAreRead(t *testing.T) {
	t.Parallel()
	dir, temp := t.TempDir(), t.TempDir()
	name := filepath.Join(dir, "live.db")
	db := run(t, name, "PRAGMA journal_mode = WAL", "CREATE TABLE a (x)", "INSERT INTO a VALUES (1), (2)")
	t.Cleanup(func() { _ = db.Close() })
	before := sums(t, dir)
	src, err := open(t, name, extract.Options{TempDir: temp})
	must(t, err)
	cells, _, err := read(src, "a")
	must(t, err)
	if diff := cmp.Diff([]string{"1", "2"}, cells); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, sums(t, dir)); diff != "" {
		t.Errorf("the user's files changed: %s", diff)
	}
	must(t, src.Close())
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTheUsersFileIsNeverChanged(t *testing.T) {
	t.Parallel()
	name := save(t, build(t, clinic()...))
	before := sums(t, filepath.Dir(name))
	src, err := open(t, name, extract.Options{})
	must(t, err)
	_, _, err = read(src, "patient")
	must(t, err)
	must(t, src.Close())
	if diff := cmp.Diff(before, sums(t, filepath.Dir(name))); diff != "" {
		t.Error(diff)
	}
}

// sums returns the checksum of every file in a folder.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	all := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		all[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return all
}

func TestFilesThatCannotBeReadSayWhy(t *testing.T) {
	t.Parallel()
	whole := build(t, clinic()...)
	random := make([]byte, 8192)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(random)
	broken := bytes.Clone(whole)
	for i := 100; i < 4096; i++ {
		broken[i] = 0xff
	}
	for title, tt := range map[string]struct {
		content []byte
		code    string
		words   string
	}{
		"encrypted":     {random, "password", "sqlcipher"},
		"broken":        {broken, "unreadable", "damaged"},
		"header only":   {whole[:100], "unreadable", "no SQLite database that can be read"},
		"no page size":  {append([]byte("SQLite format 3\x00"), make([]byte, 500)...), "unreadable", "damaged"},
		"half a header": {whole[:50], "unreadable", "no SQLite database"},
	} {
		_, err := open(t, save(t, tt.content), extract.Options{})
		var known *extract.OpenError
		if !errors.As(err, &known) || known.Code != tt.code || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: %v", title, err)
		}
	}
}

func TestRowsBeforeADamageAreRead(t *testing.T) {
	t.Parallel()
	whole := build(t, "CREATE TABLE n (i, filler)", "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000) INSERT INTO n SELECT i, printf('%0200d', i) FROM c")
	if _, err := open(t, save(t, whole[:len(whole)/2]), extract.Options{}); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("half a database: %v", err)
	}
	copy(whole[len(whole)/2:], bytes.Repeat([]byte{0xff}, 8192))
	src, err := open(t, save(t, whole), extract.Options{})
	must(t, err)
	cells, _, err := read(src, "n")
	if len(cells) < 100 || len(cells) >= 2000 || cells[len(cells)-1] != fmt.Sprint(len(cells)) {
		t.Errorf("%d rows", len(cells))
	}
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("after row %d", len(cells))) || !strings.Contains(err.Error(), ".recover") {
		t.Errorf("error %v", err)
	}
}

func TestAHugeValueIsAnErrorAndNoMemory(t *testing.T) {
	t.Parallel()
	src, err := open(t, save(t, build(t, "CREATE TABLE a (x)", "INSERT INTO a VALUES ('small')", "CREATE VIEW big AS SELECT x FROM a UNION ALL SELECT hex(zeroblob(40000000))")), extract.Options{})
	must(t, err)
	cells, _, err := read(src, "big")
	if len(cells) != 1 || err == nil || !strings.Contains(err.Error(), "more than 64 MiB") {
		t.Errorf("rows %q, error %v", cells, err)
	}
}

// TestTheOMOPDatabaseHasTheRowsOfItsCSVFiles compares every table with the CSV
// file that it was made from.
func TestTheOMOPDatabaseHasTheRowsOfItsCSVFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "data", "omop-synthea27nj")
	packed := filepath.Join(dir, "synthea27nj.sqlite.gz")
	if _, err := os.Stat(packed); err != nil {
		t.Skipf("%s is not there", packed)
	}
	start := time.Now()
	src, err := open(t, packed, extract.Options{TempDir: t.TempDir()})
	must(t, err)
	files := csvCounts(t, filepath.Join(dir, "Synthea27Nj_5.4.zip"))
	tables, rows := 0, 0
	for _, table := range names(t, src) {
		cells, _, err := read(src, table)
		must(t, err)
		want, ok := files[strings.ToLower(table)]
		if !ok || len(cells) != want {
			t.Errorf("%s: %d rows, the CSV file has %d", table, len(cells), want)
		}
		tables, rows = tables+1, rows+len(cells)
	}
	if tables != 38 || rows != 27615 {
		t.Errorf("%d tables, %d rows", tables, rows)
	}
	t.Logf("%d tables, %d rows, %v", tables, rows, time.Since(start))
}

// csvCounts counts the records of the CSV files in an archive.
func csvCounts(t *testing.T, archive string) map[string]int {
	t.Helper()
	all := map[string]int{}
	members, err := extract.Expand(context.Background(), archive, nil)
	must(t, err)
	text := extract.Format{Name: "any", Sniff: func(string, []byte) bool { return true }}
	for _, m := range members {
		if strings.HasSuffix(m, "CONCEPT_RELATIONSHIP.csv") {
			continue // the database was made without it
		}
		text.Open = func(_ context.Context, in *extract.Input, _ extract.Options) (extract.Source, error) {
			body, err := in.Open()
			if err != nil {
				return nil, err
			}
			defer func() { _ = body.Close() }()
			r := csv.NewReader(body)
			r.LazyQuotes, r.FieldsPerRecord = true, -1
			n := -1
			for ; err == nil; n++ {
				_, err = r.Read()
			}
			all[strings.ToLower(in.Table())] = n - 1
			if !errors.Is(err, io.EOF) {
				return nil, err
			}
			return nil, errCounted
		}
		_, err := extract.Open(context.Background(), []extract.Format{text}, m, extract.Options{})
		if !errors.Is(err, errCounted) {
			t.Fatal(err)
		}
	}
	return all
}

var errCounted = errors.New("counted")

func FuzzOpen(f *testing.F) {
	f.Add([]byte("SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20"))
	name := filepath.Join(f.TempDir(), "seed.db")
	db, err := sql.Open("sqlite3", "file:"+name)
	if err == nil {
		_, err = db.Exec("PRAGMA page_size = 512; CREATE TABLE a (x, y); INSERT INTO a VALUES (1, 'b')")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, content []byte) {
		name := filepath.Join(t.TempDir(), "a.db")
		must(t, os.WriteFile(name, content, 0o600))
		src, err := extract.Open(context.Background(), []extract.Format{sqlitefile.Format()}, name, extract.Options{})
		if err != nil {
			return
		}
		defer func() { _ = src.Close() }()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		for _, table := range names(t, src) {
			for b, err := range src.Read(ctx, table, nil) {
				if err == nil && len(b.Records) == 0 {
					t.Error("an empty batch")
				}
			}
		}
	})
}
