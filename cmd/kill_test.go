package cmd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartlift/load/sandbox"
)

// kills is how often a run is killed: CHARTLIFT_KILLS, more of them in CI.
func kills(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("CHARTLIFT_KILLS"))
	if err == nil && n > 0 {
		return n
	}
	if os.Getenv("CI") != "" {
		return 20
	}
	return 5
}

// legacy writes a folder with so many patients, each with three visits, and
// returns it with the mapping. One patient in fifty is refused by the mapping,
// and so are its visits.
func legacy(t *testing.T, patients int) (mapping, dir string) {
	t.Helper()
	dir = t.TempDir()
	var p, v strings.Builder
	p.WriteString("PatNo,LastName,FirstName,DOB,Sex\n")
	v.WriteString("VisitID,PatNo,Kind\n")
	for i := range patients {
		no := "p" + strconv.Itoa(i)
		if i%50 == 7 {
			no = ""
		}
		fmt.Fprintf(&p, "%s,Family%d,Given,19%02d-0%d-1%d,%s\n", no, i, i%100, 1+i%9, i%9, []string{"F", "M", "U"}[i%3])
		for j := range 3 {
			fmt.Fprintf(&v, "v%d-%d,p%d,%s\n", i, j, i, []string{"OFFICE", "HOSP"}[j%2])
		}
	}
	for name, text := range map[string]string{"patients.csv": p.String(), "visits.csv": v.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "../testdata/clinic/clinic.yaml", dir
}

// rehearsal starts a sandbox that outlives the runs against it.
func rehearsal(t *testing.T, f sandbox.Faults) *server {
	t.Helper()
	s, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return newServer(base)
}

// killSome starts chartlift n times and kills it at a random moment of the time
// that a run takes.
func killSome(t *testing.T, n int, took time.Duration, after func(), args ...string) {
	t.Helper()
	cut := 0
	for range n {
		p := newProgram(t, args...)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(took))
		_ = p.Process.Kill() // it may have ended
		if err := p.Wait(); err != nil && p.ProcessState.ExitCode() == -1 {
			cut++
		} else if code := p.ProcessState.ExitCode(); code != 3 {
			t.Fatalf("a run that was not killed in time ends with %d\n%s", code, p.err.String())
		}
		after()
	}
	t.Logf("%d of %d runs were killed under way, a whole one takes %v", cut, n, took)
}

// partly counts the runs that ended between the first and the last row.
func partly(all []ledgerJSON) (n int) {
	for _, l := range all {
		if rows := l.rows(); rows > 0 && rows < all[0].rows() {
			n++
		}
	}
	return n
}

func TestKillAnywhere(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 3000)
	arguments := func(to, project string) []string {
		return []string{"run", "--mapping", mapping, "--source", dir, "--to", to, "--project", project, "--quiet"}
	}

	t.Run("a server has the same resources in the same versions", func(t *testing.T) {
		t.Parallel()
		slow := sandbox.Faults{Latency: 10 * time.Millisecond} // so that a run takes about a second
		calm, project := rehearsal(t, slow), t.TempDir()
		run(t, 3, arguments(calm.base, project)...)
		began := time.Now()
		run(t, 3, arguments(calm.base, project)...)
		took := time.Since(began)
		want := calm.content(t, "", "Patient", "Encounter")
		for ref, r := range want {
			if r.version != "1" {
				t.Fatalf("%s has version %s after an undisturbed second run", ref, r.version)
			}
		}

		stormy, project := rehearsal(t, slow), t.TempDir()
		killSome(t, kills(t), took*12/10, func() {}, arguments(stormy.base, project)...)
		run(t, 3, arguments(stormy.base, project)...)
		sameContent(t, stormy.content(t, "", "Patient", "Encounter"), want)
		all := ledgers(t, project)
		t.Logf("%d runs, %d of them killed between the first and the last row", len(all), partly(all))
		noneLeft(t, project)
	})

	t.Run("a folder never shows half a file", func(t *testing.T) {
		t.Parallel()
		calm, project := filepath.Join(t.TempDir(), "out"), t.TempDir()
		began := time.Now()
		run(t, 3, arguments(calm, project)...)
		took := time.Since(began)
		want, err := tree(calm)
		if err != nil {
			t.Fatal(err)
		}

		for _, format := range []string{"ndjson", "bundle"} {
			out, project := filepath.Join(t.TempDir(), "out"), t.TempDir()
			args := append(arguments(out, project), "--format", format)
			if format == "bundle" {
				run(t, 3, append(arguments(calm, t.TempDir()), "--format", format)...)
				if want, err = tree(calm); err != nil {
					t.Fatal(err)
				}
			}
			killSome(t, kills(t), took*12/10, func() { wholeFiles(t, out, want) }, args...)
			run(t, 3, args...)
			got, err := tree(out)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d files, want %d", format, len(got), len(want))
			}
			wholeFiles(t, out, want)
			ledgers(t, project)
			noneLeft(t, project)
		}
	})
}

