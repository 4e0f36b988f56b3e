package mappings_test

import (
	"strings"
	"testing"

	"chartlift/internal/issue"
)

func TestRulesOfPlausibilityAreTunedBySite(t *testing.T) {
	t.Parallel()
	const base = "chartlift: 1\nid: x\nsources: { people: { csv: { path: p.csv }, key: [ID] } }\nmaps: { patient: { from: people, resource: Patient, elements: { gender: unknown } } }\nplausibility:\n"
	prog, found := compile(base + "  month-gap: { off: \"closed in ${param.year}\" }\n  sex-conflict: { threshold: 12.5% }\nparams: { year: \"2020\" }\n")
	if len(found) > 0 {
		t.Fatalf("found %+v", found)
	}
	if s := prog.Plausibility["month-gap"]; s.Off != "closed in 2020" || s.Threshold != nil {
		t.Errorf("month-gap is %+v", s)
	}
	if s := prog.Plausibility["sex-conflict"]; s.Threshold == nil || *s.Threshold != 12.5 {
		t.Errorf("sex-conflict is %+v", s)
	}
	for text, want := range map[string]string{
		"  month-gab: { off: x }\n":          `E0103 6:3 no rule of plausibility is called "month-gab" month-gap`,
		"  month-gap: { of: x }\n":           `E0103 6:16 unknown key "of" in plausibility off`,
		"  month-gap: { off: \"\" }\n":       "E0105 6:22 say why the rule is silent here: off: REASON ",
		"  month-gap: { threshold: 120% }\n": "E0107 6:27 write a share of the whole, such as 2% ",
		"  month-gap: quiet\n":               "E0104 6:14 expected keys and values here (off, threshold) ",
	} {
		_, found := compile(base + text)
		if got := lines(found); got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

// lines says each finding in a line: code, place, message, suggestion.
func lines(found []issue.Issue) string {
	var all []string
	for _, i := range found {
		all = append(all, i.Code+" "+strings.TrimPrefix(i.At.String(), i.At.File+":")+" "+i.Message+" "+i.Suggestion)
	}
	return strings.Join(all, "\n")
}
