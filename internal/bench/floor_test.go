package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFloorWritesALineForEachRowWhateverTheNumberOfGoroutines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var table bytes.Buffer
	for i := range 20_000 { // several chunks, with line ends and quotes inside cells
		fmt.Fprintf(&table, "%d,\"a\nb \"\"c\"\", d\",%s\n", i, strings.Repeat("x", i%50))
	}
	from := filepath.Join(dir, "in.csv")
	if err := os.WriteFile(from, table.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("line\n"), 20_000)
	for _, workers := range []int{1, 2, 3} {
		to := filepath.Join(dir, "out")
		if err := floorFile(from, to, []byte("line\n"), workers); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(to)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d goroutines wrote %d bytes, want %d (%v)", workers, len(got), len(want), err)
		}
	}
}

func TestTheConstantLineIsAsLongAsTheOthersAreOnAverage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("1234567\n123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := constantLine(path)
	if err != nil || string(line) != "xxxxxxxx\n" {
		t.Errorf("%q, %v", line, err)
	}
}

func TestScanCountsCellsAndRowsOutsideQuotes(t *testing.T) {
	t.Parallel()
	rows, cells := scan([]byte("a,b\n\"c,\n\",d\n"))
	if rows != 2 || cells != 4 {
		t.Errorf("%d rows, %d cells", rows, cells)
	}
}

func TestFloorRefusesAWrongCommandLine(t *testing.T) {
	t.Parallel()
	if floorMain([]string{"1"}) == nil || floorMain([]string{"x", "a", "b", "c"}) == nil || floorMain([]string{"1", "a", "b", t.TempDir()}) == nil {
		t.Error("a wrong command line was taken")
	}
}
