package sqldump_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"chartlift/extract"
	"chartlift/extract/sqldump"
)

// shared is the folder of a set of real dumps, which is no part of the project.
func shared(parts ...string) string {
	return filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
}

// TestRealDumpsHaveTheRowsThatADatabaseCounts compares every table with the
// counts that a database gave after loading the same files.
func TestRealDumpsHaveTheRowsThatADatabaseCounts(t *testing.T) {
	t.Parallel()
	sets := []struct{ folder, file, dialect string }{
		{"openhospital-mariadb", "load_demo_data.sql.gz", "mysql"},
		{"openmrs-bahmni-mysql", "openmrs_backup_v0.92.sql.gz", "mysql"},
		{"openemr-mysql", "database.sql.gz", "mysql"},
		{"openelis-bahmni-postgres", "openelis_backup_v0.92.sql.gz", "postgres"},
	}
	for _, set := range sets {
		t.Run(set.folder, func(t *testing.T) {
			t.Parallel()
			counts := rowCounts(t, shared(set.folder, "ROWCOUNTS.tsv"))
			got := countRows(t, shared(set.folder, set.file), set.dialect)
			for table, n := range got {
				if want, known := counts[strings.ToLower(table)]; !known || n != want {
					t.Errorf("%s: %d rows, want %d", table, n, want)
				}
				delete(counts, strings.ToLower(table))
			}
			for table, n := range counts { // a dump of data alone says nothing of empty tables
				if n > 0 {
					t.Errorf("%s is missing, with %d rows", table, n)
				}
			}
		})
	}
}

func TestSQLServerScriptsHaveTheRowsOfTheirInserts(t *testing.T) {
	t.Parallel()
	patients := countRows(t, shared("patienthub-mssql", "setup-reset.sql"), "mssql")
	if len(patients) != 1 || patients["Patient"] != 20 {
		t.Errorf("patienthub %v", patients)
	}
	// The counts of INSERT lines by grep.
	want := map[string]int{
		"Order Details": 2155, "Orders": 830, "Customers": 91, "Products": 77, "Territories": 53, "EmployeeTerritories": 49,
		"Suppliers": 29, "Employees": 9, "Categories": 8, "Region": 4, "Shippers": 3, "CustomerDemographics": 0, "CustomerCustomerDemo": 0,
	}
	got := countRows(t, shared("northwind-mssql", "instnwnd.sql.gz"), "mssql")
	for table, n := range want {
		if m, known := got[table]; !known || m != n {
			t.Errorf("northwind %s: %d rows, want %d", table, m, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("northwind tables %v", got)
	}
}

// countRows reads every table of a dump and allows no trouble but NUL bytes.
func countRows(t *testing.T, name, dialect string) map[string]int {
	t.Helper()
	content := gunzip(t, name)
	src := open(t, content, extract.Options{})
	if got := src.(*sqldump.Source).Describe(); !strings.HasPrefix(got, dialect) {
		t.Errorf("%s was taken for a %s", name, got)
	}
	tables, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	counts, total, start := map[string]int{}, 0, time.Now()
	for _, schema := range tables {
		got := read(t, src, schema.Table)
		counts[schema.Table] = len(got.Rows)
		total += len(got.Rows)
		for _, code := range got.Codes {
			if !strings.HasSuffix(code, "nul-byte") {
				t.Errorf("%s: %s", schema.Table, code)
			}
		}
	}
	names := make([]string, 0, len(tables))
	for _, schema := range tables {
		names = append(names, schema.Table)
	}
	atOnce, err := extract.Count(context.Background(), src, names)
	for name, n := range counts {
		if err != nil || atOnce[name] != int64(n) {
			t.Errorf("%s is counted as %d rows and has %d, %v", name, atOnce[name], n, err)
		}
	}
	t.Logf("%d tables, %d rows, %d bytes in %v", len(tables), total, len(content), time.Since(start))
	return counts
}

// gunzip returns the bytes of a file that may be compressed, and skips the test
// where there is none.
func gunzip(t testing.TB, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("%s is not there", name)
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func rowCounts(t *testing.T, name string) map[string]int {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("%s is not there", name)
	}
	defer func() { _ = f.Close() }()
	counts := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		table, count, _ := strings.Cut(lines.Text(), "\t")
		if n, err := strconv.Atoi(count); err == nil {
			counts[strings.ToLower(table)] = n
		}
	}
	return counts
}
