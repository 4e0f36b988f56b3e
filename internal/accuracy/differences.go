package main

import (
	"regexp"
	"slices"
	"strings"
)

// differenceKind says what a systematic difference does to the figures.
type differenceKind uint8

const (
	// asFarAsTold: equal as far as the CSV tells. It counts as equal, in a
	// column of its own.
	asFarAsTold differenceKind = iota
	// sourceSilent: the CSV lacks what the truth has. It is not comparable.
	sourceSilent
	// chosen: both are right, and the mapping writes the other form on purpose.
	// It counts as equal, in a column of its own.
	chosen
)

// difference is a difference that is no mistake of the mapping, with its
// reason. holds is exact: it accepts this difference and no other.
type difference struct {
	typ    string // "" any type
	fields []string
	kind   differenceKind
	reason string
	holds  func(want, got []string) bool
}

func each(holds func(w, g string) bool) func(want, got []string) bool {
	return func(want, got []string) bool { return pairwise(want, got, holds) }
}

// differences lists all of them, read-only. docs/accuracy.md has the same list.
var differences = []difference{
	{
		"",
		[]string{"onset", "abatement", "recorded", "death date", "start", "end", "occurrence"},
		asFarAsTold,
		"The CSV has the day only (conditions, allergies, careplans, supplies, DEATHDATE): compared by day.",
		each(func(w, g string) bool { return len(g) == 10 && day(w) == g }),
	},
	{
		"",
		[]string{"code text", "string value", "value text", "name", "address line"},
		asFarAsTold,
		"Synthea writes a blank for every comma of a text in the CSV: compared with commas as blanks.",
		each(func(w, g string) bool { return strings.ReplaceAll(w, ",", " ") == g }),
	},
	{
		"Observation",
		[]string{"value"},
		asFarAsTold,
		"The CSV rounds numbers to one decimal, Synthea's FHIR to five significant digits: compared at the coarser of the two. " +
			"All digits of the CSV are kept, which the last row shows.",
		each(func(w, g string) bool { return rounded(w, g) || truncated(w, g) }),
	},
	{
		"Patient",
		[]string{"SSN"},
		chosen,
		"The identifier system us-ssn wants nine digits without dashes.",
		each(func(w, g string) bool { return strings.ReplaceAll(w, "-", "") == g }),
	},
	{
		"",
		[]string{"postal code"},
		chosen,
		"ZIP codes of nine digits get their hyphen.",
		each(func(w, g string) bool { return len(w) == 9 && w[:5]+"-"+w[5:] == g }),
	},
	{
		"ImagingStudy",
		[]string{"modality system"},
		chosen,
		"Modalities carry DICOM's code system, http://dicom.nema.org/resources/ontology/DCM; Synthea writes the address of a web page.",
		each(func(w, g string) bool {
			return strings.HasSuffix(w, "sect_CID_29.html") && g == "http://dicom.nema.org/resources/ontology/DCM"
		}),
	},
	{
		"Observation",
		[]string{"unit code"},
		chosen,
		"The unit pH is written with its UCUM code, [pH].",
		each(func(w, g string) bool { return strings.HasSuffix(w, "|pH") && strings.TrimSuffix(w, "pH")+"[pH]" == g }),
	},
	{
		"Observation",
		[]string{"category"},
		sourceSilent,
		"Synthea's FHIR adds the category clinical-test of US Core 5 to examinations; the CSV has exam only, and US Core 6.1 no such code.",
		func(want, got []string) bool {
			return slices.Equal(want, []string{"clinical-test", "exam"}) && slices.Equal(got, []string{"exam"})
		},
	},
	{
		"Patient",
		[]string{"marital status"},
		sourceSilent,
		"The CSV leaves MARITAL empty where Synthea's FHIR exporter falls back to S (never married).",
		func(want, got []string) bool { return slices.Equal(want, []string{"S"}) && len(got) == 0 },
	},
	{
		"AllergyIntolerance",
		[]string{"reaction", "severity"},
		sourceSilent,
		"The CSV has room for two reactions; the others are not in it.",
		func(want, got []string) bool { return len(want) > 2 && len(got) == 2 && subset(got, want) },
	},
	{
		"AllergyIntolerance",
		[]string{"severity"},
		sourceSilent,
		"Synthea's FHIR exporter leaves out severities that its CSV has.",
		each(func(w, g string) bool { return w == g || strings.HasPrefix(g, w+"=") }),
	},
	{
		"",
		[]string{"claim type"},
		sourceSilent,
		"HEALTHCARECLAIMTYPEID1 says professional or institutional by other rules than Synthea's FHIR, which goes by the class of the encounter and calls bills of drugs pharmacy.",
		each(func(_, g string) bool { return g == "professional" || g == "institutional" }),
	},
	{
		"Claim",
		[]string{"payer"},
		asFarAsTold,
		"The CSV names a second payer as well, which Synthea's FHIR does not: compared by whether the first one is there.",
		func(want, got []string) bool { return len(want) == 1 && len(got) == 2 && subset(want, got) },
	},
	{
		"Claim",
		[]string{"diagnoses"},
		asFarAsTold,
		"The CSV names all diagnoses that a bill is for, Synthea's FHIR the conditions of that encounter only: compared by whether all of these are there.",
		func(want, got []string) bool { return subset(want, got) },
	},
	{
		"Claim",
		[]string{"charges"},
		asFarAsTold,
		"The CSV names what is charged; Synthea's FHIR makes items of diagnoses and tests as well, leaves out the price of the encounter, and has a price where the CSV charges 0.00: " +
			"compared by whether every charge is an item of the same price.",
		charged,
	},
	{
		"Claim",
		[]string{"charges"},
		sourceSilent,
		"claims_transactions.csv is cut short to its first 20,000 rows in this set: most claims have no charges.",
		func(_, got []string) bool { return len(got) == 0 },
	},
	{
		"ExplanationOfBenefit",
		[]string{"submitted"},
		sourceSilent,
		"Synthea's FHIR adds up tests and devices as well, which the CSV does not charge.",
		each(func(w, g string) bool {
			a, b, ok := numbers(w, g)
			return ok && a.Cmp(b) > 0
		}),
	},
	{
		"ImagingStudy",
		[]string{"image title"},
		sourceSilent,
		"Titles of images are not in the CSV; the name of the SOP class stands in for them.",
		each(func(w, g string) bool { return imageUID.FindString(w) == imageUID.FindString(g) }),
	},
}

var imageUID = regexp.MustCompile(`^[0-9.]+=`)

func subset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(v string) bool { return !slices.Contains(whole, v) })
}

// differenceOf returns the index of the systematic difference that explains
// want against got, -1 for none.
func differenceOf(typ, field string, want, got []string) int {
	return slices.IndexFunc(differences, func(d difference) bool {
		return (d.typ == "" || d.typ == typ) && slices.Contains(d.fields, field) && d.holds(want, got)
	})
}
