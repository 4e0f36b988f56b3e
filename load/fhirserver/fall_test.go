package fhirserver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// falling is the way to a server that falls before its nth write: nobody
// answers for some requests, and what it had acknowledged of some resources is
// lost.
type falling struct {
	mu     sync.Mutex
	writes int
	before int    // the write before which it falls
	away   int    // requests that find nobody
	lose   func() // takes away what is lost
	status int    // a gateway's, 0: no connection is made
	cut    bool   // the connection is there, and breaks off without an answer
	clock  *clock
	reads  int // after the fall
}

func (f *falling) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method != http.MethodGet {
		if f.writes++; f.writes == f.before {
			f.lose()
		}
	}
	if f.writes >= f.before {
		if f.away > 0 {
			f.away--
			if f.status != 0 {
				return &http.Response{StatusCode: f.status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
			}
			if f.cut {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
		if r.Method == http.MethodGet {
			f.reads++
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// rehearsal starts a sandbox; lose takes resources away from it without a
// trace, as a database does that had not written its log.
func rehearsal(t *testing.T, as sandbox.Profile) (o fhirserver.Options, lose func(refs ...string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sandbox.db")
	server, err := sandbox.Open(path, sandbox.Options{As: as})
	if err != nil {
		t.Fatal(err)
	}
	base, err := server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return fhirserver.Options{Base: base}, func(refs ...string) {
		db, err := sql.Open("sqlite3", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, ref := range refs {
			for _, table := range []string{"history", "identifier", "reference", "resource"} {
				_, err := db.Exec("DELETE FROM "+table+" WHERE seq = (SELECT seq FROM resource WHERE type || '/' || id = ?)", ref)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestWhatAServerLosesByItsFallIsSentAgainBeforeAnythingThatRefersToIt(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*falling{
		"no connection is made":                                     {away: 3},
		"a gateway finds nobody":                                    {away: 2, status: http.StatusBadGateway},
		"the gateway's words differ":                                {away: 2, status: http.StatusServiceUnavailable},
		"all are cut off, and it is back before anybody asks again": {away: 4, cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, lose := rehearsal(t, profile(t, "hapi", nil))
			f.clock, f.before, f.lose = newClock(), 2, func() { lose("Patient/p001", "Patient/p003") }
			o.Clock, o.HTTP = f.clock.seam(), &http.Client{Transport: f}
			s := open(t, o)
			wantAllOK(t, send(t, s, patients(5)))
			var later []load.Entry
			for i := range 5 {
				later = append(later, loadtest.Observation(fmt.Sprint("o", i), fmt.Sprintf("p%03d", i)))
			}
			wantAllOK(t, send(t, s, later))
			var again []string
			for _, e := range s.Restored() {
				again = append(again, fmt.Sprint(e.Resource.Ref(), len(e.Resource.JSON)))
			}
			if slices.Sort(again); !slices.Equal(again, []string{"Patient/p0010", "Patient/p0030"}) || len(s.Restored()) != 0 {
				t.Errorf("sent again: %q, and told once more: %v", again, s.Restored())
			}
			if diff := cmp.Diff(sent(append(patients(5), later...)), asSent(t, o.Base, "Patient", "Observation")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAConnectionThatIsCutNowAndThenIsNoFall(t *testing.T) {
	t.Parallel()
	o, _ := rehearsal(t, profile(t, "hapi", nil))
	f := &falling{before: 2, away: 3, cut: true, lose: func() {}, clock: newClock()}
	o.Clock, o.HTTP = f.clock.seam(), &http.Client{Transport: f}
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(5)))
	wantAllOK(t, send(t, s, []load.Entry{loadtest.Observation("o", "p001")}))
	if f.reads != 0 {
		t.Errorf("what was acknowledged is looked for by %d requests", f.reads)
	}
}

func TestWhatAServerThatGivesTheIDsLosesGetsOthersAndReferencesFollow(t *testing.T) {
	t.Parallel()
	o, lose := rehearsal(t, profile(t, "hapi", func(p *sandbox.Profile) { p.ClientIDs = sandbox.No }))
	ids := &kept{}
	f := &falling{away: 3, before: 1 << 30, clock: newClock()}
	o.IDs, o.Clock, o.HTTP = ids, f.clock.seam(), &http.Client{Transport: f}
	f.lose = func() { lose("Patient/" + ids.all["Patient/p001"].ID) }
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(3)))
	was := ids.all["Patient/p001"].ID
	f.before = f.writes + 1
	wantAllOK(t, send(t, s, []load.Entry{loadtest.Observation("o", "p001")}))
	if now := ids.all["Patient/p001"].ID; now == was || now == "" {
		t.Errorf("the patient was %q and is %q", was, now)
	}
	if diff := cmp.Diff(sent(append(patients(3), loadtest.Observation("o", "p001"))), asSent(t, o.Base, "Patient", "Observation")); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsLookedForThatWasAcknowledgedLongBeforeTheFallOrIsDeletedThere(t *testing.T) {
	t.Parallel()
	o, _ := rehearsal(t, profile(t, "hapi", nil))
	long := &falling{away: 1, before: 2, clock: newClock(), lose: func() {}}
	o.Clock, o.HTTP = long.clock.seam(), &http.Client{Transport: long}
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(2)))
	_ = long.clock.Sleep(t.Context(), 2*time.Minute)
	wantAllOK(t, send(t, s, []load.Entry{loadtest.Patient("late")}))
	if long.reads != 0 {
		t.Errorf("%d reads after a fall that nothing was acknowledged before", long.reads)
	}
	deleted := &falling{away: 1, before: 2, clock: newClock()}
	deleted.lose = func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, o.Base+"/Patient/p000", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil || a.StatusCode >= 300 {
			t.Fatalf("delete: %v, %v", a, err)
		}
		a.Body.Close()
	}
	o.Clock, o.HTTP = deleted.clock.seam(), &http.Client{Transport: deleted}
	s = open(t, o)
	wantAllOK(t, send(t, s, patients(2)))
	wantAllOK(t, send(t, s, []load.Entry{loadtest.Patient("later")}))
	if len(s.Restored()) != 0 {
		t.Error("what somebody has deleted was put back")
	}
}

func TestAServerThatDoesNotTakeAgainWhatItLostEndsTheRun(t *testing.T) {
	t.Parallel()
	o, lose := rehearsal(t, profile(t, "hapi", nil))
	f := &falling{away: 1, before: 2, clock: newClock(), lose: func() { lose("Patient/p000") }}
	o.Clock = f.clock.seam()
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		a, err := f.RoundTrip(r)
		if f.writes > 1 && err == nil && r.Method != http.MethodGet {
			a.Body.Close()
			a.StatusCode, a.Body = http.StatusUnprocessableEntity, http.NoBody
		}
		return a, err
	})}
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(2)))
	_, err := s.Send(context.Background(), &load.Bundle{Seq: 2, Entries: []load.Entry{loadtest.Patient("late")}})
	if e := wantError(t, err, "server-lost-writes"); !strings.Contains(e.Error(), "--full") {
		t.Errorf("error %v", err)
	}
}

func TestAServerThatOnlyAsksForPatienceHasLostNothing(t *testing.T) {
	t.Parallel()
	o, _ := rehearsal(t, profile(t, "hapi", nil))
	f := &falling{before: 1 << 30, clock: newClock()}
	o.Clock = f.clock.seam()
	busy := 2
	reads := 0
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/metadata") {
			reads++
		}
		if r.Method == http.MethodPost && busy > 0 {
			busy--
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"1"}}, Body: http.NoBody, Request: r}, nil
		}
		return f.RoundTrip(r)
	})}
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(2)))
	busy = 2
	wantAllOK(t, send(t, s, []load.Entry{loadtest.Patient("late")}))
	if reads != 0 {
		t.Errorf("%d reads", reads)
	}
}

