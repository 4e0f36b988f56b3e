package undo_test

import (
	"strings"
	"testing"
	"time"

	"chartlift/internal/undo"
	"chartlift/reports"
)

// now is a time after the requests of a test, as servers write it.
func now() string { return time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano) }

func TestWhatCameTwiceAsTheSameIsTakenBackOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{updated: now(), names: "v", versions: map[string][]string{
		"lost":    {"male", "male", "male"},   // two answers were lost
		"theirs":  {"female", "male", "male"}, // it was there before, with other content
		"changed": {"male", "male", "x"},
	}}
	p := prepare(t, db, s, run(t, db, "", true, "lost:u:v3 theirs:u:v3 changed:u:v2"))
	if steps(p) != "~theirs -lost" || refusals(p) != "changed: it was changed since" {
		t.Errorf("%s, %s", steps(p), refusals(p))
	}
	if before := string(p.Steps[0].Before); before != `{"resourceType":"Patient","id":"theirs","gender":"female"}` {
		t.Errorf("what is put back is %s", before)
	}
	s.updated = "" // long before: the same content was there, and the run changed nothing
	p = prepare(t, db, s, run(t, db, "", true, "lost:u:v3"))
	if steps(p) != "" || p.Same != 1 {
		t.Errorf("%s, %d the same", steps(p), p.Same)
	}
}

func TestALaterRunThatSentTheSameChangedNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{updated: now(), names: "v", versions: map[string][]string{"a": {"male", "male"}, "b": {"male", "male", "x"}}}
	first := run(t, db, "", true, "a:u:v1 b:u:v1")
	full := run(t, db, "", true, "a:u:v2 b:u:v2")

	// Of the later run nothing is taken back: what stood before it was the
	// first run's, however short ago that was.
	p := prepare(t, db, s, full)
	if steps(p) != "" || p.Same != 1 || refusals(p) != "b: it was changed since" {
		t.Errorf("%s, %d the same, %s", steps(p), p.Same, refusals(p))
	}
	p = prepare(t, db, s, first)
	if steps(p) != "-a" || refusals(p) != "b: it was changed since" || p.Steps[0].Version != "v2" {
		t.Errorf("%s, %s", steps(p), refusals(p))
	}
}

func TestAnAnswerThatToldNoVersionIsBelievedWhereThereIsOnlyOne(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{updated: now(), names: "v", versions: map[string][]string{"only": {"male"}, "two": {"male", "x"}}}
	first := run(t, db, "", true, "only:u: two:u:")
	p := prepare(t, db, s, first)
	if steps(p) != "-only" || len(p.Refused) != 1 || p.Refused[0].Code != "no-version" {
		t.Errorf("%s, %+v", steps(p), p.Refused)
	}
	// What an earlier run brought is not a later run's, however short ago that
	// was.
	if p := prepare(t, db, s, run(t, db, "", true, "only:u:")); steps(p) != "" || len(p.Refused) != 1 {
		t.Errorf("%s, %+v", steps(p), p.Refused)
	}
	s.updated = "2026-01-01T00:00:00Z"
	if p := prepare(t, db, s, first); steps(p) != "" || len(p.Refused) != 2 {
		t.Errorf("it is older than the run, but %s", steps(p))
	}
}

func TestAKilledRunsOnlyVersionIsItsOwnWhateverItIsCalled(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		names, updated string
		versions       []string
		want           string
	}{
		{"", now(), []string{"male"}, "-p"},
		{"v", now(), []string{"male"}, "-p"},
		{"v", now(), []string{"male", "male"}, ""},       // it was there before
		{"v", "2026-01-01T00:00:00Z", []string{"x"}, ""}, // and is older than our request
		{"", now(), []string{"male", "x"}, ""},
	} {
		db := open(t)
		s := &server{updated: row.updated, names: row.names, versions: map[string][]string{"p": row.versions}}
		if p := prepare(t, db, s, run(t, db, "", false, "p:s:")); steps(p) != row.want {
			t.Errorf("%+v: %q", row, steps(p))
		}
	}
	db := open(t)
	s := &server{updated: now(), names: "v", silent: true, versions: map[string][]string{"p": {"male"}}}
	if p := prepare(t, db, s, run(t, db, "", false, "p:s:")); steps(p) != "" || len(p.Refused) != 1 {
		t.Errorf("without history nobody knows, but %s", steps(p))
	}
	if p, err := undo.Prepare(t.Context(), db, s, nil); err != nil || len(p.Steps) != 0 {
		t.Error(p, err)
	}
}

