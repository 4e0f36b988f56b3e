package fhirserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// rehearse starts a sandbox and returns options to load into it.
func rehearse(t *testing.T, f sandbox.Faults) fhirserver.Options {
	t.Helper()
	server, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	base, err := server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return fhirserver.Options{Base: base, Clock: newClock().seam()}
}

func TestTheSinkKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name     string
		strategy fhirserver.Strategy
		faults   sandbox.Faults
	}{
		{"transaction", fhirserver.Auto, sandbox.Faults{}},
		{"batch", fhirserver.Batch, sandbox.Faults{}},
		{"no transaction", fhirserver.Auto, sandbox.Faults{NoTransaction: true}},
		{"awkward", fhirserver.Auto, sandbox.Faults{MaxEntries: 50, MaxBytes: 8192, RateLimit429Every: 3, RetryAfter: 2 * time.Second, Fail503Every: 4}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			loadtest.Run(t, func(t *testing.T) loadtest.Target {
				o := rehearse(t, row.faults)
				o.Strategy = row.strategy
				s := open(t, o)
				return loadtest.Target{Sink: s, Server: true, Stored: func(t *testing.T) map[string]string { return stored(t, s.Client()) }}
			})
		})
	}
}

// stored reads back every id that the conformance suite uses.
func stored(t *testing.T, c *fhirserver.Client) map[string]string {
	t.Helper()
	all := map[string]string{}
	ctx := context.Background()
	read := func(typ, id string) {
		body, err := c.Read(ctx, typ, id)
		if err == nil {
			all[typ+"/"+id] = string(body)
		} else if !errors.Is(err, fhirserver.ErrNotFound) {
			t.Error(err)
		}
	}
	want, err := c.Count(ctx, "Patient")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c", "x"} {
		read("Patient", id)
		read("Observation", id)
	}
	for i := 0; i < 60 && int64(len(all)) < want; i++ {
		read("Patient", fmt.Sprintf("e-%02d", i))
		read("Observation", fmt.Sprintf("e-%02d", i))
	}
	for i := 0; i < 350 && int64(len(all)) < want; i++ {
		read("Patient", fmt.Sprintf("p-%03d", i))
	}
	return all
}

func TestLostAnswersLeaveNothingOutAndNothingTwice(t *testing.T) {
	t.Parallel()
	o := rehearse(t, sandbox.Faults{DropAnswerEvery: 3})
	o.MaxEntries = 7
	s := open(t, o)
	for i, out := range send(t, s, patients(100)) {
		if !out.OK() || out.Version != "1" {
			t.Errorf("entry %d: %+v", i, out)
		}
	}
	if n, err := s.Client().Count(context.Background(), "Patient"); err != nil || n != 100 {
		t.Errorf("%d are stored, %v", n, err)
	}
}

func TestDependantsOfARefusedResourceAreRefusedAndTheRestIsLoaded(t *testing.T) {
	t.Parallel()
	s := open(t, rehearse(t, sandbox.Faults{}))
	bad := loadtest.Patient("bad")
	bad.Resource.JSON = []byte(strings.Replace(string(bad.Resource.JSON), `"name"`, `"managingOrganization":{"reference":"Organization/none"},"name"`, 1))
	entries := []load.Entry{loadtest.Observation("o1", "bad"), bad, loadtest.Observation("o2", "good"), loadtest.Patient("good")}
	got := send(t, s, entries)
	for i, want := range []int{400, 400, 201, 201} {
		if got[i].Status != want {
			t.Errorf("entry %d: %+v, want %d", i, got[i], want)
		}
	}
}

