package fhir_test

import (
	"encoding/base64"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"chartlift/fhir"
)

// The patterns of https://hl7.org/fhir/R4/datatypes.html, as printed there;
// \s is written out because Java's includes the vertical tab and Go's does not.
const (
	space   = `[ \t\n\x0B\f\r]`
	dark    = `[^ \t\n\x0B\f\r]`
	year    = `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)`
	day     = `(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])`
	hours   = `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?`
	zone    = `(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))`
	wholeDT = year + day + `(T` + hours + zone + `)?)?)?`
)

func patterns() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for typ, pattern := range map[string]string{
		"boolean":      `true|false`,
		"integer":      `[0]|[-+]?[1-9][0-9]*`,
		"unsignedInt":  `[0]|([1-9][0-9]*)`,
		"positiveInt":  `\+?[1-9][0-9]*`,
		"decimal":      `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`,
		"uri":          `[^\x00-\x20]+`,
		"url":          `[^\x00-\x20]+`,
		"canonical":    `[^\x00-\x20]+`,
		"string":       `[^\x00-\x08\x0B\x0C\x0E-\x1F]+`,
		"markdown":     `[^\x00-\x08\x0B\x0C\x0E-\x1F]+`,
		"code":         dark + `+(` + space + dark + `+)*`,
		"id":           `[A-Za-z0-9\-\.]{1,64}`,
		"oid":          `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`,
		"uuid":         `urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
		"base64Binary": `(` + space + `*([0-9a-zA-Z\+\/=]){4}` + space + `*)+`,
		"instant":      year + `-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])T` + hours + zone,
		"date":         year + day + `)?)?`,
		"dateTime":     wholeDT,
		"time":         hours,
	} {
		all[typ] = regexp.MustCompile(`^(?:` + pattern + `)$`)
	}
	return all
}

// expected says what R4 says: the pattern, and what the text beside it adds.
func expected(pattern *regexp.Regexp, typ, text string) bool {
	if !pattern.MatchString(text) {
		return false
	}
	switch typ {
	case "integer", "unsignedInt", "positiveInt":
		number := strings.TrimLeft(text, "+-")
		limit := "2147483647"
		if text[0] == '-' {
			limit = "2147483648"
		}
		return len(number) < 10 || len(number) == 10 && number <= limit
	case "date", "dateTime", "instant":
		if len(text) >= 10 {
			_, err := time.Parse("2006-01-02", text[:10])
			return err == nil
		}
	case "code":
		return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' })
	case "uri", "url":
		return wellFormedURN(text)
	case "canonical":
		return wellFormedURN(text) && text != "urn:" && (text[0] == '#' || strings.IndexByte(text, ':') > 0)
	case "base64Binary":
		_, err := base64.StdEncoding.DecodeString(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' }), ""))
		return err == nil || strings.Contains(err.Error(), "trailing bits")
	}
	return true
}

// wellFormedURN holds a urn:oid: and urn:uuid: against the pattern of oid and
// uuid.
func wellFormedURN(text string) bool {
	for prefix, typ := range map[string]string{"urn:oid:": "oid", "urn:uuid:": "uuid"} {
		if strings.HasPrefix(text, prefix) {
			return patterns()[typ].MatchString(text)
		}
	}
	return true
}

// seeds are values around which the test and the fuzzer vary.
var seeds = []string{
	"true", "false", "True", "0", "-0", "+0", "1", "+1", "-1", "01", "2147483647", "2147483648", "-2147483648", "-2147483649", "9999999999", "\x0010",
	"1.5", "1.", ".5", "-0.0", "1e5", "1E-5", "1e", "0010", "", " ", "a", "a b", "a  b", " a", "a\tb", "a\x0bb", "a\x01", "é日",
	"http://hl7.org/fhir", "urn:oid:1.2.3", "urn:oid:1", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:2.0.10",
	"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-ec9a-4326-a141-556f43239520", "urn:uuid:c757873d",
	"A-1.b", "a_b", strings.Repeat("a", 64), strings.Repeat("a", 65), "QUJD", "QUJ", "QUJD QUJD", "QU JD", "QUJDQUJ=", "====",
	"2019", "0000", "2019-02", "2019-13", "2019-00", "2019-02-28", "2019-02-29", "2020-02-29", "1900-02-29", "2000-02-29", "2019-04-31", "2019-4-1",
	"2019-02-28T10:11:12Z", "2019-02-28T10:11:12.123456-05:00", "2019-02-28T10:11:12", "2019-02-28T24:00:00Z", "2019-02-28T23:59:60Z",
	"2019-02-28T10:11:12+14:00", "2019-02-28T10:11:12+14:01", "2019-02-28T10:11Z", "2019-02T10:11:12Z", "2019-02-30T10:11:12Z", "2019-02-28T10:11:12.Z",
	"10:11:12", "10:11", "24:00:00", "10:11:60", "10:11:61", "10:11:12.5", "10:11:12.", "10:11:12Z", "<div>", "<div/>",
}

// vary changes one or two bytes of text.
func vary(random *rand.Rand, text string) string {
	const letters = "0123456789-+:.TZeE aAzZ\t\x0b\x01/=_<é"
	b := []byte(text)
	for range 1 + random.IntN(2) {
		c := letters[random.IntN(len(letters))]
		switch at := random.IntN(len(b) + 1); {
		case at == len(b):
			b = append(b, c)
		case random.IntN(3) == 0:
			b = append(b[:at], b[at+1:]...)
		default:
			b[at] = c
		}
	}
	return string(b)
}

func TestPrimitivesAgreeWithThePatternsOfTheSpecification(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for typ, pattern := range patterns() {
		valid := 0
		for i := range 20_000 {
			text := seeds[i%len(seeds)]
			if i >= len(seeds) {
				text = vary(random, text)
			}
			if !utf8.ValidString(text) {
				continue
			}
			want := expected(pattern, typ, text)
			if err := fhir.CheckPrimitive(typ, text); (err == nil) != want {
				t.Errorf("%s %q: %v, the specification says valid=%v", typ, text, err, want)
			}
			if want {
				valid++
			}
		}
		if valid == 0 {
			t.Errorf("%s: no value was valid, the comparison shows nothing", typ)
		}
	}
}

func TestStringsAreBoundedAndUTF8(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		strings.Repeat("é", 1<<20):   true,
		strings.Repeat("é", 1<<20+1): false,
		"\xff":                       false,
	} {
		if err := fhir.CheckPrimitive("string", text); (err == nil) != valid {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
	if fhir.CheckPrimitive("HumanName", "x") == nil || fhir.CheckPrimitive("xhtml", "text") == nil {
		t.Error("a HumanName is a primitive, or text is XHTML")
	}
	if err := fhir.CheckPrimitive("xhtml", "<div>a</div>"); err != nil {
		t.Error(err)
	}
}

func TestValidPrimitivesDoNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		for _, text := range seeds {
			_ = fhir.CheckPrimitive("dateTime", text)
			_ = fhir.CheckPrimitive("code", text)
			_ = fhir.CheckPrimitive("decimal", text)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzCheckPrimitive(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	all := patterns()
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		for typ, pattern := range all {
			if want := expected(pattern, typ, text); (fhir.CheckPrimitive(typ, text) == nil) != want {
				t.Errorf("%s %q: the specification says valid=%v", typ, text, want)
			}
		}
	})
}

func BenchmarkCheckPrimitiveDateTime(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := fhir.CheckPrimitive("dateTime", "2019-02-28T10:11:12.123-05:00"); err != nil {
			b.Fatal(err)
		}
	}
}
