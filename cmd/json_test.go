package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"chartlift/cmd"
	"chartlift/internal/console"
	"chartlift/load/sandbox"
)

// commands returns the commands that do something, as the help lists them;
// those that only have commands below them do nothing.
func commands(t *testing.T, above ...string) (paths []string) {
	t.Helper()
	_, help, _ := chartlift(t, append(slices.Clone(above), "--help")...)
	_, list, has := strings.Cut(help, "\nAvailable Commands:\n")
	operands := regexp.MustCompile("(?m)^  chartlift " + strings.Join(above, " ") + " [A-Z]")
	if len(above) > 0 && (!has || operands.MatchString(help)) {
		paths = append(paths, strings.Join(above, " "))
	}
	list, _, _ = strings.Cut(list, "\n\n")
	for _, line := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(list, -1) {
		if name := line[1]; name != "completion" && name != "help" { // of the library: they print scripts and help
			paths = append(paths, commands(t, append(slices.Clone(above), name)...)...)
		}
	}
	return paths
}

// jsonCalls are calls that can end with --json, in an order in which each finds
// what it needs: the command, a bar, what follows it. @ is the folder, ^ a FHIR
// server, % the number of the run before.
func jsonCalls() []string {
	return []string{
		"check | --mapping @clinic.yaml --source @legacy",
		"mappings list |",
		"mappings show | synthea-csv",
		"mappings show | @clinic.yaml --effective",
		"mappings schema |",
		"mappings cleaners |",
		"mappings cleaners | date",
		"mappings diff | @clinic.yaml @clinic.yaml --source @legacy",
		"profile | @legacy",
		"init | @legacy --out @drafted",
		"test | --mapping @clinic.yaml --tests @tests.yaml",
		"test | --mapping @clinic.yaml --tests @tests.yaml --mutate",
		"dedupe | @people.csv --fields @fields.yaml --out @clusters.csv",
		"dedupe explain | 1 2 --file @people.csv --fields @fields.yaml",
		"review export | @people.csv --fields @fields.yaml --out @review.xlsx",
		"review import | @review.xlsx --by Ann",
		"resume |",
		"run | --mapping @clinic.yaml --source @legacy --to @out",
		"validate | @out/Patient.ndjson",
		"load | @out --to sandbox: --plan",
		"load | @out --to sandbox:",
		"run | --mapping @clinic.yaml --source @legacy --to ^ --plan",
		"run | --mapping @clinic.yaml --source @legacy --to ^ --full",
		"explain | Patient/p1",
		"verify |",
		"reconcile | --wait 0s",
		"retry |",
		"undo | % --plan",
		"undo | %",
		"report |",
		"report | row patients.csv:1",
		"archive | --out @a.zip",
		"shards plan | @parts --mapping @clinic.yaml --source @legacy --to @merged --shards 1",
		"shards left | @parts",
		"shards run | @parts --shard 1",
		"shards merge | @parts",
	}
}

func TestEveryCommandPrintsJSONWhereItIsAskedTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../testdata/clinic")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"people.csv":  "id,first,last,born\n1,WILLIAM,ADAMS,03/14/1950\n2,BILL,ADAMS,03/14/1950\n3,GRETA,STONE,07/08/1961\n",
		"fields.yaml": "first: given\nlast: family\nborn: dob(MM/DD/YYYY)\n",
		"tests.yaml": "chartlift: 1\ntests:\n  - name: a woman\n    map: patient\n" +
			"    given: { patients: { PatNo: P9, LastName: Abel, FirstName: Ann, Sex: F, DOB: 1950-01-31 } }\n    expect: { gender: female }\n",
	} {
		writeText(t, filepath.Join(dir, name), text)
	}
	base := stoppedRun(t, dir)
	seen := map[string]bool{"sandbox": true} // it serves until it is stopped: the next test looks at it
	for _, call := range jsonCalls() {
		path, rest, _ := strings.Cut(call, " |")
		seen[path] = true
		rest = strings.NewReplacer("@", dir+"/", "^", base, "%", latestRun(t, dir)).Replace(rest)
		args := append(strings.Fields(path+rest), "--json", "--project", dir)
		code, out, said := chartlift(t, args...)
		if n, err := jsonValues(out); code == 1 || code == 2 || n == 0 || err != nil {
			t.Errorf("chartlift %s --json ends with %d and prints %d values, then %v\n%.400s\n%.400s", call, code, n, err, out, said)
		}
	}
	for _, path := range commands(t) {
		if !seen[path] {
			t.Errorf("chartlift %s: nobody looks what it prints with --json", path)
		}
	}
}

// jsonValues counts the JSON values of which a text consists.
func jsonValues(text string) (n int, err error) {
	for d := json.NewDecoder(strings.NewReader(text)); ; n++ {
		var v json.RawMessage
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}

// latestRun returns the number of the project's latest run.
func latestRun(t *testing.T, project string) string {
	t.Helper()
	var runs struct {
		Rows []struct{ Run int64 }
	}
	if err := json.Unmarshal([]byte(run(t, 0, "report", "runs", "--json", "--project", project)), &runs); err != nil || len(runs.Rows) == 0 {
		t.Fatalf("%v: %+v", err, runs)
	}
	return strconv.FormatInt(runs.Rows[0].Run, 10)
}

// stoppedRun stops a run of the clinic, at the moment when it sends its first
// resources, and returns the address of the server: it takes what comes later.
func stoppedRun(t *testing.T, dir string) (base string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped := false
	base = before(t, rehearsal(t, sandbox.Faults{}).base, func(_ http.ResponseWriter, r *http.Request, body string) bool {
		if stopped || !strings.Contains(body, `"Patient"`) {
			return false
		}
		stopped = true
		stop()
		<-r.Context().Done()
		return true
	})
	var out, said bytes.Buffer
	args := []string{"run", "--mapping", filepath.Join(dir, "clinic.yaml"), "--source", filepath.Join(dir, "legacy"), "--to", base, "--project", dir}
	if code := cmd.Main(ctx, args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &said}); code != 5 || !stopped {
		t.Fatalf("a run that is stopped ends with %d\n%s%s", code, &out, &said)
	}
	return base
}

// before puts something between the program and the server at base, and returns
// its address. What answer does not answer, the server does; answer is called
// for one request at a time.
func before(t *testing.T, base string, answer func(w http.ResponseWriter, r *http.Request, body string) bool) string {
	t.Helper()
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	through := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: to.Scheme, Host: to.Host})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		answered := answer(w, r, string(body))
		mu.Unlock()
		if !answered {
			through.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	return front.URL + to.Path
}

func TestTheSandboxTellsProgramsWhereItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newProgram(t, "sandbox", "--addr", "127.0.0.1:0", "--json", "--project", dir)
	p.Stdout = nil
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Wait() }()
	defer func() { _ = p.Process.Kill() }()
	var served struct{ Base, Page, Path string }
	if err := json.NewDecoder(out).Decode(&served); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(served.Base + "/metadata")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || served.Page+"fhir" != served.Base || served.Path != filepath.Join(dir, ".chartlift", "sandbox.db") {
		t.Errorf("it answers %s, and tells %+v", answer.Status, served)
	}
}
