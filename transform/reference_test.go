package transform_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
	"chartlift/transform"
)

// visits is a mapping of patients and their encounters.
func visits(ref, policy string) string {
	return head + "defaults: { policy: { missing_reference: " + policy + ` } }
sources: { pat: { csv: { path: p.csv }, key: [ID] }, enc: { csv: { path: e.csv }, key: [ID] } }
maps:
  p: { from: pat, resource: Patient, id: $ID, elements: { active: true } }
  e: { from: enc, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: ` + ref + ` } }
`
}

const visit = `{"status":"finished","class":{"code":"AMB"}`

func TestReferences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ref, policy, cell string
		want, issue       string
	}{
		"to a row that was written":                      {"ref p($PAT)", "reject-resource", "p-1", visit + `,"subject":{"reference":"Patient/p-1"}}`, ""},
		"through a cleaner":                              {"ref p($PAT | lower)", "reject-resource", "P-1", visit + `,"subject":{"reference":"Patient/p-1"}}`, ""},
		"to a row that was not, which refuses":           {"ref p($PAT)", "reject-resource", "p-9", "", "error reference-missing e.subject PAT"},
		"to a row that was not, which is left out":       {"ref p($PAT)", "omit-element", "p-9", visit + "}", "warning reference-missing e.subject PAT"},
		"to a row that was not, although it is optional": {"ref? p($PAT)", "reject-resource", "p-9", "", "error reference-missing e.subject PAT"},
		"with an empty key":                              {"ref p($PAT)", "reject-resource", "∅", "", "error reference-empty e.subject PAT"},
		"with an empty key that may be left out":         {"ref p($PAT)", "omit-element", "∅", visit + "}", "warning reference-empty e.subject PAT"},
		"with an empty key where there may be none":      {"ref? p($PAT)", "reject-resource", "∅", visit + "}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, visits(c.ref, c.policy))
			b.rows("pat", "ID", "p-1", "p-2")
			b.engine.Seal(b.prog.Maps[0])
			rows := b.rows("enc", "ID|PAT", "1|"+c.cell)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			wantBodies(t, rows, want...)
			var issues []string
			if c.issue != "" {
				issues = []string{c.issue}
			}
			b.wantFound(issues...)
			if c.cell == "p-9" && (b.issues[0].Value != "p-9" || strings.Contains(b.issues[0].Message, "p-9")) {
				t.Errorf("issue %+v", b.issues[0])
			}
		})
	}
}

func TestReferencesIntoATableThatWasNotGivenAreLeftOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, visits("ref p($PAT)", "stop-run"), "pat")
	rows := b.rows("enc", "ID|PAT", "1|p-1", "2|∅")
	wantBodies(t, rows, visit+"}", visit+"}")
	b.wantFound()
}

func TestAResourceThatMustReferToSuchATableIsFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { pat: { csv: { path: p.csv }, key: [ID] }, alg: { csv: { path: a.csv }, key: [ID] } }
maps:
  p: { from: pat, resource: Patient, elements: { active: true } }
  a: { from: alg, resource: AllergyIntolerance, elements: { patient: ref p($PAT), code: { text: $WHAT | max_len 3 reject } } }
`, "pat")
	rows := b.rows("alg", "ID|PAT|WHAT", "1|p|nut", "2|p|nuts")
	if rows[0].Filtered != transform.MissingTable || rows[0].Rejected != "" || rows[1].Rejected != "too-long" || len(bodies(rows)) > 0 {
		t.Errorf("rows %+v", rows)
	}
}

func TestTheSameReferenceResolvesAgainOnceItsRowIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, visits("ref p($PAT)", "omit-element"))
	schema, records := table("enc", "ID|PAT", "1|p-1", "2|p-1", "3|p-2")
	binding, err := b.engine.Bind(b.source("enc"), schema)
	if err != nil {
		t.Fatal(err)
	}
	w := binding.Worker(b.hooks())
	first := b.keep(w.Row(&records[0]))
	b.rows("pat", "ID", "p-1")
	second, third := b.keep(w.Row(&records[1])), b.keep(w.Row(&records[2]))
	wantBodies(t, []transform.Row{first, second, third}, visit+"}", visit+`,"subject":{"reference":"Patient/p-1"}}`, visit+"}")
}

func TestExpectedRowsResolveBeforeTheyAreMade(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { enc: { csv: { path: e.csv }, key: [ID], where: "GONE IS NULL" } }
maps:
  e: { from: enc, resource: Encounter, where: "ID <> 'x'", elements: { status: finished, class: { code: AMB }, partOf: ref? e($PARENT) } }
`)
	schema, records := table("enc", "ID|PARENT|GONE", "1|2|∅", "2|∅|∅", "3|x|∅", "x|∅|∅", "4|5|∅", "5|∅|y", "6|6|∅")
	binding, err := b.engine.Bind(b.source("enc"), schema)
	if err != nil {
		t.Fatal(err)
	}
	m := b.prog.Maps[0]
	w := binding.Worker(b.hooks())
	for i := range records {
		w.Expect(&records[i], []*mappings.Map{m})
	}
	var rows []transform.Row
	for i := range records {
		rows = append(rows, b.keep(w.Row(&records[i])))
	}
	id := func(key string) string { return transform.ID(b.prog.Site, m, []string{key}) }
	wantBodies(t, rows,
		visit+`,"partOf":{"reference":"Encounter/`+id("2")+`"}}`, visit+"}", visit+`,"partOf":{"reference":"Encounter/`+id("6")+`"}}`)
	b.wantFound("error reference-missing e.partOf PARENT", "error reference-missing e.partOf PARENT")
	if !b.engine.Expected(m, id("1")) || b.engine.Expected(m, id("5")) || !b.engine.Accepted("Encounter", id("6")) || b.engine.Accepted("Encounter", id("9")) {
		t.Error("expected and accepted rows are told apart wrongly")
	}
}

