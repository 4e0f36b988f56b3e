package fhirserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"chartlift/load/fhirserver"
)

func TestWhatIsOursIsListedByTagOrIdentifier(t *testing.T) {
	t.Parallel()
	const (
		ours    = `{"resource":{"resourceType":"Patient","id":"%s","meta":{"tag":[{"system":"a","code":"b"},{"system":"urn:chartlift:site","code":"here"}]},"identifier":[{"system":"urn:mrn","value":"1"},{"system":"urn:chartlift:id","value":"p"}]}}`
		foreign = `{"resource":{"resourceType":"Patient","id":"x","meta":{"tag":[{"system":"urn:chartlift:site","code":"there"}]},"identifier":[{"system":"urn:mrn","value":"1"}]}}`
		said    = `{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]},"search":{"mode":"outcome"}}`
	)
	for name, c := range map[string]struct {
		tag    string
		query  string
		first  string
		second string // page; "": there is none
		want   []string
		ok     bool
	}{
		"by tag":                       {"urn:chartlift:site|here", "_tag=urn%3Achartlift%3Asite%7Chere&_elements=id,meta&_count=500", fmt.Sprintf(ours, "1") + "," + said, fmt.Sprintf(ours, "2"), []string{"1", "2"}, true},
		"by identifier":                {"", "identifier=urn%3Achartlift%3Aid%7C&_elements=id,identifier&_count=500", fmt.Sprintf(ours, "1"), "", []string{"1"}, true},
		"there is none":                {"", "identifier=urn%3Achartlift%3Aid%7C&_elements=id,identifier&_count=500", "", "", nil, true},
		"the tag is passed over":       {"urn:chartlift:site|here", "", foreign, "", nil, false},
		"the identifier is, too":       {"", "", foreign, fmt.Sprintf(ours, "2"), nil, false},
		"the second page is another's": {"urn:chartlift:site|here", "", fmt.Sprintf(ours, "1"), foreign, []string{"1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
				page, link := c.first, ""
				if r.URL.Path == "/fhir/next" {
					page = c.second
				} else if asked = r.URL.RawQuery; c.second != "" {
					link = fmt.Sprintf(`"link":[{"relation":"next","url":"http://%s/fhir/next"}],`, r.Host)
				}
				_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset",%s"entry":[%s]}`, link, page)
				return true
			}}
			var got []string
			ok, err := open(t, start(t, d)).Client().Marked(context.Background(), "Patient", fhirserver.Mark{Tag: c.tag}, func(ids []string) error {
				got = append(got, ids...)
				return nil
			})
			if err != nil || ok != c.ok || !slices.Equal(got, c.want) || c.query != "" && asked != c.query {
				t.Errorf("%v, %v: %q by %s", ok, err, got, asked)
			}
		})
	}
}

func TestAServerThatRefusesToBeSearchedIsNotAskedForWhatIsOurs(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		if strings.Contains(r.URL.RawQuery, "_tag=") {
			return answer(w, http.StatusBadRequest, "not-supported", "unknown parameter _tag")
		}
		_, _ = fmt.Fprint(w, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"1","identifier":[{"system":"urn:chartlift:id"}]}}]}`)
		return true
	}}
	client := open(t, start(t, d)).Client()
	if ok, err := client.Marked(context.Background(), "Patient", fhirserver.Mark{Tag: "a|b"}, func([]string) error { return errors.New("asked") }); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	enough := errors.New("enough")
	if _, err := client.Marked(context.Background(), "Patient", fhirserver.Mark{}, func([]string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("what ends the listing is lost: %v", err)
	}
}
