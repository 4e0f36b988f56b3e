// Package loadtest holds the tests that every sink must pass.
//
// A sink's own test calls [Run] with a function that opens a fresh [Target]:
//
//	loadtest.Run(t, func(t *testing.T) loadtest.Target { … })
package loadtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

// Target is a fresh, empty target and the sink that writes to it.
type Target struct {
	Sink load.Sink
	// Stored returns what a reader of the target finds now: reference
	// (Patient/a) to JSON.
	Stored func(t *testing.T) map[string]string
	// Server says that the target looks at the contents: it refuses what
	// Refused makes, and what it has taken is there before Commit.
	Server bool
}

// Patient returns a patient entry with the given id.
func Patient(id string) load.Entry {
	return entry("Patient", id, fmt.Sprintf(
		`{"resourceType":"Patient","id":%q,"identifier":[{"system":"urn:example:mrn","value":%q}],"name":[{"family":"Test","given":["A"]}],"gender":"unknown"}`, id, id))
}

// Observation returns an observation entry that refers to the patient.
func Observation(id, patient string) load.Entry {
	return entry("Observation", id, fmt.Sprintf(
		`{"resourceType":"Observation","id":%q,"status":"final","code":{"text":"weight"},"subject":{"reference":"Patient/%s"},"valueQuantity":{"value":70.5,"unit":"kg"}}`, id, patient))
}

// Refused returns an entry that a server must refuse: its reference leads
// nowhere.
func Refused(id string) load.Entry { return Observation(id, "nobody-is-here") }

// entry has an origin, so that a sink which loses it is found out.
func entry(resourceType, id, body string) load.Entry {
	return load.Entry{
		Resource: fhir.Resource{Type: resourceType, ID: id, JSON: []byte(body)},
		Origin:   issue.Origin{Source: "test.csv", Table: "test", Row: int64(len(id))},
	}
}

// Run holds the sink that open returns to the contract of load.Sink.
func Run(t *testing.T, open func(t *testing.T) Target) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, Target)
	}{
		{"outcomes are one an entry and in order", outcomesInOrder},
		{"a bundle sent twice changes nothing", sentTwice},
		{"an empty bundle is nothing", emptyBundle},
		{"an unsendable entry is refused alone", unsendableAlone},
		{"a large bundle arrives whole", largeBundle},
		{"a resource sent again later wins", laterWins},
		{"a done context ends Send with its error", contextDone},
		{"Close may follow Commit and Close", closeTwice},
		{"a refused entry holds back no other", refusedAlone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target := open(t)
			t.Cleanup(func() { _ = target.Sink.Close() })
			c.test(t, target)
		})
	}
}

// send sends one bundle and demands one outcome for each entry.
func send(t *testing.T, s load.Sink, seq int64, entries ...load.Entry) []load.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	got, err := s.Send(ctx, &load.Bundle{Seq: seq, Atomic: true, Entries: entries})
	if err != nil {
		t.Fatalf("send bundle %d: %v", seq, err)
	}
	if len(got) != len(entries) {
		t.Fatalf("bundle %d: %d outcomes for %d entries", seq, len(got), len(entries))
	}
	return got
}

// commit ends the run and returns what a reader finds then.
func commit(t *testing.T, target Target) map[string]string {
	t.Helper()
	if err := target.Sink.Commit(); err != nil {
		t.Fatalf("commit: %v", err)
	}
	return target.Stored(t)
}

// wantStored compares what is stored with the entries, element by element of
// what was sent.
func wantStored(t *testing.T, stored map[string]string, entries ...load.Entry) {
	t.Helper()
	if len(stored) != len(entries) {
		t.Errorf("%d resources are stored, want %d", len(stored), len(entries))
	}
	for _, e := range entries {
		body, ok := stored[e.Resource.Ref()]
		if !ok {
			t.Errorf("%s is not stored", e.Resource.Ref())
			continue
		}
		var want, got map[string]json.RawMessage
		if err := json.Unmarshal(e.Resource.JSON, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Errorf("%s is stored as %q: %v", e.Resource.Ref(), body, err)
		}
		for name := range want {
			if string(got[name]) != string(want[name]) {
				t.Errorf("%s.%s is stored as %s, want %s", e.Resource.Ref(), name, got[name], want[name])
			}
		}
	}
}

