package fhirserver_test

import (
	"context"
	"net/http"
	"testing"

	"chartlift/load"
)

func TestAServerWithoutRoomEndsTheLoadAtOnce(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		if n < 2 {
			return false
		}
		w.Header().Set("Content-Type", "application/fhir+json")
		w.WriteHeader(http.StatusInsufficientStorage)
		_, _ = w.Write([]byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"no-store"}]}`))
		return true
	}}
	s := open(t, start(t, d))
	wantAllOK(t, send(t, s, patients(1)))
	before := len(d.requests())
	_, err := s.Send(context.Background(), &load.Bundle{Seq: 2, Atomic: true, Entries: patients(8)[1:]})
	if e := wantError(t, err, "disk-full"); e.Status != 507 {
		t.Errorf("status %d", e.Status)
	}
	if sent := len(d.requests()) - before; sent > 1 {
		t.Errorf("sent %d times", sent)
	}
	if n := len(d.clock.slept); n > 0 {
		t.Errorf("waited %d times", n)
	}
}
