package fhirpath_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
)

// Durations by the calendar know that months differ; those of UCUM above a week
// are refused (FHIRPath N1, 6.8).
func TestDurationsMoveDatesByTheCalendar(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"@2020-01-31 + 1 month": "2020-02-29", "@2019-01-31 + 1 month": "2019-02-28", "@2020-02-29 + 1 year": "2021-02-28", "@2020-02-29 - 1 year": "2019-02-28", "@2020-03-31 - 1 month": "2020-02-29",
		"@2020-12-28 + 1 week": "2021-01-04", "@2020-12-31 + 1 day": "2021-01-01", "@2021-01-01 - 1 day": "2020-12-31", "@2020-01-01 + 2.9 days": "2020-01-03", "@2020-01-01 - 0.5 days": "2020-01-01",
		"@2020-01-01 + 1 'd'": "2020-01-02", "@2020-01-01 + 2 'wk'": "2020-01-15", "@2020-01-01 + 1 'mo'": "ERROR compared", "@2020-01-01 + 1 'a'": "ERROR compared", "@2020-01-01 + 1 'cm'": "ERROR compared",
		"@2020-05-05 - 1 'month'": "2020-04-05", "@2020-01-01 + 3": "ERROR compared", "@2020-01-01 + 1 hour": "ERROR compared", "@2020-01-01 + @2020-01-01": "ERROR compared",
		// as precise as the date is written, and no further
		"@2014 + 24 months": "2016", "@2014 + 23 months": "2015", "@2014 - 24 months": "2012", "@2014 + 364 days": "2014", "@2014 + 365 days": "2015", "@2014-02 + 30 days": "2014-03", "@2014-02 + 29 days": "2014-02",
		"@2014-05T + 1 month": "2014-06", "@2014-01-01T10 + 59 minutes": "2014-01-01T10", "@2014-01-01T10 + 60 minutes": "2014-01-01T11",
		// times, fractions and zones stay as they are
		"@2020-01-01T23:59:59.500+02:00 + 500 milliseconds": "2020-01-02T00:00:00.000+02:00", "@2020-01-01T00:00:00Z - 1 second": "2019-12-31T23:59:59Z", "@2020-01-01T00:00:00.0 + 0.25 seconds": "2020-01-01T00:00:00.250",
		"@2020-01-01T00:00:00 + 999 'ms'": "2020-01-01T00:00:00", "@2020-01-01T12:00:00 + 36 hours": "2020-01-03T00:00:00", "@2020-01-01T12:00 - 1 'min'": "2020-01-01T11:59",
		"@T23:30:00 + 1 hour": "00:30:00", "@T00:10 - 20 minutes": "23:50", "@T10 + 90 minutes": "11", "@T10:00 + 1 day": "ERROR compared",
		// beyond the years 1 to 9999 there is nothing, and no number is too
		// large to be asked for
		"@9999-12-31 + 1 day": "", "@0001-01-01 - 1 day": "", "@2020-01-01 + 9999999999 years": "", "@2020-01-01 + 99999999999999999 days": "", "@2020-01-01T00:00:00 + 999999999999999999 seconds": "",
		"@2020-01-01 + {}": "", "{} + 1 day": "", "birthDate + 1 year": "1981-05", "(birthDate + 1 year) is System.Date": "true",
	})
}

