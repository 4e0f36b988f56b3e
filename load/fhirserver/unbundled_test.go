package fhirserver_test

import (
	"net/http"
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// A server whose statement has transactions and who refuses them gets single
// requests, each resource under our id. A 501 is asked three times, as any
// trouble of a server is.
func TestAServerThatSaysTransactionAndRefusesThemGetsSingleRequests(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(w http.ResponseWriter) bool{
		"405":                 func(w http.ResponseWriter) bool { w.WriteHeader(405); return true },
		"405 with an outcome": func(w http.ResponseWriter) bool { return answer(w, 405, "not-supported", "POST is not allowed here") },
		"501":                 func(w http.ResponseWriter) bool { return answer(w, 501, "not-supported", "not implemented") },
		"400 in so many words": func(w http.ResponseWriter) bool {
			return answer(w, 400, "not-supported", "Transactions are not enabled")
		},
		"404 about its bundles":  func(w http.ResponseWriter) bool { return answer(w, 404, "not-supported", "no Bundle endpoint") },
		"422 about bundles, too": func(w http.ResponseWriter) bool { return answer(w, 422, "not-supported", "batch/transaction") },
	} {
		bundles := 0
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if r.Method != http.MethodPost {
				return false
			}
			bundles++
			return refuse(w)
		}}
		sink := open(t, start(t, d))
		if sink.Strategy() != fhirserver.Transaction {
			t.Fatalf("%s: at first %s", name, sink.Strategy())
		}
		for from := range 3 {
			wantAllOK(t, send(t, sink, patients(30)[10*from:10*from+10]))
		}
		if bundles > 3 || len(d.stored) != 30 || sink.Strategy() != fhirserver.Single {
			t.Errorf("%s: %d bundles, %d stored, at last %s", name, bundles, len(d.stored), sink.Strategy())
		}
	}
}

// Words that are about one resource do not end transactions.
func TestARefusalOfAResourceDoesNotEndTransactions(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
		for _, ref := range put {
			if strings.HasSuffix(ref, "p003") {
				return answer(w, 422, "not-supported", "this profile is not supported")
			}
		}
		return false
	}}
	sink := open(t, start(t, d))
	got := send(t, sink, patients(8))
	for i, o := range got {
		if o.OK() == (i == 3) {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if sink.Strategy() != fhirserver.Transaction {
		t.Errorf("at last %s", sink.Strategy())
	}
}

// A server that says updateCreate and answers 405 to it takes no ids of ours;
// its transactions go on, with conditional creates.
func TestAServerThatSaysUpdateCreateAndRefusesItStillGetsTransactions(t *testing.T) {
	t.Parallel()
	o := behave(t, profile(t, "hapi", func(p *sandbox.Profile) { p.ClientIDs = sandbox.Never }), sandbox.Faults{})
	sink := open(t, o)
	var entries []load.Entry
	for i := range 5 {
		id := string(rune('a' + i))
		entries = append(entries, loadtest.Patient(id), loadtest.Observation("o"+id, id))
	}
	wantAllOK(t, send(t, sink, entries))
	if sink.Strategy() != fhirserver.Transaction {
		t.Errorf("at last %s", sink.Strategy())
	}
	for _, typ := range []string{"Patient", "Observation"} {
		if stored := holds(t, o.Base, typ); len(stored) != 5 {
			t.Errorf("%d of %s", len(stored), typ)
		}
	}
}
