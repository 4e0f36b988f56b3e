package fhirserver_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
)

// crowd counts how many requests are in a server at once.
type crowd struct {
	inside atomic.Int64
}

func (c *crowd) enter() func() {
	c.inside.Add(1)
	return func() { c.inside.Add(-1) }
}

// flood sends n bundles of four patients with 16 senders, as a pipeline does,
// and returns how long it took.
func flood(t *testing.T, s *fhirserver.Sink, n int) time.Duration {
	t.Helper()
	began := time.Now()
	bundles := make(chan *load.Bundle)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for b := range bundles {
				got, err := s.Send(context.Background(), b)
				if err != nil {
					t.Error(err)
				}
				for _, o := range got {
					if !o.OK() {
						t.Errorf("bundle %d: %+v", b.Seq, o)
					}
				}
			}
		})
	}
	for i := range n {
		b := &load.Bundle{Seq: int64(i + 1), Atomic: true}
		for j := range 4 {
			b.Entries = append(b.Entries, loadtest.Patient(fmt.Sprintf("p%d-%d", i, j)))
		}
		bundles <- b
	}
	close(bundles)
	group.Wait()
	return time.Since(began)
}

func TestAServerThatTakesThreeAtOnceGetsThree(t *testing.T) {
	inTime(t, func(t *testing.T) {
		c := &crowd{}
		var refused atomic.Int64
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			defer c.enter()()
			if c.inside.Load() > 3 {
				refused.Add(1)
				w.WriteHeader(503)
				return true
			}
			time.Sleep(5 * time.Millisecond)
			return false
		}}
		o := startInTime(t, d)
		o.Clock.Jitter = func(time.Duration) time.Duration { return time.Millisecond }
		flood(t, open(t, o), 200)
		if n := refused.Load(); n > 40 {
			t.Errorf("%d of 200 requests were refused", n)
		}
		if len(d.stored) != 800 {
			t.Errorf("%d are stored", len(d.stored))
		}
	})
}

func TestARateIsKept(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{}
		o := startInTime(t, d)
		o.Rate = 50
		took := flood(t, open(t, o), 25)
		if rate := 25 / took.Seconds(); rate > 56 || rate < 40 {
			t.Errorf("%.0f requests a second, want 50", rate)
		}
	})
}

// A server that is down is not knocked at by all senders.
func TestSendersWaitTogetherForAServerThatIsDown(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var knocks, longest atomic.Int64
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			if knocks.Load() >= 12 {
				return false
			}
			knocks.Add(1)
			w.WriteHeader(502)
			return true
		}}
		o := startInTime(t, d)
		o.Clock.Jitter = func(ceiling time.Duration) time.Duration {
			longest.Store(max(longest.Load(), int64(ceiling)))
			return ceiling / 200
		}
		took := flood(t, open(t, o), 30)
		if time.Duration(longest.Load()) < 30*time.Second {
			t.Errorf("after 12 refusals in a row the back-off is %v", time.Duration(longest.Load()))
		}
		t.Logf("%d refusals, %v", knocks.Load(), took)
		if len(d.stored) != 120 {
			t.Errorf("%d are stored", len(d.stored))
		}
	})
}

func TestRequestsAreCompressedUntilTheServerRefusesThat(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 415, 400, 500} {
		var squeezed, refused atomic.Int64
		d := &double{}
		handler := func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool { return false }
		d.fault = handler
		o := start(t, d)
		o.Compress = fhirserver.CompressAlways
		o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Content-Encoding") != "gzip" {
				return http.DefaultTransport.RoundTrip(r)
			}
			squeezed.Add(1)
			if status != 0 {
				refused.Add(1)
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
			}
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(z)
			if err != nil {
				return nil, err
			}
			r.Header.Del("Content-Encoding")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
			return http.DefaultTransport.RoundTrip(r)
		})}
		s := open(t, o)
		for i := range 5 {
			var entries []load.Entry
			for j := range 30 {
				entries = append(entries, loadtest.Patient(fmt.Sprintf("p%d-%d", i, j)))
			}
			wantAllOK(t, send(t, s, entries))
		}
		if want := map[int]int64{0: 5, 415: 1, 400: 1, 500: 1}[status]; squeezed.Load() != want {
			t.Errorf("status %d: %d compressed requests, want %d", status, squeezed.Load(), want)
		}
		if len(d.stored) != 150 {
			t.Errorf("status %d: %d are stored", status, len(d.stored))
		}
	}
}

// A resource that is bad is not taken for a body that cannot be read: others go
// compressed again.
func TestARefusedResourceDoesNotEndCompression(t *testing.T) {
	t.Parallel()
	squeezed := 0
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		if slices.Contains(put, "Patient/p000") {
			return answer(w, 422, "invariant", "no")
		}
		return false
	}}
	o := start(t, d)
	o.Compress = fhirserver.CompressAlways
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Content-Encoding") == "gzip" {
			squeezed++
			z, _ := gzip.NewReader(r.Body)
			body, _ := io.ReadAll(z)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(60)[20:]))
	if got := send(t, s, patients(40)); got[0].OK() {
		t.Errorf("got %+v", got[0])
	}
	before := squeezed
	wantAllOK(t, send(t, s, patients(60)[20:]))
	if squeezed != before+1 {
		t.Errorf("%d compressed requests after the refusal", squeezed-before)
	}
}

