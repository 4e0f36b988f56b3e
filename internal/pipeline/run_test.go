package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/reports"
	"chartlift/validate"
)

// hospital is a mapping in which everything hangs together: lookups, groups,
// references forward, back and to itself.
const hospital = `chartlift: 1
id: hospital
output: { bundle: { max_entries: 7 }, meta: { source: "urn:x:${source.file}:${source.row}" } }
sources:
  enc: { csv: { path: enc.csv }, key: [ID] }
  obs: { csv: { path: obs*.csv }, key: [_line] }
  pat: { csv: { path: pat.csv }, key: [ID], dedupe: { keep: last } }
  tel: { csv: { path: tel.csv } }
maps:
  panel: { from: obs, resource: DiagnosticReport, group: [ENC], elements: { status: final, code: { text: panel }, encounter: ref e($ENC), result: { each: $rows, item: { display: $rows.VALUE } } } }
  o: { from: obs, resource: Observation, elements: { status: final, code: { text: $CODE | max_len 3 reject }, valueQuantity: $VALUE | quantity kg, subject: ref? p($PAT) } }
  e: { from: enc, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: ref p($PAT), partOf: ref? e($PARENT) } }
  p:
    from: pat
    resource: Patient
    lookup: { tel: { in: tel, on: { PID: $ID }, many: true } }
    elements: { birthDate: $DOB | date YYYY-MM-DD, telecom: { each: $tel, item: { value: $tel.NO } }, link: [{ other: ref? p($KIN), type: seealso }] }
`

func hospitalFiles(n int) []*memory {
	pat, tel, enc := []string{"ID|DOB|KIN"}, []string{"PID|NO"}, []string{"ID|PAT|PARENT"}
	one, two := []string{"ENC|PAT|CODE|VALUE"}, []string{"ENC|PAT|CODE|VALUE"}
	for i := range n {
		pat = append(pat, fmt.Sprintf("p%d|2000-0%d-11|p%d", i, i%10, i*7%n), fmt.Sprintf("p%d|2001-01-11|∅", i/3))
		tel = append(tel, fmt.Sprintf("p%d|555-%d", i%17, i))
		enc = append(enc, fmt.Sprintf("e%d|p%d|e%d", i, i*3%(n+5), (i+1)%n))
		one = append(one, fmt.Sprintf("e%d|p%d|c%d|%d.%d", i*5%(n/2), i, i%200*20, i, i))
		two = append(two, fmt.Sprintf("e%d|∅|c|%d", i%(n/3), i))
	}
	return []*memory{file("enc.csv", enc...), file("obs1.csv", one...), file("obs2.csv", two...), file("pat.csv", pat...), file("tel.csv", tel...)}
}

func TestTheSameInputGivesTheSameBytesWithAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	var outputs, ledgers []string
	for _, workers := range []int{1, 2, 7} {
		r := prepare(t, hospital, hospitalFiles(300)...)
		r.job.Workers = workers
		dir := r.into(t)
		r.start(t.Context()).ok()
		if err := r.job.Sink.Close(); err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, contents(t, dir))
		ledger := r.ledger()
		for _, name := range []string{"enc.csv", "obs1.csv", "obs2.csv", "pat.csv", "tel.csv"} {
			ledger += "\n" + name + "\n" + strings.Join(r.rows(name), "\n")
		}
		ledgers = append(ledgers, ledger)
	}
	if len(outputs[0]) < 50_000 || strings.Count(outputs[0], "== ") != 4 {
		t.Fatalf("there are %d bytes of output", len(outputs[0]))
	}
	for i := 1; i < len(outputs); i++ {
		if diff := cmp.Diff(ledgers[0], ledgers[i]); diff != "" {
			t.Errorf("the ledger differs:\n%s", diff)
		}
		if outputs[0] != outputs[i] {
			t.Error("the output differs")
		}
	}
}

// leakless runs do and waits for every goroutine that it started to be gone.
func leakless(t *testing.T, do func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	do()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if runtime.NumGoroutine() <= before {
			return
		}
	}
	var stacks [1 << 16]byte
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks[:], true)])
}

