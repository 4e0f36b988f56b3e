package fhirserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// behave starts a sandbox that behaves as a profile and returns options to load
// into it.
func behave(t *testing.T, as sandbox.Profile, f sandbox.Faults) fhirserver.Options {
	t.Helper()
	server, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{As: as, Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	base, err := server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return fhirserver.Options{Base: base, Clock: newClock().seam()}
}

// profile returns a profile of the sandbox, changed.
func profile(t *testing.T, name string, change func(*sandbox.Profile)) sandbox.Profile {
	t.Helper()
	p, ok := sandbox.FindProfile(name)
	if !ok {
		t.Fatalf("no profile %s", name)
	}
	if change != nil {
		change(&p)
	}
	return p
}

// onServer is a resource as the server has it.
type onServer struct {
	id, version string
	json        map[string]json.RawMessage
}

func get(address string) (status int, body []byte, err error) {
	res, err := http.Get(address)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// holds reads everything of a type from a sandbox, by our ids where it gave its
// own.
func holds(t *testing.T, base, typ string) map[string][]onServer {
	t.Helper()
	all := map[string][]onServer{}
	for address := base + "/" + typ + "?_count=1000"; address != ""; {
		status, body, err := get(address)
		for range 9 {
			if err == nil {
				break
			}
			status, body, err = get(address) // a real server that loses answers on purpose
		}
		var page struct {
			Entry []struct{ Resource map[string]json.RawMessage }
			Link  []struct{ Relation, URL string }
		}
		if err != nil || json.Unmarshal(body, &page) != nil || status != 200 {
			t.Fatalf("%s: %d %v %s", address, status, err, body)
		}
		for _, e := range page.Entry {
			var got struct {
				ID         string
				Meta       struct{ VersionID string }
				Identifier []struct{ System, Value string }
			}
			text, _ := json.Marshal(e.Resource)
			_ = json.Unmarshal(text, &got)
			ours := got.ID
			for _, i := range got.Identifier {
				if i.System == fhirserver.IdentifierSystem {
					ours = i.Value
				}
			}
			all[ours] = append(all[ours], onServer{got.ID, got.Meta.VersionID, e.Resource})
		}
		address = ""
		for _, l := range page.Link {
			if l.Relation == "next" {
				address = l.URL
			}
		}
	}
	return all
}

// asSent turns what a server holds back into what was sent: our ids, without
// our identifier, references by our ids.
func asSent(t *testing.T, base string, types ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	names := map[string]string{}
	all := map[string]map[string][]onServer{}
	for _, typ := range types {
		all[typ] = holds(t, base, typ)
		for ours, list := range all[typ] {
			if len(list) != 1 {
				t.Errorf("%s/%s is there %d times", typ, ours, len(list))
			}
			names[`"`+typ+"/"+list[0].id+`"`] = `"` + typ + "/" + ours + `"`
		}
	}
	for _, typ := range types {
		for ours, list := range all[typ] {
			r := list[0].json
			r["id"], _ = json.Marshal(ours)
			delete(r, "meta")
			var kept []json.RawMessage
			var ids []json.RawMessage
			_ = json.Unmarshal(r["identifier"], &ids)
			for _, i := range ids {
				if !strings.Contains(string(i), fhirserver.IdentifierSystem) {
					kept = append(kept, i)
				}
			}
			if delete(r, "identifier"); len(kept) > 0 {
				r["identifier"], _ = json.Marshal(kept)
			}
			text, _ := json.Marshal(r)
			whole := string(text)
			for theirs, mine := range names {
				whole = strings.ReplaceAll(whole, theirs, mine)
			}
			if typ == "Provenance" && !strings.HasPrefix(ours, "v-") { // it carries no identifier; its patient tells which it is
				mine := "v-" + regexp.MustCompile(`Patient/(p\d+)`).FindStringSubmatch(whole)[1]
				whole, ours = strings.Replace(whole, ours, mine, 1), mine
			}
			found[typ+"/"+ours] = whole
		}
	}
	return found
}

// ways are servers for each way of writing.
func ways(t *testing.T) map[string]sandbox.Profile {
	noIDs := func(p *sandbox.Profile) { p.ClientIDs = sandbox.No }
	return map[string]sandbox.Profile{
		"A, transactions with our ids":               profile(t, "hapi", nil),
		"A, small transactions":                      profile(t, "medplum", nil),
		"B, transactions with conditional creates":   profile(t, "hapi", noIDs),
		"B, small ones":                              profile(t, "medplum", noIDs),
		"C, one PUT each":                            profile(t, "azure", nil),
		"D, one conditional create each":             profile(t, "azure", noIDs),
		"E, a search before each create":             profile(t, "azure", func(p *sandbox.Profile) { p.ClientIDs, p.Conditional = sandbox.No, false }),
		"statement silent, ids refused when written": {Name: "silent", Software: "x", Conditional: true, ClientIDs: sandbox.Never},
	}
}

func TestEveryWayKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		if as.Name == "hapi" && as.ClientIDs != sandbox.No || as.Name == "azure" && as.Conditional { // the sandbox's own tests are like these
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loadtest.Run(t, func(t *testing.T) loadtest.Target {
				o := behave(t, as, sandbox.Faults{})
				return loadtest.Target{Sink: open(t, o), Server: true, Stored: func(t *testing.T) map[string]string {
					return asSent(t, o.Base, "Patient", "Observation")
				}}
			})
		})
	}
}

