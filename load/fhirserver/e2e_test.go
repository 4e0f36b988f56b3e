package fhirserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
)

// TestARealServer loads into the FHIR server at CHARTLIFT_E2E_FHIR. All ids
// start with lt-.
func TestARealServer(t *testing.T) {
	t.Parallel()
	base := os.Getenv("CHARTLIFT_E2E_FHIR")
	if base == "" {
		t.Skip("set CHARTLIFT_E2E_FHIR to the address of a FHIR server that may be written to")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	for _, strategy := range []fhirserver.Strategy{fhirserver.Transaction, fhirserver.Batch, fhirserver.Single} {
		t.Run(string(strategy), func(t *testing.T) {
			s, err := fhirserver.Open(ctx, fhirserver.Options{Base: base, Strategy: strategy})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			run := fmt.Sprintf("lt-%d-", time.Now().UnixNano())
			realServer(ctx, t, s, run)
		})
	}
}

func realServer(ctx context.Context, t *testing.T, s *fhirserver.Sink, run string) {
	t.Helper()
	const patients, bad = 120, 17
	b := load.Bundle{Seq: 1}
	for i := range patients {
		id := fmt.Sprintf("%s%d", run, i)
		b.Entries = append(b.Entries, loadtest.Patient(id), loadtest.Observation(id, id))
	}
	b.Entries[2*bad+1] = loadtest.Refused(run + "bad")
	began := time.Now()
	outcomes, err := s.Send(ctx, &b)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d entries in %v", s.Strategy(), len(b.Entries), time.Since(began))
	strict := !outcomes[2*bad+1].OK() // some servers do not look at references, and count versions otherwise
	for i, o := range outcomes {
		if i != 2*bad+1 && !o.OK() {
			t.Errorf("entry %d: %+v", i, o)
		}
	}
	if !strict {
		t.Log("this server does not look at references")
		return
	}
	if refused := outcomes[2*bad+1].Issues; len(refused) != 1 || refused[0].Code != "reference-not-found" {
		t.Errorf("the bad entry is refused with %+v", refused)
	} else {
		t.Log(refused[0].Message)
	}
	again, err := s.Send(ctx, &b)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range again {
		if i != 2*bad+1 && (!o.OK() || o.Created || o.Version != outcomes[i].Version) {
			t.Errorf("entry %d the second time: %+v, first %+v", i, o, outcomes[i])
		}
	}
	readBack(ctx, t, s.Client(), run)
}

func readBack(ctx context.Context, t *testing.T, c *fhirserver.Client, run string) {
	t.Helper()
	var got struct{ Gender string }
	body, err := c.Read(ctx, "Patient", run+"0")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Gender != "unknown" {
		t.Errorf("read back %s: %v", body, err)
	}
	if _, err := c.Read(ctx, "Observation", run+"bad"); !errors.Is(err, fhirserver.ErrNotFound) {
		t.Errorf("the refused one: %v", err)
	}
	if n, err := c.Count(ctx, "Patient"); err != nil || n < 120 {
		t.Errorf("count: %d, %v", n, err)
	}
}