func outcomesInOrder(t *testing.T, target Target) {
	sent := []load.Entry{Patient("a"), Observation("b", "a"), Patient("c")}
	for i, o := range send(t, target.Sink, 1, sent...) {
		if !o.OK() || !o.Created || o.Status != 201 || len(o.Issues) != 0 {
			t.Errorf("entry %d: %+v, want 201 and created", i, o)
		}
	}
	wantStored(t, commit(t, target), sent...)
}

func sentTwice(t *testing.T, target Target) {
	sent := []load.Entry{Patient("a"), Patient("b")}
	first := send(t, target.Sink, 1, sent...)
	for i, o := range send(t, target.Sink, 1, sent...) {
		if !o.OK() || o.Created {
			t.Errorf("entry %d the second time: %+v, want OK and not created", i, o)
		}
		if o.Version != first[i].Version {
			t.Errorf("entry %d has version %q, then %q", i, first[i].Version, o.Version)
		}
	}
	wantStored(t, commit(t, target), sent...)
}

func emptyBundle(t *testing.T, target Target) {
	send(t, target.Sink, 1)
	wantStored(t, commit(t, target))
}

func unsendableAlone(t *testing.T, target Target) {
	bad := Patient("x")
	bad.Resource.ID = "../x"
	got := send(t, target.Sink, 1, Patient("a"), bad, Patient("b"))
	if !got[0].OK() || !got[2].OK() {
		t.Errorf("the good entries got %+v and %+v", got[0], got[2])
	}
	if got[1].OK() || len(got[1].Issues) != 1 || got[1].Issues[0].Code != "unsendable-resource" {
		t.Errorf("the bad entry got %+v", got[1])
	}
	wantStored(t, commit(t, target), Patient("a"), Patient("b"))
}

func largeBundle(t *testing.T, target Target) {
	var sent []load.Entry
	for i := range 350 {
		sent = append(sent, Patient(fmt.Sprintf("p-%03d", i)))
	}
	for i, o := range send(t, target.Sink, 1, sent...) {
		if o.Status != 201 {
			t.Fatalf("entry %d: %+v", i, o)
		}
	}
	wantStored(t, commit(t, target), sent...)
}

func laterWins(t *testing.T, target Target) {
	later := Patient("a")
	later.Resource.JSON = []byte(strings.Replace(string(later.Resource.JSON), "unknown", "other", 1))
	send(t, target.Sink, 1, Patient("a"))
	if o := send(t, target.Sink, 2, later)[0]; !o.OK() {
		t.Errorf("the later one got %+v", o)
	}
	wantStored(t, commit(t, target), later)
}

func contextDone(t *testing.T, target Target) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	began := time.Now()
	got, err := target.Sink.Send(ctx, &load.Bundle{Seq: 1, Entries: []load.Entry{Patient("a")}})
	if err == nil || got != nil {
		t.Errorf("got %v, %v; want no outcomes and an error", got, err)
	}
	if ctx.Err() == nil || !strings.Contains(fmt.Sprint(err), context.Canceled.Error()) {
		t.Errorf("the error does not tell the cancellation: %v", err)
	}
	if d := time.Since(began); d > 30*time.Second {
		t.Errorf("Send returned after %v", d)
	}
}

func closeTwice(t *testing.T, target Target) {
	send(t, target.Sink, 1, Patient("a"))
	stored := commit(t, target)
	for range 2 {
		if err := target.Sink.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	wantStored(t, stored, Patient("a"))
	wantStored(t, target.Stored(t), Patient("a"))
}

func refusedAlone(t *testing.T, target Target) {
	if !target.Server {
		t.Skip("this target does not look at contents")
	}
	var sent, good []load.Entry
	for i := range 60 {
		id := fmt.Sprintf("e-%02d", i)
		if i == 7 || i == 41 {
			sent = append(sent, Refused(id))
			continue
		}
		sent = append(sent, Patient(id))
		good = append(good, Patient(id))
	}
	for i, o := range send(t, target.Sink, 1, sent...) {
		if bad := i == 7 || i == 41; o.OK() == bad {
			t.Errorf("entry %d: %+v", i, o)
		} else if bad && (len(o.Issues) != 1 || o.Issues[0].Code != "reference-not-found" || o.Issues[0].Origin != sent[i].Origin) {
			t.Errorf("entry %d is refused with %+v", i, o.Issues)
		}
	}
	wantStored(t, commit(t, target), good...)
}
