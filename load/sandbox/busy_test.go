package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chartlift/load/sandbox"
)

func TestManyClientsWriteAndReadAtOnce(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 20 {
				id := fmt.Sprintf("w%d-%d", worker, i)
				got := c.do("POST", "", bundle("transaction", put("Observation/"+id, observation(id, "Patient/"+id)), put("Patient/"+id, patient(id))))
				if got.status != 200 {
					t.Errorf("%s: %d %s", id, got.status, got.body)
				}
				if got := c.do("GET", "/Observation?patient="+id, ""); got.Total != 1 || got.Entry[0].Resource.ID != id {
					t.Errorf("%s is found as %s", id, got.body)
				}
			}
		})
	}
	all.Wait()
	if p, o := c.count("Patient"), c.count("Observation"); p != 160 || o != 160 {
		t.Errorf("%d patients and %d observations are stored", p, o)
	}
}

func TestARefusedTransactionLeavesTheServerAsGoodAsNew(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	c.want(201, "PUT", "/Patient/a", patient("a"))
	for i := range 5 {
		changed := strings.Replace(patient("a"), "m-a", fmt.Sprintf("m-changed-%d", i), 1)
		c.want(400, "POST", "", bundle("transaction", put("Patient/a", changed), put("Observation/o", observation("o", "Patient/none"))))
	}
	if got := c.want(200, "GET", "/Patient/a", ""); got.Meta.VersionID != "1" {
		t.Errorf("version %s", got.Meta.VersionID)
	}
	for search, want := range map[string]int{"Patient?identifier=m-a": 1, "Patient?identifier=m-changed-0": 0, "Observation": 0} {
		if n := c.count(search); n != want {
			t.Errorf("%s finds %d, want %d", search, n, want)
		}
	}
}

func TestTextIsStoredAndFoundAsItIs(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	body := `{"resourceType":"Patient", "id":"a",
		"identifier":[{"system":"urn:mrn","value":"Ä \"quoted\" \u20ac 'x'; DROP TABLE resource"}], "name":[{"text":"\ud83d\ude00\t<b>&"}]}`
	c.want(201, "PUT", "/Patient/a", body)
	got := c.want(200, "GET", "/Patient/a", "")
	for _, want := range []string{`"Ä \"quoted\" \u20ac 'x'; DROP TABLE resource"`, `"\ud83d\ude00\t<b>&"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("stored as %s", got.body)
		}
	}
	if n := c.count("Patient?identifier=" + strings.NewReplacer(" ", "%20", `"`, "%22", ";", "%3B").Replace(`urn:mrn|Ä "quoted" € 'x'; DROP TABLE resource`)); n != 1 {
		t.Errorf("found %d times", n)
	}
}

func TestContainedAndNestedReferencesAreResolvedToo(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{})
	encounter := `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},` +
		`"contained":[{"resourceType":"Practitioner","id":"x"}],` +
		`"subject":{"reference":"urn:uuid:p"},"participant":[{"individual":{"reference":"#x"}},{"individual":{"reference":"urn:uuid:d","display":"D"}}]}`
	got := c.want(200, "POST", "", bundle("transaction", put("Encounter/e", encounter),
		post("urn:uuid:p", "Patient", patient("p"), ""), post("urn:uuid:d", "Practitioner", `{"resourceType":"Practitioner"}`, "")))
	stored := c.want(200, "GET", "/Encounter/e", "").body
	for i := 1; i <= 2; i++ {
		ref := strings.TrimSuffix(got.Entry[i].Response.Location, "/_history/1")
		if !strings.Contains(stored, `"reference":"`+ref+`"`) {
			t.Errorf("%s is not referred to in %s", ref, stored)
		}
	}
	if !strings.Contains(stored, `"#x"`) || strings.Contains(stored, "urn:uuid") {
		t.Errorf("stored as %s", stored)
	}
	c.want(400, "PUT", "/Encounter/e", strings.NewReplacer("urn:uuid:p", "Patient/none", "urn:uuid:d", "Practitioner/none").Replace(encounter))
}

func BenchmarkTransactionsOfAHundred(b *testing.B) {
	s, err := sandbox.Open(filepath.Join(b.TempDir(), "bench.db"), sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	handler := s.Handler()
	pad, n := strings.Repeat("x", 850), 0
	for b.Loop() {
		entries := make([]string, 0, 100)
		for range 50 {
			id := fmt.Sprintf("b%d", n)
			n++
			entries = append(entries,
				put("Patient/"+id, strings.Replace(patient(id), `"identifier"`, `"name":[{"text":"`+pad+`"}],"identifier"`, 1)),
				put("Observation/"+id, strings.Replace(observation(id, "Patient/"+id), `"text":"x"`, `"text":"`+pad+`"`, 1)))
		}
		r := httptest.NewRequest(http.MethodPost, "/fhir", strings.NewReader(bundle("transaction", entries...)))
		r.Header.Set("Content-Type", "application/fhir+json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	b.ReportMetric(float64(2*n)/b.Elapsed().Seconds(), "resources/s")
}
