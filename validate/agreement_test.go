package validate_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate"
)

// trial is one resource whose verdict is compared.
type trial struct {
	kind string // what was done to it
	json string
}

// TestVerdictsAgreeWithTheReferenceValidator compares verdicts on sound and broken resources with those
// of the command in CHARTLIFT_ORACLE: it takes NDJSON files and prints one JSON line for each resource.
//
//	CHARTLIFT_ORACLE=…/validate go test -run ReferenceValidator -v ./validate
func TestVerdictsAgreeWithTheReferenceValidator(t *testing.T) {
	oracle := os.Getenv("CHARTLIFT_ORACLE")
	if oracle == "" {
		t.Skip("CHARTLIFT_ORACLE names no reference validator")
	}
	trials := slices.Concat(goldenTrials(t), variants(t))
	theirs := askOracle(t, oracle, trials)
	v := validate.New(validate.Options{})
	agreed, counts, known := 0, map[string][2]int{}, 0
	for i, tr := range trials {
		var ours []string
		ok := v.Check(fhir.Resource{JSON: []byte(tr.json)}, issue.Origin{}, func(i issue.Issue) {
			ours = append(ours, i.Code+" "+i.Expression)
		})
		c := counts[tr.kind]
		c[1]++
		switch {
		case ok == theirs[i].Valid:
			agreed++
			c[0]++
		case isKnown(ours, theirs[i]):
			known++
		default:
			t.Logf("%s: ours %v, theirs %+v\n    %.400s", tr.kind, ours, theirs[i].Issues, tr.json)
		}
		counts[tr.kind] = c
	}
	for kind, c := range counts {
		t.Logf("%-40s %d of %d agree", kind, c[0], c[1])
	}
	t.Logf("%d of %d verdicts agree, %d differ on purpose", agreed, len(trials), known)
	if agreed+known < len(trials) || agreed*100 < len(trials)*95 {
		t.Error("verdicts differ for no known reason, or too many differ")
	}
}

// difference is a verdict that differs on purpose: we refuse for the rule ours, or they refuse for the code theirs.
type difference struct{ ours, theirs, why string }

func differences() []difference {
	return []difference{
		{ours: "reference-", why: "they take any text as a URL, and look at no target outside the resource"},
		{ours: "choice-multiple", why: "they do not see a second branch that has only extensions"},
		{ours: "primitive-format Patient.name[0].family", why: "they let control characters pass"},
		{ours: "structure-empty", why: "they let an id alone, and _given that is all null, pass"},
		{ours: "structure-resource-type", why: "they accept data types and abstract types as resources"},
		{ours: "structure-sibling", why: "they let arrays of different length pass"},
		{theirs: "Terminology_PassThrough_TX_Message", why: "they check languages of preferred bindings"},
		{theirs: "Terminology_TX_NoValid_1_CC", why: "they refuse a concept with one coding of a system they do not know"},
	}
}

// isKnown reports whether a difference explains everything that only one side found.
func isKnown(ours []string, theirs verdict) bool {
	explains := func(text string, of func(difference) string) bool {
		return slices.ContainsFunc(differences(), func(d difference) bool { return of(d) != "" && strings.HasPrefix(text, of(d)) })
	}
	for _, text := range ours {
		if !explains(text, func(d difference) string { return d.ours }) {
			return false
		}
	}
	for _, i := range theirs.Issues {
		if !explains(i.Code, func(d difference) string { return d.theirs }) {
			return false
		}
	}
	return true
}

// verdict is one line of the reference validator.
type verdict struct {
	Valid  bool
	Issues []struct{ Code, Expression, Message string }
}

func askOracle(t *testing.T, oracle string, trials []trial) []verdict {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trials.ndjson")
	var text bytes.Buffer
	for _, tr := range trials {
		text.WriteString(tr.json + "\n")
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(oracle, "--min", "error", path).Output()
	var status *exec.ExitError
	if err != nil && !(errors.As(err, &status) && status.ExitCode() == 1) {
		t.Fatal(err)
	}
	var all []verdict
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte("{")) {
			continue
		}
		var row verdict
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if len(all) != len(trials) {
		t.Fatalf("%d verdicts for %d resources", len(all), len(trials))
	}
	return all
}

// goldenTrials are the lines of the golden files that are JSON objects but no bundles.
func goldenTrials(t *testing.T) []trial {
	t.Helper()
	paths, err := filepath.Glob("../testdata/validate/*/*.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var all []trial
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.TrimSuffix(filepath.Base(path), ".ndjson")
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) && !strings.Contains(line, `"Bundle"`) {
				all = append(all, trial{"golden " + kind, line})
			}
		}
	}
	return all
}