// What is kept for a server that falls is bounded both ways: a load of millions
// of small resources does not fill the memory with them, nor do some large
// ones.
func TestWhatIsKeptForAFallIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, size, want int }{
		{100, 500, 100},
		{40_000, 500, 10_000},
		{40, 1 << 20, 16},
		{3, 40 << 20, 1},
	} {
		if got := fhirserver.Remembered(c.n, c.size); got != c.want {
			t.Errorf("of %d resources of %d bytes %d are kept, want %d", c.n, c.size, got, c.want)
		}
	}
}

func TestATimeInWhichNothingGetsThroughIsTold(t *testing.T) {
	t.Parallel()
	o, _ := rehearsal(t, profile(t, "hapi", nil))
	f := &falling{away: 12, before: 2, clock: newClock(), lose: func() {}}
	var told []fhirserver.Waiting
	o.Clock, o.HTTP, o.GiveUpAfter = f.clock.seam(), &http.Client{Transport: f}, 20*time.Minute
	o.Waiting = func(w fhirserver.Waiting) { told = append(told, w) }
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(2)))
	wantAllOK(t, send(t, s, []load.Entry{loadtest.Patient("late")}))
	if len(told) < 3 {
		t.Fatalf("told %v", told)
	}
	for i, w := range told {
		if w.For < 10*time.Second || w.For+w.Left != 20*time.Minute || w.Status != 0 {
			t.Errorf("%+v", w)
		}
		if i > 0 && w.For-told[i-1].For < 30*time.Second {
			t.Errorf("%v after %v", w.For, told[i-1].For)
		}
	}
}