// Not parallel: it counts goroutines.
func TestNoGoroutineOutlivesARun(t *testing.T) {
	for name, break_ := range map[string]func(r *run, cancel func()){
		"a run to its end": func(*run, func()) {},
		"a reader's error": func(r *run, _ func()) { r.sources[0].failAt, r.sources[0].fail = 100, errGone },
		"a sink's error":   func(r *run, _ func()) { r.job.Sink = &sink{failAt: 9} },
		"a cancelled run": func(r *run, cancel func()) {
			r.job.Sink = &sink{onSend: func(b *load.Bundle) {
				if b.Seq == 9 {
					cancel()
				}
			}}
		},
		"a stopped run": func(r *run, _ func()) { r.job.Policy.MaxRejected = 0 },
		"a panic":       func(r *run, _ func()) { r.job.Check = panicking(40) },
	} {
		t.Run(name, func(t *testing.T) {
			lines := many(400)
			lines[300] = "x|bad|∅"
			r := prepare(t, patients("", "output: { bundle: { max_entries: 3 } }\n"+patientMap+selfReference), file("pat.csv", lines...))
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			break_(r, cancel)
			leakless(t, func() { r.summary, r.err = pipeline.Run(ctx, r.job) })
			if (r.err == nil) != (name == "a run to its end") {
				t.Errorf("error %v", r.err)
			}
			if err := r.job.Recorder.Finish(context.Background(), reports.Failed, 1); err != nil {
				t.Error(err)
			}
			r.ledger()
		})
	}
}

// selfReference is a map whose resources make the validator ask for others.
const selfReference = "  q: { from: pat, resource: Encounter, elements: { status: finished, class: { code: $ID }, subject: ref p($ID) } }\n"

// panicking returns a validator that panics when it resolves a reference for
// the nth time.
func panicking(n int64) *validate.Validator {
	var calls atomic.Int64
	return validate.New(validate.Options{Resolve: func(string, string) bool {
		if calls.Add(1) >= n {
			panic("a fault in a worker")
		}
		return true
	}})
}

func TestAPanicInAWorkerIsAnErrorThatNamesTheRow(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2, 7} {
		for _, at := range []int64{1, 60, 230} {
			r := prepare(t, patients("", patientMap+selfReference), file("pat.csv", many(1000)...))
			r.job.Workers, r.job.Check = workers, panicking(at)
			done := make(chan struct{})
			go func() {
				defer close(done)
				r.start(context.Background())
			}()
			select {
			case <-done:
			case <-time.After(time.Minute):
				t.Fatalf("the run of %d workers does not end", workers)
			}
			if r.err == nil || !strings.Contains(r.err.Error(), "a fault in a worker") || !strings.Contains(r.err.Error(), "pat.csv row ") {
				t.Errorf("error %.200v", r.err)
			}
			r.ledger()
		}
	}
}

func TestAnInterruptedRunLeavesABalancedLedger(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := prepare(t, patients("", "output: { bundle: { max_entries: 10 } }\n"+patientMap), file("pat.csv", many(2000)...))
	r.job.Sink = &sink{onSend: func(b *load.Bundle) {
		if b.Seq == 40 {
			cancel()
		}
	}}
	r.start(ctx)
	if !errors.Is(r.err, context.Canceled) || !strings.Contains(r.err.Error(), "interrupted") {
		t.Errorf("error %v", r.err)
	}
	r.ledger()
	taken := int64(len(r.job.Sink.(*sink).taken))
	if r.summary.Loaded == 0 || r.summary.Loaded > taken || r.summary.Loaded < 300 || r.summary.Read >= 2000 {
		t.Errorf("%d resources were taken, summary %+v", taken, r.summary)
	}
}

func TestARunThatIsCancelledBeforeItStartsReadsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := prepare(t, hospital, hospitalFiles(30)...).start(ctx)
	if !errors.Is(r.err, context.Canceled) || r.summary.Read != 0 || len(r.job.Sink.(*sink).taken) != 0 {
		t.Errorf("error %v, summary %+v", r.err, r.summary)
	}
}

