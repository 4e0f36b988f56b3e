package cmd_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// channel is the HTTP listener of an interface engine: it takes bundles but for
// those in which refuses finds something.
type channel struct {
	mu      sync.Mutex
	refuses func(body string) bool
	stored  map[string]bool
}

func startChannel(t *testing.T) (*channel, string) {
	t.Helper()
	c := &channel{stored: map[string]bool{}}
	web := httptest.NewServer(c)
	t.Cleanup(web.Close)
	return c, web.URL + "/in"
}

func (c *channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var b struct {
		Entry []struct{ Request struct{ URL string } }
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if json.Unmarshal(body, &b) != nil || c.refuses != nil && c.refuses(string(body)) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	for _, e := range b.Entry {
		c.stored[e.Request.URL] = true
	}
}

// refuse has the channel refuse from now on the bundles in which a function
// finds something; nil: none.
func (c *channel) refuse(these func(string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuses = these
}

func (c *channel) count(typ string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ref := range c.stored {
		if strings.HasPrefix(ref, typ+"/") {
			n++
		}
	}
	return n
}

func everything(string) bool { return true }

func TestAChannelThatRefusesEverythingStopsTheRunAndNothingIsLost(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 150)
	calm, to := startChannel(t)
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", to, "--outlet", "http", "--project", t.TempDir(), "--quiet")

	c, to := startChannel(t)
	c.refuse(everything)
	project := t.TempDir()
	code, _, said := chartlift(t, "run", "--mapping", mapping, "--source", dir, "--to", to, "--outlet", "http", "--project", project)
	if code != 1 || strings.Count(said, "error target-refuses") != 1 || !strings.Contains(said, "(Patient) were all refused with status 422, and nothing was taken before") {
		t.Fatalf("it ends with %d\n%s", code, said)
	}
	c.refuse(nil)
	run(t, 3, "resume", "--project", project, "--quiet")
	if letters := run(t, 0, "report", "dead-letters", "--format", "csv", "--project", project); strings.Count(letters, "\n") != 1 {
		t.Errorf("the run that goes on has dead letters:\n%s", letters)
	}
	for _, typ := range []string{"Patient", "Encounter"} {
		if want, got := calm.count(typ), c.count(typ); got != want || want == 0 {
			t.Errorf("%d %s arrived, want %d", got, typ, want)
		}
	}
}

// What was refused one night is all that the next one has to send, and is
// refused again: that is no channel that takes nothing.
func TestWhatIsRefusedEveryNightStopsNoRunAndNoRetry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in, project := filepath.Join(dir, "Patient.ndjson"), filepath.Join(dir, "project")
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, `{"resourceType":"Patient","id":"p%d","name":[{"family":"%s"}]}`+"\n", i, map[bool]string{true: "Good", false: "Bad"}[i < 20])
	}
	if err := os.WriteFile(in, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, to := startChannel(t)
	c.refuse(func(body string) bool { return strings.Contains(body, "Bad") })
	args := []string{"load", in, "--to", to, "--outlet", "http", "--project", project}
	for night := range 2 {
		run(t, 3, args...)
		if letters := run(t, 0, "report", "dead-letters", "--format", "csv", "--project", project); strings.Count(letters, "\n") != 41 || c.count("Patient") != 20 {
			t.Errorf("night %d: %d arrived, dead letters:\n%s", night, c.count("Patient"), letters)
		}
	}
	c.refuse(func(body string) bool { return strings.Count(body, "Bad") > strings.Count(body, `"id":"p59"`) }) // only the last of them is mended
	run(t, 3, "retry", "--project", project)
	if c.count("Patient") != 21 {
		t.Errorf("%d arrived after the retry, want 21", c.count("Patient"))
	}
}
