package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/validate"
)

// clinic is a mapping with resources of nobody, of patients, and about both.
// Bundles are small.
func clinic(output string) string {
	return `chartlift: 1
id: clinic
defaults: { timezone: Europe/Berlin, policy: { missing_reference: omit-element } }
params: { exported: 2024-05-01 }
output: { ` + output + ` }
sources:
  org: { csv: { path: org.csv }, key: [ID] }
  pat: { csv: { path: pat.csv }, key: [ID] }
  obs: { csv: { path: obs.csv }, key: [ID] }
maps:
  o: { from: org, resource: Organization, id: $ID, elements: { name: $NAME } }
  p: { from: pat, resource: Patient, id: $ID, elements: { birthDate: $DOB | date YYYY-MM-DD, managingOrganization: ref? o($ORG) } }
  v: { from: obs, resource: Observation, id: $ID, elements: { status: final, code: { text: $CODE }, subject: ref? p($PAT), derivedFrom: [ref? v($OF)] } }
`
}

func clinicFiles() []*memory {
	return []*memory{
		file("org.csv", "ID|NAME", "o1|North", "o2|South"),
		file("pat.csv", "ID|DOB|ORG", "p1|2000-01-01|o1", "p2|2000-01-02|o2", "p3|bad|o1", "p4|2000-01-04|∅"),
		file("obs.csv", "ID|CODE|PAT|OF", "v1|a|p2|∅", "v2|b|p1|∅", "v3|c|∅|v1", "v4|d|p2|∅", "v5|e|∅|∅", "v6|f|p2|v2"),
	}
}

// bundles notes what each bundle holds.
func bundles(r *run) *[]string {
	var mu sync.Mutex
	var out []string
	r.job.Sink = &sink{onSend: func(b *load.Bundle) {
		mu.Lock()
		defer mu.Unlock()
		var refs []string
		for _, e := range b.Entries {
			refs = append(refs, e.Resource.Ref())
		}
		out = append(out, fmt.Sprintf("%d %v %s", b.Seq, b.Atomic, strings.Join(refs, " ")))
	}}
	return &out
}

func TestWhatBelongsToOnePatientTravelsTogether(t *testing.T) {
	t.Parallel()
	r := prepare(t, clinic("bundle: { per: patient, max_entries: 3 }"), clinicFiles()...)
	r.job.Senders = 1
	got := bundles(r)
	r.start(t.Context()).ok()
	want := []string{
		"1 true Organization/o1 Organization/o2 Observation/v5",
		"2 true Patient/p1 Observation/v2",
		"3 true Patient/p4",
		"4 true Patient/p2 Observation/v1 Observation/v3", "5 true Observation/v4 Observation/v6", // behind the chart of p1, to which v6 refers
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
	r.wantLedger("org.csv 2 = 2 + 0 + 0 + 0", "pat.csv 4 = 3 + 0 + 0 + 1", "obs.csv 6 = 6 + 0 + 0 + 0")
	if left, err := os.ReadDir(r.job.TempDir); err != nil || len(left) > 0 {
		t.Errorf("%v, left behind: %v", err, left)
	}
}

func TestBundlesOfPatientsKeepTheLedger(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sink *sink
		want []string
		fail bool
	}{
		"a refused patient": {&sink{refuse: func(r string) string {
			if strings.Contains(r, `"id":"p2"`) {
				return "no"
			}
			return ""
		}}, []string{"org.csv 2 = 2 + 0 + 0 + 0", "pat.csv 4 = 2 + 0 + 0 + 2", "obs.csv 6 = 6 + 0 + 0 + 0"}, false},
		"a target that goes away": {&sink{failAt: 3}, []string{"org.csv 2 = 2 + 0 + 0 + 0", "pat.csv 2 = 1 + 0 + 0 + 1", "obs.csv 2 = 2 + 0 + 0 + 0"}, true},
	} {
		r := prepare(t, clinic("bundle: { type: batch, per: patient }"), clinicFiles()...)
		r.job.Senders, r.job.Sink = 1, c.sink
		r.start(t.Context())
		if (r.err != nil) != c.fail {
			t.Errorf("%s: %v", name, r.err)
		}
		r.wantLedger(c.want...)
	}
}

func TestChartsAreTheSameBytesWithAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(hospital, "max_entries: 7", "max_entries: 7, per: patient", 1)
	var first string
	for _, workers := range []int{1, 2, 7} {
		r := prepare(t, mapping, hospitalFiles(60)...)
		r.job.Workers, r.job.Senders = workers, 1
		var all strings.Builder
		r.job.Sink = &sink{onSend: func(b *load.Bundle) {
			fmt.Fprintln(&all, b.Seq)
			for _, e := range b.Entries {
				all.Write(e.Resource.JSON)
			}
		}}
		r.start(t.Context()).ok()
		r.ledger()
		if first == "" {
			first = all.String()
		}
		if all.String() != first || len(first) < 10_000 {
			t.Errorf("%d workers give other bundles (%d bytes)", workers, all.Len())
		}
	}
}

func TestFilesWithoutBundlesNeedNotWait(t *testing.T) {
	t.Parallel()
	r := prepare(t, clinic("bundle: { per: patient }"), clinicFiles()...)
	r.job.Lines, r.job.Senders = true, 1
	got := bundles(r)
	r.start(t.Context()).ok()
	if len(*got) != 3 || !strings.HasPrefix((*got)[0], "1 true Organization/o1 Organization/o2") {
		t.Errorf("bundles %q", *got)
	}
}

// made returns the resources of a type that a run writes to files, without the
// UUIDs at their start.
func made(t *testing.T, r *run, typ string) []string {
	t.Helper()
	r.job.Senders, r.job.Lines = 1, true
	dir := r.into(t)
	r.start(t.Context()).ok()
	if err := r.job.Sink.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, typ+".ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func TestEachResourceHasItsProvenance(t *testing.T) {
	t.Parallel()
	output := `provenance: { recorded: "${param.exported}", agent: "chartlift/${param.site}", source_identifier: true }, meta: { source: "urn:x:${source.file}:${source.line}" }`
	mapping := strings.Replace(clinic(output), "params: { ", "params: { site: north ward, ", 1)
	r := prepare(t, mapping, clinicFiles()...)
	lines := made(t, r, "Provenance")
	if len(lines) != 11 {
		t.Fatalf("there are %d", len(lines))
	}
	want := `{"resourceType":"Provenance","id":"ID","meta":{"source":"urn:x:pat.csv:2"},"target":[{"reference":"Patient/p1"}],"recorded":"2024-05-01T00:00:00+02:00",` +
		`"agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"assembler","display":"Assembler"}]},"who":{"display":"chartlift/north ward"}}],` +
		`"entity":[{"role":"source","what":{"identifier":{"system":"urn:chartlift:source:north%20ward:pat","value":"p1"},"display":"pat.csv row 1 (line 2)"}}]}`
	if diff := cmp.Diff(want, uuid.ReplaceAllString(lines[2], "ID")); diff != "" {
		t.Error(diff)
	}
	ids := map[string]bool{}
	v := validate.New(validate.Options{})
	for _, line := range lines {
		ids[uuid.FindString(line)] = true
		canonical, err := fhir.Canonical([]byte(line))
		if err != nil || string(canonical) != line {
			t.Errorf("%v: not canonical: %s", err, line)
		}
		v.Check(fhir.Resource{Type: "Provenance", JSON: []byte(line)}, issue.Origin{}, func(i issue.Issue) { t.Errorf("%s in %s", i.Message, line) })
	}
	if len(ids) != 11 {
		t.Errorf("%d different ids", len(ids))
	}
	r.wantLedger("org.csv 2 = 2 + 0 + 0 + 0", "pat.csv 4 = 3 + 0 + 0 + 1", "obs.csv 6 = 6 + 0 + 0 + 0")
	again := made(t, prepare(t, mapping, clinicFiles()...), "Provenance")
	if diff := cmp.Diff(lines, again); diff != "" {
		t.Errorf("the same rows give other bytes:\n%s", diff)
	}
}

func TestOneProvenanceForAllThatARowBecomes(t *testing.T) {
	t.Parallel()
	more := "  q: { from: pat, resource: RelatedPerson, key: [ID], elements: { patient: ref p($ID), birthDate: $DOB | date YYYY-MM-DD } }\n" +
		"  g: { from: obs, resource: DiagnosticReport, group: [CODE], elements: { status: final, code: { text: $CODE } } }\n"
	r := prepare(t, clinic(`provenance: { per: row, recorded: 2024-05-01T10:00:00Z }`)+more, clinicFiles()...)
	lines := made(t, r, "Provenance")
	// 2 organizations, 3 patients with their RelatedPerson, 6 observations, 6
	// groups
	if len(lines) != 17 {
		t.Fatalf("there are %d", len(lines))
	}
	want := `{"resourceType":"Provenance","id":"ID","target":[{"reference":"Patient/p1"},{"reference":"RelatedPerson/ID"}],"recorded":"2024-05-01T10:00:00Z",` +
		`"agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"assembler","display":"Assembler"}]},"who":{"display":"chartlift/clinic"}}]}`
	if diff := cmp.Diff(want, uuid.ReplaceAllString(lines[2], "ID")); diff != "" {
		t.Error(diff)
	}
}

