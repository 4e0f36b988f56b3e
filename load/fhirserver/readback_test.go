package fhirserver_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"chartlift/load/fhirserver"
)

// lister is a server whose listings have pages: link gives the address behind
// page n, "" after the last.
func lister(t *testing.T, link func(base string, n int) string) *fhirserver.Client {
	t.Helper()
	var base string
	d := &double{statement: statement}
	d.fault = func(n int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		next := link(base, n)
		if next != "" {
			next = fmt.Sprintf(`,"link":[{"relation":"self","url":"x"},{"relation":"next","url":%q}]`, next)
		}
		_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset"%s,"entry":[{"resource":{"resourceType":"Patient","id":"p%d","meta":{"tag":[{"system":"urn:site","code":"x"}]}}},{"resource":{"resourceType":"OperationOutcome","id":"o"}}]}`, next, n)
		return true
	}
	o := start(t, d)
	base = o.Base
	return open(t, o).Client()
}

func TestListingsFollowTheirPagesAndEnd(t *testing.T) {
	t.Parallel()
	three := func(address string) func(string, int) string {
		return func(base string, n int) string {
			if n == 3 {
				return ""
			}
			return fmt.Sprintf(address, base, n)
		}
	}
	for name, c := range map[string]struct {
		link func(base string, n int) string
		want []string
		code string
	}{
		"below the type":                  {three("%s/Patient?page=%d"), []string{"p1", "p2", "p3"}, ""},
		"at the base, as HAPI":            {three("%s?_getpages=%d"), []string{"p1", "p2", "p3"}, ""},
		"written without the host":        {three("%.0s/fhir/Patient?page=%d"), []string{"p1", "p2", "p3"}, ""},
		"by its name behind a proxy":      {three("%.0shttp://fhir.internal:8080/fhir/Patient?page=%d"), []string{"p1", "p2", "p3"}, ""},
		"by its name before a proxy":      {three("%.0shttps://ehr.example/fhir?_getpages=%d"), []string{"p1", "p2", "p3"}, ""},
		"of another server":               {func(string, int) string { return "http://elsewhere.example/r4?page=2" }, []string{"p1"}, "bad-answer"},
		"of another server, by a user":    {func(string, int) string { return "http://u:p@elsewhere.example/fhir?page=2" }, []string{"p1"}, "bad-answer"},
		"of another protocol":             {func(string, int) string { return "ftp://elsewhere.example/fhir?page=2" }, []string{"p1"}, "bad-answer"},
		"that begins like ours":           {func(base string, _ int) string { return base + "-other/Patient" }, []string{"p1"}, "bad-answer"},
		"that begins like ours elsewhere": {func(string, int) string { return "http://elsewhere.example/fhir-other/Patient" }, []string{"p1"}, "bad-answer"},
		"that leaves the base again":      {func(base string, _ int) string { return base + "/../admin?page=2" }, []string{"p1"}, "bad-answer"},
		"and again, in other letters":     {func(base string, _ int) string { return base + "/%2e%2e/admin?page=2" }, []string{"p1"}, "bad-answer"},
		"that goes round for ever":        {func(base string, _ int) string { return base + "/Patient?page=2" }, []string{"p1", "p2"}, "bad-answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			_, err := lister(t, c.link).Marked(t.Context(), "Patient", fhirserver.Mark{Tag: "urn:site|x"}, func(ids []string) error {
				got = append(got, ids...)
				return nil
			})
			var known *fhirserver.Error
			if errors.As(err, &known); c.code == "" && err != nil || c.code != "" && (known == nil || known.Code != c.code) {
				t.Errorf("error %v, want %q", err, c.code)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
}

// Credentials go to the base even where the server names another host, and what
// cannot be followed is told with both addresses, without the search.
func TestPagesOfAnotherHostAreAskedForAtTheBase(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	for path, code := range map[string]string{"/fhir/Patient?identifier=secret&page=2": "", "/public/fhir/Patient?identifier=secret&page=2": "bad-answer"} {
		c := lister(t, func(_ string, n int) string {
			if n > 1 {
				return ""
			}
			return elsewhere.URL + path
		})
		_, err := c.Marked(t.Context(), "Patient", fhirserver.Mark{Tag: "urn:site|x"}, func([]string) error { return nil })
		if code == "" && err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if code == "" {
			continue
		}
		if e := wantError(t, err, code); strings.Contains(e.Error(), "secret") || !strings.Contains(e.Error(), elsewhere.URL+"/public/fhir/Patient") || !strings.Contains(e.Error(), "127.0.0.1") {
			t.Errorf("it says %v", e)
		}
	}
	if asked.Load() > 0 {
		t.Error("the other host was asked")
	}
}

// A proxy that cuts an answer must not end a comparison of hours, nor make what
// is there look as if it were not.
func TestWhatIsReadIsAskedForAgainWhereTheAnswerIsCut(t *testing.T) {
	t.Parallel()
	for cuts, code := range map[int]string{0: "", 2: "", 9: "bad-answer"} {
		d := &double{statement: statement}
		var asked atomic.Int64
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			whole := `{"resourceType":"Patient","id":"a","meta":{"versionId":"3"}}`
			switch {
			case strings.Contains(r.URL.RawQuery, "_summary=count"):
				whole = `{"resourceType":"Bundle","type":"searchset","total":17}`
			case r.URL.Path == "/fhir/Patient":
				whole = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + whole + `}]}`
			}
			if asked.Add(1) <= int64(cuts) {
				whole = whole[:len(whole)/2]
			}
			_, _ = io.WriteString(w, whole)
			return true
		}
		c := open(t, start(t, d)).Client()
		read := map[string]func() (string, error){
			"a resource": func() (string, error) { s, err := c.Get(t.Context(), "Patient", "a"); return s.Version, err },
			"a search": func() (string, error) {
				s, _, err := c.Find(t.Context(), "Patient", []string{"a"})
				return s["a"].Version, err
			},
			"a count": func() (string, error) { n, err := c.Count(t.Context(), "Patient"); return fmt.Sprint(n - 14), err },
		}
		for what, do := range read {
			asked.Store(0)
			got, err := do()
			if code == "" && (err != nil || got != "3") {
				t.Errorf("%s cut %d times: %q %v", what, cuts, got, err)
			}
			if code != "" {
				wantError(t, err, code)
			}
			if n := asked.Load(); n != int64(min(cuts+1, 3)) {
				t.Errorf("%s cut %d times was asked for %d times", what, cuts, n)
			}
		}
	}
}

