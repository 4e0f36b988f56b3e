package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/sandbox"
)

func TestFaultsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	got, err := sandbox.ParseFaults("429=5%, 503=2%,slow=200ms,cut=1%,drop=0.5%,stale-token,max-entries=50,max-bytes=1000")
	want := sandbox.Faults{
		Chance429: 0.05, RetryAfter: time.Second, Chance503: 0.02, ChanceCut: 0.01, ChanceDrop: 0.005,
		Latency: 200 * time.Millisecond, TokenLife: 3 * time.Second, MaxEntries: 50, MaxBytes: 1000,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err = sandbox.ParseFaults("stale-token=90s"); err != nil || got.TokenLife != 90*time.Second {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = sandbox.ParseFaults(""); err != nil || got != (sandbox.Faults{}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"429", "429=5", "429=120%", "503=-1%", "cut=x%", "slow=fast", "slow=-1s", "max-entries=many", "max-bytes=-1", "typhoon=1%"} {
		if _, err := sandbox.ParseFaults(text); err == nil || !strings.Contains(err.Error(), "use") && !strings.Contains(err.Error(), "write") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSharesOfRequestsFail(t *testing.T) {
	t.Parallel()
	f := sandbox.Faults{Chance429: 0.2, RetryAfter: time.Second, Chance503: 0.2, ChanceDrop: 0.1, ChanceCut: 0.1}
	c := rehearse(t, sandbox.Options{Faults: f})
	got := map[string]int{}
	const n = 600
	// A request over a connection that was used before is sent again by
	// net/http itself.
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := range n {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fmt.Sprintf("%s/Patient?_count=%d", c.base, i), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := once.Do(r)
		if err != nil {
			got["no answer"]++
			continue
		}
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			got["half an answer"]++
		case err != nil:
			t.Fatal(err)
		default:
			got[res.Status[:3]]++
		}
	}
	for what, share := range map[string]float64{"429": 0.2, "503": 0.2, "no answer": 0.1, "half an answer": 0.1, "200": 0.4} {
		if have := float64(got[what]) / n; have < share/2 || have > share*1.6 {
			t.Errorf("%s: %.2f of the requests, want about %.2f", what, have, share)
		}
	}
}

func TestTokensGoStale(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[time.Time]
	pass := func(at time.Time) { now.Store(&at) }
	given := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	pass(given)
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{TokenLife: 3 * time.Second}, Now: func() time.Time { return *now.Load() }})
	c.want(200, "GET", "/metadata", "")
	got := c.want(200, "GET", "/.well-known/smart-configuration", "")
	root := strings.TrimSuffix(c.base, "/fhir")
	if !strings.Contains(got.body, `"token_endpoint":"`+root+`/token"`) {
		t.Errorf("configuration %s", got.body)
	}
	token := func(grant string) (int, string) {
		res, err := http.Post(root+"/token", "application/x-www-form-urlencoded", strings.NewReader("grant_type="+grant))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		_, after, _ := strings.Cut(string(body), `"access_token":"`)
		text, _, _ := strings.Cut(after, `"`)
		return res.StatusCode, text
	}
	if status, _ := token("password"); status != 400 {
		t.Errorf("another grant: %d", status)
	}
	_, mine := token("client_credentials")
	c.want(401, "GET", "/Patient", "")
	c.want(401, "GET", "/Patient", "", "Authorization", "Bearer made-up")
	c.want(200, "GET", "/Patient", "", "Authorization", "Bearer "+mine)
	pass(given.Add(2999 * time.Millisecond))
	c.want(200, "GET", "/Patient", "", "Authorization", "Bearer "+mine)
	pass(given.Add(3 * time.Second))
	if got := c.want(401, "GET", "/Patient", "", "Authorization", "Bearer "+mine); !strings.Contains(got.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("WWW-Authenticate %q", got.header.Get("WWW-Authenticate"))
	}
}

func TestThePageShowsWhatArrivedAndNoContents(t *testing.T) {
	t.Parallel()
	epic, _ := sandbox.FindProfile("epic")
	epic.ClientIDs = sandbox.Yes
	c := rehearse(t, sandbox.Options{As: epic, Faults: sandbox.Faults{Fail503Every: 4}})
	page := func() string {
		res, err := http.Get(strings.TrimSuffix(c.base, "fhir"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
		}
		return string(body)
	}
	if text := page(); !strings.Contains(text, "Nothing yet.") || !strings.Contains(text, "<b>epic</b>") {
		t.Errorf("an empty one shows %s", text)
	}
	at := c.want(201, "POST", "/Patient", `{"resourceType":"Patient","name":[{"family":"Verysecret"}]}`).header.Get("Location")
	c.want(201, "POST", "/Patient", `{"resourceType":"Patient"}`)
	c.want(405, "POST", "/Encounter", `{"resourceType":"Encounter"}`)
	c.want(503, "GET", "/Patient", "")
	text := page()
	id := strings.Split(at, "/")[5]
	for _, want := range []string{"2 resources are here", `href="/fhir/Patient/` + id, "405 Method Not Allowed", "503 Service Unavailable", "201 Created"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not show %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Verysecret") {
		t.Error("it shows a name")
	}
}
