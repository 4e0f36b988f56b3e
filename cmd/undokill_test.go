package cmd_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"chartlift/load/sandbox"
)

// A stopped undo names what works: the same command. It counts what it did not come to as left, and the second time nothing is.
func TestAStoppedUndoSaysHowMuchIsLeft(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 300)
	slow, project := rehearsal(t, sandbox.Faults{Latency: 30 * time.Millisecond}), t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", slow.base, "--project", project)
	p := newProgram(t, "undo", "1", "--yes", "--project", project)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	before := slow.get(t, slow.base+"/Encounter?_summary=count").Total
	for n := 0; n < 100 && before > 0 && slow.get(t, slow.base+"/Encounter?_summary=count").Total == before; n++ {
		time.Sleep(10 * time.Millisecond)
	}
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
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