func TestWhatCannotBePutBackIsNotTakenForDone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change fhirserver.Change
		want   int
	}{
		{fhirserver.Change{Type: "Patient", ID: "a", JSON: []byte(`{"resourceType":"Patient","id":"a"}`)}, http.StatusNotFound},
		{fhirserver.Change{Type: "Patient", ID: "a"}, 0}, // what is to be deleted is gone
	} {
		d := &double{statement: statement}
		d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			return answer(w, http.StatusNotFound, "not-found", "no such thing")
		}
		status, err := open(t, start(t, d)).Client().Apply(t.Context(), []fhirserver.Change{c.change})
		if err != nil || status != c.want {
			t.Errorf("JSON %s: status %d, %v; want %d", c.change.JSON, status, err, c.want)
		}
	}
}

// Waiting does not cure that others refer to a resource: it is asked once.
// Where another transaction holds it, waiting does.
func TestWhatIsStillReferredToIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]int64{
		"another resource refers to Patient/a": 1,
		"HAPI-0550: HAPI-0515: Unable to delete Patient/a because at least one resource has a reference to this resource. First reference": 1,
		"HAPI-0823: the preferred version of it is held by another transaction":                                                            6,
	} {
		d := &double{statement: statement}
		var deletes atomic.Int64
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			deletes.Add(1)
			return answer(w, http.StatusConflict, "conflict", words)
		}
		status, err := open(t, start(t, d)).Client().Apply(t.Context(), []fhirserver.Change{{Type: "Patient", ID: "a"}})
		if err != nil || status != http.StatusConflict || deletes.Load() != want {
			t.Errorf("%s: status %d, %d requests instead of %d, %v", words, status, deletes.Load(), want, err)
		}
	}
}

