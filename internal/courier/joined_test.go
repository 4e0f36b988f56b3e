package courier_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"chartlift/fhir"
	"chartlift/internal/courier"
	"chartlift/load"
)

// listing is a sink that takes everything and notes the ids of each bundle.
type listing struct {
	mu      sync.Mutex
	bundles []string
}

func (l *listing) Send(_ context.Context, b *load.Bundle) ([]load.Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	out := make([]load.Outcome, len(b.Entries))
	for i, e := range b.Entries {
		ids, out[i] = append(ids, e.Resource.ID), load.Outcome{Status: 201, Created: true}
	}
	l.bundles = append(l.bundles, strings.Join(ids, " "))
	return out, nil
}
func (l *listing) Commit() error { return nil }
func (l *listing) Close() error  { return nil }

func TestWhatIsJoinedIsNeverCutApart(t *testing.T) {
	t.Parallel()
	_, rec := recorder(t)
	to := &listing{}
	round := &courier.Round{Courier: &courier.Courier{Sink: to, Recorder: rec}, MaxEntries: 3}
	parcels := strings.Fields("a b +b1 +b2 +b3 c d +d1 e f")
	at := 0
	err := round.Deliver(t.Context(), 1, func() (courier.Parcel, bool, error) {
		if at == len(parcels) {
			return courier.Parcel{}, false, nil
		}
		id, joined := strings.CutPrefix(parcels[at], "+")
		at++
		r := fhir.Resource{Type: "Patient", ID: id, JSON: fmt.Appendf(nil, `{"resourceType":"Patient","id":%q}`, id)}
		return courier.Parcel{Entry: load.Entry{Resource: r}, Joined: joined}, true, nil
	})
	if got := strings.Join(to.bundles, "|"); err != nil || got != "a b b1 b2 b3|c d d1|e f" {
		t.Errorf("the bundles are %s, %v", got, err)
	}
}
