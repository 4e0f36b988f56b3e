package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/reports"
)

// twoSystems is a hospital and its laboratory, which number their patients each
// for itself. %s is what stands under match.
const twoSystems = `chartlift: 1
id: two
params: { site: two }
match: %s
output: { bundle: { max_entries: 6 } }
defaults: { policy: { missing_reference: reject-resource } }
sources:
  emr: { csv: { path: emr.csv }, key: [ID] }
  visits: { csv: { path: visits.csv }, key: [ID] }
  lab: { csv: { path: lab.csv }, key: [NO] }
  results: { csv: { path: results.csv }, key: [ID] }
maps:
  result: { from: results, resource: Observation, id: $ID, elements: { status: final, code: { text: $TEST }, subject: ref labpatient($NO), performer: [{ reference: "Patient/${NO}" }] } }
  visit: { from: visits, resource: Encounter, id: $ID, elements: { status: finished, class: { code: AMB }, subject: ref patient($PAT) } }
  patient:
    from: emr
    resource: Patient
    id: $ID
    updated: $CHANGED | date YYYY-MM-DD
    elements:
      identifier: [{ system: "urn:emr", value: $ID }, { system: "http://hl7.org/fhir/sid/us-ssn", value: $SSN }]
      name: [{ family: $FAMILY, given: [$GIVEN] }]
      telecom: [{ system: phone, value: $PHONE }]
      gender: $SEX
      birthDate: $BORN | date YYYY-MM-DD
  smoker: { from: emr, resource: Observation, where: SMOKES = 'yes', elements: { status: final, code: { text: smoker }, subject: ref patient($ID) } }
  labpatient:
    from: lab
    resource: Patient
    id: $NO
    elements:
      identifier: [{ system: "urn:lab", value: $NO }, { system: "http://hl7.org/fhir/sid/us-ssn", value: $SSN }]
      name: [{ family: $FAMILY, given: [$GIVEN] }]
      gender: $SEX
      birthDate: $BORN | date YYYY-MM-DD
`

// town is people whom nobody mistakes for each other: a hospital row of each,
// and of every third one a row of the laboratory.
func town(n int) []*memory {
	families := []string{"Quill", "Brankovitch", "Ostermayer", "Dunmore", "Featherstone", "Ito", "Lindqvist", "Okonkwo"}
	givens := []string{"Ana", "Hugo", "Ines", "Thaddeus", "Rosalind", "Mark", "Greta"}
	emr, visits := []string{"ID|FAMILY|GIVEN|BORN|SEX|SSN|PHONE|CHANGED|SMOKES"}, []string{"ID|PAT"}
	lab, results := []string{"NO|FAMILY|GIVEN|BORN|SEX|SSN"}, []string{"ID|NO|TEST"}
	for i := range n {
		who := fmt.Sprintf("%s%c|%s|%d-%02d-%02d|%s|%09d", families[i%8], 'a'+i/8%20, givens[i%7], 1930+i*7%80, i%12+1, i*5%28+1, []string{"male", "female"}[i%2], 212000017+i*7654321)
		smokes := "∅"
		if i%4 == 0 {
			smokes = "yes"
		}
		emr = append(emr, fmt.Sprintf("e%d|%s|555-%04d|2019-03-0%d|%s", i, who, 1000+i*37, i%9+1, smokes))
		visits = append(visits, fmt.Sprintf("v%d|e%d", i, i))
		if i%3 == 0 {
			lab = append(lab, fmt.Sprintf("l%d|%s", i, who))
			results = append(results, fmt.Sprintf("r%d|l%d|K", i, i))
		}
	}
	return []*memory{file("emr.csv", emr...), file("visits.csv", visits...), file("lab.csv", lab...), file("results.csv", results...)}
}

// town90 is how many people the town of most tests has, and twice30 how many of
// them both systems know.
const town90, twice30 = 90, 30

