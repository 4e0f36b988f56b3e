package undo_test

import "testing"

// What a run wrote last about a resource is not always what stands on the
// server: a change that was refused, or never answered, left the one before it.
func TestWhatWasRefusedLaterIsTakenBackAsItStood(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		bundles  []string
		versions []string
		want     string
		refused  string
	}{
		"created, then a change was refused":             {[]string{"p:c:1", "p:x:"}, []string{"male"}, "-p", ""},
		"changed, then a change was refused":             {[]string{"p:u:2", "p:x:"}, []string{"male", "female"}, "~p", ""},
		"created, refused twice":                         {[]string{"p:c:1", "p:x:", "p:x:"}, []string{"male"}, "-p", ""},
		"refused, and somebody else changed it":          {[]string{"p:c:1", "p:x:"}, []string{"male", "female"}, "", "p: it was changed since"},
		"created and changed, then a change was refused": {[]string{"p:c:1", "p:u:2", "p:x:"}, []string{"male", "female"}, "-p", ""},
		"refused from the first":                         {[]string{"p:x:"}, []string{"male"}, "", ""},
	} {
		db := open(t)
		s := &server{versions: map[string][]string{"p": row.versions}}
		p := prepare(t, db, s, run(t, db, "", true, row.bundles...))
		if steps(p) != row.want || refusals(p) != row.refused {
			t.Errorf("%s: %q, left: %q", name, steps(p), refusals(p))
		}
	}
}

// A run that went on with one that was stopped is taken back with it, whichever
// of the two had the last word.
func TestARefusalOfTheRunThatWentOnLeavesWhatTheFirstCreated(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := &server{versions: map[string][]string{"p": {"male"}, "q": {"male", "female"}}}
	first := run(t, db, "", true, "p:c:1 q:c:1")
	second := run(t, db, first, true, "p:x: q:u:2")
	if p := prepare(t, db, s, second); steps(p) != "-q -p" && steps(p) != "-p -q" || len(p.Refused) != 0 {
		t.Errorf("%q, left: %q", steps(p), refusals(p))
	}
}
