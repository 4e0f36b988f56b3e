package fhirserver_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"chartlift/load/fhirserver"
)

// What a server says inside an answer with 200 counts: an undo must not take
// for deleted what was refused there, nor what it was not answered for.
func TestAChangeThatIsRefusedInsideATransactionIsRefused(t *testing.T) {
	t.Parallel()
	entry := func(statuses ...string) string {
		var all []string
		for _, s := range statuses {
			all = append(all, `{"response":{"status":"`+s+`"}}`)
		}
		return `{"resourceType":"Bundle","type":"transaction-response","entry":[` + strings.Join(all, ",") + `]}`
	}
	changes := []fhirserver.Change{{Type: "Patient", ID: "a"}, {Type: "Patient", ID: "b", JSON: []byte(`{"resourceType":"Patient","id":"b"}`)}}
	for name, c := range map[string]struct {
		answers []string // the last one stays
		status  int
		code    string
		asked   int
	}{
		"all done":                    {[]string{entry("204 No Content", "200 OK")}, 0, "", 1},
		"it was gone":                 {[]string{entry("404 Not Found", "200 OK")}, 0, "", 1},
		"what is put back is refused": {[]string{entry("204", "404 Not Found")}, 404, "", 1},
		"a deletion is refused":       {[]string{entry("409 Conflict", "200")}, 409, "", 1},
		"too few answers, once":       {[]string{entry("204"), entry("204", "200")}, 0, "", 2},
		"cut, always":                 {[]string{entry("204", "200")[:40]}, 0, "bad-answer", 3},
		"a web page":                  {[]string{"<html>log in</html>"}, 0, "bad-answer", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			d := &double{statement: statement}
			d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
				_, _ = io.WriteString(w, c.answers[min(asked, len(c.answers)-1)])
				asked++
				return true
			}
			status, err := open(t, start(t, d)).Client().Apply(t.Context(), changes)
			if c.code != "" {
				wantError(t, err, c.code)
			} else if err != nil {
				t.Error(err)
			}
			if status != c.status || asked != c.asked {
				t.Errorf("status %d after %d requests, want %d after %d", status, asked, c.status, c.asked)
			}
		})
	}
}
