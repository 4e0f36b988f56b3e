package load_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
)

func TestARowOfRefusalsEndsTheRunSoonerWhereNothingWasEverTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*load.Refusals)
		ends   int // the number of the refusal that ends it
	}{
		"nothing was taken":                    {func(*load.Refusals) {}, 20},
		"something was taken":                  {(*load.Refusals).Took, 200},
		"something was taken before":           {func(r *load.Refusals) { refuse(r, 19, 422); r.Took() }, 200},
		"another status was answered before":   {func(r *load.Refusals) { refuse(r, 19, 400) }, 20},
		"the one before was about its content": {func(r *load.Refusals) { refuse(r, 19, 422); r.End() }, 20},
	} {
		var r load.Refusals
		c.before(&r)
		for n := 1; ; n++ {
			if row := r.Refused(422, "Patient"); row.Ends() {
				if n != c.ends || row.N != n {
					t.Errorf("%s: number %d ends it, of a row of %d", name, n, row.N)
				}
				break
			}
		}
	}
}

func refuse(r *load.Refusals, n, status int) {
	for range n {
		r.Refused(status, "Patient")
	}
}

func TestARowOfRefusalsSaysWhatWasRefused(t *testing.T) {
	t.Parallel()
	var r load.Refusals
	r.Refused(422, "Patient")
	first := r.Refused(422, "Condition")
	r.Took()
	r.Refused(422, "Observation")
	second := r.Refused(422, "Observation")
	got := []string{first.String(), first.Explain("AE"), second.String(), second.Explain("status 422")}
	for i, want := range []string{"the last 2 resources (Condition, Patient)", "and nothing was taken before", "the last 2 resources (Observation)", "were all refused with status 422: that is"} {
		if !strings.Contains(got[i], want) {
			t.Errorf("%q lacks %q", got[i], want)
		}
	}
	if diff := cmp.Diff([]string{"Patient", "Condition"}, first.Types); diff != "" {
		t.Errorf("a row that was handed out changes: %s", diff)
	}
}

func TestRefusalsAreCountedByManySenders(t *testing.T) {
	t.Parallel()
	var r load.Refusals
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 10 {
				r.Refused(403, fmt.Sprint("Type", i))
			}
		})
	}
	all.Wait()
	if row := r.Refused(403, "Patient"); row.N != 81 || len(row.Types) != 9 {
		t.Errorf("%+v", row)
	}
}
