package undo_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/undo"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// server holds versions of Patients, the latest last; "" is a deletion. What is
// in refused cannot be changed.
type server struct {
	versions map[string][]string
	refused  map[string]bool
	applied  [][]string
	silent   bool   // tells no history
	updated  string // when the versions came, 10:00:05 where ""
	old      string // ids of those that came earlier
	oldTime  string // a day earlier where ""
	names    string // what its versions begin with
}

func (s *server) stored(id string, n int) fhirserver.Stored {
	updated := s.updated
	if updated == "" {
		updated = "2026-11-22T10:00:05Z"
	}
	if slices.Contains(strings.Fields(s.old), id) {
		if updated = s.oldTime; updated == "" && s.updated != "never" {
			updated = "2026-11-21T10:00:05Z"
		}
	}
	if updated == "never" {
		updated = ""
	}
	return fhirserver.Stored{Version: s.names + fmt.Sprint(n), Updated: updated, JSON: []byte(`{"resourceType":"Patient","id":"` + id + `","gender":"` + s.versions[id][n-1] + `"}`)}
}

func (s *server) Current(_ context.Context, _ string, ids []string) (map[string]fhirserver.Stored, error) {
	found := map[string]fhirserver.Stored{}
	for _, id := range ids {
		if v := s.versions[id]; len(v) > 0 && v[len(v)-1] != "" {
			found[id] = s.stored(id, len(v))
		}
	}
	return found, nil
}

func (s *server) Before(_ context.Context, _, id, version string) (fhirserver.Stored, bool, bool, error) {
	var n int
	if _, err := fmt.Sscan(strings.TrimPrefix(version, s.names), &n); err != nil || s.silent {
		return fhirserver.Stored{}, false, false, err
	}
	if n == 1 || s.versions[id][n-2] == "" {
		return fhirserver.Stored{}, false, true, nil
	}
	return s.stored(id, n-1), true, true, nil
}

func (s *server) Apply(_ context.Context, changes []fhirserver.Change) (int, error) {
	var ids []string
	for _, c := range changes {
		if s.refused[c.ID] {
			return 409, nil
		}
		ids = append(ids, c.ID)
	}
	s.applied = append(s.applied, ids)
	for _, c := range changes {
		now := ""
		if c.JSON != nil {
			_, rest, _ := strings.Cut(string(c.JSON), `"gender":"`)
			now, _, _ = strings.Cut(rest, `"`)
		}
		s.versions[c.ID] = append(s.versions[c.ID], now)
	}
	return 0, nil
}

// again begins a bundle that took two requests.
const again = " "

// run writes a journal: each bundle as id:fate:version words, with :content
// where that is other than elsewhere.
func run(t *testing.T, db *reports.DB, resumes string, acked bool, bundles ...string) string {
	t.Helper()
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "http://x", Resumes: resumes}); err != nil {
		t.Fatal(err)
	}
	for i, b := range bundles {
		var all []reports.Delivered
		for _, word := range strings.Fields(b) {
			part := strings.Split(word, ":")
			d := reports.Delivered{Type: "Patient", ID: part[0], Fate: reports.Fate(part[1][0]), Version: part[2]}
			if len(part) > 3 {
				d.Sum = reports.SumOf([]byte(part[3]))
			}
			all = append(all, d)
		}
		rec.Journal(int64(i+1), acked, all)
		if strings.HasPrefix(b, again) {
			rec.Unit(reports.Unit{Seq: int64(i + 1), Entries: len(all), Attempts: 2})
		}
	}
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	return rec.ID()
}