func matched(t *testing.T, match string, files ...*memory) *run {
	t.Helper()
	r := prepare(t, fmt.Sprintf(twoSystems, match), files...)
	if rules := r.job.Program.Match; rules != nil {
		r.job.Match = &pipeline.Match{Rules: rules, Tool: "chartlift test"}
	}
	return r
}

// delivered returns the files that the run wrote, and its resources by
// reference.
func delivered(t *testing.T, r *run) (string, map[string]string) {
	t.Helper()
	dir := r.into(t)
	r.start(t.Context()).ok()
	if err := r.job.Sink.Close(); err != nil {
		t.Fatal(err)
	}
	text, out := contents(t, dir), map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		var head struct{ ResourceType, ID string }
		if json.Unmarshal([]byte(line), &head) == nil && head.ID != "" {
			out[head.ResourceType+"/"+head.ID] = line
		}
	}
	return text, out
}

func count(all map[string]string, kind string) int {
	n := 0
	for ref := range all {
		if strings.HasPrefix(ref, kind+"/") {
			n++
		}
	}
	return n
}

func TestRecordsOfOnePersonInTwoSystemsAreLinkedAndTheirChartsMeet(t *testing.T) {
	t.Parallel()
	r := matched(t, "patients", town(town90)...)
	_, all := delivered(t, r)
	r.wantLedger("emr.csv 90 = 90 + 0 + 0 + 0", "visits.csv 90 = 90 + 0 + 0 + 0", "lab.csv 30 = 30 + 0 + 0 + 0", "results.csv 30 = 30 + 0 + 0 + 0")
	got := map[string]int{"Patient": count(all, "Patient"), "Provenance": count(all, "Provenance"), "Encounter": count(all, "Encounter"), "Observation": count(all, "Observation")}
	if diff := cmp.Diff(map[string]int{"Patient": 120, "Provenance": twice30, "Encounter": 90, "Observation": 30 + 23}, got); diff != "" {
		t.Error(diff)
	}
	for i := 0; i < town90; i += 3 {
		survivor, replaced := all[fmt.Sprintf("Patient/e%d", i)], all[fmt.Sprintf("Patient/l%d", i)]
		for _, want := range []string{`"active":true`, fmt.Sprintf(`"link":[{"other":{"reference":"Patient/l%d"},"type":"replaces"}]`, i), fmt.Sprintf(`{"use":"old","system":"urn:lab","value":"l%d"}`, i)} {
			if !strings.Contains(survivor, want) {
				t.Errorf("no %s in %s", want, survivor)
			}
		}
		if want := fmt.Sprintf(`"link":[{"other":{"reference":"Patient/e%d"},"type":"replaced-by"}]}`, i); !strings.HasSuffix(replaced, want) || !strings.Contains(replaced, `"active":false`) {
			t.Errorf("no %s in %s", want, replaced)
		}
		if got, want := all[fmt.Sprintf("Observation/r%d", i)], fmt.Sprintf(`"subject":{"reference":"Patient/e%d"},"performer":[{"reference":"Patient/e%d"}]`, i, i); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if alone := all["Patient/e1"]; strings.Contains(alone, "link") || strings.Contains(alone, "active") {
		t.Errorf("somebody whom one system knows was changed: %s", alone)
	}
}

func TestWhereOneRecordIsLeftTheRowsOfTheOthersAreMergedIntoIt(t *testing.T) {
	t.Parallel()
	files := town(town90)
	again := files[0].records[6] // e6 again under another number, and as a smoker
	again.Values = slices.Clone(again.Values)
	again.Values[0].Text, again.Origin.Row, again.Origin.Line = "e6b", 91, 92
	other := again
	other.Values = slices.Clone(again.Values)
	other.Values[0].Text, other.Values[8], other.Origin.Row, other.Origin.Line = "e6c", extract.Value{Text: "yes", Kind: extract.Text}, 92, 93
	files[0].records = append(files[0].records, again, other)
	r := matched(t, "{ links: single }", files...)
	_, all := delivered(t, r)
	r.wantLedger("emr.csv 92 = 91 + 1 + 0 + 0", "visits.csv 90 = 90 + 0 + 0 + 0", "lab.csv 30 = 0 + 30 + 0 + 0", "results.csv 30 = 30 + 0 + 0 + 0")
	r.wantRows("emr.csv", "1-90 loaded", "91-91 merged same-person into 7", "92-92 loaded") // the last one made an Observation, too
	r.wantRows("lab.csv", "1-30 merged same-person")
	if n := count(all, "Patient"); n != 90 {
		t.Errorf("%d Patients, want 90", n)
	}
	for ref, json := range all {
		for _, found := range regexp.MustCompile(`"reference":"([^"]+)"`).FindAllStringSubmatch(json, -1) {
			if all[found[1]] == "" {
				t.Errorf("%s leads to %s, which is not there", ref, found[1])
			}
		}
	}
	if strings.Contains(all["Patient/e6"], "link") {
		t.Errorf("links to what is not there: %s", all["Patient/e6"])
	}
}

func TestNothingIsReplacedWhereRecordsOnlyPointToEachOther(t *testing.T) {
	t.Parallel()
	_, all := delivered(t, matched(t, "{ links: seealso }", town(town90)...))
	for ref, want := range map[string]string{
		"Patient/e3": `"link":[{"other":{"reference":"Patient/l3"},"type":"seealso"}]`, "Patient/l3": `"link":[{"other":{"reference":"Patient/e3"},"type":"seealso"}]`,
		"Observation/r3": `"reference":"Patient/l3"`, "Encounter/v3": `"reference":"Patient/e3"`,
	} {
		if !strings.Contains(all[ref], want) || strings.Contains(all[ref], "active") {
			t.Errorf("no %s in %s", want, all[ref])
		}
	}
}

func TestMatchedRunsAreTheSameBytesWithAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	var first string
	for _, workers := range []int{1, 2, 7} {
		r := matched(t, "patients", town(60)...)
		r.job.Workers = workers
		text, _ := delivered(t, r)
		if first == "" {
			first = text
		}
		if text != first {
			t.Errorf("%d workers write other bytes", workers)
		}
	}
}

