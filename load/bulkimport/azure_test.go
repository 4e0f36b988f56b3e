package bulkimport_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
)

// startAzure is start with a server that imports as Azure does, from a storage.
func startAzure(t *testing.T, server *loadtest.Importer) *bench {
	t.Helper()
	server.Azure = true
	b := start(t, server)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(b.options.Folder, filepath.Base(r.URL.Path)))
	}))
	t.Cleanup(files.Close)
	b.options.Storage, b.options.Mode = files.URL+"/container/", "IncrementalLoad"
	return b
}

// stored are the names of the files in the storage.
func (b *bench) stored(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(b.options.Folder, "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// meddle has something happen while the server works.
func (b *bench) meddle(t *testing.T, do func(*testing.T, *bench)) {
	b.options.Clock.Sleep = func(ctx context.Context, _ time.Duration) error {
		do(t, b)
		return ctx.Err()
	}
}

func wantCode(t *testing.T, err error, code string) *fhirserver.Error {
	t.Helper()
	var e *fhirserver.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("want %s, got %v", code, err)
	}
	return e
}

// The job is a whole: that the server may not read the storage is no reason to
// send a hospital by single requests.
func TestAJobThatAzureGivesUpEndsTheRunAndTheNextAttemptIsAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breaks func(*loadtest.Importer)
		mend   func(*loadtest.Importer)
		status int
		says   string
	}{
		"it does not reach the storage": {func(i *loadtest.Importer) { i.Unreachable = true }, func(i *loadtest.Importer) { i.Unreachable = false }, 400, "did not reach the files"},
		"it may not read the storage":   {func(i *loadtest.Importer) { i.Denied = true }, func(i *loadtest.Importer) { i.Denied = false }, 403, "Storage Blob Data Contributor"},
		"its database is full":          {func(i *loadtest.Importer) { i.Full = true }, func(i *loadtest.Importer) { i.Full = false }, 500, "no room left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startAzure(t, &loadtest.Importer{Polls: 1})
			c.breaks(b.server)
			i, entries := b.importer(t), patients(4)
			_, err := level(t, i, entries).Import(t.Context())
			if e := wantCode(t, err, "import-failed"); e.Status != c.status || !strings.Contains(e.Message, c.says) || strings.Contains(err.Error(), "core.windows.net") {
				t.Errorf("it says %v", err)
			}
			if left := b.stored(t); len(left) != 0 || b.puts != 0 {
				t.Errorf("%v are left, %d requests wrote", left, b.puts)
			}
			c.mend(b.server) // Azure would answer the same body with the failure of before
			i = b.importer(t)
			if r := run(t, level(t, i, entries)); r.Failed || r.Imported != 4 || r.Resumed {
				t.Errorf("%+v", r)
			}
			if got := send(t, i, entries); slices.Contains(got, "updated") || b.puts != 0 {
				t.Errorf("%v, by %d requests", got, b.puts)
			}
		})
	}
}

func TestAFileThatIsNotInTheStorageAndACancelledJobEndTheRun(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]struct {
		status int
		meddle func(*testing.T, *bench)
	}{
		"a file was not where it looked": {404, func(t *testing.T, b *bench) {
			for _, name := range b.stored(t) {
				if err := os.Remove(name); err != nil {
					t.Error(err)
				}
			}
		}},
		"somebody cancelled the job": {400, func(t *testing.T, b *bench) {
			req, _ := http.NewRequest(http.MethodDelete, b.base+"/fhir/_operations/import/1", nil)
			if res, err := http.DefaultClient.Do(req); err != nil || res.StatusCode != http.StatusAccepted {
				t.Error(err, res)
			}
		}},
	} {
		b := startAzure(t, &loadtest.Importer{Polls: 1})
		b.meddle(t, c.meddle)
		_, err := level(t, b.importer(t), patients(2)).Import(t.Context())
		if e := wantCode(t, err, "import-failed"); e.Status != c.status || !strings.Contains(e.Message, says) || b.puts != 0 {
			t.Errorf("%d requests wrote; it says %v", b.puts, err)
		}
	}
}

