package profile_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/profile"
	"chartlift/fhir/terms"
)

// packed returns a .tgz of name, content pairs.
func packed(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	out := tar.NewWriter(zip)
	for i := 0; i < len(pairs); i += 2 {
		head := &tar.Header{Name: pairs[i], Mode: 0o600, Size: int64(len(pairs[i+1])), Typeflag: tar.TypeReg}
		if err := out.WriteHeader(head); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// patient writes a profile of Patient with a differential.
func patient(name, base, elements string) string {
	if !strings.Contains(base, "/") {
		base = "http://x/" + base
	}
	return fmt.Sprintf(`{"resourceType":"StructureDefinition","id":%q,"url":"http://x/%s","version":"1","name":%q,"kind":"resource","type":"Patient",`+
		`"baseDefinition":%q,"derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient"}%s]}}`, name, name, name, base, elements)
}

const (
	basePatient  = "http://hl7.org/fhir/StructureDefinition/Patient"
	nameRequired = `,{"id":"Patient.name","path":"Patient.name","min":1}`
)

func TestAGuideIsReadFromAPackageAFolderAndFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := patient("a", basePatient, nameRequired)
	write("folder/StructureDefinition-a.json", []byte(one))
	write("folder/notes.txt", []byte("no JSON"))
	write("unpacked/package/StructureDefinition-a.json", []byte(one))
	for _, path := range []string{
		write("guide.tgz", packed(t, "package/package.json", `{"name":"x","version":"1","fhirVersions":["4.0.1"]}`, "package/StructureDefinition-a.json", one,
			"package/example/Patient-broken.json", "{", "package/SearchParameter-x.json", "{", "package/other/a.json", "{")),
		filepath.Join(dir, "folder"), filepath.Join(dir, "unpacked"), write("a.json", []byte(one)), write("a.ndjson", []byte(one+"\n\n"+one+"\n")),
		write("bundle.json", []byte(`{"resourceType":"Bundle","entry":[{"resource":`+one+`}]}`)),
	} {
		g := profile.New()
		if err := errors.Join(g.AddPath(path), g.Check()); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		p, err := g.Find("a")
		if err != nil || p.URL != "http://x/a" || len(p.Root.Children) != 1 || p.Root.Children[0].Min != 1 {
			t.Errorf("%s: %+v %v", path, p, err)
		}
	}
}

func TestWhatIsNoGuideIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	bad := func(element string) string { return patient("a", basePatient, ","+element) }
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"no archive":        {[]byte("PK"), "is no gzip archive"},
		"cut short":         {packed(t, "package/a.json", strings.Repeat("x", 4096))[:60], "damaged"},
		"no JSON":           {packed(t, "package/a.json", "{"), "a.json: line 1"},
		"of another FHIR":   {packed(t, "package/package.json", `{"fhirVersions":["5.0.0"]}`), "made for FHIR 5.0.0, not for R4"},
		"no url":            {packed(t, "package/a.json", `{"resourceType":"StructureDefinition","type":"Patient"}`), "a.json: a StructureDefinition needs url and type"},
		"bad max":           {packed(t, "package/a.json", bad(`{"id":"Patient.name","path":"Patient.name","max":"many"}`)), "a.json: line 1: differential element 1 (Patient.name): max: a whole number in quotes, or *"},
		"bad min":           {packed(t, "package/a.json", bad(`{"id":"Patient.name","path":"Patient.name","min":-1}`)), "min: a whole number from 0 on"},
		"element no object": {packed(t, "package/a.json", bad(`7`)), "an object is expected, not number"},
		"no path":           {packed(t, "package/a.json", bad(`{"id":"Patient.name"}`)), "an element needs a path"},
		"unknown element":   {packed(t, "package/a.json", bad(`{"id":"Patient.colour","path":"Patient.colour"}`)), "a.json: the definition http://x/a: element 1 (Patient.colour): R4 has no element colour in Patient"},
		"its own base":      {packed(t, "package/a.json", patient("a", "a", "")), "it derives from itself"},
		"a circle":          {packed(t, "package/a.json", patient("a", "b", ""), "package/b.json", patient("b", "a", "")), "it derives from itself"},
		"base of another":   {packed(t, "package/a.json", patient("a", "http://hl7.org/fhir/StructureDefinition/Group", "")), "its type is Patient, that of its baseDefinition Group"},
		"no base":           {packed(t, "package/a.json", strings.Replace(patient("a", basePatient, ""), "baseDefinition", "x", 1)), "it has no baseDefinition"},
		"unknown type":      {packed(t, "package/a.json", strings.Replace(patient("a", basePatient, ""), `"type":"Patient"`, `"type":"Patience"`, 1)), "Patien"},
	} {
		g := profile.New()
		err := errors.Join(g.AddPackage("guide.tgz", bytes.NewReader(c.archive)), g.Check())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
	}
}

