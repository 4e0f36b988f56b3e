package fhirserver_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"chartlift/internal/issue"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
)

func TestAServerThatIsNotOneEndsTheRunAtOnce(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name   string
		status int
		body   string
		code   string
	}{
		{"401", 401, "", "unauthorized"},
		{"403", 403, "", "forbidden"},
		{"404", 404, "", "not-a-fhir-server"},
		{"503", 503, "", "server-down"},
		{"a web page", 200, "<!DOCTYPE html><title>Welcome</title>", "not-a-fhir-server"},
		{"other JSON", 200, `{"status":"ok"}`, "not-a-fhir-server"},
		{"an array", 200, `[]`, "not-a-fhir-server"},
		{"cut JSON", 200, statement[:40], "not-a-fhir-server"},
		{"DSTU2", 200, `{"resourceType":"Conformance","fhirVersion":"1.0.2"}`, "not-a-fhir-server"},
		{"R5", 200, `{"resourceType":"CapabilityStatement","fhirVersion":"5.0.0"}`, "wrong-fhir-version"},
		{"R4B", 200, `{"resourceType":"CapabilityStatement","fhirVersion":"4.3.0"}`, "wrong-fhir-version"},
		{"no version", 200, `{"resourceType":"CapabilityStatement"}`, "wrong-fhir-version"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(row.status)
				_, _ = w.Write([]byte(row.body))
			}))
			defer server.Close()
			c := newClock()
			_, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: server.URL, Clock: c.seam()})
			e := wantError(t, err, row.code)
			if asked != 1 || len(c.slept) != 0 {
				t.Errorf("asked %d times and slept %v; there is no patience at the start", asked, c.slept)
			}
			if row.status != 200 && e.Status != row.status {
				t.Errorf("status %d, want %d", e.Status, row.status)
			}
			if !strings.Contains(e.Error(), row.code) || !strings.Contains(e.Error(), server.URL) || e.Message == "" {
				t.Errorf("the error tells too little: %v", e)
			}
		})
	}
}

func TestADownloadIsNoServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 5000)) }))
	defer server.Close()
	_, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: server.URL, MaxAnswer: 1000})
	if e := wantError(t, err, "not-a-fhir-server"); !strings.Contains(e.Error(), "longer than any capability statement") {
		t.Errorf("it says %v", e)
	}
}

func TestARefusedConnectionIsToldWithItsCause(t *testing.T) {
	t.Parallel()
	_, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: "http://127.0.0.1:1"}) // a port that is nobody's, nor given to who asks for any
	if e := wantError(t, err, "server-down"); !strings.Contains(e.Error(), "refused") || errors.Unwrap(e) == nil {
		t.Errorf("got %v", e)
	}
}

func TestAnAddressThatMustNotBeUsedIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	rows := []struct{ base, code string }{
		{"http://fhir.example.org/r4", "insecure-address"},
		{"http://192.0.2.7:8080/fhir", "insecure-address"},
		{"https://user:sesame@fhir.example.org", "bad-address"},
		{"https://sesame@fhir.example.org", "bad-address"},
		{"ftp://fhir.example.org", "bad-address"},
		{"fhir.example.org", "bad-address"},
		{"https://fhir.example.org/?token=sesame", "bad-address"},
		{"https://fhir.example.org/%zz?sesame", "bad-address"},
		{"", "bad-address"},
	}
	for _, row := range rows {
		_, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: row.base})
		if e := wantError(t, err, row.code); strings.Contains(e.Error(), "sesame") {
			t.Errorf("%s: the error repeats the credentials: %v", row.base, e)
		}
	}
	_, err := fhirserver.Open(context.Background(), fhirserver.Options{
		Base: "https://fhir.example.org", Token: fhirserver.StaticToken("x"), User: "u",
	})
	wantError(t, err, "bad-address")
}

func TestAListedHostMayBeSpokenToInClear(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&double{statement: statement, clock: newClock()})
	defer server.Close()
	through := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}}}
	for _, listed := range []string{"fhir.example.org", "fhir.example.org:8080"} {
		o := fhirserver.Options{Base: "http://fhir.example.org:8080/fhir/", Insecure: []string{listed}, HTTP: through}
		if _, err := fhirserver.Open(context.Background(), o); err != nil {
			t.Errorf("listed as %s: %v", listed, err)
		}
	}
}

func TestARedirectToAnotherAddressIsNotFollowed(t *testing.T) {
	t.Parallel()
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer here.Close()
	_, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: here.URL, Token: fhirserver.StaticToken("secret")})
	wantError(t, err, "redirected")
	if reached {
		t.Error("the other address was asked")
	}
}

func TestAPutIsNeverRedirected(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		http.Redirect(w, r, "/elsewhere", http.StatusPermanentRedirect)
		return true
	}}
	_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(1)))
	wantError(t, err, "redirected")
}

func TestTheStatementDecidesTheStrategy(t *testing.T) {
	t.Parallel()
	none := strings.Replace(statement, `{"code":"transaction"},`, "", 1)
	rows := []struct {
		statement   string
		asked, want fhirserver.Strategy
	}{
		{statement, fhirserver.Auto, fhirserver.Transaction},
		{statement, fhirserver.Batch, fhirserver.Batch},
		{statement, fhirserver.Single, fhirserver.Single},
		{none, fhirserver.Auto, fhirserver.Single},
		{none, fhirserver.Transaction, fhirserver.Single},
		{none, fhirserver.Batch, fhirserver.Batch},
	}
	for _, row := range rows {
		o := start(t, &double{statement: row.statement})
		o.Strategy = row.asked
		s := open(t, o)
		if s.Strategy() != row.want {
			t.Errorf("asked for %q, got %q, want %q", row.asked, s.Strategy(), row.want)
		}
		wantAllOK(t, send(t, s, patients(3)))
	}
	if c := open(t, start(t, &double{})).Client().Capability(); c.Software != "Double 1" || c.FHIRVersion != "4.0.1" || !c.Batch {
		t.Errorf("capability %+v", c)
	}
}

func TestATypeThatTheServerDoesNotListIsNotSent(t *testing.T) {
	t.Parallel()
	d := &double{statement: strings.Replace(statement, `"interaction"`, `"resource":[{"type":"Patient"}],"interaction"`, 1)}
	s := open(t, start(t, d))
	got := send(t, s, append(patients(1), loadtest.Observation("o", "p000")))
	if !got[0].OK() || got[1].OK() || got[1].Issues[0].Code != "type-not-supported" {
		t.Errorf("got %+v", got)
	}
	if n := d.requests(); !slices.Equal(n, []int{1}) {
		t.Errorf("requests of %v entries", n)
	}
}

func TestASilentServerIsLeftWithinTheTimeout(t *testing.T) {
	inTime(t, func(t *testing.T) {
		o := serveInTime(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		o.RequestTimeout = 50 * time.Millisecond
		began := time.Now()
		_, err := fhirserver.Open(context.Background(), o)
		wantError(t, err, "server-down")
		if d := time.Since(began); d != 50*time.Millisecond {
			t.Errorf("took %v", d)
		}
	})
}

func TestCodesAreSortedAndExplained(t *testing.T) {
	t.Parallel()
	codes := fhirserver.Codes()
	if !slices.IsSortedFunc(codes, func(a, b issue.Code) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("codes are not sorted")
	}
	for _, c := range codes {
		if c.Title == "" || c.Fix == "" {
			t.Errorf("%s lacks a title or a fix", c.Code)
		}
	}
}
