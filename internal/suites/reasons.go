package suites

import (
	"regexp"
	"slices"
	"strings"
)

// noOutcome is the reason where the suite says nothing of the reference
// validator.
const noOutcome = "the suite has no outcome of the reference validator for it"

// foreign returns why a case is not meant for a validator of R4 in JSON, ""
// where it is.
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

// reason is why a case fails: because we read R4 otherwise, or because it
// judges what we do not claim to know (notOurs).
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

// wordsOfServers finds errors about codes and displays of systems that only a
// terminology server knows.
var wordsOfServers = regexp.MustCompile(`Wrong Display Name|Unknown code .* in the CodeSystem|not valid in the system http://(snomed|loinc)|http://snomed\.info|ValueSet .* property|A definition for .* could not be found`)

// answersOf finds errors about a form, and not about the resource that holds
// the answers.
var answersOf = regexp.MustCompile(`^(QuestionnaireResponse|Bundle\.entry\[\d+\]\.resource/\*QuestionnaireResponse)`)

// reasons lists them; the first that fits counts.
func reasons() []reason {
	return slices.Concat(
		ofExpressions(), ofSettings(), ofReading(), []reason{
			{suite: "Validator", notOurs: true, group: "questionnaire", theirs: answersOf, why: "answers are not held against their Questionnaire"},
			{suite: "Validator", notOurs: true, theirs: wordsOfServers, why: "a terminology server is needed"},
		},
	)
}

// ofExpressions are those of the FHIRPath tests.
func ofExpressions() []reason {
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
	}
}

// ofSettings are cases of the validator that judge what we do not claim to
// know.
func ofSettings() []reason {
	return []reason{
		{
			suite: "Validator", notOurs: true, why: "what the suite's settings ask of the reference validator alone: a fetcher for targets of references, profiles named beside the resource, certificates, " +
				"no example addresses, no HTML in texts, contained resources left out",
			names: "patient-circle1-bad-linked1(profile) patient-circle1-bad-source1(profile) patient-circle2-bad-linked(profile) patient-circle2-bad-source1(profile) patient-ig-bad bundle-bad-by-param " +
				"signatures-example-2 dr-example-org pat-example-extensions pat-security-bad-string pat-security-bad-string1 bad-markdown-no-html contained-resource-bad-id-ignore parameters-reference-bad",
		},
		{
			suite: "Validator", notOurs: true, why: "extensions of R5 and of other packages, which the reference validator knows by itself: profiles of narratives, obligations, values that must be there, minLength",
			names: "ext-xver-modifier-1 obs-value-xver-extension xver-extensions-vs extension-version-restriction-range-r4 extension-version-restriction-range-ctxt-r4 patient-value-present-bad(profile) " +
				"patient-value-alternative-bad(profile) patient-min-length(profile) additional-bindings-observation-2(profile) vs-params-1 vs-params-q xhtml-ctrl-source1(profile) xhtml-ctrl-no-lang-bad(profile) " +
				"xhtml-ctrl-two-lang-bad(profile) xhtml-ctrl-twob-lang-bad(profile) xhtml-ctrl-twob-lang-good2(profile) res-inv-example-good res-inv-example-bad",
		},
		{
			suite: "Validator", notOurs: true, why: "rules for who publishes definitions, beyond R4's invariants: snapshots, search parameters, filters and properties of code systems, concept maps, measures against their library",
			names: "capstmt sp-diff-type sp-diff-base observation-bad-profile supplement-1 supplement-1b supplement-2 vs-canonical-bad-2 vs-canonical-urn obs-mz StructureDefinition-Slice23 cm cs-bad-props vs-bad-props " +
				"ext-derived ext-derived-circle vs-filter-property-bad2 cs-narrative-status-pub vs-bad-ecl vs-bad-ecl-us questionnaire-enableWhen-test-invalid mr-m-cql-library mr-covid-m5 mr-covid-bnd1 member-of-CC-bad(profile)",
		},
		{
			suite: "Validator", notOurs: true, names: "mr-single-bad-2 mr-single-subj-list mr-single-not-subj-list mr-covid-mr1 measure-report-ihe", why: "reports are not held against their Measure",
		},
	}
}

// ofReading are cases in which R4 says otherwise than the suite expects.
func ofReading() []reason {
	return []reason{
		{
			suite: "Validator", names: "structureDefinition-11179-objectClass-R4",
			why: "R4's own definition lets the extension structuredefinition-fhir-type stand in `ElementDefinition.type.code` only",
		},
		{
			suite: "Validator", names: "obs-fio2 obs-vital-signs-mdc obs-percent obs-percent(profile)",
			why: "R4's own profiles of vital signs bind the unit of a component to `ucum-vitals-common` with the strength required; the suite takes it for extensible",
		},
		{suite: "Validator", names: "ref-policy-default-r4 ref-policy-default-apply-r5", why: "R4, 2.24.0.1: what stands behind `urn:uuid:` is a UUID; the suite only warns of others"},
		{
			suite: "Validator", names: "de-address-example(profile)",
			why: "profiles that no definition at hand defines: we say that they were not checked",
		},
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
		if r.Verdict, r.Why = Differs, known.why; known.notOurs {
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