func TestDependantsCostOneRequestEach(t *testing.T) {
	t.Parallel()
	asked := 0
	o := rehearse(t, sandbox.Faults{})
	o.HTTP = &http.Client{Transport: counting(func() { asked++ })}
	bad := loadtest.Patient("bad")
	bad.Resource.JSON = []byte(strings.Replace(string(bad.Resource.JSON), `"name"`, `"managingOrganization":{"reference":"Organization/none"},"name"`, 1))
	entries := append(patients(50), bad)
	for i := range 8 {
		entries = append(entries, loadtest.Observation(fmt.Sprintf("bad%d", i), "bad"), loadtest.Observation(fmt.Sprintf("good%d", i), "p001"))
	}
	for i, out := range send(t, open(t, o), entries) {
		if hopeless := i == 50 || i > 50 && i%2 == 1; out.OK() == hopeless {
			t.Errorf("entry %d: %+v", i, out)
		}
	}
	if asked > 1+10+8 {
		t.Errorf("%d requests", asked)
	}
}

// counting is a transport that counts.
type counting func()

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c()
	return http.DefaultTransport.RoundTrip(r)
}

func TestResourcesThatReferToEachOtherSurviveCuttingAndHalving(t *testing.T) {
	t.Parallel()
	linked := func(id, other string) load.Entry {
		p := loadtest.Patient(id)
		link := fmt.Sprintf(`"link":[{"type":"seealso","other":{"reference":"Patient/%s"}}],"name"`, other)
		p.Resource.JSON = []byte(strings.Replace(string(p.Resource.JSON), `"name"`, link, 1))
		return p
	}
	for _, limit := range []int{3, 4, 5, 7, 100} {
		o := rehearse(t, sandbox.Faults{})
		o.MaxEntries = limit
		var entries []load.Entry
		for i := range 10 {
			one, two, three := fmt.Sprintf("one%d", i), fmt.Sprintf("two%d", i), fmt.Sprintf("three%d", i)
			entries = append(entries, linked(one, two), linked(two, three), loadtest.Observation("o"+one, one), linked(three, one))
		}
		entries = append(entries[:13], append([]load.Entry{loadtest.Refused("bad")}, entries[13:]...)...)
		for i, out := range send(t, open(t, o), entries) {
			if out.OK() == (i == 13) {
				t.Errorf("limit %d, entry %d: %+v", limit, i, out)
			}
		}
	}
}

func TestATokenIsAskedForByTheSandbox(t *testing.T) {
	t.Parallel()
	o := rehearse(t, sandbox.Faults{Token: "sesame"})
	_, err := fhirserver.Open(context.Background(), o)
	wantError(t, err, "unauthorized")
	o.Token = fhirserver.StaticToken("sesame")
	wantAllOK(t, send(t, open(t, o), patients(2)))
}

func TestReadingBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := open(t, rehearse(t, sandbox.Faults{RateLimit429Every: 2})).Client()
	if n, err := c.Count(ctx, "Patient"); err != nil || n != 0 {
		t.Errorf("count: %d, %v", n, err)
	}
	if _, err := c.Count(ctx, "Nonsense"); err == nil {
		t.Error("an unknown type was counted")
	}
	if _, err := c.Read(ctx, "Patient", "secret-id"); !errors.Is(err, fhirserver.ErrNotFound) || strings.Contains(err.Error(), "secret-id") {
		t.Errorf("read: %v", err)
	}
}

func BenchmarkSinkIntoSandbox(b *testing.B) {
	server, err := sandbox.Open(filepath.Join(b.TempDir(), "sandbox.db"), sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	base, err := server.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: base})
	if err != nil {
		b.Fatal(err)
	}
	pad, _ := json.Marshal(strings.Repeat("x", 700))
	seq := 0
	for b.Loop() {
		bundle := load.Bundle{Atomic: true}
		for i := range 50 {
			id := fmt.Sprintf("b%d-%d", seq, i)
			p := loadtest.Patient(id)
			p.Resource.JSON = []byte(strings.Replace(string(p.Resource.JSON), `"Test"`, string(pad), 1))
			bundle.Entries = append(bundle.Entries, p, loadtest.Observation(id, id))
		}
		seq++
		if _, err := s.Send(context.Background(), &bundle); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "resources/s")
}