func TestQuantitiesAreReckonedWithTheirUnits(t *testing.T) {
	t.Parallel()
	expectRows(t, observation, map[string]string{
		"3 'm' + 3 'cm'": "303 'cm'", "3 'cm' + 3 'm'": "303 'cm'", "1 'kg' - 1 'g'": "999 'g'", "1.5 'mg' + 1.5 'mg'": "3 'mg'", "1 day + 12 hours": "36 'h'", "1 year + 1 year": "2 years", "1 year + 1 'a'": "ERROR compared",
		"2 'cm' * 3 'cm' = 6 'cm2'": "true", "6 'g' / 2 'm' = 3 'g/m'": "true", "6 'm' / 2 'm'": "3 '1'", "10 'mg' / 4": "2.5 'mg'", "3 * 2 'mg'": "6 'mg'", "1 'm' / 0 'm'": "", "1 'mg' div 1 'mg'": "ERROR compared",
		"component[0].value * 2": "ERROR compared", // mm[Hg] without a system is no unit of UCUM
		// calendar durations: weeks and below are as long as UCUM's, months and
		// years are not
		"7 days = 1 week": "true", "7 days = 1 'wk'": "true", "60 seconds = 1 'min'": "true", "1 year = 12 months": "true", "1 year = 1 'a'": "", "1 year ~ 1 'a'": "true", "1 month > 1 'mo'": "", "13 months > 1 year": "true", "1 month = 30 days": "",
		"1 day is Quantity": "true", "4 weeks": "4 weeks", "1 week": "1 week", "-2 days": "-2 days",
		// ~ is as precise as the less precise side, in the larger unit
		"4 'g' ~ 4040 'mg'": "true", "4.0 'g' ~ 4400 'mg'": "true", "4.6 'g' ~ 5300 'mg'": "false", "4040 'mg' ~ 4 'g'": "true", "4 'g' ~ 5 'g'": "false", "4 'g' ~ 4 's'": "false", "1 'g' !~ 1 'mg'": "true",
		"1 ~ 1.4": "true", "1 ~ 1.6": "false", "0.67 ~ 2 / 3": "true", "1.10 ~ 1.14": "true", "1.10 !~ 1.2": "true", "1 ~ 'a'": "false",
		// conversions
		"'4.5 \\'mg\\''.toQuantity()": "4.5 'mg'", "'7 days'.toQuantity() = 1 week": "true", "'7'.toQuantity()": "7 '1'", "'-1.5'.toQuantity()": "-1.5 '1'", "true.toQuantity()": "1 '1'", "2.5.toQuantity()": "2.5 '1'",
		"'1 wk'.toQuantity()": "", "'1.a'.convertsToQuantity()": "false", "''.convertsToQuantity()": "false", "'1 day'.convertsToQuantity()": "true", "@2020.convertsToQuantity()": "false", "{}.toQuantity()": "",
	})
}

func TestMathFunctionsGiveDecimalsOrNothing(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"0.exp()": "1.0", "1.exp()": "2.71828183", "1.ln()": "0.0", "0.ln()": "", "(-1).ln()": "", "16.log(2)": "4.0", "100.0.log(10.0)": "2.0", "0.log(2)": "", "8.log(1)": "", "1.log(1)": "", "{}.exp()": "", "8.log({})": "",
		"81.sqrt()": "9.0", "2.sqrt()": "1.41421356", "(-1).sqrt()": "", "2.power(10)": "1024", "2.power(62)": "4611686018427387904", "2.power(63)": "", "2.power(-1)": "0.5", "2.5.power(2)": "6.25", "(-1).power(0.5)": "",
		"(-1).power(9223372036854775807)": "-1", "1.power(9223372036854775807)": "1", "(-1).power(9223372036854775806)": "1", "10.power(9223372036854775807)": "", "0.power(0)": "1", "2.power({})": "",
		"3.14159.round(3)": "3.142", "2.5.round()": "3", "(-2.5).round()": "-3", "1.round(2)": "1.00", "1.5.round(-1)": "ERROR compared", "1.5.round(99)": "ERROR compared", "1.5.round('a')": "ERROR compared", "1.round({})": "",
		"1000.exp()": "", "'a'.exp()": "ERROR compared", "(1 'mg').sqrt()": "ERROR compared", "(-7.25 'mg').abs()": "7.25 'mg'", "(1|2).sqrt()": "ERROR one value",
	})
}

func TestAggregateCarriesItsTotalFromValueToValue(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"(1|2|3|4).aggregate($this + $total, 0)": "10", "(1|2|3|4).aggregate($total + $this, 100)": "110", "(1|2|3).aggregate($this + $total)": "", "{}.aggregate($this, 7)": "7", "{}.aggregate($this)": "",
		"(3|1|2).aggregate(iif($total.empty(), $this, iif($this < $total, $this, $total)))": "1", "(5|6|7).aggregate($total | $index)": "0, 1, 2",
		"(1|2).aggregate($total + (3|4).aggregate($total + $this, 0), 0)": "14", "$total": "", "name.given.aggregate($total & $this, '')": "AnaMariaAna",
	})
}

