package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// killedOnTheWay starts chartlift and kills it when the server has the first
// patients.
func killedOnTheWay(t *testing.T, d *dam, args ...string) {
	t.Helper()
	d.shut(1)
	p := newProgram(t, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	d.waitFull(t)
	until(t, "the server has patients", func() bool { return d.get(t, d.base+"/Patient?_summary=count").Total > 0 })
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _ = p.Wait(); p.ProcessState.ExitCode() != -1 {
		t.Fatalf("the run had ended before it was killed\n%s", p.err.String())
	}
	d.open()
}

// What a killed run delivered is there; that the rest is not must not look like
// a delivery that is right.
func TestVerifyOfAKilledRunNamesTheCommandThatGoesOn(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 600)
	slow, project := dammed(t, rehearsal(t, sandbox.Faults{})), t.TempDir()
	killedOnTheWay(t, slow, "run", "--mapping", mapping, "--source", dir, "--to", slow.base, "--accept", "rows-rejected=50%", "--accept", "resources-refused=3", "--project", project)
	junit := filepath.Join(project, "verify.xml")
	told := run(t, 4, "verify", "--wait", "0s", "--junit", junit, "--project", project)
	if !strings.Contains(told, "did not come to its end") || !strings.Contains(told, "chartlift resume 20") || strings.HasSuffix(told, "no differences\n") {
		t.Errorf("verify says\n%s", told)
	}
	if !strings.Contains(told, "visits.csv was not read yet") || strings.Contains(told, "had 0 rows then") {
		t.Errorf("of a table that the run did not come to, verify says\n%s", told)
	}
	if xml, err := os.ReadFile(junit); err != nil || !strings.Contains(string(xml), `<testcase classname="verify" name="unfinished">`) || !strings.Contains(string(xml), ` failures="1" `) {
		t.Errorf("%v\n%s", err, xml)
	}
	var result struct{ Unfinished bool }
	if err := json.Unmarshal([]byte(run(t, 0, "reconcile", "--fail-on", "none", "--json", "--wait", "0s", "--project", project)), &result); err != nil || !result.Unfinished {
		t.Errorf("reconcile --json: %+v %v", result, err)
	}

	run(t, 3, "resume", "--project", project)
	page, err := os.ReadFile(filepath.Join(project, ".chartlift", "report.html"))
	if want := "--accept=resources-refused=3 --accept=rows-rejected=50%"; err != nil || !strings.Contains(string(page), want) {
		t.Errorf("the run that went on was not started with %s: %v", want, err)
	}
	if told := run(t, 0, "verify", "--project", project); !strings.HasSuffix(told, "no differences\n") {
		t.Errorf("after resume verify says\n%s", told)
	}
	if told := run(t, 4, "verify", "1", "--project", project); !strings.Contains(told, "run 4 went on with it: chartlift verify 4") {
		t.Errorf("of the run that was killed it says\n%s", told)
	}
}
