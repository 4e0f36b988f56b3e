package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// stoppedComparison leaves in a project what a comparison leaves that was
// killed, and returns the file.
func stoppedComparison(t *testing.T, project, state string) string {
	t.Helper()
	var runs struct {
		Rows []struct{ ID, Command string }
	}
	if err := json.Unmarshal([]byte(run(t, 0, "report", "runs", "--json", "--project", project)), &runs); err != nil {
		t.Fatal(err)
	}
	for _, r := range runs.Rows {
		if r.Command == "run" {
			path := filepath.Join(project, ".chartlift", "reconcile-"+r.ID+"-100.json")
			if err := os.WriteFile(path, []byte(state), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	t.Fatal("nothing was run")
	return ""
}

func TestAComparisonBeginsAgainWhereItCannotGoOn(t *testing.T) {
	t.Parallel()
	s := rehearsal(t, sandbox.Faults{})
	mapping, dir := legacy(t, 100)
	project := t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", s.base, "--project", project, "--quiet")
	whole := run(t, 0, "reconcile", "--wait", "0s", "--project", project)
	if !strings.Contains(whole, "392 of 392 resources compared field by field, 0 differ") {
		t.Fatalf("a whole comparison says\n%s", whole)
	}
	for name, c := range map[string]struct{ state, says string }{
		"the sources were others then":     {`{"bundle":1,"trail":"AAAA","compared":{"Patient":98},"even":98,"suspects":["Patient/p1"]}`, "the sources have changed since the comparison was stopped: beginning again"},
		"there were more of them":          {`{"bundle":900,"trail":"AAAA","compared":{"Patient":90000},"even":90000}`, "beginning again"},
		"the state was torn by a crash":    {`{"bundle":1,"tra`, ""},
		"the state is of an older form":    {`{"bundle":7,"compared":700,"suspects":null}`, ""},
		"nothing had been compared so far": {`{}`, ""},
	} {
		path := stoppedComparison(t, project, c.state)
		p := newProgram(t, "reconcile", "--wait", "0s", "--project", project)
		if err := p.Run(); err != nil || p.out.String() != whole {
			t.Errorf("%s: %v\n%s%s", name, err, p.out.String(), p.err.String())
		}
		if !strings.Contains(p.err.String(), c.says) || c.says == "" && strings.Contains(p.err.String(), "going on") {
			t.Errorf("%s: it says\n%s", name, p.err.String())
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the state is left when the comparison is done", name)
		}
	}
	stoppedComparison(t, project, `{"bundle":1,"trail":"AAAA","compared":{"Patient":98}}`)
	if p := newProgram(t, "reconcile", "--anew", "--wait", "0s", "--project", project); p.Run() != nil || strings.Contains(p.err.String(), "again") {
		t.Errorf("--anew does not look at what was before: %s", p.err.String())
	}
}

func TestASampleSaysWhatItStandsFor(t *testing.T) {
	t.Parallel()
	s := rehearsal(t, sandbox.Faults{})
	mapping, dir := legacy(t, 400)
	project := t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", s.base, "--project", project, "--quiet")
	out := run(t, 0, "verify", "--project", project)
	if !strings.Contains(out, "; with 95 % confidence at most ") {
		t.Errorf("verify says\n%s", out)
	}
	page := run(t, 0, "report", "page", "--project", project)
	if !strings.Contains(page, "a sample of 1,568; with 95 % confidence at most ") {
		t.Error("the page does not say that a sample was compared")
	}
	var listed struct {
		Rows []struct {
			What      string
			Compared  int
			Delivered int
			AtMost    string `json:"at_most"`
		}
	}
	if err := json.Unmarshal([]byte(run(t, 0, "report", "reconcile", "--json", "--project", project)), &listed); err != nil {
		t.Fatal(err)
	}
	for _, r := range listed.Rows {
		if r.What != "Patient" && r.What != "Encounter" {
			continue
		}
		// None in n differ: at most about 3/n do.
		var most float64
		if _, err := fmt.Sscanf(r.AtMost, "%f %%", &most); err != nil || r.Compared < 40 || r.Compared >= r.Delivered || most < 280/float64(r.Compared) || most > 300/float64(r.Compared) {
			t.Errorf("of %d %s %d were compared and at most %s differ, %v", r.Delivered, r.What, r.Compared, r.AtMost, err)
		}
	}
}

// add has somebody else create resources on a server.
func add(t *testing.T, base string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		answer, err := http.Post(base+"/Patient", "application/fhir+json", strings.NewReader(text))
		if err != nil || answer.StatusCode != http.StatusCreated {
			t.Fatal(err, answer)
		}
		_ = answer.Body.Close()
	}
}

// Servers pass over search parameters that they do not know (FHIR R4 section
// 3.1.1.1): each chart of the hospital would be called an orphan.
func TestAServerThatPassesOverTheTagMakesNoOrphansOfTheHospitalsCharts(t *testing.T) {
	t.Parallel()
	for _, passed := range []bool{false, true} {
		s := rehearsal(t, sandbox.Faults{})
		base := before(t, s.base, func(_ http.ResponseWriter, r *http.Request, _ string) bool {
			if q := r.URL.Query(); passed && q.Has("_tag") {
				q.Del("_tag")
				r.URL.RawQuery = q.Encode()
			}
			return false
		})
		add(t, s.base, `{"resourceType":"Patient","active":true}`, `{"resourceType":"Patient","meta":{"tag":[{"system":"urn:chartlift:site","code":"elsewhere"}]}}`)
		mapping, dir := legacy(t, 20)
		project := t.TempDir()
		run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", base, "--project", project, "--quiet")
		for _, command := range []string{"verify", "reconcile"} {
			told := run(t, 0, command, "--wait", "0s", "--project", project)
			if strings.Contains(told, "orphan") || strings.Contains(told, "Patient that nobody delivered were not looked for") != passed {
				t.Errorf("passed over %v: %s says\n%s", passed, command, told)
			}
		}
		add(t, s.base, `{"resourceType":"Patient","meta":{"tag":[{"system":"urn:chartlift:site","code":"clinic"}]}}`)
		code := 4
		if passed { // it cannot be told from the hospital's
			code = 0
		}
		for _, command := range []string{"verify", "reconcile"} {
			if told := run(t, code, command, "--wait", "0s", "--project", project); strings.Contains(told, "orphan Patient/") == passed {
				t.Errorf("passed over %v, with a stray chart: %s says\n%s", passed, command, told)
			}
		}
	}
}
