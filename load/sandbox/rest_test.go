package sandbox_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load/sandbox"
)

func TestTheStatementSaysWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	got := rehearse(t, sandbox.Options{}).want(200, "GET", "/metadata", "")
	for _, want := range []string{`"fhirVersion":"4.0.1"`, `{"code":"transaction"}`, `{"code":"batch"}`, `"type":"Patient"`, `"updateCreate":true`, `"conditionalCreate":true`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the statement lacks %s", want)
		}
	}
	without := rehearse(t, sandbox.Options{Faults: sandbox.Faults{NoTransaction: true, NoClientIDs: true}})
	if got := without.want(200, "GET", "/metadata", "").body; strings.Contains(got, `"transaction"`) || !strings.Contains(got, `"updateCreate":false`) {
		t.Error("the statement offers what the faults took away")
	}
}

func TestAPutMakesANewResourceThenNewVersionsOfItWhenItDiffers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	c := rehearse(t, sandbox.Options{Now: func() time.Time { return now }})
	first := c.want(201, "PUT", "/Patient/a", patient("a"))
	if first.header.Get("ETag") != `W/"1"` || first.header.Get("Location") != c.base+"/Patient/a/_history/1" {
		t.Errorf("created with %v", first.header)
	}
	c.want(200, "PUT", "/Patient/a", patient("a"))
	if got := c.want(200, "GET", "/Patient/a", ""); got.Meta.VersionID != "1" || got.Meta.LastUpdated != "2026-03-04T05:06:07.000Z" {
		t.Errorf("the same again makes %+v", got.Meta)
	}
	other := strings.Replace(patient("a"), `"id"`, `"active":true,"meta":{"source":"x","versionId":"77"},"id"`, 1)
	if got := c.want(200, "PUT", "/Patient/a", other); got.Meta.VersionID != "2" || got.Meta.Source != "x" || strings.Count(got.body, "versionId") != 1 {
		t.Errorf("another content makes %s", got.body)
	}
	if got := c.want(200, "PUT", "/Patient/a", patient("a"), "Prefer", "return=minimal"); got.body != "" || got.header.Get("ETag") != `W/"3"` {
		t.Errorf("return=minimal answers %q with %v", got.body, got.header)
	}
}

func TestADeletedResourceIsGoneAndComesBackWithItsVersionGoingOn(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/a", patient("a"))
	c.want(204, "DELETE", "/Patient/a", "")
	c.want(204, "DELETE", "/Patient/a", "")
	c.want(204, "DELETE", "/Patient/never-there", "")
	if got := c.want(410, "GET", "/Patient/a", ""); got.Issue[0].Code != "deleted" {
		t.Errorf("gone with %+v", got.Issue)
	}
	if n := c.count("Patient") + c.count("Patient?identifier=m-a"); n != 0 {
		t.Errorf("a search still finds %d", n)
	}
	if got := c.want(201, "PUT", "/Patient/a", patient("a")); got.Meta.VersionID != "3" {
		t.Errorf("it comes back as version %s", got.Meta.VersionID)
	}
}

func TestWhatOthersReferToIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/a", patient("a"))
	c.want(201, "PUT", "/Observation/o", observation("o", "Patient/a/_history/1"))
	c.want(409, "DELETE", "/Patient/a", "")
	c.want(200, "GET", "/Patient/a", "")
	c.want(200, "POST", "", bundle("transaction", remove("Patient/a"), remove("Observation/o")))
	c.want(410, "GET", "/Patient/a", "")
	c.want(410, "GET", "/Observation/o", "")
}

func TestACreateGivesAnID(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	for _, body := range []string{patient("ignored"), `{"resourceType":"Patient"}`, `{"active":true,"resourceType":"Patient","id":""}`} {
		got := c.want(201, "POST", "/Patient", body)
		if got.ID == "" || got.ID == "ignored" {
			t.Errorf("%s gets the id %q", body, got.ID)
		}
		if back := c.want(200, "GET", "/Patient/"+got.ID, ""); back.ID != got.ID || back.ResourceType != "Patient" {
			t.Errorf("reads back as %s", back.body)
		}
	}
}

func TestAConditionalCreateFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	first := c.want(201, "POST", "/Patient", patient("x"), "If-None-Exist", "identifier=urn:mrn|m-x")
	again := c.want(200, "POST", "/Patient", patient("x"), "If-None-Exist", "identifier=urn:mrn|m-x")
	if first.ID != again.ID || c.count("Patient") != 1 {
		t.Errorf("made %s, then %s", first.ID, again.ID)
	}
	c.want(200, "POST", "/Patient", patient("x"), "If-None-Exist", "_id="+first.ID)
	c.want(201, "POST", "/Patient", patient("x"))
	if got := c.want(412, "POST", "/Patient", patient("x"), "If-None-Exist", "identifier=urn:mrn|m-x"); got.Issue[0].Code != "multiple-matches" {
		t.Errorf("two matches: %+v", got.Issue)
	}
	c.want(400, "POST", "/Patient", patient("x"), "If-None-Exist", "nonsense=1")
	c.want(400, "POST", "/Patient", patient("x"), "If-None-Exist", "_summary=count")
	c.want(400, "POST", "/Patient", patient("x"), "If-None-Exist", "%zz")
}

