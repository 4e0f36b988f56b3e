package terms_test

import (
	"slices"
	"strings"
	"testing"

	"chartlift/fhir/terms"
)

// checkAll checks words of one system that all have the same verdict.
func checkAll(t *testing.T, set *terms.Set, system string, want terms.Verdict, codes ...string) {
	t.Helper()
	for _, code := range codes {
		if got := set.Check(system, code); got != want {
			t.Errorf("%s|%q: %d, want %d", system, code, got, want)
		}
	}
}

func TestLanguageTagsAreThoseOfBCP47(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	checkAll(t, set, terms.Languages, terms.Present,
		"en", "en-US", "de-CH-1901", "sr-Latn-RS", "zh-cmn-Hans-CN", "sl-rozaj-biske", "es-419", "i-klingon", "en-GB-oed", "art-lojban", "x-default", "und", "mul", "zxx", "cmn", "haw", "nl-BE", "pt-BR", "yue-HK")
	checkAll(t, set, terms.Languages, terms.Absent,
		"", "e", "english", "English", "en_US", "en-", "-en", "en--US", "en US", " en", "en ", "root", "C", "POSIX", "xx", "de-419-DE", "en-ZZZZZ", "a-DE", "en\x00", strings.Repeat("en-", 200)+"US")
}

func TestCountriesAreThoseThatISOAssigned(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	checkAll(t, set, terms.Countries, terms.Present, "US", "GB", "DE", "NA", "CI", "USA", "GBR", "DEU", "840", "004", "276", "SS", "XK", "YU", "DD")
	checkAll(t, set, terms.Countries, terms.Absent,
		"UK", "EU", "UN", "EZ", "AC", "XX", "ZZ", "us", "Usa", "usa", "4", "04", "84", "8400", "001", "419", "000", "999", "", " DE", "DE ", "U S", "England", "D", "U.S.", "Ｄ", "éé")
}

func TestCurrenciesAndMediaTypesHaveTheirForms(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	checkAll(t, set, terms.Currency, terms.Present, "USD", "EUR", "JPY", "ZWG", "AED", "ZWL", "XXX")
	checkAll(t, set, terms.Currency, terms.Absent, "", "usd", "US", "USDD", "$", "€", "EUR ", "DEM ", "AAA", "ZZZ", "AED AFN", "840")
	checkAll(t, set, terms.MediaType, terms.Present, "text/plain", "image/svg+xml", "application/fhir+json; fhirVersion=4.0", "text/plain;charset=UTF-8", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
	checkAll(t, set, terms.MediaType, terms.Absent, "", "text", "/plain", "text/", "text/plain;", "text/plain; charset", "te xt/plain", "text/plain/x", "text\\plain", "text/plain\x00", "application/ü")
}

// Every code that a system lists is present when it is asked for, and none of
// its neighbours that are not in the list.
func TestEveryListedCodeIsPresentAndSoAreThoseOfItsValueSets(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	for _, system := range []string{
		"http://hl7.org/fhir/administrative-gender", "http://hl7.org/fhir/observation-status", "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
		"http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "http://terminology.hl7.org/CodeSystem/condition-clinical", "http://terminology.hl7.org/CodeSystem/v2-0203",
	} {
		codes, ok := set.Codes(system)
		if !ok || len(codes) < 3 || !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
			t.Errorf("%s lists %v, %v", system, codes, ok)
		}
		for _, code := range codes {
			checkAll(t, set, system, terms.Present, code)
			checkAll(t, set, system, terms.Absent, code+"~", " "+code, code+"\t")
		}
	}
	for _, valueSet := range []string{"http://hl7.org/fhir/ValueSet/administrative-gender", "http://hl7.org/fhir/ValueSet/encounter-status", "http://hl7.org/fhir/ValueSet/marital-status", "http://hl7.org/fhir/ValueSet/allergyintolerance-clinical"} {
		count := 0
		if !set.Each(valueSet, func(system, code string) {
			count++
			if set.InSet(valueSet, system, code) != terms.Present || set.InSet(valueSet, "", code) != terms.Present || set.InSet(valueSet, "urn:other", code) != terms.Absent {
				t.Errorf("%s lists %s|%s and does not have it, or has it of any system", valueSet, system, code)
			}
			if verdict := set.Check(system, code); verdict == terms.Absent {
				t.Errorf("%s lists %s|%s, which its system does not have", valueSet, system, code)
			}
		}) || count < 3 {
			t.Errorf("%s lists %d codes", valueSet, count)
		}
	}
}

func TestWhatIsNotAtHandIsNotListed(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	for _, system := range []string{"http://loinc.org", "http://snomed.info/sct", terms.UCUM, terms.Languages, ""} {
		if codes, ok := set.Codes(system); ok || codes != nil {
			t.Errorf("%q lists %d codes", system, len(codes))
		}
	}
	nothing := func(string, string) { t.Error("a value set that nobody has lists a code") }
	if set.Each("http://example.org/vs", nothing) {
		t.Error("a value set that nobody has can be listed")
	}
	if got := set.InSet("http://example.org/vs", "", "a"); got != terms.Unknown {
		t.Errorf("a value set that nobody has: %d", got)
	}
}

// Tables of HL7 v2 do not say that case matters; FHIR's own systems do.
func TestCaseCountsWhereTheSystemSaysSo(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	checkAll(t, set, "http://terminology.hl7.org/CodeSystem/v2-0203", terms.Present, "MR", "mr", "Mr")
	checkAll(t, set, "http://terminology.hl7.org/CodeSystem/v2-0203", terms.Absent, "M", "MR ", "")
	checkAll(t, set, "http://hl7.org/fhir/observation-status", terms.Absent, "Final", "FINAL", "final ")
}
