package repeats_test

import (
	"strings"
	"testing"

	"chartlift/transform/repeats"
)

// hb is a haemoglobin of patient 1; each change puts the second text in the
// place of the first.
func hb(changes ...string) []byte {
	json := `{"resourceType":"Observation","id":"a","status":"final",` +
		`"code":{"coding":[{"system":"http://loinc.org","code":"718-7","display":"Hb"},{"system":"urn:lab","code":"HB"}],"text":"Haemoglobin"},` +
		`"subject":{"reference":"Patient/1","display":"Greta"},"effectiveDateTime":"2020-01-01T10:30:00+01:00",` +
		`"valueQuantity":{"value":12.5,"unit":"g/dL","system":"http://unitsofmeasure.org","code":"g/dL"}}`
	for i := 0; i+1 < len(changes); i += 2 {
		json = strings.Replace(json, changes[i], changes[i+1], 1)
	}
	return []byte(json)
}

func TestWhatTellsTheSameHasOneKey(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	on := repeats.Default("Observation")
	want, ok := r.Key(hb(), on)
	if !ok {
		t.Fatal("a whole observation has no key")
	}
	for name, json := range map[string][]byte{
		"another id and status":       hb(`"id":"a","status":"final"`, `"id":"b","status":"corrected"`),
		"another text of the code":    hb(`"text":"Haemoglobin"`, `"text":"HGB"`),
		"codings in another order":    hb(`{"system":"http://loinc.org","code":"718-7","display":"Hb"},{"system":"urn:lab","code":"HB"}`, `{"system":"urn:lab","code":"HB"},{"system":"http://loinc.org","code":"718-7"}`),
		"another name of the person":  hb(`,"display":"Greta"`, ``),
		"the instant in another zone": hb(`2020-01-01T10:30:00+01:00`, `2020-01-01T09:30:00Z`),
		"the unit in other words":     hb(`"unit":"g/dL"`, `"unit":"grams per decilitre"`),
		"a note":                      hb(`"status":"final"`, `"status":"final","note":[{"text":"x"}]`),
	} {
		if got, ok := r.Key(json, on); !ok || got != want {
			t.Errorf("%s: not the same", name)
		}
	}
	for name, json := range map[string][]byte{
		"another patient":       hb(`Patient/1`, `Patient/2`),
		"another code":          hb(`718-7`, `718-8`),
		"a code less":           hb(`,{"system":"urn:lab","code":"HB"}`, ``),
		"a minute later":        hb(`10:30:00`, `10:31:00`),
		"another value":         hb(`12.5`, `12.6`),
		"the value as text":     hb(`"valueQuantity":{"value":12.5,"unit":"g/dL","system":"http://unitsofmeasure.org","code":"g/dL"}`, `"valueString":"12.5"`),
		"no value":              hb(`,"valueQuantity":{"value":12.5,"unit":"g/dL","system":"http://unitsofmeasure.org","code":"g/dL"}`, ``),
		"another unit":          hb(`"code":"g/dL"`, `"code":"g/L"`),
		"another specimen":      hb(`"status":"final"`, `"status":"final","specimen":{"reference":"Specimen/1"}`),
		"another type":          hb(`"resourceType":"Observation"`, `"resourceType":"Other"`),
		"a comparator":          hb(`{"value":12.5`, `{"value":12.5,"comparator":"<"`),
		"only the day is known": hb(`2020-01-01T10:30:00+01:00`, `2020-01-01`),
	} {
		if got, ok := r.Key(json, on); !ok || got == want {
			t.Errorf("%s: taken for the same, or without a key (%v)", name, ok)
		}
	}
}

func TestWithoutAnElementOfTheKeyNothingCanBeTold(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	on := repeats.Default("Observation")
	for name, json := range map[string][]byte{
		"no patient": hb(`"subject":{"reference":"Patient/1","display":"Greta"},`, ``),
		"no time":    hb(`"effectiveDateTime":"2020-01-01T10:30:00+01:00",`, ``),
		"no JSON":    []byte(`{"resourceType":`),
	} {
		if _, ok := r.Key(json, on); ok {
			t.Errorf("%s: there is a key", name)
		}
	}
	if _, ok := r.Key(hb(`"effectiveDateTime":"2020-01-01T10:30:00+01:00"`, `"_effectiveDateTime":{"extension":[]}`), on); ok {
		t.Error("the extension of a time was taken for a time")
	}
	both := []repeats.Element{{Name: "performer", Optional: true}, {Name: "specimen", Optional: true}}
	a, _ := r.Key(hb(`"status":"final"`, `"performer":[{"reference":"X/1"}]`), both)
	b, _ := r.Key(hb(`"status":"final"`, `"specimen":{"reference":"X/1"}`), both)
	if a == b {
		t.Error("a performer was taken for a specimen")
	}
}

