package sqldump_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/sqldump"
)

// wards is a dump of n tables, with three rows in each and an accent in every
// second row.
func wards(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "CREATE TABLE `t%d` (`id` int, `name` varchar(20));\nINSERT INTO `t%d` VALUES (1,'Ana %d'),(2,'José'),\n(3,'%s');\n", i, i, i, strings.Repeat("x", 200))
	}
	return b.String()
}

// firstNames reads all tables of a file twice and returns what they have, and
// how many files lie in temp at the end.
func firstNames(t *testing.T, path string) (rows []string, copies int) {
	t.Helper()
	temp := t.TempDir()
	src, err := extract.Open(context.Background(), []extract.Format{sqldump.Format()}, path, extract.Options{TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		rows = rows[:0]
		for _, schema := range tables {
			for batch, err := range src.Read(context.Background(), schema.Table, nil) {
				if err != nil {
					t.Fatal(err)
				}
				if batch.Share < 0 || batch.Share > 1 {
					t.Errorf("share %v", batch.Share)
				}
				for _, r := range batch.Records {
					rows = append(rows, fmt.Sprintf("%s.%s %s line %d", schema.Table, r.Values[0].Text, r.Values[1].Text, r.Origin.Line))
				}
			}
		}
	}
	found, err := os.ReadDir(temp)
	if err = errors.Join(err, src.Close()); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return rows, len(found)
}

func TestTablesAreReadAtTheirPlaceWhateverTheWrapping(t *testing.T) {
	t.Parallel()
	dump := wards(40)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(dump)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("t%d.1 Ana %d line %d", i, i, 3*i+2), fmt.Sprintf("t%d.2 José line %d", i, 3*i+2), fmt.Sprintf("t%d.3 %s line %d", i, strings.Repeat("x", 200), 3*i+3))
	}
	for name, tt := range map[string]struct {
		content string
		copies  int // temporary files that reading makes
	}{
		"plain.sql": {dump, 0}, "bom.sql": {"\xef\xbb\xbf" + dump, 0}, "latin.sql": {strings.ReplaceAll(dump, "é", "\xe9"), 0},
		"packed.sql.gz": {packed.String(), 1}, "twice.sql": {packed.String(), 1},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, copies := firstNames(t, path)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if copies != tt.copies {
			t.Errorf("%s: %d temporary files, want %d", name, copies, tt.copies)
		}
	}
}

func TestADumpOfOneTableIsNotCopied(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(wards(1))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "one.sql.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if rows, copies := firstNames(t, path); len(rows) != 3 || copies != 0 {
		t.Errorf("%d rows, %d temporary files", len(rows), copies)
	}
}
