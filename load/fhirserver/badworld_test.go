package fhirserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/auth"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// Everything at once, as chartlift sandbox --faults offers it: each resource is
// there once, whatever the way.
func TestARehearsalWithEveryFaultStoresEverythingOnce(t *testing.T) {
	t.Parallel()
	faults, err := sandbox.ParseFaults("429=5%,503=4%,cut=4%,drop=4%,slow=8ms,stale-token=20ms,max-entries=20,max-bytes=20000")
	if err != nil {
		t.Fatal(err)
	}
	faults.RetryAfter = 0
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) { rehearseFaults(t, as, faults) })
		})
	}
}

func rehearseFaults(t *testing.T, as sandbox.Profile, faults sandbox.Faults) {
	server, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{As: as, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	handler, stale := server.Handler(), 0
	o := serveInTime(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			stale++ // the first is none
		}
		handler.ServeHTTP(w, r)
	}))
	o.Clock.Jitter = func(time.Duration) time.Duration { return 2 * time.Millisecond }
	o.IDs = &kept{}
	tokens, err := auth.New(auth.Options{Base: o.Base, ClientID: "rehearsal", Secret: "any", HTTP: o.HTTP.Transport})
	if err != nil {
		t.Fatal(err)
	}
	o.Token = tokens.Token
	entries := slices.DeleteFunc(clinic(12), func(e load.Entry) bool { return e.Resource.Type == "Provenance" })
	wantAllOK(t, send(t, open(t, o), entries))

	if stale < 2 {
		t.Error("no token went stale: this test does not test what it says")
	}

	all := map[string]string{}
	c := open(t, o).Client()
	for _, typ := range []string{"Patient", "Encounter", "Observation", "Organization", "Practitioner"} {
		n, err := c.Count(context.Background(), typ)
		if err != nil {
			t.Fatal(err)
		}
		all[typ] = fmt.Sprint(n)
	}
	want := map[string]string{"Patient": "12", "Encounter": "12", "Observation": "24", "Organization": "1", "Practitioner": "1"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
}

// Credentials go to the server that was named and to no other, by no kind of
// redirect.
func TestCredentialsAreNotSentAlongToAnotherHost(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var seen atomic.Value
		elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen.Store(r.Method + " " + r.Header.Get("Authorization"))
			_, _ = io.WriteString(w, statement)
		}))
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			w.Header().Set("Location", elsewhere.URL+r.URL.Path)
			w.WriteHeader(status)
			return true
		}}
		o := start(t, d)
		o.User, o.Password = "clerk", "hunter2"
		s := open(t, o)
		_, err := s.Send(context.Background(), bundle(patients(1)))
		e := wantError(t, err, "redirected")
		if strings.Contains(e.Error(), "hunter2") || strings.Contains(e.Error(), elsewhere.URL) && strings.Contains(e.Error(), "Patient/") {
			t.Errorf("the error says too much: %v", e)
		}
		if _, err := s.Client().Read(context.Background(), "Patient", "x"); err == nil {
			t.Error("a read followed the redirect")
		}
		if got := seen.Load(); got != nil {
			t.Errorf("status %d: the other host was asked: %v", status, got)
		}
		elsewhere.Close()
	}
}

// A limit of bytes that nobody has heard of is found by halving; only what
// exceeds it by itself is refused.
func TestAnySizeLimitIsFound(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{700, 1500, 9000, 40000} {
		d := &double{}
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if r.ContentLength > int64(limit) {
				w.WriteHeader(413) // without a word, as proxies do
				return true
			}
			return false
		}
		large := loadtest.Patient("large")
		large.Resource.JSON = []byte(strings.Replace(string(large.Resource.JSON), "Test", strings.Repeat("x", 50000), 1))
		entries := append(patients(300), large)
		got := send(t, open(t, start(t, d)), entries)
		for i, o := range got {
			if o.OK() == (i == 300) {
				t.Fatalf("limit %d, entry %d: %+v", limit, i, o)
			}
		}
		size := fmt.Sprintf("it has %d bytes", len(large.Resource.JSON))
		if why := got[300].Issues; len(why) != 1 || why[0].Code != "too-large-for-server" || !strings.Contains(why[0].Message, size) {
			t.Errorf("limit %d: %+v", limit, why)
		}
		if len(d.stored) != 300 {
			t.Errorf("limit %d: %d are stored", limit, len(d.stored))
		}
	}
}

// An answer that is cut, short or no answer at all never loses an outcome, and
// never invents one.
func TestAnswersThatAreNotWholeAreNotBelieved(t *testing.T) {
	t.Parallel()
	entry := `{"response":{"status":"201 Created","etag":"W/\"1\""}}`
	bundleOf := func(n int) string {
		return `{"resourceType":"Bundle","type":"transaction-response","entry":[` + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + `]}`
	}
	rows := map[string]struct {
		body string
		ends bool // the run, as the server is none
	}{
		"fewer entries":        {bundleOf(2), false},
		"no entries":           {bundleOf(0), false},
		"more entries":         {bundleOf(4), false},
		"JSON cut in its half": {bundleOf(3)[:90], false},
		"a login page":         {"<!doctype html><html>Please log in</html>", true},
		"nothing at all":       {"", false},
	}
	for name, row := range rows {
		tries := 0
		d := &double{}
		d.fault = func(n int, w http.ResponseWriter, _ *http.Request, put []string) bool {
			if tries++; n > 1 && !row.ends {
				return false // the next time all is well
			}
			_, _ = io.WriteString(w, row.body)
			return true
		}
		got, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(3)))
		if row.ends {
			wantError(t, err, "bad-answer")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantAllOK(t, got)
		if tries < 2 || len(d.stored) != 3 {
			t.Errorf("%s: %d requests, %d stored", name, tries, len(d.stored))
		}
	}
}

// A server that goes on answering like that is none.
func TestAServerThatNeverAnswersWholeEndsTheRun(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"transaction-response","entry":[]}`)
		return true
	}}
	_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(3)))
	if e := wantError(t, err, "bad-answer"); !strings.Contains(e.Error(), "0 entries for 3 sent") {
		t.Errorf("got %v", e)
	}
}

// Nothing is created of which it could not be written down that it was sent.
func TestAFullDiskEndsTheRunBeforeTheNextCreate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"B, transactions with conditional creates", "D, one conditional create each", "E, a search before each create"} {
		o := behave(t, ways(t)[name], sandbox.Faults{})
		full := &fullDisk{room: 2}
		o.IDs = full
		_, err := open(t, o).Send(context.Background(), bundle(patients(20)))
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", name, err)
		}
		o.IDs = &full.kept // there is room again
		wantAllOK(t, send(t, open(t, o), patients(20)))
		for id, list := range holds(t, o.Base, "Patient") {
			if len(list) != 1 {
				t.Errorf("%s: %s is there %d times", name, id, len(list))
			}
		}
	}
}

// fullDisk is IDs that can be saved so many times.
type fullDisk struct {
	kept
	room int
}

func (f *fullDisk) Save(all ...fhirserver.Known) error {
	if f.room--; f.room < 0 {
		return fmt.Errorf("write: %w", syscall.ENOSPC)
	}
	return f.kept.Save(all...)
}
