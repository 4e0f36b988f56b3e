package cmd_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chartlift/load/sandbox"
)

// patientServer is a FHIR server that holds answers back until the rest of a
// load has come by.
type patientServer struct {
	t      *testing.T
	server *sandbox.Server
	came   map[string]chan struct{} // closed when a bundle with the resource was answered
	hold   map[string]string        // a bundle with the first is answered after one with the second
}

// newPatientServer returns one that looks at these resources.
func newPatientServer(t *testing.T, hold map[string]string, seen ...string) *patientServer {
	t.Helper()
	server, err := sandbox.Open(filepath.Join(t.TempDir(), "server.db"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &patientServer{t: t, server: server, came: map[string]chan struct{}{}, hold: hold}
	for _, ref := range seen {
		w.came[ref] = make(chan struct{})
	}
	return w
}

func (w *patientServer) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	holds := func(ref string) bool { return bytes.Contains(body, []byte(`"url":"`+ref+`"`)) }
	for ref, other := range w.hold {
		if holds(ref) {
			select {
			case <-w.came[other]:
			case <-time.After(time.Minute):
				w.t.Errorf("what holds %s did not come while %s was under way", other, ref)
			}
		}
	}
	w.server.Handler().ServeHTTP(out, r)
	for ref, answered := range w.came {
		if holds(ref) {
			close(answered)
		}
	}
}

// loads writes the lines as files and loads them into it.
func (w *patientServer) loads(files map[string][]string) (said string) {
	w.t.Helper()
	dir := w.t.TempDir()
	for typ, lines := range files {
		if err := os.WriteFile(filepath.Join(dir, typ+".ndjson"), []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	web := httptest.NewServer(w)
	w.t.Cleanup(web.Close)
	p := newProgram(w.t, "load", dir, "--to", web.URL+"/fhir", "--project", w.t.TempDir())
	if err := p.Run(); err != nil {
		w.t.Fatalf("%v\n%s%s", err, &p.out, &p.err)
	}
	return p.err.String()
}

// A level's last bundles are slow, or one of them is: the next level's need not
// wait for them, but for those that they refer to.
func TestALevelWaitsForWhatItRefersToAndNotForTheWholeLevelBefore(t *testing.T) {
	t.Parallel()
	files := map[string][]string{}
	for i := range 300 {
		files["Patient"] = append(files["Patient"], fmt.Sprintf(`{"resourceType":"Patient","id":"p%d"}`, i))
		files["Observation"] = append(files["Observation"], fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"weight"},"subject":{"reference":"Patient/p%d"}}`, i, i))
	}
	said := newPatientServer(t, map[string]string{"Patient/p299": "Observation/o99"}, "Observation/o99").loads(files)
	if !strings.Contains(said, "600 resources delivered") || strings.Index(said, "Patient: 300 rows") > strings.Index(said, "Observation: 300 rows") {
		t.Errorf("said\n%s", said)
	}
}

// One member of a panel makes a chain of the whole type. What has no part in it
// is under way all the same.
func TestAChainWaitsForItsLinksOnly(t *testing.T) {
	t.Parallel()
	files := map[string][]string{}
	for i := range 300 {
		member := ""
		if i == 250 {
			member = `,"hasMember":[{"reference":"Observation/o20"}]`
		}
		files["Observation"] = append(files["Observation"], fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"weight"}%s}`, i, member))
	}
	w := newPatientServer(t, map[string]string{"Observation/o20": "Observation/o150"}, "Observation/o150", "Observation/o250")
	if said := w.loads(files); !strings.Contains(said, "300 resources delivered") {
		t.Errorf("said\n%s", said)
	}
}
