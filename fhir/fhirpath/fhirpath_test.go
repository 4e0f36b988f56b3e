package fhirpath_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
)

const patient = `{"resourceType":"Patient","id":"p1","active":true,
 "contained":[{"resourceType":"Practitioner","id":"dr","name":[{"family":"Who"}]}],
 "extension":[{"url":"http://x/a","valueString":"A"},{"url":"http://x/b","valueInteger":7}],
 "identifier":[{"system":"s1","value":"1"},{"system":"s2","value":"2"}],
 "name":[{"use":"official","family":"O'Neil","given":["Ana","Maria"]},{"use":"old","family":"Lee","given":["Ana"]}],
 "gender":"female","birthDate":"1980-05","_birthDate":{"extension":[{"url":"http://x/time","valueDateTime":"1980-05-01T10:00:00Z"}]},
 "deceasedDateTime":"2020-01-01T23:30:00-02:00",
 "multipleBirthInteger":2,
 "generalPractitioner":[{"reference":"#dr"},{"reference":"Organization/o1"}],
 "contact":[{"name":{"text":"x"},"period":{"start":"2019","end":"2020-02"}}]}`

const observation = `{"resourceType":"Observation","status":"final",
 "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
 "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120.0,"unit":"mm[Hg]","code":"mm[Hg]"}},
              {"code":{"coding":[{"code":"8462-4","system":"http://loinc.org"}]},"valueQuantity":{"value":80,"unit":"mm[Hg]","code":"mm[Hg]"}}],
 "referenceRange":[{"low":{"value":90,"code":"mm[Hg]"},"high":{"value":1.4e2,"code":"mm[Hg]"}},{"low":{"value":1,"code":"kPa"},"high":{"value":2,"code":"mm[Hg]"}}]}`

func run(t *testing.T, resource, expression string) (string, error) {
	t.Helper()
	var tree fhir.Tree
	if err := tree.Parse([]byte(resource)); err != nil {
		t.Fatal(err)
	}
	p, err := fhirpath.Compile(expression)
	if err != nil {
		return "", err
	}
	m := fhirpath.NewMachine(&tree)
	m.Resolve = func(reference string) (fhirpath.Value, bool) { return fhirpath.Value{}, false }
	m.HTML = func(fragment string) bool { return !strings.Contains(fragment, "script") }
	out, err := m.Eval(p, m.Resource)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, v := range out {
		parts = append(parts, m.String(v))
	}
	return strings.Join(parts, ", "), nil
}