// What was taken back is not there because Azure remembers the job that brought
// it.
func TestWhatWasTakenBackSinceIsImportedOnceMore(t *testing.T) {
	t.Parallel()
	b := startAzure(t, &loadtest.Importer{})
	entries := patients(3)
	for round := range 2 {
		i := b.importer(t)
		if r := run(t, level(t, i, entries)); r.Failed || r.Imported != 3 {
			t.Errorf("round %d: %+v", round, r)
		}
		if got := send(t, i, entries); !slices.Equal(got, []string{"created", "created", "created"}) && round == 0 {
			t.Errorf("round %d: %v", round, got)
		}
		if err := i.Forget(); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, err := b.sink.Client().Apply(t.Context(), []fhirserver.Change{{Type: "Patient", ID: e.Resource.ID}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if bodies := b.server.Bodies(); len(bodies) != 2 || bodies[0] == bodies[1] || b.puts != 0 {
		t.Errorf("%d jobs, %d requests wrote", len(bodies), b.puts)
	}
}

// The process died between the request and the note of its answer: the same
// body names the job that is under way.
func TestAJobOfWhichNoAnswerWasSeenIsFoundAgainByItsBody(t *testing.T) {
	t.Parallel()
	b := startAzure(t, &loadtest.Importer{})
	entries := patients(2)
	if r := run(t, level(t, b.importer(t), entries)); r.Failed {
		t.Fatalf("%+v", r)
	}
	text, err := os.ReadFile(b.options.State)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	delete(state, "status")
	if text, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.options.State, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, level(t, b.importer(t), entries)); r.Failed {
		t.Errorf("%+v", r)
	}
	if bodies := b.server.Bodies(); len(bodies) != 2 || bodies[0] != bodies[1] {
		t.Errorf("another job was registered: %q", bodies)
	}
}

func TestAServerInItsInitialModeTakesJobsAndNothingElse(t *testing.T) {
	t.Parallel()
	b := startAzure(t, &loadtest.Importer{InitialMode: true})
	b.options.Mode = "InitialLoad"
	i, entries := b.importer(t), patients(3)
	if r := run(t, level(t, i, entries)); r.Failed || r.Imported != 3 || r.Errors != 0 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]string{"created", "created", "created"}, send(t, i, entries)); diff != "" {
		t.Error(diff)
	}
	if err := i.Forget(); err != nil {
		t.Fatal(err)
	}

	// A change is none of its business, and an ordinary request is refused.
	changed := loadtest.Patient("p1")
	changed.Resource.JSON = []byte(strings.Replace(string(changed.Resource.JSON), "Test", "Elsewhere", 1))
	if r := run(t, level(t, i, []load.Entry{changed})); r.Imported != 0 || r.Errors != 1 {
		t.Errorf("%+v", r)
	}
	_, err := i.Sink().Send(t.Context(), &load.Bundle{Seq: 2, Entries: []load.Entry{changed}})
	if e := wantCode(t, err, "target-refuses"); e.Status != http.StatusLocked || !strings.Contains(e.Message, "initialImportMode") {
		t.Errorf("it says %v", err)
	}
}

func TestWhatAzureDoesNotTakeIsSaidBeforeAnythingIsImported(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]string{"an initial load, and its mode is not on": "InitialLoad", "HAPI's parameters": ""} {
		b := startAzure(t, &loadtest.Importer{})
		b.options.Mode = mode
		_, err := level(t, b.importer(t), patients(1)).Import(t.Context())
		if e := wantCode(t, err, "import-refused"); e.Status != 400 || !strings.Contains(e.Message, "--bulk-mode") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The incremental mode keeps the time that a resource brings along, so it does
// not tell when it came.
func TestATimeThatWasSentProvesNothing(t *testing.T) {
	t.Parallel()
	const old = `"meta":{"versionId":"7","lastUpdated":"2020-01-02T03:04:05Z"}`
	b := startAzure(t, &loadtest.Importer{})
	inner := b.server.Next
	b.server.Next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		inner.ServeHTTP(answer, r)
		text := answer.Body.String()
		if at := strings.Index(text, `"meta":{`); r.Method == http.MethodGet && at >= 0 { // as the server would have kept it
			end := at + strings.Index(text[at:], "}") + 1
			text = text[:at] + old + text[end:]
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write([]byte(text))
	})
	entry := loadtest.Patient("p1")
	entry.Resource.JSON = []byte(strings.Replace(string(entry.Resource.JSON), `"id":"p1"`, `"id":"p1",`+old, 1))
	i := b.importer(t)
	run(t, level(t, i, []load.Entry{entry}))
	out, err := i.Sink().Send(t.Context(), &load.Bundle{Seq: 1, Entries: []load.Entry{entry}})
	if err != nil || !out[0].OK() || out[0].Same || out[0].Created || out[0].Version != "7" {
		t.Errorf("%+v, %v", out, err)
	}
}

// A process that goes on with a job has written nothing yet: that the job was
// forbidden to read its files does not mean that its credentials are.
func TestWhatAJobIsForbiddenIsNotWhatWeAre(t *testing.T) {
	t.Parallel()
	b := startAzure(t, &loadtest.Importer{Polls: 1, Denied: true})
	ctx, cancel := context.WithCancel(t.Context())
	b.meddle(t, func(*testing.T, *bench) { cancel() })
	if _, err := level(t, b.importer(t), patients(2)).Import(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	var err error
	if b.options.Server, err = fhirserver.Open(t.Context(), fhirserver.Options{Base: b.base + "/fhir"}); err != nil {
		t.Fatal(err)
	}
	_, err = level(t, b.importer(t), patients(2)).Import(t.Context())
	if e := wantCode(t, err, "import-failed"); e.Status != http.StatusForbidden {
		t.Errorf("it says %v", err)
	}
}
