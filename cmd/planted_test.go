package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/sandbox"
)

// ward is a conversion whose resources somebody changes on the server behind
// our back.
type ward struct {
	*conversion
	server   *server
	project  string
	each     int // differences of each of the ten kinds
	patients int // with 3 visits and 12 observations each
	want     map[string]string
	found    []int // observations of each patient that the server finds
}

const wardMapping = `chartlift: 1
id: ward
params: { site: ward }
sources:
  patients: { csv: { path: patients.csv }, key: [PatNo] }
  visits: { csv: { path: visits.csv }, key: [VisitID] }
  obs: { csv: { path: obs.csv }, key: [ObsID] }
maps:
  patient:
    from: patients
    resource: Patient
    id: $PatNo
    elements:
      name: [{ family: $LastName }]
      birthDate: $DOB | date YYYY-MM-DD
  visit:
    from: visits
    resource: Encounter
    id: $VisitID
    elements:
      status: finished
      class: { system: http://terminology.hl7.org/CodeSystem/v3-ActCode, code: AMB }
      subject: ref patient($PatNo)
  obs:
    from: obs
    resource: Observation
    id: $ObsID
    elements:
      status: final
      code: { coding: [{ system: http://loinc.org, code: $Code }] }
      subject: ref patient($PatNo)
      encounter: ref visit($VisitID)
      effectiveDateTime: $On | date YYYY-MM-DD
      valueQuantity: { value: $Value | decimal, unit: kg }
output:
  meta: { tag: [{ system: urn:chartlift:site, code: "${param.site}" }] }
`

// loadedWard writes the old system and loads it into the server.
func loadedWard(t *testing.T, s *server, each int) *ward {
	t.Helper()
	w := &ward{conversion: &conversion{site: unique(), mapping: filepath.Join(t.TempDir(), "ward.yaml"), source: t.TempDir()}, server: s, project: t.TempDir(), each: each, patients: 2 * each, want: map[string]string{}}
	var patients, visits, obs strings.Builder
	patients.WriteString("PatNo,LastName,DOB\n")
	visits.WriteString("VisitID,PatNo\n")
	obs.WriteString("ObsID,PatNo,VisitID,Code,Value,On\n")
	for p := range w.patients {
		fmt.Fprintf(&patients, "%s-p%d,Family%d,19%02d-01-31\n", w.site, p, p, p%100)
		w.found = append(w.found, 12)
		for v := range 3 {
			fmt.Fprintf(&visits, "%s-v%d,%s-p%d\n", w.site, 3*p+v, w.site, p)
		}
		for o := range 12 {
			fmt.Fprintf(&obs, "%s-o%d,%s-p%d,%s-v%d,29463-7,%d.50,2020-01-%02d\n", w.site, 12*p+o, w.site, p, w.site, 3*p+o%3, 60+o, o+1)
		}
	}
	for path, text := range map[string]string{
		w.mapping: wardMapping, filepath.Join(w.source, "patients.csv"): patients.String(),
		filepath.Join(w.source, "visits.csv"): visits.String(), filepath.Join(w.source, "obs.csv"): obs.String(),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, 0, w.args(s.base, w.project)...)
	return w
}

// tampering is one of the ten kinds of differences: what is done to an
// observation, and what is to be said of it.
type tampering struct {
	path string // that is to be named as drifted
	does func(w *ward, n int, o map[string]any)
}

func part(o map[string]any, key string) map[string]any { return o[key].(map[string]any) }

// changes are those kinds that leave the resource where it is.
func changes() []tampering {
	return []tampering{
		{"Observation.valueQuantity.value", func(_ *ward, _ int, o map[string]any) { part(o, "valueQuantity")["value"] = json.Number("99.5") }},
		{"Observation.code.coding[0].code", func(_ *ward, _ int, o map[string]any) {
			part(o, "code")["coding"].([]any)[0].(map[string]any)["code"] = "8302-2"
		}},
		{"Observation.encounter.reference", func(w *ward, n int, o map[string]any) {
			part(o, "encounter")["reference"] = fmt.Sprintf("Encounter/%s-v%d", w.site, (n/12*3+n%12%3+1)%(3*w.patients))
		}},
		{"Observation.effectiveDateTime", func(_ *ward, _ int, o map[string]any) { delete(o, "effectiveDateTime") }},
		{"Observation.note", func(_ *ward, _ int, o map[string]any) { o["note"] = []any{map[string]any{"text": "by hand"}} }},
		{"Observation.status", func(_ *ward, _ int, o map[string]any) { o["status"] = "amended" }},
		{"Observation.subject.reference", func(w *ward, n int, o map[string]any) {
			other := (n/12 + 7) % w.patients
			part(o, "subject")["reference"] = fmt.Sprintf("Patient/%s-p%d", w.site, other)
			w.found[n/12]--
			w.found[other]++
		}},
	}
}

