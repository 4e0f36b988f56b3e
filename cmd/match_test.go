package cmd_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// person returns the number of the person of a record of FEBRL: rec-561-dup-0
// is one of rec-561-org.
func person(id string) string { return regexp.MustCompile(`^rec-(\d+)-`).FindStringSubmatch(id)[1] }

// The two files of FEBRL 4 as two hospitals: of each of 5,000 persons one has
// the record as it was, the other one with mistakes.
func TestTwoHospitalsOfFEBRLShareTheirPatientsWithoutMixingAny(t *testing.T) {
	t.Parallel()
	c := convert(t, "../testdata/walks/febrl.yaml", "febrl/dataset4a.csv.gz", "febrl/dataset4b.csv.gz")
	if diff := cmp.Diff(map[string][4]int64{"dataset4a": {5000, 0, 0, 0}, "dataset4b": {5000, 0, 0, 0}}, c.rows()); diff != "" {
		t.Error(diff)
	}
	survivor, replaced := map[string]string{}, 0
	for _, line := range strings.Split(strings.TrimSpace(c.files["Patient.ndjson"]), "\n") {
		var p struct {
			ID     string
			Active *bool
			Link   []struct {
				Type  string
				Other struct{ Reference string }
			}
		}
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		survivor[p.ID] = p.ID
		for _, l := range p.Link {
			other := strings.TrimPrefix(l.Other.Reference, "Patient/")
			if person(other) != person(p.ID) {
				t.Errorf("%s and %s are two persons", p.ID, other)
			}
			if l.Type == "replaced-by" {
				replaced++
				survivor[p.ID] = other
			}
		}
	}
	if len(survivor) != 10_000 || replaced < 4_850 { // certain alone; the rest is for people to look at
		t.Errorf("of %d records %d are replaced", len(survivor), replaced)
	}
	if n := strings.Count(c.files["Provenance.ndjson"], "\n"); n != replaced {
		t.Errorf("%d Provenances of %d merges", n, replaced)
	}
	charts := regexp.MustCompile(`"id":"([^"]+)".*"patient":\{"reference":"Patient/([^"]+)"`).FindAllStringSubmatch(c.files["AllergyIntolerance.ndjson"], -1)
	if len(charts) != 10_000 {
		t.Fatalf("%d charts", len(charts))
	}
	for _, found := range charts {
		if survivor[found[1]] != found[2] {
			t.Errorf("the chart of %s is %s's, whom %s replaces", found[1], found[2], survivor[found[1]])
		}
	}
}

// twoHospitals writes a folder in which n persons have a record in each of two
// files, and a mapping that matches them.
func twoHospitals(t *testing.T, n int) (mapping, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"first", "second"} {
		f, err := os.OpenFile(filepath.Join(dir, name+".csv"), os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		rows := [][]string{{"No", "Last", "First", "Born", "SSN"}}
		for i := range n {
			rows = append(rows, []string{
				fmt.Sprintf("%s-%d", name, i), fmt.Sprintf("Family%c%c", 'a'+i%26, 'a'+i/26%26), []string{"Ana", "Hugo", "Ines", "Mark"}[i%4],
				fmt.Sprintf("%d-%02d-%02d", 1930+i*7%80, i%12+1, i*5%28+1), fmt.Sprintf("%09d", 212000017+i*76543),
			})
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	one := func(name string) string {
		return "  " + name + ": { from: " + name + ", resource: Patient, id: $No, elements: { identifier: [{ system: \"http://hl7.org/fhir/sid/us-ssn\", value: $SSN }], name: [{ family: $Last, given: [$First] }], birthDate: $Born | date YYYY-MM-DD } }\n" +
			"  visit_" + name + ": { from: " + name + ", resource: Encounter, id: $No, elements: { status: finished, class: { code: AMB }, subject: ref " + name + "($No) } }\n"
	}
	text := "chartlift: 1\nid: two\nmatch: patients\nsources:\n  first: { csv: { path: first.csv }, key: [No] }\n  second: { csv: { path: second.csv }, key: [No] }\nmaps:\n" + one("first") + one("second")
	mapping = filepath.Join(t.TempDir(), "two.yaml")
	if err := os.WriteFile(mapping, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return mapping, dir
}

func TestARunThatMatchesPeopleGivesTheSameAfterItWasKilled(t *testing.T) {
	t.Parallel()
	mapping, dir := twoHospitals(t, 600)
	project, whole := t.TempDir(), t.TempDir()
	arguments := func(project string) []string {
		return []string{"run", "--mapping", mapping, "--source", dir, "--to", filepath.Join(project, "out"), "--project", project, "--quiet"}
	}
	began := time.Now()
	run(t, 0, arguments(whole)...)
	took := time.Since(began)
	for range 3 {
		p := newProgram(t, arguments(project)...)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(took))
		_ = p.Process.Kill() // it may have ended
		_ = p.Wait()
	}
	run(t, 0, arguments(project)...)
	want, err := tree(filepath.Join(whole, "out"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := tree(filepath.Join(project, "out"))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v: %.2000s", err, diff)
	}
	if n := strings.Count(want["Provenance.ndjson"], "\n"); n < 550 {
		t.Errorf("%d of 600 persons were put together", n)
	}
	noneLeft(t, project)
}
