package fhirserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/fhirserver"
)

// terminology is a server of three codes; a system that it does not have is a
// 404, as HAPI answers.
func terminology(t *testing.T) *fhirserver.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := string(body)
		if r.URL.RawQuery != "" {
			t.Errorf("a code stands in the address: %s", r.URL)
		}
		answer, status := "", 200
		switch {
		case strings.HasSuffix(r.URL.Path, "/metadata"):
			answer = statement
		case strings.Contains(text, `"http://elsewhere"`):
			status = 404
		case strings.HasSuffix(r.URL.Path, "/CodeSystem/$validate-code") && strings.Contains(text, `{"name":"url","valueUri":"http://s"}`):
			answer = `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":` + map[bool]string{true: "true", false: "false"}[strings.Contains(text, `"good \"code\""`)] + `}]}`
		case strings.HasSuffix(r.URL.Path, "/ConceptMap/$translate") && strings.Contains(text, `"D1"`):
			answer = `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true},
				{"name":"match","part":[{"name":"equivalence","valueCode":"equivalent"},{"name":"concept","valueCoding":{"system":"http://snomed.info/sct","code":"38341003","display":"Hypertension"}}]},
				{"name":"match","part":[{"name":"equivalence","valueCode":"wider"},{"name":"concept","valueCoding":{"system":"http://snomed.info/sct","code":"49601007"}}]},
				{"name":"match","part":[{"name":"equivalence","valueCode":"unmatched"}]}]}`
		case strings.HasSuffix(r.URL.Path, "/ConceptMap/$translate") && strings.Contains(text, `"odd"`):
			answer = `<html>`
		default:
			answer = `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":false}]}`
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	client, err := fhirserver.Connect(context.Background(), fhirserver.Options{Base: server.URL, Clock: newClock().seam()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestACodeIsTranslatedToWhatTheServerOffers(t *testing.T) {
	t.Parallel()
	c := terminology(t)
	got, err := c.Translate(context.Background(), "http://s", "D1")
	if err != nil {
		t.Fatal(err)
	}
	want := []fhirserver.Translation{
		{System: "http://snomed.info/sct", Code: "38341003", Display: "Hypertension", Equivalence: "equivalent"},
		{System: "http://snomed.info/sct", Code: "49601007", Equivalence: "wider"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := c.Translate(context.Background(), "http://s", "D2"); err != nil || got != nil {
		t.Errorf("a code without target: %v, %v", got, err)
	}
	for _, ask := range [][2]string{{"http://elsewhere", "D1"}, {"http://s", "odd"}} {
		if _, err := c.Translate(context.Background(), ask[0], ask[1]); !errors.Is(err, fhirserver.ErrNotChecked) {
			t.Errorf("%v: %v", ask, err)
		}
	}
}

func TestACodeIsValidatedInItsSystem(t *testing.T) {
	t.Parallel()
	c := terminology(t)
	for code, want := range map[string]bool{`good "code"`: true, "bad": false} {
		if got, err := c.ValidateCode(context.Background(), "http://s", code); err != nil || got != want {
			t.Errorf("%s: %v, %v", code, got, err)
		}
	}
	if _, err := c.ValidateCode(context.Background(), "http://elsewhere", "x"); !errors.Is(err, fhirserver.ErrNotChecked) {
		t.Errorf("a system that is not there: %v", err)
	}
}
