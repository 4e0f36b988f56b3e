package validate_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

// saysOf returns what the validator says of a file: where, code and message of
// each error.
func saysOf(t testing.TB, name, text string) []string {
	t.Helper()
	var all []string
	v := validate.New(validate.Options{Advice: true})
	err := validate.Read(context.Background(), name, strings.NewReader(text), func(it *validate.Item) {
		v.CheckItem(it, func(i issue.Issue) {
			if i.Severity >= issue.Error {
				all = append(all, i.Origin.String()+": "+i.Code+" "+i.Expression+": "+i.Message)
			}
		})
	})
	if err != nil {
		all = append(all, err.Error())
	}
	return all
}

func TestBadInputIsNamedByLineAndByte(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, text string
		want             []string
	}{
		{"JSON that ends early", "a.json", "{\"resourceType\":\"Patient\",\n\"id\":\"1\",\n\"name\":[{\"fam", []string{"a.json (line 3): structure-json : byte 50: the text ends in the middle of a value"}},
		{"a line of NDJSON that ends early", "a.ndjson", "{\"resourceType\":\"Patient\"}\n{\"resourceType\":", []string{"a.ndjson (line 2): structure-json : byte 16: the text ends in the middle of a value"}},
		{"a key that stands twice", "a.json", "{\"resourceType\":\"Patient\",\n\"name\":[{\"family\":\"a\"},{\"family\":\"b\",\n\"family\":\"c\"}]}", []string{"a.json (line 3): structure-duplicate-key Patient.name[1]: byte 78: this key stands twice in one object"}},
		{"nesting of 10,000 levels", "a.json", "{\"resourceType\":\"Patient\",\"extension\":" + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}", []string{"a.json (line 1): structure-json : byte 101: objects and arrays are nested deeper than 64 levels"}},
		{"bytes that are not UTF-8", "a.json", "{\"resourceType\":\"Patient\",\n\"name\":[{\"family\":\"M\xfcller\"}]}", []string{"a.json (line 2): structure-json : byte 47: the text is not valid UTF-8"}},
		{"text after the resource", "a.json", "{\"resourceType\":\"Patient\"}\n}", nil},
		{"a resourceType that R4 does not have", "a.json", `{"resourceType":"Patiant"}`, []string{"a.json (line 1): structure-resource-type : resourceType names no resource type of R4"}},
		{"a resourceType that is a number", "a.json", `{"resourceType":1}`, []string{"a.json (line 1): structure-resource-type : resourceType names no resource type of R4"}},
		{"another document", "a.json", "<Patient/>", []string{"a.json (line 1): structure-json : this is XML, not JSON; only FHIR R4 JSON, NDJSON and bundles are validated"}},
		{"nothing", "a.json", "", []string{"a.json (line 1): structure-json : the file is empty"}},
		{"nothing but blanks", "a.ndjson", " \n\n", nil},
		{"a table", "t.csv", "id,name\n1,x\n", []string{"t.csv (line 1): structure-json : this is CSV, not JSON; only FHIR R4 JSON, NDJSON and bundles are validated"}},
		{"XML", "p.xml", "<?xml version=\"1.0\"?><Patient/>", []string{"p.xml (line 1): structure-json : this is XML, not JSON; only FHIR R4 JSON, NDJSON and bundles are validated"}},
		{"an array of resources", "a.json", `[{"resourceType":"Patient"}]`, []string{"a.json (line 1): structure-json-type : a resource is written as a JSON object, not as array"}},
		{"a decimal of 400 digits", "a.json", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueRange":{"low":{"value":` + strings.Repeat("9", 400) + `},"high":{"value":` + strings.Repeat("9", 399) + `}}}`, nil},
		{"an integer of 400 digits", "a.json", `{"resourceType":"Patient","multipleBirthInteger":` + strings.Repeat("9", 400) + `}`, []string{
			"a.json (line 1): primitive-format Patient.multipleBirth.ofType(integer): not a valid integer, which is a whole number from -2147483648 to 2147483647, without leading zeros",
		}},
		{"a number that is none", "a.json", `{"resourceType":"Patient","multipleBirthInteger":01}`, []string{"a.json (line 1): structure-json : byte 51: this is not a JSON number"}},
		{"contained resources that refer to each other and themselves", "a.json", `{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"a","link":[{"other":{"reference":"#b"},"type":"seealso"}]},` +
			`{"resourceType":"Patient","id":"b","link":[{"other":{"reference":"#a"},"type":"seealso"},{"other":{"reference":"#b"},"type":"refer"},{"other":{"reference":"#"},"type":"refer"}]}],"link":[{"other":{"reference":"#a"},"type":"seealso"}]}`, nil},
		{"a byte order mark, as programs of Windows write it", "a.json", "\ufeff{\"resourceType\":\"Patient\"}", nil},
	} {
		got := saysOf(t, c.file, c.text)
		if c.name == "text after the resource" { // its first line is a resource: the file counts as NDJSON
			c.want = []string{"a.json (line 2): structure-json : byte 0: a value is expected here"}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// zeros is a resource that never seems to end.
type zeros struct{ head io.Reader }

func (z zeros) Read(p []byte) (int, error) {
	if n, err := z.head.Read(p); err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestAResourceOfAHundredMegabytesIsRefusedByName(t *testing.T) {
	t.Parallel()
	const size = 100 << 20
	for name, head := range map[string]string{"a.json": "{\"resourceType\":\"Patient\",\n\"id\":\"", "a.ndjson": "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\",\"id\":\""} {
		in := io.LimitReader(zeros{strings.NewReader(head)}, size)
		err := validate.Read(context.Background(), name, in, func(*validate.Item) {})
		if !errors.Is(err, validate.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := `{"resourceType":"Binary","contentType":"text/plain","data":"` + strings.Repeat("QUJD", 5<<20) + `"}`
	if !validate.New(validate.Options{}).Check(fhir.Resource{JSON: []byte(large)}, issue.Origin{}, func(i issue.Issue) { t.Errorf("%+v", i) }) {
		t.Error("a Binary of 20 MB is refused")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.ndjson", []byte("{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\",\"id\":1}"))
	f.Add("a.json", []byte(`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}`))
	f.Add("a.json", []byte(prettyBundle))
	v := validate.New(validate.Options{UnknownExtensions: validate.WarnUnknown, Advice: true})
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		err := validate.Read(context.Background(), name, strings.NewReader(string(text)), func(it *validate.Item) {
			errors := 0
			ok := v.CheckItem(it, func(i issue.Issue) {
				if i.Severity >= issue.Error {
					errors++
				}
				if i.Code == "" || i.Message == "" || i.Origin.Line < 1 {
					t.Errorf("incomplete issue %+v", i)
				}
			})
			if ok != (errors == 0) {
				t.Errorf("CheckItem says %v beside %d errors", ok, errors)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
}