func TestTypesTellTheirNames(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"1.type().name": "Integer", "1.type().namespace": "System", "'a'.type().name": "String", "true.type().name": "Boolean", "1.5.type().name": "Decimal", "@2020.type().name": "Date", "(1 'mg').type().name": "Quantity",
		"active.type().name": "boolean", "active.type().namespace": "FHIR", "Patient.type().name": "Patient", "name.type().name": "HumanName, HumanName", "{}.type()": "", "1.type().other": "",
		"active is System.Boolean": "false", "active is boolean": "true", "active is FHIR.boolean": "true", "true is System.Boolean": "true", "gender is string": "true", "gender.ofType(string)": "female", "gender is id": "false",
		"1 is Nonsense": "ERROR no such type", "gender.ofType(strin)": "ERROR no such type", "gender.as(System.Nothing)": "ERROR no such type", "(gender as FHIR.code)": "female", "Patient is FHIR.`Patient`": "true",
		"conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')": "true", "conformsTo('http://hl7.org/fhir/StructureDefinition/Person')": "false", "conformsTo('http://example.org/p')": "ERROR not implemented",
		"name.conformsTo('http://hl7.org/fhir/StructureDefinition/HumanName')": "ERROR one value", "photo.conformsTo('http://hl7.org/fhir/StructureDefinition/Attachment')": "", "conformsTo({})": "",
		"%`vs-languages`": "http://hl7.org/fhir/ValueSet/languages", "%vs-languages": "http://hl7.org/fhir/ValueSet/languages", "%`ext-patient-birthTime`": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
	})
}

func TestEncodingsThereAndBack(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"'test'.encode('hex')": "74657374", "'a?>b'.encode('base64')": "YT8+Yg==", "'a?>b'.encode('urlbase64')": "YT8-Yg==", "'YT8-Yg=='.decode('urlbase64')": "a?>b", "'c3R1ZmY='.decode('base64')": "stuff", "'7g'.decode('hex')": "",
		"'x'.encode('rot13')": "", "'x'.decode('')": "", "'???'.decode('base64')": "", "'<a href=\"b\">&'.escape('html')": "&lt;a href=&quot;b&quot;&gt;&amp;", "'&lt;&quot;'.unescape('html')": "<\"", "'a\"b\\\\c\\n'.escape('json')": `a\"b\\c\n`,
		"'a\\\\nb\"'.unescape('json')": "a\nb\"", "'\\\\u00e9'.unescape('json')": "é", "'\\\\x'.unescape('json')": "", "'x'.escape('xml')": "", "{}.encode('hex')": "", "'x'.encode({})": "",
	})
}

func TestTheClockStandsStillInOneRun(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	if err := tree.Parse([]byte(patient)); err != nil {
		t.Fatal(err)
	}
	m := fhirpath.NewMachine(&tree)
	ticks := 0
	m.Now = func() time.Time {
		ticks++
		return time.Date(2024, 2, 29, 13, 5, 6, 7e6, time.FixedZone("", -5*3600)).Add(time.Duration(ticks) * time.Hour)
	}
	for expression, want := range map[string]string{
		"now()": "2024-02-29T14:05:06.007-05:00", "today()": "2024-02-29", "timeOfDay()": "14:05:06.007", "now() = now()": "true", "birthDate < today()": "true", "now() > today()": "", "today() - 18 years > birthDate": "true",
	} {
		ticks = 0
		p, err := fhirpath.Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.Eval(p, m.Resource)
		got := ""
		if len(out) == 1 {
			got = m.String(out[0])
		}
		if err != nil || got != want || ticks != 1 {
			t.Errorf("%s = %q, %v after %d looks at the clock; want %q", expression, got, err, ticks, want)
		}
	}
}