// resource makes an entry of any type with some members.
func resource(typ, id, members string) load.Entry {
	if members != "" {
		members = "," + members
	}
	e := loadtest.Patient(id)
	e.Resource = fhir.Resource{Type: typ, ID: id, JSON: []byte(fmt.Sprintf(`{"resourceType":%q,"id":%q%s}`, typ, id, members))}
	return e
}

func reference(element, ref string) string { return fmt.Sprintf(`%q:{"reference":%q}`, element, ref) }

// clinic is n patients with an encounter and two results each, a doctor and a
// ward, and what came of it: provenance, which cannot carry an identifier.
func clinic(n int) []load.Entry {
	all := []load.Entry{resource("Organization", "ward", `"name":"Ward 7"`), resource("Practitioner", "doc", `"active":true`)}
	for i := range n {
		p := fmt.Sprintf("p%02d", i)
		all = append(all,
			resource("Observation", "o1-"+p, reference("subject", "Patient/"+p)+","+reference("encounter", "Encounter/e-"+p)),
			resource("Encounter", "e-"+p, reference("subject", "Patient/"+p)+","+reference("serviceProvider", "Organization/ward")),
			resource("Patient", p, `"identifier":[{"system":"urn:mrn","value":"`+p+`"}],`+reference("managingOrganization", "Organization/ward")),
			resource("Observation", "o2-"+p, `"identifier":[],`+reference("subject", "Patient/"+p)),
			resource("Provenance", "v-"+p, `"target":[{"reference":"Patient/`+p+`"}],"agent":[{"who":{"reference":"Practitioner/doc"}}]`),
		)
	}
	return all
}

var clinicTypes = []string{"Organization", "Practitioner", "Patient", "Encounter", "Observation", "Provenance"}

// sent are entries as asSent tells them.
func sent(entries []load.Entry) map[string]string {
	want := map[string]string{}
	for _, e := range entries {
		var r map[string]json.RawMessage
		_ = json.Unmarshal(e.Resource.JSON, &r)
		if string(r["identifier"]) == "[]" {
			delete(r, "identifier")
		}
		text, _ := json.Marshal(r)
		want[e.Resource.Ref()] = string(text)
	}
	return want
}

func TestEveryWayStoresEachResourceOnceWithItsReferences(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			o.IDs = &kept{}
			entries := clinic(12)
			wantAllOK(t, send(t, open(t, o), entries))
			if diff := cmp.Diff(sent(entries), asSent(t, o.Base, clinicTypes...)); diff != "" {
				t.Error(diff)
			}
			for i, out := range send(t, open(t, o), entries) { // another run
				if !out.OK() || out.Created {
					t.Errorf("entry %d again: %+v", i, out)
				}
			}
			if diff := cmp.Diff(sent(entries), asSent(t, o.Base, clinicTypes...)); diff != "" {
				t.Error(diff)
			}
			for _, typ := range clinicTypes {
				for id, r := range holds(t, o.Base, typ) {
					if r[0].version != "1" {
						t.Errorf("%s/%s has version %s", typ, id, r[0].version)
					}
				}
			}
		})
	}
}

