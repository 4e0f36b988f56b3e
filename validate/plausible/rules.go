package plausible

import (
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// Codes returns the stable codes of all issues of this package, sorted: the
// names of the rules.
func Codes() []issue.Code {
	var codes []issue.Code
	for _, r := range Rules() {
		codes = append(codes, issue.Code{Code: r.Name, Title: r.Title, Fix: r.Fix})
	}
	slices.SortFunc(codes, func(a, b issue.Code) int { return strings.Compare(a.Code, b.Code) })
	return codes
}

// ruleID is a rule's place in Rules.
type ruleID int

const (
	birthTooEarly ruleID = iota
	birthInFuture
	ageOver120
	deathBeforeBirth
	deathInFuture
	identifierShared
	placeholderBirth
	placeholderName
	januaryBirths
	ssnImpossible
	npiCheckDigit
	eventTooEarly
	eventInFuture
	eventBeforeBirth
	eventAfterDeath
	endBeforeStart
	eventOutsideEncounter
	encounterWithoutPatient
	sexConflict
	measurementRange
	measurementUnit
	unitSwapped
	pressureSwapped
	prescriptionAmount
	allergyToNothing
	monthGap

	ruleCount
)

// Rule is one thing that is hardly true.
type Rule struct {
	Name string // stable, the code of its issues
	// Category is Kahn's: atemporal, temporal or uniqueness plausibility, or
	// completeness.
	Category string
	Title    string // what was found, half a sentence
	Fix      string // what to do about it
	// Threshold is how many per cent of violations pass: a few are life, many
	// are a mistake of the mapping.
	Threshold float64
	Source    string // where rule and threshold come from
}

// The sources of rules and thresholds. Those of the OHDSI Data Quality
// Dashboard are its CSV files of checks, version 2.8.4; the limits of ours are
// wide on purpose: what lies beyond is a slip of the keyboard or a wrong unit,
// not a sick patient.
const (
	dqd   = "OHDSI DataQualityDashboard 2.8.4"
	ours  = "chartlift"
	ssa   = "US Social Security Administration, numbers never assigned"
	npi   = "US Core us-core-17 (NPI check digit)"
	fixed = 0 // any violation is one too many
)

// Rules returns all rules.
func Rules() []Rule {
	return []Rule{
		birthTooEarly:           {"birth-before-1850", "atemporal", "the birth date is before 1850", "look at the source's date format and its placeholder for unknown dates", 1, dqd + ", plausibleValueLow"},
		birthInFuture:           {"birth-in-future", "temporal", "the birth date is in the future", "look at the century of two-digit years", fixed, dqd + ", plausibleValueHigh"},
		ageOver120:              {"age-over-120", "atemporal", "the patient would be older than 120 years and is not marked as deceased", "correct the birth date or map the death", fixed, ours},
		deathBeforeBirth:        {"death-before-birth", "temporal", "the death is before the birth", "see whether columns or day and month are swapped", fixed, dqd + ", plausibleTemporalAfter"},
		deathInFuture:           {"death-in-future", "temporal", "the death is in the future", "correct the date", fixed, dqd + ", plausibleValueHigh"},
		identifierShared:        {"identifier-shared", "uniqueness", "two patients have the same identifier", "merge them if they are one person, else correct the identifier", fixed, ours},
		placeholderBirth:        {"birth-date-placeholder", "atemporal", "the birth date is one that systems write where none is known (1900-01-01, 1970-01-01)", "map it to nothing: | null_if '1900-01-01'", fixed, ours},
		placeholderName:         {"test-patient", "atemporal", "the name is that of a test patient", "leave such rows out by a where", fixed, ours},
		januaryBirths:           {"births-on-1-january", "atemporal", "more than one birth in a hundred is on the first of January beyond what is expected", "unknown days may have been written as 01-01: keep the year only", 1, ours},
		ssnImpossible:           {"ssn-impossible", "atemporal", "a US social security number was never assigned (000, 666, 9xx, repeated digits, 123-45-6789)", "map such numbers to nothing", fixed, ssa},
		npiCheckDigit:           {"npi-check-digit", "atemporal", "a US provider number fails its check digit", "correct it or leave it out", fixed, npi},
		eventTooEarly:           {"event-before-1950", "atemporal", "the date is before 1950", "look at the source's date format and its placeholder for unknown dates", 1, dqd + ", plausibleValueLow"},
		eventInFuture:           {"event-in-future", "temporal", "something that has happened is dated in the future", "look at the date format; planned things belong into other resources", 1, dqd + ", plausibleValueHigh"},
		eventBeforeBirth:        {"event-before-birth", "temporal", "the date is before the patient's birth", "see whether it is the right patient and the right date", 1, dqd + ", plausibleAfterBirth"},
		eventAfterDeath:         {"event-after-death", "temporal", "the date is after the patient's death", "see whether it is the right patient and the right date", 1, dqd + ", plausibleBeforeDeath"},
		endBeforeStart:          {"end-before-start", "temporal", "the end is before the start", "see whether the columns are swapped", 1, dqd + ", plausibleStartBeforeEnd"},
		eventOutsideEncounter:   {"event-outside-encounter", "temporal", "the date is more than a week away from its encounter", "see whether the encounter's key is the right one", 5, dqd + ", withinVisitDates"},
		encounterWithoutPatient: {"encounter-without-patient", "completeness", "an encounter has no patient", "see what the rows without a patient's key are", fixed, dqd + ", isRequired"},
		sexConflict:             {"sex-conflict", "atemporal", "the diagnosis or procedure does not go with the patient's sex", "see whether it is the right patient, and the sex's codes", 5, dqd + ", plausibleGender"},
		measurementRange:        {"measurement-out-of-range", "atemporal", "the value is beyond what a living body has", "look at the unit, the decimal point and the column", 1, ours},
		measurementUnit:         {"measurement-unit", "atemporal", "the unit does not go with the measurement", "map the unit to UCUM, or see whether code or unit is wrong", 5, dqd + ", plausibleUnitConceptIds"},
		unitSwapped:             {"unit-swapped", "atemporal", "the value is right in another unit than the one it has (Celsius and Fahrenheit, kilogram and gram)", "map the unit by the source's unit column", fixed, ours},
		pressureSwapped:         {"blood-pressure-swapped", "atemporal", "the systolic pressure is not above the diastolic one", "see whether the columns are swapped", 1, ours},
		prescriptionAmount:      {"prescription-amount", "atemporal", "days of supply are not from 1 to 365, refills not from 0 to 24, or the quantity is not above 0", "look at the columns and their units", 1, dqd + ", plausibleValueLow and High of drug exposures"},
		allergyToNothing:        {"allergy-to-nothing", "atemporal", "what the patient is allergic to reads like a denial or like nothing known (None, NKDA, denies latex, unknown)", "write | no_known_allergy for those that say there is none, and leave out or correct the others", fixed, ours},
		monthGap:                {"month-gap", "completeness", "a month has less than half as many records as the twelve months around it", "ask the old vendor whether the extract is complete for that month", fixed, ours},
	}
}
