package mappings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

// withMatch is a mapping of patients with this under match, and this on its
// map.
func withMatch(match, onMap string) string {
	return "chartlift: 1\nid: m\nparams: { base: urn:acme }\nmatch: " + match +
		"\nsources: { p: { csv: { path: p.csv }, key: [ID] }, q: { csv: { path: q.csv }, key: [ID] } }\n" +
		"maps:\n  p: { from: p, resource: Patient" + onMap + ", elements: { gender: male } }\n  q: { from: q, resource: Patient, elements: { gender: male } }\n"
}

func TestNothingNeedBeConfiguredForPatientsToBeMatched(t *testing.T) {
	t.Parallel()
	got := mustCompile(t, withMatch("patients", "")).Match
	all := []string{"source_priority", "most_recent", "most_frequent", "most_complete"}
	if got == nil || got.Merge != mappings.MergeCertain || got.Links != mappings.LinkReplaces || got.Policy != mappings.ByWeights || len(got.Fields) != 7 {
		t.Fatalf("got %+v", got)
	}
	if diff := cmp.Diff(all, got.RulesOf("address")); diff != "" {
		t.Error(diff)
	}
	if mustCompile(t, withMatch("null", "")).Match != nil {
		t.Error("nobody asked for it")
	}
}

func TestMatchSaysHowRecordsOfOnePersonAreFoundAndPutTogether(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, withMatch("{ fields: [name, birthDate], merge: probable, links: single, policy: cms, prefer: [q, p], government_ids: \"${param.base}:id\", unique_ids: [\"urn:mrn\"], survivorship: { default: most_recent, birthDate: [most_frequent, source_priority], deceased: most_complete } }", ", updated: $CHANGED | date YYYY-MM-DD"))
	got := m.Match
	want := []string{"name birthDate", "probable", "single", "cms", "q p", "urn:acme:id", "urn:mrn", "most_recent", "most_frequent source_priority", "most_complete"}
	var prefer []string
	for _, s := range got.Prefer {
		prefer = append(prefer, s.Name)
	}
	join := func(list []string) string { return strings.Join(list, " ") }
	is := []string{join(got.Fields), got.Merge, got.Links, got.Policy, join(prefer), join(got.GovernmentIDs), join(got.UniqueIDs), join(got.RulesOf("name")), join(got.RulesOf("birthDate")), join(got.RulesOf("deceased"))}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
	if m.Maps[0].Updated == nil || m.Sources[0].UseIndex("CHANGED") < 0 {
		t.Error("the column of updated is not asked for")
	}
}

func TestMatchThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ match, onMap, want string }{
		{"people", "", "E0107 write match: patients, or keys"},
		{"{ link: single }", "", `E0103 unknown key "link" in match | did you mean links`},
		{"{ links: replaces }", "", `E0107 "replaces" cannot stand here; use links, seealso, single`},
		{"{ merge: possible }", "", `E0107 "possible" cannot stand here; use certain, probable`},
		{"{ fields: [names] }", "", `E0107 "names" cannot stand here; use name, birthDate`},
		{"{ prefer: [r] }", "", `E0201 there is no source "r"`},
		{"{ survivorship: { birthday: most_recent } }", "", `E0112 "birthday" is no element of Patient`},
		{"{ survivorship: { birthDate: newest } }", "", `E0107 "newest" cannot stand here; use source_priority`},
		{"{ survivorship: most_recent }", "", "E0104"},
		{"[patients]", "", "E0104"},
		{"patients", ", updated: $CHANGED", "E0107 updated is a date or time"},
	} {
		_, findings := compile(withMatch(c.match, c.onMap))
		if got := show(findings); !strings.Contains(got, c.want) {
			t.Errorf("%s%s: %s", c.match, c.onMap, got)
		}
	}
	nobody := strings.ReplaceAll(withMatch("patients", ""), "resource: Patient", "resource: Person")
	if _, findings := compile(nobody); !strings.Contains(show(findings), "E0107 no map makes a Patient: there is nobody to match") {
		t.Errorf("without Patients: %s", show(findings))
	}
}