func TestAProvenanceGoesWithItsPatient(t *testing.T) {
	t.Parallel()
	r := prepare(t, clinic("bundle: { per: patient }, provenance: { recorded: 2024-05-01 }"), clinicFiles()...)
	r.job.Senders = 1
	got := bundles(r)
	r.start(t.Context()).ok()
	if len(*got) != 4 || uuid.ReplaceAllString((*got)[1], "ID") != "2 true Patient/p1 Provenance/ID Observation/v2 Provenance/ID" {
		t.Errorf("bundles %q", *got)
	}
}

func TestANarrativeIsMadeKeptOrLeftOut(t *testing.T) {
	t.Parallel()
	own := "  n: { from: org, resource: Location, id: $ID, elements: { name: $NAME, text: { status: additional, div: \"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">a ward</div>\" } } }\n"
	for policy, want := range map[string][2]string{
		"narrative: generated": {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>Organization</b></p><ul><li><b>name</b>: North</li></ul></div>"},`, `"text":{"status":"additional"`},
		"narrative: none":      {"", ""},
		"narrative: keep":      {"", `"text":{"status":"additional"`},
		"":                     {"", `"text":{"status":"additional"`},
	} {
		r := prepare(t, clinic(policy)+own, clinicFiles()...)
		dir := r.into(t)
		r.start(t.Context()).ok()
		if err := r.job.Sink.Close(); err != nil {
			t.Fatal(err)
		}
		all := contents(t, dir)
		for i, typ := range []string{"Organization", "Location"} {
			_, line, _ := strings.Cut(all, `{"resourceType":"`+typ+`","id":"o1",`)
			line, _, _ = strings.Cut(line, "\n")
			if want[i] == "" && strings.Contains(line, `"text":{"status"`) || !strings.HasPrefix(line, want[i]) {
				t.Errorf("%q %s: %s", policy, typ, line)
			}
		}
		r.wantLedger("org.csv 2 = 2 + 0 + 0 + 0", "pat.csv 4 = 3 + 0 + 0 + 1", "obs.csv 6 = 6 + 0 + 0 + 0")
	}
}

func TestATableThatWasCutShortIsSaidOnce(t *testing.T) {
	t.Parallel()
	// The table of patients is looked up in, referred to, and mapped: it is
	// read three times.
	mapping := `chartlift: 1
id: cut
sources:
  pat: { csv: { path: pat*.csv }, key: [ID], rows: 5, where: ID <> 'p2' }
  obs: { csv: { path: obs.csv }, key: [ID], rows: 2 }
maps:
  v: { from: obs, resource: Observation, lookup: { p: { in: pat, on: { ID: $PAT } } }, elements: { status: final, code: { text: $p.NAME }, subject: ref w($PAT) } }
  w: { from: pat, resource: Patient, elements: { name: [{ text: $NAME }], link: [{ other: ref? w($KIN), type: seealso }] } }
`
	files := []*memory{
		file("pat1.csv", "ID|NAME|KIN", "p1|a|p3", "p2|b|∅", "!x"), file("pat2.csv", "ID|NAME|KIN", "p3|c|∅"), file("obs.csv", "ID|PAT", "v1|p1", "v2|p3"),
	}
	r := prepare(t, mapping, files...)
	r.start(t.Context()).ok()
	if r.summary.Miscounted != 1 || r.summary.Errors != 2 { // the other is the row that cannot be read
		t.Errorf("summary %+v", r.summary)
	}
	found, err := r.db.Query(t.Context(), "findings", "")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(fmt.Sprint(found), "pat has 4 rows, and its control total is 5"); n != 1 {
		t.Errorf("said %d times: %v", n, found)
	}
	r.wantLedger("pat1.csv 3 = 1 + 0 + 1 + 1", "pat2.csv 1 = 1 + 0 + 0 + 0", "obs.csv 2 = 2 + 0 + 0 + 0")
}