func TestAResourceDoesNotReferToWhatItsOwnRowFailedToMake(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { pat: { csv: { path: p.csv }, key: [ID] } }
maps:
  p: { from: pat, resource: Patient, elements: { birthDate: $DOB | date YYYY-MM-DD } }
  e: { from: pat, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: ref p($ID) } }
`)
	schema, records := table("pat", "ID|DOB", "1|2000-01-01", "2|bad", "3|2000-01-01")
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	w := binding.Worker(b.hooks())
	for i := range records {
		w.Expect(&records[i], b.prog.Maps[:1])
	}
	var rows []transform.Row
	for i := range records {
		rows = append(rows, b.keep(w.Row(&records[i])))
	}
	if len(rows[0].Built) != 2 || len(rows[1].Built) != 0 || len(rows[2].Built) != 2 || rows[1].Rejected != "bad-date" {
		t.Errorf("rows %+v", rows)
	}
	b.wantFound("error bad-date p.birthDate DOB", "error reference-missing e.subject ID")
}

func TestTrustedReferencesAlwaysResolve(t *testing.T) {
	t.Parallel()
	b := newBench(t, visits("ref p($PAT)", "reject-resource"))
	b.engine.Trust()
	wantBodies(t, b.rows("enc", "ID|PAT", "1|p-9"), visit+`,"subject":{"reference":"Patient/p-9"}}`)
	b.wantFound()
}

func TestReferencesByTwoKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { pat: { csv: { path: p.csv }, key: [A, B] }, enc: { csv: { path: e.csv }, key: [_line] } }
maps:
  p: { from: pat, resource: Patient, elements: { active: true } }
  e: { from: enc, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: "ref p($X, $Y)" } }
`)
	pat := b.rows("pat", "A|B", "a|bc", "ab|c")
	if pat[0].Built[0].Resource.ID == pat[1].Built[0].Resource.ID {
		t.Error("the keys a, bc and ab, c make one id")
	}
	wantBodies(t, b.rows("enc", "X|Y", "a|bc", "ab|c", "a|b", "abc|∅"),
		visit+`,"subject":{"reference":"`+pat[0].Built[0].Resource.Ref()+`"}}`, visit+`,"subject":{"reference":"`+pat[1].Built[0].Resource.Ref()+`"}}`)
	b.wantFound("error reference-missing e.subject X, Y", "error reference-empty e.subject X, Y")
	if b.issues[0].Value != "a, b" {
		t.Errorf("value %q", b.issues[0].Value)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	ids := func(mapping string, lines ...string) []string {
		b := newBench(t, mapping)
		var out []string
		for _, r := range b.rows("pat", lines...) {
			for _, built := range r.Built {
				out = append(out, built.Resource.ID)
			}
		}
		return out
	}
	mapping := patient("{ active: true }")
	got := ids(mapping, "ID", "1", "2", "é")
	var want []string
	for _, key := range []string{"1", "2", "é"} {
		want = append(want, transform.ID("site", newBench(t, mapping).prog.Maps[0], []string{key}))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids of rows and of keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(goldenID, got[0]); diff != "" {
		t.Errorf("the id of a key must never change (-want +got):\n%s", diff)
	}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]string{}
	for name, id := range map[string]string{
		"a key": got[0], "another key": got[1], "a third": got[2],
		"another site":     ids(strings.Replace(mapping, "id: site", "id: other", 1), "ID", "1")[0],
		"a site by param":  ids(strings.Replace(mapping, "maps:", "params: { site: acme }\nmaps:", 1), "ID", "1")[0],
		"another map":      ids(strings.Replace(mapping, "\n  p:", "\n  q:", 1), "ID", "1")[0],
		"another resource": ids(strings.Replace(mapping, "Patient", "Practitioner", 1), "ID", "1")[0],
		"the row":          ids(strings.Replace(mapping, "key: [ID]", "key: [_line]", 1), "ID", "1")[0],
		"the second row":   ids(strings.Replace(mapping, "key: [ID]", "key: [_line]", 1), "ID", "1", "1")[1],
	} {
		if !uuid.MatchString(id) || seen[id] != "" {
			t.Errorf("%s gives %s, as %q does", name, id, seen[id])
		}
		seen[id] = name
	}
}

