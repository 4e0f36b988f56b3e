package mllp_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/mllp"
)

func resource(json string) load.Entry {
	typ, rest, _ := strings.Cut(strings.TrimPrefix(json, `{"resourceType":"`), `","id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return load.Entry{Resource: fhir.Resource{Type: typ, ID: id, JSON: []byte(json)}, Origin: issue.Origin{Source: "a.csv", Row: 1}}
}

const ann = `{"resourceType":"Patient","id":"ann","name":[{"family":"Lee","given":["Ann"]}],"gender":"female","birthDate":"1980-02-03"}`

// annPID is what every message about her says.
const annPID = "PID|1||ann^^^FHIR^RI||Lee^Ann||19800203|F"

// told sends the resources and returns the messages about all but the first of
// them, without MSH, and the outcomes.
func told(t *testing.T, all ...string) ([]string, []load.Outcome) {
	t.Helper()
	l := listen(t)
	var entries []load.Entry
	for _, r := range all {
		entries = append(entries, resource(r))
	}
	out := send(t, open(t, mllp.Options{Address: l.address()}), entries...)
	var messages []string
	for _, m := range l.messages() {
		_, body, _ := strings.Cut(m, "\r")
		messages = append(messages, strings.TrimSuffix(body, "\r"))
	}
	return messages, out
}

func lines(s ...string) string { return strings.Join(s, "\r") }

func TestAPatientIsToldWhole(t *testing.T) {
	t.Parallel()
	l := listen(t)
	o := send(t, open(t, mllp.Options{Address: l.address(), Names: mllp.Names{Sender: "chart&lift", SenderFacility: "Clinic", Receiver: "EHR"}}), resource(
		`{"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"2024-05-06T07:08:09.123456+02:00"},`+
			`"identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1.2.3","value":"A|7"},{"system":"http://x.org/ssn","value":"9"}],`+
			`"name":[{"use":"old","family":"Previous"},{"use":"official","family":"O^Neil & Söhne","given":["Mary","Ann","B."],"prefix":["Dr."],"suffix":["Jr."]},{"text":"Mimi\\Moo"}],`+
			`"telecom":[{"system":"phone","value":"555-1","use":"home"},{"system":"email","value":"m@x.org"},{"system":"phone","value":"555-2","use":"work"}],`+
			`"gender":"other","birthDate":"1980","deceasedDateTime":"2020-01-02T03:04:05Z",`+
			`"address":[{"use":"home","line":["1 Main St","Apt 2"],"city":"Town","district":"County","state":"CA","postalCode":"90001","country":"US"}],`+
			`"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"Married"}],"text":"married ~ twice"},`+
			`"multipleBirthInteger":2,"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"es"}]}}]}`))[0]
	if !o.OK() || o.Status != 201 {
		t.Fatalf("%+v", o)
	}
	got := strings.Split(l.messages()[0], "\r")
	id := at(l.messages()[0], "MSH", 9)
	want := []string{
		`MSH|^~\&|chart\T\lift|Clinic|EHR||20240506070809.1234+0200||ADT^A28^ADT_A05|` + id + `|P|2.5.1||||||UNICODE UTF-8`,
		`EVN|A28|20240506070809.1234+0200`,
		`PID|1||A\F\7^^^&1.2.3&ISO^MR~9^^^&http://x.org/ssn&URI~p1^^^FHIR^RI||O\S\Neil \T\ Söhne^Mary^Ann B.^Jr.^Dr.^^L~Mimi\E\Moo~Previous^^^^^^U||1980|O|||` +
			`1 Main St^Apt 2^Town^CA^90001^US^H^^County||555-1^PRN^PH^^^^^^^^^555-1~^NET^Internet^m@x.org|555-2^WPN^PH^^^^^^^^^555-2|es^^urn:ietf:bcp:47|` +
			`M^Married^http://terminology.hl7.org/CodeSystem/v3-MaritalStatus^^^^^^married \R\ twice||||||||Y|2||||20200102030405+0000|Y`,
		`PV1|1|N`, ``,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheControlIDIsThatOfTheContent(t *testing.T) {
	t.Parallel()
	id := func(r string) string {
		l := listen(t)
		send(t, open(t, mllp.Options{Address: l.address()}), resource(r))
		return at(l.messages()[0], "MSH", 9)
	}
	if a, b := id(ann), id(ann); a != b {
		t.Errorf("the same content has the ids %s and %s", a, b)
	}
	if a, b := id(ann), id(strings.Replace(ann, "female", "male", 1)); a == b {
		t.Errorf("another content has the same id %s", a)
	}
}

func TestValuesOfObservations(t *testing.T) {
	t.Parallel()
	const head = `{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"1-8","display":"X"}]},"subject":{"reference":"Patient/ann"},"effectiveDateTime":"2024-01-02"`
	for elements, want := range map[string]string{
		`"valueQuantity":{"value":70.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}`:             "NM|1-8^X^LN||70.50|kg^^UCUM|||||F|||20240102|||||||o1^FHIR",
		`"valueQuantity":{"value":5,"comparator":"<","unit":"mg/dl"},"interpretation":[{"coding":[{"code":"L"}]}]`: "SN|1-8^X^LN||<^5|mg/dl||L|||F|||20240102|||||||o1^FHIR",
		`"valueQuantity":{"value":1e3}`:                       "ST|1-8^X^LN||1e3||||||F|||20240102|||||||o1^FHIR",
		`"valueString":"a|b\nc"`:                              `FT|1-8^X^LN||a\F\b\.br\c||||||F|||20240102|||||||o1^FHIR`,
		`"valueString":"über\u0000\u001c"`:                    `ST|1-8^X^LN||über\X00\\X1C\||||||F|||20240102|||||||o1^FHIR`,
		`"valueBoolean":false`:                                "CWE|1-8^X^LN||N^No^HL70136||||||F|||20240102|||||||o1^FHIR",
		`"valueInteger":0`:                                    "NM|1-8^X^LN||0||||||F|||20240102|||||||o1^FHIR",
		`"valueDateTime":"2024-03"`:                           "TS|1-8^X^LN||202403||||||F|||20240102|||||||o1^FHIR",
		`"valueTime":"10:11:12"`:                              "TM|1-8^X^LN||101112||||||F|||20240102|||||||o1^FHIR",
		`"valuePeriod":{"start":"2024-01-01","end":"2024"}`:   "DR|1-8^X^LN||20240101^2024||||||F|||20240102|||||||o1^FHIR",
		`"valueRange":{"low":{"value":1},"high":{"value":2}}`: "SN|1-8^X^LN||^1^-^2||||||F|||20240102|||||||o1^FHIR",
		`"valueRange":{"low":{"value":1,"unit":"cm"},"high":{"value":2,"unit":"m"}}`:                                                                    "ST|1-8^X^LN||1 cm - 2 m||||||F|||20240102|||||||o1^FHIR",
		`"valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}`:                                                                            "SN|1-8^X^LN||^1^:^128||||||F|||20240102|||||||o1^FHIR",
		`"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"Pos"},{"system":"urn:l","code":"P"}],"text":"pos"}`: "CWE|1-8^X^LN||1^Pos^SCT^P^^urn:l^^^pos||||||F|||20240102|||||||o1^FHIR",
		`"valueInteger":7,"referenceRange":[{"low":{"value":3.0},"high":{"value":9}}]`:                                                                  "NM|1-8^X^LN||7||3.0-9||||F|||20240102|||||||o1^FHIR",
		`"dataAbsentReason":{"coding":[{"code":"unknown","display":"Unknown"}]}`:                                                                        "|1-8^X^LN||||||||X|||20240102|||||||o1^FHIR\rNTE|1||no value: Unknown",
		`"valueInteger":7,"note":[{"text":"line 1\r\nline 2"}]`:                                                                                         "NM|1-8^X^LN||7||||||F|||20240102|||||||o1^FHIR\rNTE|1||line 1\\.br\\line 2",
		`"component":[{"code":{"text":"sys"},"valueInteger":120},{"code":{"text":"dia"},"valueInteger":80}]`:                                            "NM|^sys|1|120||||||F|||20240102|||||||o1^FHIR\rOBX|2|NM|^dia|2|80||||||F|||20240102|||||||o1^FHIR",
	} {
		t.Run(elements, func(t *testing.T) {
			t.Parallel()
			got, out := told(t, ann, head+","+elements+"}")
			if !out[1].OK() || len(got) != 2 {
				t.Fatalf("%+v %q", out[1], got)
			}
			want := lines(annPID, "OBR|1||o1^FHIR|1-8^X^LN|||20240102||||||||||||||||||F", "OBX|1|"+want)
			if diff := cmp.Diff(want, got[1]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResultsAreGroupedByPatientEncounterAndPanel(t *testing.T) {
	t.Parallel()
	ob := func(id, more string) string {
		return `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"text":"c-` + id + `"},"valueInteger":1` + more + `}`
	}
	const annA, annB = `,"subject":{"reference":"Patient/ann"},"encounter":{"reference":"Encounter/e1"}`, `,"subject":{"reference":"Patient/ann"}`
	const lab, vital = `,"category":[{"coding":[{"code":"laboratory"}]}]`, `,"category":[{"coding":[{"code":"vital-signs"}]}]`
	got, out := told(t, ann, strings.ReplaceAll(ann, `"ann"`, `"bob"`),
		ob("l1", annA+lab+`,"issued":"2024-01-03T00:00:00Z"`), ob("v1", annA+vital), ob("l2", annA+lab), ob("l3", annB+lab),
		ob("l4", strings.ReplaceAll(annB, "ann", "bob")+lab), ob("n1", annB), ob("n2", annB), strings.Replace(ob("l5", annA+lab), "final", "entered-in-error", 1))
	for i, o := range out {
		if !o.OK() {
			t.Errorf("%d: %+v", i, o)
		}
	}
	var groups []string
	for _, m := range got[2:] {
		var ids []string
		for _, x := range segments("\r"+m, "OBX") {
			ids = append(ids, part(strings.Split(x, "|")[21], 0, 1))
		}
		groups = append(groups, part(at(m, "PID", 3), 0, 1)+" "+part(at(m, "PV1", 19), 0, 1)+" "+part(at(m, "OBR", 4), 0, 2)+" "+at(m, "OBR", 25)+at(m, "OBX", 11)+": "+strings.Join(ids, " "))
	}
	want := []string{
		"ann e1 Laboratory studies (set) FF: l1 l2", "ann e1 Vital signs FF: v1", "ann  Laboratory studies (set) FF: l3", "bob  Laboratory studies (set) FF: l4",
		"ann  c-n1 FF: n1", "ann  c-n2 FF: n2", "ann e1 Laboratory studies (set) CW: l5",
	}
	if diff := cmp.Diff(want, groups); diff != "" {
		t.Error(diff)
	}
}

func TestAReportGoesWithItsResultsOrNotAtAll(t *testing.T) {
	t.Parallel()
	ob := func(id string) string {
		return `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/ann"},"valueInteger":1}`
	}
	rep := func(results string) string {
		return `{"resourceType":"DiagnosticReport","id":"r1","status":"final","code":{"text":"CBC"},"subject":{"reference":"Patient/ann"},"issued":"2024-01-03T00:00:00Z","result":[` + results + `],"conclusion":"all well"}`
	}
	got, out := told(t, ann, ob("a"), ob("b"), ob("c"), rep(`{"reference":"Observation/a"},{"reference":"Observation/c"}`))
	if len(got) != 3 || !out[4].OK() {
		t.Fatalf("%+v\n%q", out, got)
	}
	want := lines(annPID, "OBR|1||r1^FHIR|^CBC||||||||||||||||||20240103000000+0000|||F", "NTE|1||all well",
		"OBX|1|NM|^c||1||||||F||||||||||a^FHIR", "OBX|2|NM|^c||1||||||F||||||||||c^FHIR")
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Error(diff)
	}
	got, out = told(t, ann, ob("a"), rep(`{"reference":"Observation/a"},{"reference":"Observation/elsewhere"}`))
	if len(got) != 2 || !out[1].OK() || out[2].OK() || out[2].Issues[0].Code != "not-carried" || strings.Contains(got[1], "r1") {
		t.Errorf("%+v\n%q", out, got)
	}
}

func TestImmunizations(t *testing.T) {
	t.Parallel()
	const flu = `{"resourceType":"Immunization","id":"i1","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"140","display":"Flu"}]},` +
		`"patient":{"reference":"Patient/ann"},"occurrenceDateTime":"2023-10-01","primarySource":false,"manufacturer":{"display":"Acme & Co"},"lotNumber":"L1","expirationDate":"2024-06-30",` +
		`"site":{"coding":[{"code":"LA"}]},"route":{"coding":[{"code":"IM"}]},"doseQuantity":{"value":0.5,"code":"mL","system":"http://unitsofmeasure.org"}}`
	const rxa = `RXA|0|1|20231001|20231001|140^Flu^CVX|0.5|mL^^UCUM||01^Historical information - source unspecified^NIP001||||||L1|20240630|^Acme \T\ Co||||`
	for name, c := range map[string][2]string{
		"completed": {flu, strings.TrimSuffix(rxa, "||||") + "|||CP|A"},
		"not done":  {strings.Replace(flu, `"completed"`, `"not-done","statusReason":{"text":"fever"}`, 1), strings.TrimSuffix(rxa, "||||") + "|^fever||NA|A"},
		"an error":  {strings.Replace(flu, "completed", "entered-in-error", 1), strings.TrimSuffix(rxa, "||||") + "|||CP|D"},
	} {
		got, out := told(t, ann, c[0])
		if !out[1].OK() {
			t.Fatalf("%s: %+v", name, out[1])
		}
		if diff := cmp.Diff(lines(annPID, "ORC|RE||i1^FHIR", c[1], "RXR|IM|LA"), got[1]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhatNoMessageCanSayIsRefusedAndNeverHalfTold(t *testing.T) {
	t.Parallel()
	const ob = `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/ann"},"valueInteger":1}`
	with := func(r, old, now string) string { return strings.Replace(r, old, now, 1) }
	for name, c := range map[string]struct{ resource, code string }{
		"a type without a message":      {`{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/ann"}}`, "no-message"},
		"a modifier":                    {with(ob, `"valueInteger"`, `"modifierExtension":[{"url":"http://x"}],"valueInteger"`), "not-carried"},
		"a status without a code":       {with(ob, "final", "unknown"), "not-carried"},
		"sampled data":                  {with(ob, `"valueInteger":1`, `"valueSampledData":{"origin":{"value":1}}`), "not-carried"},
		"an element of another form":    {with(ob, `"valueInteger":1`, `"valueInteger":{}`), "not-carried"},
		"somebody who is not here":      {with(ob, "Patient/ann", "Patient/nobody"), "reference-not-found"},
		"no patient at all":             {with(ob, `"subject":{"reference":"Patient/ann"},`, ""), "reference-not-found"},
		"a group of people":             {with(ob, "Patient/ann", "Group/ann"), "reference-not-found"},
		"a patient who is replaced":     {`{"resourceType":"Patient","id":"x","link":[{"type":"replaced-by"}]}`, "not-carried"},
		"a patient who is not active":   {`{"resourceType":"Patient","id":"x","active":false}`, "not-carried"},
		"a day in words":                {`{"resourceType":"Immunization","id":"i","status":"completed","patient":{"reference":"Patient/ann"},"occurrenceString":"last fall"}`, "not-carried"},
		"a report of an unknown status": {`{"resourceType":"DiagnosticReport","id":"r","status":"unknown","subject":{"reference":"Patient/ann"}}`, "not-carried"},
	} {
		got, out := told(t, ann, c.resource)
		if len(got) != 1 || out[1].OK() || len(out[1].Issues) != 1 || out[1].Issues[0].Code != c.code || out[1].Issues[0].Origin.Row != 1 {
			t.Errorf("%s: %+v, %d messages", name, out[1], len(got))
		}
	}
}

func TestElementsWithoutAPlaceAreCounted(t *testing.T) {
	t.Parallel()
	l := listen(t)
	s := open(t, mllp.Options{Address: l.address()})
	send(t, s, resource(`{"resourceType":"Patient","id":"a","text":{},"photo":[{}],"birthDate":"1980","_birthDate":{"extension":[]}}`),
		resource(`{"resourceType":"Patient","id":"b","photo":[{}]}`))
	if diff := cmp.Diff(map[string]int64{"Patient.photo": 2, "Patient._birthDate": 1}, s.Uncarried()); diff != "" {
		t.Error(diff)
	}
}
