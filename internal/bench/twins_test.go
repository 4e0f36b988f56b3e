package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPatientsWhoAreRegisteredTwiceShareTheirEncounters(t *testing.T) {
	t.Parallel()
	data, err := makeData(t.TempDir(), 5000)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "twice")
	if err := registerTwice(data, out); err != nil {
		t.Fatal(err)
	}
	people := map[string][]string{} // ids by number and name
	owner := map[string]string{}    // what tells the person, by id
	for _, row := range records(t, out, "patients") {
		who := strings.ToUpper(row[5] + row[2] + row[3] + row[1])
		people[who] = append(people[who], row[0])
		if owner[row[0]] != "" {
			t.Errorf("%s is there twice", row[0])
		}
		owner[row[0]] = who
	}
	twice := 0
	for who, ids := range people {
		if len(ids) == 2 {
			twice++
		} else if len(ids) != 1 {
			t.Errorf("%s has the ids %v", who, ids)
		}
	}
	if len(people) != 100 || twice != 100/twinEvery {
		t.Errorf("%d people, %d of them twice", len(people), twice)
	}
	visits, of := map[string]int{}, map[string]string{}
	for _, row := range records(t, out, "encounters") {
		visits[row[3]]++
		of[row[0]] = row[3]
	}
	for id := range owner {
		if visits[id] == 0 {
			t.Errorf("%s has no encounter", id)
		}
	}
	observed := records(t, out, "observations")
	if len(observed) != 5000 {
		t.Errorf("%d observations", len(observed))
	}
	for _, row := range observed {
		if row[1] != of[row[2]] || owner[row[1]] == "" {
			t.Fatalf("an observation of %s lies in an encounter of %s", row[1], of[row[2]])
		}
	}
}

// records are those of a table without its header.
func records(t *testing.T, dir, table string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, table+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}
