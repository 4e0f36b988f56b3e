package cmd_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

func TestAfterAFirewallRefusedEverythingTheRunGoesOnWithNothingLost(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 150)
	for name, c := range map[string]struct {
		stays bool // shut to what comes after the first of it, too
		says  string
	}{
		"to everything": {true, "the same status 403 and no OperationOutcome, and so is a request that holds none"},
		"to one type":   {false, "the last 2[0-9] Encounter [(]POST of a bundle with Encounter[)] were refused with the same status 403 and no OperationOutcome, and other things were taken"}, // what other senders had under way counts
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm, s, project := rehearsal(t, sandbox.Faults{}), rehearsal(t, sandbox.Faults{}), t.TempDir()
			run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", calm.base, "--project", t.TempDir(), "--quiet")
			shut, over := false, false
			base := before(t, s.base, func(w http.ResponseWriter, r *http.Request, body string) bool {
				encounter := strings.Contains(body, `"resourceType":"Encounter"`)
				shut = encounter || c.stays && shut // it closes when the patients are there
				if !shut || over || r.Method != http.MethodPost {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				_, _ = fmt.Fprint(w, "<html>Request blocked, reference 18.2f3a</html>")
				return true
			})
			code, _, said := chartlift(t, "run", "--mapping", mapping, "--source", dir, "--to", base, "--project", project)
			if code != 1 || strings.Count(said, "error target-refuses") != 1 || !regexp.MustCompile(c.says).MatchString(said) {
				t.Fatalf("it ends with %d\n%s", code, said)
			}
			over = true
			run(t, 3, "resume", "--project", project, "--quiet")
			if letters := run(t, 0, "report", "dead-letters", "--format", "csv", "--project", project); strings.Count(letters, "\n") != 1 {
				t.Errorf("the run that goes on has dead letters:\n%s", letters)
			}
			for _, typ := range []string{"Patient", "Encounter"} {
				if want, got := calm.count(t, typ), s.count(t, typ); got != want || want == 0 {
					t.Errorf("%d %s arrived, want %d", got, typ, want)
				}
			}
		})
	}
}
