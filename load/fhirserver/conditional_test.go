package fhirserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/sandbox"
)

// post creates a resource as another program would.
func post(t *testing.T, base, typ, body string) {
	t.Helper()
	res, err := http.Post(base+"/"+typ, "application/fhir+json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %d", typ, res.StatusCode)
	}
}

func bearing(system, value string) string {
	return `{"resourceType":"Patient","identifier":[{"system":"` + system + `","value":"` + value + `"}]}`
}

// of is a condition of the patient that a reference leads to.
func of(id, subject string) load.Entry {
	return load.Entry{Resource: fhir.Resource{Type: "Condition", ID: id, JSON: []byte(`{"resourceType":"Condition","id":"` + id + `","subject":{"reference":"` + subject + `"}}`)}}
}

// theirs returns the id that the server gave to the patient with an identifier
// of ours.
func theirs(t *testing.T, base, query string) string {
	t.Helper()
	_, body, err := get(base + "/Patient?identifier=" + query)
	_, rest, ok := strings.Cut(string(body), `"id":"`)
	if err != nil || !ok {
		t.Fatalf("%v %s", err, body)
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func TestReferencesByIdentifierLeadToWhatTheServerHasOrAreRefused(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		o := behave(t, as, sandbox.Faults{})
		for _, p := range [][2]string{{"urn:mrn", "17"}, {"urn:mrn", "twice"}, {"urn:mrn", "twice"}, {"urn:ssn", "17"}} {
			post(t, o.Base, "Patient", bearing(p[0], p[1]))
		}
		outcomes := send(t, open(t, o), []load.Entry{
			of("c1", "Patient?identifier=urn:mrn|17"), of("c2", "Patient?identifier=urn:mrn|twice"), of("c3", "Patient?identifier=urn:mrn|99"), of("c4", "Patient?identifier=17"),
			of("c5", "Patient?name=x"), of("c6", "Patient?identifier=urn%3Assn%7C17"),
		})
		var got []string
		for _, o := range outcomes {
			code := "ok"
			if !o.OK() {
				code = o.Issues[0].Code
				if strings.Contains(o.Issues[0].Message, "17") || o.Issues[0].Value == "" {
					t.Errorf("%s: the message must not tell the identifier, the value must: %+v", name, o.Issues[0])
				}
			}
			got = append(got, code)
		}
		if all := strings.Join(got, " "); all != "ok ambiguous-reference reference-not-found ambiguous-reference reference-unresolved ok" {
			t.Errorf("%s: %s", name, all)
		}
		stored := holds(t, o.Base, "Condition")
		for ours, query := range map[string]string{"c1": "urn:mrn%7C17", "c6": "urn:ssn%7C17"} {
			if want := `{"reference":"Patient/` + theirs(t, o.Base, query) + `"}`; len(stored[ours]) != 1 || string(stored[ours][0].json["subject"]) != want {
				t.Errorf("%s: %s is %+v, want the subject %s", name, ours, stored[ours], want)
			}
		}
		if len(stored) != 2 {
			t.Errorf("%s: %d conditions are there", name, len(stored))
		}
	}
}

// What bears the identifier may be on its way in the same bundle, before or
// behind what refers to it.
func TestReferencesByIdentifierLeadToWhatIsSentWithThem(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			post(t, o.Base, "Patient", bearing("urn:mrn", "99"))
			mrn := func(id, value string) load.Entry {
				return resource("Patient", id, `"identifier":[{"system":"urn:mrn","value":"`+value+`"}]`)
			}
			outcomes := send(t, open(t, o), []load.Entry{
				of("before", "Patient?identifier=urn:mrn|17"), mrn("p17", "17"), of("behind", "Patient?identifier=urn%3Amrn%7C17"), of("any", "Patient?identifier=17"),
				mrn("p18", "18"), mrn("q18", "18"), of("several", "Patient?identifier=urn:mrn|18"), of("there", "Patient?identifier=urn:mrn|99"),
			})
			for i, out := range outcomes {
				if several := i == 6; out.OK() == several || several && out.Issues[0].Code != "ambiguous-reference" {
					t.Errorf("entry %d: %+v", i, out)
				}
			}
			stored := holds(t, o.Base, "Condition")
			want := `{"reference":"Patient/` + theirs(t, o.Base, "urn:mrn%7C17") + `"}`
			for _, id := range []string{"before", "behind", "any"} {
				if len(stored[id]) != 1 || string(stored[id][0].json["subject"]) != want {
					t.Errorf("%s is %+v, want the subject %s", id, stored[id], want)
				}
			}
			if len(stored) != 4 {
				t.Errorf("%d conditions are there", len(stored))
			}
		})
	}
}

