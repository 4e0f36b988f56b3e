package load_test

import (
	"slices"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

func TestAnEntryThatNoTargetTakesIsNamedWithoutItsID(t *testing.T) {
	t.Parallel()
	good := `{"resourceType":"Patient","id":"a"}`
	rows := []struct {
		name string
		r    fhir.Resource
		bad  string
	}{
		{"plain", fhir.Resource{Type: "Patient", ID: "a-1.B", JSON: []byte(good)}, ""},
		{"longest id", fhir.Resource{Type: "Patient", ID: strings.Repeat("x", 64), JSON: []byte(good)}, ""},
		{"path in type", fhir.Resource{Type: "../Patient", ID: "a", JSON: []byte(good)}, "type"},
		{"no type", fhir.Resource{ID: "a", JSON: []byte(good)}, "type"},
		{"slash in id", fhir.Resource{Type: "Patient", ID: "a/b", JSON: []byte(good)}, "id"},
		{"id too long", fhir.Resource{Type: "Patient", ID: strings.Repeat("x", 65), JSON: []byte(good)}, "id"},
		{"no id", fhir.Resource{Type: "Patient", JSON: []byte(good)}, "id"},
		{"two lines", fhir.Resource{Type: "Patient", ID: "a", JSON: []byte("{\n}")}, "one line"},
		{"empty", fhir.Resource{Type: "Patient", ID: "a"}, "one JSON object"},
	}
	for _, row := range rows {
		origin := issue.Origin{Source: "patients.csv", Row: 7}
		got, bad := load.Unsendable(load.Entry{Resource: row.r, Origin: origin})
		if bad != (row.bad != "") {
			t.Errorf("%s: unsendable is %v", row.name, bad)
			continue
		}
		if !bad {
			continue
		}
		if got.Code != "unsendable-resource" || got.Origin != origin || !strings.Contains(got.Message, row.bad) {
			t.Errorf("%s: got %+v", row.name, got)
		}
		if row.r.ID != "" && strings.Contains(got.Message, row.r.ID+"/") {
			t.Errorf("%s: the message carries the id: %s", row.name, got.Message)
		}
	}
}

func TestOnlyTwoHundredsMeanThatTheTargetHoldsTheResource(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{0: false, 199: false, 200: true, 201: true, 299: true, 304: false, 409: false, 503: false} {
		if got := (load.Outcome{Status: status}).OK(); got != want {
			t.Errorf("status %d: OK is %v", status, got)
		}
	}
}

func TestCodesAreSortedAndComplete(t *testing.T) {
	t.Parallel()
	codes := load.Codes()
	if !slices.IsSortedFunc(codes, func(a, b issue.Code) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("codes are not sorted")
	}
	for _, c := range codes {
		if c.Title == "" || c.Fix == "" {
			t.Errorf("%s lacks a title or a fix", c.Code)
		}
	}
}

func TestTargetsThatCannotBeSearchedTakeNoReferencesByASearch(t *testing.T) {
	t.Parallel()
	entry := func(subject string) load.Entry {
		return load.Entry{
			Origin:   issue.Origin{Source: "in.json", Row: 3},
			Resource: fhir.Resource{Type: "Condition", ID: "c", JSON: []byte(`{"resourceType":"Condition","id":"c","subject":{"reference":"` + subject + `"}}`)},
		}
	}
	for subject, want := range map[string]bool{
		"Patient/1": false, "urn:uuid:x": false, "#p": false, "https://x.org/Patient?identifier=1": false, "Patient?identifier=urn:mrn|17": true, "Patient?name=x": true,
	} {
		why, bad := load.Dangling(entry(subject))
		if bad != want || bad && (why.Code != "reference-unresolved" || why.Origin.Row != 3 || strings.Contains(why.Message, "17")) {
			t.Errorf("%s: %v %+v", subject, bad, why)
		}
		if _, bad := load.Unsendable(entry(subject)); bad {
			t.Errorf("%s: files do not take it", subject)
		}
	}
	broken := entry("Patient?identifier=1")
	broken.Resource.ID = "a/b"
	if why, bad := load.Dangling(broken); !bad || why.Code != "unsendable-resource" {
		t.Errorf("%+v", why)
	}
}