// strict refuses what refers to something that it has not got, as servers do.
func strict(known map[string]bool) func(b *load.Bundle) []string {
	return func(b *load.Bundle) []string {
		for _, e := range b.Entries {
			known[e.Resource.Ref()] = true
		}
		var missing []string
		for _, e := range b.Entries {
			for _, found := range regexp.MustCompile(`"reference":"([^"]+)"`).FindAllSubmatch(e.Resource.JSON, -1) {
				if !known[string(found[1])] {
					missing = append(missing, e.Resource.Ref()+" → "+string(found[1]))
				}
			}
		}
		return missing
	}
}

func TestEverythingThatRefersToAPersonComesAfterAllRecordsOfThePerson(t *testing.T) {
	t.Parallel()
	for _, links := range []string{"links", "seealso", "single"} {
		r := matched(t, "{ links: "+links+" }", town(town90)...)
		check := strict(map[string]bool{})
		r.job.Senders = 1
		r.job.Sink = &sink{onSend: func(b *load.Bundle) {
			if missing := check(b); len(missing) > 0 {
				t.Errorf("%s, bundle %d: %v", links, b.Seq, missing)
			}
		}}
		r.start(t.Context()).ok()
		r.ledger()
	}
}

func TestARecordThatIsRefusedLeavesTheOthersOfThePersonApart(t *testing.T) {
	t.Parallel()
	for _, links := range []string{"links", "single"} {
		// The hospital's Patients refer to their doctor, and no doctor is
		// there: in the rehearsal nobody knows that yet.
		mapping := strings.Replace(fmt.Sprintf(twoSystems, "{ links: "+links+" }"), "      birthDate: $BORN | date YYYY-MM-DD\n  smoker:",
			"      birthDate: $BORN | date YYYY-MM-DD\n      generalPractitioner: [{ from: ref? doctor($SMOKES) }]\n  doctor: { from: visits, resource: Practitioner, where: ID = 'none', elements: { name: [{ text: $ID }], extension: [{ url: \"urn:x\", valueReference: ref? patient($PAT) }] } }\n  smoker:", 1)
		r := prepare(t, mapping, town(town90)...)
		r.job.Match = &pipeline.Match{Rules: r.job.Program.Match, Tool: "chartlift test"}
		_, all := delivered(t, r)
		r.ledger()
		if all["Patient/e12"] != "" || all["Patient/l12"] == "" || strings.Contains(all["Patient/l12"], "active") || strings.Contains(all["Patient/l12"], "link") {
			t.Errorf("%s: e12 was refused, so l12 must be as it was: %q, %q", links, all["Patient/e12"], all["Patient/l12"])
		}
		if got := all["Observation/r12"]; !strings.Contains(got, `"reference":"Patient/l12"`) {
			t.Errorf("%s: what was found of l12 is not l12's: %s", links, got)
		}
		if links == "single" && !slices.Contains(r.rows("lab.csv"), "5-5 loaded") {
			t.Errorf("the row of l12 is loaded: %v", r.rows("lab.csv"))
		}
		if n := r.findings("merge-undone"); n != 8 {
			t.Errorf("%s: %d findings, want one for each of the eight smokers of both systems", links, n)
		}
	}
}

