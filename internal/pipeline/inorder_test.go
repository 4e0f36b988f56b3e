package pipeline_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartlift/internal/issue"
	"chartlift/load"
)

// documents are files of a row each, with a note on each.
func documents(n int) (files []*memory) {
	for i := range n {
		f := file(fmt.Sprintf("pat%02d.csv", i), "ID|NAME|SEX", fmt.Sprintf("%d|D%d|f", i, i))
		f.notes = []issue.Issue{{Severity: issue.Warning, Code: "encoding-guessed", Message: "guessed", Origin: issue.Origin{Source: f.schema.Source, Table: f.schema.Table}}}
		files = append(files, f)
	}
	return files
}

const manyFiles = `chartlift: 1
id: many
sources: { pat: { csv: { path: "pat*.csv" }, key: [ID] } }
maps: { p: { from: pat, resource: Patient, elements: { name: [{ family: $NAME }] } } }
`

// While a file is taken the next ones are read, and what comes of them is told
// in their order.
func TestTheNextFilesAreReadAlready(t *testing.T) {
	t.Parallel()
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("SKIPPED: one processor reads one file at a time")
	}
	files := documents(9)
	second := make(chan struct{})
	var once sync.Once
	files[0].begins = func() func() {
		select {
		case <-second:
		case <-time.After(time.Minute):
			t.Error("no other file is read while the first one is")
		}
		return func() {}
	}
	files[1].begins = func() func() { once.Do(func() { close(second) }); return func() {} }
	var names []string
	out := &sink{onSend: func(b *load.Bundle) {
		for _, e := range b.Entries {
			_, rest, _ := strings.Cut(string(e.Resource.JSON), `"family":"`)
			name, _, _ := strings.Cut(rest, `"`)
			names = append(names, name)
		}
	}}
	r := prepare(t, manyFiles, files...)
	r.job.Sink, r.job.Senders, r.job.Workers = out, 1, 1
	r.start(t.Context()).ok()
	if len(out.taken) != 9 || r.summary.Read != 9 || r.summary.Warnings != 9 {
		t.Errorf("%d resources of %d rows, %d warnings", len(out.taken), r.summary.Read, r.summary.Warnings)
	}
	for _, f := range files {
		r.wantRows(f.schema.Source, "1-1 loaded")
	}
	if got := strings.Join(names, " "); got != "D0 D1 D2 D3 D4 D5 D6 D7 D8" {
		t.Errorf("sent in the order %s", got)
	}
}

// An error ends the run, and no reader goes on behind it: what they read is
// closed then.
func TestNoFileIsReadBehindTheEndOfARun(t *testing.T) {
	t.Parallel()
	for bad := range 5 {
		files := documents(9)
		var under atomic.Int32
		for _, f := range files {
			f.begins = func() func() { under.Add(1); return func() { under.Add(-1) } }
		}
		files[bad].fail = errGone
		r := prepare(t, manyFiles, files...).start(t.Context())
		if !errors.Is(r.err, errGone) || !strings.Contains(r.err.Error(), "read "+files[bad].schema.Source) {
			t.Errorf("error %v", r.err)
		}
		if n := under.Load(); n != 0 {
			t.Errorf("%d files are still read", n)
		}
		if r.summary.Read > int64(bad) {
			t.Errorf("%d rows were read before %s", r.summary.Read, files[bad].schema.Source)
		}
	}
}
