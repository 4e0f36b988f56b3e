package fhirserver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// past is a version in a history: its name, when it came, and what it says; "" is a deletion.
type past struct{ name, at, gender string }

func (v past) entry() string {
	if v.gender == "" {
		return fmt.Sprintf(`{"request":{"method":"DELETE","url":"Patient/p"},"response":{"status":"204","lastModified":%q}}`, v.at)
	}
	return fmt.Sprintf(`{"resource":{"resourceType":"Patient","id":"p","gender":%q,"meta":{"versionId":%q,"lastUpdated":%q}}}`, v.gender, v.name, v.at)
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
		{"the latest first, as it should be", []past{{"3", three, "c"}, {"2", two, "b"}, {"1", one, "a"}}, "3", "b"},
		{"the latest last, as Medplum's memory may have it", []past{{"x1", one, "a"}, {"x2", two, "b"}, {"x3", three, "c"}}, "x3", "b"},
		{"in no order", []past{{"x2", two, "b"}, {"x3", three, "c"}, {"x1", one, "a"}}, "x2", "a"},
		{"the first", []past{{"x1", one, "a"}, {"x2", two, "b"}}, "x1", "-"},
		{"the first by number", []past{{"2", two, "b"}, {"1", one, "a"}}, "1", "-"},
		{"deleted before", []past{{"3", three, "c"}, {"2", two, ""}, {"1", one, "a"}}, "3", "-"},
		{"deleted before, told without a time: the server's order counts", []past{{"3", three, "c"}, {"2", "", ""}, {"1", one, "a"}}, "3", "-"},
		{"old versions were thrown away", []past{{"4", three, "c"}}, "4", "?"},
		{"ours was thrown away", []past{{"4", three, "c"}}, "3", "?"},
		{"the same moment", []past{{"2", one, "b"}, {"1", one, "a"}}, "2", "a"},
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