func TestAnErrorOfTheSinkEndsTheRun(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", "output: { bundle: { max_entries: 10 } }\n"+patientMap), file("pat.csv", many(500)...))
	r.job.Sink = &sink{failAt: 21}
	r.job.Senders = 1
	r.start(t.Context())
	if !errors.Is(r.err, errGone) || !strings.Contains(r.err.Error(), "table pat: post bundle 21") {
		t.Errorf("error %v", r.err)
	}
	r.wantLedger("pat.csv 200 = 200 + 0 + 0 + 0")
	r.wantRows("pat.csv", "1-200 loaded")
}

func TestWhatMustBeWrittenDownBeforeFilesGetTheirNames(t *testing.T) {
	t.Parallel()
	for _, before := range []error{nil, errGone} {
		r := prepare(t, patients("", patientMap), file("pat.csv", many(50)...))
		out, early := &sink{}, false
		r.job.Sink, r.job.Staged = out, true
		r.job.Before = func() error { early = !out.final; return before }
		if r.start(t.Context()); !early || !errors.Is(r.err, before) || out.final != (before == nil) {
			t.Errorf("before: %v; called then: %v; files have names: %v; error %v", before, early, out.final, r.err)
		}
		if before != nil {
			r.wantLedger("pat.csv 0 = 0 + 0 + 0 + 0")
		}
	}
}

func TestNoRowIsLoadedIntoFilesThatAreNotThere(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", "output: { bundle: { max_entries: 10 } }\n"+patientMap), file("pat.csv", many(500)...))
	r.job.Sink, r.job.Senders, r.job.Staged = &sink{failAt: 21}, 1, true
	r.start(t.Context())
	if !errors.Is(r.err, errGone) {
		t.Errorf("error %v", r.err)
	}
	r.wantLedger("pat.csv 0 = 0 + 0 + 0 + 0")

	whole := prepare(t, patients("", patientMap), file("pat.csv", many(500)...))
	whole.job.Staged = true
	whole.into(t)
	whole.start(t.Context()).ok()
	whole.wantLedger("pat.csv 500 = 500 + 0 + 0 + 0")
}

func TestASinkThatForgetsAnAnswerIsAnError(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", patientMap), file("pat.csv", many(5)...))
	r.job.Sink = &sink{short: true}
	r.start(t.Context())
	if r.err == nil || !strings.Contains(r.err.Error(), "4 of 5 entries") {
		t.Errorf("error %v", r.err)
	}
	r.ledger()
}