// wholeFiles checks that each file that a reader of the folder sees is
// complete.
func wholeFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		return // killed before it was made
	}
	got, err := tree(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range got {
		if strings.HasPrefix(name, ".") {
			continue
		}
		if w, known := want[name]; !known || w != content {
			t.Errorf("%s holds %d bytes, want %d", name, len(content), len(w))
		}
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 300)
	slow, project := dammed(t, rehearsal(t, sandbox.Faults{})), t.TempDir()
	slow.shut(4) // some bundles are there, most are not
	args := []string{"run", "--mapping", mapping, "--source", dir, "--to", slow.base, "--project", project, "--max-concurrency", "1"}
	p := newProgram(t, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	slow.waitFull(t)
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("it waits for a server that does not answer")
	}
	slow.open()
	<-ended
	if code := p.ProcessState.ExitCode(); code != 5 {
		t.Errorf("exit code %d, want 5\n%s", code, p.err.String())
	}
	for _, want := range []string{"chartlift: stopped interrupted: ", "run the same command again to go on"} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("it does not say %q but\n%s", want, p.err.String())
		}
	}
	if !strings.Contains(p.out.String(), "\nbalanced\n") {
		t.Errorf("the ledger is not shown:\n%s", p.out.String())
	}
	if all := ledgers(t, project); all[0].Status != "interrupted" || all[0].rows() == 0 || all[0].rows() >= 1200 {
		t.Errorf("the interrupted run is %+v", all[0])
	}
	noneLeft(t, project)

	run(t, 3, "resume", "--project", project)
	if all := ledgers(t, project); all[0].Status != "findings" || all[0].rows() != 1200 {
		t.Errorf("the run after it is %+v", all[0])
	}
	calm := rehearsal(t, sandbox.Faults{})
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", calm.base, "--project", t.TempDir())
	sameContent(t, slow.content(t, "", "Patient", "Encounter"), calm.content(t, "", "Patient", "Encounter"))
}

func TestAReportTellsAKilledRunFromOneUnderWay(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 300)
	slow, project := dammed(t, rehearsal(t, sandbox.Faults{})), t.TempDir()
	slow.shut(1)
	p := newProgram(t, "run", "--mapping", mapping, "--source", dir, "--to", slow.base, "--project", project, "--max-concurrency", "1")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	slow.waitFull(t)
	if out := run(t, 0, "report", "runs", "--project", project); !strings.Contains(out, " running ") {
		t.Errorf("the run is under way, but:\n%s", out)
	}
	if out := run(t, 0, "report", "--project", project); !strings.Contains(out, "Still running") {
		t.Errorf("the run is under way, but:\n%s", out)
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	slow.open()
	if out := run(t, 0, "report", "--project", project); !strings.Contains(out, "Interrupted") || !strings.Contains(out, "chartlift resume goes on") {
		t.Errorf("the run was killed, but:\n%s", out)
	}
	if out := run(t, 0, "report", "runs", "--project", project); !strings.Contains(out, " interrupted ") || strings.Contains(out, " running ") {
		t.Errorf("the run was killed, but:\n%s", out)
	}
	run(t, 3, "resume", "--project", project)
	if all := ledgers(t, project); all[0].Status != "findings" || all[0].rows() != 1200 {
		t.Errorf("the run after it is %+v", all[0])
	}
}