func TestExpressionsGiveWhatTheSpecificationSays(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		// paths
		"name.family": "O'Neil, Lee", "Patient.name.given": "Ana, Maria, Ana", "name[1].given": "Ana", "name[7]": "", "nothing": "",
		"DomainResource.id": "p1", "Observation.status": "", "deceased": "2020-01-01T23:30:00-02:00", "multipleBirth": "2", "name.`family`": "O'Neil, Lee",
		"extension('http://x/b').value": "7", "extension.where(url = 'http://x/a').value": "A", "birthDate.extension('http://x/time').value": "1980-05-01T10:00:00Z",
		"children().count()": "16", "contained.descendants().where($this is string)": "dr, Who", "contained.name.family": "Who",
		// logic
		"{} and false": "false", "{} and true": "", "{} or true": "true", "true xor {}": "", "{} implies true": "true", "false implies {}": "true",
		"true implies false": "false", "true xor false": "true", "name and true": "ERROR one value", "gender and true": "true", "active.not()": "false",
		// equality
		"gender = 'female'": "true", "gender != 'female'": "false", "gender = {}": "", "name.use = ('official' | 'old')": "true", "name.use = ('old' | 'official')": "false",
		"name[0] = name[0]": "true", "name[0] = name[1]": "false", "'Ab  c' ~ 'aB c'": "true", "'a' !~ 'b'": "true", "1 = 1.0": "true", "1.50 = 1.5": "true",
		"birthDate = @1980-05": "true", "birthDate = @1980-05-02": "", "birthDate = @1981-01-01": "false", "deceased = @2020-01-02T01:30:00Z": "true",
		"deceased > @2020-01-02": "false", "deceased > @2019-12-31": "true", "@T12:00 < @T12:01:00": "true", "@2020-01-01T10:00:00 < @2020-01-01T10:00:00Z": "",
		"1 < 2.5": "true", "'a' < 'b'": "true", "1 < 'b'": "ERROR compared", "2 >= 2": "true", "contact.period.start <= contact.period.end": "true",
		// collections
		"name.given.distinct()": "Ana, Maria", "name.given.isDistinct()": "false", "(1 | 2 | 1).count()": "2", "name.given.combine(name.use).count()": "5",
		"name.given.intersect('Ana')": "Ana", "name.given.exclude('Ana')": "Maria", "('Ana' | 'x').subsetOf(name.given)": "false", "name.given.supersetOf('Maria')": "true",
		"'Maria' in name.given": "true", "name.given contains 'Otto'": "false", "{} in name.given": "", "name.first().family": "O'Neil", "name.last().family": "Lee",
		"name.given.tail()": "Maria, Ana", "name.given.skip(2)": "Ana", "name.given.take(1)": "Ana", "name.single()": "ERROR one value", "name.take(1).single().use": "official",
		"name.where(use = 'old').family": "Lee", "name.select(given.first() & ' ' & family)": "Ana O'Neil, Ana Lee", "name.all(given.exists())": "true", "{}.all(false)": "true",
		"name.exists(use = 'old')": "true", "name.where($index = 1).family": "Lee", "name.empty()": "false", "photo.empty()": "true", "(true | false).allTrue()": "false",
		"(true | false).anyTrue()": "true", "{}.allFalse()": "true", "(true | false).anyFalse()": "true", "contained.repeat(name).family": "Who", "identifier.value.join('+')": "1+2",
		"iif(active, 'yes', 'no')": "yes", "iif({}, 'yes')": "", "name.iif(empty(), 1, count())": "2", "name.trace('n').count()": "2",
		// texts
		"'abc'.startsWith('ab')": "true", "'abc'.endsWith('x')": "false", "'abc'.contains('b')": "true", "'äbc'.indexOf('c')": "2", "'äbc'.length()": "3",
		"'abc'.substring(1)": "bc", "'abc'.substring(1,1)": "b", "'abc'.substring(5)": "", "'abc'.matches('^a.c$')": "true", "'a1'.replaceMatches('[0-9]', 'x')": "ax",
		"'a.b'.replace('.', '-')": "a-b", "'aB'.upper() + 'C'.lower()": "ABc", "' a '.trim()": "a", "'ab'.toChars()": "a, b", "'a,b'.split(',')": "a, b", "'a' & {}": "a", "'a' + {}": "",
		"'it\\'s \\u0041'": "it's A", "birthDate.length()": "7", "'x'.matches('(')": "ERROR not implemented",
		// numbers and conversions
		"1 + 2 * 3": "7", "(1 + 2) * 3": "9", "7 div 2": "3", "7 mod 2": "1", "7 / 2": "3.5", "1 / 0": "", "-3.5.abs()": "-3.5", "(-3).abs()": "3", "(3.2).ceiling()": "4",
		"(-3.2).floor()": "-4", "(3.9).truncate()": "3", "5.5 mod 2": "1.5", "'12'.toInteger() + 1": "13", "'x'.toInteger()": "", "'1.5'.toDecimal() * 2": "3.0", "active.toString()": "true",
		"'yes'.toBoolean()": "true", "'2020-13'.toDate()": "", "'2020-12'.convertsToDate()": "true", "deceased.toDate()": "2020-01-01", "multipleBirth - 5": "-3",
		// types and FHIR's own
		"birthDate is date": "true", "deceased is dateTime": "true", "active is Boolean": "true", "gender is string": "true", "gender.is(code)": "true", "(deceased as dateTime).exists()": "true",
		"deceased.ofType(boolean)": "", "Patient is DomainResource": "true", "'x' is System.String": "true", "name.first() is HumanName": "true", "contact is BackboneElement": "true",
		"birthDate.hasValue()": "true", "name.hasValue()": "false", "gender.getValue() & '!'": "female!", "generalPractitioner.resolve().name.family": "Who", "%resource.id": "p1",
		"%ucum": "http://unitsofmeasure.org", "%context.gender": "female", "'<div>x</div>'.htmlChecks()": "true", "'<script>'.htmlChecks()": "false", "// a comment\n1": "1", "/* c */ 2": "2",
	} {
		got, err := run(t, patient, expression)
		if err != nil {
			got = "ERROR " + err.Error()
		}
		if part, isError := strings.CutPrefix(want, "ERROR "); isError && strings.HasPrefix(got, "ERROR ") && strings.Contains(got, part) {
			continue
		}
		if got != want {
			t.Errorf("%s = %q, want %q", expression, got, want)
		}
	}
}