// variants returns sound resources and, of each kind of damage, some broken copies.
func variants(t *testing.T) []trial {
	t.Helper()
	var all []trial
	used := map[string]int{}
	for _, it := range sample(t, 8, 120) {
		if typ := it.Resource.Type; typ == "Claim" || typ == "ExplanationOfBenefit" {
			continue // slow in the reference validator, and nothing that others have not
		}
		sound := compact(t, it.Resource.JSON)
		all = append(all, trial{"sound", sound})
		for _, d := range damages() {
			var resource map[string]any
			if err := json.Unmarshal([]byte(sound), &resource); err != nil {
				t.Fatal(err)
			}
			if used[d.name] >= 15 || !d.apply(resource) {
				continue
			}
			used[d.name]++
			broken, err := json.Marshal(resource)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, trial{d.name, string(broken)})
		}
	}
	for _, d := range damages() {
		if used[d.name] == 0 {
			t.Errorf("no resource could be damaged by %s", d.name)
		}
	}
	return all
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// damage breaks a resource; apply is false where it has nothing to break.
type damage struct {
	name  string
	apply func(map[string]any) bool
}

// set returns a damage that replaces an existing element.
func set(key string, value any) func(map[string]any) bool {
	return func(r map[string]any) bool {
		if _, ok := r[key]; !ok {
			return false
		}
		r[key] = value
		return true
	}
}

func drop(key string) func(map[string]any) bool {
	return func(r map[string]any) bool {
		_, ok := r[key]
		delete(r, key)
		return ok
	}
}

func rename(from, to string) func(map[string]any) bool {
	return func(r map[string]any) bool {
		value, ok := r[from]
		if ok {
			r[to] = value
			delete(r, from)
		}
		return ok
	}
}

// add returns a damage that adds an element to resources that have the key beside it.
func add(beside, key string, value any) func(map[string]any) bool {
	return func(r map[string]any) bool {
		if _, ok := r[beside]; !ok {
			return false
		}
		r[key] = value
		return true
	}
}

func damages() []damage {
	return []damage{
		{"unknown element", add("status", "stattus", "x")},
		{"renamed element", rename("subject", "subjekt")},
		{"missing status", drop("status")},
		{"missing code", drop("code")},
		{"missing subject", drop("subject")},
		{"missing resourceType", drop("resourceType")},
		{"unknown status", set("status", "no-such-status")},
		{"status in array", set("status", []any{"final"})},
		{"status null", set("status", nil)},
		{"status empty", set("status", "")},
		{"status number", set("status", 1)},
		{"code in array", func(r map[string]any) bool {
			code, ok := r["code"].(map[string]any)
			r["code"] = []any{code}
			return ok
		}},
		{"category not array", func(r map[string]any) bool {
			list, ok := r["category"].([]any)
			if ok {
				r["category"] = list[0]
			}
			return ok
		}},
		{"empty category", set("category", []any{})},
		{"empty object in category", set("category", []any{map[string]any{}})},
		{"null in category", set("category", []any{nil})},
		{"subject as text", set("subject", "Patient/1")},
		{"no such day", set("birthDate", "1980-02-30")},
		{"day first", set("birthDate", "30.01.1980")},
		{"time without zone", set("effectiveDateTime", "2020-01-01T10:00:00")},
		{"date as instant", set("issued", "2020-01-01")},
		{"hour 25", set("recordedDate", "2020-01-01T25:00:00Z")},
		{"two onsets", add("onsetDateTime", "onsetString", "x")},
		{"two values", add("valueQuantity", "valueString", "x")},
		{"quantity as text", set("valueQuantity", map[string]any{"value": "120", "unit": "mmHg"})},
		{"unknown choice", rename("valueQuantity", "valueQuantities")},
		{"missing choice", drop("medicationCodeableConcept")},
		{"bad id", set("id", "not_an_id!")},
		{"long id", set("id", strings.Repeat("a", 65))},
		{"bad clinical status", set("clinicalStatus", map[string]any{"coding": []any{
			map[string]any{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "gone"},
		}})},
		{"clinical status as text", set("clinicalStatus", map[string]any{"text": "active"})},
		{"bad gender", set("gender", "W")},
		{"boolean as text", set("multipleBirthBoolean", "false")},
		{"unused contained", add("subject", "contained", []any{map[string]any{"resourceType": "Organization", "id": "zzz", "name": "x"}})},
		{"missing contained", set("subject", map[string]any{"reference": "#zzz"})},
		{"sibling of complex", add("subject", "_subject", map[string]any{"id": "a"})},
		{"sibling with id", add("birthDate", "_birthDate", map[string]any{"id": "a"})},
		{"sibling without content", add("birthDate", "_birthDate", map[string]any{})},
		{"white space in system", set("identifier", []any{map[string]any{"system": "urn:x y", "value": "1"}})},
		{"empty identifier value", set("identifier", []any{map[string]any{"value": ""}})},
		{"extension without url", add("status", "extension", []any{map[string]any{"valueString": "x"}})},
		{"absent reason for a date", func(r map[string]any) bool {
			_, ok := r["birthDate"]
			delete(r, "birthDate")
			r["_birthDate"] = map[string]any{"extension": []any{map[string]any{
				"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown",
			}}}
			return ok
		}},
		{"year only", set("birthDate", "1980")},
		{"negative size", add("birthDate", "photo", []any{map[string]any{"size": -1}})},
	}
}