// findings returns how many there are of a code.
func (r *run) findings(code string) int {
	r.t.Helper()
	n := 0
	s, err := r.db.Summary(context.Background(), "")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range s.Findings.First {
		if f.Code == code {
			n += int(f.Count)
		}
	}
	return n
}

func TestADecisionThatTwoRecordsAreTwoPersonsGivesTheOldBytesBack(t *testing.T) {
	t.Parallel()
	_, before := delivered(t, matched(t, "null", town(town90)...))
	for _, links := range []string{"links", "single"} {
		r := matched(t, "{ links: "+links+" }", town(town90)...)
		r.job.Match.Decisions = []reports.Decision{{
			Left: reports.RecordRef{Source: "emr", Key: "e9"}, Right: reports.RecordRef{Source: "lab", Key: "l9"}, Verdict: reports.DifferentPersons, By: "Ann", At: time.Now(),
		}}
		_, after := delivered(t, r)
		for _, ref := range []string{"Patient/e9", "Patient/l9", "Observation/r9", "Encounter/v9"} {
			if diff := cmp.Diff(before[ref], after[ref]); diff != "" {
				t.Errorf("%s, %s (-before +after):\n%s", links, ref, diff)
			}
		}
		if n := count(after, "Provenance"); n != twice30-1 {
			t.Errorf("%s: %d merges, want all others", links, n)
		}
	}
}

func TestADecisionThatTwoRecordsAreOnePersonIsFollowedAndSigned(t *testing.T) {
	t.Parallel()
	r := matched(t, "patients", town(town90)...)
	r.job.Match.Decisions = []reports.Decision{{
		Left: reports.RecordRef{Source: "emr", Key: "e1"}, Right: reports.RecordRef{Source: "emr", Key: "e50"}, Verdict: reports.SamePerson,
		By: "Ann", At: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
	}}
	_, all := delivered(t, r)
	signed := ""
	for ref, json := range all {
		if strings.HasPrefix(ref, "Provenance/") && strings.Contains(json, `"who":{"display":"Ann"}`) {
			signed += json
		}
	}
	for _, want := range []string{`"recorded":"2026-03-01T09:30:00Z"`, `"reference":"Patient/e1"`, `"reference":"Patient/e50"`, `"code":"merge"`} {
		if !strings.Contains(signed, want) {
			t.Errorf("no %s in %s", want, signed)
		}
	}
	if n := r.findings("merge-conflict"); n != 2 { // they differ in sex and date of birth, and Ann knows better
		t.Errorf("%d conflicts, want that of date of birth and of sex", n)
	}
}

