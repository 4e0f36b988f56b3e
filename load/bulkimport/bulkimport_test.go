package bulkimport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/bulkimport"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// bench is a server with $import, and what is needed to use it.
type bench struct {
	server  *loadtest.Importer
	base    string
	sink    *fhirserver.Sink
	options bulkimport.Options
	slept   []time.Duration
	puts    int // transactions that came by ordinary requests
}

func start(t *testing.T, server *loadtest.Importer) *bench {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	b := &bench{server: server}
	server.Next = box.Handler()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/fhir" || r.Method == http.MethodPut {
			b.puts++
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	b.base = web.URL
	if b.sink, err = fhirserver.Open(t.Context(), fhirserver.Options{Base: web.URL + "/fhir"}); err != nil {
		t.Fatal(err)
	}
	b.options = bulkimport.Options{
		Server: b.sink, Folder: filepath.Join(t.TempDir(), "files"), State: filepath.Join(t.TempDir(), "targets", "job.import"),
		Clock: load.Clock{Sleep: func(ctx context.Context, d time.Duration) error {
			b.slept = append(b.slept, d)
			return ctx.Err()
		}},
	}
	return b
}

func (b *bench) importer(t *testing.T) *bulkimport.Importer {
	t.Helper()
	i, err := bulkimport.New(b.options)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// level fills a level with entries.
func level(t *testing.T, i *bulkimport.Importer, entries []load.Entry) *bulkimport.Level {
	t.Helper()
	l := i.Level()
	for _, e := range entries {
		if err := l.Add(e.Resource); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func patients(n int) []load.Entry {
	var all []load.Entry
	for i := range n {
		all = append(all, loadtest.Patient(fmt.Sprintf("p%d", i)))
	}
	return all
}

// kinds tells outcomes apart in a word each.
func kinds(outcomes []load.Outcome) []string {
	var out []string
	for _, o := range outcomes {
		switch {
		case !o.OK():
			out = append(out, "refused "+o.Issues[0].Code)
		case o.Created:
			out = append(out, "created")
		case o.Same:
			out = append(out, "same")
		default:
			out = append(out, "updated")
		}
	}
	return out
}

func send(t *testing.T, i *bulkimport.Importer, entries []load.Entry) []string {
	t.Helper()
	outcomes, err := i.Sink().Send(t.Context(), &load.Bundle{Seq: 1, Atomic: true, Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	return kinds(outcomes)
}

func run(t *testing.T, l *bulkimport.Level) bulkimport.Report {
	t.Helper()
	r, err := l.Import(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAJobDeliversAndWhatItMadeIsReadBack(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{Polls: 2, RetryAfter: "120"})
	i := b.importer(t)
	entries := append(patients(150), loadtest.Patient("last"))
	r := run(t, level(t, i, entries))
	if r.Failed || r.Files != 1 || r.Resources != 151 || r.Imported != -1 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]time.Duration{2 * time.Minute, 2 * time.Minute}, b.slept); diff != "" {
		t.Error("Retry-After was not kept to", diff)
	}
	before := b.puts
	for _, got := range send(t, i, entries) {
		if got != "created" {
			t.Fatalf("want created, got %s", got)
		}
	}
	if b.puts != before {
		t.Errorf("%d requests wrote what the job had written", b.puts-before)
	}
	left, err := os.ReadDir(b.options.Folder)
	if err != nil || len(left) != 0 {
		t.Errorf("files with patients are left: %v, %v", left, err)
	}
	if err := i.Forget(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(b.options.State); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the job is not forgotten: %v", err)
	}
}

func TestWhatTheJobLeavesOutGoesByRequests(t *testing.T) {
	t.Parallel()
	for _, azure := range []bool{false, true} {
		server := &loadtest.Importer{}
		b := start(t, server)
		if azure {
			b = startAzure(t, server)
		}
		server.Skip("Patient/p3")
		i := b.importer(t)
		entries := append(patients(6), loadtest.Refused("o1"))
		r := run(t, level(t, i, entries))
		if r.Failed == azure || azure && (r.Imported != 5 || r.Errors != 2) || !azure && r.Number != "HAPI-2053" {
			t.Errorf("azure %v: %+v", azure, r)
		}
		want := []string{"created", "created", "created", "created", "created", "created", "refused reference-not-found"}
		if diff := cmp.Diff(want, send(t, i, entries)); diff != "" {
			t.Errorf("azure %v: %s", azure, diff)
		}
		if text := r.Explain(); strings.Contains(text, "Peter") {
			t.Errorf("the server's words are told: %s", text)
		}
	}
}

func TestWhatWasThereBeforeIsNotOurs(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{})
	entries := patients(3)
	if _, err := b.sink.Send(t.Context(), &load.Bundle{Seq: 1, Entries: entries[:1]}); err != nil {
		t.Fatal(err)
	}
	changed := loadtest.Patient("p1")
	changed.Resource.JSON = []byte(strings.Replace(string(changed.Resource.JSON), "Test", "Elsewhere", 1))
	if _, err := b.sink.Send(t.Context(), &load.Bundle{Seq: 2, Entries: []load.Entry{changed}}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // the server's clock tells whole seconds in Date
	i := b.importer(t)
	run(t, level(t, i, entries))
	if diff := cmp.Diff([]string{"same", "updated", "created"}, send(t, i, entries)); diff != "" {
		t.Error(diff)
	}
}

func TestAJobUnderWayIsGoneOnWith(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{Polls: 3})
	entries := patients(4)
	ctx, cancel := context.WithCancel(t.Context())
	real := b.options.Clock
	b.options.Clock.Sleep = func(context.Context, time.Duration) error {
		cancel() // the process is stopped while the server works
		return ctx.Err()
	}
	if _, err := level(t, b.importer(t), entries).Import(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if stat, err := os.Stat(b.options.State); err != nil || stat.Mode().Perm() != 0o600 {
		t.Fatalf("the job is not written down: %v, %v", stat, err)
	}
	b.options.Clock = real
	i := b.importer(t)
	r := run(t, level(t, i, entries))
	if n := len(b.server.Bodies()); n != 1 || !r.Resumed || r.Failed {
		t.Errorf("%d jobs were begun; %+v", n, r)
	}
	if got := send(t, i, entries); slices.Contains(got, "updated") {
		t.Errorf("got %v", got)
	}
	other := run(t, level(t, i, patients(5))) // another level is another job
	if n := len(b.server.Bodies()); n != 2 || other.Resumed {
		t.Errorf("%d jobs were begun; %+v", n, other)
	}
}

func TestAJobThatTheServerForgotIsBegunAgain(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{Forgetful: true})
	if err := os.MkdirAll(filepath.Dir(b.options.State), 0o700); err != nil {
		t.Fatal(err)
	}
	i := b.importer(t)
	entries := patients(2)
	if r := run(t, level(t, i, entries)); !r.Failed || r.Status != 404 {
		t.Errorf("the first job: %+v", r)
	}
	i = b.importer(t) // a new process
	if r := run(t, level(t, i, entries)); r.Failed || r.Resumed || len(b.server.Bodies()) != 2 {
		t.Errorf("the second job: %+v, %d begun", r, len(b.server.Bodies()))
	}
}

func TestAServerThatNeverFetchesEndsTheRunAndForgetsTheJob(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{Unreachable: true})
	_, err := level(t, b.importer(t), patients(2)).Import(t.Context())
	var e *fhirserver.Error
	if !errors.As(err, &e) || e.Code != "import-not-fetched" || !strings.Contains(e.Message, "http://127.0.0.1:") {
		t.Fatalf("got %v", err)
	}
	token := regexpToken(t, b.server.Bodies()[0])
	if strings.Contains(err.Error(), token) {
		t.Error("the path that nobody may know is told")
	}
	if _, err := os.Stat(b.options.State); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the job is not forgotten: %v", err)
	}
}

// regexpToken is the part of the first file's address that nobody can guess.
func regexpToken(t *testing.T, body string) string {
	t.Helper()
	parts := strings.Split(fileAddress(t, body), "/")
	if len(parts) < 2 || len(parts[len(parts)-2]) != 32 {
		t.Fatalf("address %v", parts)
	}
	return parts[len(parts)-2]
}

// fileAddress is the first file's address in the body of $import.
func fileAddress(t *testing.T, body string) string {
	t.Helper()
	var p struct {
		Parameter []struct {
			Part []struct{ ValueURI string }
		}
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	for _, one := range p.Parameter {
		for _, part := range one.Part {
			if part.ValueURI != "" {
				return part.ValueURI
			}
		}
	}
	t.Fatal("no file in", body)
	return ""
}

func TestServersThatDoNotImportAreNamed(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{400: "import-refused", 404: "import-refused", 405: "import-refused", 501: "import-refused", 403: "forbidden"} {
		b := start(t, &loadtest.Importer{Refuse: status})
		_, err := level(t, b.importer(t), patients(1)).Import(t.Context())
		var e *fhirserver.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%d: want %s, got %v", status, code, err)
		}
	}
	behind := start(t, &loadtest.Importer{Elsewhere: "http://192.0.2.1"}) // a proxy is before it: the same path is ours
	if _, err := level(t, behind.importer(t), patients(1)).Import(t.Context()); err != nil {
		t.Errorf("a server that calls itself by another name: %v", err)
	}
	b := start(t, &loadtest.Importer{Elsewhere: "http://192.0.2.1/other"})
	_, err := level(t, b.importer(t), patients(1)).Import(t.Context())
	var e *fhirserver.Error
	if !errors.As(err, &e) || e.Code != "redirected" {
		t.Errorf("credentials would be sent to another address: %v", err)
	}
}

func TestFilesAreThereOnlyForWhoKnowsThePathAndOnlyDuringTheJob(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{Polls: 1})
	var address string
	var met []string
	b.options.Clock.Sleep = func(context.Context, time.Duration) error {
		address = fileAddress(t, b.server.Bodies()[0])
		token := regexpToken(t, b.server.Bodies()[0])
		met = nil
		for _, try := range []struct{ method, url string }{
			{"GET", address},
			{"GET", strings.Replace(address, token, strings.Repeat("0", 32), 1)},
			{"GET", strings.Replace(address, "/"+token, "", 1)},
			{"GET", address[:strings.LastIndexByte(address, '/')] + "/"},
			{"GET", address[:strings.LastIndexByte(address, '/')] + "/../job.import"},
			{"DELETE", address},
		} {
			req, err := http.NewRequest(try.method, try.url, nil)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			met = append(met, fmt.Sprintf("%d %d", res.StatusCode, strings.Count(string(body), "Patient")))
		}
		return nil
	}
	run(t, level(t, b.importer(t), patients(2)))
	if diff := cmp.Diff([]string{"200 2", "404 0", "404 0", "404 0", "404 0", "405 0"}, met); diff != "" {
		t.Error(diff)
	}
	if res, err := http.Get(address); err == nil {
		_ = res.Body.Close()
		t.Errorf("after the job: %s", res.Status)
	}
}

