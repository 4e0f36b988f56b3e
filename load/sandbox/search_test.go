package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

func TestSearches(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(200, "POST", "", bundle("transaction",
		put("Patient/a", patient("a")),
		put("Patient/b", `{"resourceType":"Patient","id":"b","identifier":[{"value":"m-a"},{"system":"urn:other","value":"z"}]}`),
		put("Observation/o1", observation("o1", "Patient/a")),
		put("Observation/o2", observation("o2", "Patient/b")),
		put("AllergyIntolerance/i", `{"resourceType":"AllergyIntolerance","id":"i","patient":{"reference":"Patient/a"}}`),
		put("QuestionnaireResponse/q", `{"resourceType":"QuestionnaireResponse","id":"q","identifier":{"system":"s","value":"v"},"subject":{"reference":"Patient/a"}}`),
	))
	for search, want := range map[string]string{
		"Patient":                                "a b",
		"Patient?_id=a":                          "a",
		"Patient?_id=b,a,none":                   "a b",
		"Patient?identifier=m-a":                 "a b",
		"Patient?identifier=urn:mrn|m-a":         "a",
		"Patient?identifier=|m-a":                "b",
		"Patient?identifier=urn:other|":          "b",
		"Patient?identifier=urn:mrn|m-a,z":       "a b",
		"Patient?identifier=m-a&_id=b":           "b",
		"Patient?identifier=M-A":                 "",
		"Patient?identifier=m-a'%20OR%201=1":     "",
		"Observation?subject=Patient/a":          "o1",
		"Observation?patient=a":                  "o1",
		"Observation?patient=Patient/a,b":        "o1 o2",
		"AllergyIntolerance?patient=a":           "i",
		"AllergyIntolerance?subject=a":           "",
		"QuestionnaireResponse?identifier=s|v":   "q",
		"Condition":                              "",
		"Condition?_format=json&_total=accurate": "",
	} {
		got := c.want(200, "GET", "/"+search, "")
		var ids []string
		for _, e := range got.Entry {
			ids = append(ids, e.Resource.ID)
			if !strings.HasPrefix(e.FullURL, c.base+"/") || !strings.HasSuffix(e.FullURL, "/"+e.Resource.ID) {
				t.Errorf("%s: fullUrl %s", search, e.FullURL)
			}
		}
		if found := strings.Join(ids, " "); found != want || got.Total != len(ids) {
			t.Errorf("%s finds %q (total %d), want %q", search, found, got.Total, want)
		}
		if n := c.count(search); n != len(ids) {
			t.Errorf("%s counts %d", search, n)
		}
	}
	for _, bad := range []string{"Patient?name=x", "Patient?_count=many", "Patient?_count=-1"} {
		c.want(400, "GET", "/"+bad, "")
	}
}

func TestPagesFollowEachOtherToTheEnd(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	var entries []string
	for i := range 25 {
		id := fmt.Sprintf("p%02d", i)
		entries = append(entries, put("Patient/"+id, strings.Replace(patient(id), "m-"+id, "same", 1)))
	}
	c.want(200, "POST", "", bundle("transaction", entries...))
	seen, pages := map[string]bool{}, 0
	for next := c.base + "/Patient?identifier=urn:mrn|same&_count=10"; next != ""; pages++ {
		got := c.want(200, "GET", strings.TrimPrefix(next, c.base), "")
		if got.Total != 25 {
			t.Errorf("page %d: total %d", pages, got.Total)
		}
		for _, e := range got.Entry {
			if seen[e.Resource.ID] {
				t.Errorf("%s is on two pages", e.Resource.ID)
			}
			seen[e.Resource.ID] = true
		}
		next = ""
		for _, l := range got.Link {
			if l.Relation == "next" {
				next = l.URL
			}
		}
	}
	if pages != 3 || len(seen) != 25 {
		t.Errorf("%d resources on %d pages", len(seen), pages)
	}
	if got := c.want(200, "GET", "/Patient?_count=0", ""); got.Total != 25 || len(got.Entry) != 0 {
		t.Errorf("_count=0 answers %s", got.body)
	}
}
