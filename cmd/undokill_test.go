package cmd_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartlift/load/sandbox"
)

// A stopped undo names what works: the same command. It counts what it did not
// come to as left, and the second time nothing is.
func TestAStoppedUndoSaysHowMuchIsLeft(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 300)
	slow, project := dammed(t, rehearsal(t, sandbox.Faults{})), t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", slow.base, "--project", project)
	slow.shut(2)
	p := newProgram(t, "undo", "1", "--yes", "--project", project)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	slow.waitFull(t)
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	slow.open()
	said, told := p.err.String(), p.out.String()
	if code := p.ProcessState.ExitCode(); code != 5 || !strings.Contains(said, "run the same command again to go on; what is taken back already stays so") {
		t.Errorf("exit code %d, and it says\n%s", code, said)
	}
	if strings.Contains(said, "resume") || strings.Contains(told, ", 0 left") || !strings.Contains(told, " resources taken back, ") {
		t.Errorf("it says\n%s%s", said, told)
	}
	if told := run(t, 0, "undo", "1", "--yes", "--project", project); !strings.Contains(told, ", 0 left") {
		t.Errorf("the second time it says\n%s", told)
	}
}

// count asks a server that loses answers until one arrives.
func (s *server) count(t *testing.T, typ string) int {
	t.Helper()
	for range 10 {
		res, err := http.Get(s.base + "/" + typ + "?_summary=count")
		if err != nil {
			continue
		}
		var found struct{ Total int }
		err = json.NewDecoder(res.Body).Decode(&found)
		_ = res.Body.Close()
		if err == nil {
			return found.Total
		}
	}
	t.Fatal("the server does not answer")
	return 0
}

// Of a server that loses answers, undo takes back all that the run created, and
// nothing that another project had brought before.
func TestUndoOfARunWithLostAnswersTakesBackWhatItCreated(t *testing.T) {
	t.Parallel()
	theirs, few := legacy(t, 40)
	mapping, many := legacy(t, 400)
	lossy, other, project := rehearsal(t, sandbox.Faults{DropAnswerEvery: 3}), t.TempDir(), t.TempDir()
	run(t, 3, "run", "--mapping", theirs, "--source", few, "--to", lossy.base, "--project", other)
	before := lossy.count(t, "Patient")
	time.Sleep(2500 * time.Millisecond) // times of servers are exact to two seconds
	run(t, 3, "run", "--mapping", mapping, "--source", many, "--to", lossy.base, "--project", project)
	created := lossy.count(t, "Patient")
	if told := run(t, 0, "undo", "1", "--yes", "--project", project); !strings.Contains(told, ", 0 left") {
		t.Errorf("it says\n%s", told)
	}
	if left := lossy.count(t, "Patient"); left != before || created <= before {
		t.Errorf("%d patients before the run, %d after it, %d after undo", before, created, left)
	}
	if left := lossy.count(t, "Encounter"); left != 3*before {
		t.Errorf("%d encounters are left of %d", left, 3*before)
	}
}
