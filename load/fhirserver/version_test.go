package fhirserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// taciturn is a server that tells versions in the resource only, and that only
// when it is asked for, or never.
type taciturn struct {
	mu       sync.Mutex
	asked    []string // what each write asked for
	searches int
	never    bool
	garbage  bool // answers searches with a web page
	late     int  // so many searches find nothing yet
	stored   map[string]json.RawMessage
}

func (s *taciturn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	switch {
	case strings.HasSuffix(r.URL.Path, "/metadata"):
		_, _ = io.WriteString(w, statement)
	case r.Method == http.MethodGet && s.garbage:
		s.searches++
		_, _ = io.WriteString(w, "<html>")
	case r.Method == http.MethodGet:
		if s.searches++; s.searches <= s.late {
			_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset"}`)
			return
		}
		_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","entry":[`+s.found(r.URL.Query().Get("_id"))+`]}`)
	default:
		s.asked = append(s.asked, r.Header.Get("Prefer"))
		s.write(w, body, r.Header.Get("Prefer") == "return=representation")
	}
}

// found are the entries of a search by id.
func (s *taciturn) found(ids string) string {
	var all []string
	for id := range strings.SplitSeq(ids, ",") {
		if stored := s.stored[id]; stored != nil {
			all = append(all, `{"resource":`+s.versioned(id)+`}`)
		}
	}
	return strings.Join(all, ",")
}

func (s *taciturn) versioned(id string) string {
	if s.never {
		return string(s.stored[id])
	}
	return strings.Replace(string(s.stored[id]), "{", `{"meta":{"versionId":"v-`+id+`"},`, 1)
}

