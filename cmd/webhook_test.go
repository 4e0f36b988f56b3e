package cmd_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// hook is a server that takes messages; it answers with the first of answers
// that is left, else 200.
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []int
	messages []hooked
	bodies   []string
}

type hooked struct {
	Event, Text, Run, Status, Code string
	ExitCode                       int `json:"exit_code"`
	Rows                           *struct {
		Read, Loaded, Rejected int64
		Balanced               bool
	}
	Acceptance map[string]string
}

func newHook(t *testing.T, answers ...int) *hook {
	t.Helper()
	h := &hook{answers: answers}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		text, err := io.ReadAll(r.Body)
		var m hooked
		if err != nil || json.Unmarshal(text, &m) != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v: %s", err, text)
		}
		h.messages, h.bodies = append(h.messages, m), append(h.bodies, string(text))
		if len(h.answers) > 0 {
			w.WriteHeader(h.answers[0])
			h.answers = h.answers[1:]
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// heard tells whether it was told of an event.
func (h *hook) heard(event string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.messages, func(m hooked) bool { return m.Event == event })
}

// smallest is a project with a mapping of one table; the second of its three
// rows has a date that is none.
func smallest(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"m.yaml":   "chartlift: 1\nid: t\nsources:\n  p: { csv: { path: p.csv }, key: [ID] }\nmaps:\n  p:\n    from: p\n    resource: Patient\n    policy: { bad_value: reject-row }\n    elements: { birthDate: $DOB | date YYYY-MM-DD }\n",
		"p.csv":    "ID,DOB\n1,1980-01-01\n2,Quillfeather\n3,1990-02-28\n",
		"none.csv": "ID\n1\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func args(dir string, more ...string) []string {
	return append([]string{"run", "--mapping", filepath.Join(dir, "m.yaml"), "--source", filepath.Join(dir, "p.csv"), "--to", filepath.Join(dir, "out"), "--project", dir}, more...)
}

func TestAWebhookIsToldTheFiguresOfARunAndNoValue(t *testing.T) {
	t.Parallel()
	h, dir := newHook(t), smallest(t)
	run(t, 3, args(dir, "--webhook", h.URL+"/T0/secret", "--accept", "rows-rejected=50%")...)
	if len(h.messages) != 1 {
		t.Fatalf("%d messages: %v", len(h.messages), h.bodies)
	}
	m := h.messages[0]
	if m.Event != "ended" || m.ExitCode != 3 || m.Status != "findings" || m.Rows == nil || m.Rows.Read != 3 || m.Rows.Loaded != 2 || m.Rows.Rejected != 1 || !m.Rows.Balanced {
		t.Errorf("%s", h.bodies[0])
	}
	if m.Acceptance["rows-rejected"] != "met" || !strings.Contains(m.Text, "3 rows read = 2 loaded") {
		t.Errorf("%s", h.bodies[0])
	}
	if strings.Contains(h.bodies[0], "Quillfeather") {
		t.Error("a value of a patient was sent")
	}
	// The address is a secret: nothing that is kept or handed on names it.
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "T0/secret") {
			t.Errorf("%s holds the address", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAWebhookIsAskedAgainAFewTimesAndNeverStopsARun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []int
		asked   int
		warned  bool
	}{
		{"once down", []int{503}, 2, false},
		{"always down", []int{500, 500, 500, 500}, 3, true},
		{"does not take it", []int{403}, 1, true},
		{"sends elsewhere", []int{302}, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, dir := newHook(t, c.answers...), smallest(t)
			p := newProgram(t, args(dir, "--webhook", h.URL+"/T0/secret")...)
			_ = p.Run()
			if code := p.ProcessState.ExitCode(); code != 3 || len(h.messages) != c.asked {
				t.Errorf("exit code %d, asked %d times", code, len(h.messages))
			}
			said := p.err.String()
			if strings.Contains(said, "warning nobody was told by --webhook 127.0.0.1") != c.warned || strings.Contains(said, "secret") {
				t.Errorf("%s", said)
			}
		})
	}
}

func TestAWebhookIsToldOfARunThatDoesNotBegin(t *testing.T) {
	t.Parallel()
	h, dir := newHook(t), smallest(t)
	run(t, 2, "run", "--mapping", filepath.Join(dir, "gone.yaml"), "--source", dir, "--project", dir, "--webhook", h.URL)
	if len(h.messages) != 1 || h.messages[0].Event != "failed" || h.messages[0].Code != "no-such-mapping" || h.messages[0].Run != "" {
		t.Errorf("%v", h.bodies)
	}
}

func TestAWebhookIsToldOnceThatARunStalls(t *testing.T) {
	t.Parallel()
	h, dir := newHook(t), smallest(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for !h.heard("stalled") && r.Context().Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		w.WriteHeader(http.StatusNotImplemented)
	}))
	t.Cleanup(slow.Close)
	p := newProgram(t, "run", "--mapping", filepath.Join(dir, "m.yaml"), "--source", filepath.Join(dir, "p.csv"), "--to", slow.URL, "--yes", "--project", dir,
		"--webhook", h.URL, "--stall-after", "1s")
	_ = p.Run()
	if len(h.messages) != 2 || h.messages[0].Event != "stalled" || h.messages[1].Event != "failed" {
		t.Errorf("%v\n%s", h.bodies, p.err.String())
	}
}

func TestAWebhookInClearTextNeedsToBeAllowed(t *testing.T) {
	t.Parallel()
	dir := smallest(t)
	for _, c := range []struct{ address, says string }{
		{"http://hooks.example.org/T0/secret", "insecure-address: --webhook hooks.example.org: use https, or allow this host by --insecure"},
		{"https://user:secret@hooks.example.org/", "take the credentials out"},
		{"ftp://hooks.example.org/secret", "write the address as https://host/path"},
		{"://secret", "write the address as https://host/path"},
	} {
		p := newProgram(t, args(dir, "--webhook", c.address)...)
		_ = p.Run()
		if code := p.ProcessState.ExitCode(); code != 2 || !strings.Contains(p.err.String(), c.says) || strings.Contains(p.err.String(), "secret") {
			t.Errorf("%s: exit code %d, %s", c.address, code, p.err.String())
		}
	}
}