// kept is IDs that outlive a sink.
type kept struct {
	all map[string]fhirserver.Known
}

func (k *kept) Lookup(refs []string) (map[string]fhirserver.Known, error) {
	found := map[string]fhirserver.Known{}
	for _, ref := range refs {
		if one, ok := k.all[ref]; ok {
			found[ref] = one
		}
	}
	return found, nil
}

func (k *kept) Save(all ...fhirserver.Known) error {
	if k.all == nil {
		k.all = map[string]fhirserver.Known{}
	}
	for _, one := range all {
		k.all[one.Ref] = one
	}
	return nil
}

func TestWhatIsForgottenIsFoundAgainByItsIdentifier(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			entries := slices.DeleteFunc(clinic(5), func(e load.Entry) bool { return e.Resource.Type == "Provenance" })
			wantAllOK(t, send(t, open(t, o), entries))
			wantAllOK(t, send(t, open(t, o), entries)) // nothing is remembered
			if diff := cmp.Diff(sent(entries), asSent(t, o.Base, clinicTypes...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lossy loses one request in n on its way there, or its answer on the way back.
type lossy struct{ every int }

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/metadata") || rand.IntN(l.every) != 0 {
		return http.DefaultTransport.RoundTrip(r)
	}
	if rand.IntN(2) == 0 {
		return nil, errors.New("the connection was cut before the request")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		_ = res.Body.Close()
	}
	return nil, errors.New("the connection was cut before the answer")
}

func TestLostAnswersDoubleNothingOnAnyWay(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			o.IDs = &kept{}
			for _, every := range []int{3, 6} {
				o.HTTP = &http.Client{Transport: &lossy{every: every}}
				entries := slices.DeleteFunc(clinic(3*every), func(e load.Entry) bool { return e.Resource.Type == "Provenance" })
				wantAllOK(t, send(t, open(t, o), entries))
				if diff := cmp.Diff(sent(entries), asSent(t, o.Base, clinicTypes...)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// A resource that no search finds is not sent twice: where its answer is lost,
// that is said.
func TestWhatCannotBeFoundAgainIsInDoubtRatherThanDoubled(t *testing.T) {
	t.Parallel()
	as := ways(t)["E, a search before each create"]
	for _, lost := range []bool{true, false} {
		o := behave(t, as, sandbox.Faults{})
		o.IDs = &kept{}
		wantAllOK(t, send(t, open(t, o), clinic(1)[:2]))
		o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			res, err := http.DefaultTransport.RoundTrip(r)
			if lost && r.Method == http.MethodPost {
				return nil, errors.New("cut")
			}
			return res, err
		})}
		v := resource("Provenance", "v", `"agent":[{"who":{"reference":"Practitioner/doc"}}]`)
		got := send(t, open(t, o), []load.Entry{v})[0]
		if got.OK() == lost || lost && got.Issues[0].Code != "in-doubt" {
			t.Errorf("lost %v: %+v", lost, got)
		}
		o.HTTP = nil
		if got = send(t, open(t, o), []load.Entry{v})[0]; got.OK() == lost {
			t.Errorf("lost %v, the next run: %+v", lost, got)
		}
		if n := len(holds(t, o.Base, "Provenance")); n != 1 {
			t.Errorf("lost %v: %d are there", lost, n)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAChangeReachesTheServerUnderItsID(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, remembered := range []bool{true, false} {
				o := behave(t, as, sandbox.Faults{})
				if remembered {
					o.IDs = &kept{}
				}
				entries := []load.Entry{loadtest.Patient("a"), loadtest.Observation("o", "a")}
				wantAllOK(t, send(t, open(t, o), entries))
				for i := range entries {
					entries[i].Resource.JSON = []byte(strings.NewReplacer("unknown", "female", "final", "amended").Replace(string(entries[i].Resource.JSON)))
				}
				for i, out := range send(t, open(t, o), entries) {
					if !out.OK() || out.Created || out.Version != "2" {
						t.Errorf("entry %d: %+v", i, out)
					}
				}
				if diff := cmp.Diff(sent(entries), asSent(t, o.Base, "Patient", "Observation")); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestAServerThatTakesNoChangesSaysSoForEach(t *testing.T) {
	t.Parallel()
	as := profile(t, "cerner", nil)
	o := behave(t, as, sandbox.Faults{})
	o.IDs = &kept{}
	org := resource("Organization", "org", `"name":"old"`)
	patient := resource("Patient", "p", `"gender":"female"`)
	wantAllOK(t, send(t, open(t, o), []load.Entry{org, patient}))
	org.Resource.JSON = []byte(strings.Replace(string(org.Resource.JSON), "old", "new", 1))
	patient.Resource.JSON = []byte(strings.Replace(string(patient.Resource.JSON), "female", "male", 1))
	got := send(t, open(t, o), []load.Entry{org, patient})
	if got[0].OK() || got[0].Issues[0].Code != "not-updated" {
		t.Errorf("no update is offered: %+v", got[0])
	}
	if !got[1].OK() || string(holds(t, o.Base, "Patient")["p"][0].json["gender"]) != `"male"` {
		t.Errorf("a patch is offered: %+v", got[1])
	}
}

// Circles are whole in the end, whatever can be sent in one request.
func TestCirclesAreClosedOnEveryWay(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			entries := []load.Entry{
				resource("Patient", "a", `"gender":"male","link":[{"other":{"reference":"Patient/b"},"type":"seealso"},{"other":{"reference":"Patient/c"},"type":"refer"}]`),
				resource("Patient", "b", `"link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]`),
				resource("Encounter", "e", reference("subject", "Patient/b")+","+reference("partOf", "Encounter/f")),
				resource("Patient", "c", `"gender":"other"`),
				resource("Encounter", "f", reference("subject", "Patient/a")+","+reference("partOf", "Encounter/e")),
			}
			for i, out := range send(t, open(t, o), entries) {
				if !out.OK() || !out.Created {
					t.Errorf("entry %d: %+v", i, out)
				}
			}
			if diff := cmp.Diff(sent(entries), asSent(t, o.Base, "Patient", "Encounter")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A chart must not point to somebody else's: what was refused takes with it
// what refers to it, also in a later bundle.
func TestAReferenceToWhatIsNotThereIsNeverSentUnderOurID(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		if as.ClientIDs == sandbox.Yes || as.ClientIDs == sandbox.Silently || name == "A, transactions with our ids" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			o.External = []string{"Organization/"}
			s := open(t, o)
			wantAllOK(t, send(t, s, []load.Entry{loadtest.Patient("first")}))
			got := send(t, s, []load.Entry{loadtest.Observation("o", "nobody"), resource("Patient", "x", reference("managingOrganization", "Organization/77"))})
			if got[0].OK() || got[0].Issues[0].Code != "reference-not-found" || strings.Contains(got[0].Issues[0].Message, "nobody") {
				t.Errorf("got %+v", got[0])
			}
			if got[1].OK() || got[1].Issues[0].Code != "reference-not-found" { // the server's own word
				t.Errorf("an external reference: %+v", got[1])
			}
		})
	}
}

func TestAServerThatIgnoresConditionsIsFoundOutByTheFirstCreate(t *testing.T) {
	t.Parallel()
	as := profile(t, "hapi", func(p *sandbox.Profile) { p.ClientIDs = sandbox.No })
	o := behave(t, as, sandbox.Faults{})
	o.IDs = &kept{}
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return http.DefaultTransport.RoundTrip(unconditional(r))
	})}
	entries := clinic(4)
	for range 2 {
		wantAllOK(t, send(t, open(t, o), entries))
		if diff := cmp.Diff(sent(entries), asSent(t, o.Base, clinicTypes...)); diff != "" {
			t.Error(diff)
		}
	}
}

// unconditional takes the conditions out of a request, as a server does that
// does not look at them.
func unconditional(r *http.Request) *http.Request {
	r.Header.Del("If-None-Exist")
	if r.Method == http.MethodPost && r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		text := ifNoneExist.ReplaceAllString(string(body), "")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	}
	return r
}

// TestADoubleThatCannotBeDeletedIsTheOnlyOne: the proof must not double
// something in every run until somebody gives up.
func TestADoubleThatCannotBeDeletedIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	o := behave(t, profile(t, "hapi", func(p *sandbox.Profile) { p.ClientIDs = sandbox.No }), sandbox.Faults{})
	o.IDs = &kept{}
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			return &http.Response{StatusCode: http.StatusMethodNotAllowed, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}
		return http.DefaultTransport.RoundTrip(unconditional(r))
	})}
	ward := []load.Entry{resource("Organization", "ward", `"name":"Ward 7"`)}
	_, err := open(t, o).Send(context.Background(), bundle(ward))
	wantError(t, err, "lying-server")
	for range 2 {
		s := open(t, o)
		wantAllOK(t, send(t, s, []load.Entry{resource("Practitioner", "doc", `"active":true`)}))
	}
	if got := holds(t, o.Base, "Organization")["ward"]; len(got) != 2 {
		t.Errorf("%d wards: one, and one that cannot be deleted", len(got))
	}
	if got := holds(t, o.Base, "Practitioner")["doc"]; len(got) != 1 {
		t.Errorf("the doctor is there %d times", len(got))
	}
}

