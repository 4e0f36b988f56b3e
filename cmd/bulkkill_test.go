package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// The job of the second level is under way when the process dies; the first
// level, of which nothing is left to import, must not make it forgotten.
func TestAKilledLoadGoesOnWithTheJobOfALaterLevel(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 40)
	out, project := filepath.Join(t.TempDir(), "out"), t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", out, "--project", project, "--quiet")
	box, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	importer := &loadtest.Importer{Next: box.Handler(), Polls: 2}
	var asked atomic.Bool // for the second job: then it is written down
	under := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "_jobId=2") && asked.CompareAndSwap(false, true) {
			close(under)
			<-r.Context().Done() // until the process is dead
			return
		}
		importer.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	args := []string{"load", out, "--to", web.URL + "/fhir", "--bulk", "--bulk-poll", "20ms", "--project", project, "--quiet"}
	p := newProgram(t, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-under:
	case <-time.After(time.Minute):
		t.Error("no second job is begun")
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	said := run(t, 0, "resume", "--project", project)
	if n := len(importer.Bodies()); n != 2 {
		t.Errorf("%d jobs were begun, want that of each level\n%s", n, said)
	}
	s := newServer(web.URL + "/fhir")
	if patients, encounters := s.count(t, "Patient"), s.count(t, "Encounter"); patients == 0 || encounters == 0 {
		t.Errorf("%d patients and %d encounters arrived", patients, encounters)
	}
	if left, err := filepath.Glob(filepath.Join(project, ".chartlift", "targets", "*.import")); err != nil || len(left) != 0 {
		t.Errorf("the job is not forgotten: %v, %v", left, err)
	}
}
