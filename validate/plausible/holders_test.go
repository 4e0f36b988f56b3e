package plausible

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// checked is a checker of which so many identifiers stay in memory.
func checked(dir string, room int) *Checker {
	c := New(Options{Today: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), TempDir: dir})
	c.holders.room = room
	return c
}

// patientOf is a Patient with these identifiers.
func patientOf(id string, values ...string) fhir.Resource {
	var all []string
	for _, v := range values {
		all = append(all, `{"system":"urn:mrn","value":"`+v+`"}`)
	}
	return fhir.Resource{Type: "Patient", ID: id, JSON: []byte(`{"resourceType":"Patient","identifier":[` + strings.Join(all, ",") + `]}`)}
}

// row is a Patient and where it comes from.
type row struct {
	of fhir.Resource
	at issue.Origin
}

// found checks the rows in turn by three workers and returns what is said of
// identifiers at the end.
func found(t *testing.T, c *Checker, rows []row) []string {
	t.Helper()
	var said []string
	report := func(i issue.Issue) {
		if i.Code == "identifier-shared" {
			said = append(said, i.Origin.String()+" "+i.Value)
		}
	}
	workers := []*Worker{c.Worker(report), c.Worker(report), c.Worker(report)}
	for i, r := range rows {
		workers[i%3].Check(r.of, r.at)
	}
	results, err := c.Finish(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Rule.Name == "identifier-shared" && r.Violated > 0 {
			said = append(said, fmt.Sprintf("%d of %d", r.Violated, r.N))
		}
	}
	return said
}

func TestIdentifiersPutAsideAreFoundAsThoseInMemory(t *testing.T) {
	t.Parallel()
	at := func(file string, n int) issue.Origin {
		return issue.Origin{Source: file, Table: file, Row: int64(n), Line: int64(n + 1)}
	}
	var distinct, equal, mixed, twice []row
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 900 {
		id, file := fmt.Sprint(i), []string{"b.csv", "a.csv"}[i%2]
		distinct = append(distinct, row{patientOf(id, id), at(file, i+1)})
		equal = append(equal, row{patientOf(id, "same"), at(file, i+1)})
		mixed = append(mixed, row{patientOf(id, fmt.Sprint(random.IntN(700)), fmt.Sprint(random.IntN(20_000))), at(file, i+1)})
		twice = append(twice, row{patientOf(fmt.Sprint(i/2), "of "+fmt.Sprint(i/2), "of "+fmt.Sprint(i/2)), at("a.csv", i+1)})
	}
	random.Shuffle(len(mixed), func(i, k int) { mixed[i], mixed[k] = mixed[k], mixed[i] })
	empty := []row{{patientOf("1", "", ""), at("a.csv", 1)}, {patientOf("2"), at("a.csv", 2)}, {patientOf("3", ""), at("a.csv", 3)}}
	for what, c := range map[string]struct {
		rows  []row
		found int // findings, and one line of the verdict
	}{"all distinct": {distinct, 0}, "all equal": {equal, 900}, "mixed": {mixed, -1}, "a patient told twice": {twice, 0}, "empty": {empty, 0}, "none": {nil, 0}} {
		want := found(t, checked(t.TempDir(), 1<<20), c.rows)
		if c.found >= 0 && len(want) != c.found || c.found < 0 && len(want) < 100 {
			t.Errorf("%s: %d findings, such as %q", what, len(want), want[:min(3, len(want))])
		}
		for _, room := range []int{1, 7, 64, 899} {
			dir := t.TempDir()
			if diff := cmp.Diff(want, found(t, checked(dir, room), c.rows)); diff != "" {
				t.Errorf("%s, %d in memory: %s", what, room, diff)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s, %d in memory: %s is left", what, room, left[0].Name())
			}
		}
	}
}

func TestTheFirstRowOfAnIdentifierIsToldWhateverTheOrder(t *testing.T) {
	t.Parallel()
	at := func(file string, n int64) issue.Origin { return issue.Origin{Source: file, Table: file, Row: n} }
	rows := []row{
		{patientOf("late", "x"), at("b.csv", 1)},
		{patientOf("first", "x"), at("a.csv", 9)},
		{patientOf("middle", "x"), at("a.csv", 10)},
		{patientOf("joined", "x"), at("c.csv", 1)},
	}
	c := checked(t.TempDir(), 2)
	c.Same([]string{"first", "joined"}) // they are one person, and share it rightly
	want := []string{"a.csv row 10 also of a.csv row 9", "b.csv row 1 also of a.csv row 9", "2 of 4"}
	if diff := cmp.Diff(want, found(t, c, rows)); diff != "" {
		t.Error(diff)
	}
}

// bytes returns how much memory the holders take.
func (h *holders) bytes() int {
	return cap(h.list) * 40
}

func TestManyIdentifiersTakeNoMoreMemory(t *testing.T) {
	t.Parallel()
	c := New(Options{TempDir: t.TempDir()})
	h := &c.holders
	for i := range 5*holdersAtOnce + 10 {
		h.note(uint64(i), uint64(i), issue.Origin{Source: "p.csv", Row: int64(i)})
		if i%1000 == 0 && h.bytes() > 2*40*holdersAtOnce {
			t.Fatalf("%d bytes after %d identifiers", h.bytes(), i)
		}
	}
	if len(h.runs) != 5 || len(h.list) != 10 {
		t.Errorf("%d runs, %d in memory", len(h.runs), len(h.list))
	}
	mode, err := h.aside.Stat()
	if err != nil || mode.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", mode.Mode(), err)
	}
	if all, err := h.shared(); err != nil || len(all) > 0 {
		t.Errorf("%d shared, %v", len(all), err)
	}
	if err := h.Close(); err != nil || h.bytes() != 0 {
		t.Errorf("%v, %d bytes are left", err, h.bytes())
	}
}

func TestWhatCannotBePutAsideStaysInMemory(t *testing.T) {
	t.Parallel()
	c := checked(filepath.Join(t.TempDir(), "gone"), 2)
	rows := []row{{patientOf("1", "x"), issue.Origin{Row: 1}}, {patientOf("2", "y"), issue.Origin{Row: 2}}, {patientOf("3", "z"), issue.Origin{Row: 3}}, {patientOf("4", "x"), issue.Origin{Row: 4}}}
	if diff := cmp.Diff([]string{" row 4 also of  row 1", "1 of 4"}, found(t, c, rows)); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatWasCutShortIsAnError(t *testing.T) {
	t.Parallel()
	c := checked(t.TempDir(), 2)
	w := c.Worker(func(issue.Issue) {})
	for i := range 5 {
		w.Check(patientOf(fmt.Sprint(i), "x"), issue.Origin{Row: int64(i)})
	}
	if err := c.holders.aside.Truncate(50); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(func(issue.Issue) {}); err == nil || !strings.Contains(err.Error(), "read identifiers put aside") {
		t.Errorf("the error is %v", err)
	}
}
