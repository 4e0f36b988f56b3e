package main

import (
	"slices"
	"strings"
	"time"
)

// tally is one row of the table: an element of a type.
type tally struct {
	typ, field string
	comparable int
	equal      int         // as the truth has it
	within     int         // equal as far as the CSV tells; see differences
	used       map[int]int // how often each of the differences was met
	examples   []string    // of those that differ
}

func (t tally) percent() float64 {
	if t.comparable == 0 {
		return 100
	}
	return 100 * float64(t.equal+t.within) / float64(t.comparable)
}

func (t tally) passed() bool { return t.percent() >= 100*threshold }

// pair is one resource on both sides.
type pair struct{ want, got *resource }

// compareKind pairs the resources of a type and compares their elements.
func compareKind(k kind, want, got *side) []tally {
	pairs, left := pairUp(k, want, got)
	n := max(len(want.of[k.typ]), len(got.of[k.typ]))
	out := []tally{{typ: k.typ, field: "(resources)", comparable: n, equal: len(pairs), examples: left}}
	for _, f := range k.fields {
		t := tally{typ: k.typ, field: f.name}
		for _, p := range pairs {
			t.add(values(f, want, p.want), values(f, got, p.got))
		}
		out = append(out, t)
	}
	return out
}

// values returns a field's values, sorted, without empty ones.
func values(f field, s *side, r *resource) []string {
	out := slices.DeleteFunc(slices.Clone(f.values(s, r)), func(v string) bool { return v == "" || v == "|" })
	slices.Sort(out)
	return out
}

func (t *tally) add(want, got []string) {
	if len(want) == 0 && len(got) == 0 {
		return
	}
	if pairwise(want, got, same) {
		t.comparable++
		t.equal++
		return
	}
	d := differenceOf(t.typ, t.field, want, got)
	if d < 0 {
		t.comparable++
		if len(t.examples) < 3 {
			t.examples = append(t.examples, strings.Join(want, ", ")+" became "+strings.Join(got, ", "))
		}
		return
	}
	if t.used == nil {
		t.used = map[int]int{}
	}
	t.used[d]++
	if differences[d].kind != sourceSilent {
		t.comparable++
		t.within++
	}
}

// pairUp pairs resources with equal keys. Where several have one key, each is
// paired with the one most like it.
func pairUp(k kind, want, got *side) (pairs []pair, left []string) {
	free := map[string][]*resource{}
	for _, r := range got.of[k.typ] {
		key := k.key(got, r)
		free[key] = append(free[key], r)
	}
	for _, w := range want.of[k.typ] {
		key := k.key(want, w)
		group := free[key]
		if len(group) == 0 {
			if len(left) < 3 {
				left = append(left, "no counterpart for "+key)
			}
			continue
		}
		best := mostLike(k, want, got, w, group)
		pairs = append(pairs, pair{w, group[best]})
		free[key] = slices.Delete(slices.Clone(group), best, best+1)
	}
	return pairs, left
}

func mostLike(k kind, want, got *side, w *resource, group []*resource) int {
	best, most := 0, -1
	for i, g := range group {
		if len(group) == 1 {
			return 0
		}
		n := 0
		for _, f := range k.fields {
			a, b := values(f, want, w), values(f, got, g)
			if pairwise(a, b, same) || differenceOf(k.typ, f.name, a, b) >= 0 {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

// same reports whether two values mean the same: equal texts, one moment or one
// number.
func same(w, g string) bool {
	if w == g {
		return true
	}
	if _, err := time.Parse(time.RFC3339, w); err == nil {
		return moment(w) == moment(g)
	}
	a, b, ok := numbers(w, g)
	return ok && a.Cmp(b) == 0
}

// moment writes a date-time in UTC; a date stays as it is.
func moment(t string) string {
	at, err := time.Parse(time.RFC3339, t)
	if err != nil {
		return t
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// pairwise reports whether both lists are equally long and holds for their
// members in order.
func pairwise(want, got []string, holds func(w, g string) bool) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !holds(want[i], got[i]) {
			return false
		}
	}
	return true
}

// compareCounts compares the number of resources of each patient and type; made
// has those of the run.
func compareCounts(path string, made map[string]int) ([]count, error) {
	want, err := readCounts(path)
	if err != nil {
		return nil, err
	}
	var out []count
	for _, k := range kinds() {
		if !k.counts {
			continue
		}
		c := count{typ: k.typ}
		for _, patient := range patientsOf(want) {
			w, g := want[countKey(patient, k.typ)], made[countKey(patient, k.typ)]
			c.want, c.got, c.patients = c.want+w, c.got+g, c.patients+1
			if w == g {
				c.equal++
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func patientsOf(counts map[string]int) []string {
	seen := map[string]bool{}
	for key := range counts {
		patient, _, _ := strings.Cut(key, "\t")
		seen[patient] = true
	}
	out := make([]string, 0, len(seen))
	for p := range seen {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// compareDigits compares every number of observations.csv with the output,
// digit by digit. made has the values of the output by row; what is found is
// taken out of it.
func compareDigits(path string, made map[string][]string) (tally, error) {
	t := tally{typ: "Observation", field: "value, digits as in the CSV (all patients)"}
	err := readValues(path, func(key, value string) {
		t.comparable++
		i := slices.Index(made[key], value)
		if i >= 0 {
			t.equal++
			made[key] = slices.Delete(made[key], i, i+1)
		} else if len(t.examples) < 3 {
			t.examples = append(t.examples, value+" became "+strings.Join(made[key], ", "))
		}
	})
	return t, err
}
