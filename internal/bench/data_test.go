package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readTable(t *testing.T, dir, name string) ([]byte, [][]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return b, rows
}

func TestTheDataIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	one, err := makeData(t.TempDir(), 500)
	if err != nil {
		t.Fatal(err)
	}
	two, err := makeData(t.TempDir(), 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tableNames {
		a, _ := readTable(t, one, name)
		b, _ := readTable(t, two, name)
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two runs", name)
		}
	}
}

func TestTheDataHasTheShapeOfSynthea(t *testing.T) {
	t.Parallel()
	dir, err := makeData(t.TempDir(), 2_000)
	if err != nil {
		t.Fatal(err)
	}
	_, patients := readTable(t, dir, "patients")
	_, encounters := readTable(t, dir, "encounters")
	_, observations := readTable(t, dir, "observations")
	got := []int{len(patients) - 1, len(encounters) - 1, len(observations) - 1}
	if diff := cmp.Diff([]int{40, 400, 2_000}, got); diff != "" {
		t.Error(diff)
	}
	head := []string{"DATE", "PATIENT", "ENCOUNTER", "CATEGORY", "CODE", "DESCRIPTION", "VALUE", "UNITS", "TYPE"}
	if diff := cmp.Diff(head, observations[0]); diff != "" {
		t.Error(diff)
	}
	known, quoted := map[string]bool{}, 0
	for _, row := range encounters[1:] {
		known[row[0]+row[3]] = true
	}
	for _, row := range observations[1:] {
		if !known[row[2]+row[1]] {
			t.Fatalf("the encounter of %v is not the patient's", row)
		}
		if row[6] == `I choose not to answer, "none"` {
			quoted++
		}
	}
	if quoted == 0 {
		t.Error("no value needs quotes: the data would be too easy to read")
	}
}

func TestDataThatIsThereIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	dir, err := makeData(cache, 50)
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(dir, "mark")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := makeData(cache, 50)
	if _, statErr := os.Stat(mark); err != nil || again != dir || statErr != nil {
		t.Errorf("%s, %v, %v", again, err, statErr)
	}
}
