package fhirpath_test

import (
	"errors"
	"strings"
	"testing"

	"chartlift/fhir/fhirpath"
)

// expectRows runs expressions on one resource. "ERROR x" wants an error that
// has x in its text.
func expectRows(t *testing.T, resource string, rows map[string]string) {
	t.Helper()
	for expression, want := range rows {
		got, err := run(t, resource, expression)
		if err != nil {
			got = "ERROR " + err.Error()
		}
		if part, isError := strings.CutPrefix(want, "ERROR "); isError && err != nil && strings.Contains(got, part) {
			continue
		}
		if got != want {
			t.Errorf("%s = %q, want %q", expression, got, want)
		}
	}
}

// The truth tables are those of section 6.5 of FHIRPath N1, row by row.
func TestLogicFollowsTheTruthTables(t *testing.T) {
	t.Parallel()
	values := []string{"true", "false", "{}"}
	for sign, table := range map[string][]string{
		"and":     {"true", "false", "", "false", "false", "false", "", "false", ""},
		"or":      {"true", "true", "true", "true", "false", "", "true", "", ""},
		"xor":     {"false", "true", "", "true", "false", "", "", "", ""},
		"implies": {"true", "false", "", "true", "true", "true", "true", "", ""},
	} {
		for i, want := range table {
			expression := values[i/3] + " " + sign + " " + values[i%3]
			expectRows(t, patient, map[string]string{expression: want})
		}
	}
	expectRows(t, patient, map[string]string{"true.not()": "false", "false.not()": "true", "{}.not()": ""})
}

func TestOperatorsBindAsTheGrammarSays(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"2 + 3 * 4 = 14 and 1 < 2":                   "true",
		"1 | 2 = 2 | 1":                              "false", // | binds closer than =
		"true or false and false":                    "true",  // and closer than or
		"false and true or true":                     "true",
		"true implies false implies true":            "true",
		"-1 + 2":                                     "1",
		"10 - 3 - 2":                                 "5",
		"100 / 10 / 2":                               "5.0",
		"7 mod 4 * 2":                                "6",
		"'a' & 'b' = 'ab'":                           "true",
		"1 + 1 is Integer":                           "true",
		"1 in 1 | 2":                                 "true",
		"(1 | 2) contains 2 and true":                "true",
		"name.where(use = 'old' or family = 'Lee')":  `{"use":"old","family":"Lee","given":["Ana"]}`,
		"name.given[0] & name.given[1]":              "AnaMaria",
		"name[0].given[1]":                           "Maria",
		"name[1 - 1].family":                         "O'Neil",
		"name.where(given.exists()).given.count()+1": "4",
	})
}

// The examples are those of the sections of FHIRPath N1 on each function.
func TestTextFunctionsGiveTheSpecificationsExamples(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"'abcdefg'.indexOf('bc')": "1", "'abcdefg'.indexOf('x')": "-1", "'abcdefg'.indexOf('abcdefg')": "0", "'abc'.indexOf('')": "0",
		"'abcdefg'.substring(3)": "defg", "'abcdefg'.substring(1, 2)": "bc", "'abcdefg'.substring(6, 2)": "g", "'abcdefg'.substring(7, 1)": "",
		"'abcdefg'.substring(-1, 1)": "", "'abcdefg'.substring(3, 0)": "", "'abcdefg'.substring({}, 2)": "", "{}.substring(0, 2)": "",
		"'abcdefg'.substring(1, 9223372036854775807)": "bcdefg", // a length beyond every text
		"'abcdefg'.startsWith('')":                    "true", "'abcdefg'.endsWith('efg')": "true", "'abcdefg'.contains('')": "true",
		"'abcdefg'.replace('cde', '123')": "ab123fg", "'abcdefg'.replace('cde', '')": "abfg", "'abc'.replace('', 'x')": "xaxbxcx",
		"'11/30/1972'.replaceMatches('\\\\b(?<month>\\\\d{1,2})/(?<day>\\\\d{1,2})/(?<year>\\\\d{2,4})\\\\b', '${day}-${month}-${year}')": "30-11-1972",
		"'abcdefg'.length()": "7", "''.length()": "0", "'日本語'.length()": "3", "'日本語'.substring(1,1)": "本", "'e\\u0301x'.indexOf('x')": "2",
		"'abc'.toChars().count()": "3", "'é'.upper()": "É", "'ABC'.lower()": "abc",
		"'a\\nb'.matches('a.b')": "true", "'N8000123123'.matches('^N[0-9]{8}$')": "false", "'N8000123123'.matches('N[0-9]{10}')": "true",
		"'\\'\\\\\\`\\/\\r\\t\\f'.length()": "7", "'\\u00e9'": "é",
		"{}.startsWith('a')": "", "'a'.startsWith({})": "", "name.given.startsWith('A')": "ERROR one value", "1.startsWith('1')": "ERROR compared",
	})
}