func TestQuantitiesAreComparedWhereTheirUnitsAllowIt(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"referenceRange[0].low < referenceRange[0].high":                  "true",
		"component[0].value > component[1].value":                         "true",
		"component[1].value = 80 'mm[Hg]'":                                "true",
		"component.code.coding.intersect(%resource.code.coding).exists()": "false",
		"component.value.ofType(Quantity).value":                          "120.0, 80",
	} {
		if got, err := run(t, observation, expression); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", expression, got, err, want)
		}
	}
	for quantities, want := range map[string]string{
		`"low":{"value":1,"unit":"kPa"},"high":{"value":2,"unit":"mmHg"}`:                                                                          "", // texts tell nothing
		`"low":{"value":1,"system":"http://unitsofmeasure.org","code":"g"},"high":{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}`:    "true",
		`"low":{"value":2000,"system":"http://unitsofmeasure.org","code":"g"},"high":{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}`: "false",
		`"low":{"unit":"g"},"high":{"value":1,"unit":"g"}`:                                                                                         "",
	} {
		resource := `{"resourceType":"Observation","referenceRange":[{` + quantities + `}]}`
		if got, err := run(t, resource, "referenceRange.low < referenceRange.high"); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", quantities, got, err, want)
		}
	}
	const unlike = `{"resourceType":"Observation","referenceRange":[{"low":{"value":1,"system":"http://unitsofmeasure.org","code":"kPa"},"high":{"value":2,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`
	if _, err := run(t, unlike, "referenceRange.low < referenceRange.high"); !errors.Is(err, fhirpath.ErrIncomparable) {
		t.Errorf("kPa and mm[Hg]: %v", err)
	}
}

func TestWhatCannotBeRunIsRefused(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"memberOf('x')", "%unknown", "now().lowBoundary()", "name.sort()", "'a'.precision()"} {
		if _, err := fhirpath.Compile(expression); !errors.Is(err, fhirpath.ErrUnsupported) {
			t.Errorf("%s: %v", expression, err)
		}
	}
	var syntax *fhirpath.SyntaxError
	for expression, offset := range map[string]int{
		"": 0, "name.": 5, "a b": 2, "(a": 2, "'open": 0, "a ? b": 2, "where()": 6, "count(1)": 6, "a is 1": 5, "'\\q'": 1, "name[": 5, "{1}": 1, "99999999999999999999": 20,
		strings.Repeat("(", 300): 200, strings.Repeat("a", 1<<15): 1 << 14,
	} {
		if _, err := fhirpath.Compile(expression); !errors.As(err, &syntax) || syntax.Offset != offset {
			t.Errorf("%.20s: %v, want byte %d", expression, err, offset)
		}
	}
}

func TestARunHasAnEnd(t *testing.T) {
	t.Parallel()
	long := "(1|2|3|4|5|6|7|8|9|10)"
	for range 7 {
		long = long + ".select(name | %resource.descendants())"
	}
	if _, err := run(t, patient, long); !errors.Is(err, fhirpath.ErrTooDeep) {
		t.Errorf("%v", err)
	}
}

const definitions = "../../../shared/data/fhir-r4/"

// invariants returns the expressions of all definitions in a file, by key.
func invariants(t *testing.T, name string) map[string]string {
	t.Helper()
	f, err := os.Open(definitions + name)
	if err != nil {
		t.Skipf("SKIPPED: %s is absent", definitions+name)
	}
	defer f.Close()
	all := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var s struct {
			Snapshot struct {
				Element []struct {
					Constraint []struct{ Key, Expression string }
				}
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Snapshot.Element {
			for _, c := range e.Constraint {
				if c.Expression != "" {
					all[c.Key+" "+c.Expression] = c.Expression
				}
			}
		}
	}
	return all
}

func TestEveryInvariantOfR4Compiles(t *testing.T) {
	t.Parallel()
	count := 0
	for _, file := range []string{"structuredefinitions-types.ndjson", "structuredefinitions-resources.ndjson", "structuredefinitions-profiles.ndjson", "structuredefinitions-extensions.ndjson"} {
		for key, expression := range invariants(t, file) {
			count++
			if _, err := fhirpath.Compile(expression); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
	if count < 240 {
		t.Errorf("only %d invariants were found", count)
	}
}

func TestAWarmMachineDoesNotAllocate(t *testing.T) {
	var tree fhir.Tree
	if err := tree.Parse([]byte(observation)); err != nil {
		t.Fatal(err)
	}
	p, err := fhirpath.Compile("dataAbsentReason.empty() or value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()")
	if err != nil {
		t.Fatal(err)
	}
	m := fhirpath.NewMachine(&tree)
	if n := testing.AllocsPerRun(100, func() {
		if truth, err := m.Test(p, m.Resource); err != nil || truth != fhirpath.True {
			t.Error(truth, err)
		}
	}); n > 2 {
		t.Errorf("%v allocations a run", n)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"name.where(use = 'old').family", "1 + 2 * (3 | 4)", "a is System.String", "%ucum & '\\u0041'", "@2020-01-01T10:00:00Z < deceased", "iif(a, b, c)"} {
		f.Add(seed)
	}
	var tree fhir.Tree
	if err := tree.Parse([]byte(patient)); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		p, err := fhirpath.Compile(expression)
		if err != nil {
			return
		}
		m := fhirpath.NewMachine(&tree)
		if _, err := m.Test(p, m.Resource); err != nil && strings.Contains(err.Error(), "runtime error") {
			t.Errorf("%s: %v", expression, err)
		}
	})
}