func TestLessPreciseTimesConvertAndZonesOfTheDayDoNot(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"'2015-02-04T14'.convertsToDateTime()": "true", "'2015-02-04T14:34'.toDateTime()": "2015-02-04T14:34", "'2015-02-04T14:34:28'.convertsToDateTime()": "true", "'2015-02-04T14:34:28.123+10:00'.convertsToDateTime()": "true",
		"'2015-02-30T14'.convertsToDateTime()": "false", "'2015-02-04T25'.convertsToDateTime()": "false", "'2015-02-04T'.convertsToDateTime()": "false", "'2015-02-04T1'.convertsToDateTime()": "false", "'14'.toTime()": "14", "'14:34'.toTime()": "14:34",
		"'24:34'.convertsToTime()": "false", "'14Z'.convertsToTime()": "false", "'14:34:28Z'.convertsToTime()": "false", "'1'.convertsToTime()": "false", "'2015T'.convertsToDate()": "false", "'14'.convertsToDate()": "false",
		"@T14:34:28Z": "ERROR no zone", "@T14:34:28+10:00": "ERROR no zone", "@": "ERROR no date", "1 /* never closed": "ERROR not closed", "1 /* */ + /* 2 */ 3": "4", "1 // to the end": "1",
	})
}

func TestIndexIsSeenInsideOfAChoice(t *testing.T) {
	t.Parallel()
	expectRows(t, patient, map[string]string{
		"name.select(iif(use = 'old', $index, {}))": "1", "name.given.select(iif($index = 0, 'first', 'later'))": "first, later, later", "name.iif(count() = 2, 'two', 'other')": "two",
		"'abc'.replaceMatches('', 'x')": "abc", "'abc'.matchesFull('b')": "false", "'abc'.matchesFull('a|abc')": "true", "'abc'.matchesFull('(')": "ERROR not implemented", "{}.matchesFull('a')": "",
	})
}

// Whoever writes a profile may write anything into it: no expression may take
// long, or much memory.
func TestHostileExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 5000)
	start := time.Now()
	for _, expression := range []string{
		"'" + long + "!'.matches('(a+)+$')", "'" + long + "'.matches('(a|aa)*b')", "'" + long + "'.matchesFull('(.*)*(.*)*(.*)*x')", // catastrophic for backtracking
		"'a'.matches('(a{1000}){1000}')", "'a'.matches('" + strings.Repeat("(", 2000) + "')",
		"1.repeat($this + 1)", "1.repeat($this | $this + 1).count()", "%resource.descendants().select(%resource.descendants()).select(%resource.descendants()).count()",
		strings.Repeat("(", 190) + "1" + strings.Repeat(")", 190), strings.Repeat("-", 5000) + "1", strings.Repeat("1 + ", 4000) + "1", strings.Repeat("not().", 2000) + "not()", strings.Repeat("iif(true, ", 1000) + "1",
		"'" + long + "'.replace('a', '" + long + "')", doubling(60), "1e5", "1.0000000000000000000000000000000000000000000000000000000000000000000000001 = 1", "(1 | 2).aggregate($total | $total | $this).count()",
		"1 'm' * " + strings.Repeat("1 'm' * ", 300) + "1 'm' = 1 'm'", "@2020-01-01 + 99999999999999999999999999 days",
	} {
		_, err := run(t, patient, expression)
		var syntax *fhirpath.SyntaxError
		if err != nil && !errors.As(err, &syntax) && !errors.Is(err, fhirpath.ErrTooDeep) && !errors.Is(err, fhirpath.ErrIncomparable) && !errors.Is(err, fhirpath.ErrUnsupported) && !errors.Is(err, fhirpath.ErrNotSingle) {
			t.Errorf("%.60s: %v", expression, err)
		}
	}
	if took := time.Since(start); took > time.Minute { // a second on a quiet machine
		t.Errorf("it took %v", took)
	}
}

// doubling makes a text twice as long in every step: 2 to the n bytes.
func doubling(n int) string {
	return "'ab'" + strings.Repeat(".select($this & $this)", n) + ".length()"
}