// goldenID is the id of the key 1 of map p of Patient at the site called site.
const goldenID = "352c1d72-1238-576b-a088-cf0c87ba07e9"

func TestTheSourcesOwnIDsAreKeptWhereTheyAreGood(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(patient("{ active: true }"), "resource:", "id: $ID | lower\n    resource:", 1)
	b := newBench(t, mapping)
	rows := b.rows("pat", "ID", "MRN-1", "007", "1.2", "a b", "x_y", strings.Repeat("A", 64), strings.Repeat("A", 65), "-")
	for i, want := range []string{"mrn-1", "", "", "", "", strings.Repeat("a", 64), "", "-"} {
		got := rows[i].Built[0].Resource.ID
		if want != "" && got != want || want == "" && len(got) != 36 {
			t.Errorf("row %d has the id %s, want %s", i+1, got, want)
		}
	}
}

func TestARowWithoutItsKeyIsRejected(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ active: true }"))
	rows := b.rows("pat", "ID", "∅", "NULL", "x")
	if rows[0].Rejected != "key-missing" || rows[1].Rejected != "key-missing" || len(bodies(rows)) != 1 {
		t.Errorf("rows %+v", rows)
	}
	b.wantFound("error key-missing p ID", "error key-missing p ID")
}

func TestAnIDIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { pat: { csv: { path: p.csv }, key: [ID] }, old: { csv: { path: o.csv }, key: [ID] } }
maps:
  p: { from: pat, resource: Patient, id: $ID, elements: { active: true } }
  q: { from: old, resource: Patient, id: $ID, elements: { active: false } }
  o: { from: old, resource: Organization, id: $ID, elements: { name: x } }
  rows: { from: old, key: [_line], resource: Basic, elements: { code: { text: x } } }
`)
	p, q, o, rows := b.prog.Maps[0], b.prog.Maps[1], b.prog.Maps[2], b.prog.Maps[3]
	if !b.engine.Accept(p, "p-1") || b.engine.Accept(p, "p-1") {
		t.Error("one map")
	}
	if b.engine.Accept(q, "p-1") || !b.engine.Accept(q, "p-2") || b.engine.Accept(p, "p-2") {
		t.Error("two maps of one type would write over each other")
	}
	if !b.engine.Accept(o, "p-1") {
		t.Error("another type may have the id")
	}
	for range 2 {
		if !b.engine.Accept(rows, "r-1") {
			t.Error("a row's id is refused")
		}
	}
	if b.engine.Keys(rows, false).Len() != 0 {
		t.Error("ids of rows are kept, which are unique and which nothing refers to")
	}
}

func TestMeta(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(patient("{ identifier: [{ system: urn:x, value: $ID }], name: [{ family: $ID }], gender: male }", `params: { site: "a b\"c" }`,
		`output: { meta: { source: "urn:x:${source.file}#${source.table}:${source.row}:${source.line}", tag: [{ system: "urn:chartlift:site", code: "${param.site}" }, { code: x, display: X }] } }`),
		"resource:", "profile: [us-core-patient, http://example.org/p]\n    resource:", 1))
	rows := b.rows("pat", "ID", "1", "2")
	meta := func(row string) string {
		return `{"meta":{"source":"urn:x:pat.csv#pat:` + row + `","profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient","http://example.org/p"],` +
			`"tag":[{"system":"urn:chartlift:site","code":"a b\"c"},{"code":"x","display":"X"}]},"identifier":[{"system":"urn:x","value":"` + row[:1] + `"}],"name":[{"family":"` + row[:1] + `"}],"gender":"male"}`
	}
	wantBodies(t, rows, meta("1:2"), meta("2:3"))
}

func TestBlanksInFileNamesFitIntoMetaSource(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ active: true }", `output: { meta: { source: "urn:x#${source.file}:${source.table}" } }`))
	wantBodies(t, b.rows("pat", "ID", "1"), `{"meta":{"source":"urn:x#pat.csv:pat"},"active":true}`)
	schema, records := table("Phone List 2", "ID", "1")
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	row := b.keep(binding.Worker(b.hooks()).Row(&records[0]))
	wantBodies(t, []transform.Row{row}, `{"meta":{"source":"urn:x#Phone%20List%202.csv:Phone%20List%202"},"active":true}`)
}
