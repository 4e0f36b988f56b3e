package validate_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

// said returns what is said of a file, one line for each issue: the entry's
// number (none for the bundle itself), severity, code and place.
func said(t *testing.T, v *validate.Validator, text string) string {
	t.Helper()
	var b strings.Builder
	each := func(it *validate.Item) {
		v.CheckItem(it, func(i issue.Issue) {
			if it.Entry >= 0 {
				fmt.Fprintf(&b, "%d ", it.Entry)
			}
			fmt.Fprintf(&b, "%s %s %s\n", i.Severity, i.Code, i.Expression)
		})
	}
	if err := validate.Read(context.Background(), "x.ndjson", strings.NewReader(text), each); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	base  = "http://example.org/fhir/"
	uuid1 = "urn:uuid:c757873d-ec9a-4326-a141-556f43239501"
	uuid2 = "urn:uuid:c757873d-ec9a-4326-a141-556f43239502"
)

// bundled returns a bundle of the type; entries are pairs of a fullUrl and a
// resource.
func bundled(typ string, entries ...string) string {
	with := ""
	switch typ {
	case "transaction", "batch":
		with = `,"request":{"method":"POST","url":"Patient"}`
	case "history":
		with = `,"request":{"method":"POST","url":"Patient"},"response":{"status":"201"}`
	case "document":
		typ += `","timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:ietf:rfc:3986","value":"` + uuid1 + `"},"language":"en`
	}
	var all []string
	for i := 0; i < len(entries); i += 2 {
		url := ""
		if entries[i] != "" {
			url = `"fullUrl":"` + entries[i] + `",`
		}
		all = append(all, `{`+url+`"resource":`+entries[i+1]+with+`}`)
	}
	return `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + strings.Join(all, ",") + `]}`
}

func person(id, version string) string {
	meta := ""
	if version != "" {
		meta = `,"meta":{"versionId":"` + version + `"}`
	}
	return `{"resourceType":"Patient","id":"` + id + `"` + meta + `,"active":true}`
}

func about(reference string) string {
	return `{"resourceType":"Basic","id":"b","code":{"text":"x"},"subject":{"reference":"` + reference + `"}}`
}

// https://hl7.org/fhir/R4/bundle.html#references: a relative reference counts
// from the base of the fullUrl that it stands under, a reference to a version
// finds that version, and where several match it is ambiguous.
func TestAReferenceFindsTheEntryThatItsFullURLMeans(t *testing.T) {
	t.Parallel()
	const unsolved, several = "1 warning reference-unresolved Basic.subject\n", "2 error reference-ambiguous Basic.subject\n"
	twice := func(reference string) []string {
		return []string{base + "Patient/p", person("p", "1"), base + "Patient/p", person("p", "2"), base + "Basic/b", about(reference)}
	}
	for _, c := range []struct {
		name, typ    string
		entries      []string
		want, letter string // what is said; letter: where that is something else by the letter of R4
	}{
		{"of the same base", "collection", []string{base + "Patient/p", person("p", ""), base + "Basic/b", about("Patient/p")}, "", ""},
		{"of another base", "collection", []string{"http://other.org/Patient/p", person("p", ""), base + "Basic/b", about("Patient/p")}, unsolved, ""},
		{"of a base that is longer by a folder", "collection", []string{base + "r4/Patient/p", person("p", ""), base + "Basic/b", about("Patient/p")}, unsolved, ""},
		{"with the whole URL", "collection", []string{"http://other.org/Patient/p", person("p", ""), base + "Basic/b", about("http://other.org/Patient/p")}, "", ""},
		{"from an entry that no server has", "collection", []string{base + "Patient/p", person("p", ""), uuid2, about("Patient/p")}, unsolved, ""},
		{"by the UUID", "collection", []string{uuid1, person("p", ""), uuid2, about(uuid1)}, "", ""},
		{"by a UUID that is not there", "collection", []string{uuid1, person("p", ""), uuid2, about("urn:uuid:c757873d-ec9a-4326-a141-556f43239503")}, unsolved, ""},
		{"by the UUID as an id", "collection", []string{uuid1, person("p", ""), uuid2, about("Patient/c757873d-ec9a-4326-a141-556f43239501")}, "", unsolved},
		{
			"by the UUID as an id of another type", "collection",
			[]string{uuid1, `{"resourceType":"Group","id":"g","type":"person","actual":true}`, uuid2, about("Patient/c757873d-ec9a-4326-a141-556f43239501")},
			"1 error reference-target Basic.subject\n", unsolved,
		},
		{"to a transaction's entry, which the server will know by its id", "transaction", []string{uuid1, person("p", ""), uuid2, about("Patient/p")}, "", ""},
		{"to a transaction's entry without fullUrl", "transaction", []string{"", person("p", ""), "", about("Patient/p")}, "", ""},
		{"to what a transaction does not have", "transaction", []string{uuid1, person("p", ""), uuid2, about("Patient/q")}, unsolved, ""},
		{"to an entry whose fullUrl is missing", "collection", []string{"", person("p", ""), base + "Basic/b", about("Patient/p")}, "error bundle-full-url Bundle.entry[0]\n", ""},
		{"to an entry whose fullUrl is relative", "collection", []string{"Patient/p", person("p", ""), base + "Basic/b", about("Patient/p")}, "error bundle-full-url Bundle.entry[0]\n", ""},
		{"to the first of two versions", "collection", twice("Patient/p/_history/1"), "", ""},
		{"to the second of two versions, with the whole URL", "collection", twice(base + "Patient/p/_history/2"), "", ""},
		{"to a version that is not there", "collection", twice("Patient/p/_history/3"), "2 warning reference-unresolved Basic.subject\n", ""},
		{"to no version of two", "collection", twice("Patient/p"), several, ""},
		{"to no version of two, with the whole URL", "searchset", twice(base + "Patient/p"), several, ""},
		{"to no version of two of a history, whose order may tell", "history", twice("Patient/p"), several, "none"},
		{"to no version of two of a batch, where the server decides", "batch", twice("Patient/p"), several, "none"},
		{"to a version that the only entry does not tell", "collection", []string{base + "Patient/p", person("p", ""), base + "Basic/b", about("Patient/p/_history/1")}, unsolved, ""},
	} {
		if c.letter == "" {
			c.letter = c.want
		}
		for letter, want := range map[bool]string{false: c.want, true: strings.TrimPrefix(c.letter, "none")} {
			got := said(t, validate.New(validate.Options{Letter: letter}), bundled(c.typ, c.entries...))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, letter %t: %s", c.name, letter, diff)
			}
		}
	}
}

func TestReferencesInWholeBundlesAndInBundlesInsideOfThemCountFromTheirOwnEntries(t *testing.T) {
	t.Parallel()
	inner := bundled("collection", "http://inner.org/Patient/p", person("p", ""), "http://inner.org/Basic/b", about("Patient/p"))
	lost := bundled("collection", "http://inner.org/Basic/b", about("Patient/p"))
	v := validate.New(validate.Options{})
	for name, c := range map[string]struct {
		json string
		want []string
	}{
		"whole":                       {inner, nil},
		"whole, and one is not there": {lost, []string{"warning reference-unresolved Bundle.entry[0].resource.subject"}},
		"a bundle in a bundle":        {bundled("collection", uuid1, inner, base+"Patient/p", person("p", "")), nil},
		"a bundle in a bundle, where only the outer one has the target": {
			bundled("collection", uuid1, lost, "http://inner.org/Patient/p", person("p", "")), []string{"warning reference-unresolved Bundle.entry[0].resource.entry[0].resource.subject"},
		},
		"a bundle in Parameters": {`{"resourceType":"Parameters","parameter":[{"name":"a","resource":` + inner + `}]}`, nil},
		"a contained bundle": {
			`{"resourceType":"Basic","contained":[` + strings.Replace(inner, `"type"`, `"id":"i","type"`, 1) + `],"code":{"text":"x"},"extension":[{"url":"http://x/y","valueReference":{"reference":"#i"}}]}`, nil,
		},
	} {
		if diff := cmp.Diff(c.want, codesOf(v, c.json)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// https://hl7.org/fhir/R4/documents.html#content lists what of a Composition's
// targets the document holds.
func TestADocumentHoldsWhatItsCompositionNames(t *testing.T) {
	t.Parallel()
	const clinic = `{"resourceType":"Organization","id":"o","name":"x"}`
	composition := func(author, more string) string {
		return `{"resourceType":"Composition","id":"c","status":"final","type":{"text":"x"},"date":"2020","title":"x","author":[{"reference":"` + author + `"}]` + more + `}`
	}
	const section = `,"section":[{"title":"x","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"entry":[{"reference":"Observation/none"}]}]`
	for _, c := range []struct{ name, own, url, author, more, want string }{
		{"as it should", base + "Composition/c", base + "Organization/o", "Organization/o", "", ""},
		{"by UUID", uuid1, uuid2, uuid2, "", ""},
		{"under another base", base + "Composition/c", "http://other.org/Organization/o", "Organization/o", "", "0 error reference-unresolved Composition.author[0]\n"},
		{"by type and id under UUIDs", uuid1, uuid2, "Organization/o", "", "0 error reference-unresolved Composition.author[0]\n"},
		{"by the UUID as an id", uuid1, uuid2, "Organization/c757873d-ec9a-4326-a141-556f43239502", "", "0 error reference-unresolved Composition.author[0]\n"},
		{"with a URL that no entry has", base + "Composition/c", base + "Organization/o", "http://other.org/Organization/o", "", "0 error reference-unresolved Composition.author[0]\n"},
		{"an entry of a section", base + "Composition/c", base + "Organization/o", "Organization/o", section, "0 error reference-unresolved Composition.section[0].entry[0]\n"},
		{
			"another document, which it need not hold", base + "Composition/c", base + "Organization/o", "Organization/o", `,"relatesTo":[{"code":"replaces","targetReference":{"reference":"Composition/old"}}]`,
			"0 warning reference-unresolved Composition.relatesTo[0].target.ofType(Reference)\n",
		},
		{
			"what an extension names", base + "Composition/c", base + "Organization/o", "Organization/o", `,"extension":[{"url":"http://x/y","valueReference":{"reference":"Patient/p"}}]`,
			"0 warning reference-unresolved Composition.extension[0].value.ofType(Reference)\n",
		},
	} {
		text := bundled("document", c.own, composition(c.author, c.more), c.url, clinic)
		for _, letter := range []bool{false, true} {
			if diff := cmp.Diff(c.want, said(t, validate.New(validate.Options{Letter: letter}), text)); diff != "" {
				t.Errorf("%s, letter %t: %s", c.name, letter, diff)
			}
		}
	}
}

func TestAServersFullURLAsksForAnID(t *testing.T) {
	t.Parallel()
	const nobody = `{"resourceType":"Patient","active":true}`
	for _, c := range []struct{ typ, url, want, letter string }{
		{"collection", base + "Patient/p", "error bundle-full-url Bundle.entry[0]\n", "error bundle-full-url Bundle.entry[0]\n"},
		{"transaction", base + "Patient/p", "error bundle-full-url Bundle.entry[0]\n", ""}, // R4 lets it name what is to be made
		{"collection", uuid1, "", ""},
		{"collection", "http://example.org/a/file.json", "", ""},
	} {
		for letter, want := range map[bool]string{false: c.want, true: c.letter} {
			if diff := cmp.Diff(want, said(t, validate.New(validate.Options{Letter: letter}), bundled(c.typ, c.url, nobody))); diff != "" {
				t.Errorf("%s %s, letter %t: %s", c.typ, c.url, letter, diff)
			}
		}
	}
}

// The links and modes are those of https://hl7.org/fhir/R4/http.html#paging and
// https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.search.mode.
func TestASearchHoldsWhatItsLinkSelfAsksFor(t *testing.T) {
	t.Parallel()
	const (
		patients = `{"relation":"self","url":"http://example.org/fhir/Patient?name=a"}`
		basic    = `"fullUrl":"` + base + `Basic/b","resource":{"resourceType":"Basic","id":"b","code":{"text":"x"}}`
		patient  = `"fullUrl":"` + base + `Patient/p","resource":{"resourceType":"Patient","id":"p"}`
		outcome  = `"fullUrl":"` + uuid1 + `","resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"processing"}]}`
		nobody   = `"fullUrl":"` + uuid1 + `","resource":{"resourceType":"Patient","active":true}`
		wrong    = "error bundle-search Bundle.entry[0].resource\n"
		twice    = "error bundle-link Bundle.link[1]\n"
	)
	for _, c := range []struct{ name, links, entry, mode, want string }{
		{"a match", patients, patient, "match", ""},
		{"a match of another type", patients, basic, "match", wrong},
		{"an include of another type", patients, basic, "include", ""},
		{"of another type without mode", patients, basic, "", ""},
		{"a match without id", patients, nobody, "match", wrong},
		{"an include without id", patients, nobody, "include", wrong},
		{"without id and mode", patients, nobody, "", ""},
		{"an outcome", patients, outcome, "outcome", ""},
		{"an outcome that is said to match", patients, outcome, "match", wrong},
		{"an outcome that is none", patients, patient, "outcome", wrong},
		{"a type that _type lists", `{"relation":"self","url":"http://x?_type=Basic,Patient&_id=1"}`, basic, "match", ""},
		{"a type that _type lists in percents", `{"relation":"self","url":"http://x?_id=1&_type=Basic%2CPatient"}`, basic, "match", ""},
		{"a type that _type does not list", `{"relation":"self","url":"http://x?_type=Observation,Patient"}`, basic, "match", wrong},
		{"a type that R4 does not have in _type", `{"relation":"self","url":"http://x?_type=Observation,Patients"}`, basic, "match", ""},
		{"a compartment", `{"relation":"self","url":"http://x/Patient/p/Basic?_id=b"}`, basic, "match", ""},
		{"an operation", `{"relation":"self","url":"http://x/Patient/p/$everything"}`, basic, "match", ""},
		{"another link than self", `{"relation":"next","url":"http://x/Patient?page=2"}`, basic, "match", ""},
		{"two links self", patients + "," + patients, patient, "match", twice},
		{"two links next", `{"relation":"next","url":"http://x/1"},{"relation":"next","url":"http://x/2"},` + patients, patient, "match", twice},
		{"two links that may be", `{"relation":"alternate","url":"http://x/1"},{"relation":"alternate","url":"http://x/2"},` + patients, patient, "match", ""},
	} {
		search := ""
		if c.mode != "" {
			search = `,"search":{"mode":"` + c.mode + `"}`
		}
		text := `{"resourceType":"Bundle","type":"searchset","link":[` + c.links + `],"entry":[{` + c.entry + search + `}]}`
		if diff := cmp.Diff(c.want, said(t, validate.New(validate.Options{}), text)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if c.want = strings.TrimPrefix(c.want, twice); c.want != said(t, validate.New(validate.Options{Letter: true}), text) { // how many links there are R4 does not say
			t.Errorf("%s: by the letter another verdict", c.name)
		}
	}
}

// Whoever sends a bundle decides how large it is and what its entries say. What
// takes the square of their number is given up (invariant-unchecked), or would
// take minutes here.
func TestLargeBundlesAreJudgedEntryByEntry(t *testing.T) {
	t.Parallel()
	const entries = 50_000
	next := func(i int) int { return (i + 1) % entries }
	for name, c := range map[string]struct {
		entry func(i int) string
		want  string // of one line for each issue, how many there are of each
	}{
		"a ring of references": {func(i int) string {
			return fmt.Sprintf(`{"fullUrl":"%sPatient/%d","resource":{"resourceType":"Patient","id":"%d","link":[{"other":{"reference":"Patient/%d"},"type":"seealso"}]},"search":{"mode":"match"}}`, base, i, i, next(i))
		}, ""},
		"versions of one patient, each of which names the next": {func(i int) string {
			return fmt.Sprintf(`{"fullUrl":"%sPatient/p","resource":{"resourceType":"Patient","id":"p","meta":{"versionId":"%d"},"link":[{"other":{"reference":"Patient/p/_history/%d"},"type":"seealso"}]}}`, base, i, next(i))
		}, ""},
		"references to one patient of many versions": {func(i int) string {
			return fmt.Sprintf(`{"fullUrl":"%sPatient/p","resource":{"resourceType":"Patient","id":"p","meta":{"versionId":"%d"},"link":[{"other":{"reference":"Patient/p"},"type":"seealso"}]}}`, base, i)
		}, "50000 error reference-ambiguous Patient.link[].other\n"},
	} {
		var b strings.Builder
		b.WriteString(`{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"http://x?_type=` + strings.Repeat("Patient,", 150) + `Patient"}],"entry":[`)
		for i := range entries {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c.entry(i))
		}
		b.WriteString(`]}`)
		if diff := cmp.Diff(c.want, counted(t, b.String())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// counted returns what is said of a file, one line for each kind of issue,
// without the numbers of entries and of values.
func counted(t *testing.T, text string) string {
	t.Helper()
	kinds, order := map[string]int{}, []string{}
	for line := range strings.Lines(said(t, validate.New(validate.Options{}), text)) {
		kind := number.ReplaceAllString(strings.TrimLeft(line, "0123456789 "), "[]")
		if kinds[kind]++; kinds[kind] == 1 {
			order = append(order, kind)
		}
	}
	var b strings.Builder
	for _, kind := range order {
		fmt.Fprintf(&b, "%d %s", kinds[kind], kind)
	}
	return b.String()
}

var number = regexp.MustCompile(`\[[0-9]+\]`)