func TestAStorageIsNamedAndNothingListens(t *testing.T) {
	t.Parallel()
	b := startAzure(t, &loadtest.Importer{})
	i := b.importer(t)
	entries := append(patients(3), loadtest.Observation("o1", "p1"))
	r := run(t, level(t, i, entries))
	if r.Files != 2 || r.Imported != 3 || r.Errors != 1 { // the double looks at references, and Observation stands before Patient: what it left out follows by a request
		t.Errorf("%+v", r)
	}
	body := b.server.Bodies()[0]
	if !strings.Contains(body, `{"name":"mode","valueString":"IncrementalLoad"}`) || strings.Contains(body, "storageDetail") ||
		!strings.HasPrefix(fileAddress(t, body), b.options.Storage+"Observation-") {
		t.Errorf("body %s", body)
	}
	if left := b.stored(t); len(left) != 2 {
		t.Errorf("the user's storage has %v", left)
	}
	for _, got := range send(t, i, entries) {
		if got != "created" {
			t.Errorf("got %s", got)
		}
	}
}

func TestAddressesThatAreNotSafeAreRefused(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{})
	for _, c := range []struct {
		listen, reach, storage string
		insecure               []string
		code                   string
	}{
		{listen: "0.0.0.0:0", code: "insecure-import"},
		{listen: "192.0.2.7:0", code: "insecure-import"},
		{reach: "http://loader.example.org:80", code: "insecure-import"},
		{reach: "http://loader.example.org:80", insecure: []string{"loader.example.org"}},
		{listen: "0.0.0.0:0", reach: "https://loader.example.org"},
		{reach: "https://user:secret@loader.example.org", code: "bad-import-address"},
		{reach: "loader", code: "bad-import-address"},
		{listen: "127.0.0.1", code: "bad-import-address"},
		{storage: "https://store.example.org/in?sig=secret", code: "bad-import-address"},
		{storage: "https://user:secret@store.example.org/in", code: "bad-import-address"},
		{storage: "container", code: "bad-import-address"},
		{storage: "https://store.example.org/in"},
		{storage: "s3://bucket/in"},
	} {
		o := b.options
		o.Listen, o.Reach, o.Storage, o.Insecure = c.listen, c.reach, c.storage, c.insecure
		_, err := bulkimport.New(o)
		var e *fhirserver.Error
		if errors.As(err, &e); (e == nil) != (c.code == "") || e != nil && e.Code != c.code {
			t.Errorf("%+v: got %v", c, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: the error tells a secret: %v", c, err)
		}
	}
}

