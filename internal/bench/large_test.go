package main

import (
	"errors"
	"testing"
)

func TestTheLargeRunWaitsUntilItIsAskedFor(t *testing.T) {
	t.Parallel()
	o := quick()
	o.large = 0
	if _, err := largest(t.Context(), standing(t), o); !errors.Is(err, errNotAsked) {
		t.Error(err)
	}
	p := readPage("")
	if err := standing(t).section(t.Context(), part{"large", "A hundred million", largest}, o, p); !errors.Is(err, errNotAsked) || len(p.sections) != 0 || len(p.goals) != 0 {
		t.Errorf("%v; the page says something of it: %+v", err, p)
	}
}
