package fhirserver_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"chartlift/load/fhirserver"
)

// canned answers metadata well and everything else with what is set.
type canned struct {
	status    int
	body      string
	statement string // the usual one where ""
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	status, body := c.status, c.body
	if strings.HasSuffix(r.URL.Path, "/metadata") {
		status, body = 200, cmp.Or(c.statement, statement)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func FuzzWhateverTheServerAnswersThereIsAnOutcomeOrAnError(f *testing.F) {
	f.Add(200, responses("201 Created", "400 Bad Request"))
	f.Add(200, responses("429 Too Many Requests", "banana"))
	f.Add(200, `{"resourceType":"Bundle","type":"transaction-response","entry":[{},{"response":5}]}`)
	f.Add(400, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value","diagnostics":"secret HAPI-0450"}]}`)
	f.Add(400, `{"resourceType":"OperationOutcome","issue":{"severity":"error"}}`)
	f.Add(413, "<html>secret</html>")
	f.Add(404, "")
	f.Add(500, "\xff\xfe")
	f.Add(302, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			t.Skip("not a final HTTP status")
		}
		c := newClock()
		s, err := fhirserver.Open(context.Background(), fhirserver.Options{
			Base: "http://127.0.0.1:1/fhir", Clock: c.seam(), HTTP: &http.Client{Transport: &canned{status: status, body: body}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Send(context.Background(), bundle(patients(2)))
		var known *fhirserver.Error
		if err != nil {
			if !errors.As(err, &known) || got != nil {
				t.Errorf("outcomes %+v with the error %v", got, err)
			}
			return
		}
		for i, o := range got {
			if o.OK() != (len(o.Issues) == 0) || o.Status < 200 {
				t.Errorf("entry %d: %+v", i, o)
			}
		}
	})
}

// Servers that give ids themselves are asked more, and their answers decide
// what is sent next.
func FuzzWhateverIsFoundNothingIsSentForEver(f *testing.F) {
	found := `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"77","identifier":[{"system":"urn:chartlift:id","value":"p000"}]}}]`
	f.Add(200, found+`}`, true)
	f.Add(200, found+`,"link":[{"relation":"next","url":"http://127.0.0.1:1/fhir/Patient?page=2"}]}`, false)
	f.Add(200, found+`,"link":[{"relation":"next","url":"http://evil.example/fhir"}]}`, false)
	f.Add(201, `{"resourceType":"Bundle","type":"searchset"}`, false)
	f.Add(201, "", true)
	f.Add(412, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"multiple-matches"}]}`, true)
	f.Add(200, `{"resourceType":"Bundle","type":"searchset","entry":{"resource":[]}}`, false)
	f.Fuzz(func(t *testing.T, status int, body string, conditional bool) {
		if status < 200 || status > 599 {
			t.Skip("not a final HTTP status")
		}
		server := &canned{status: status, body: body, statement: fmt.Sprintf(
			`{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server","resource":[{"type":"Patient","conditionalCreate":%v,"updateCreate":false,`+
				`"interaction":[{"code":"create"},{"code":"search-type"},{"code":"update"}],"searchParam":[{"name":"identifier"}]}]}]}`, conditional)}
		requests := 0
		s, err := fhirserver.Open(context.Background(), fhirserver.Options{
			Base: "http://127.0.0.1:1/fhir", Clock: newClock().seam(), GiveUpAfter: time.Minute,
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if requests++; requests > 20000 || r.URL.Host != "127.0.0.1:1" {
					t.Fatalf("request %d to %s", requests, r.URL)
				}
				return server.RoundTrip(r)
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Send(context.Background(), bundle(patients(2)))
		var known *fhirserver.Error
		if err != nil && (!errors.As(err, &known) || got != nil) {
			t.Errorf("outcomes %+v with the error %v", got, err)
		}
		for i, o := range got {
			if o.OK() != (len(o.Issues) == 0) {
				t.Errorf("entry %d: %+v", i, o)
			}
		}
	})
}
