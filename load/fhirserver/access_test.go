package fhirserver_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chartlift/load/fhirserver"
)

func TestCredentialsAreAskedForBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	const single = `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server","resource":[{"type":"Observation","interaction":[{"code":"create"},{"code":"read"}]}]}]}`
	for _, row := range []struct {
		name      string
		statement string
		writing   bool
		get, post int // what the server answers
		code      string
		asked     string // in the order of the letters
	}{
		{"all well", statement, true, 404, 200, "", "GET /Patient/ POST /"},
		{"an empty transaction is refused as one", statement, true, 404, 400, "", "GET /Patient/ POST /"},
		{"no token", statement, true, 401, 401, "unauthorized", "GET /Patient/ POST /"},
		{"reading is open, writing is not", statement, true, 404, 401, "unauthorized", "GET /Patient/ POST /"},
		{"may not write", statement, true, 404, 403, "forbidden", "GET /Patient/ POST /"},
		{"may write and not read", statement, true, 403, 200, "", "GET /Patient/ POST /"},
		{"a plan writes nothing", statement, false, 404, 401, "", "GET /Patient/"},
		{"a server without transactions", single, true, 404, 500, "", "GET /Observation/"},
		{"of which reading is forbidden", single, true, 403, 500, "", "GET /Observation/"},
		{"a server that is busy is asked again by the delivery", statement, true, 503, 429, "", "GET /Patient/ POST /"},
	} {
		var mu sync.Mutex
		var asked []string
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/metadata") {
				_, _ = io.WriteString(w, row.statement)
				return
			}
			text, _ := io.ReadAll(r.Body)
			status := row.get
			if r.Method == http.MethodPost {
				status = row.post
				if string(text) != `{"resourceType":"Bundle","type":"transaction"}` {
					t.Errorf("%s: sent %s", row.name, text)
				}
			}
			mu.Lock()
			asked = append(asked, r.Method+" "+strings.TrimSuffix(r.URL.Path, "chartlift-is-this-allowed"))
			mu.Unlock()
			w.WriteHeader(status)
		}))
		c, err := fhirserver.Connect(t.Context(), fhirserver.Options{Base: web.URL})
		if err != nil {
			t.Fatal(err)
		}
		err = c.CheckAccess(t.Context(), row.writing)
		var known *fhirserver.Error
		code := ""
		if errors.As(err, &known) {
			code = known.Code
		}
		if code != row.code || err != nil && code == "" {
			t.Errorf("%s: %v, want %q", row.name, err, row.code)
		}
		slices.Sort(asked)
		if got := strings.Join(asked, " "); got != row.asked {
			t.Errorf("%s: asked %s", row.name, got)
		}
		web.Close()
	}
}

func TestAStaleTokenIsFetchedAnewWhenAccessIsChecked(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/metadata") {
			_, _ = io.WriteString(w, statement)
		} else if r.Header.Get("Authorization") != "Bearer fresh" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer web.Close()
	token := func(_ context.Context, refused string) (string, error) {
		if refused != "" {
			return "fresh", nil
		}
		return "stale", nil
	}
	c, err := fhirserver.Connect(t.Context(), fhirserver.Options{Base: web.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckAccess(t.Context(), true); err != nil {
		t.Error(err)
	}
}

func TestAServerThatGoesAwayIsLeftToTheDelivery(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, statement) }))
	c, err := fhirserver.Connect(t.Context(), fhirserver.Options{Base: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	web.Close()
	if err := c.CheckAccess(t.Context(), true); err != nil {
		t.Errorf("the delivery waits for it: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if err := c.CheckAccess(ctx, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

func TestOnlyTheStatementMayComeFromMemory(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]string{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.Method+" "+r.URL.Path] = r.Header.Get("Cache-Control")
		if r.URL.Path == "/metadata" {
			_, _ = io.WriteString(w, statement)
		}
	}))
	defer web.Close()
	c, err := fhirserver.Connect(t.Context(), fhirserver.Options{Base: web.URL})
	if err == nil {
		err = c.CheckAccess(t.Context(), true)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"GET /metadata": "", "GET /Patient/chartlift-is-this-allowed": "no-cache", "POST /": ""}
	if !maps.Equal(got, want) {
		t.Errorf("Cache-Control by request is %q, want %q", got, want)
	}
}
