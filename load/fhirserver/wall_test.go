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
	"chartlift/load/loadtest"
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

// barring is a server behind a firewall, or with scopes, that keeps one type
// out, and lets bundles without it through, empty ones as well.
func barring(status int, typ string, on *bool, refused *int) *double {
	return &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
		if !*on || !writes(r) || !slices.ContainsFunc(put, func(ref string) bool { return strings.HasPrefix(ref, typ+"/") }) {
			return false
		}
		*refused++
		return page(w, status)
	}}
}

// chart is n patients, each with an observation behind it.
func chart(n int) []load.Entry {
	var all []load.Entry
	for i := range n {
		id := fmt.Sprintf("c%03d", i)
		all = append(all, loadtest.Patient(id), loadtest.Observation("o"+id, id))
	}
	return all
}

func TestATypeThatIsKeptOutWithoutAWordEndsTheRunSoonAndIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy fhirserver.Strategy
		entries  []load.Entry
		most     int // requests that are refused before it is noticed
		asked    string
	}{
		"one by one":                          {fhirserver.Single, chart(60), 20, "PUT Observation"},
		"in transactions of nothing else":     {fhirserver.Transaction, chart(60), 170, "POST of a bundle with Observation"},
		"in batches among what is taken":      {fhirserver.Batch, chart(60), 170, "POST of a bundle with Observation"},
		"one by one, and patients in between": {fhirserver.Single, chart(25), 20, "PUT Observation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on, refused := true, 0
			o := start(t, barring(http.StatusForbidden, "Observation", &on, &refused))
			o.Strategy = c.strategy
			s := open(t, o)
			wantAllOK(t, send(t, s, patients(30)))
			_, err := s.Send(context.Background(), bundle(c.entries))
			e := wantError(t, err, "target-refuses")
			for _, want := range []string{"the last 20 Observation (" + c.asked + ") were refused", "status 403", "scopes", "--without Observation", "chartlift resume"} {
				if !strings.Contains(e.Error(), want) {
					t.Errorf("it does not say %q: %v", want, e)
				}
			}
			if e.Status != http.StatusForbidden || refused > c.most || refused < 20 {
				t.Errorf("status %d, after %d refusals", e.Status, refused)
			}
			on = false // it was let through: the same is sent again
			wantAllOK(t, send(t, s, c.entries))
		})
	}
}

func TestFewOfATypeThatIsKeptOutAreRejectedAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	on, refused := true, 0
	o := start(t, barring(http.StatusForbidden, "Observation", &on, &refused))
	o.Strategy = fhirserver.Single
	s := open(t, o)
	entries := chart(15)
	for round := range 3 { // forty-five of them, and now and then one that is taken
		for i, out := range send(t, s, entries) {
			observation := entries[i].Resource.Type == "Observation"
			if out.OK() == observation || observation && out.Issues[0].Code != "type-forbidden" {
				t.Fatalf("round %d, %s: %+v", round, entries[i].Resource.Ref(), out)
			}
		}
		on = false
		wantAllOK(t, send(t, s, []load.Entry{loadtest.Observation(fmt.Sprint("taken", round), "c000")}))
		on = true
	}
}

func TestATypeThatIsKeptOutOfAServerThatGivesTheIdsIsNamedToo(t *testing.T) {
	t.Parallel()
	const given = `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server","resource":[` +
		`{"type":"Patient","interaction":[{"code":"create"},{"code":"read"}]},{"type":"Observation","interaction":[{"code":"create"},{"code":"read"}]}]}]}`
	n := 0
	d := &double{statement: given, fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		switch {
		case !writes(r):
			return answer(w, http.StatusNotFound, "not-found", "")
		case strings.HasSuffix(r.URL.Path, "/Observation"):
			return page(w, http.StatusForbidden)
		}
		n++
		w.Header().Set("Location", fmt.Sprintf("%s/srv%d/_history/1", r.URL.Path, n))
		w.WriteHeader(http.StatusCreated)
		return true
	}}
	s := open(t, start(t, d))
	_, err := s.Send(context.Background(), bundle(chart(40)))
	if e := wantError(t, err, "target-refuses"); !strings.Contains(e.Error(), "the last 20 Observation (POST Observation)") || n != 20 {
		t.Errorf("after %d patients: %v", n, e)
	}
}

func TestWhatCredentialsMayNotDoIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy fhirserver.Strategy
		says     string
	}{
		"together":   {fhirserver.Transaction, "does not allow POST of a bundle with Patient, Observation; ask for write scopes"},
		"one by one": {fhirserver.Single, "does not allow PUT Patient; ask for write scopes"},
	} {
		o := start(t, &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			return answer(w, http.StatusForbidden, "forbidden", "no")
		}})
		o.Strategy = c.strategy
		_, err := open(t, o).Send(context.Background(), bundle(chart(2)))
		if e := wantError(t, err, "forbidden"); !strings.Contains(e.Error(), c.says) || strings.Contains(e.Error(), "c000") {
			t.Errorf("%s: %v", name, e)
		}
	}
	read := open(t, start(t, &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		return answer(w, http.StatusForbidden, "forbidden", "no")
	}}))
	_, err := read.Client().Get(context.Background(), "Patient", "c000")
	if e := wantError(t, err, "forbidden"); !strings.Contains(e.Error(), "does not allow GET Patient; ask for scopes to read") {
		t.Errorf("reading: %v", e)
	}
}

func TestALockedServerEndsTheRunAndALockedChartDoesNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		said func(http.ResponseWriter) bool
		code string
	}{
		"the server": {func(w http.ResponseWriter) bool { return page(w, http.StatusLocked) }, "target-refuses"},
		"one chart": {func(w http.ResponseWriter) bool {
			return answer(w, http.StatusLocked, "lock-error", "somebody works on it")
		}, ""},
	} {
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
			return writes(r) && slices.Contains(put, "Patient/p001") && c.said(w)
		}}
		o := start(t, d)
		o.Strategy = fhirserver.Single
		out, err := open(t, o).Send(context.Background(), bundle(patients(3)))
		if c.code != "" {
			if e := wantError(t, err, c.code); !strings.Contains(e.Error(), "is locked and takes no writes (PUT Patient)") {
				t.Errorf("%s: %v", name, e)
			}
			continue
		}
		if err != nil || !out[0].OK() || out[1].OK() || out[1].Status != http.StatusLocked || !out[2].OK() {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}
