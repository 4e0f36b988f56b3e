package fhirserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
)

const statement = `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","software":{"name":"Double","version":"1"},` +
	`"rest":[{"mode":"server","interaction":[{"code":"transaction"},{"code":"batch"}]}]}`

// double is a FHIR server that takes everything, but for what fault does first.
type double struct {
	statement string
	// fault may answer the n-th request after metadata (from 1) and returns
	// whether it did.
	fault func(n int, w http.ResponseWriter, r *http.Request, put []string) bool

	mu     sync.Mutex
	n      int
	sizes  []int             // entries of each request
	at     []time.Time       // when, by the fake clock
	stored map[string]string // reference to JSON
	clock  *clock
}

type putEntry struct {
	Resource json.RawMessage
	Request  struct{ Method, URL string }
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/metadata") {
		_, _ = io.WriteString(w, d.statement)
		return
	}
	body, _ := io.ReadAll(r.Body)
	entries, bundled := d.entries(r, body)
	var refs []string
	for _, e := range entries {
		refs = append(refs, e.Request.URL)
	}
	d.mu.Lock()
	d.n++
	n := d.n
	d.sizes = append(d.sizes, len(entries))
	d.at = append(d.at, d.clock.Now())
	d.mu.Unlock()
	if d.fault != nil && d.fault(n, w, r, refs) {
		return
	}
	d.store(w, entries, bundled)
}

func (d *double) entries(r *http.Request, body []byte) (entries []putEntry, bundled bool) {
	if r.Method == http.MethodPut {
		e := putEntry{Resource: body}
		e.Request.URL = strings.TrimPrefix(r.URL.Path, "/fhir/")
		return []putEntry{e}, false
	}
	var b struct{ Entry []putEntry }
	_ = json.Unmarshal(body, &b)
	return b.Entry, true
}

func (d *double) store(w http.ResponseWriter, entries []putEntry, bundled bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var answers []string
	status := 0
	for _, e := range entries {
		status = 201
		if d.stored[e.Request.URL] != "" {
			status = 200
		}
		d.stored[e.Request.URL] = string(e.Resource)
		answers = append(answers, fmt.Sprintf(`{"response":{"status":"%d x","etag":"W/\"1\""}}`, status))
	}
	if !bundled {
		w.Header().Set("ETag", `W/"1"`)
		w.WriteHeader(status)
		return
	}
	_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"transaction-response","entry":[%s]}`, strings.Join(answers, ","))
}

func (d *double) requests() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]int(nil), d.sizes...)
}

// clock is a time that only sleeping moves; it never waits.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func (c *clock) seam() fhirserver.Clock {
	return fhirserver.Clock{Now: c.Now, Sleep: c.Sleep, Jitter: func(ceiling time.Duration) time.Duration { return ceiling }}
}

// prepare fills what every double needs.
func (d *double) prepare() {
	if d.statement == "" {
		d.statement = statement
	}
	d.stored, d.clock = map[string]string{}, newClock()
}

// start serves d and returns options for it.
func start(t *testing.T, d *double) fhirserver.Options {
	t.Helper()
	d.prepare()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return fhirserver.Options{Base: server.URL + "/fhir", Clock: d.clock.seam()}
}

func open(t *testing.T, o fhirserver.Options) *fhirserver.Sink {
	t.Helper()
	s, err := fhirserver.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func patients(n int) []load.Entry {
	var all []load.Entry
	for i := range n {
		all = append(all, loadtest.Patient(fmt.Sprintf("p%03d", i)))
	}
	return all
}

func send(t *testing.T, s *fhirserver.Sink, entries []load.Entry) []load.Outcome {
	t.Helper()
	got, err := s.Send(context.Background(), &load.Bundle{Seq: 1, Atomic: true, Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantAllOK(t *testing.T, outcomes []load.Outcome) {
	t.Helper()
	for i, o := range outcomes {
		if !o.OK() {
			t.Errorf("entry %d: %+v", i, o)
		}
	}
}

// wantError checks for an *fhirserver.Error with the code and returns it.
func wantError(t *testing.T, err error, code string) *fhirserver.Error {
	t.Helper()
	var e *fhirserver.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return e
}

func answer(w http.ResponseWriter, status int, code, diagnostics string) bool {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":%q,"diagnostics":%q}]}`, code, diagnostics)
	return true
}
