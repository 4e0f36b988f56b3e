package fhirserver_test

import (
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/load/compare"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// resources are those of entries.
func resources(entries []load.Entry) []fhir.Resource {
	var all []fhir.Resource
	for _, e := range entries {
		all = append(all, e.Resource)
	}
	return all
}

// What a server should hold is what it holds, whichever way it was brought
// there.
func TestWhatIsExpectedIsWhatTheServerHolds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cerner", "epic", "hapi", "azure", "medplum"} {
		for _, ids := range []sandbox.Said{sandbox.No, sandbox.Never, sandbox.Silently} {
			as := profile(t, name, func(p *sandbox.Profile) { p.ClientIDs, p.Types = ids, nil })
			o := behave(t, as, sandbox.Faults{})
			o.IDs = &kept{}
			entries := []load.Entry{
				loadtest.Patient("a"),
				resource("Patient", "b", `"identifier":[{"system":"urn:mrn","value":"7"}],"link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]`),
				resource("Observation", "o", `"status":"final","code":{"text":"weight"},"subject":{"reference":"Patient/b"},"performer":[{"reference":"https://elsewhere.example/Practitioner/1"}]`),
			}
			wantAllOK(t, send(t, open(t, o), entries))
			s := open(t, o) // another program, that knows what is written down
			all, err := s.Expected(resources(entries))
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range entries {
				held := holds(t, o.Base, e.Resource.Type)[e.Resource.ID]
				if len(held) != 1 {
					t.Fatalf("%s: %s is there %d times", name, e.Resource.Ref(), len(held))
				}
				now, err := s.Client().Get(t.Context(), e.Resource.Type, held[0].id)
				if err != nil {
					t.Fatal(err)
				}
				changes, err := compare.Changes(all[i], now.JSON)
				if err != nil || len(changes) > 0 {
					t.Errorf("%s, %s: %v %+v", name, e.Resource.Ref(), err, changes)
				}
				changes, err = compare.Changes(all[i], []byte(strings.Replace(string(now.JSON), `"type"`, `"typo"`, 1)))
				if err != nil || i == 1 && len(changes) != 2 {
					t.Errorf("%s: another content is not noticed: %v %+v", name, err, changes)
				}
			}
		}
	}
}

// An id of ours that is the server's of another resource as well means two
// things.
func TestNothingIsExpectedOfAReferenceThatMeansTwo(t *testing.T) {
	t.Parallel()
	o := behave(t, profile(t, "azure", func(p *sandbox.Profile) { p.ClientIDs, p.Conditional = sandbox.No, false }), sandbox.Faults{})
	known := &kept{}
	if err := known.Save(fhirserver.Known{Ref: "Patient/a", ID: "77"}, fhirserver.Known{Ref: "Observation/o", ID: "78"}); err != nil {
		t.Fatal(err)
	}
	o.IDs = known
	s := open(t, o)
	obs := func(ref string) fhir.Resource {
		return resource("Observation", "o", `"status":"final","subject":{"reference":"`+ref+`"}`).Resource
	}
	all, err := s.Expected([]fhir.Resource{obs("Patient/a"), obs("Patient/stranger"), {Type: "Observation", ID: "o", JSON: []byte("{")}})
	if err == nil || all != nil {
		t.Errorf("text that is no JSON is expected as %s", all)
	}
	all, err = s.Expected([]fhir.Resource{obs("Patient/a"), obs("Patient/stranger")})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"reference":"Patient/77"}`, `{"reference":"Patient/stranger"}`} {
		if got := string(all[i]); !strings.Contains(got, want) || !strings.Contains(got, `"id":"78"`) || !strings.Contains(got, fhirserver.IdentifierSystem) {
			t.Errorf("expected is %s", got)
		}
	}
}
