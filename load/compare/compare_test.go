package compare_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/compare"
)

const sent = `{"resourceType":"Patient","id":"p1","meta":{"source":"urn:x","profile":["a","b"],"tag":[{"system":"s","code":"1"},{"system":"s","code":"2"}]},"text":{"status":"generated","div":"<div/>"},"name":[{"family":"A","given":["B","C"]}],"birthDate":"1950-01-31","multipleBirthInteger":2,"extension":[{"url":"u","valueDecimal":1.50}]}`

func TestDifferencesAreTheirPaths(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held string
		want []string
	}{
		"the same":                            {sent, nil},
		"what servers write themselves":       {`{"resourceType":"Patient","birthDate":"1950-01-31","id":"p1","meta":{"versionId":"7","lastUpdated":"2026-11-22","source":"#abc","tag":[{"code":"2","system":"s","display":"two"},{"system":"s","code":"1"}],"profile":["b","a"]},"name":[{"given":["B","C"],"family":"A"}],"multipleBirthInteger":2.0,"extension":[{"valueDecimal":15e-1,"url":"u"}],"text":{"status":"additional"}}`, nil},
		"a value":                             {`{"resourceType":"Patient","id":"p1","meta":{"profile":["a","b"],"tag":[{"system":"s","code":"1"},{"system":"s","code":"2"}]},"name":[{"family":"A","given":["B","D"]}],"birthDate":"1950-01-30","multipleBirthInteger":2,"extension":[{"url":"u","valueDecimal":1.50}]}`, []string{"Patient.birthDate", "Patient.name[0].given[1]"}},
		"elements dropped, added and retyped": {`{"resourceType":"Patient","id":"p1","meta":{"profile":["a"],"tag":[{"system":"s","code":"1"},{"system":"s","code":"2"}]},"name":[{"family":["A"],"given":["B"]},{}],"gender":"male","birthDate":"1950-01-31","multipleBirthInteger":2.01,"extension":[{"url":"u"}]}`, []string{"Patient.extension[0].valueDecimal", "Patient.gender", "Patient.meta.profile", "Patient.multipleBirthInteger", "Patient.name[0].family", "Patient.name[0].given[1]", "Patient.name[1]"}},
	} {
		changes, err := compare.Changes([]byte(sent), []byte(c.held))
		got := compare.Paths(changes)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func TestNumbersAreComparedByValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"1", "1.0", true},
		{"1.50", "1.5", true},
		{"0", "-0.00", true},
		{"100", "1e2", true},
		{"1E+2", "100.0", true},
		{"0.001", "1e-3", true},
		{"1", "-1", false},
		{"1.5", "1.51", false},
		{"10", "1", false},
		{"9007199254740993", "9007199254740992", false},
		{"1e999999999999", "1", false},
		{"0.1", "1", false},
	} {
		got, err := compare.Changes([]byte(`{"resourceType":"X","v":`+c.a+`}`), []byte(`{"resourceType":"X","v":`+c.b+`}`))
		if err != nil || (len(got) == 0) != c.same {
			t.Errorf("%s and %s: %v, %v", c.a, c.b, got, err)
		}
	}
}

func TestAMetaOfTheServersOwnIsNoDifference(t *testing.T) {
	t.Parallel()
	got, err := compare.Changes([]byte(`{"resourceType":"Patient","id":"p"}`), []byte(`{"resourceType":"Patient","id":"p","meta":{"versionId":"1"},"text":{}}`))
	if err != nil || len(got) > 0 {
		t.Error(got, err)
	}
	got, err = compare.Changes([]byte(`{"resourceType":"Patient","id":"p"}`), []byte(`{"resourceType":"Patient","id":"p","meta":{"tag":[]}}`))
	if err != nil || len(got) != 1 {
		t.Error(got, err)
	}
	if _, err := compare.Changes([]byte(`{`), []byte(`{}`)); err == nil {
		t.Error("half a resource is compared")
	}
	if _, err := compare.Changes([]byte(`{}`), []byte(`<html>`)); err == nil {
		t.Error("a page is compared")
	}
}

func TestTheBoundIsThatOfClopperAndPearson(t *testing.T) {
	t.Parallel()
	// One-sided 95 %: of none in n it is 1 - 0.05^(1/n); the others are the
	// 0.95 quantiles of Beta(k+1, n-k).
	for _, c := range []struct {
		k, n int64
		want float64
	}{{0, 200, 1 - math.Pow(0.05, 1.0/200)}, {0, 1, 0.95}, {1, 10, 0.39416}, {5, 100, 0.10225}, {10, 10, 1}, {0, 0, 1}} {
		if got := compare.Bound(c.k, c.n); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%d of %d: %.6f, want %.6f", c.k, c.n, got, c.want)
		}
	}
	if got := compare.Bound(500, 1_000_000); got < 0.0005 || got > 0.00054 {
		t.Errorf("of many: %f", got)
	}
}

func TestAChangeHasTheValuesOfBothSides(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 300)
	ours := `{"resourceType":"Patient","id":"p","birthDate":"1950-01-31","name":[{"family":"M\u00fcller"}],"multipleBirthInteger":2,"active":true,"telecom":[{"value":"` + long + `"}]}`
	theirs := `{"resourceType":"Patient","id":"p","gender":"other","name":[{"family":"Mueller"},{"family":"X"}],"multipleBirthInteger":3.0,"active":"true"}`
	got, err := compare.Changes([]byte(ours), []byte(theirs))
	want := []compare.Change{
		{Path: "Patient.active", Sent: "true", Held: "true"}, // of another type
		{Path: "Patient.birthDate", Sent: "1950-01-31"},
		{Path: "Patient.gender", Held: "other"},
		{Path: "Patient.multipleBirthInteger", Sent: "2", Held: "3.0"},
		{Path: "Patient.name[0].family", Sent: "Müller", Held: "Mueller"},
		{Path: "Patient.name[1]", Held: `{"family":"X"}`},
		{Path: "Patient.telecom", Sent: `[{"value":"` + strings.Repeat("ü", 94) + "…"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