func TestClustersAndSurvivorsAreCarriedOverFromTheRunBefore(t *testing.T) {
	t.Parallel()
	r := matched(t, "patients", town(town90)...)
	r.job.Match.Earlier = map[string]reports.Earlier{"e3": {Cluster: "old", Survivor: "l3"}, "l3": {Cluster: "old", Survivor: "l3"}}
	_, all := delivered(t, r)
	if !strings.Contains(all["Patient/e3"], `"type":"replaced-by"`) || !strings.Contains(all["Encounter/v3"], "Patient/l3") {
		t.Errorf("l3 survived before, and does not now: %s", all["Patient/e3"])
	}
	earlier, err := r.db.EarlierMatching(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]reports.Earlier{"e3": {Cluster: "old", Survivor: "l3"}, "l3": {Cluster: "old", Survivor: "l3"}}
	for id := range want {
		if earlier[id] != want[id] {
			t.Errorf("%s is written down as %v", id, earlier[id])
		}
	}
	if len(earlier) != 2*twice30 || earlier["e6"].Survivor != "e6" || !strings.HasPrefix(earlier["e6"].Cluster, "c") {
		t.Errorf("%d members; e6 is in %v", len(earlier), earlier["e6"])
	}
}

func TestAMappingWithoutMatchComparesNobody(t *testing.T) {
	t.Parallel()
	r := matched(t, "null", town(12)...)
	if r.job.Program.Match != nil {
		t.Fatal("match: null asks for nothing")
	}
	_, all := delivered(t, r)
	if count(all, "Provenance") > 0 || count(all, "Patient") != 16 {
		t.Errorf("%d Patients", count(all, "Patient"))
	}
}

func TestWhereTheSurvivorIsRefusedAllRowsOfThePersonAre(t *testing.T) {
	t.Parallel()
	r := matched(t, "{ links: single }", town(town90)...)
	r.job.Sink = &sink{refuse: func(json string) string {
		if strings.Contains(json, `"resourceType":"Patient","id":"e3"`) {
			return "refused"
		}
		return ""
	}}
	r.start(t.Context()).ok()
	r.wantLedger("emr.csv 90 = 89 + 0 + 0 + 1", "visits.csv 90 = 90 + 0 + 0 + 0", "lab.csv 30 = 0 + 29 + 0 + 1", "results.csv 30 = 30 + 0 + 0 + 0")
	r.wantRows("lab.csv", "1-1 merged same-person", "2-2 rejected refused", "3-30 merged same-person")
}

func TestPatientByPatientAPersonsRecordsAreInOneBundle(t *testing.T) {
	t.Parallel()
	for _, links := range []string{"links", "seealso", "single"} {
		mapping := strings.Replace(fmt.Sprintf(twoSystems, "{ links: "+links+" }"), "bundle: { max_entries: 6 }", "bundle: { max_entries: 2, per: patient }", 1)
		r := prepare(t, mapping, town(town90)...)
		r.job.Match = &pipeline.Match{Rules: r.job.Program.Match, Tool: "chartlift test"}
		check, n := strict(map[string]bool{}), 0
		r.job.Senders = 1
		r.job.Sink = &sink{onSend: func(b *load.Bundle) {
			n += len(b.Entries)
			if missing := check(b); len(missing) > 0 {
				t.Errorf("%s, bundle %d: %v", links, b.Seq, missing)
			}
		}}
		r.start(t.Context()).ok()
		r.ledger()
		if n < 90+30+90+30 {
			t.Errorf("%s: %d resources", links, n)
		}
	}
}