func (s *taciturn) write(w http.ResponseWriter, body []byte, whole bool) {
	var b struct{ Entry []putEntry }
	_ = json.Unmarshal(body, &b)
	var out []string
	for _, e := range b.Entry {
		_, id, _ := strings.Cut(e.Request.URL, "/")
		s.stored[id] = e.Resource
		answer := `{"response":{"status":"200"}}`
		if whole {
			answer = `{"response":{"status":"200"},"resource":` + s.versioned(id) + `}`
		}
		out = append(out, answer)
	}
	_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"transaction-response","entry":[`+strings.Join(out, ",")+`]}`)
}

func TestVersionsAreLearntFromAServerThatTellsThemInTheResourceOnly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name           string
		never, garbage bool
		want           string // versions of a bundle of two, then of another
		searches       int
		asked          string
	}{
		{"asked for", false, false, "v-a0 v-b0 v-a1 v-b1", 1, "return=minimal return=representation"},
		{"never told: it is asked once", true, false, "   ", 1, "return=minimal return=minimal"},
		{"searches badly", false, true, "   ", 1, "return=minimal return=minimal"},
	} {
		s := &taciturn{never: row.never, garbage: row.garbage, stored: map[string]json.RawMessage{}}
		web := httptest.NewServer(s)
		sink, err := fhirserver.Open(t.Context(), fhirserver.Options{Base: web.URL})
		if err != nil {
			t.Fatal(err)
		}
		var versions []string
		for i := range 2 {
			out, err := sink.Send(t.Context(), &load.Bundle{Seq: int64(i + 1), Entries: []load.Entry{loadtest.Patient(fmt.Sprint("a", i)), loadtest.Patient(fmt.Sprint("b", i))}})
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			wantAllOK(t, out)
			versions = append(versions, out[0].Version, out[1].Version)
		}
		if got := strings.Join(versions, " "); got != row.want || s.searches != row.searches || strings.Join(s.asked, " ") != row.asked {
			t.Errorf("%s: versions %q, %d searches, %v", row.name, got, s.searches, s.asked)
		}
		web.Close()
	}
}

func TestAVersionOfOtherContentIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	s := &taciturn{stored: map[string]json.RawMessage{}}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/metadata") { // somebody was quicker
			s.mu.Lock()
			s.stored["a"] = json.RawMessage(`{"resourceType":"Patient","id":"a","gender":"other"}`)
			s.mu.Unlock()
		}
		s.ServeHTTP(w, r)
	}))
	defer web.Close()
	sink, err := fhirserver.Open(t.Context(), fhirserver.Options{Base: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	out, err := sink.Send(t.Context(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
	if err != nil || !out[0].OK() || out[0].Version != "" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestAServerThatFindsLateIsAskedForVersionsAgain(t *testing.T) {
	t.Parallel()
	s := &taciturn{late: 1, stored: map[string]json.RawMessage{}}
	web := httptest.NewServer(s)
	defer web.Close()
	sink, err := fhirserver.Open(t.Context(), fhirserver.Options{Base: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for i, id := range []string{"a", "b"} {
		out, err := sink.Send(t.Context(), &load.Bundle{Seq: int64(i + 1), Entries: []load.Entry{loadtest.Patient(id)}})
		if err != nil {
			t.Fatal(err)
		}
		wantAllOK(t, out)
		versions = append(versions, out[0].Version)
	}
	// What came first stays without a version; from then on answers are asked
	// to bring the resource.
	if got := strings.Join(versions, ","); got != ",v-b" || strings.Join(s.asked, " ") != "return=minimal return=representation" {
		t.Errorf("versions %q, asked for %v, %d searches", got, s.asked, s.searches)
	}
}

func TestAServerThatNeverFindsAnythingIsNotAskedForEver(t *testing.T) {
	t.Parallel()
	s := &taciturn{late: 1 << 30, never: true, stored: map[string]json.RawMessage{}}
	web := httptest.NewServer(s)
	defer web.Close()
	sink, err := fhirserver.Open(t.Context(), fhirserver.Options{Base: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if _, err := sink.Send(t.Context(), &load.Bundle{Seq: int64(i + 1), Entries: []load.Entry{loadtest.Patient(fmt.Sprint("a", i))}}); err != nil {
			t.Fatal(err)
		}
	}
	if last := s.asked[len(s.asked)-1]; s.searches != 21 || last != "return=minimal" {
		t.Errorf("%d searches, and the last write asked for %s", s.searches, last)
	}
}

// laconic says of what is there already no more than 200, as Medplum does. The
// first answer about several is lost, and all goes dark with it.
type laconic struct{ dark context.CancelFunc }

var toldOfWhatIsThere = regexp.MustCompile(`"status":"200[^}]*\}`)

func (l *laconic) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || r.Method != http.MethodPost {
		return a, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if l.dark != nil && bytes.Count(text, []byte(`"response"`)) > 1 {
		l.dark()
		return nil, io.ErrUnexpectedEOF
	}
	text = toldOfWhatIsThere.ReplaceAll(text, []byte(`"status":"200"}`))
	a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return a, err
}

func TestWhatWasCreatedByAKilledRunGetsItsVersionWhereTheServerGivesTheIDs(t *testing.T) {
	t.Parallel()
	o := behave(t, profile(t, "hapi", func(p *sandbox.Profile) { p.ClientIDs = sandbox.No }), sandbox.Faults{})
	o.IDs = &kept{}
	entries := []load.Entry{loadtest.Patient("first"), loadtest.Patient("a"), loadtest.Observation("o", "a")}
	ctx, dark := context.WithCancel(t.Context())
	o.HTTP = &http.Client{Transport: &laconic{dark}}
	if _, err := open(t, o).Send(ctx, &load.Bundle{Seq: 1, Atomic: true, Entries: entries}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the answer was not lost: %v", err)
	}
	o.HTTP = &http.Client{Transport: &laconic{}}
	out := send(t, open(t, o), entries)
	wantAllOK(t, out)
	for i, o := range out {
		if o.Version == "" || o.Status != http.StatusOK {
			t.Errorf("%s: %+v", entries[i].Resource.Ref(), o)
		}
	}
}
