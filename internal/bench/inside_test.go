package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

// journaled counts the bundles that a run database knows of.
func journaled(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT COUNT(*) FROM journal").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARunInProcessWritesTheSameFilesWithAndWithoutLineage(t *testing.T) {
	t.Parallel()
	data := observations(t, 2_000)
	a := &arena{work: t.TempDir()}
	other := filepath.Join(t.TempDir(), "out")
	for out, way := range map[string]string{a.kept(): "run", other: "unrecorded"} {
		if rows, err := insideWays()[way](data, out); err != nil || rows != 2_000+400+40 {
			t.Fatalf("%s: %d rows, %v", way, rows, err)
		}
	}
	if err := a.sameBytes(other); err != nil {
		t.Error(err)
	}
	if with, without := journaled(t, a.kept()+".project/runs.db"), journaled(t, other+".project/runs.db"); with == 0 || without != 0 {
		t.Errorf("%d bundles with lineage, %d without", with, without)
	}
}

func TestARunToNowhereLeavesItsRunDatabaseOnly(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	if rows, err := insideWays()["nowhere"](observations(t, 500), out); err != nil || rows != 500+100+10 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it wrote files")
	}
	if journaled(t, out+".project/runs.db") == 0 {
		t.Error("nothing was recorded")
	}
}

func TestLineageAloneTellsOfEveryRowOnce(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if rows, err := recordAlone(observations(t, 1_250), out); err != nil || rows != 1_250 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(out, "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var read, rejected, told int
	if err := db.QueryRow("SELECT rows_read, rows_rejected FROM source").Scan(&read, &rejected); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow("SELECT SUM(last_row - first_row + 1) FROM row_outcome").Scan(&told); err != nil {
		t.Fatal(err)
	}
	if read != 1_250 || rejected != 12 || told != 1_250 {
		t.Errorf("%d rows read, %d rejected, %d told of", read, rejected, told)
	}
}

func TestAPartOfARunNeedsItsNameAndFolders(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"run"}, {"sideways", "a", "b"}, {"mapping", filepath.Join(t.TempDir(), "none"), t.TempDir()}} {
		if err := insideMain(args); err == nil {
			t.Errorf("%q gives no error", strings.Join(args, " "))
		}
	}
}
