package httppost_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/httppost"
	"chartlift/load/loadtest"
)

// listener takes bundles, but for what fault answers itself.
type listener struct {
	fault func(n int, w http.ResponseWriter, body string) bool

	mu     sync.Mutex
	bodies []string
	header http.Header
	host   string
	stored map[string]string
}

func listen(t *testing.T) (*listener, string) {
	t.Helper()
	l := &listener{stored: map[string]string{}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, server.URL + "/in?key=secret"
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, _ := io.ReadAll(r.Body)
	l.bodies, l.header, l.host = append(l.bodies, string(raw)), r.Header, r.Host
	if l.fault != nil && l.fault(len(l.bodies), w, string(raw)) {
		return
	}
	var b struct {
		Type  string
		Entry []struct {
			Resource json.RawMessage
			Request  struct{ Method, URL string }
		}
	}
	if err := json.Unmarshal(raw, &b); err != nil || b.Type != "transaction" || r.Method != http.MethodPost || r.URL.RawQuery != "key=secret" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, e := range b.Entry {
		if e.Request.Method == http.MethodPut {
			l.stored[e.Request.URL] = string(e.Resource)
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

func (l *listener) kept() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.stored)
}

func open(t *testing.T, o httppost.Options) *httppost.Sink {
	t.Helper()
	s, err := httppost.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// quick is a clock on which waiting costs no time; how long it was is taken
// down.
func quick(waited *time.Duration) load.Clock {
	now := time.Unix(0, 0)
	return load.Clock{
		Now: func() time.Time { return now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			*waited, now = *waited+d, now.Add(d)
			return ctx.Err()
		},
	}
}

func patients(ids ...string) *load.Bundle {
	b := &load.Bundle{Seq: 1}
	for _, id := range ids {
		b.Entries = append(b.Entries, loadtest.Patient(id))
	}
	return b
}

func TestTheSinkKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	loadtest.Run(t, func(t *testing.T) loadtest.Target {
		l, address := listen(t)
		return loadtest.Target{Sink: open(t, httppost.Options{Address: address}), Stored: func(*testing.T) map[string]string { return l.kept() }}
	})
}

func TestHeadersAreTheUsersOwn(t *testing.T) {
	t.Parallel()
	l, address := listen(t)
	h, err := httppost.ParseHeader("# for the channel\nX-Api-Key: a:b c\r\n\ncontent-type: application/json\nHost: engine.example.org\nX-Tag: 1\nX-Tag: 2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, httppost.Options{Address: address, Header: h}).Send(t.Context(), patients("a")); err != nil {
		t.Fatal(err)
	}
	got := []string{l.header.Get("X-Api-Key"), l.header.Get("Content-Type"), l.host, strings.Join(l.header.Values("X-Tag"), ",")}
	if diff := cmp.Diff([]string{"a:b c", "application/json", "engine.example.org", "1,2"}, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"X-Ok: 1\nsecret", "se cret: 1", ": secret", "X: \x01secret"} {
		_, err := httppost.ParseHeader(bad)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWhatIsBusyOrSilentIsAskedAgainWithTheSameBytes(t *testing.T) {
	t.Parallel()
	l, address := listen(t)
	l.fault = func(n int, w http.ResponseWriter, _ string) bool {
		switch n {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		case 3:
			panic(http.ErrAbortHandler) // the connection is cut
		}
		return n < 4
	}
	var waited time.Duration
	out, err := open(t, httppost.Options{Address: address, Clock: quick(&waited)}).Send(t.Context(), patients("a", "b"))
	if err != nil || !out[0].OK() || !out[1].Created || out[0].Attempts != 4 || waited < 7*time.Second {
		t.Fatalf("%+v, %v after %v", out, err, waited)
	}
	for _, b := range l.bodies {
		if b != l.bodies[0] {
			t.Errorf("other bytes were sent:\n%s\n%s", b, l.bodies[0])
		}
	}
}

func TestARefusedResourceIsFoundAndTheOthersArrive(t *testing.T) {
	t.Parallel()
	l, address := listen(t)
	l.fault = func(_ int, w http.ResponseWriter, body string) bool {
		if !strings.Contains(body, `"id":"c"`) {
			return false
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, "no such ward"+strings.Repeat("x", 1<<20))
		return true
	}
	out, err := open(t, httppost.Options{Address: address}).Send(t.Context(), patients("a", "b", "c", "d"))
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range out {
		if o.OK() == (i == 2) {
			t.Errorf("%d: %+v", i, o)
		}
	}
	is := out[2].Issues[0]
	if out[2].Status != 422 || is.Code != "refused-by-listener" || !strings.HasPrefix(is.Value, "no such ward") || len(is.Value) > 1000 || strings.Contains(is.Message, "ward") {
		t.Errorf("%+v", is)
	}
	if len(l.kept()) != 3 {
		t.Errorf("%d arrived", len(l.kept()))
	}
}

func TestWhatNoRequestCuresEndsTheRun(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{
		401: "listener-closed", 403: "listener-closed", 404: "listener-closed", 405: "listener-closed", 307: "listener-closed", 503: "listener-gave-up",
	} {
		l, address := listen(t)
		l.fault = func(_ int, w http.ResponseWriter, _ string) bool {
			w.Header().Set("Location", "http://192.0.2.1/elsewhere")
			w.WriteHeader(status)
			return true
		}
		var waited time.Duration
		_, err := open(t, httppost.Options{Address: address, Clock: quick(&waited)}).Send(t.Context(), patients("a"))
		var e *httppost.Error
		if !errors.As(err, &e) || e.Code != code || e.Status != status || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: want %s, got %v", status, code, err)
		}
	}
}

func TestNothingGoesToAnAddressThatIsNotSafe(t *testing.T) {
	t.Parallel()
	for address, code := range map[string]string{
		"http://engine.example.org/in":            "insecure-listener",
		"https://user:secret@engine.example.org/": "bad-listener-address",
		"ftp://engine.example.org/":               "bad-listener-address",
		"https:///in":                             "bad-listener-address",
		"http://\x7f":                             "bad-listener-address",
	} {
		_, err := httppost.Open(httppost.Options{Address: address})
		var e *httppost.Error
		if !errors.As(err, &e) || e.Code != code || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: want %s, got %v", address, code, err)
		}
	}
	if _, err := httppost.Open(httppost.Options{Address: "http://engine.example.org/in", Insecure: []string{"engine.example.org"}}); err != nil {
		t.Error(err)
	}
}

func TestAWebPageIsNoAcceptance(t *testing.T) {
	t.Parallel()
	const login = "<title>Sign in</title>"
	for name, tt := range map[string]struct {
		media, body string
		closed      bool
	}{
		"by its type":               {"text/html; charset=utf-8", login, true},
		"by its type in capitals":   {"Text/HTML", "Sign in", true},
		"by its first words":        {"application/octet-stream", "\ufeff\n <!DOCTYPE html><p>Sign in", true},
		"by its first element":      {"text/plain", "<HTML lang=en>Sign in", true},
		"nothing, called HTML":      {"text/html", "", false},
		"nothing":                   {"", "", false},
		"an acknowledgment":         {"text/plain", "OK", false},
		"a word of HTML in a text":  {"text/plain", "taken; see <html>", false},
		"FHIR's own":                {"application/fhir+json", `{"resourceType":"Bundle"}`, false},
		"a text in XML of channels": {"text/xml", "<response>taken</response>", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, address := listen(t)
			l.fault = func(_ int, w http.ResponseWriter, _ string) bool {
				w.Header().Set("Content-Type", tt.media)
				_, _ = io.WriteString(w, tt.body)
				return true
			}
			outcomes, err := open(t, httppost.Options{Address: address}).Send(t.Context(), patients("a", "b"))
			var trouble *httppost.Error
			if got := errors.As(err, &trouble) && trouble.Code == "listener-closed" && trouble.Status == 200; got != tt.closed {
				t.Fatalf("%v, want closed %v; outcomes %+v", err, tt.closed, outcomes)
			}
			if tt.closed && (outcomes != nil || len(l.bodies) != 1 || strings.Contains(err.Error(), "Sign in")) {
				t.Errorf("outcomes %+v after %d requests: %v", outcomes, len(l.bodies), err)
			}
			if !tt.closed && (err != nil || !outcomes[0].OK() || !outcomes[1].OK()) {
				t.Errorf("outcomes %+v: %v", outcomes, err)
			}
		})
	}
}