// plant makes each*10 differences, and as many changes again that are none.
func (w *ward) plant(t *testing.T) {
	t.Helper()
	held := w.server.content(t, "&_tag="+url.QueryEscape("urn:chartlift:site|"+w.site), "Observation")
	var entries []map[string]any
	next := 0
	take := func() (n int, id string, o map[string]any) {
		n = next
		next++
		id = fmt.Sprintf("%s-o%d", w.site, n)
		d := json.NewDecoder(strings.NewReader(held["Observation/"+id].body))
		d.UseNumber() // 60.50 must not become 60.5 by our own hand
		if err := d.Decode(&o); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		return n, id, o
	}
	put := func(id string, o map[string]any) {
		entries = append(entries, map[string]any{"request": map[string]any{"method": "PUT", "url": "Observation/" + id}, "resource": o})
	}
	for range w.each {
		for _, p := range changes() {
			n, id, o := take()
			p.does(w, n, o)
			put(id, o)
			w.want["Observation/"+id] = fmt.Sprintf("drifted %s obs.csv:%d", p.path, n+1)
		}
		n, id, _ := take() // deleted
		entries = append(entries, map[string]any{"request": map[string]any{"method": "DELETE", "url": "Observation/" + id}})
		w.want["Observation/"+id] = fmt.Sprintf("missing  obs.csv:%d", n+1)
		w.found[n/12]--
		for _, name := range []string{"copy", "stranger"} { // duplicated, and what nobody delivered
			_, id, o := take()
			if name == "stranger" {
				part(o, "valueQuantity")["value"] = json.Number("1")
			}
			id = name + "-" + id
			o["id"], part(o, "subject")["reference"] = id, "Patient/"+w.site+"-p0" // not where they hide that something is lacking
			put(id, o)
			w.want["Observation/"+id] = "orphan  "
			w.found[0]++
		}
		_, id, o := take() // what servers do by themselves is no difference
		o["text"] = map[string]any{"status": "generated", "div": `<div xmlns="http://www.w3.org/1999/xhtml">weight</div>`}
		put(id, o)
	}
	for p, n := range w.found {
		if n < 12 {
			w.want[fmt.Sprintf("Patient/%s-p%d", w.site, p)] = fmt.Sprintf("patient-count 12 Observation delivered, %d found", n)
		}
	}
	w.transact(t, entries)
}

// transact sends changes as another program would.
func (w *ward) transact(t *testing.T, entries []map[string]any) {
	t.Helper()
	for len(entries) > 0 {
		n := min(len(entries), 100)
		body, err := json.Marshal(map[string]any{"resourceType": "Bundle", "type": "transaction", "entry": entries[:n]})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.Post(w.server.base, "application/fhir+json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Fatalf("planting differences: %s", r.Status)
		}
		entries = entries[n:]
	}
}

// watched counts what a server is asked.
type watched struct {
	*server
	requests, together, most atomic.Int64
	stops                    atomic.Pointer[func() bool] // where it says so, requests stay until who sent them has gone
}

// RoundTrip counts until the server answers: when its answer has been passed
// on, the next request may be under way.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	w.requests.Add(1)
	w.most.Store(max(w.most.Load(), w.together.Add(1)))
	defer w.together.Add(-1)
	if stops := w.stops.Load(); stops != nil && (*stops)() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// watch puts a counter before a server.
func watch(t *testing.T, s *server) *watched {
	t.Helper()
	to, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{server: newServer("http://" + l.Addr().String() + to.Path)}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: to.Scheme, Host: to.Host})
	proxy.Transport = w
	proxy.ModifyResponse = func(r *http.Response) error { // servers that know their own address write it into the links of pages
		text, err := io.ReadAll(r.Body)
		if r.Header.Get("Content-Encoding") == "" {
			text = bytes.ReplaceAll(text, []byte(s.base), []byte(w.base))
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return err
	}
	front := &http.Server{Handler: http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		in.Header.Del("Accept-Encoding")
		proxy.ServeHTTP(out, in)
	})}
	go func() { _ = front.Serve(l) }()
	t.Cleanup(func() { _ = front.Close() })
	return w
}

// comparison is the part of reconcile --json that is looked at.
type comparison struct {
	Compared, Delivered, Differ int
	Bound                       float64
	Kinds                       map[string]int
	Differences                 []struct {
		Kind, Resource, Row, Says string
		Paths                     []string
	}
}

