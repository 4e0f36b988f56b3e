package fhirserver_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/fhirserver"
)

// page answers as a firewall does: not in FHIR, and the same to everybody.
func page(w http.ResponseWriter, status int) bool {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, "<html><title>Request blocked</title></html>")
	return true
}

// writes reports whether a request would change something.
func writes(r *http.Request) bool { return r.Method == http.MethodPost || r.Method == http.MethodPut }

func TestAFirewallThatRefusesAllWritesEndsTheRunAndRejectsNoThousands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status   int
		taken    int // resources that are taken before it closes
		strategy fhirserver.Strategy
		most     int // requests that may be sent before it is noticed
	}{
		"403 in the middle":                   {403, 150, fhirserver.Transaction, 125},
		"403 in the middle of a batch":        {403, 150, fhirserver.Batch, 125},
		"400 in the middle":                   {400, 150, fhirserver.Transaction, 125},
		"406 from the first on":               {406, 0, fhirserver.Transaction, 125},
		"451 from the first on, one by one":   {451, 0, fhirserver.Single, 20},
		"406 in the middle, one by one":       {406, 30, fhirserver.Single, 200},
		"418, which nobody has heard of here": {418, 1, fhirserver.Transaction, 125},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed, refused := false, 0
			d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
				if !closed || !writes(r) {
					return false
				}
				refused++
				return page(w, c.status)
			}}
			o := start(t, d)
			o.Strategy = c.strategy
			s := open(t, o)
			if c.taken > 0 {
				wantAllOK(t, send(t, s, patients(c.taken)))
			}
			closed = true
			var err error
			rejected := 0
			for range 10 {
				var out []load.Outcome
				if out, err = s.Send(context.Background(), bundle(patients(50))); err != nil {
					break
				}
				rejected += len(out)
			}
			e := wantError(t, err, "target-refuses")
			if e.Status != c.status || !strings.Contains(e.Error(), "proxy or firewall before it") || strings.Contains(e.Error(), "blocked") {
				t.Errorf("it says %v", e)
			}
			if refused > c.most+1 || rejected > 200 {
				t.Errorf("%d requests were refused and %d resources rejected before it was noticed", refused, rejected)
			}
			// When it is open again, the same run goes on.
			closed = false
			wantAllOK(t, send(t, s, patients(50)))
		})
	}
}

func TestResourcesThatAServerRefusesInPlainWordsAreRefusedOneByOne(t *testing.T) {
	t.Parallel()
	for name, strategy := range map[string]fhirserver.Strategy{"in transactions": fhirserver.Transaction, "one by one": fhirserver.Single} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := func(ref string) bool { return ref >= "Patient/p030" && ref < "Patient/p090" } // sixty in a row
			d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
				return slices.ContainsFunc(put, bad) && page(w, http.StatusBadRequest)
			}}
			o := start(t, d)
			o.Strategy = strategy
			s := open(t, o)
			all := patients(120)
			for i, out := range send(t, s, all) {
				ref := all[i].Resource.Ref()
				if out.OK() == bad(ref) || bad(ref) && out.Issues[0].Code != "refused-by-server" {
					t.Errorf("%s: %+v", ref, out)
				}
			}
		})
	}
}

func TestRefusalsInTheWordsOfFHIRNeverEndTheRun(t *testing.T) {
	t.Parallel()
	refusals := 0
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
		if len(put) == 0 {
			return false
		}
		if refusals++; refusals%30 == 0 && len(put) == 1 { // a page now and then is no row of them
			return page(w, http.StatusBadRequest)
		}
		return answer(w, http.StatusBadRequest, "invalid", "no")
	}}
	o := start(t, d)
	o.Strategy = fhirserver.Single
	s := open(t, o)
	for i, out := range send(t, s, patients(450)) {
		if out.OK() || out.Status != http.StatusBadRequest {
			t.Fatalf("resource %d: %+v", i, out)
		}
	}
}
