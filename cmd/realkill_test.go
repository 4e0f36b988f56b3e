package cmd_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// started starts a server of CHARTLIFT_E2E_SERVERS in a folder, where a server
// of that kind may have been before.
func started(t *testing.T, kind, dir string, port int, keys ...string) *server {
	t.Helper()
	servers := os.Getenv("CHARTLIFT_E2E_SERVERS")
	if servers == "" {
		t.Skip("SKIPPED: set CHARTLIFT_E2E_SERVERS to the folder of the real servers")
	}
	start := exec.Command(filepath.Join(servers, kind, "start"), append([]string{fmt.Sprint(port), dir}, keys...)...)
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("start %s: %v\n%s", kind, err, out)
	}
	t.Cleanup(func() { stopped(t, kind, dir) })
	return newServer(fmt.Sprintf("http://127.0.0.1:%d/fhir", port))
}

// stopped ends it; with -9 it is killed.
func stopped(t *testing.T, kind, dir string, how ...string) {
	t.Helper()
	stop := exec.Command(filepath.Join(os.Getenv("CHARTLIFT_E2E_SERVERS"), kind, "stop"), append([]string{dir}, how...)...)
	if out, err := stop.CombinedOutput(); err != nil {
		t.Errorf("stop %s: %v\n%s", kind, err, out)
	}
}

// freePort is a port that nobody listens at, and that the system gives to
// nobody who asks for any.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.N(20_000)
		if l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// A real server whose process dies in the middle of a run, and that comes back
// with its data, holds everything once in the end; the run waits for it.
func TestRealHAPIIsKilledInTheMiddleOfARun(t *testing.T) {
	dir, port := filepath.Join(t.TempDir(), "hapi"), freePort(t)
	keys := []string{"db=file", "heap=1000m"}
	s := started(t, "hapi-jpa", dir, port, keys...)
	fallsInTheMiddle(t, s, func() { // its database writes half a second later, so that it may come back without what it has acknowledged
		stopped(t, "hapi-jpa", dir, "-9")
		started(t, "hapi-jpa", dir, port, keys...)
	})
}

