package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/internal/suites"
	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

// pool is what the generator makes of some types; no data is needed for it.
func pool(t *testing.T) []sample {
	t.Helper()
	all := made(2, 1)
	if len(all) != 2*len(fhir.ResourceTypes())+1 {
		t.Fatalf("%d resources", len(all))
	}
	return all
}

func TestResourcesMadeFromTheDefinitionsAreMostlySound(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{})
	sound, all := 0, pool(t)
	for _, s := range all {
		tr := trial{text: s.text}
		if err := tr.judge(v); err != nil {
			t.Fatal(err)
		}
		for _, i := range tr.errors() {
			if i.Code != "invariant-failed" && i.Code != "structure-empty" { // invariants and empty backbones are not known to the generator
				t.Errorf("%s: %s %s %s", s.typ(), i.Code, i.Expression, i.Message)
			}
		}
		if len(tr.errors()) == 0 {
			sound++
		}
	}
	if sound*10 < len(all)*7 {
		t.Errorf("only %d of %d resources are sound", sound, len(all))
	}
}

func TestMutantsAreTheSameForOneSeed(t *testing.T) {
	t.Parallel()
	samples := pool(t)
	first, second, other := mutants(samples, 2, 7), mutants(samples, 2, 7), mutants(samples, 2, 8)
	texts := func(trials []trial) []string {
		var all []string
		for _, tr := range trials {
			all = append(all, tr.row+" "+tr.text)
		}
		return all
	}
	if diff := cmp.Diff(texts(first), texts(second)); diff != "" {
		t.Errorf("one seed gives two results: %s", diff)
	}
	if cmp.Equal(texts(first), texts(other)) {
		t.Error("two seeds give one result")
	}
}

func TestEveryKindOfMistakeFindsAResourceAndChangesIt(t *testing.T) {
	t.Parallel()
	samples, seen := made(10, 1), map[string]bool{}
	samples = append(samples, sample{"", `{"resourceType":"Encounter","id":"e","status":"planned","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/1"}}`})
	if len(kinds()) < 40 {
		t.Errorf("only %d kinds", len(kinds()))
	}
	for _, k := range kinds() {
		if seen[k.name] {
			t.Errorf("two kinds are called %s", k.name)
		}
		seen[k.name] = true
		if got := k.mutants(samples, 1, 1); len(got) == 0 {
			t.Errorf("%s: no resource could be broken", k.name)
		}
	}
}

func TestMutationsLeaveTheSampleAlone(t *testing.T) {
	t.Parallel()
	const text = `{"resourceType":"Patient","name":[{"given":["a","b"],"family":"c"}],"multipleBirthInteger":2,"active":true}`
	root, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds() {
		if m, ok := newMutation(root, rand.New(rand.NewPCG(1, 2))); ok {
			k.apply(m)
		}
	}
	if got := root.String(); got != text {
		t.Errorf("the sample became %s", got)
	}
}

func TestPlacesAreWrittenInOneWay(t *testing.T) {
	t.Parallel()
	for theirs, want := range map[string]string{
		"Patient.contained[0]/*Organization/a*/.name":  "Patient.contained[0].name",
		"Observation.value[x].code":                    "Observation.value.code",
		"Observation.value.ofType(Quantity).code":      "Observation.value.code",
		"Patient.extension[0].extension[0][url='cod']": "Patient.extension[0].extension[0]",
		"$": "",
	} {
		if got := place(theirs); got != want {
			t.Errorf("%s: %s, want %s", theirs, got, want)
		}
	}
	if got := inEntry(&validate.Item{Entry: 3}, "Patient.name[0]"); got != "Bundle.entry[3].resource.name[0]" {
		t.Error(got)
	}
}

func TestVerdictsAreCountedByTheirKind(t *testing.T) {
	t.Parallel()
	wrong := answer{Issues: []theirsIssue{{Severity: "error", Code: "x", Expression: "Patient.gender"}}}
	trials := []trial{
		{row: "k", mutant: true, text: `{"resourceType":"Patient","gender":"x"}`, theirs: wrong},
		{row: "k", mutant: true, text: `{"resourceType":"Patient","gender":"male"}`, theirs: wrong},
		{row: "k", mutant: true, text: `{"resourceType":"Patient","gender":"x"}`, theirs: answer{Valid: true}},
		{row: "k", mutant: true, text: `{"resourceType":"HumanName","family":"x"}`, theirs: answer{Valid: true}},
		{row: "s", text: `{"resourceType":"Patient"}`, theirs: answer{Valid: true}},
	}
	v := validate.New(validate.Options{})
	for i := range trials {
		if err := trials[i].judge(v); err != nil {
			t.Fatal(err)
		}
	}
	r := newReport(options{}, trials)
	want := tally{name: "k", trials: 4, agreed: 1, sound: 2, falseAlarms: 2, broken: 2, misses: 1, onPurpose: 1, both: 1, samePlace: 1, named: 0, oursCount: 1, theirCount: 1}
	if diff := cmp.Diff(want, *r.kinds[0], cmp.AllowUnexported(tally{})); diff != "" {
		t.Error(diff)
	}
	if r.passed() {
		t.Error("a miss and a false alarm among four pass")
	}
	text := r.markdown()
	for _, line := range []string{"| k | 4 | 25.0 % | 1 | 2 of 2 | 1 of 2 | 100.0 % | 1.00 | 1.00 |", "| s | 1 | 100.0 % | 0 | 0 of 1 | 0 of 0 |  |  |  |"} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

// fake is a reference validator that finds fault with texts that have the word
// bad.
const fake = `#!/bin/sh
while read -r line; do
  case "$line" in
    *bad*) echo '{"valid":false,"issues":[{"severity":"error","code":"Bad","expression":"Patient","message":"m"}]}' ;;
    *) echo '{"valid":true,"issues":[]}' ;;
  esac
done < "$3"
exit 1
`

func TestAnswersAreRememberedByWhatWasAsked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command, cache := filepath.Join(dir, "oracle"), filepath.Join(dir, "cache", "answers.ndjson")
	if err := os.WriteFile(command, []byte(fake), 0o700); err != nil {
		t.Fatal(err)
	}
	for turn, wantAsked := range []int{2, 1, 0} {
		o, err := openOracle(command, cache)
		if err != nil {
			t.Fatal(err)
		}
		texts := []string{`{"a":"bad"}`, `{"a":"good"}`, `{"a":"bad"}`}
		if turn > 0 {
			texts = append(texts, `{"b":"good"}`)
		}
		got, err := o.ask(context.Background(), texts)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Valid || !got[1].Valid || got[2].Valid || got[0].Issues[0].Code != "Bad" || o.asked != wantAsked {
			t.Errorf("turn %d: %+v after %d questions", turn, got, o.asked)
		}
	}
	o, err := openOracle("/nonexistent/command", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ask(context.Background(), []string{"{}"}); err == nil {
		t.Error("a validator that is not there gave an answer")
	}
}

func TestThePartAboutTheSuitesSurvivesTheOthers(t *testing.T) {
	t.Parallel()
	doc := filepath.Join(t.TempDir(), "agreement.md")
	if err := os.WriteFile(doc, []byte("# Head\n\ntable\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if part := suitesPart(doc); part != "" {
		t.Errorf("a report without the part has %q", part)
	}
	for _, text := range []string{"one", "two"} {
		if err := replacePart(doc, suites.Title+"\n\n"+text+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("# Head\n\ntable\n\n"+suites.Title+"\n\ntwo\n", string(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if part := suitesPart(doc); part != "\n"+suites.Title+"\n\ntwo\n" {
		t.Errorf("kept: %q", part)
	}
}
