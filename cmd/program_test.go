package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartlift/cmd"
	"chartlift/internal/console"
)

// TestMain makes this test binary the program itself where it is started under
// the name chartlift.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "chartlift" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	code := cmd.Main(ctx, os.Args[1:], console.Standard())
	stop()
	os.Exit(code)
}

// program is chartlift as a process of its own, not yet started.
type program struct {
	*exec.Cmd
	out, err bytes.Buffer
}

func newProgram(t *testing.T, args ...string) *program {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{Cmd: exec.CommandContext(t.Context(), path, args...)}
	p.Args[0] = "chartlift"
	p.Stdout, p.Stderr = &p.out, &p.err
	return p
}

// run runs chartlift to its end and fails where it does not exit with code.
func run(t *testing.T, code int, args ...string) (stdout string) {
	t.Helper()
	p := newProgram(t, args...)
	err := p.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		t.Fatalf("chartlift %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, p.out.String(), p.err.String())
	}
	return p.out.String()
}

// ledgers checks the ledger of every run of the project and returns them, the
// latest first.
func ledgers(t *testing.T, project string) []ledgerJSON {
	t.Helper()
	var runs struct{ Rows []struct{ ID string } }
	if err := json.Unmarshal([]byte(run(t, 0, "report", "runs", "--json", "--project", project)), &runs); err != nil {
		t.Fatal(err)
	}
	var all []ledgerJSON
	for _, r := range runs.Rows {
		var l ledgerJSON
		if err := json.Unmarshal([]byte(run(t, 0, "report", "ledger", "--json", "--run", r.ID, "--project", project)), &l); err != nil {
			t.Fatal(err)
		}
		if err := l.check(); err != nil {
			t.Error(err)
		}
		all = append(all, l)
	}
	return all
}

// rows returns how many rows a run has decided.
func (l ledgerJSON) rows() (n int64) {
	for _, t := range l.Tables {
		n += t.Read
	}
	return n
}

// ledgerJSON is the stable form of chartlift report ledger --json.
type ledgerJSON struct {
	Run      string
	Status   string
	Balanced bool
	Tables   []ledgerTable
}

type ledgerTable struct {
	Source, Table                            string
	Read, Loaded, Merged, Filtered, Rejected int64
}

// check returns what is wrong with the ledger.
func (l ledgerJSON) check() error {
	if !l.Balanced {
		return fmt.Errorf("the ledger of %s is not balanced", l.Run)
	}
	for _, t := range l.Tables {
		if t.Read != t.Loaded+t.Merged+t.Filtered+t.Rejected {
			return fmt.Errorf("the ledger says balanced, but %+v is not", t)
		}
	}
	return nil
}

// server is a FHIR server to look into.
type server struct {
	base   string
	client http.Client
}

func newServer(base string) *server {
	return &server{base: base, client: http.Client{Timeout: 5 * time.Minute}}
}

// searchset is the part of a Bundle that is looked at.
type searchset struct {
	Total int
	Link  []struct{ Relation, URL string }
	Entry []struct{ Resource map[string]any }
}

func (s *server) get(t *testing.T, url string) (found searchset) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cache-Control", "no-cache") // HAPI answers a search of the last minute from memory
	r, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if err := json.NewDecoder(r.Body).Decode(&found); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d, %v", url, r.StatusCode, err)
	}
	return found
}

// resource is one resource of a server, without what the server itself adds.
type resource struct {
	body    string
	version string
}

// content returns all resources that a search of each type finds, by reference.
func (s *server) content(t *testing.T, query string, types ...string) map[string]resource {
	t.Helper()
	all := map[string]resource{}
	for _, typ := range types {
		for next := s.base + "/" + typ + "?_count=500" + query; next != ""; {
			page := s.get(t, next)
			next = ""
			for _, l := range page.Link {
				if l.Relation == "next" {
					next = l.URL
				}
			}
			for _, e := range page.Entry {
				meta, _ := e.Resource["meta"].(map[string]any)
				version, _ := meta["versionId"].(string)
				for _, own := range []string{"versionId", "lastUpdated", "source"} {
					delete(meta, own)
				}
				text, err := json.Marshal(e.Resource)
				if err != nil {
					t.Fatal(err)
				}
				all[fmt.Sprintf("%s/%s", typ, e.Resource["id"])] = resource{string(text), version}
			}
		}
	}
	return all
}

// sameContent compares two servers' resources.
func sameContent(t *testing.T, got, want map[string]resource) {
	t.Helper()
	if len(want) == 0 || len(got) != len(want) {
		t.Errorf("%d resources, want %d", len(got), len(want))
	}
	wrong := 0
	for ref, w := range want {
		g, there := got[ref]
		switch {
		case !there:
			t.Errorf("%s is not there", ref)
		case g.body != w.body:
			t.Errorf("%s is\n%s, want\n%s", ref, g.body, w.body)
		case g.version != w.version:
			t.Errorf("%s has version %s, want %s", ref, g.version, w.version)
		default:
			continue
		}
		if wrong++; wrong == 5 {
			t.Fatal("and so on")
		}
	}
}

// noneLeft checks that no temporary folder of a killed run is left in the
// project.
func noneLeft(t *testing.T, project string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(project, ".chartlift", "tmp-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary folders are left: %q, %v", left, err)
	}
}

// tree returns the files below dir.
func tree(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(content)
		return err
	})
	return files, err
}
