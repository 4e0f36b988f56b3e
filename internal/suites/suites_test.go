package suites_test

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/internal/suites"

	"github.com/google/go-cmp/cmp"
)

const tests = `<tests><group name="g">
 <test name="paths" inputfile="p.xml"><expression>name.given</expression><output type="string">Ana</output><output type="string">Maria</output></test>
 <test name="order" inputfile="p.xml"><expression>name.given</expression><output type="string">Maria</output><output type="string">Ana</output></test>
 <test name="type" inputfile="p.xml"><expression>gender</expression><output type="string">female</output></test>
 <test name="code" inputfile="p.xml"><expression>gender</expression><output type="code">female</output></test>
 <test name="decimal"><expression>5 / 2</expression><output type="decimal">2.50</output></test>
 <test name="date" inputfile="p.xml"><expression>birthDate</expression><output type="date">@1980-05-01</output></test>
 <test name="there" inputfile="p.xml" predicate="true"><expression>gender</expression><output type="boolean">true</output></test>
 <test name="sibling" inputfile="p.xml"><expression>birthDate.extension('http://x/e').value</expression><output type="string">about &amp; so</output></test>
 <test name="contained" inputfile="p.xml"><expression>contained.ofType(Practitioner).active</expression><output type="boolean">true</output></test>
 <test name="narrative" inputfile="p.xml"><expression>text.div.exists() and text.status = 'generated'</expression><output type="boolean">true</output></test>
 <test name="mustFail"><expression invalid="syntax">1 +</expression></test>
 <test name="didNotFail"><expression invalid="execution">1 + 1</expression></test>
 <test name="fails"><expression>(1 | 2) + 1</expression><output type="integer">2</output></test>
 <test name="tooNew"><expression>1.5.lowBoundary()</expression><output type="decimal">1.45</output></test>
 <test name="tooNewAndWrong"><expression invalid="execution">1.5.lowBoundary('x')</expression></test>
 <test name="testSimpleFail" mode="strict" inputfile="p.xml"><expression invalid="semantic">name.given1</expression></test>
 <test name="testIif10"><expression invalid="execution">('a' | 'b').iif(true, 1, 2)</expression></test>
</group></tests>`

const person = `<?xml version="1.0" encoding="UTF-8"?><!-- made up --><Patient xmlns="http://hl7.org/fhir"><id value="p"/>
 <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a <b>b</b></p></div></text>
 <contained><Practitioner><id value="d"/><active value="true"/></Practitioner></contained>
 <name><given value="Ana"/><given value="Maria"/></name><gender value="female"/>
 <birthDate value="1980-05-01"><extension url="http://x/e"><valueString value="about &amp; so"/></extension></birthDate>
 <generalPractitioner><reference value="#d"/></generalPractitioner></Patient>`

const manifest = `{"test-cases":[
 {"name":"good","file":"good.json","version":"4.0","java":"java/ok.json"},
 {"name":"bad","file":"bad.xml","version":"4.0","java":"java/wrong.json"},
 {"name":"missed","file":"good.json","version":"4.0.1","java":"java/wrong.json"},
 {"name":"false-alarm","file":"bad.xml","version":"4.0","java":{"errorCount":0}},
 {"name":"inline","file":"bad.xml","version":"4.0","java":{"outcome":{"issue":[{"severity":"fatal","code":"structure","details":{"text":"no"}}]}}},
 {"name":"profiled","file":"good.json","version":"4.0","java":"java/ok.json","profile":{"source":"profile.json","java":"java/wrong.json"}},
 {"name":"newer","file":"good.json","java":"java/ok.json"},
 {"name":"older","file":"good.json","version":"3.0","java":"java/ok.json"},
 {"name":"off","file":"good.json","version":"4.0","use-test":false,"java":"java/ok.json"},
 {"name":"cda","file":"x.xml","version":"4.0","module":"cda","java":"java/ok.json"},
 {"name":"guided","file":"good.json","version":"4.0","packages":["hl7.fhir.uv.ips"],"java":"java/ok.json"},
 {"name":"silent","file":"good.json","version":"4.0"},
 {"name":"words","file":"good.json","version":"4.0","java":"java/words.json"},
 {"name":"example","file":"example.json","version":"4.0","java":"java/ok.json"},
 {"name":"unreadable","file":"cut.xml","version":"4.0","java":"java/wrong.json"}]}`

