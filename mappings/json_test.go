package mappings_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
	"chartlift/transform"
)

// overlaid has one file in another form than the folder below it.
type overlaid struct {
	fs.FS
	over fstest.MapFS
}

func (o overlaid) Open(name string) (fs.File, error) {
	if _, ok := o.over[name]; ok {
		return o.over.Open(name)
	}
	return o.FS.Open(name)
}

func TestAShippedMappingIsTheSameOneInJSON(t *testing.T) {
	t.Parallel()
	for _, m := range mappings.List() {
		dir, file, err := mappings.Open(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := mappings.ReadFile(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		out, wrong := mappings.JSON(file, text)
		if len(wrong) > 0 || !json.Valid(out) {
			t.Errorf("%s: %v\n%.200s", m.Name, wrong, out)
			continue
		}
		var rules [2][]string
		for i, from := range []fs.FS{dir, overlaid{dir, fstest.MapFS{file: {Data: out}}}} {
			prog, found := mappings.Compile(from, file, mappings.Options{Cleaners: transform.Signatures()})
			if prog == nil {
				t.Fatalf("%s: %v", m.Name, found)
			}
			for _, l := range prog.Effective() {
				rules[i] = append(rules[i], l.Address+" = "+l.Value)
			}
		}
		if diff := cmp.Diff(rules[0], rules[1]); diff != "" || len(rules[0]) < 5 {
			t.Errorf("%s has %d rules; as JSON it says something else:\n%s", m.Name, len(rules[0]), diff)
		}
	}
}

func TestTheTextOfAMappingIsKeptInJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ yaml, want string }{
		{"a: 02108", `{"a":"02108"}`}, // a ZIP code
		{"a: 1.10", `{"a":"1.10"}`},   // a version
		{"a: 17\nb: -3\nc: true", `{"a":17,"b":-3,"c":true}`},
		{"a: '17'\nb: \"true\"", `{"a":"17","b":"true"}`},
		{"a: 99999999999999999999", `{"a":"99999999999999999999"}`},
		{"a: -0", `{"a":"-0"}`},
		{"a: yes\nb: 1970-01-01\nc: 0x10", `{"a":"yes","b":"1970-01-01","c":"0x10"}`},
		{"z: 1\na: 2", `{"z":1,"a":2}`}, // in their order
		{"where: AGE < 3 AND NAME <> 'x & y'", `{"where":"AGE < 3 AND NAME <> 'x & y'"}`},
		{"nulls: [\"\", NULL, ~, null]", `{"nulls":["","NULL","~","null"]}`},
		{"a:\nb: null", `{"a":null,"b":null}`},
		{"a: |\n  first\n  second\n", `{"a":"first\nsecond\n"}`},
		{"a: [{ b: ü }, []]\nc: {}", `{"a":[{"b":"ü"},[]],"c":{}}`},
		{"true: x\n1: y", `{"true":"x","1":"y"}`}, // keys are texts
		{"# only this\na: 1 # and this", `{"a":1}`},
	} {
		out, wrong := mappings.JSON("m.yaml", []byte(c.yaml))
		var got bytes.Buffer
		if err := json.Compact(&got, out); err != nil || len(wrong) > 0 || got.String() != c.want {
			t.Errorf("%q becomes %s, want %s (%v, %v)", c.yaml, got.String(), c.want, err, wrong)
		}
	}
}

func TestWhatIsNoMappingHasNoJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: [":                             "E0101",
		"":                                 "E0101",
		"a: &x 1\nb: *x":                   "E0102",
		"\xff":                             "E0101",
		strings.Repeat("[", 2000):          "E0102",
		"a: " + strings.Repeat("x", 4<<20): "E0101",
		"a: " + strings.Repeat("[", 70) + "1" + strings.Repeat("]", 70): "E0102",
	} {
		out, wrong := mappings.JSON("m.yaml", []byte(text))
		var codes []string
		for _, i := range wrong {
			codes = append(codes, i.Code)
		}
		if out != nil || !slices.Contains(codes, want) {
			t.Errorf("%.20q becomes %q with %v", text, out, codes)
		}
	}
}
