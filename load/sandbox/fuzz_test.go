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

func FuzzWhateverIsPatchedTheResourceStaysOne(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"add","path":"/gender","value":"male"}]`, `[{"op":"add","path":"/name","value":[{"family":"\u0041"}]}]`,
		`[{"op":"replace","path":"/id","value":"x"}]`, `[{"op":"add","path":"/a\"b","value":1}]`, `[{"op":"add","path":"/","value":1}]`, `{}`, `[1]`,
	} {
		f.Add(seed)
	}
	cerner, _ := sandbox.FindProfile("cerner")
	s, err := sandbox.Open(filepath.Join(f.TempDir(), "fuzz.db"), sandbox.Options{As: cerner})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	ask := func(method, path, media, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	made := ask("POST", "/fhir/Patient", "application/fhir+json", `{"resourceType":"Patient","active":true}`)
	at := strings.Split(made.Header().Get("Location"), "/")[5]
	f.Fuzz(func(t *testing.T, body string) {
		w := ask("PATCH", "/fhir/Patient/"+at, "application/json-patch+json", body)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q answers %d %s", body, w.Code, w.Body)
		}
		var got struct{ ResourceType, ID string }
		if w := ask("GET", "/fhir/Patient/"+at, "", ""); json.Unmarshal(w.Body.Bytes(), &got) != nil || got.ResourceType != "Patient" || got.ID != at {
			t.Errorf("after %q it is %s", body, w.Body)
		}
	})
}

func FuzzFaultsAreReadOrRefused(f *testing.F) {
	f.Add("429=5%,503=2%,slow=200ms,cut=1%,stale-token")
	f.Add("max-bytes=9999999999999999999999,429=NaN%")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := sandbox.ParseFaults(text)
		if err != nil {
			return
		}
		for _, share := range []float64{got.Chance429, got.Chance503, got.ChanceDrop, got.ChanceCut} {
			if !(share >= 0 && share <= 1) {
				t.Errorf("%q gives the share %v", text, share)
			}
		}
		if got.Latency < 0 || got.TokenLife < 0 || got.MaxEntries < 0 || got.MaxBytes < 0 {
			t.Errorf("%q gives %+v", text, got)
		}
	})
}
