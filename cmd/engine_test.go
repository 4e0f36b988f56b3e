package cmd_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// engine is an MLLP listener that takes everything but what holds the word
// refused.
type engine struct {
	mu     sync.Mutex
	events []string
}

func startEngine(t *testing.T) (*engine, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	e := &engine{}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go e.serve(conn)
		}
	}()
	return e, "mllp://" + ln.Addr().String()
}

func (e *engine) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for in := bufio.NewReader(conn); ; {
		text, err := in.ReadString(0x1c)
		if err != nil {
			return
		}
		_, _ = in.Discard(1)
		head := strings.Split(text, "|")
		code := "AA"
		if strings.Contains(text, "Refused") {
			code = "AE"
		}
		e.mu.Lock()
		e.events = append(e.events, head[2]+" "+head[8]+" "+code)
		e.mu.Unlock()
		if _, err := conn.Write([]byte("\x0bMSH|^~\\&|\rMSA|" + code + "|" + head[9] + "|no such ward\r\x1c\r")); err != nil {
			return
		}
	}
}

// told returns what came since it was last asked.
func (e *engine) told() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := strings.Join(e.events, ", ")
	e.events = nil
	return out
}

func TestAnInterfaceEngineIsToldOnceAndEveryRowIsAccountedFor(t *testing.T) {
	t.Parallel()
	e, to := startEngine(t)
	dir := t.TempDir()
	project, in := filepath.Join(dir, "project"), filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(in, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("Patient.ndjson", `{"resourceType":"Patient","id":"a","name":[{"family":"Lee"}],"photo":[{"url":"http://x"}]}`+"\n"+
		`{"resourceType":"Patient","id":"b","name":[{"family":"Refused"}]}`+"\n")
	write("Observation.ndjson", `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/a"},"valueInteger":1}`+"\n"+
		`{"resourceType":"Observation","id":"p","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/b"},"valueInteger":1}`+"\n")
	write("Condition.ndjson", `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/a"}}`+"\n")

	args := []string{"load", in, "--to", to, "--project", project, "--hl7-sender", "acme/clinic"}
	plan := run(t, 2, append(args, "--plan")...)
	for _, want := range []string{"Condition    1  NOT TAKEN: no HL7 v2 message carries it", "Observation  2  ORU^R01", "Patient      2  ADT^A28"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	run(t, 2, args...)
	if got := e.told(); got != "" {
		t.Errorf("without --without it was told %s", got)
	}
	args = append(args, "--without", "Condition")
	p := newProgram(t, args...)
	if err := p.Run(); p.ProcessState.ExitCode() != 3 {
		t.Fatalf("%v\n%s", err, p.err.String())
	}
	if got, want := e.told(), "acme ADT^A28^ADT_A05 AA, acme ADT^A28^ADT_A05 AE, acme ORU^R01^ORU_R01 AA"; got != want {
		t.Errorf("it was told %s, want %s", got, want)
	}
	if !strings.Contains(p.err.String(), "Patient.photo 1") {
		t.Errorf("nothing says that photos were left out:\n%s", p.err.String())
	}
	var total ledgerTable
	for _, table := range ledgers(t, project)[0].Tables {
		total.Read, total.Loaded, total.Rejected = total.Read+table.Read, total.Loaded+table.Loaded, total.Rejected+table.Rejected
	}
	if total.Read != 5 || total.Loaded != 2 || total.Rejected != 3 {
		t.Errorf("the ledger says %+v", total)
	}

	// What changed goes again, as a change; what was refused stands in the dead
	// letters.
	write("Patient.ndjson", `{"resourceType":"Patient","id":"a","name":[{"family":"Lee-Moo"}]}`+"\n")
	run(t, 3, args...)
	if got, want := e.told(), "acme ADT^A31^ADT_A05 AA"; got != want {
		t.Errorf("it was told %s, want %s", got, want)
	}
	run(t, 2, "undo", "--project", project)

	// A report goes with all its results in one message, whatever files they
	// stand in.
	write("DiagnosticReport.ndjson", `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Blood"},"subject":{"reference":"Patient/a"},"result":[{"reference":"Observation/o"},{"reference":"Observation/q"}]}`+"\n")
	write("Observation.ndjson", `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/a"},"valueInteger":1}`+"\n"+
		`{"resourceType":"Observation","id":"q","status":"final","code":{"text":"Hct"},"subject":{"reference":"Patient/a"},"valueInteger":2}`+"\n")
	run(t, 3, args...) // the condition is left out
	if got, want := e.told(), "acme ORU^R01^ORU_R01 AA"; got != want {
		t.Errorf("it was told %s, want %s", got, want)
	}
	for _, table := range ledgers(t, project)[0].Tables {
		if table.Table == "DiagnosticReport" && table.Loaded != 1 {
			t.Errorf("the report was not in the message: %+v", table)
		}
	}
	run(t, 3, args...)
	if got := e.told(); got != "" {
		t.Errorf("nothing changed, but it was told %s", got)
	}
}

// A report that was refused with its results is sent again with them, in one
// message, though its results stand before it in the dead letters or behind.
func TestARetriedReportTakesItsResultsAlong(t *testing.T) {
	t.Parallel()
	e, to := startEngine(t)
	dir := t.TempDir()
	project, in := filepath.Join(dir, "project"), filepath.Join(dir, "in.ndjson")
	lines := []string{
		`{"resourceType":"Patient","id":"a","name":[{"family":"Lee"}]}`,
		`{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Refused panel"},"subject":{"reference":"Patient/a"},"result":[{"reference":"Observation/o"},{"reference":"Observation/q"}]}`,
		`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Refused Hb"},"subject":{"reference":"Patient/a"},"valueInteger":1}`,
		`{"resourceType":"Observation","id":"q","status":"final","code":{"text":"Refused Hct"},"subject":{"reference":"Patient/a"},"valueInteger":2}`,
		`{"resourceType":"Observation","id":"z","status":"final","code":{"text":"Refused pulse"},"subject":{"reference":"Patient/a"},"valueInteger":3}`,
	}
	for i := range 110 { // more than go into a bundle stand between them
		lines = slices.Insert(lines, 2, fmt.Sprintf(`{"resourceType":"Observation","id":"b%d","status":"final","code":{"text":"Refused %d"},"subject":{"reference":"Patient/a"},"valueInteger":3}`, i, i))
	}
	if err := os.WriteFile(in, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, 3, "load", in, "--to", to, "--project", project)
	_ = e.told()
	letters, err := filepath.Glob(filepath.Join(project, ".chartlift", "dead-letters", "*.ndjson"))
	if err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	text, err := os.ReadFile(letters[0])
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 114 {
		t.Fatalf("%d dead letters:\n%s", n, text)
	}
	mended := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), "Refused ", "")), "\n")
	slices.Sort(mended) // somebody's editor did: the report, then all other observations, and its results in between
	if err := os.WriteFile(letters[0], []byte(strings.Join(mended, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, 0, "retry", "--project", project)
	if got := e.told(); !strings.Contains(got, "ORU^R01^ORU_R01 AA") || strings.Contains(got, "AE") {
		t.Errorf("it was told %q", got)
	}
	for _, table := range ledgers(t, project)[0].Tables {
		if table.Rejected != 0 || table.Loaded != 115 {
			t.Errorf("the ledger says %+v", table)
		}
	}
}

func TestAListenerIsPostedBundlesWithTheUsersHeaders(t *testing.T) {
	t.Parallel()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Api-Key")+" "+string(body))
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file, headers, project := filepath.Join(dir, "Patient.ndjson"), filepath.Join(dir, "headers.txt"), filepath.Join(dir, "project")
	for name, text := range map[string]string{file: `{"resourceType":"Patient","id":"a"}` + "\n", headers: "X-Api-Key: k1\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"load", file, "--to", server.URL + "/in", "--project", project}
	run(t, 2, append(args, "--header-file", headers)...) // of a FHIR server it is not asked for
	run(t, 2, append(args, "--outlet", "soap")...)
	args = append(args, "--outlet", "http", "--header-file", headers)
	if plan := run(t, 0, append(args, "--plan")...); !strings.Contains(plan, "Patient  1  posted in transaction bundles") {
		t.Errorf("the plan says %s", plan)
	}
	run(t, 0, args...)
	run(t, 0, args...) // it is there already: nothing is sent
	want := `POST /in k1 {"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","id":"a"},"request":{"method":"PUT","url":"Patient/a"}}]}`
	if len(got) != 1 || got[0] != want {
		t.Errorf("it got %q, want %q", got, want)
	}
	run(t, 2, "undo", "--project", project)
}

func TestAListenerIsPostedMessagesAndItsAcknowledgmentsCount(t *testing.T) {
	t.Parallel()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		head := strings.Split(string(body), "|")
		got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Api-Key")+" "+r.Header.Get("Content-Type")+" "+head[2]+" "+head[8])
		code := "AA"
		if strings.Contains(string(body), "Refused") {
			code = "AE"
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, "MSH|^~\\&|\rMSA|"+code+"|"+head[9]+"|no such ward\r")
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file, headers, project := filepath.Join(dir, "Patient.ndjson"), filepath.Join(dir, "headers.txt"), filepath.Join(dir, "project")
	for name, text := range map[string]string{
		file: `{"resourceType":"Patient","id":"a","name":[{"family":"Lee"}]}` + "\n" + `{"resourceType":"Patient","id":"b","name":[{"family":"Refused"}]}` + "\n", headers: "X-Api-Key: k1\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"load", file, "--to", server.URL + "/in?key=secret", "--project", project, "--outlet", "hl7", "--header-file", headers, "--hl7-sender", "acme"}
	run(t, 2, append(args, "--bulk")...)
	if plan := run(t, 0, append(args, "--plan")...); !strings.Contains(plan, "Patient  2  ADT^A28") || strings.Contains(plan, "secret") {
		t.Errorf("the plan says %s", plan)
	}
	said := run(t, 3, args...)
	if strings.Contains(said, "secret") || strings.Contains(said, "no such ward") {
		t.Errorf("a key or the listener's words are told: %s", said)
	}
	want := "POST /in k1 application/hl7-v2; charset=UTF-8 acme ADT^A28^ADT_A05"
	if len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("it got %q, want twice %q", got, want)
	}
	dead, err := filepath.Glob(filepath.Join(project, ".chartlift", "dead-letters", "*.ndjson"))
	if err != nil || len(dead) != 1 {
		t.Fatalf("dead letters: %v, %v", dead, err)
	}
	if text, err := os.ReadFile(dead[0]); err != nil || !strings.Contains(string(text), `"id":"b"`) {
		t.Errorf("dead letters: %s, %v", text, err)
	}
}
