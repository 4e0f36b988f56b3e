package undo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/undo"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// apart is a keeper without transactions, which takes changes of one resource.
// With own it gives the ids: those of ours have an s before them.
type apart struct {
	keeper
	versions map[string]int
	own      bool
	puts     []string
}

func (a *apart) Current(ctx context.Context, typ string, ids []string) (map[string]fhirserver.Stored, error) {
	found, err := a.keeper.Current(ctx, typ, ids)
	for id, s := range found {
		if s.Version = fmt.Sprint(1 + a.versions[id]); a.own {
			s.Raw, s.JSON = []byte(strings.NewReplacer(`"id": "`, `"id": "s`, "Patient/", "Patient/s").Replace(string(s.JSON))), nil
		}
		found[id] = s
	}
	return found, err
}

func (a *apart) Apply(ctx context.Context, changes []fhirserver.Change) (int, error) {
	for _, c := range changes {
		if c.JSON == nil {
			if status, err := a.keeper.Apply(ctx, []fhirserver.Change{c}); status != 0 || err != nil {
				return status, err
			}
			continue
		}
		a.puts = append(a.puts, c.ID)
		a.versions[c.ID]++
		var to []string
		for _, part := range strings.Split(string(c.JSON), `"reference":"Patient/`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			to = append(to, strings.TrimPrefix(id, "s"))
		}
		for _, part := range strings.Split(string(c.JSON), `"reference": "Patient/`)[1:] { // put back as it was
			id, _, _ := strings.Cut(part, `"`)
			to = append(to, strings.TrimPrefix(id, "s"))
		}
		a.links[c.ID] = to
	}
	return 0, nil
}

func TestCirclesAreBrokenWhereTheServerHasNoTransactions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		links    map[string][]string
		own      bool
		together bool // the server has transactions after all
		gone     int
		refused  string
		puts     int
	}{
		"two":                           {links: map[string][]string{"a": {"b"}, "b": {"a"}}, gone: 2, puts: 1},
		"ids of the server":             {links: map[string][]string{"a": {"b"}, "b": {"a"}, "c": {"a"}}, own: true, gone: 3, puts: 1},
		"five in a ring, one beside":    {links: map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"e"}, "e": {"a"}, "f": {"c"}}, gone: 6, puts: 1},
		"two circles that share one":    {links: map[string][]string{"a": {"b", "c"}, "b": {"a"}, "c": {"a"}}, gone: 3, puts: 2},
		"each refers to all":            {links: map[string][]string{"a": {"b", "c"}, "b": {"a", "c"}, "c": {"a", "b"}}, gone: 3, puts: 3},
		"what a circle refers to":       {links: map[string][]string{"a": {"b", "ward"}, "b": {"a", "house"}, "ward": {"house"}, "house": nil}, gone: 4, puts: 1},
		"no circle needs none":          {links: map[string][]string{"a": {"b"}, "b": {"c"}, "c": nil}, gone: 3},
		"others refer to all of it":     {links: map[string][]string{"a": {"b"}, "b": {"a"}, "of others": {"a", "b"}}, refused: "a: the server refuses it: others refer to it\nb: the server refuses it: others refer to it", puts: 4},
		"transactions make it needless": {links: map[string][]string{"a": {"b"}, "b": {"a"}}, together: true, refused: "a: the server refuses it: others refer to it\nb: the server refuses it: others refer to it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			a := &apart{keeper: keeper{links: c.links}, versions: map[string]int{}, own: c.own}
			var ids []string
			for id := range c.links {
				if id != "of others" {
					ids = append(ids, id)
				}
			}
			slices.Sort(ids)
			before := fmt.Sprint(c.links)
			p, err := undo.Prepare(t.Context(), db, a, []string{run(t, db, "", true, created(ids)...)})
			if err != nil {
				t.Fatal(err)
			}
			gone := 0
			p.Apart = !c.together
			err = p.Carry(t.Context(), a, func(all []reports.Delivered) error {
				for _, d := range all {
					switch {
					case d.Fate == reports.Deleted:
						gone++
					case d.Fate != reports.Updated || d.Version == "" || d.Version == "1":
						t.Errorf("the journal says %c of %s in version %q", d.Fate, d.ID, d.Version)
					}
				}
				return nil
			})
			if err != nil || gone != c.gone || refusals(p) != c.refused || len(a.puts) != c.puts {
				t.Errorf("%v, %d gone, %q, %v put", err, gone, refusals(p), a.puts)
			}
			if left := fmt.Sprint(c.links); gone == 0 && left != before {
				t.Errorf("nothing went, and %s became %s", before, left)
			}
		})
	}
}

// Of a circle that others refer to, what nobody else needs goes. What stays
// says that it lost something.
func TestWhatOthersReferToStaysWithoutItsCircle(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := &apart{keeper: keeper{links: map[string][]string{"a": {"b"}, "b": {"a"}, "of others": {"a"}}}, versions: map[string]int{}}
	first := run(t, db, "", true, "a:c:1 b:c:1")
	p, err := undo.Prepare(t.Context(), db, a, []string{first})
	if err != nil {
		t.Fatal(err)
	}
	p.Apart = true
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "undo"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "http://x", Resumes: first}); err != nil {
		t.Fatal(err)
	}
	seq := int64(0)
	err = p.Carry(t.Context(), a, func(all []reports.Delivered) error { seq++; rec.Journal(seq, true, all); return nil })
	if err != nil || !strings.Contains(refusals(p), "a: the server refuses it: others refer to it; it stays without its references") || a.links["b"] != nil {
		t.Errorf("%v, %s, %v", err, refusals(p), a.links)
	}
	if err := rec.Finish(t.Context(), reports.Findings, 3); err != nil {
		t.Fatal(err)
	}

	// When nobody needs it any more, the next undo knows the version that the
	// first one made for its own.
	delete(a.links, "of others")
	chain, err := db.Chain(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = undo.Prepare(t.Context(), db, a, chain); err != nil || steps(p) != "-a" || len(p.Refused) > 0 {
		t.Errorf("%v, %s, %s", err, steps(p), refusals(p))
	}
}
