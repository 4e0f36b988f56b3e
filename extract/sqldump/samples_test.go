package sqldump_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/sqldump"
	"chartlift/internal/issue"
)

var update = flag.Bool("update", false, "write the golden files")

// samples returns the dumps of testdata/dumps.
func samples(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "dumps", "*.sql"))
	if err != nil || len(names) < 8 {
		t.Fatalf("samples %v, %v", names, err)
	}
	return names
}

func sample(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "dumps", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestSamplesAreReadAsTheirGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for _, name := range samples(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			got := render(t, sample(t, filepath.Base(name)))
			golden := strings.TrimSuffix(name, ".sql") + ".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// render shows all that is read of a dump.
func render(t *testing.T, dump string) string {
	t.Helper()
	src := open(t, dump, extract.Options{})
	var b strings.Builder
	fmt.Fprintln(&b, src.(*sqldump.Source).Describe())
	for _, schema := range schemas(t, src) {
		fmt.Fprintf(&b, "\n%s (%s)\n", schema.Table, strings.Join(schema.Columns, ", "))
		note := func(is issue.Issue) {
			fmt.Fprintf(&b, "  %s line %d %s %s: %s\n", is.Severity, is.Origin.Line, is.Code, is.Column, is.Message)
		}
		for batch, err := range src.Read(context.Background(), schema.Table, note) {
			if err != nil {
				fmt.Fprintln(&b, "  error:", err)
				break
			}
			for _, rec := range batch.Records {
				fmt.Fprintf(&b, "%d: %s\n", rec.Origin.Line, show(rec.Values))
				if rec.Fault != nil {
					note(*rec.Fault)
				}
			}
		}
	}
	return b.String()
}

func schemas(t *testing.T, src extract.Source) []*extract.Schema {
	t.Helper()
	tables, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// show writes values so that their kinds can be told apart.
func show(values []extract.Value) string {
	all := make([]string, len(values))
	for i, v := range values {
		switch v.Kind {
		case extract.Absent:
			all[i] = "-"
		case extract.Null:
			all[i] = "NULL"
		case extract.Text:
			all[i] = fmt.Sprintf("%q", v.Text)
		case extract.Number:
			all[i] = v.Text
		case extract.Date:
			all[i] = "date " + v.Text
		case extract.Bool:
			all[i] = "bool " + v.Text
		}
	}
	return strings.Join(all, " | ")
}

// TestThreeWaysToDumpOneDatabaseGiveTheSameRows compares what pg_dump 15 wrote
// of one database as COPY, with --inserts and with --column-inserts.
func TestThreeWaysToDumpOneDatabaseGiveTheSameRows(t *testing.T) {
	t.Parallel()
	want := valuesOf(t, sample(t, "postgres_copy.sql"))
	if len(want) != 8 || len(want["public.patient"]) != 4 {
		t.Fatalf("tables %v", want)
	}
	for _, name := range []string{"postgres_inserts.sql", "postgres_column_inserts.sql"} {
		if diff := cmp.Diff(want, valuesOf(t, sample(t, name))); diff != "" {
			t.Errorf("%s (-copy +inserts):\n%s", name, diff)
		}
	}
}

func valuesOf(t *testing.T, dump string) map[string][]string {
	t.Helper()
	src := open(t, dump, extract.Options{})
	all := map[string][]string{}
	for _, schema := range schemas(t, src) {
		all[schema.Table] = nil
		for _, row := range read(t, src, schema.Table).Rows {
			all[schema.Table] = append(all[schema.Table], show(row))
		}
	}
	return all
}

func TestAScriptInUTF16IsReadLikeTheSameInUTF8(t *testing.T) {
	t.Parallel()
	plain := sample(t, "mssql.sql")
	for _, order := range []string{"little", "big"} {
		wide := []byte{0xff, 0xfe}
		if order == "big" {
			wide = []byte{0xfe, 0xff}
		}
		for _, u := range utf16.Encode([]rune(strings.ReplaceAll(plain, "\n", "\r\n"))) {
			if order == "little" {
				wide = append(wide, byte(u), byte(u>>8))
			} else {
				wide = append(wide, byte(u>>8), byte(u))
			}
		}
		if !sqldump.Format().Sniff("script.sql", wide) || sqldump.Format().Sniff("notes.txt", wide[:64]) {
			t.Errorf("%s-endian UTF-16 is not recognised", order)
		}
		want := valuesOf(t, strings.ReplaceAll(plain, "\n", "\r\n"))
		if diff := cmp.Diff(want, valuesOf(t, string(wide))); diff != "" {
			t.Errorf("%s-endian (-utf-8 +utf-16):\n%s", order, diff)
		}
	}
}