// What an undo changes is read first: by a search where that finds it, one by
// one where a server indexes late or is not searched at all.
func TestTheCurrentStateIsFoundWhereASearchFindsHalf(t *testing.T) {
	t.Parallel()
	read := func(id string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"meta":{"versionId":"7","lastUpdated":"2026-01-01T00:00:00Z"}}`, id)
	}
	for name, search := range map[string]func(w http.ResponseWriter) bool{
		"it finds one of three": func(w http.ResponseWriter) bool {
			_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","entry":[{"resource":%s,"search":{"mode":"match"}},{"resource":%s,"search":{"mode":"include"}}]}`, read("a"), read("other"))
			return true
		},
		"it finds none":   func(w http.ResponseWriter) bool { _, _ = fmt.Fprint(w, `{"resourceType":"Bundle"}`); return true },
		"it is refused":   func(w http.ResponseWriter) bool { return answer(w, 400, "not-supported", "_id") },
		"nobody knows it": func(w http.ResponseWriter) bool { return answer(w, 404, "not-found", "") },
	} {
		var singly []string
		d := &double{}
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if r.URL.RawQuery != "" {
				return search(w)
			}
			id := r.URL.Path[len("/fhir/Patient/"):]
			singly = append(singly, id)
			switch id {
			case "gone":
				return answer(w, 410, "deleted", "")
			case "never":
				return answer(w, 404, "not-found", "")
			}
			_, _ = fmt.Fprint(w, read(id))
			return true
		}
		got, err := open(t, start(t, d)).Client().Current(t.Context(), "Patient", []string{"a", "late", "gone", "never"})
		if err != nil || len(got) != 2 || got["a"].Version != "7" || got["late"].Version != "7" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if want := map[bool]int{true: 3, false: 4}[name == "it finds one of three"]; len(singly) != want {
			t.Errorf("%s: %q were read one by one", name, singly)
		}
	}
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		return r.URL.RawQuery == "" && answer(w, 403, "forbidden", "") || answer(w, 400, "not-supported", "")
	}}
	if got, err := open(t, start(t, d)).Client().Current(t.Context(), "Patient", []string{"a"}); err == nil {
		t.Errorf("what must not be looked at is taken for %v", got)
	}
}

func TestACountIsOnlyBelievedWhereTheServerGivesOne(t *testing.T) {
	t.Parallel()
	for answered, want := range map[string]struct {
		n  int64
		ok bool
	}{
		`{"resourceType":"Bundle","total":3}`: {3, true},
		`{"resourceType":"Bundle","total":0}`: {0, true},
		`{"resourceType":"Bundle"}`:           {0, false},
		`{"resourceType":"Bundle","total":`:   {0, false},
		"refused":                             {0, false},
	} {
		asked := ""
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			asked = r.URL.String()
			if answered == "refused" {
				return answer(w, 400, "not-supported", "patient")
			}
			_, _ = fmt.Fprint(w, answered)
			return true
		}}
		n, ok, err := open(t, start(t, d)).Client().CountWhere(t.Context(), "Observation", "patient=p1")
		if n != want.n || ok != want.ok || err != nil {
			t.Errorf("%s: %d, %v, %v", answered, n, ok, err)
		}
		if asked != "/fhir/Observation?_summary=count&patient=p1" {
			t.Errorf("asked for %s", asked)
		}
	}
}
