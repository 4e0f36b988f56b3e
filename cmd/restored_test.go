package cmd_test

import (
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// forgetful is a server that falls after the patients were taken, and comes back without one of them.
type forgetful struct {
	through *httputil.ReverseProxy
	path    string // of its database
	taken   int    // bundles with resources
	away    int    // requests that still find nobody
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if f.away > 0 {
		f.away--
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	f.through.ServeHTTP(w, r)
	if r.Method != http.MethodPost || !strings.Contains(string(body), `"Patient"`) || f.taken > 0 {
		return
	}
	f.taken, f.away = 1, 2
	db, err := sql.Open("sqlite3", f.path)
	if err != nil {
		return
	}
	defer db.Close()
	for _, table := range []string{"history", "identifier", "reference", "resource"} {
		_, _ = db.Exec("DELETE FROM " + table + " WHERE seq = (SELECT min(seq) FROM resource WHERE type = 'Patient')") // the test sees whether one is gone
	}
}

func TestWhatAServerLostAndWasSentAgainIsInTheRunDatabaseAndInJSON(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	f := &forgetful{path: filepath.Join(project, "server.db")}
	s, err := sandbox.Open(f.path, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	f.through = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: to.Scheme, Host: to.Host})
	front := httptest.NewServer(f)
	t.Cleanup(front.Close)
	code, out, said := chartlift(t, "run", "--mapping", "../testdata/clinic/clinic.yaml", "--source", "../testdata/clinic/legacy", "--to", front.URL+to.Path, "--project", project, "--json")
	var results struct {
		Balanced bool
		Restored int64
	}
	if err := json.Unmarshal([]byte(out), &results); err != nil || code != 0 || !results.Balanced || results.Restored != 1 {
		t.Fatalf("the run ends with %d, %v: %s\n%s", code, err, out, said)
	}
	var list struct{ Rows []struct{ Type, File string } }
	if err := json.Unmarshal([]byte(run(t, 0, "report", "restored", "--json", "--project", project)), &list); err != nil || len(list.Rows) != 1 ||
		list.Rows[0].Type != "Patient" || list.Rows[0].File != "patients.csv" {
		t.Errorf("the report lists %+v, %v", list, err)
	}
	if page := run(t, 0, "report", "page", "--project", project); !strings.Contains(page, "came back without 1 resource that it had acknowledged") {
		t.Error("the page does not tell of the fall")
	}
}