func TestADamagedMemoryOfAJobIsNone(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{})
	if err := os.MkdirAll(filepath.Dir(b.options.State), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{", `{"key":1}`, "\x00\xff", `{"key":"x","status":"http://192.0.2.1/fhir/steal"}`} {
		if err := os.WriteFile(b.options.State, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := run(t, level(t, b.importer(t), patients(1))); r.Failed || r.Resumed {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

func TestWithoutAJobTheSinkIsTheServersOwn(t *testing.T) {
	t.Parallel()
	loadtest.Run(t, func(t *testing.T) loadtest.Target {
		b := start(t, &loadtest.Importer{})
		return loadtest.Target{Sink: b.importer(t).Sink(), Server: true, Stored: func(t *testing.T) map[string]string { return stored(t, b) }}
	})
}

// stored is all that the server has of the types that the tests use.
func stored(t *testing.T, b *bench) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, typ := range []string{"Patient", "Observation"} {
		res, err := http.Get(b.base + "/fhir/" + typ + "?_count=1000")
		if err != nil {
			t.Fatal(err)
		}
		var found struct {
			Entry []struct{ Resource json.RawMessage }
		}
		err = json.NewDecoder(res.Body).Decode(&found)
		_ = res.Body.Close()
		for _, e := range found.Entry {
			var named struct{ ID string }
			err = errors.Join(err, json.Unmarshal(e.Resource, &named))
			all[typ+"/"+named.ID] = string(e.Resource)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestProgressIsAskedForAsTheServerWishesOrSoonerWhereTheUserWants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		retryAfter string
		poll       time.Duration
		want       []time.Duration
	}{
		{"", 0, []time.Duration{1, 2, 4, 8, 16, 30, 30}},
		{"", 3 * time.Second, []time.Duration{1, 2, 3, 3, 3, 3, 3}},
		{"120", 10 * time.Second, []time.Duration{10, 10, 10, 10, 10, 10, 10}},
		{"5", 10 * time.Second, []time.Duration{5, 5, 5, 5, 5, 5, 5}},
	} {
		b := start(t, &loadtest.Importer{Polls: 7, RetryAfter: c.retryAfter})
		b.options.Poll = c.poll
		run(t, level(t, b.importer(t), patients(1)))
		for i := range c.want {
			c.want[i] *= time.Second
		}
		if diff := cmp.Diff(c.want, b.slept); diff != "" {
			t.Errorf("Retry-After %q, poll %v: %s", c.retryAfter, c.poll, diff)
		}
	}
}

func TestAJobIsToldInALineWithoutAWordOfTheServers(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]bulkimport.Report{
		"job of 1 resource in 1 file ended after 2s":                                         {Files: 1, Resources: 1, Took: 2 * time.Second},
		"job of 1200 resources in 2 files, begun by an earlier run, ended after 1m30s":       {Files: 2, Resources: 1200, Resumed: true, Took: 90 * time.Second},
		"job of 9 resources in 1 file failed on the server (status 500, HAPI-2053) after 0s": {Files: 1, Resources: 9, Failed: true, Status: 500, Number: "HAPI-2053"},
		"job of 9 resources in 1 file ended after 0s; the server counts 2 errors":            {Files: 1, Resources: 9, Errors: 2},
		"job of 9 resources in 1 file failed on the server (status 404) after 0s":            {Files: 1, Resources: 9, Failed: true, Status: 404, Errors: -1},
	} {
		if got := r.Explain(); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}

func TestALevelWithoutFilesIsNoJob(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{})
	l := b.importer(t).Level()
	l.Known(loadtest.Patient("held").Resource)
	if r := run(t, l); r.Files != 0 || len(b.server.Bodies()) != 0 {
		t.Errorf("%+v, %d jobs", r, len(b.server.Bodies()))
	}
}

func TestOnlyTypesThatKeepOurIDsGoByAJob(t *testing.T) {
	t.Parallel()
	epic, _ := sandbox.FindProfile("epic")
	box, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{As: epic})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	web := httptest.NewServer(box.Handler())
	t.Cleanup(web.Close)
	sink, err := fhirserver.Open(t.Context(), fhirserver.Options{Base: web.URL + "/fhir"})
	if err != nil {
		t.Fatal(err)
	}
	i, err := bulkimport.New(bulkimport.Options{Server: sink, Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if i.Carries("Patient") || i.Carries("Encounter") {
		t.Error("a server that gives ids itself would have every resource twice after a second job")
	}
}

func TestAFullDiskEndsTheRunAndLeavesNoHalfFile(t *testing.T) {
	t.Parallel()
	b := start(t, &loadtest.Importer{})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.options.Folder = filepath.Join(file, "below") // what is no folder takes no files
	if err := b.importer(t).Level().Add(loadtest.Patient("a").Resource); err == nil {
		t.Error("a file was written below a file")
	}
}