// reconcile runs a comparison to its end and returns what it says by resource,
// its standard error and how many requests it took.
func (w *ward) reconcile(t *testing.T, at *watched, code int, args ...string) (comparison, map[string]string, string) {
	t.Helper()
	p := newProgram(t, append([]string{"reconcile", "--json", "--wait", "0s", "--project", w.project}, args...)...)
	before, began := at.requests.Load(), time.Now()
	if err := p.Run(); p.ProcessState.ExitCode() != code {
		t.Fatalf("exit code %d, want %d, %v\n%s", p.ProcessState.ExitCode(), code, err, p.err.String())
	}
	var c comparison
	if err := json.Unmarshal(p.out.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d compared, %v, in %v with %d requests, %d at the same time at most", c.Compared, c.Delivered, c.Kinds, time.Since(began), at.requests.Load()-before, at.most.Load())
	said := map[string]string{}
	for _, d := range c.Differences {
		if said[d.Resource] != "" {
			t.Errorf("%s is named twice", d.Resource)
		}
		said[d.Resource] = d.Kind + " " + strings.Join(d.Paths, " ") + d.Says + " " + d.Row
	}
	return c, said, p.err.String()
}

// found checks that what was planted is said, and nothing else.
func (w *ward) checkFound(t *testing.T, got map[string]string) {
	t.Helper()
	want := map[string]string{}
	for ref, text := range w.want {
		want[ref] = text
		if strings.HasPrefix(text, "patient-count") {
			want[ref] += " "
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%d planted, %d found (-planted +found)\n%s", len(want), len(got), diff)
	}
}

// findPlanted plants differences of ten kinds, finds them, is killed under way
// and finds them again.
func findPlanted(t *testing.T, s *server, each int) {
	t.Helper()
	at := watch(t, s)
	w := loadedWard(t, at.server, each)
	at.most.Store(0)
	if c, said, _ := w.reconcile(t, at, 0); c.Compared != 32*each || len(said) != 0 {
		t.Errorf("before anything is planted: %d compared, %v", c.Compared, said)
	}
	w.plant(t)
	junit := filepath.Join(t.TempDir(), "reconcile.xml")
	c, said, _ := w.reconcile(t, at, 4, "--junit", junit)
	w.checkFound(t, said)
	if c.Compared != 32*each || c.Differ != 8*each || c.Kinds["drifted"] != 7*each || c.Kinds["missing"] != each || c.Kinds["orphan"] != 2*each {
		t.Errorf("%d compared, %d differ, %v", c.Compared, c.Differ, c.Kinds)
	}
	if text, err := os.ReadFile(junit); err != nil || !strings.Contains(string(text), fmt.Sprintf(`message="%d differences"`, 7*each)) {
		t.Errorf("JUnit: %v\n%.600s", err, text)
	}
	w.reconcile(t, at, 0, "--fail-on", "altered,source-changed,vanished")
	w.reconcile(t, at, 4, "--fail-on", "orphan", "--sample", "10")

	w.killReconcile(t, at)
	began, before := time.Now(), at.requests.Load()
	_, said, stderr := w.reconcile(t, at, 4, "--rate", "40")
	w.checkFound(t, said)
	if !strings.Contains(stderr, "going on after") {
		t.Errorf("it does not say that it goes on:\n%s", stderr)
	}
	if asked := float64(at.requests.Load() - before); asked/40 > time.Since(began).Seconds()+1 || at.most.Load() > 1 {
		t.Errorf("%v requests in %v, %d at the same time: not gentle", asked, time.Since(began), at.most.Load())
	}
}

// killReconcile starts a comparison and kills it when it has kept how far it
// is. The next request stays unanswered, so that it cannot end before.
func (w *ward) killReconcile(t *testing.T, at *watched) {
	t.Helper()
	kept := func() bool {
		all, err := filepath.Glob(filepath.Join(w.project, ".chartlift", "reconcile-*.json"))
		return err == nil && len(all) > 0
	}
	at.stops.Store(&kept)
	p := newProgram(t, "reconcile", "--wait", "0s", "--rate", "2", "--quiet", "--project", w.project)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "it keeps how far it is", kept)
	if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	_ = p.Wait()
	if code := p.ProcessState.ExitCode(); code != -1 {
		t.Fatalf("it ended by itself with %d before it was killed", code)
	}
	until(t, "its last request is given up", func() bool { return at.together.Load() == 0 })
	at.stops.Store(nil)
}

func TestPlantedDifferencesAreFoundOnTheSandbox(t *testing.T) {
	t.Parallel()
	findPlanted(t, rehearsal(t, sandbox.Faults{}), 20)
}

func TestRealServerDifferencesAreFound(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	each := 10
	if os.Getenv("CHARTLIFT_E2E_SIZE") == "full" {
		each = 100
	}
	findPlanted(t, s, each)
}