func TestAnErrorOfTheReaderEndsTheRun(t *testing.T) {
	t.Parallel()
	pat := file("pat.csv", many(500)...)
	pat.failAt, pat.fail = 250, errors.New("unexpected end of the compressed data")
	r := prepare(t, patients("", patientMap), pat).start(t.Context())
	if r.err == nil || !strings.Contains(r.err.Error(), "table pat: read pat.csv: unexpected end") {
		t.Errorf("error %v", r.err)
	}
	r.ledger()
	if r.summary.Read > 250 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestAnErrorOfALookupsReaderNamesItsTable(t *testing.T) {
	t.Parallel()
	files := hospitalFiles(30)
	files[4].fail = errGone
	r := prepare(t, hospital, files...).start(t.Context())
	if !errors.Is(r.err, errGone) || !strings.Contains(r.err.Error(), "lookup table tel: read tel.csv") {
		t.Errorf("error %v", r.err)
	}
}

func TestAnErrorOfTheRunDatabaseEndsTheRun(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", "output: { bundle: { max_entries: 10 } }\n"+patientMap), file("pat.csv", many(50_000)...))
	var closed atomic.Bool
	r.job.Sink = &sink{onSend: func(b *load.Bundle) {
		if b.Seq == 10 && closed.CompareAndSwap(false, true) {
			r.db.Close()
		}
	}}
	r.summary, r.err = pipeline.Run(t.Context(), r.job)
	if r.err == nil || len(r.job.Sink.(*sink).taken) >= 50_000 {
		t.Errorf("error %v after %d resources", r.err, len(r.job.Sink.(*sink).taken))
	}
}

func TestATemporaryFolderThatIsGoneIsAnErrorOnlyWhereGroupsSpill(t *testing.T) {
	t.Parallel()
	r := prepare(t, hospital, hospitalFiles(30)...)
	r.job.Lines = true
	if err := os.RemoveAll(r.job.TempDir); err != nil {
		t.Fatal(err)
	}
	r.start(t.Context()).ok()
	r.ledger()
}

func TestNothingIsSentBeforeWhatItRefersTo(t *testing.T) {
	t.Parallel()
	r := prepare(t, hospital, hospitalFiles(60)...)
	r.job.Senders = 3
	var mu sync.Mutex
	at, needs, bundles := map[string]int{}, map[string]int{}, 0 // when it was sent; when it was needed first
	reference := regexp.MustCompile(`"reference":"([^"]*)"`)
	r.job.Sink = &sink{onSend: func(b *load.Bundle) {
		mu.Lock()
		defer mu.Unlock()
		bundles++
		for _, e := range b.Entries {
			at[e.Resource.Ref()] = bundles
			for _, m := range reference.FindAllSubmatch(e.Resource.JSON, -1) {
				if _, known := needs[string(m[1])]; !known {
					needs[string(m[1])] = bundles
				}
			}
		}
	}}
	r.start(t.Context()).ok()
	r.ledger()
	for ref, needed := range needs {
		if at[ref] > needed {
			t.Errorf("%s is in bundle %d, and needed in %d", ref, at[ref], needed)
		}
	}
	if bundles < 10 || len(needs) < 50 {
		t.Errorf("only %d bundles and %d references", bundles, len(needs))
	}
}

func TestReferencesResolveWhateverTheOrderOfTheTables(t *testing.T) {
	t.Parallel()
	r := prepare(t, hospital, hospitalFiles(60)...).start(t.Context()).ok()
	r.ledger()
	seen := map[string]int{}
	for _, ref := range r.job.Sink.(*sink).taken {
		seen[ref]++
		if seen[ref] > 1 {
			t.Errorf("%s was sent twice", ref)
		}
	}
	if r.summary.Loaded == 0 || r.summary.Rejected == 0 || r.summary.Merged == 0 || r.summary.Filtered == 0 {
		t.Errorf("the files do not try all outcomes: %+v", r.summary)
	}
}

// counting is a Progress that remembers.
type counting struct {
	quiet
	rows map[string]int64
	ends []string
}

func (c *counting) Add(stage string, rows int64, _ float64) { c.rows[stage] += rows }
func (c *counting) End(stage string)                        { c.ends = append(c.ends, stage) }

func TestProgressIsToldOfEveryRow(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", patientMap), file("pat.csv", many(123)...))
	c := &counting{rows: map[string]int64{}}
	r.job.Progress = c
	r.start(t.Context()).ok()
	if c.rows["pat"] != 123 || len(c.ends) != 1 {
		t.Errorf("progress %+v", c)
	}
}

func TestEveryRowHasItsOwnWarning(t *testing.T) {
	t.Parallel()
	mapping := "chartlift: 1\nid: site\nsources:\n  pat: { csv: { path: \"pat*.csv\" }, key: [ID] }\nmaps:\n  o: { from: pat, resource: Observation, key: [ID], " +
		"elements: { status: final, code: { coding: [{ system: \"http://loinc.org\", code: 8867-4 }] }, effectiveDateTime: $DOB | date YYYY-MM-DD } }\n"
	r := prepare(t, mapping, file("pat.csv", many(50)...))
	r.job.Workers = 1
	r.job.Check = validate.New(validate.Options{Resolve: r.job.Engine.Accepted, WarnProfiles: true})
	r.start(t.Context()).ok()
	s, err := r.db.Summary(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, g := range s.Findings.First {
		counts[g.Severity+" "+g.Code] += g.Count
	}
	if counts["warning slice-missing"] != 50 || counts["warning cardinality-min"] != 50 {
		t.Errorf("findings of 50 heart rates without category and subject: %v", counts)
	}
}