func TestEveryVersionOfADefinitionCounts(t *testing.T) {
	t.Parallel()
	of := func(version string) string {
		return strings.Replace(patient("a", basePatient, ""), `"version":"1"`, `"version":"`+version+`"`, 1)
	}
	g := profile.New()
	if err := g.AddPackage("guide.tgz", bytes.NewReader(packed(t, "package/a.json", of("1"), "package/b.json", of("2")))); err != nil {
		t.Fatal(err)
	}
	if all := g.Packages(); len(all) != 1 || all[0].Definitions != 2 {
		t.Errorf("%+v", all)
	}
}

func TestAFolderWithoutDefinitionsIsNoGuide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "patient.json"), []byte(`{"resourceType":"Patient"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "patient.json")} {
		if err := profile.New().AddPath(path); err == nil || !strings.Contains(err.Error(), "no definition is in it") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := profile.New().AddPath(filepath.Join(dir, "nowhere.tgz")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestProfilesOfOneGuideMayDeriveFromThoseOfAnother(t *testing.T) {
	t.Parallel()
	g := profile.New()
	derived := packed(t, "package/package.json", `{"name":"b","version":"1","dependencies":{"a":"1","hl7.fhir.r4.core":"4.0.1","c":"2"}}`,
		"package/b.json", patient("b", "a", `,{"id":"Patient.gender","path":"Patient.gender","min":1}`))
	if err := errors.Join(g.AddPackage("b.tgz", bytes.NewReader(derived)), g.Check()); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Profile("http://x/b"); !errors.Is(err, profile.ErrUnknown) || !strings.Contains(err.Error(), "baseDefinition: the profile http://x/a") {
		t.Errorf("without the guide of its base: %v", err)
	}
	if got := g.Missing(); !slices.Equal(got, []string{"a#1", "c#2"}) {
		t.Errorf("missing %q", got)
	}
	whole := profile.New()
	base := packed(t, "package/package.json", `{"name":"a","version":"1"}`, "package/a.json", patient("a", basePatient, nameRequired))
	if err := errors.Join(whole.AddPackage("b.tgz", bytes.NewReader(derived)), whole.AddPackage("a.tgz", bytes.NewReader(base)), whole.Check()); err != nil {
		t.Fatal(err)
	}
	p, err := whole.Profile("http://x/b|1")
	if err != nil {
		t.Fatal(err)
	}
	if !p.Derives("http://x/a") || p.Derives("http://x/b") || len(p.Root.Children) != 2 {
		t.Errorf("%+v", p)
	}
	if got := whole.Missing(); !slices.Equal(got, []string{"c#2"}) {
		t.Errorf("missing %q", got)
	}
}

func TestAVersionIsTakenWhereOneIsNamed(t *testing.T) {
	t.Parallel()
	g := profile.New()
	second := strings.Replace(patient("a", basePatient, ""), `"version":"1"`, `"version":"2.0"`, 1)
	if err := errors.Join(g.Add("one", []byte(patient("a", basePatient, nameRequired))), g.Add("two", []byte(second)), g.Check()); err != nil {
		t.Fatal(err)
	}
	for canonical, want := range map[string]string{"http://x/a": "2.0", "http://x/a|1": "1", "http://x/a|2.0": "2.0", "http://x/a|2": "2.0"} {
		if p, err := g.Profile(canonical); err != nil || p.Version != want {
			t.Errorf("%s: %+v %v", canonical, p, err)
		}
	}
	if p, err := g.Profile("http://x/a|3"); err == nil {
		t.Errorf("a version that nobody has: %+v", p)
	}
	if p, err := g.Profile(basePatient + "s"); !errors.Is(err, profile.ErrUnknown) {
		t.Errorf("%+v %v", p, err)
	}
}

func TestValueSetsAreListedByWhatIsAtHand(t *testing.T) {
	t.Parallel()
	g := profile.New()
	for _, text := range []string{
		`{"resourceType":"CodeSystem","url":"http://s","content":"complete","concept":[{"code":"a","concept":[{"code":"b"}]},{"code":"c","property":[{"code":"parent","valueCode":"b"}]},{"code":"d"}]}`,
		`{"resourceType":"CodeSystem","url":"http://part","content":"fragment","concept":[{"code":"a"}]}`,
		`{"resourceType":"ValueSet","url":"http://all","compose":{"include":[{"system":"http://s"}],"exclude":[{"system":"http://s","concept":[{"code":"d"}]}]}}`,
		`{"resourceType":"ValueSet","url":"http://below","compose":{"include":[{"system":"http://s","filter":[{"property":"concept","op":"is-a","value":"a"}]}]}}`,
		`{"resourceType":"ValueSet","url":"http://both","compose":{"include":[{"system":"http://s","valueSet":["http://below|1"]},{"system":"http://t","concept":[{"code":"x"}]}]}}`,
		`{"resourceType":"ValueSet","url":"http://expanded","expansion":{"contains":[{"system":"http://s","code":"a","contains":[{"system":"http://s","code":"b"}]}]}}`,
		`{"resourceType":"ValueSet","url":"http://partial","compose":{"include":[{"system":"http://part"}]}}`,
		`{"resourceType":"ValueSet","url":"http://loop","compose":{"include":[{"valueSet":["http://loop"]}]}}`,
		`{"resourceType":"ValueSet","url":"http://rule","compose":{"include":[{"system":"http://s","filter":[{"property":"concept","op":"regex","value":"."}]}]}}`,
		`{"resourceType":"ValueSet","url":"http://r4","compose":{"include":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category"},{"valueSet":["http://hl7.org/fhir/ValueSet/ucum-bodyweight|4.0.1"]}]}}`,
	} {
		if err := g.Add("t", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for url, want := range map[string]string{
		"http://all|1": "a b c", "http://below": "a b c", "http://both": "a b c x", "http://expanded": "a b", "http://partial": "?", "http://loop": "?",
		"http://rule": "?", "http://nowhere": "?", "http://r4": "[lb_av] encounter-diagnosis g kg problem-list-item",
	} {
		codes, ok := g.Codes(url)
		got := "?"
		if ok {
			var names []string
			for _, c := range codes {
				names = append(names, c.Code)
			}
			got = strings.Join(names, " ")
		}
		if got != want {
			t.Errorf("%s: %s, not %s", url, got, want)
		}
	}
	if set := g.Terms(); set.Check("http://s", "z") != terms.Absent || set.Check("http://s", "c") != terms.Present || set.Check("http://part", "z") != terms.Unknown {
		t.Error("the complete system of the guide is not known, or the fragment is taken for complete")
	}
}

func TestFixedAndPatternValuesCompareAsTheSpecificationSays(t *testing.T) {
	t.Parallel()
	const element = `,{"id":"Patient.maritalStatus","path":"Patient.maritalStatus","%sCodeableConcept":{"coding":[{"system":"http://s","code":"a"}]}}`
	value := func(kind string) *profile.Value {
		g := profile.New()
		if err := g.Add("x", []byte(patient("a", basePatient, fmt.Sprintf(element, kind)))); err != nil {
			t.Fatal(err)
		}
		p, err := g.Profile("http://x/a")
		if err != nil {
			t.Fatal(err)
		}
		if kind == "fixed" {
			return p.Root.Children[0].Fixed
		}
		return p.Root.Children[0].Pattern
	}
	fixed, pattern := value("fixed"), value("pattern")
	if got, want := pattern.String(), "the code a of http://s"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	for text, want := range map[string][2]bool{
		`{"coding":[{"code":"a","system":"http://s"}]}`:                                             {true, true},
		`{"coding":[{"system":"http://s","code":"a","display":"A"}]}`:                               {false, true},
		`{"coding":[{"system":"http://t","code":"a"},{"system":"http://s","code":"a"}]}`:            {false, true},
		`{"coding":[{"system":"http://s","code":"b"},{"system":"http://t","code":"a"}],"text":"a"}`: {false, false},
		`{"coding":{"system":"http://s","code":"a"}}`:                                               {false, false},
		`{"coding":[{"system":"http://s"}]}`:                                                        {false, false}, `{"coding":[]}`: {false, false}, `{}`: {false, false}, `"a"`: {false, false}, `[]`: {false, false},
	} {
		var tree fhir.Tree
		if err := tree.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{fixed.Equal(&tree, 0), pattern.Matches(&tree, 0)}; got != want {
			t.Errorf("%s: fixed, pattern %v, not %v", text, got, want)
		}
	}
}

func TestUSCoreThatComesAlongIsThePackage(t *testing.T) {
	t.Parallel()
	path := packages + "6.1.0.tgz"
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is absent", path)
	}
	ours, theirs := profile.New(), profile.New()
	if err := errors.Join(ours.AddPath("us-core"), ours.Check(), theirs.AddPath(path), theirs.Check()); err != nil {
		t.Fatal(err)
	}
	if a, b := len(ours.Profiles()), len(theirs.Profiles()); a != b || a != 59 {
		t.Errorf("%d profiles and extensions, not %d", a, b)
	}
	for _, p := range theirs.Profiles() {
		o, err := ours.Profile(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := statements(o.Root), statements(p.Root); !slices.Equal(got, want) || len(o.Contexts) != len(p.Contexts) {
			t.Errorf("%s: %q\nnot %q", p.Title, got, want)
		}
	}
	for _, name := range []string{"us-core", "hl7.fhir.us.core", "hl7.fhir.us.core@6.1.0", "us-core#6.1.0"} {
		if !profile.BuiltIn(name) {
			t.Errorf("%s is not known", name)
		}
	}
	if profile.BuiltIn("hl7.fhir.us.core@7.0.0") {
		t.Error("7.0.0 does not come along")
	}
}

func FuzzGuide(f *testing.F) {
	f.Add([]byte(patient("a", basePatient, nameRequired)))
	f.Add([]byte(patient("a", "a", `,{"id":"Patient.identifier:x","path":"Patient.identifier","sliceName":"x","slicing":{"discriminator":[{"type":"value","path":"extension('a').value.resolve()"}]},"patternIdentifier":{"system":"s"}}`)))
	text, _ := os.ReadFile("../../testdata/validate/profile/guide.json")
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		g := profile.New()
		if g.Add("x", text) != nil {
			return
		}
		if g.Check() != nil {
			return
		}
		for _, p := range g.Profiles() {
			statements(p.Root)
			g.ReadsValues([]string{p.URL})
		}
	})
}
