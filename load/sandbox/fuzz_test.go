package sandbox_test

import (
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

func FuzzWhateverIsPostedTheAnswerIsFHIR(f *testing.F) {
	for _, seed := range []string{
		bundle("transaction", put("Patient/a", patient("a")), remove("Patient/b")),
		bundle("batch", post("urn:uuid:1", "Patient", patient("a"), "identifier=x"), put("Observation/o", observation("o", "urn:uuid:1"))),
		`{"resourceType":"Bundle","type":"transaction","entry":[{}]}`,
		`{"resourceType":"Bundle","type":"batch","entry":{"request":{"method":"PUT","url":"Patient/a\""},"resource":[]}}`,
		`{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":"Patient"},"resource":{"id":5,"resourceType":"Patient","meta":[]}}]}`,
		`{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"PUT","url":"Patient/a"},"resource":{"id":"a","resourceType":"Patient","\u006deta":{"x\"":1}}}]}`,
		`[]`, `""`, `{`,
	} {
		f.Add(seed)
	}
	s, err := sandbox.Open(filepath.Join(f.TempDir(), "fuzz.db"), sandbox.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	handler := s.Handler()
	ask := func(t *testing.T, method, path, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/fhir+json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s %q answers %d %s", method, path, body, w.Code, w.Body)
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		ask(t, "POST", "/fhir", body)
		ask(t, "POST", "/fhir/Patient", body)
		ask(t, "GET", "/fhir/Patient?_count=5", "")
	})
}