func TestCollectionFunctionsKeepOrderAndDuplicatesAsTheSpecificationSays(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"(1|2|3|4).skip(-1).count()": "4", "(1|2|3).skip(3)": "", "(1|2|3).take(0)": "", "(1|2|3).take(-1)": "", "(1|2|3).take(9).count()": "3",
		"{}.first()": "", "{}.last()": "", "{}.tail()": "", "(1|2).last()": "2", "{}.single()": "", "{}.count()": "0", "{}.distinct()": "", "{}.isDistinct()": "true",
		"name.given.combine(name.given).count()": "6", "name.given.union(name.given).count()": "2", "name.given | {}": "Ana, Maria",
		"name.given.exclude('Maria')": "Ana, Ana", "name.given.intersect({})": "", "{}.subsetOf(name)": "true", "name.subsetOf({})": "false", "name.supersetOf({})": "true",
		"(1|2|3).where($this > 1)": "2, 3", "(1|2|3).where($index > 0)": "2, 3", "(1|2|3).select($this * $this)": "1, 4, 9", "(1|2).all($this > 0)": "true", "(1|2).all($this > 1)": "false",
		"(1|2|3).exists($this = 4)": "false", "{}.exists()": "false", "{}.all(true)": "true", "{}.allTrue()": "true", "{}.anyTrue()": "false", "(false|true).anyFalse()": "true",
		"(1|2|3).select($this | 10)": "1, 10, 2, 10, 3, 10", "name.select(given)": "Ana, Maria, Ana", "name.select(period)": "", "1.repeat($this + 1).count()": "ERROR too",
		"name.repeat(given)": "Ana, Maria", "(2|1) = (1|2)": "false", "(2|1) ~ (1|2)": "true", "{} ~ {}": "true", "1 ~ {}": "false", "{} = {}": "",
		"(1 | 1.0 | '1').count()": "2", "1.combine(1).combine(2) ~ 1.combine(2).combine(2)": "false",
	})
}

func TestNumbersAreReckonedExactlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"0.1 + 0.2 = 0.3": "true", "1.0 - 0.9 = 0.1": "true", "0.1 * 3": "0.3", "5 / 2": "2.5", "5 div 2": "2", "-5 div 2": "-2", "5.5 div 0.7": "7", "2.2 mod 1.5": "0.7",
		"-5 mod 2": "-1", "1 mod 0": "", "1 div 0": "", "1.5 / 0": "", "1 / 3": "0.33333333", "(1.9).floor()": "1", "(-1.1).floor()": "-2", "(-1.1).ceiling()": "-1",
		"(-1.9).truncate()": "-1", "(1).ceiling()": "1", "(-5).abs()": "5", "(-5.5).abs()": "5.5", "{} + 1": "", "1 + {}": "", "-{}": "",
		"9223372036854775807 + 1": "", "9223372036854775807 * 2": "", "-9223372036854775807 - 2": "", "3000000000 * 3": "9000000000", // beyond 64 bits: nothing, never a wrapped number
		"'1' + 1": "ERROR compared", "true + 1": "ERROR compared",
	})
}

// A number that stands with a unit must never be reckoned with as if it stood alone: 4 g and 3 mg are not 7 of anything.
func TestQuantitiesNeverLoseTheirUnits(t *testing.T) {
	t.Parallel()
	expectRows(t, observation, map[string]string{
		"4 'g' + 3 'mg'": "4003 'mg'", "4 'g' - 4": "ERROR compared", "4 'g' + 3 's'": "ERROR compared", "2 * 3 'mg'": "6 'mg'", "(3.5 'mg').floor()": "ERROR compared",
		"(-5 'mg').abs()": "5 'mg'", "-5 'mg'": "-5 'mg'", "-5 'mg' < 1 'mg'": "true",
		"4 'g' = 4000 'mg'": "true", "4 'g' != 4000 'mg'": "false", "4 'g' ~ 4000 'mg'": "true", "4 'g' = 4040 'mg'": "false", "4 'g' = 4 's'": "", "4 'g' ~ 4 's'": "false",
		"1 'm' < 200 'cm'": "true", "1 'm' > 200 'cm'": "false", "1 'h' = 60 'min'": "true", "1 'kg' <= 1000 'g'": "true",
		"component[0].value > 100 'mm[Hg]'": "true", "component[0].value = 120 'mm[Hg]'": "true", "(4 'mg').toString()": "4 'mg'",
	})
	const weight = `{"resourceType":"Observation","valueQuantity":{"value":2500,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}`
	expectRows(t, weight, map[string]string{"value < 3 'kg'": "true", "value > 3 'kg'": "false", "value = 2.5 'kg'": "true", "value.value + 1": "2501.0"})
	const huge = `{"resourceType":"Observation","valueQuantity":{"value":1e30},"component":[{"valueQuantity":{"value":-4.5}}]}`
	expectRows(t, huge, map[string]string{"value.value.floor()": "", "value.value.truncate()": "", "value.value.ceiling()": "", "value.value div 1": "", "component.value.value.abs()": "4.5"})
}

