package extract_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"chartlift/extract"
)

// listing is a source of which only Tables is asked.
type listing struct {
	extract.Source
	tables func() error
}

func (l listing) Tables(context.Context) ([]*extract.Schema, error) { return nil, l.tables() }

func TestManySourcesListTheirTablesAFewAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	var asked, now atomic.Int32
	met := make(chan struct{})
	sources := make([]extract.Source, 50)
	for i := range sources {
		sources[i] = listing{tables: func() error {
			defer now.Add(-1)
			if n := now.Add(1); n > 4 {
				t.Errorf("%d at once", n)
			}
			if asked.Add(1) == 2 {
				close(met)
			}
			<-met // the first one waits for the second
			return errors.New("whoever asks next is told")
		}}
	}
	extract.ListAhead(t.Context(), sources)
	if asked.Load() != 50 {
		t.Errorf("%d were asked", asked.Load())
	}
}
