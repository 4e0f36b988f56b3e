package sandbox_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// letters are those of TypeProfile.Does.
var letters = map[string]string{"create": "c", "read": "r", "update": "u", "patch": "p", "delete": "d", "search-type": "s"}

// TestProfilesSayWhatTheStatementsSay compares each profile with the public
// statement that it is made of.
func TestProfilesSayWhatTheStatementsSay(t *testing.T) {
	t.Parallel()
	notR4 := []string{"MedicationOrder", "DiagnosticOrder", "ProcedureRequest"} // types that R4 does not have under this name
	definitions := []string{"CapabilityStatement", "OperationDefinition", "StructureDefinition"}
	for name, file := range map[string]string{
		"cerner": "cerner_millennium_r4_auth_metadata", "epic": "epic_feb2021_stu3", "meditech": "meditech_dstu2", "veradigm": "allscripts_19.4_dstu2",
	} {
		text, err := os.ReadFile("../../../shared/data/capability/" + file + ".json")
		if err != nil {
			t.Skip("SKIPPED: the statements of real servers are not here")
		}
		var st struct {
			Rest []struct {
				Resource []struct {
					Type        string
					Interaction []struct{ Code string }
					SearchParam []struct{ Name string }
				}
			}
		}
		if err := json.Unmarshal(text, &st); err != nil {
			t.Fatal(err)
		}
		p, _ := sandbox.FindProfile(name)
		seen := 0
		for _, r := range st.Rest[0].Resource {
			if slices.Contains(notR4, r.Type) || slices.Contains(definitions, r.Type) {
				continue
			}
			seen++
			i := slices.IndexFunc(p.Types, func(t sandbox.TypeProfile) bool { return t.Type == r.Type })
			if i < 0 {
				t.Errorf("%s: %s is not in the profile", name, r.Type)
				continue
			}
			does := ""
			for _, one := range r.Interaction {
				does += letters[one.Code]
			}
			if !sameLetters(does, p.Types[i].Does) {
				t.Errorf("%s: %s does %q, the statement says %q", name, r.Type, p.Types[i].Does, does)
			}
			var params []string
			for _, one := range r.SearchParam {
				if slices.Contains([]string{"_id", "identifier", "patient", "subject"}, one.Name) {
					params = append(params, one.Name)
				}
			}
			if !slices.Equal(sorted(params), sorted(strings.Fields(p.Types[i].Params))) {
				t.Errorf("%s: %s is searched by %q, the statement says %q", name, r.Type, p.Types[i].Params, params)
			}
		}
		if seen != len(p.Types) {
			t.Errorf("%s: %d types in the statement, %d in the profile", name, seen, len(p.Types))
		}
	}
}

func sorted(s []string) []string {
	s = slices.Compact(slices.Sorted(slices.Values(s)))
	return s
}

func sameLetters(a, b string) bool {
	return slices.Equal(sorted(strings.Split(a, "")), sorted(strings.Split(b, "")))
}

func TestAProfileRefusesWhatItsStatementDoesNotList(t *testing.T) {
	t.Parallel()
	cerner, _ := sandbox.FindProfile("cerner")
	c := rehearse(t, sandbox.Options{As: cerner})
	c.want(400, "POST", "", bundle("transaction", put("Patient/a", patient("a"))))
	c.want(400, "POST", "", bundle("batch", put("Patient/a", patient("a"))))
	c.want(405, "PUT", "/Patient/a", patient("a"))
	c.want(404, "POST", "/Substance", `{"resourceType":"Substance"}`)
	c.want(405, "POST", "/Device", `{"resourceType":"Device"}`)
	first := c.want(201, "POST", "/Patient", patient("a"), "If-None-Exist", "identifier=urn:x|1")
	second := c.want(201, "POST", "/Patient", patient("a"), "If-None-Exist", "identifier=urn:x|1") // a header that nobody looks at
	if first.ID == second.ID {
		t.Error("a condition was looked at")
	}
	c.want(400, "GET", "/Observation?identifier=x", "")
	c.want(200, "GET", "/Observation?patient="+first.ID, "")
	c.want(405, "GET", "/Basic", "")
	if got := c.want(200, "GET", "/metadata", ""); strings.Contains(got.body, "transaction") || strings.Contains(got.body, "Substance") {
		t.Errorf("the statement says %s", got.body)
	}
	if _, ok := sandbox.FindProfile("athenahealth"); ok {
		t.Error("a profile was invented")
	}
}

func TestAPatchSetsWholeElements(t *testing.T) {
	t.Parallel()
	cerner, _ := sandbox.FindProfile("cerner")
	c := rehearse(t, sandbox.Options{As: cerner})
	at := "/Patient/" + c.want(201, "POST", "/Patient", `{"resourceType":"Patient","gender":"male","active":true}`).ID
	media := []string{"Content-Type", "application/json-patch+json"}
	got := c.want(200, "PATCH", at, `[{"op":"add","path":"/gender","value":"female"},{"op":"replace","path":"/active","value":false},{"op":"add","path":"/name","value":[{"family":"X"}]}]`, media...)
	for _, want := range []string{`"gender":"female"`, `"active":false`, `"name":[{"family":"X"}]`, `"versionId":"2"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%s is not in %s", want, got.body)
		}
	}
	if got := c.want(200, "PATCH", at, `[{"op":"remove","path":"/gender"},{"op":"remove","path":"/photo"}]`, media...); strings.Contains(got.body, "gender") || !strings.Contains(got.body, `"active":false`) {
		t.Errorf("the gender is not removed: %s", got.body)
	}
	c.want(422, "PATCH", at, `[{"op":"remove","path":"/gender","value":"x"}]`, media...)
	c.want(422, "PATCH", at, `[{"op":"add","path":"/name/0/family","value":"Y"}]`, media...)
	c.want(404, "PATCH", "/Patient/nobody", `[]`, media...)
	c.want(405, "PATCH", "/Device/x", `[]`, media...)
}

func TestMedplumsLimitsAreToldInItsWords(t *testing.T) {
	t.Parallel()
	medplum, _ := sandbox.FindProfile("medplum")
	c := rehearse(t, sandbox.Options{As: medplum})
	var many []string
	for i := range 51 {
		id := "p" + strings.Repeat("x", i)
		many = append(many, put("Patient/"+id, patient(id)))
	}
	if got := c.want(400, "POST", "", bundle("transaction", many...)); !strings.Contains(got.Issue[0].Diagnostics, "more update operations than allowed") {
		t.Errorf("%+v", got.Issue)
	}
	c.want(200, "POST", "", bundle("transaction", many[:50]...))
}
