package suites

import (
	"regexp"
	"slices"
	"strings"
)

// noOutcome is the reason where the suite says nothing of the reference validator.
const noOutcome = "the suite has no outcome of the reference validator for it"

// foreign returns why a case is not meant for a validator of R4 in JSON, "" where it is.
func (c *validatorCase) foreign() string {
	switch {
	case !strings.HasPrefix(c.Version, "4.0"):
		return "R5 or another version"
	case c.Use != nil && !*c.Use:
		return "the suite itself leaves it out"
	case slices.Contains([]string{"cda", "cdshooks", "shc", "v2"}, c.Module):
		return "CDA, CDS Hooks, SMART Health Cards, HL7 v2"
	case c.Module == "json5":
		return "JSON 5"
	case len(c.Logical) > 0, c.Module == "logical":
		return "logical models"
	case len(c.Packages) > 0 || c.Profile != nil && len(c.Profile.Packages) > 0:
		return "needs a guide that the suite does not bring"
	case strings.HasSuffix(c.File, ".fml"):
		return "mapping language"
	}
	return ""
}

// reason is why a case that fails is right to fail. Where notOurs is set, it judges what we do not claim to know.
type reason struct {
	suite, why string
	notOurs    bool
	names      string         // of cases, separated by blanks
	group      string         // or all failing cases of a group
	theirs     *regexp.Regexp // or those of which everything that the suite expects matches
	ours       *regexp.Regexp // or those of which what we say matches
}

// later finds the functions that Compile refuses.
var later = regexp.MustCompile(`^error: not known here`)

// wordsOfServers finds errors about codes and displays of systems that only a terminology server knows.
var wordsOfServers = regexp.MustCompile(`Wrong Display Name|Unknown code .* in the CodeSystem|not valid in the system http://(snomed|loinc)|http://snomed\.info|ValueSet .* property|A definition for .* could not be found`)

// answersOf finds errors about a form, and not about the resource that holds the answers.
var answersOf = regexp.MustCompile(`^(QuestionnaireResponse|Bundle\.entry\[\d+\]\.resource/\*QuestionnaireResponse)`)

// reasons lists them; the first that fits counts.
func reasons() []reason {
	return []reason{
		{suite: "FHIRPath", notOurs: true, ours: later, why: "functions that came after FHIRPath 2.0: `lowBoundary`, `highBoundary`, `precision`, `comparable`, `sort`"},
		{
			suite: "FHIRPath", notOurs: true, why: "strict mode, which checks paths before anything is run: FHIRPath N1, 11, leaves it open",
			names: "testSimpleFail testSimpleWithWrongContext testPolymorphismB testPolymorphismAsB testDollarOrderNotAllowed testIif6 testPolymorphicsB",
		},
		{suite: "FHIRPath", names: "testIif10", why: "FHIRPath N1, 5.5.1, lets `iif()` stand behind several values; a later draft does not"},
		{suite: "FHIRPath", names: "testPlusDate19", why: "FHIRPath N1, 6.8, takes seconds and milliseconds for one precision: a tenth of a second is 100 ms, not none"},
		{suite: "FHIRPath", names: "testPrecedence3 testPrecedence4", why: "FHIRPath N1, 6.9: `is` binds closer than a union or a comparison"},
		{
			suite: "FHIRPath", names: "testType12",
			why: "R4's own que-7 (`answer is Boolean`) and US Core's us-core-1 (`$this is DateTime`) say it of FHIR's types; taken by the letter they would never hold, or always",
		},
		{suite: "FHIRPath", names: "testFHIRPathAsFunction11 testFHIRPathAsFunction16", why: "FHIRPath N1, 5.2.4 and 6.3: `as` and `ofType` take subclasses too, and a `code` is a `string`"},
		{suite: "FHIRPath", names: "testFHIRPathAsFunction21", why: "R4's own invariants call `as()` on several values (dom-3)"},
		{suite: "Validator", notOurs: true, group: "questionnaire", theirs: answersOf, why: "answers are not held against their Questionnaire"},
		{suite: "Validator", notOurs: true, theirs: wordsOfServers, why: "a terminology server is needed"},
	}
}

// explained gives a failing case its reason, where one is known.
func (r Result) explained() Result {
	if r.Verdict != Failed {
		return r
	}
	for _, known := range reasons() {
		if known.suite != r.Suite || !known.fits(r) {
			continue
		}
		r.Verdict, r.Why = Differs, known.why
		if known.notOurs {
			r.Verdict = NotOurs
		}
		return r
	}
	return r
}

func (k reason) fits(r Result) bool {
	if k.group != "" && k.group != r.Group {
		return false
	}
	switch {
	case k.names != "":
		return slices.Contains(strings.Fields(k.names), strings.ReplaceAll(r.Name, " ", ""))
	case k.ours != nil:
		return k.ours.MatchString(r.Ours)
	case k.theirs == nil || r.Theirs == "":
		return false
	}
	for _, one := range strings.Split(r.Theirs, "; ") {
		if !k.theirs.MatchString(one) {
			return false
		}
	}
	return true
}
