package fhirserver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// past is a version in a history: its name, when it came, and what it says; ""
// is a deletion. told is what the entry tells beside it: POST, or a status.
type past struct{ name, at, gender, told string }

func (v past) entry() string {
	if v.gender == "" {
		return fmt.Sprintf(`{"request":{"method":"DELETE","url":"Patient/p"},"response":{"status":"204","lastModified":%q}}`, v.at)
	}
	request, response := `"method":"PUT"`, `"status":"`+v.told+`"`
	if v.told == "POST" {
		request, response = `"method":"POST"`, ""
	}
	return fmt.Sprintf(`{"resource":{"resourceType":"Patient","id":"p","gender":%q,"meta":{"versionId":%q,"lastUpdated":%q}},"request":{%s},"response":{%s}}`,
		v.gender, v.name, v.at, request, response)
}

func TestWhatStoodBeforeIsFoundInHistoriesOfAnyOrder(t *testing.T) {
	t.Parallel()
	const one, two, three = "2026-11-22T10:00:01Z", "2026-11-22T10:00:02.5Z", "2026-11-22T12:00:03+01:00"
	for _, row := range []struct {
		name    string
		history []past
		of      string
		want    string // gender of the version before; - for none, ? for not known
	}{
		{"the latest first, as it should be", []past{{"3", three, "c", ""}, {"2", two, "b", ""}, {"1", one, "a", ""}}, "3", "b"},
		{"the latest last, as Medplum's memory may have it", []past{{"x1", one, "a", ""}, {"x2", two, "b", ""}, {"x3", three, "c", ""}}, "x3", "b"},
		{"in no order", []past{{"x2", two, "b", ""}, {"x3", three, "c", ""}, {"x1", one, "a", ""}}, "x2", "a"},
		{"the first, made by POST", []past{{"x1", one, "a", "POST"}, {"x2", two, "b", ""}}, "x1", "-"},
		{"the first, made by a PUT that was answered by 201", []past{{"x1", one, "a", "201"}, {"x2", two, "b", "200 OK"}}, "x1", "-"},
		{"the first, with the words of the status", []past{{"x1", one, "a", "201 Created"}}, "x1", "-"},
		{"the last that is listed, and nothing tells that it was made then", []past{{"x2", two, "b", ""}}, "x2", "?"},
		{"the last that is listed, and it was an update", []past{{"x2", two, "b", "200"}}, "x2", "?"},
		{"a later one was made anew", []past{{"x2", two, "b", "201"}, {"x1", one, "a", ""}}, "x1", "?"},
		{"something that is no number, and sounds like one", []past{{"1-x", two, "b", ""}}, "1-x", "?"},
		{"the number that servers may give where they keep none", []past{{"0", two, "b", ""}}, "0", "?"},
		{"the first by number", []past{{"2", two, "b", ""}, {"1", one, "a", ""}}, "1", "-"},
		{"deleted before", []past{{"3", three, "c", ""}, {"2", two, "", ""}, {"1", one, "a", ""}}, "3", "-"},
		{"deleted before, told without a time: the server's order counts", []past{{"3", three, "c", ""}, {"2", "", "", ""}, {"1", one, "a", ""}}, "3", "-"},
		{"old versions were thrown away", []past{{"4", three, "c", ""}}, "4", "?"},
		{"ours was thrown away", []past{{"4", three, "c", ""}}, "3", "?"},
		{"the same moment", []past{{"2", one, "b", ""}, {"1", one, "a", ""}}, "2", "a"},
	} {
		d := &double{statement: statement}
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if !strings.HasSuffix(r.URL.Path, "/Patient/p/_history") {
				t.Errorf("%s: asked for %s", row.name, r.URL.Path)
			}
			var all []string
			for _, v := range row.history {
				all = append(all, v.entry())
			}
			_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"history","entry":[%s]}`, strings.Join(all, ","))
			return true
		}
		s, exists, ok, err := open(t, start(t, d)).Client().Before(t.Context(), "Patient", "p", row.of)
		got := "?"
		switch {
		case ok && exists:
			_, rest, _ := strings.Cut(string(s.JSON), `"gender":"`)
			got, _, _ = strings.Cut(rest, `"`)
		case ok:
			got = "-"
		}
		if err != nil || got != row.want {
			t.Errorf("%s: before %s stood %q, %v; want %q", row.name, row.of, got, err, row.want)
		}
	}
}

func TestAServerWithoutHistorySaysNothingOfWhatStoodBefore(t *testing.T) {
	t.Parallel()
	d := &double{statement: statement}
	d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		return answer(w, http.StatusNotFound, "not-supported", "no history here")
	}
	if _, exists, ok, err := open(t, start(t, d)).Client().Before(t.Context(), "Patient", "p", "2"); exists || ok || err != nil {
		t.Error(exists, ok, err)
	}
}

func TestTheLastVersionThatIsListedIsTheFirstOnServersThatKeepAll(t *testing.T) {
	t.Parallel()
	for software, want := range map[string]bool{"medplum": true, "Medplum memory testbed": true, "MedplumLike": false, "Double": false, "": false} {
		d := &double{statement: strings.Replace(statement, `"name":"Double"`, fmt.Sprintf(`"name":%q`, software), 1)}
		d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"history","entry":[%s]}`, past{"b7d0", "2026-11-22T10:00:01Z", "a", "200"}.entry())
			return true
		}
		_, exists, ok, err := open(t, start(t, d)).Client().Before(t.Context(), "Patient", "p", "b7d0")
		if exists || ok != want || err != nil {
			t.Errorf("%q: exists %v, known %v, %v", software, exists, ok, err)
		}
	}
}

func TestAHistoryWithoutMeasureIsNotKept(t *testing.T) {
	t.Parallel()
	d := &double{statement: statement}
	pages := 0
	d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		pages++
		one := past{"1", "2026-11-22T10:00:01Z", "a", "POST"}.entry()
		_, _ = fmt.Fprintf(w, `{"resourceType":"Bundle","type":"history","link":[{"relation":"next","url":"Patient/p/_history?page=%d"}],"entry":[%s]}`,
			pages, strings.TrimSuffix(strings.Repeat(one+",", 500), ","))
		return true
	}
	_, exists, ok, err := open(t, start(t, d)).Client().Before(t.Context(), "Patient", "p", "1")
	if exists || ok || err != nil || pages != 5 {
		t.Errorf("exists %v, known %v, %v after %d pages", exists, ok, err, pages)
	}
}