func open(t *testing.T) *reports.DB {
	t.Helper()
	db, err := reports.Open(filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func prepare(t *testing.T, db *reports.DB, s *server, id string) *undo.Plan {
	t.Helper()
	chain, err := db.Chain(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p, err := undo.Prepare(t.Context(), db, s, chain)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func steps(p *undo.Plan) string {
	var all []string
	for _, s := range p.Steps {
		verb := "-"
		if s.Before != nil {
			verb = "~"
		}
		all = append(all, verb+s.ID)
	}
	return strings.Join(all, " ")
}

func refusals(p *undo.Plan) string {
	var all []string
	for _, r := range p.Refused {
		all = append(all, r.ID+": "+r.Why)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestOnlyWhatIsProvedToBeTheRunsIsTakenBack(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{old: "unknown silentlysame", versions: map[string][]string{
		"new": {"male"}, "mine": {"female", "male"}, "changed": {"male", "other"}, "same": {"male"}, "gone": {"male", ""},
		"back": {"male", "", "female"}, "unknown": {"male"}, "silentlysame": {"male", "male"}, "theirs": {"male"}, "first": {"male"},
	}}
	id := run(t, db, "", true,
		"new:c:1 mine:u:2 changed:c:1 same:n:1 gone:c:1",
		"back:u:3 unknown:u: silentlysame:u:2 refused:x: first:u:1")
	p := prepare(t, db, s, id)
	if got := steps(p); got != "-first -back ~mine -new" { // the reverse order of delivery
		t.Errorf("the steps are %s", got)
	}
	want := "changed: it was changed since\nunknown: the server told no version of it: nobody can tell whether it was changed since"
	if diff := cmp.Diff(want, refusals(p)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p.Gone != 1 || p.Same != 2 {
		t.Errorf("gone %d, same %d", p.Gone, p.Same)
	}
	done := 0
	if err := p.Carry(t.Context(), s, func(all []reports.Delivered) error { done += len(all); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := s.versions["mine"]; done != 4 || got[len(got)-1] != "female" || s.versions["theirs"][0] != "male" || len(s.versions["theirs"]) != 1 {
		t.Errorf("%d done, %v", done, s.versions)
	}
}

func TestWhatAServerRefusesIsFoundByHalvingAndTriedOnceMore(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{}, refused: map[string]bool{"p3": true}}
	words := ""
	for i := range 8 {
		s.versions[fmt.Sprint("p", i)] = []string{"male"}
		words += fmt.Sprintf("p%d:c:1 ", i)
	}
	p := prepare(t, db, s, run(t, db, "", true, words))
	var done []string
	err := p.Carry(t.Context(), s, func(all []reports.Delivered) error {
		for _, d := range all {
			done = append(done, d.ID+string(d.Fate))
		}
		return nil
	})
	if err != nil || strings.Join(done, " ") != "p7d p6d p5d p4d p2d p1d p0d" || refusals(p) != "p3: the server refuses it: others refer to it" {
		t.Errorf("%v, %v, %s", err, done, refusals(p))
	}
}

func TestWhatIsChangedWhileThePlanIsLookedAtStays(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{"a": {"male"}, "b": {"male"}}}
	p := prepare(t, db, s, run(t, db, "", true, "a:c:1 b:c:1"))
	s.versions["a"] = append(s.versions["a"], "female")
	if err := p.Carry(t.Context(), s, func([]reports.Delivered) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if refusals(p) != "a: it was changed since" || len(s.versions["a"]) != 2 || s.versions["b"][1] != "" {
		t.Errorf("%s, %v", refusals(p), s.versions)
	}
	if err := p.Carry(t.Context(), s, func([]reports.Delivered) error { return errors.New("full") }); err != nil {
		t.Error("nothing was left to do, but", err)
	}
}

func TestARunIsTakenBackWithThoseThatItWentOnWith(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{old: "doubt lost", versions: map[string][]string{"a": {"male"}, "b": {"male"}, "doubt": {"male"}, "lost": {"male", "x"}}}
	killed := run(t, db, "", true, "a:c:1")
	second := run(t, db, killed, false, "doubt:s: lost:s: never:s:")
	third := run(t, db, second, true, "b:c:1")
	p := prepare(t, db, s, third)
	if got := steps(p); got != "-b -a" {
		t.Errorf("the steps are %s", got) // "doubt" is older than the request of today that might have made it
	}
	if got := refusals(p); strings.Count(got, "nobody can tell whose it is") != 2 || p.Gone != 1 {
		t.Errorf("%s, %d gone", got, p.Gone)
	}
}

func TestAServerWithoutHistoryKeepsWhatWasChanged(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{"a": {"male", "female"}}, silent: true}
	p := prepare(t, db, s, run(t, db, "", true, "a:u:2"))
	if len(p.Steps) != 0 || !strings.Contains(refusals(p), "does not tell what stood there before") {
		t.Errorf("%s, %s", steps(p), refusals(p))
	}
}

func TestRunsAreTakenBackOneAfterTheOther(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{"a": {"male", "female"}, "b": {"male", "x"}}}
	first := run(t, db, "", true, "a:c:1 b:c:1")
	second := run(t, db, "", true, "a:u:2:other b:e:2:retired")
	if p := prepare(t, db, s, first); len(p.Steps) != 0 || len(p.Refused) != 2 {
		t.Errorf("the second run's work stands on it, but %s", steps(p))
	}
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "undo"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "http://x", Resumes: second}); err != nil {
		t.Fatal(err)
	}
	p := prepare(t, db, s, second)
	if got := steps(p); got != "~b ~a" {
		t.Errorf("the steps are %s", got)
	}
	if err := p.Carry(t.Context(), s, func(all []reports.Delivered) error { rec.Journal(1, true, all); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	if p := prepare(t, db, s, first); steps(p) != "-b -a" {
		t.Errorf("the steps are %s, %s", steps(p), refusals(p))
	}
	if p := prepare(t, db, s, second); len(p.Steps) != 0 || len(p.Refused) != 0 {
		t.Errorf("it is taken back, but %s, %s", steps(p), refusals(p))
	}
}