var ifNoneExist = regexp.MustCompile(`,"ifNoneExist":"[^"]*"`)

func TestAServerThatGivesOtherIDsThanItSaysEndsTheRun(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201","location":"Patient/77/_history/1"}}]}`)
		return true
	}}
	_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(1)))
	wantError(t, err, "lying-server")
}

// Medplum names no Location where a condition matched; its answer is looked
// for.
func TestAMatchWithoutALocationIsLookedUp(t *testing.T) {
	t.Parallel()
	as := ways(t)["D, one conditional create each"]
	o := behave(t, as, sandbox.Faults{})
	wantAllOK(t, send(t, open(t, o), clinic(3)))
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil && r.Method == http.MethodPost && res.StatusCode == 200 {
			res.Header.Del("Location")
		}
		return res, err
	})}
	entries := slices.DeleteFunc(clinic(3), func(e load.Entry) bool { return e.Resource.Type == "Provenance" })
	wantAllOK(t, send(t, open(t, o), entries))
}

// The statement is asked for again where its answer was cut, and only then.
func TestAStatementWhoseAnswerWasCutIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for cuts, want := range map[int]bool{1: true, 2: true, 3: false} {
		left := cuts
		o := start(t, &double{})
		o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if left--; left >= 0 {
				return nil, io.EOF
			}
			return http.DefaultTransport.RoundTrip(r)
		})}
		if _, err := fhirserver.Open(context.Background(), o); (err == nil) != want {
			t.Errorf("%d cuts: %v", cuts, err)
		}
	}
}