func TestWhatAnUndoPutBackIsOursBesideWhatALaterRunSent(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{"a": {"male", "female"}}}
	first := run(t, db, "", true, "a:c:1")
	full := run(t, db, "", true, "a:n:1") // the same once more: the server made no version of it
	third := run(t, db, "", true, "a:u:2:other")
	takeBack(t, db, s, third)
	if got := s.versions["a"]; len(got) != 3 || got[2] != "male" {
		t.Fatalf("the third run was not taken back: %v", got)
	}
	if p := prepare(t, db, s, full); steps(p) != "" || p.Same != 1 {
		t.Errorf("of a run that changed nothing: %s, %d the same, %s", steps(p), p.Same, refusals(p))
	}
	if p := prepare(t, db, s, first); steps(p) != "-a" || refusals(p) != "" {
		t.Errorf("%s, %s", steps(p), refusals(p))
	}
	s.versions["a"] = append(s.versions["a"], "x")
	if p := prepare(t, db, s, first); steps(p) != "" || refusals(p) != "a: it was changed since" {
		t.Errorf("somebody changed it, but %s, %s", steps(p), refusals(p))
	}
}

// The first answer was lost, and to the second request the server says of its
// first version that nothing has changed.
func TestWhatALostAnswerCreatedIsTheRuns(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		server  server
		bundles []string
		steps   string
		same    int
		why     string
	}{
		"created with the run's others": {server{}, []string{"new:c:1", again + "lost:n:1 before:n:1"}, "-lost -new", 1, ""},
		"there before, and sent once":   {server{}, []string{"new:c:1", "lost:n:1 before:n:1"}, "-new", 2, ""},
		"nothing is known of the clock": {server{updated: now()}, []string{again + "lost:n:1"}, "-lost", 0, ""},
		"by a clock that is behind":     {server{}, []string{again + "lost:n:1"}, "", 1, ""},
		"versions have other names":     {server{names: "v"}, []string{"new:c:v1", again + "lost:n:v1 before:n:v1"}, "-lost -new", 1, ""},
		"and there is no history":       {server{names: "v", silent: true}, []string{"new:c:v1", again + "lost:n:v1 before:n:v1"}, "-new", 1, "lost: an answer was lost"},
		"nothing tells when":            {server{updated: "never"}, []string{"new:c:1", again + "lost:n:1 before:n:1"}, "-new", 0, "before: an answer was lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, s := open(t), row.server
			s.old = "before"
			s.versions = map[string][]string{"new": {"male"}, "lost": {"male"}, "before": {"male"}}
			p := prepare(t, db, &s, run(t, db, "", true, row.bundles...))
			if steps(p) != row.steps || p.Same != row.same || !strings.HasPrefix(refusals(p), row.why) || row.why == "" && len(p.Refused) > 0 {
				t.Errorf("%q, %d the same, %s", steps(p), p.Same, refusals(p))
			}
		})
	}
}

// What an earlier run of the project brought is that run's, also where its
// answer came late to this one.
func TestWhatALostAnswerOfAnEarlierRunCreatedIsNotALaterRuns(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{"a": {"male"}, "new": {"male"}}}
	first := run(t, db, "", false, "a:s:")
	second := run(t, db, "", true, "new:c:1", again+"a:n:1")
	if p := prepare(t, db, s, second); steps(p) != "-new" || p.Same != 1 {
		t.Errorf("%s, %d the same", steps(p), p.Same)
	}
	if p := prepare(t, db, s, first); steps(p) != "" {
		t.Errorf("by a clock that is hours behind nothing is proved, but %s", steps(p))
	}
}

// A server whose clock is hours ahead must not make what was there before the
// run look as if it were the run's.
func TestAClockThatIsAheadMakesNothingOurs(t *testing.T) {
	t.Parallel()
	db := open(t)
	ahead := time.Now().Add(3 * time.Hour)
	s := &server{updated: ahead.UTC().Format(time.RFC3339Nano), old: "before", versions: map[string][]string{"new": {"male"}, "lost": {"male"}, "before": {"male"}}}
	s.oldTime = ahead.Add(-10 * time.Minute).UTC().Format(time.RFC3339Nano) // by our clock that is after the run
	p := prepare(t, db, s, run(t, db, "", true, "new:c:1", again+"lost:n:1 before:n:1"))
	if steps(p) != "-lost -new" || p.Same != 1 {
		t.Errorf("%s, %d the same", steps(p), p.Same)
	}
}

// takeBack is an undo of a run, with its journal.
func takeBack(t *testing.T, db *reports.DB, s *server, id string) {
	t.Helper()
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "undo"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "http://x", Resumes: id}); err != nil {
		t.Fatal(err)
	}
	seq := int64(0)
	err = prepare(t, db, s, id).Carry(t.Context(), s, func(all []reports.Delivered) error {
		seq++
		rec.Journal(seq, true, all)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
}