// archive writes a small suite as HL7 packs its own.
func archive(t *testing.T) string {
	t.Helper()
	const good = `{"resourceType":"Patient","gender":"female"}`
	name := filepath.Join(t.TempDir(), "suite.jar")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for file, text := range map[string]string{
		"r4/fhirpath/tests-fhir-r4.xml": tests, "r4/p.xml": person, "validator/manifest.json": manifest, "validator/good.json": good,
		"validator/bad.xml":      `<Patient xmlns="http://hl7.org/fhir"><gender value="unknowable"/><shoeSize value="44"/></Patient>`,
		"validator/cut.xml":      `<Patient xmlns="http://hl7.org/fhir"><gender value=`,
		"validator/example.json": `{"resourceType":"Patient","extension":[{"url":"http://example.org/e","valueString":"x"}]}`,
		"validator/profile.json": `{"resourceType":"StructureDefinition","url":"http://x/p","name":"P","status":"active","kind":"resource","abstract":false,"type":"Patient","derivation":"constraint",` +
			`"baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","differential":{"element":[{"id":"Patient.birthDate","path":"Patient.birthDate","min":1}]}}`,
		"validator/outcomes/java/ok.json":    `{"issue":[{"severity":"warning","code":"x","details":{"text":"hm"}}]}`,
		"validator/outcomes/java/wrong.json": `{"issue":[{"severity":"error","code":"x","details":{"text":"no"},"expression":["Patient.gender"]}]}`,
		"validator/outcomes/java/words.json": `{"issue":[{"severity":"error","code":"invalid","details":{"text":"Wrong Display Name 'a' for http://loinc.org#1"},"expression":["Patient"]}]}`,
	} {
		member, err := w.Create("org/hl7/fhir/testcases/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := member.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestEveryCaseHasAVerdict(t *testing.T) {
	t.Parallel()
	all, err := suites.Run(context.Background(), archive(t))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]suites.Verdict{}
	for _, r := range all {
		got[r.Name] = r.Verdict
		if (r.Verdict == suites.Differs || r.Verdict == suites.NotOurs) && r.Why == "" {
			t.Errorf("%s has no reason", r.Name)
		}
	}
	const p, f, d, n = suites.Passed, suites.Failed, suites.Differs, suites.NotOurs
	want := map[string]suites.Verdict{
		"paths": p, "order": f, "type": f, "code": p, "decimal": p, "date": p, "there": p, "sibling": p, "contained": p, "narrative": p, "mustFail": p, "didNotFail": f, "fails": f,
		"tooNew": n, "tooNewAndWrong": n, "testSimpleFail": n, "testIif10": d,
		"good": p, "bad": p, "missed": f, "false-alarm": f, "inline": p, "profiled": p, "profiled (profile)": p, "newer": n, "older": n, "off": n, "cda": n, "guided": n, "silent": n, "words": n, "example": p, "unreadable": p,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheTableCountsAndNamesWhatDoesNotPass(t *testing.T) {
	t.Parallel()
	all, err := suites.Run(context.Background(), archive(t))
	if err != nil {
		t.Fatal(err)
	}
	text := suites.Markdown(all)
	for _, want := range []string{
		suites.Title + "\n", "| FHIRPath | 17 | 9 | 4 | 1 | 3 |", "| Validator | 16 | 7 | 2 | 0 | 7 |", "order, type, didNotFail, fails |", "missed, false-alarm |", "| testIif10 |", "| Validator | 2 | R5 or another version |  |\n", "| Validator | 1 | a terminology server is needed | words |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestWhatIsNoSuiteIsRefused(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.jar")
	if _, err := suites.Run(context.Background(), name); err == nil || !strings.Contains(err.Error(), "open the suites") {
		t.Errorf("a file that is not there: %v", err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(zip.NewWriter(f).Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := suites.Run(context.Background(), name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty archive: %v", err)
	}
}

func TestSuitesAtHandAreNotFetchedAgain(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no Maven
	dir := t.TempDir()
	if _, err := suites.Fetch(context.Background(), dir); !errors.Is(err, suites.ErrNoMaven) {
		t.Errorf("without Maven: %v", err)
	}
	name := filepath.Join(dir, "fhir-test-cases-"+suites.Version+".jar")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := suites.Fetch(context.Background(), dir); got != name || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