// What is asked for again after it was loaded is found: the dead letter of
// before can be sent again.
func TestWhatWasNotThereIsLookedForAgainAndWhatWasThereIsNot(t *testing.T) {
	t.Parallel()
	o := behave(t, profile(t, "hapi", nil), sandbox.Faults{})
	counting := &counted{to: http.DefaultTransport}
	o.HTTP = &http.Client{Transport: counting}
	sink := open(t, o)
	if got := send(t, sink, []load.Entry{of("c1", "Patient?identifier=urn:mrn|17")}); got[0].OK() {
		t.Errorf("%+v", got)
	}
	post(t, o.Base, "Patient", bearing("urn:mrn", "17"))
	var many []load.Entry
	for i := range 50 {
		many = append(many, of(fmt.Sprintf("c%d", i), "Patient?identifier=urn:mrn|17"))
	}
	wantAllOK(t, send(t, sink, many))
	if counting.searches != 2 {
		t.Errorf("%d searches", counting.searches)
	}
}

// counted counts the searches by identifier that pass.
type counted struct {
	to       http.RoundTripper
	searches int
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.RawQuery, "identifier=urn%3Amrn") {
		c.searches++
	}
	return c.to.RoundTrip(r)
}

// A server that ignores what it is asked answers with the charts of others:
// nothing of that is believed.
func TestAServerThatIgnoresTheSearchIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"another patient": `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:mrn","value":"18"}]}}]}`,
		"another type":    `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Person","id":"a","identifier":[{"system":"urn:mrn","value":"17"}]}}]}`,
		"no id":           `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"17"}]}}]}`,
		"refused":         "",
	} {
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if r.Method != http.MethodGet {
				return false
			}
			if body == "" {
				return answer(w, 400, "invalid", "unknown parameter")
			}
			_, _ = io.WriteString(w, body)
			return true
		}}
		got := send(t, open(t, start(t, d)), []load.Entry{of("c1", "Patient?identifier=urn:mrn|17")})
		if got[0].OK() || got[0].Issues[0].Code != "reference-unresolved" || len(d.stored) != 0 {
			t.Errorf("%s: %+v, stored %v", name, got, d.stored)
		}
	}
}

func TestIncludedResourcesAreNoMatchesAndPagesAreRead(t *testing.T) {
	t.Parallel()
	const match = `{"search":{"mode":"match"},"resource":{"resourceType":"Patient","id":"%s","identifier":[{"system":"urn:mrn","value":"17"}]}}`
	for second, want := range map[string]bool{"": true, fmt.Sprintf(match, "a"): true, fmt.Sprintf(match, "b"): false} {
		var o fhirserver.Options
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			switch {
			case r.Method != http.MethodGet:
				return false
			case strings.Contains(r.URL.RawQuery, "page=2"):
				_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","entry":[`+second+`]}`)
			default:
				_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"%s?page=2"}],"entry":[`+match+
					`,{"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome"}}]}`, o.Base, "a")
			}
			return true
		}}
		o = start(t, d)
		if got := send(t, open(t, o), []load.Entry{of("c1", "Patient?identifier=urn:mrn|17")}); got[0].OK() != want {
			t.Errorf("%q: %+v", second, got)
		}
	}
}

func TestResolveLeavesWhatItCannotResolve(t *testing.T) {
	t.Parallel()
	o := behave(t, profile(t, "hapi", nil), sandbox.Faults{})
	post(t, o.Base, "Patient", bearing("urn:mrn", "17"))
	const text = `{"resourceType":"Condition","id":"c","recorder":{"reference":"Practitioner?identifier=x|1"},"subject":{"reference":"Patient?identifier=urn:mrn|17"}}`
	got, err := open(t, o).Resolve(context.Background(), []byte(text))
	want := strings.Replace(text, "Patient?identifier=urn:mrn|17", "Patient/"+theirs(t, o.Base, "urn:mrn%7C17"), 1)
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