func TestAProvenanceOfEachRowStaysWithItsRecordAsLongAsThatIsThere(t *testing.T) {
	t.Parallel()
	for links, want := range map[string]string{"links": "Patient/l3", "single": "Patient/e3"} {
		mapping := strings.Replace(fmt.Sprintf(twoSystems, "{ links: "+links+" }"), "output: {", `output: { provenance: { recorded: "2024-05-01T00:00:00Z" },`, 1)
		r := prepare(t, mapping, town(12)...)
		r.job.Match = &pipeline.Match{Rules: r.job.Program.Match, Tool: "chartlift test"}
		_, all := delivered(t, r)
		r.ledger()
		about := 0
		for ref, json := range all {
			if strings.HasPrefix(ref, "Provenance/") && strings.Contains(json, "2024-05-01") && strings.Contains(json, `"target":[{"reference":"`+want+`"}`) {
				about++
			}
		}
		if n := map[string]int{"links": 1, "single": 2}[links]; about != n {
			t.Errorf("%s: %d Provenances about %s, want %d", links, about, want, n)
		}
	}
}

func TestWhoHasTwoNumbersOfASystemInWhichNobodyHasTwoIsTwoPersons(t *testing.T) {
	t.Parallel()
	files := town(town90)
	again := files[0].records[12]
	again.Values = slices.Clone(again.Values)
	again.Values[0].Text, again.Origin.Row, again.Origin.Line = "e12b", 91, 92
	files[0].records = append(files[0].records, again)
	for match, want := range map[string]int{"patients": twice30 + 1, "{ unique_ids: [\"urn:emr\"] }": twice30} {
		_, all := delivered(t, matched(t, match, files...))
		inactive := 0
		for ref, json := range all {
			if strings.HasPrefix(ref, "Patient/") && strings.Contains(json, `"active":false`) {
				inactive++
			}
		}
		if inactive != want {
			t.Errorf("%s: %d records are replaced, want %d", match, inactive, want)
		}
	}
}

func TestOnlyFieldsThatAreNamedAreCompared(t *testing.T) {
	t.Parallel()
	for match, want := range map[string]int{"{ fields: [name, birthDate, identifier] }": twice30, "{ fields: [gender] }": 0, "{ policy: cms }": twice30, "{ policy: cms, fields: [name, birthDate] }": 0} {
		_, all := delivered(t, matched(t, match, town(town90)...))
		if n := count(all, "Provenance"); n != want {
			t.Errorf("%s: %d persons were put together, want %d", match, n, want)
		}
	}
}

func TestAPersonWithoutAnythingToCompareIsNoReasonToFail(t *testing.T) {
	t.Parallel()
	empty := []*memory{
		file("emr.csv", "ID|FAMILY|GIVEN|BORN|SEX|SSN|PHONE|CHANGED|SMOKES", "e1|∅|∅|∅|∅|∅|∅|∅|∅", "e2|∅|∅|∅|∅|∅|∅|soon|∅"), file("visits.csv", "ID|PAT", "v1|e1"),
		file("lab.csv", "NO|FAMILY|GIVEN|BORN|SEX|SSN"), file("results.csv", "ID|NO|TEST"),
	}
	_, all := delivered(t, matched(t, "patients", empty...))
	if count(all, "Patient") != 2 || count(all, "Encounter") != 1 || count(all, "Provenance") != 0 {
		t.Errorf("got %v", all)
	}
}

