package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

func TestATransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/old", patient("old"))
	bads := map[string]string{
		"reference to nowhere": put("Observation/o", observation("o", "Patient/none")),
		"other id":             put("Patient/x", patient("y")),
		"unknown type":         put("Nonsense/x", `{"resourceType":"Nonsense","id":"x"}`),
		"no request":           `{"resource":` + patient("x") + `}`,
		"no resource":          `{"request":{"method":"PUT","url":"Patient/x"}}`,
		"unknown urn":          put("Observation/o", observation("o", "urn:uuid:none")),
		"same id twice":        put("Patient/a", patient("a")),
		"other method":         `{"request":{"method":"PATCH","url":"Patient/x"}}`,
		"conditional put":      put("Patient?identifier=1", patient("x")),
		"post to an id":        post("", "Patient/x", patient("x"), ""),
		"no match":             put("Observation/o", observation("o", "Patient?identifier=none")),
		"two matches":          put("Observation/o", observation("o", "Patient?_id=old,a")),
	}
	for name, bad := range bads {
		got := c.do("POST", "", bundle("transaction", put("Patient/a", patient("a")), remove("Patient/old"), bad))
		if name == "two matches" {
			c.want(201, "PUT", "/Patient/second", patient("second"))
			got = c.do("POST", "", bundle("transaction", put("Observation/o", observation("o", "Patient?_id=old,second"))))
			c.want(204, "DELETE", "/Patient/second", "")
		}
		if got.status < 400 || got.status >= 500 || got.ResourceType != "OperationOutcome" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if n := c.count("Patient?_id=a,old"); n != 1 {
			t.Fatalf("%s: %d patients remain, want the old one", name, n)
		}
	}
}

func TestATransactionResolvesReferencesWithinItself(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/there", patient("there"))
	got := c.want(200, "POST", "", bundle("transaction",
		post("urn:uuid:o1", "Observation", observation("", "urn:uuid:p1"), ""),
		put("Observation/o2", observation("o2", "Patient/later")),
		put("Observation/o3", observation("o3", "Patient?identifier=urn:mrn|m-there")),
		put("Observation/o4", observation("o4", "Patient?identifier=urn:mrn|m-new")),
		put("Patient/later", patient("later")),
		post("urn:uuid:p1", "Patient", patient("new"), "identifier=urn:mrn|m-new"),
	))
	if len(got.Entry) != 6 {
		t.Fatalf("answered with %s", got.body)
	}
	made := func(i int) string { return strings.TrimSuffix(got.Entry[i].Response.Location, "/_history/1") }
	for i, e := range got.Entry {
		if e.Response.Status != "201 Created" || e.Response.Etag != `W/"1"` {
			t.Errorf("entry %d: %+v", i, e.Response)
		}
	}
	for ref, want := range map[string]string{made(0): made(5), "Observation/o2": "Patient/later", "Observation/o3": "Patient/there", "Observation/o4": made(5)} {
		if o := c.want(200, "GET", "/"+ref, ""); o.Subject.Reference != want {
			t.Errorf("%s refers to %s, want %s", ref, o.Subject.Reference, want)
		}
	}
}

func TestResourcesThatReferToEachOtherAreTakenTogether(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	link := `{"resourceType":"Patient","id":%q,"link":[{"type":"seealso","other":{"reference":"Patient/%s"}}]}`
	one, two := fmt.Sprintf(link, "a", "b"), fmt.Sprintf(link, "b", "a")
	c.want(400, "PUT", "/Patient/a", one)
	c.want(200, "POST", "", bundle("transaction", put("Patient/a", one), put("Patient/b", two)))
}

func TestAConditionalCreateInATransactionRepeatsWithoutDoubling(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	b := bundle("transaction",
		post("urn:uuid:p", "Patient", patient("x"), "identifier=urn:mrn|m-x"),
		post("", "Observation", strings.Replace(observation("o", "urn:uuid:p"), `"status"`, `"identifier":[{"value":"o-1"}],"status"`, 1), "identifier=o-1"))
	first, again := c.want(200, "POST", "", b), c.want(200, "POST", "", b)
	for i := range first.Entry {
		if first.Entry[i].Response.Status != "201 Created" || again.Entry[i].Response.Status != "200 OK" || first.Entry[i].Response.Location != again.Entry[i].Response.Location {
			t.Errorf("entry %d: %+v, then %+v", i, first.Entry[i].Response, again.Entry[i].Response)
		}
	}
	if n := c.count("Patient") + c.count("Observation"); n != 2 {
		t.Errorf("%d are stored", n)
	}
	twice := post("", "Patient", patient("y"), "identifier=m-y")
	c.want(400, "POST", "", bundle("transaction", twice, twice))
}

func TestABatchTakesTheGoodAndRefusesTheBadEntries(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	got := c.want(200, "POST", "", bundle("batch",
		put("Observation/early", observation("early", "Patient/a")),
		put("Patient/a", patient("a")),
		put("Observation/o", observation("o", "Patient/a")),
		`{"resource":{}}`,
		put("Patient/1", patient("1")),
	))
	want := []string{"400 Bad Request", "201 Created", "201 Created", "400 Bad Request", "400 Bad Request"}
	for i, e := range got.Entry {
		if e.Response.Status != want[i] {
			t.Errorf("entry %d: %+v, want %s", i, e.Response, want[i])
		}
		if refused := strings.HasPrefix(want[i], "400"); refused != (len(e.Response.Outcome.Issue) == 1) {
			t.Errorf("entry %d: outcome %+v", i, e.Response.Outcome)
		}
	}
	if n := c.count("Patient") + c.count("Observation"); n != 2 {
		t.Errorf("%d are stored", n)
	}
	if got := c.want(200, "POST", "", bundle("batch")); len(got.Entry) != 0 {
		t.Errorf("an empty batch answers %s", got.body)
	}
}

func TestALaterVersionIsFoundByItsNewIdentifiersAndReferencesOnly(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(200, "POST", "", bundle("transaction", put("Patient/a", patient("a")), put("Patient/b", patient("b")), put("Observation/o", observation("o", "Patient/a"))))
	c.want(200, "PUT", "/Patient/a", strings.Replace(patient("a"), "m-a", "m-new", 1))
	c.want(200, "PUT", "/Observation/o", observation("o", "Patient/b"))
	for search, want := range map[string]int{
		"Patient?identifier=m-a": 0, "Patient?identifier=m-new": 1,
		"Observation?subject=Patient/a": 0, "Observation?subject=Patient/b": 1,
	} {
		if n := c.count(search); n != want {
			t.Errorf("%s finds %d, want %d", search, n, want)
		}
	}
	c.want(204, "DELETE", "/Patient/a", "")
}
