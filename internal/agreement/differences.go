package main

import (
	"fmt"
	"strings"
)

// difference is a verdict that differs on purpose: we refuse for the rule ours,
// or they refuse for the code theirs.
type difference struct{ ours, theirs, why string }

// differences lists where the reference validator is not followed, each with
// what the specification says.
func differences() []difference {
	return []difference{
		{ours: "structure-resource-type", why: "HumanName, Resource and DomainResource are no resources: nobody could load one"},
		{ours: "choice-multiple", why: "a second branch of a choice that has extensions only"},
		{ours: "narrative-unsafe", why: "a picture's address that would run a script"},
		{ours: "invariant-failed rng-2", why: rangeUnits},
		{theirs: "http://hl7.org/fhir/StructureDefinition/Range#rng-2", why: rangeUnits},
		{theirs: "Terminology_PassThrough_TX_Message Code \"", why: "all of BCP 47 is allowed where R4 prefers its own list of languages"},
		{theirs: "Terminology_PassThrough_TX_Message Inappropriate CodeSystem URL", why: "a language in a code system of the house beside the preferred one: said as advice"},
		{theirs: "Terminology_TX_NoValid_1_CC", why: "of several codings one must be in the required set; that others are of foreign systems is no fault"},
		{theirs: "TYPE_SPECIFIC_CHECKS_DT_ATT_HASH_MISMATCH", why: "the hash of an attachment whose data lie elsewhere cannot be checked"},
		{theirs: "TYPE_SPECIFIC_CHECKS_DT_ATT_SIZE_CORRECT", why: "nor can its size"},
		{theirs: "EXCEPTION ", why: "the reference validator broke down"},
		{theirs: "SM_", why: "expressions and variables inside of a StructureMap"},
		{theirs: "OPDEF_", why: "profiles that an OperationDefinition names are not looked up"},
	}
}

const rangeUnits = "1 kg is more than 2 g: units of UCUM are converted before they are compared"

// onPurpose returns why the verdicts differ, "" where no known reason explains
// everything that only one side found.
func onPurpose(t *trial) string {
	why := ""
	for _, i := range t.errors() {
		d := explained(func(d difference) bool {
			return d.ours != "" && strings.HasPrefix(i.Code+" "+i.Rule+" "+place(i.Expression), d.ours)
		})
		if d == "" {
			return ""
		}
		why = d
	}
	for _, i := range t.theirErrors() {
		d := explained(func(d difference) bool { return d.theirs != "" && strings.HasPrefix(i.Code+" "+i.Message, d.theirs) })
		if d == "" {
			return ""
		}
		why = d
	}
	return why
}

func explained(by func(difference) bool) string {
	for _, d := range differences() {
		if by(d) {
			return d.why
		}
	}
	return ""
}

const docHead = `# Does the validator agree with the reference?

Written by ` + "`make agreement`" + `; do not edit. HL7's reference validator (HAPI FHIR 8.8.1, org.hl7.fhir.core 6.7.9; offline, R4 without guides) and ours judge the same resources:

- **as they are**: what the shipped mappings make of the sets of their systems, the examples of US Core without their profiles, definitions of R4, the cases of our own tests, Synthea's FHIR, and
  resources of all types that a generator makes from the definitions, sound or not;
- **broken**: resources that the reference calls valid, broken by a generator in one way each. The kinds of mistake are a list; the same seed gives the same mutants.

` + columns

const guideHead = `# Does the validator agree with the reference, by profiles?

Written by ` + "`go run ./internal/agreement -ig FILE.tgz`" + `; do not edit. The examples of a guide with the profiles that they name, and these broken: against their profiles in the ways listed, and in all ways that
[agreement.md](agreement.md) lists for R4 alone (*any other mistake*). The reference validator has the guide's package, and neither a terminology server nor what stands at VSAC.

` + columns

const columns = `Columns: *agree*: both call it valid, or both invalid. *False alarms*: valid for the reference, not for us. *Misses*: the other way round. *On purpose*: of both, those where each finding of one side alone has a reason below; they count
as disagreement all the same. *Same place*: where both call it invalid, the share that has an error of both at one element. *Errors*: their number where both call it invalid.

Bars: agreement on broken resources 98 %, false alarms 0.3 %, same place 90 %, one finding a cause.

`

// differencesMarkdown counts the verdicts that differ on purpose.
func differencesMarkdown(trials []trial) string {
	count := map[string]int{}
	for i := range trials {
		if t := &trials[i]; !t.agrees() {
			if why := onPurpose(t); why != "" {
				count[why]++
			}
		}
	}
	var b strings.Builder
	b.WriteString("\n## Where we differ on purpose\n\n| resources | why |\n|---:|---|\n")
	said := map[string]bool{}
	for _, d := range differences() {
		if !said[d.why] {
			said[d.why] = true
			fmt.Fprintf(&b, "| %d | %s |\n", count[d.why], d.why)
		}
	}
	return b.String()
}
