package fhirserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"chartlift/load/fhirserver"
)

// canned answers metadata well and everything else with what is set.
type canned struct {
	status int
	body   string
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	status, body := c.status, c.body
	if strings.HasSuffix(r.URL.Path, "/metadata") {
		status, body = 200, statement
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
			Base: "http://127.0.0.1:1/fhir", Clock: c.seam(), HTTP: &http.Client{Transport: &canned{status, body}},
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