// Two bundles that share a resource are not in flight together, nor is one that
// refers to what another is writing.
func TestBundlesInFlightNeverTouchTheSameResource(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var mu sync.Mutex
		inFlight := map[string]int{}
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
			mu.Lock()
			for _, ref := range put {
				if inFlight[ref]++; inFlight[ref] > 1 {
					t.Errorf("%s is written by two at once", ref)
				}
			}
			mu.Unlock()
			time.Sleep(3 * time.Millisecond)
			mu.Lock()
			for _, ref := range put {
				inFlight[ref]--
			}
			mu.Unlock()
			return false
		}}
		s := open(t, startInTime(t, d))
		var group sync.WaitGroup
		var queued []*load.Bundle
		for i := range 40 {
			b := &load.Bundle{Seq: int64(i + 1), Atomic: true, Entries: []load.Entry{loadtest.Patient("shared"), loadtest.Patient(fmt.Sprintf("own%d", i))}}
			if i%2 == 0 { // it refers to what the bundle before it writes
				b.Entries[0] = loadtest.Observation(fmt.Sprintf("o%d", i), fmt.Sprintf("own%d", i-1))
			}
			queued = append(queued, b)
			s.Queue(b)
		}
		rand.Shuffle(len(queued), func(i, j int) { queued[i], queued[j] = queued[j], queued[i] })
		for _, b := range queued {
			group.Go(func() {
				if _, err := s.Send(context.Background(), b); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for ref, body := range d.stored {
			var o struct{ Subject struct{ Reference string } }
			if json.Unmarshal([]byte(body), &o); o.Subject.Reference != "" && o.Subject.Reference != "Patient/own-1" && d.stored[o.Subject.Reference] == "" {
				t.Errorf("%s refers to %s, which is not there", ref, o.Subject.Reference)
			}
		}
	})
}

// Who sends a bundle may be late, by whatever it does before: what refers to it
// waits all the same.
func TestABundleWaitsForOneThatWasQueuedBeforeItHoweverLateThatIsSent(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{}
		s := open(t, startInTime(t, d))
		first := &load.Bundle{Seq: 1, Atomic: true, Entries: []load.Entry{loadtest.Patient("p")}}
		second := &load.Bundle{Seq: 2, Atomic: true, Entries: []load.Entry{loadtest.Observation("o", "p")}}
		other := &load.Bundle{Seq: 3, Atomic: true, Entries: []load.Entry{loadtest.Patient("elsewhere")}}
		second.Entries[0].Resource.JSON = []byte(strings.ReplaceAll(string(second.Entries[0].Resource.JSON), "Patient/p", "Patient/p/_history/1"))
		for _, b := range []*load.Bundle{first, second, other} {
			s.Queue(b)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waits := make(chan error)
		go func() { _, err := s.Send(ctx, second); waits <- err }()
		synctest.Wait() // the second has come as far as it does

		if _, err := s.Send(t.Context(), other); err != nil { // nobody waits for what it does not touch
			t.Fatal(err)
		}
		cancel() // it has not been sent, and is not
		if err := <-waits; !errors.Is(err, context.Canceled) {
			t.Fatalf("the second ended with %v before the first was sent", err)
		}
		if _, err := s.Send(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		if d.stored["Observation/o"] == "" || len(d.requests()) != 3 {
			t.Errorf("%d requests; there are %v", len(d.requests()), d.stored)
		}
	})
}

// Where a server answers with conflicts, bundles of one patient do not meet any
// more.
func TestAfterAConflictPatientsAreKeptApart(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var mu sync.Mutex
		busy, conflicts, late, taken := map[string]bool{}, 0, 0, 0
		d := &double{}
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
			patient := ""
			for _, ref := range put {
				if id, ok := strings.CutPrefix(ref, "Observation/"); ok {
					patient, _, _ = strings.Cut(id, "-")
				}
			}
			mu.Lock()
			if busy[patient] {
				if conflicts++; taken > 40 {
					late++
				}
				mu.Unlock()
				return answer(w, 409, "conflict", "another transaction holds the patient")
			}
			busy[patient] = true
			mu.Unlock()
			time.Sleep(4 * time.Millisecond)
			mu.Lock()
			delete(busy, patient)
			taken++
			mu.Unlock()
			return false
		}
		o := startInTime(t, d)
		o.Clock.Jitter = func(time.Duration) time.Duration { return rand.N(40 * time.Millisecond) }
		s := open(t, o)
		var group sync.WaitGroup
		next := make(chan *load.Bundle)
		for range 8 {
			group.Go(func() {
				for b := range next {
					got, err := s.Send(context.Background(), b)
					if err != nil || !got[0].OK() || !got[1].OK() {
						t.Errorf("bundle %d: %+v %v", b.Seq, got, err)
					}
				}
			})
		}
		for i := range 100 {
			p := fmt.Sprintf("p%d", i/25)
			next <- &load.Bundle{Seq: int64(i + 1), Atomic: true, Entries: []load.Entry{
				loadtest.Observation(fmt.Sprintf("%s-a%d", p, i), p), loadtest.Observation(fmt.Sprintf("%s-b%d", p, i), p),
			}}
		}
		close(next)
		group.Wait()
		if conflicts == 0 || late > 0 {
			t.Errorf("%d conflicts, %d of them late", conflicts, late)
		}
	})
}