func TestRefusalsAreOperationOutcomes(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	long := strings.Repeat("x", 65)
	rows := []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"unknown type", "GET", "/Nonsense/1", "", 404, "not-supported"},
		{"unknown type posted", "POST", "/Nonsense", `{"resourceType":"Nonsense"}`, 404, "not-supported"},
		{"data type as resource", "PUT", "/HumanName/a", `{"resourceType":"HumanName","id":"a"}`, 404, "not-supported"},
		{"unknown id", "GET", "/Patient/none", "", 404, "not-found"},
		{"not JSON", "PUT", "/Patient/a", `{"resourceType"`, 400, "structure"},
		{"not an object", "PUT", "/Patient/a", `[]`, 400, "structure"},
		{"a key twice", "PUT", "/Patient/a", `{"resourceType":"Patient","id":"a","id":"b"}`, 400, "structure"},
		{"no type", "PUT", "/Patient/a", `{"id":"a"}`, 400, "structure"},
		{"other type", "PUT", "/Patient/a", observation("a", "Patient/b"), 400, "structure"},
		{"other id", "PUT", "/Patient/a", patient("b"), 400, "value"},
		{"no id", "PUT", "/Patient/a", `{"resourceType":"Patient"}`, 400, "value"},
		{"id as number", "POST", "/Patient", `{"resourceType":"Patient","id":5}`, 400, "structure"},
		{"digits only", "PUT", "/Patient/123", patient("123"), 400, "value"},
		{"long id", "PUT", "/Patient/" + long, patient(long), 400, "value"},
		{"underscore in id", "PUT", "/Patient/a_b", patient("a_b"), 400, "value"},
		{"reference to nowhere", "PUT", "/Observation/o", observation("o", "Patient/none"), 400, "not-found"},
		{"reference to itself only", "PUT", "/Observation/o", observation("o", "Patient/o"), 400, "not-found"},
		{"urn outside a bundle", "PUT", "/Observation/o", observation("o", "urn:uuid:1"), 400, "not-found"},
		{"patch", "PATCH", "/Patient/a", `[]`, 405, "not-supported"},
		{"put without id", "PUT", "/Patient", patient("a"), 405, "not-supported"},
		{"a resource at the base", "POST", "", patient("a"), 400, "structure"},
		{"a collection", "POST", "", bundle("collection"), 400, "value"},
	}
	for _, row := range rows {
		if got := c.want(row.status, row.method, row.path, row.body); got.status >= 400 && got.Issue[0].Code != row.code {
			t.Errorf("%s: %+v, want code %s", row.name, got.Issue, row.code)
		}
	}
	c.want(415, "PUT", "/Patient/a", patient("a"), "Content-Type", "text/plain")
	c.want(201, "PUT", "/Patient/a", patient("a"), "Content-Type", "application/json; charset=utf-8")
	if n := c.count("Patient") + c.count("Observation"); n != 1 {
		t.Errorf("%d are stored", n)
	}
}

func TestReferencesThatAreNotOursAreNotChecked(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	for _, target := range []string{"https://other.example.org/fhir/Patient/1", "#contained", "Nonsense/1"} {
		c.want(201, "POST", "/Observation", observation("o", target))
	}
	c.want(201, "PUT", "/Patient/a", patient("a"))
	made := c.want(201, "POST", "/Observation", observation("o", c.base+"/Patient/a"))
	if made.Subject.Reference != "Patient/a" {
		t.Errorf("an absolute reference to us is stored as %s", made.Subject.Reference)
	}
	c.want(400, "POST", "/Observation", observation("o", c.base+"/Patient/none"))
}

func TestTheValidatorRefusesBeforeAnythingIsStored(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Check: func(r fhir.Resource) []issue.Issue {
		severity := issue.Warning
		if strings.Contains(string(r.JSON), "m-bad") {
			severity = issue.Error
		}
		return []issue.Issue{{Severity: severity, Type: "invariant", Expression: r.Type + ".identifier", Message: "looked at " + r.ID}}
	}})
	c.want(201, "PUT", "/Patient/good", patient("good"))
	got := c.want(422, "PUT", "/Patient/bad", patient("bad"))
	if got.Issue[0].Code != "invariant" || got.Issue[0].Diagnostics != "looked at bad" || !strings.Contains(got.body, `"expression":["Patient.identifier"]`) {
		t.Errorf("refused with %s", got.body)
	}
	c.want(422, "POST", "", bundle("transaction", put("Patient/c", patient("c")), put("Patient/bad", patient("bad"))))
	if n := c.count("Patient"); n != 1 {
		t.Errorf("%d are stored", n)
	}
}

func TestManyClientsThatPutTheSameMakeOneResource(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	var created sync.Map
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if got := c.do("PUT", "/Patient/a", patient("a")); got.status == http.StatusCreated {
				created.Store(i, true)
			} else if got.status != http.StatusOK {
				t.Errorf("status %d", got.status)
			}
		})
	}
	all.Wait()
	n := 0
	created.Range(func(any, any) bool { n++; return true })
	if got := c.want(200, "GET", "/Patient/a", ""); n != 1 || got.Meta.VersionID != "1" {
		t.Errorf("created %d times, version %s", n, got.Meta.VersionID)
	}
}

func TestTheDatabaseIsForItsOwnerAndSurvivesReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a ?#% b.db")
	for i := range 2 {
		s, err := sandbox.Open(path, sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		base, err := s.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := client{t, base}
		if n := c.count("Patient"); n != i {
			t.Errorf("opened with %d patients", n)
		}
		c.want(201-i, "PUT", "/Patient/a", patient("a"))
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheSandboxListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Open(filepath.Join(t.TempDir(), "s.db"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "nonsense"} {
		if _, err := s.Start(addr); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestAPathThatCannotBeOpenedIsNamed(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "none", "s.db")
	if _, err := sandbox.Open(bad, sandbox.Options{}); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("got %v", err)
	}
	noDatabase := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Open(noDatabase, sandbox.Options{}); err == nil {
		t.Error("a text file was opened as a database")
	}
}
