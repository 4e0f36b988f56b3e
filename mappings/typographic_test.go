package mappings_test

import (
	"strings"
	"testing"
)

// quoted is a mapping with text as the name of a relationship; %s is a value in
// YAML.
const quoted = `chartlift: 1
id: t
sources:
  pat: { csv: { path: pat.csv }, key: [ID] }
maps:
  a:
    from: pat
    resource: Patient
    elements:
      active: true
      contact: [{ relationship: [{ text: %s }] }]
`

func TestTypographicQuotesThatBelongToATextAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"“next of kin”"`, `'‘next of kin’'`, "’t Hooft", "the patient’s mother", "called “Ma” at home", `$KIN | default "the patient’s ‘mother’"`, `$KIN | map "“M”"=mother`,
		"called ’", "the kin’s",
	} {
		prog, findings := compile(strings.Replace(quoted, "%s", text, 1))
		if prog == nil || len(findings) > 0 {
			t.Errorf("%s is refused:\n%s", text, show(findings))
		}
	}
}

func TestATypographicQuoteAtTheStartOfATextIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"“next of kin”", "“next of kin", "”next of kin”", "„next of kin“", "‘next’", "’next’", "«next»", "‹next›", "“", "‟next"} {
		prog, findings := compile(strings.Replace(quoted, "%s", text, 1))
		if prog != nil || len(findings) != 1 || findings[0].Code != "E0124" || findings[0].At.Line != 11 || findings[0].At.Column != 42 {
			t.Errorf("%s gives\n%s", text, show(findings))
			continue
		}
		if q := string([]rune(text)[:1]); !strings.HasPrefix(findings[0].Message, q+" is a typographic quote") || !strings.Contains(findings[0].Message, "write straight quotes") {
			t.Errorf("of %s it says: %s", text, findings[0].Message)
		}
	}
}
