package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const definitions = "../../../shared/data/fhir-r4"

func TestCommittedTablesAreWhatTheDefinitionsGive(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(definitions); err != nil {
		t.Skipf("%s is absent", definitions)
	}
	dir := t.TempDir()
	files := []string{"defs_gen.go", "invariants_gen.go", "terms/terms_gen.txt"}
	if err := os.Mkdir(filepath.Join(dir, "terms"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-defs", definitions, "-out", filepath.Join(dir, files[0]), "-invariants", filepath.Join(dir, files[1]), "-terms", filepath.Join(dir, files[2])}, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("../../fhir", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("fhir/%s is not what go generate makes now", name)
		}
	}
}

func TestAbsentDefinitionsAreAnError(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "x.go")
	for _, dir := range []string{filepath.Join(t.TempDir(), "nowhere"), t.TempDir()} {
		if err := run([]string{"-defs", dir, "-out", out}, io.Discard); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written all the same")
	}
}

const terminology = `[
{"resourceType":"CodeSystem","url":"http://s","content":"complete","concept":[
  {"code":"a","concept":[{"code":"b","concept":[{"code":"c"}]}]},
  {"code":"d","property":[{"code":"subsumedBy","valueCode":"b"}]},{"code":"e"}]},
{"resourceType":"CodeSystem","url":"http://part","content":"fragment","concept":[{"code":"a"}]},
{"resourceType":"ValueSet","url":"http://v/all","compose":{"include":[{"system":"http://s"}]}},
{"resourceType":"ValueSet","url":"http://v/list","compose":{"include":[{"system":"http://s","concept":[{"code":"e"}]},{"system":"http://x","concept":[{"code":"e"}]}]}},
{"resourceType":"ValueSet","url":"http://v/isa","compose":{"include":[{"system":"http://s","filter":[{"property":"concept","op":"is-a","value":"b"}]}]}},
{"resourceType":"ValueSet","url":"http://v/below","compose":{"include":[{"system":"http://s","filter":[{"property":"concept","op":"descendent-of","value":"b"}]}]}},
{"resourceType":"ValueSet","url":"http://v/not","compose":{"include":[{"system":"http://s","filter":[{"property":"concept","op":"is-not-a","value":"b"}]}]}},
{"resourceType":"ValueSet","url":"http://v/import","compose":{"include":[{"valueSet":["http://v/list|4.0.1"]},{"valueSet":["http://v/below"]}]}},
{"resourceType":"ValueSet","url":"http://v/both","compose":{"include":[{"system":"http://s","valueSet":["http://v/isa","http://v/below"]}]}},
{"resourceType":"ValueSet","url":"http://v/less","compose":{"include":[{"system":"http://s"}],"exclude":[{"system":"http://s","concept":[{"code":"a"},{"code":"e"}]}]}},
{"resourceType":"ValueSet","url":"http://v/part","compose":{"include":[{"system":"http://part"}]}},
{"resourceType":"ValueSet","url":"http://v/regex","compose":{"include":[{"system":"http://s","filter":[{"property":"concept","op":"regex","value":"."}]}]}},
{"resourceType":"ValueSet","url":"http://v/property","compose":{"include":[{"system":"http://s","filter":[{"property":"kind","op":"=","value":"x"}]}]}},
{"resourceType":"ValueSet","url":"http://v/loop","compose":{"include":[{"valueSet":["http://v/loop"]}]}}
]`

func TestValueSetsAreExpandedAsComposeSays(t *testing.T) {
	t.Parallel()
	g := &guide{systems: map[string]*codeSystem{}, valueSets: map[string]*valueSet{}, ofPackage: map[string]bool{}}
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(terminology), &all); err != nil {
		t.Fatal(err)
	}
	for _, resource := range all {
		if err := g.add(resource); err != nil {
			t.Fatal(err)
		}
	}
	for set, want := range map[string][]string{
		"all": {"a", "b", "c", "d", "e"}, "list": {"e", "e of http://x"}, "isa": {"b", "c", "d"}, "below": {"c", "d"},
		"not": {"a", "e"}, "import": {"c", "d", "e", "e of http://x"}, "both": {"c", "d"}, "less": {"b", "c", "d"},
		"part": nil, "regex": nil, "property": nil, "loop": nil, "absent": nil,
	} {
		codes, ok := g.expand("http://v/" + set + "|4.0.1")
		var got []string
		for _, c := range codes {
			name := c.code
			if c.system != "http://s" {
				name += " of " + c.system
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(want, got); diff != "" || ok != (want != nil) {
			t.Errorf("%s: ok %v %s", set, ok, diff)
		}
	}
}
