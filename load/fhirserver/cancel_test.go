package fhirserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chartlift/load"
	"chartlift/load/loadtest"
)

// Whoever gives up while he waits before a server gives his place on: the
// others are not held back by it, however many there were.
func TestWhoGivesUpInTheQueueHoldsNobodyBack(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{fault: func(int, http.ResponseWriter, *http.Request, []string) bool {
			time.Sleep(time.Second)
			return false
		}}
		s := open(t, startInTime(t, d))
		ctx, cancel := context.WithCancel(t.Context())
		given := make(chan error, 40)
		for i := range 40 { // four are let in, the others queue
			go func() {
				_, err := s.Send(ctx, &load.Bundle{Seq: int64(i + 1), Entries: []load.Entry{loadtest.Patient(fmt.Sprint("a", i))}})
				given <- err
			}()
		}
		synctest.Wait()
		cancel()
		for range 40 {
			if err := <-given; !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
		}
		if n := len(d.requests()); n != 4 {
			t.Errorf("%d requests had been sent", n)
		}
		if took := flood(t, s, 4); took > 4*time.Second { // one after the other, at worst
			t.Errorf("four requests of a second each took %v", took)
		}
	})
}

// While one sender looks for what a server has lost, the others wait; who is
// told to stop stops all the same.
func TestWhoIsToldToStopDoesNotWaitForWhoLooksForLosses(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var fallen atomic.Bool
		var looking atomic.Int64
		d := &double{}
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			switch {
			case r.Method == http.MethodGet: // a look takes an hour
				looking.Add(1)
				select {
				case <-time.After(time.Hour):
				case <-r.Context().Done():
				}
				w.WriteHeader(http.StatusNotFound)
				return true
			case fallen.CompareAndSwap(true, false):
				w.WriteHeader(http.StatusBadGateway) // nobody is behind it, for one request
				return true
			}
			return false
		}
		o := startInTime(t, d)
		o.RequestTimeout = 2 * time.Hour
		s := open(t, o)
		wantAllOK(t, send(t, s, patients(2)))
		fallen.Store(true)
		send := func(ctx context.Context, id string) <-chan error {
			ended := make(chan error, 1)
			go func() {
				_, err := s.Send(ctx, &load.Bundle{Seq: 2, Entries: []load.Entry{loadtest.Patient(id)}})
				ended <- err
			}()
			return ended
		}
		first := send(t.Context(), "looks")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		second := send(ctx, "waits")
		time.Sleep(time.Minute)
		if n := looking.Load(); n != 1 {
			t.Fatalf("%d look", n)
		}
		cancel()
		began := time.Now()
		if err := <-second; !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("it ended with %v after %v", err, time.Since(began))
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if d.stored["Patient/looks"] == "" || d.stored["Patient/waits"] != "" {
			t.Errorf("there are %v", d.stored)
		}
	})
}