// An identifier that the server drops makes every search blind.
func TestASearchThatFindsNothingIsNoProof(t *testing.T) {
	t.Parallel()
	as := ways(t)["E, a search before each create"]
	o := behave(t, as, sandbox.Faults{})
	o.IDs = &kept{}
	posts := 0
	o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			posts++
			body, _ := io.ReadAll(r.Body)
			text := strings.ReplaceAll(string(body), fhirserver.IdentifierSystem, "urn:other")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if r.Method == http.MethodPost && posts == 3 {
			return nil, errors.New("cut")
		}
		return res, err
	})}
	got := send(t, open(t, o), patients(5))
	for i, out := range got {
		if out.OK() == (i == 2) || i == 2 && out.Issues[0].Code != "in-doubt" {
			t.Errorf("entry %d: %+v", i, out)
		}
	}
	if posts != 5 {
		t.Errorf("%d creates for 5 patients", posts)
	}
}

// What the statements of real servers say: no type is lost without a word.
func TestPlansByTheStatementsOfRealServers(t *testing.T) {
	t.Parallel()
	rows := []struct {
		file string
		want map[string]fhirserver.Way
	}{
		{"azure_api_for_fhir_r4.json", map[string]fhirserver.Way{"Account": fhirserver.Put, "AuditEvent": fhirserver.Journaled, "Binary": fhirserver.Put, "Patient": fhirserver.Refused}},
		{"careevolution_hiebus_r4.json", map[string]fhirserver.Way{
			"Patient": fhirserver.Searched, "Observation": fhirserver.Put, "Specimen": fhirserver.Searched, "Provenance": fhirserver.Refused,
		}},
		{"cerner_millennium_r4_auth_metadata.json", map[string]fhirserver.Way{
			"Patient": fhirserver.Searched, "Encounter": fhirserver.Searched, "Observation": fhirserver.Searched, "Basic": fhirserver.Journaled,
			"Provenance": fhirserver.Journaled, "DiagnosticReport": fhirserver.Refused, "Group": fhirserver.Refused, "QuestionnaireResponse": fhirserver.Refused,
		}},
		{"cerner_millennium_r4_open_metadata.json", map[string]fhirserver.Way{"Patient": fhirserver.Refused, "Observation": fhirserver.Refused}},
		{"cerner_soarian_r4_metadata.json", map[string]fhirserver.Way{"Patient": fhirserver.Refused}},
	}
	for _, row := range rows {
		t.Run(row.file, func(t *testing.T) {
			text, err := os.ReadFile("../../../shared/data/capability/" + row.file)
			if err != nil {
				t.Skip("SKIPPED: the statements of real servers are not here")
			}
			counts := map[string]int64{}
			for typ := range row.want {
				counts[typ] = 3
			}
			got := map[string]fhirserver.Way{}
			for _, p := range open(t, start(t, &double{statement: string(text)})).Plan(counts) {
				got[p.Type] = p.Way
				if said := p.Explain(); (p.Way == fhirserver.Refused) != strings.Contains(said, "NOT TAKEN") {
					t.Errorf("%s is explained as %s", p.Type, said)
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNothingIsLostSilentlyOnAnyTarget(t *testing.T) {
	t.Parallel()
	for _, as := range sandbox.Profiles() {
		t.Run(as.Name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			o.IDs = &kept{}
			entries := clinic(4)
			plan := map[string]fhirserver.Way{}
			for round := range 2 {
				s := open(t, o)
				counts := map[string]int64{}
				for _, e := range entries {
					counts[e.Resource.Type]++
				}
				for _, p := range s.Plan(counts) {
					plan[p.Type] = p.Way
				}
				stored := map[string]int{}
				for i, out := range send(t, s, entries) {
					typ := entries[i].Resource.Type
					switch code := why(out); {
					case out.OK():
						stored[typ]++
					case plan[typ] == fhirserver.Refused && code != "type-not-supported", plan[typ] != fhirserver.Refused && code != "reference-not-found":
						t.Errorf("%s: %+v", entries[i].Resource.Ref(), out)
					}
				}
				for typ, n := range stored {
					if as.Name == "epic" && typ != "Patient" {
						continue // its types cannot be listed without a patient
					}
					if got := total(t, o, as, typ); got >= 0 && got != n {
						t.Errorf("round %d: %d of %s are there, %d were said to be", round, got, typ, n)
					}
				}
			}
		})
	}
}

func why(o load.Outcome) string {
	if len(o.Issues) == 0 {
		return ""
	}
	return o.Issues[0].Code
}

// total counts what is there, -1 where the server lets nobody.
func total(t *testing.T, o fhirserver.Options, as sandbox.Profile, typ string) int {
	t.Helper()
	res, err := http.Get(o.Base + "/" + typ + "?_summary=count")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var found struct{ Total int }
	if res.StatusCode != 200 || json.NewDecoder(res.Body).Decode(&found) != nil {
		return -1
	}
	return found.Total
}
