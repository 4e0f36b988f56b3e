package fhirserver_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/loadtest"
)

// crowdOf sends so many bundles of a hundred patients together and wants
// everything stored.
func crowdOf(t *testing.T, d *double, send func(context.Context, *load.Bundle) ([]load.Outcome, error), bundles int) {
	t.Helper()
	var group sync.WaitGroup
	for n := range bundles {
		b := &load.Bundle{Seq: int64(n + 1), Atomic: true}
		for i := range 100 {
			b.Entries = append(b.Entries, loadtest.Patient(fmt.Sprintf("p%d-%d", n, i)))
		}
		group.Go(func() {
			got, err := send(context.Background(), b)
			if err != nil {
				t.Error(err)
			}
			for _, o := range got {
				if !o.OK() {
					t.Errorf("bundle %d: %+v", b.Seq, o)
				}
			}
		})
	}
	group.Wait()
	if len(d.stored) != bundles*100 {
		t.Errorf("%d of %d are stored", len(d.stored), bundles*100)
	}
}

// However many senders meet a limit together, its size is looked for once: the
// requests in vain are those under way at first, and one for each halving.
func TestSendersTogetherLookForALimitOnce(t *testing.T) {
	inTime(t, func(t *testing.T) {
		for limit, halvings := range map[int]int64{50: 1, 30: 2, 8: 4, 1: 7} {
			var vain atomic.Int64
			d := &double{}
			d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
				time.Sleep(time.Millisecond)
				if len(put) > limit {
					vain.Add(1)
					return answer(w, 400, "too-costly", "no")
				}
				return false
			}
			crowdOf(t, d, open(t, startInTime(t, d)).Send, 8)
			if got := vain.Load(); got > 3+halvings {
				t.Errorf("limit of %d: %d requests in vain, want at most the four first and one for each other halving, %d", limit, got, 3+halvings)
			}
		}
	})
}

// What is too much by itself does not stop those who wait until a limit is
// known, nor does one who gives up.
func TestALimitThatIsNotFoundHoldsNobodyBack(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
			return answer(w, 413, "too-long", "request too large")
		}}
		s := open(t, startInTime(t, d))
		var group sync.WaitGroup
		for n := range 6 {
			group.Go(func() {
				got, err := s.Send(context.Background(), &load.Bundle{Seq: int64(n + 1), Entries: []load.Entry{loadtest.Patient(fmt.Sprintf("a%d", n)), loadtest.Patient(fmt.Sprintf("b%d", n))}})
				if err != nil || got[0].OK() || got[1].Issues[0].Code != "too-large-for-server" {
					t.Errorf("%+v %v", got, err)
				}
			})
		}
		group.Wait()
	})
}

// Who stood in the queue before the gate when the server asked for patience
// waits as well. What was sent before that was known may still arrive.
func TestNobodyComesBeforeTheTimeThatRetryAfterNames(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var mu sync.Mutex
		var said time.Time
		taken, early := 0, 0
		d := &double{}
		d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			time.Sleep(50 * ms)
			mu.Lock()
			defer mu.Unlock()
			since := time.Since(said)
			if since > 75*ms && since < time.Second {
				early++
			}
			if taken++; taken != 5 {
				return false
			}
			said = time.Now()
			w.Header().Set("Retry-After", "1")
			return answer(w, 429, "throttled", "slow down")
		}
		crowdOf(t, d, open(t, startInTime(t, d)).Send, 30)
		if early > 0 {
			t.Errorf("%d requests came before the time that the server named", early)
		}
	})
}
