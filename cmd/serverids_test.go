package cmd_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// alter lets somebody change resources of a type on a server, by what it calls
// them, and returns how many.
func alter(t *testing.T, base, typ, old, now string) int {
	t.Helper()
	res, err := http.Get(base + "/" + typ + "?_count=1000")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	var all struct {
		Entry []struct{ Resource json.RawMessage }
	}
	if err != nil || json.Unmarshal(body, &all) != nil {
		t.Fatal(err, string(body))
	}
	n := 0
	for _, e := range all.Entry {
		text := bytes.ReplaceAll(e.Resource, []byte(old), []byte(now))
		var named struct{ ID string }
		if err := json.Unmarshal(text, &named); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(text, e.Resource) {
			continue
		}
		req, err := http.NewRequest(http.MethodPut, base+"/"+typ+"/"+named.ID, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/fhir+json")
		answer, err := http.DefaultClient.Do(req)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(err, answer)
		}
		_ = answer.Body.Close()
		n++
	}
	return n
}

// The server's own ids and references are no reason to believe that it holds
// what it was sent.
func TestWhatOthersChangeOnAServerThatGivesTheIdsIsFound(t *testing.T) {
	t.Parallel()
	s := rehearsal(t, sandbox.Faults{NoClientIDs: true})
	mapping, dir := legacy(t, 20)
	project := t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", s.base, "--project", project, "--quiet")
	for _, command := range []string{"verify", "reconcile"} {
		told := run(t, 0, command, "--wait", "0s", "--project", project)
		if !strings.Contains(told, " compared field by field, 0 differ\nno differences\n") || strings.Contains(told, "not compared") {
			t.Errorf("%s says\n%s", command, told)
		}
	}
	changed := alter(t, s.base, "Patient", `"birthDate":"19`, `"birthDate":"18`)
	moved := alter(t, s.base, "Encounter", `"status":"finished"`, `"status":"planned"`)
	if changed == 0 || moved == 0 {
		t.Fatal("nothing was changed")
	}
	told := run(t, 4, "verify", "--all", "--wait", "0s", "--project", project)
	if n := strings.Count(told, "Patient.birthDate"); n != changed {
		t.Errorf("%d of %d changed patients are found\n%s", n, changed, told)
	}
	var result struct {
		Kinds                        map[string]int
		Compared, Uncompared, Differ int
		Delivered, Failed            int
		Types                        []struct {
			Type                 string
			Compared, Uncompared int
		}
	}
	if err := json.Unmarshal([]byte(run(t, 4, "reconcile", "--wait", "0s", "--json", "--project", project)), &result); err != nil {
		t.Fatal(err)
	}
	if result.Compared != result.Delivered || result.Uncompared != 0 || result.Differ != changed+moved || result.Kinds["drifted"] != changed+moved {
		t.Errorf("%d patients and %d encounters were changed: %+v", changed, moved, result)
	}
	if told := run(t, 4, "reconcile", "--wait", "0s", "--show-values", "--project", project); !strings.Contains(told, "Patient.birthDate: sent 19") || !strings.Contains(told, ", held 18") {
		t.Errorf("with values\n%s", told)
	}
}

// Somebody copied a patient, and a request whose answer was lost doubled
// another: neither is one that a run knows.
func TestWhatNobodyDeliveredToAServerThatGivesTheIdsIsFound(t *testing.T) {
	t.Parallel()
	s := rehearsal(t, sandbox.Faults{NoClientIDs: true})
	mapping, dir := legacy(t, 20)
	project := t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", s.base, "--project", project, "--quiet")
	if told := run(t, 0, "reconcile", "--wait", "0s", "--project", project); strings.Contains(told, "orphan") || strings.Contains(told, "not looked for") {
		t.Errorf("before anything was added\n%s", told)
	}
	add(t, s.base,
		`{"resourceType":"Patient","meta":{"tag":[{"system":"urn:chartlift:site","code":"clinic"}]},"identifier":[{"system":"urn:chartlift:id","value":"p1"}],"active":true}`, // the double
		`{"resourceType":"Patient","meta":{"tag":[{"system":"urn:chartlift:site","code":"clinic"}]},"active":true}`,
		`{"resourceType":"Patient","meta":{"tag":[{"system":"urn:chartlift:site","code":"elsewhere"}]},"active":true}`, // of another site
		`{"resourceType":"Patient","active":true}`, // of the hospital
	)
	if told := run(t, 4, "verify", "--wait", "0s", "--project", project); strings.Count(told, "orphan Patient/") != 2 {
		t.Errorf("verify says\n%s", told)
	}
	var result struct {
		Kinds       map[string]int
		Differences []struct{ Kind, Resource string }
		Notes       []string
	}
	if err := json.Unmarshal([]byte(run(t, 4, "reconcile", "--wait", "0s", "--json", "--project", project)), &result); err != nil {
		t.Fatal(err)
	}
	if result.Kinds["orphan"] != 2 || len(result.Differences) != 2 || strings.Contains(strings.Join(result.Notes, " "), "nobody delivered") {
		t.Errorf("%+v", result)
	}
	for _, d := range result.Differences { // by the id that it has there
		answer, err := http.Get(s.base + "/" + d.Resource)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s is not there: %v, %v", d.Resource, err, answer)
			continue
		}
		_ = answer.Body.Close()
	}
}