func TestPartialDatesAreComparedAsFarAsBothTell(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"@2012 = @2012": "true", "@2012 = @2013": "false", "@2012-01 = @2012": "", "@2012-04-15 = @2012-04": "", "@2012-04-15 != @2012-05": "true",
		"@2012-04-15T15:00:00 = @2012-04-15T10:00:00": "false", "@2012-04-15T15:30:31 = @2012-04-15T15:30:31.0": "true", "@2012-04-15T15:30:31 = @2012-04-15T15:30:31.1": "false",
		"@2012-04-15T15:00:00+02:00 = @2012-04-15T16:00:00+03:00": "true", "@2012-04-15T15:00:00Z = @2012-04-15T10:00:00": "", "@2012-04-15T00:30:00+01:00 < @2012-04-15T00:00:00Z": "true",
		"@2018-03-01 > @2018-01-01": "true", "@2018-03 > @2018-03-01": "", "@2018-03-01T10:30:00 > @2018-03-01T10:00:00": "true", "@T10:30:00 > @T10:00:00": "true", "@T10:30 > @T10:30:00": "",
		"@2020-02-29 < @2020-03-01": "true", "@2019-12-31T23:59:59-01:00 > @2020-01-01T00:59:58Z": "true",
		"@2012-01 ~ @2012": "false", "@2012-01 !~ @2012": "true", "birthDate < @1980-05-15": "", "birthDate <= @1980-06": "true", "@2012 < 5": "ERROR compared",
		"@2012-04-15T15:00:00-14:00 > @2012-04-16T04:59:59Z": "true",
	})
}

func TestConversionsAcceptWhatTheSpecificationLists(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"'T'.toBoolean()": "true", "'YES'.toBoolean()": "true", "'0'.toBoolean()": "false", "'2'.toBoolean()": "", "1.toBoolean()": "true", "0.0.toBoolean()": "false", "5.convertsToBoolean()": "false",
		"'+7'.toInteger()": "7", "'-7'.toInteger()": "-7", "'7.0'.toInteger()": "", "true.toInteger()": "1", "7.5.toInteger()": "", "''.toInteger()": "", "'1'.convertsToInteger()": "true",
		"'1'.toDecimal() + 0.5": "1.5", "'1e5'.convertsToDecimal()": "true", "'abc'.toDecimal()": "", "true.toDecimal()": "1",
		"1.toString()": "1", "1.50.toString()": "1.50", "@2014-02.toString()": "2014-02", "name.convertsToString()": "ERROR one value", "name[0].convertsToString()": "false",
		"'2015-02-29'.toDate()": "", "'2016-02-29'.toDate()": "2016-02-29", "'2015'.toDateTime()": "2015", "@2015-02-04.toDateTime()": "2015-02-04", "'14:34:28'.toTime()": "14:34:28",
		"'25:00:00'.toTime()": "", "{}.toInteger()": "", "{}.convertsToInteger()": "", "(1|2).toInteger()": "ERROR one value",
	})
}

func TestWhatIsAbsentIsEmptyAndNotFalse(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"photo.title = 'x'": "", "photo.title != 'x'": "", "photo.title > 'x'": "", "photo.title in ('a' | 'b')": "", "photo.exists() and active": "false", "(photo.title = 'x').not()": "",
		"photo.where(title = 'x').empty()": "true", "name.where(period.start > @2020)": "", "name.all(period.start > @2020)": "false", "iif(photo.title = 'x', 1, 2)": "2",
	})
	p, err := fhirpath.Compile("name.family")
	if err != nil || p.String() != "name.family" {
		t.Errorf("the program tells %q, %v", p, err)
	}
}

func TestHostileExpressionsEndWithAnError(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"name.repeat(%resource)", "%resource.descendants().select(%resource.descendants()).select(%resource.descendants()).select(%resource.descendants())",
	} {
		out, err := run(t, patient, expression)
		if err != nil && !errors.Is(err, fhirpath.ErrTooDeep) {
			t.Errorf("%s: %q, %v", expression, out, err)
		}
	}
	deep := strings.Repeat("name.where(", 150) + "true" + strings.Repeat(")", 150)
	if _, err := run(t, patient, deep); err != nil {
		t.Errorf("150 conditions in each other: %v", err)
	}
	for _, expression := range []string{"'\\uD83D'", "name.where(use = 'a", "@", "name..given", "1 +", ")", "name.given)", "{", "a.b(", "%", "`", "$other", "\x00", "é", "name.is()", "(1", "1 2"} {
		if out, err := run(t, patient, expression); err == nil && expression != "@" {
			t.Errorf("%q runs and gives %q", expression, out)
		}
	}
}
