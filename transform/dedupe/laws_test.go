package dedupe_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/internal/population"
	"chartlift/transform/dedupe"
)

// linkValues links records of which the ids and the values are given.
func linkValues(t *testing.T, o dedupe.Options, ids []string, values [][]string) *dedupe.Result {
	t.Helper()
	o.Fields = populationFields(t)
	l, err := dedupe.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if err := l.Add(id, values[i]); err != nil {
			t.Fatal(err)
		}
	}
	r, err := l.Link(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// town is a population as ids and values, with a model that was learned from
// it.
func town(t *testing.T) (ids []string, values [][]string, model *dedupe.Model) {
	t.Helper()
	records := population.Make(population.Options{Persons: 400, Seed: 41})
	for i := range records {
		ids, values = append(ids, records[i].ID), append(values, records[i].Values())
	}
	return ids, values, linkValues(t, dedupe.Options{}, ids, values).Model
}

// together lists who is in one cluster with whom, by the number of the record.
func together(r *dedupe.Result, ids []string) map[[2]int]bool {
	at := map[string]int{}
	for i, id := range ids {
		at[id] = i
	}
	out := map[[2]int]bool{}
	for _, c := range r.Clusters {
		for _, a := range c.Members {
			for _, b := range c.Members {
				if at[a.ID] < at[b.ID] {
					out[[2]int{at[a.ID], at[b.ID]}] = true
				}
			}
		}
	}
	return out
}

func agree(t *testing.T, what string, want, got map[[2]int]bool, values [][]string) {
	t.Helper()
	if len(want) < 20 {
		t.Fatalf("%s: only %d pairs are one person: this shows little", what, len(want))
	}
	for p := range want {
		if !got[p] {
			t.Errorf("%s parts %q and %q", what, values[p[0]], values[p[1]])
		}
	}
	for p := range got {
		if !want[p] {
			t.Errorf("%s joins %q and %q", what, values[p[0]], values[p[1]])
		}
	}
}

func TestMoreCautionJoinsNobodyWhomLessLeftApart(t *testing.T) {
	t.Parallel()
	ids, values, model := town(t)
	var before map[[2]int]bool
	for _, threshold := range []float64{.5, .8, .95, .999} {
		now := together(linkValues(t, dedupe.Options{Model: model, Threshold: threshold, Largest: 1000}, ids, values), ids)
		for p := range now {
			if before != nil && !before[p] {
				t.Errorf("from %v on %q and %q are one person, and were not before", threshold, values[p[0]], values[p[1]])
			}
		}
		if len(now) == 0 {
			t.Errorf("nobody is found from %v on", threshold)
		}
		before = now
	}
}

func TestWhatRecordsAreCalledDecidesNothing(t *testing.T) {
	t.Parallel()
	ids, values, model := town(t)
	other := make([]string, len(ids))
	for i := range ids {
		other[i] = fmt.Sprintf("№ %d/x", (i*7919)%len(ids))
	}
	want, got := linkValues(t, dedupe.Options{Model: model}, ids, values), linkValues(t, dedupe.Options{Model: model}, other, values)
	agree(t, "another name of the records", together(want, ids), together(got, other), values)
}

// How a clerk's program writes letters and blanks says nothing of a person.
func TestLettersCaseAndBlanksDecideNothing(t *testing.T) {
	t.Parallel()
	ids, values, model := town(t)
	want := together(linkValues(t, dedupe.Options{Model: model}, ids, values), ids)
	for what, write := range map[string]func(string) string{
		"large letters": strings.ToUpper,
		"small letters": strings.ToLower,
		"blanks around": func(s string) string {
			if s == "" {
				return s
			}
			return "  " + s + "\t"
		},
	} {
		written := make([][]string, len(values))
		for i := range values {
			for _, v := range values[i] {
				written[i] = append(written[i], write(v))
			}
		}
		agree(t, what, want, together(linkValues(t, dedupe.Options{Model: model}, ids, written), ids), values)
	}
}

func TestWhoSaysNothingIsNobody(t *testing.T) {
	t.Parallel()
	ids, values, model := town(t)
	want := together(linkValues(t, dedupe.Options{Model: model}, ids, values), ids)
	for _, v := range []string{"", "N/A", "unknown", "-", "?", "NULL"} {
		more, texts := append([]string(nil), ids...), append([][]string(nil), values...)
		for i := range 30 {
			row := make([]string, len(values[0]))
			for at := range row {
				row[at] = v
			}
			more, texts = append(more, fmt.Sprint("empty", i)), append(texts, row)
		}
		got := together(linkValues(t, dedupe.Options{Model: model}, more, texts), more)
		agree(t, fmt.Sprintf("%q everywhere", v), want, got, texts)
	}
}