// TestWordsTellWhatHasNoCode: a system alone stands beside every concept of a
// table whose code column is empty.
func TestWordsTellWhatHasNoCode(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	on := repeats.Default("AllergyIntolerance")
	key := func(code string) repeats.Key {
		k, ok := r.Key([]byte(`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"code":`+code+`}`), on)
		if !ok {
			t.Errorf("%s: no key", code)
		}
		return k
	}
	for _, c := range [][2]string{
		{`{"coding":[{"system":"urn:a","display":"Penicillin"}]}`, `{"coding":[{"system":"urn:a","display":"Latex"}]}`},
		{`{"coding":[{"system":"urn:a"}],"text":"Penicillin"}`, `{"coding":[{"system":"urn:a"}],"text":"Latex"}`},
		{`{"coding":[],"text":"Penicillin"}`, `{"coding":[],"text":"Latex"}`},
		{`{"text":"Penicillin"}`, `{"text":"Latex"}`},
	} {
		if key(c[0]) == key(c[1]) {
			t.Errorf("%s and %s are taken for the same", c[0], c[1])
		}
		if again := key(strings.Clone(c[0])); key(c[0]) != again {
			t.Errorf("%s is not the same as its copy", c[0])
		}
	}
}

func TestContentIsAllButIdsAndTexts(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	want := r.Content(hb())
	if got := r.Content(hb(`"id":"a"`, `"id":"b","meta":{"source":"x"},"identifier":[{"value":"7"}],"text":{"status":"generated"}`)); got != want {
		t.Error("ids, meta, identifiers and narrative count as content")
	}
	for _, change := range [][]string{{`final`, `amended`}, {`Haemoglobin`, `HGB`}, {`"status"`, `"note":[{"text":"x"}],"status"`}} {
		if got := r.Content(hb(change...)); got == want {
			t.Errorf("%v does not count as content", change)
		}
	}
}

func TestTheMoreFinalAndTheMoreSevereAreKept(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	order := []string{"entered-in-error", "unknown", "registered", "preliminary", "final", "corrected"}
	for i := 1; i < len(order); i++ {
		low, high := r.Rank(hb(`"final"`, `"`+order[i-1]+`"`), repeats.Final), r.Rank(hb(`"final"`, `"`+order[i]+`"`), repeats.Final)
		if low >= high {
			t.Errorf("%s ranks %d, %s only %d", order[i-1], low, order[i], high)
		}
	}
	allergy := func(rest string) int {
		return r.Rank([]byte(`{"resourceType":"AllergyIntolerance"`+rest+`}`), repeats.Severest)
	}
	severities := []string{
		``, `,"reaction":[{"severity":"mild"}]`, `,"reaction":[{"severity":"mild"},{"severity":"severe"}]`, `,"criticality":"low"`,
		`,"criticality":"low","reaction":[{"severity":"moderate"}]`, `,"criticality":"unable-to-assess"`, `,"criticality":"high"`, `,"criticality":"high","reaction":[{"severity":"severe"}]`,
	}
	for i := 1; i < len(severities); i++ {
		if allergy(severities[i-1]) >= allergy(severities[i]) {
			t.Errorf("%s is not less than %s", severities[i-1], severities[i])
		}
	}
	for _, keep := range []string{repeats.First, repeats.Last, repeats.Newest} {
		if r.Rank(hb(), keep) != 0 {
			t.Errorf("%s looks at the resource", keep)
		}
	}
}

func TestWhatIsSaidOfAllergiesIsUnderstood(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	for _, c := range []struct {
		rest     string
		says     repeats.NoAllergy
		category string
	}{
		{`"code":{"coding":[{"system":"http://snomed.info/sct","code":"91936005"}]},"category":["medication"]`, repeats.AnAllergy, "medication"},
		{`"code":{"coding":[{"code":"716186003"}]}`, repeats.NoneAtAll, ""},
		{`"code":{"coding":[{"code":"409137002"}]}`, repeats.NoneToDrugs, ""},
		{`"code":{"text":" NKDA. "}`, repeats.NoneToDrugs, ""},
		{`"code":{"text":"No Known Allergies"}`, repeats.NoneAtAll, ""},
		{`"code":{"text":"no known allergies to nuts, severe to bees"}`, repeats.AnAllergy, ""},
		{`"code":{"text":"bees"},"clinicalStatus":{"coding":[{"code":"resolved"}]}`, repeats.NotSaid, ""},
		{`"code":{"text":"bees"},"verificationStatus":{"coding":[{"code":"refuted"}]}`, repeats.NotSaid, ""},
		{`"clinicalStatus":{"coding":[{"code":"active"}]}`, repeats.AnAllergy, ""},
	} {
		patient, says, category := r.Allergy([]byte(`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},` + c.rest + `}`))
		if patient != "Patient/1" || says != c.says || category != c.category {
			t.Errorf("%s: %s %d %q", c.rest, patient, says, category)
		}
	}
	for _, c := range []struct {
		says     repeats.NoAllergy
		category string
		want     bool
	}{
		{repeats.NoneAtAll, "", true},
		{repeats.NoneToDrugs, "medication", true},
		{repeats.NoneToDrugs, "food", false},
		{repeats.NoneToDrugs, "", false},
		{repeats.NoneToFood, "food", true},
		{repeats.NoneAround, "environment", true},
		{repeats.AnAllergy, "food", false},
	} {
		if got := c.says.Denies(c.category); got != c.want {
			t.Errorf("%d denies %q: %v", c.says, c.category, got)
		}
	}
}

func TestTypesWithoutAKeyOfTheirOwnHaveNone(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]bool{"Observation": true, "AllergyIntolerance": true, "Immunization": true, "Encounter": false, "Patient": false, "DocumentReference": false} {
		if got := repeats.Default(resource) != nil; got != want {
			t.Errorf("%s: %v", resource, got)
		}
	}
}
