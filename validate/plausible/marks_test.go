package plausible_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate/plausible"
)

// charts are resources of which some are hardly true: born after death, an
// encounter before the birth.
func charts() []fhir.Resource {
	return []fhir.Resource{
		{Type: "Patient", ID: "p", JSON: []byte(`{"resourceType":"Patient","id":"p","birthDate":"1990-05-01","deceasedDateTime":"1980-01-01"}`)},
		{Type: "Encounter", ID: "e", JSON: []byte(`{"resourceType":"Encounter","id":"e","status":"finished","subject":{"reference":"Patient/p"},"period":{"start":"1970-01-01T10:00:00Z"}}`)},
		{Type: "Observation", ID: "o", JSON: []byte(`{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"1960-01-01","valueQuantity":{"value":900,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`)},
		{Type: "Patient", ID: "empty", JSON: []byte(`{}`)},
	}
}

// membersOf finds the members of compact JSON by its decoder's way of writing:
// text is an object without spaces.
func membersOf(t *testing.T, text []byte) []fhir.Member {
	t.Helper()
	var out []fhir.Member
	depth, quoted, start := 0, false, 0
	name := ""
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			if depth == 1 {
				start = i + 1
			}
		case c == ':' && depth == 1:
			name, start = strings.Trim(string(text[start:i]), `"`), i+1
		case c == ',' && depth == 1, c == '}' && depth == 1 && name != "":
			out = append(out, fhir.Member{Name: name, Start: int32(start), End: int32(i)})
			start = i + 1
		}
		if !quoted && (c == '}' || c == ']') {
			depth--
		}
	}
	return out
}

func TestMarksLeadToTheSameFindings(t *testing.T) {
	t.Parallel()
	findings := func(check func(w *plausible.Worker, r fhir.Resource, o issue.Origin)) (said []issue.Issue, results []plausible.Result) {
		c := plausible.New(plausible.Options{Today: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
		w := c.Worker(func(i issue.Issue) { said = append(said, i) })
		for n, r := range charts() {
			check(w, r, issue.Origin{Source: "x.csv", Row: int64(n + 1)})
		}
		results = finish(t, c, func(i issue.Issue) { said = append(said, i) })
		return said, results
	}
	wantSaid, wantResults := findings(func(w *plausible.Worker, r fhir.Resource, o issue.Origin) { w.Check(r, o) })
	if len(wantSaid) < 3 {
		t.Fatalf("only %+v was found", wantSaid)
	}
	said, results := findings(func(w *plausible.Worker, r fhir.Resource, o issue.Origin) {
		marks := plausible.AppendMarks(nil, r.JSON, membersOf(t, r.JSON)[:])
		if rest, ok := w.CheckMarked(r, string(marks)+"the next", o); !ok || rest != "the next" {
			t.Errorf("%s: %q is left", r.ID, rest)
		}
	})
	if diff := cmp.Diff(wantSaid, said); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantResults, results); diff != "" {
		t.Error(diff)
	}
}

func TestMembersThatStandElsewhereAreNotMarked(t *testing.T) {
	t.Parallel()
	text := []byte(`{"a" : 1,"b":2}`)
	for what, members := range map[string][]fhir.Member{
		"spaces": {{Name: "a", Start: 7, End: 8}}, "none": nil, "out of order": {{Name: "b", Start: 13, End: 14}, {Name: "a", Start: 7, End: 8}},
		"an end before its start": {{Name: "b", Start: 13, End: 12}}, "before the text": {{Name: "bcd", Start: 5, End: 6}},
	} {
		if got := plausible.AppendMarks([]byte("x"), text, members); string(got) != "x\x00" {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := plausible.AppendMarks(nil, text, []fhir.Member{{Name: "b", Start: 13, End: 14}}); !cmp.Equal(got, []byte{1, 8, 0, 1, 1, 0}) {
		t.Errorf("%v", got)
	}
}

func TestMembersThatAreTooLongAreNotMarked(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ before, name, value int }{
		"a value": {0, 1, 1 << 16}, "a name": {0, 1 << 8, 1}, "what stands before": {1 << 16, 1, 1},
	} {
		text := []byte("{" + strings.Repeat(" ", c.before) + `"` + strings.Repeat("a", c.name) + `":` + strings.Repeat("1", c.value) + "}")
		start := 1 + c.before + c.name + 3
		m := []fhir.Member{{Name: string(text[start-c.name-2 : start-2]), Start: int32(start), End: int32(start + c.value)}}
		if got := plausible.AppendMarks([]byte("x"), text, m); string(got) != "x\x00" {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := plausible.AppendMarks(nil, []byte("{}"), make([]fhir.Member, 256)); string(got) != "\x00" {
		t.Errorf("256 members: %q", got)
	}
}

func FuzzCheckMarked(f *testing.F) {
	f.Add(`{"birthDate":"1990-05-01"}`, "\x01\x00\x00\x09\x0c\x00")
	f.Add(`{"birthDate":"1990-05-01"}`, "\x01\x00\x00\x09\x0d\x00")
	f.Add(`{}`, "\xff\xff\xff\xff\xff")
	f.Fuzz(func(t *testing.T, text, marks string) {
		w := plausible.New(plausible.Options{Today: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}).Worker(func(issue.Issue) {})
		rest, ok := w.CheckMarked(fhir.Resource{Type: "Patient", ID: "x", JSON: []byte(text)}, marks, issue.Origin{})
		if ok && !strings.HasSuffix(marks, rest) {
			t.Errorf("%q is not the end of %q", rest, marks)
		}
	})
}