// The same for a power cut, after which the server and its database both start
// again, the database from its log; and for a database that is away for a while
// under a server that goes on answering.
func TestRealHAPIOnPostgreSQLLosesItsDatabaseInTheMiddleOfARun(t *testing.T) {
	if os.Getenv("CHARTLIFT_E2E_SERVERS") == "" {
		t.Skip("SKIPPED: set CHARTLIFT_E2E_SERVERS to the folder of the real servers")
	}
	top, port := t.TempDir(), freePort(t)
	for _, folder := range []string{filepath.Dir(top), top} { // the user of the database goes through
		if err := os.Chmod(folder, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{"PGPORT": fmt.Sprint(freePort(t)), "PGUSER": "fhir", "PGDATABASE": "fhir"} {
		t.Setenv(name, value)
	}
	database := func(what string) {
		t.Helper()
		if out, err := exec.Command("sh", "../.ci/postgres", what, filepath.Join(top, "pg")).CombinedOutput(); err != nil {
			t.Fatalf("postgres %s: %v\n%s", what, err, out)
		}
	}
	database("start")
	t.Cleanup(func() { database("stop") })
	dir, keys := filepath.Join(top, "hapi"), []string{"db=postgres", "heap=1000m"}
	s := started(t, "hapi-jpa", dir, port, keys...)
	t.Run("power cut", func(t *testing.T) {
		fallsInTheMiddle(t, s, func() {
			stopped(t, "hapi-jpa", dir, "-9")
			database("stop")
			database("start")
			started(t, "hapi-jpa", dir, port, keys...)
		})
	})
	s = started(t, "hapi-jpa", dir, port, keys...) // the one before ended with its test
	t.Run("database away", func(t *testing.T) {
		fallsInTheMiddle(t, s, func() {
			database("stop")
			time.Sleep(3 * time.Second)
			database("start")
		})
	})
}

// fallsInTheMiddle delivers a conversion, during which the server falls and
// comes back.
func fallsInTheMiddle(t *testing.T, s *server, fall func()) {
	t.Helper()
	c, project := large(t), t.TempDir()
	p := newProgram(t, append(c.args(s.base, project), "--give-up-after", "30m")...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	tag := "_tag=" + url.QueryEscape("urn:chartlift:site|"+c.site)
	here := func() int { return s.get(t, s.base+"/Patient?_summary=count&"+tag).Total }
	for here() < 200 {
		time.Sleep(50 * time.Millisecond)
	}
	before, began := here(), time.Now()
	fall()
	t.Logf("the server was away for %v; it had %d patients and came back with %d of %d", time.Since(began), before, here(), c.types["Patient"])
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.err.String())
	}
	t.Logf("the run ended %v after the fall; %s", time.Since(began), p.err.String())
	c.same(t, project)
	c.arrived(t, s)
	if out := run(t, 0, "verify", "--project", project); !strings.Contains(out, "no differences") {
		t.Errorf("verify says\n%s", out)
	}
}

// Medplum is another implementation than HAPI, in the forms of servers with
// other abilities and faults.
func TestRealMedplumByEveryCommand(t *testing.T) {
	for name, keys := range map[string][]string{
		"transactions, answers lost":          {"drop=3"},
		"one PUT each, answers lost":          {"no-transaction", "drop=7"},
		"it gives the ids, answers lost":      {"client-ids=refuse", "drop=29"}, // its repository looks for conditions one by one, a second a request
		"it gives the ids, no transactions":   {"client-ids=refuse", "no-transaction"},
		"small requests":                      {"max-entries=7", "max-bytes=9000"},
		"a token, and every fifth fails":      {"token=open-sesame", "fail-every=5"},
		"forty requests a second, then a 429": {"rate=40", "retry-after=1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := started(t, "medplum", filepath.Join(t.TempDir(), "medplum"), freePort(t), keys...)
			if strings.HasPrefix(keys[0], "token=") {
				run(t, 1, "run", "--mapping", "../testdata/demo/lakeside.yaml", "--source", "../testdata/demo/legacy", "--to", s.base, "--project", t.TempDir())
				t.Setenv("CHARTLIFT_TOKEN", "open-sesame")
			}
			medplum(t, s)
		})
	}
}

// medplum runs, compares, kills, resumes and takes back.
func medplum(t *testing.T, s *server) {
	t.Helper()
	c, project := demo(t), t.TempDir()
	all := 0
	for _, n := range c.types {
		all += n
	}
	same := func(out string) {
		t.Helper()
		if !strings.Contains(out, fmt.Sprintf("%d of %d resources compared", all, all)) || !strings.Contains(out, "no differences") {
			t.Errorf("%d resources were delivered, but\n%s", all, out)
		}
	}
	p := newProgram(t, append(c.args(s.base, project), "--max-concurrency", "1")...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(250 * time.Millisecond)
	_ = p.Process.Kill()
	_ = p.Wait()
	if code := newProgram(t, "report", "--project", project).Run(); code == nil { // it was killed after it had begun
		if out := run(t, 0, "report", "runs", "--project", project); strings.Contains(out, " running ") {
			t.Errorf("the run was killed, but\n%s", out)
		}
	}
	run(t, 0, c.args(s.base, project)...)
	c.same(t, project)
	same(run(t, 0, "verify", "--all", "--project", project))
	run(t, 0, "reconcile", "--project", project)
	run(t, 0, c.args(s.base, project)...) // sends nothing
	same(run(t, 0, "verify", "--all", "--project", project))

	loaded, out := demo(t), t.TempDir()
	run(t, 0, loaded.args(out, t.TempDir())...)
	project = t.TempDir()
	run(t, 0, "load", out, "--to", s.base, "--project", project, "--quiet")
	same(run(t, 0, "verify", "--all", "--project", project))
	if told := run(t, 0, "undo", "1", "--yes", "--project", project); !strings.Contains(told, fmt.Sprintf("%d of %d resources taken back, 0 left", all, all)) {
		t.Errorf("undo says\n%s", told)
	}
}
