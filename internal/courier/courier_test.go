package courier_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/courier"
	"chartlift/load"
	"chartlift/reports"
)

// sink answers as it is told, and looks into the journal while a bundle is
// under way.
type sink struct {
	outcomes []load.Outcome
	err      error
	during   func()
}

func (s *sink) Send(context.Context, *load.Bundle) ([]load.Outcome, error) {
	if s.during != nil {
		s.during()
	}
	return s.outcomes, s.err
}
func (s *sink) Commit() error { return nil }
func (s *sink) Close() error  { return nil }

func recorder(t *testing.T) (*reports.DB, *reports.Recorder) {
	t.Helper()
	db, err := reports.Open(filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "sandbox:"}); err != nil {
		t.Fatal(err)
	}
	return db, rec
}

func bundle(ids ...string) *load.Bundle {
	b := &load.Bundle{Seq: 1}
	for _, id := range ids {
		b.Entries = append(b.Entries, load.Entry{Resource: fhir.Resource{Type: "Patient", ID: id, JSON: []byte(`{"resourceType":"Patient","id":"` + id + `"}`)}})
	}
	return b
}

// fates returns the journal as id:fate, "?" before bundles whose answer is not
// known.
func fates(t *testing.T, db *reports.DB, rec *reports.Recorder) string {
	t.Helper()
	var all []string
	err := db.Bundles(t.Context(), rec.ID(), func(b reports.Bundle) error {
		if !b.Acked {
			all = append(all, "?")
		}
		for _, r := range b.Resources {
			all = append(all, r.ID+":"+string(r.Fate))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestEveryAnswerIsInTheJournal(t *testing.T) {
	t.Parallel()
	db, rec := recorder(t)
	letters := &courier.DeadLetters{Path: filepath.Join(t.TempDir(), "dead", "run.ndjson")}
	s := &sink{outcomes: []load.Outcome{{Status: 201, Created: true, Version: "1"}, {Status: 200, Version: "3"}, {Status: 200, Version: "1"}, {Status: 422}}}
	s.during = func() {
		if got := fates(t, db, rec); got != "? new:s changed:s same:s bad:s" {
			t.Errorf("while it is under way the journal says %q", got)
		}
	}
	c := &courier.Courier{Sink: s, Recorder: rec, Announce: true, Letters: letters}
	out, err := c.Send(t.Context(), bundle("new", "changed", "same", "bad"))
	if err != nil || len(out) != 4 {
		t.Fatal(out, err)
	}
	if err := errors.Join(rec.Await(), letters.Close()); err != nil {
		t.Fatal(err)
	}
	if got := fates(t, db, rec); got != "new:c changed:u same:n bad:x" {
		t.Errorf("the journal says %q", got)
	}
	dead, err := courier.ReadLetters(letters.Path)
	if err != nil || len(dead) != 1 || dead[0].Ref() != "Patient/bad" {
		t.Errorf("dead letters are %v, %v", dead, err)
	}
	if stat, err := os.Stat(letters.Path); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}
}

func TestABundleWhoseAnswerIsLostStaysInDoubt(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*sink{"the target is gone": {err: errors.New("gone")}, "an answer is short": {outcomes: make([]load.Outcome, 1)}} {
		db, rec := recorder(t)
		c := &courier.Courier{Sink: s, Recorder: rec, Announce: true}
		if _, err := c.Send(t.Context(), bundle("p1", "p2")); err == nil {
			t.Errorf("%s: no error", name)
		}
		if got := fates(t, db, rec); got != "? p1:s p2:s" {
			t.Errorf("%s: the journal says %q", name, got)
		}
	}
}

func TestWhatTheTargetHoldsNeedNotBeSent(t *testing.T) {
	t.Parallel()
	db, rec := recorder(t)
	b := bundle("p1")
	c := &courier.Courier{Sink: &sink{outcomes: []load.Outcome{{Status: 201, Created: true}}}, Recorder: rec}
	if c.Holds(b.Entries[0].Resource) {
		t.Error("nothing is known of the target, but it holds something")
	}
	if _, err := c.Send(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := rec.Await(); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.Held, err = db.Held(t.Context(), "sandbox:", ""); err != nil {
		t.Fatal(err)
	}
	changed := b.Entries[0].Resource
	changed.JSON = []byte(`{"resourceType":"Patient","id":"p1","gender":"male"}`)
	if !c.Holds(b.Entries[0].Resource) || c.Holds(changed) || c.Holds(bundle("p2").Entries[0].Resource) {
		t.Error("it should hold p1 as it was sent, and nothing else")
	}
}

func TestDeadLettersAreReadAsPeopleLeaveThem(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.ndjson")
	read := func(text string) (string, error) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := courier.ReadLetters(path)
		var out []string
		for _, r := range all {
			out = append(out, string(r.JSON))
		}
		return strings.Join(out, " "), err
	}
	p1, p2 := `{"resourceType":"Patient","id":"p1"}`, `{"resourceType":"Patient","id":"p2"}`
	mended := `{"resourceType":"Patient","id":"p1","gender":"male"}`
	for name, c := range map[string][2]string{
		"nothing":                       {"", ""},
		"blank lines":                   {"\n" + p1 + "\r\n\n" + p2, p1 + " " + p2},
		"the last word on one counts":   {p1 + "\n" + p2 + "\n" + mended + "\n", mended + " " + p2},
		"elements in any order":         {`{ "gender": "male", "id":"p1", "resourceType": "Patient" }` + "\n", mended},
		"the last line was never whole": {p1 + "\n" + `{"resourceType":"Pat`, p1},
	} {
		got, err := read(c[0])
		if diff := cmp.Diff(c[1], got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	for _, bad := range []string{"{\n", `{"id":"p1"}` + "\n", `{"resourceType":"Patient"}` + "\n" + p1, "hello\n"} {
		if got, err := read(bad + p2 + "\n"); err == nil || !strings.Contains(err.Error(), "line 1 of") {
			t.Errorf("%q is read as %s, %v", bad, got, err)
		}
	}
	if all, err := courier.ReadLetters(path + ".none"); len(all) > 0 || err != nil {
		t.Error(all, err)
	}
}

func TestWhatIsStagedStandsInTheJournalByTheBundlesThatAreSentLater(t *testing.T) {
	t.Parallel()
	db, rec := recorder(t)
	r := &courier.Round{Courier: &courier.Courier{Sink: &sink{outcomes: []load.Outcome{{Status: 201, Created: true}, {Status: 200, Same: true, Version: "4"}}}, Recorder: rec}, MaxEntries: 2}
	parcels := func() func() (courier.Parcel, bool, error) {
		entries := bundle("a", "b", "c", "d").Entries
		return func() (p courier.Parcel, ok bool, err error) {
			if len(entries) == 0 {
				return p, false, nil
			}
			p.Entry, entries = entries[0], entries[1:]
			return p, true, nil
		}
	}
	var put []string
	none := func(e load.Entry) error { return errors.New("nothing is known") }
	if err := r.Stage(parcels(), func(e load.Entry) error { put = append(put, e.Resource.ID); return nil }, none); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, put); diff != "" {
		t.Error(diff)
	}
	if got := fates(t, db, rec); got != "? c:s d:s ? a:s b:s" {
		t.Errorf("before the sending: %s", got)
	}
	if err := r.Deliver(t.Context(), 1, parcels()); err != nil {
		t.Fatal(err)
	}
	if err := rec.Await(); err != nil {
		t.Fatal(err)
	}
	if got := fates(t, db, rec); got != "c:c d:n a:c b:n" {
		t.Errorf("after it: %s", got)
	}
}

func TestStagingEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	_, rec := recorder(t)
	r := &courier.Round{Courier: &courier.Courier{Sink: &sink{}, Recorder: rec}, MaxEntries: 2}
	full := errors.New("no space left")
	one := bundle("a").Entries
	err := r.Stage(func() (p courier.Parcel, ok bool, err error) {
		if len(one) == 0 {
			return p, false, nil
		}
		p.Entry, one = one[0], nil
		return p, true, nil
	}, func(load.Entry) error { return full }, nil)
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestABundleSaysNothingOfTheOneBeforeIt(t *testing.T) {
	t.Parallel()
	db, rec := recorder(t)
	to := &sink{outcomes: []load.Outcome{{Status: 201, Created: true, Version: "7"}, {Status: 422}, {Status: 200, Version: "9"}}}
	c := &courier.Courier{Sink: to, Recorder: rec}
	if _, err := c.Send(t.Context(), bundle("a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	short := bundle("d", "e")
	short.Seq = 2
	to.outcomes = []load.Outcome{{Status: 200, Same: true}, {Status: 201, Created: true}}
	if _, err := c.Send(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	got := map[int64][]reports.Delivered{}
	if err := db.Bundles(t.Context(), rec.ID(), func(b reports.Bundle) error { got[b.Seq] = b.Resources; return nil }); err != nil {
		t.Fatal(err)
	}
	want := map[int64][]reports.Delivered{
		1: {line("a", reports.Created, "7"), line("b", reports.Dead, ""), line("c", reports.Updated, "9")},
		2: {line("d", reports.Unchanged, ""), line("e", reports.Created, "")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// line is what the journal should say of an entry of bundle.
func line(id string, fate reports.Fate, version string) reports.Delivered {
	return reports.Delivered{Type: "Patient", ID: id, Sum: reports.SumOf(bundle(id).Entries[0].Resource.JSON), Fate: fate, Version: version}
}