func TestNumbersThatNobodyElseHasAreNotCalledMissing(t *testing.T) {
	t.Parallel()
	files := town(town90)
	lab := []string{"NO|FAMILY|GIVEN|BORN|SEX|SSN"}
	for i := range town90 {
		if i%3 == 0 {
			lab = append(lab, fmt.Sprintf("l%d|Known|By|1950-01-0%d|male|%09d", i, i%9+1, 212000017+i*7654321)) // its card alone is the hospital's
		}
	}
	lab = append(lab, "l1|Brankovitchx|Hugo|1937-02-06|female|777777781") // e1, with another card
	files[2] = file("lab.csv", lab...)
	r := prepare(t, fmt.Sprintf(strings.ReplaceAll(twoSystems, "http://hl7.org/fhir/sid/us-ssn", "urn:acme:card"), "patients"), files...)
	r.job.Match = &pipeline.Match{Rules: r.job.Program.Match, Tool: "chartlift test"}
	delivered(t, r)
	levels := map[string]string{}
	doubts, _, err := r.db.Doubts(t.Context(), "")
	if err == nil {
		err = r.db.Explain(t.Context(), doubts)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range doubts {
		for _, term := range d.Terms {
			if term.Name == "identifier urn:acme:card" {
				levels[d.LeftID+" "+d.RightID] = term.Level + ": " + term.Left + " | " + term.Right
			}
		}
	}
	if got, want := levels["e1 l1"], "not compared: no other record has it: 219654338 | 777777781"; got != want {
		t.Errorf("the waterfall says %q, want %q; all: %v", got, want, levels)
	}
}

// folded is a hospital whose patients are made by a view of persons and names,
// and a laboratory whose patients are groups of orders.
const folded = `chartlift: 1
id: folded
match: { links: single, prefer: [persons] }
sources:
  person: { csv: { path: person.csv }, key: [ID] }
  names: { csv: { path: names.csv }, key: [ID] }
  orders: { csv: { path: orders.csv }, key: [NO] }
views:
  persons: { key: [ID], rows: [person, names], sql: "SELECT p.ID, p.BORN, p.SSN, n.FAMILY, n.GIVEN FROM person p JOIN names n ON n.ID = p.ID" }
maps:
  patient: { from: persons, resource: Patient, id: $ID, elements: { identifier: [{ system: "http://hl7.org/fhir/sid/us-ssn", value: $SSN }], name: [{ family: $FAMILY, given: [$GIVEN] }], birthDate: $BORN | date YYYY-MM-DD } }
  ordered: { from: orders, resource: Patient, id: $SSN, group: [SSN], elements: { identifier: [{ system: "http://hl7.org/fhir/sid/us-ssn", value: $SSN }], name: [{ family: $FAMILY, given: [$GIVEN] }], birthDate: $BORN | date YYYY-MM-DD } }
  order: { from: orders, resource: ServiceRequest, id: $NO, where: KIND = 'lab', elements: { status: active, intent: order, subject: ref ordered($SSN) } }
`

func TestRowsOfViewsAndGroupsAreMergedWithTheirPerson(t *testing.T) {
	t.Parallel()
	emr := town(town90)[0].records
	person, names, orders := []string{"ID|BORN|SSN"}, []string{"ID|FAMILY|GIVEN"}, []string{"NO|SSN|FAMILY|GIVEN|BORN|KIND"}
	for i, rec := range emr {
		v := func(at int) string { return rec.Values[at].Text }
		person, names = append(person, v(0)+"|"+v(3)+"|"+v(5)), append(names, v(0)+"|"+v(1)+"|"+v(2))
		if i%3 == 0 {
			who := "S" + v(5) + "|" + v(1) + "|" + v(2) + "|" + v(3)
			orders = append(orders, fmt.Sprintf("n%d|%s|lab", i, who), fmt.Sprintf("m%d|%s|x-ray", i, who))
		}
		person[i+1] = v(0) + "|" + v(3) + "|S" + v(5)
	}
	for _, workers := range []int{1, 4} {
		r := prepare(t, folded, file("person.csv", person...), file("names.csv", names...), file("orders.csv", orders...))
		r.job.Workers, r.job.Match = workers, &pipeline.Match{Rules: r.job.Program.Match, Tool: "chartlift test"}
		_, all := delivered(t, r)
		r.wantLedger("person.csv 90 = 90 + 0 + 0 + 0", "names.csv 90 = 90 + 0 + 0 + 0", "orders.csv 60 = 30 + 30 + 0 + 0") // the orders for the laboratory made requests
		if got := fmt.Sprint(count(all, "Patient"), count(all, "Provenance"), count(all, "ServiceRequest")); got != "90 30 30" {
			t.Errorf("Patients, Provenances and requests are %s", got)
		}
		if got := all["ServiceRequest/n3"]; !strings.Contains(got, `"reference":"Patient/e3"`) {
			t.Errorf("the request is not that of the survivor: %s", got)
		}
	}
}
