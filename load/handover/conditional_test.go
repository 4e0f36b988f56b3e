package handover_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/handover"
)

// known is a resource with identifiers, each system|value.
func known(typ, id string, identifiers ...string) string {
	var all []string
	for _, i := range identifiers {
		system, value, _ := strings.Cut(i, "|")
		all = append(all, `{"system":"`+system+`","value":"`+value+`"}`)
	}
	return `{"resourceType":"` + typ + `","id":"` + id + `","identifier":[` + strings.Join(all, ",") + `]}`
}

// about is a condition whose subject is a reference as it is given.
func about(id, subject string) string {
	return `{"resourceType":"Condition","id":"` + id + `","subject":{"reference":"` + subject + `"}}`
}

// subjects returns the subject of each condition that is to be sent, by id.
func subjects(t *testing.T, set *handover.Set) map[string]string {
	t.Helper()
	levels, err := set.Levels()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i := range levels {
		for k := range levels[i].Len() {
			item, err := levels[i].Item(k)
			if err != nil {
				t.Fatal(err)
			}
			if _, rest, ok := strings.Cut(string(item.Resource.JSON), `"subject":{"reference":"`); ok {
				got[item.Resource.ID], _, _ = strings.Cut(rest, `"`)
			}
		}
	}
	return got
}

func TestReferencesByIdentifierLeadToTheOneResourceThatBearsIt(t *testing.T) {
	t.Parallel()
	set := open(t, folder(t, map[string]string{
		"1.ndjson": strings.Join([]string{
			about("before", "Patient?identifier=urn:mrn|17"), about("escaped", "Patient?identifier=urn%3Amrn%7C17"), about("any", "Patient?identifier=18"),
			about("elsewhere", "Patient?identifier=urn:mrn|99"), about("othersystem", "Patient?identifier=urn:ssn|17"), about("search", "Patient?name=x"), about("plain", "Patient/a"),
		}, "\n"),
		"2.json": `{"resourceType":"Bundle","type":"transaction","entry":[
			{"fullUrl":"urn:uuid:b","resource":` + known("Patient", "b", "urn:mrn|18", "urn:mrn|18") + `,"request":{"method":"POST","url":"Patient"}},
			{"resource":` + about("inbundle", "Patient?identifier=urn:mrn|18") + `,"request":{"method":"POST","url":"Condition"}}]}`,
		"3.ndjson": known("Patient", "a", "urn:other|x", "urn:mrn|17") + "\n" + known("Person", "a", "urn:mrn|99") + "\n" + known("Patient", "a", "urn:other|x", "urn:mrn|17"),
	}))
	want := map[string]string{
		"before": "Patient/a", "escaped": "Patient/a", "any": "Patient/b", "inbundle": "Patient/b", "plain": "Patient/a",
		"elsewhere": "Patient?identifier=urn:mrn|99", "othersystem": "Patient?identifier=urn:ssn|17", "search": "Patient?name=x",
	}
	if diff := cmp.Diff(want, subjects(t, set)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := order(t, set); !strings.HasPrefix(got, "Patient/") {
		t.Errorf("what is meant does not come first: %s", got)
	}
	if here, elsewhere, ambiguous := set.Sought(); here != 4 || elsewhere != 3 || ambiguous != 0 {
		t.Errorf("sought are %d here, %d elsewhere, %d ambiguous", here, elsewhere, ambiguous)
	}
}

func TestAReferenceThatMeansSeveralResourcesIsNotSent(t *testing.T) {
	t.Parallel()
	set := open(t, folder(t, map[string]string{
		"1.ndjson": "{broken\n" + about("c", "Patient?identifier=17") + "\n" + about("d", "Patient?identifier=urn:a|17") + "\n[1]",
		"2.ndjson": known("Patient", "a", "urn:a|17") + "\n" + known("Patient", "b", "urn:b|17") + "\n" +
			`{"resourceType":"Encounter","id":"e","subject":{"reference":"Patient?identifier=17"},"episodeOfCare":[{"reference":"Patient?identifier=17"}]}`,
	}))
	if got := left(set); got != "1.ndjson:1 bad-json, 1.ndjson:2 ambiguous-reference, 1.ndjson:4 bad-resource, 2.ndjson:3 ambiguous-reference" {
		t.Errorf("left are %s", got)
	}
	if diff := cmp.Diff(map[string]string{"d": "Patient/a"}, subjects(t, set)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"Condition": 1, "Patient": 2}, set.Counts()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, l := range set.Left {
		if strings.Contains(l.Issue.Message, "17") {
			t.Errorf("a message tells the identifier: %s", l.Issue.Message)
		}
	}
}

// Encounters that are part of another, named by its identifier, are sent after
// it.
func TestReferencesByIdentifierAreFollowedInChains(t *testing.T) {
	t.Parallel()
	part := func(id, of string) string {
		return `{"resourceType":"Encounter","id":"` + id + `","identifier":[{"value":"` + id + `"}],"partOf":{"reference":"Encounter?identifier=` + of + `"}}`
	}
	set := open(t, folder(t, map[string]string{"e.ndjson": part("1", "2") + "\n" + part("2", "3") + "\n" + known("Encounter", "3", "|3")}))
	if got := order(t, set); got != "[Encounter/3 Encounter/2 Encounter/1]" {
		t.Errorf("the order is %s", got)
	}
}
