package cmd_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// realServer returns the server at CHARTLIFT_E2E_FHIR, which may be written to
// and may hold what earlier tests left.
func realServer(t *testing.T) *server {
	t.Helper()
	base := os.Getenv("CHARTLIFT_E2E_FHIR")
	if base == "" {
		t.Skip("SKIPPED: set CHARTLIFT_E2E_FHIR to the address of a FHIR server that may be written to")
	}
	return newServer(base)
}

// conversion is a conversion whose ids no other test has used.
type conversion struct {
	mapping, source string
	site            string // tag of all its resources, and part of all its ids
	types           map[string]int
	ledger          ledgerJSON
}

// unique returns a word that no other test uses.
func unique() string {
	return "e2e" + strconv.FormatInt(time.Now().UnixNano(), 36) + strconv.FormatInt(rand.Int64N(1<<20), 36)
}

// demo is the demo clinic: patients and visits keep their own ids, so a prefix
// makes them new; the other ids are made from the site.
func demo(t *testing.T) *conversion {
	t.Helper()
	c := &conversion{site: unique()}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	c.mapping, c.source = filepath.Join(dir, "lakeside.yaml"), filepath.Join(dir, "legacy")
	c.prefix(t)
	return c
}

// large is a clinic with 2,000 patients and 6,000 visits.
func large(t *testing.T) *conversion {
	t.Helper()
	c := &conversion{site: unique()}
	mapping, dir := legacy(t, 2000)
	text, err := os.ReadFile(mapping)
	if err != nil {
		t.Fatal(err)
	}
	c.mapping, c.source = filepath.Join(t.TempDir(), "clinic.yaml"), dir
	if err := os.WriteFile(c.mapping, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c.prefix(t)
	return c
}

// prefix makes the ids new, and learns from a run into files what the server
// should have in the end.
func (c *conversion) prefix(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(c.mapping)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for _, id := range []string{"id: $PatNo\n", "id: $VisitID\n"} {
		if !strings.Contains(changed, id) {
			t.Fatalf("%s has no %q", c.mapping, id)
		}
		changed = strings.ReplaceAll(changed, id, strings.TrimSpace(id)+" | prefix '"+c.site+"-'\n")
	}
	if err := os.WriteFile(c.mapping, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	out, project := t.TempDir(), t.TempDir()
	run(t, 0, c.args(out, project)...)
	c.ledger = ledgers(t, project)[0]
	c.types = map[string]int{}
	files, err := fs.Glob(os.DirFS(out), "*.ndjson")
	if err != nil || len(files) == 0 {
		t.Fatal("no files were written", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(out, f))
		if err != nil {
			t.Fatal(err)
		}
		c.types[strings.TrimSuffix(f, ".ndjson")] = strings.Count(string(text), "\n")
	}
}

func (c *conversion) args(to, project string) []string {
	return []string{
		"run", "--mapping", c.mapping, "--source", c.source, "--set", "site=" + c.site, "--to", to, "--project", project,
		"--fail-on", "never", "--quiet",
	}
}

// arrived checks that the server holds what the conversion makes, each resource
// in its first version, and returns it.
func (c *conversion) arrived(t *testing.T, s *server) map[string]resource {
	t.Helper()
	tag := "_tag=" + url.QueryEscape("urn:chartlift:site|"+c.site)
	for typ, want := range c.types {
		if got := s.get(t, s.base+"/"+typ+"?_summary=count&"+tag).Total; got != want {
			t.Errorf("the server has %d %s, want %d", got, typ, want)
		}
	}
	all := s.content(t, "&"+tag, slices.Sorted(maps.Keys(c.types))...)
	for ref, r := range all {
		if r.version != "1" {
			t.Errorf("%s has version %s", ref, r.version)
		}
	}
	return all
}

// same checks that the latest run of the project came to what a run into files
// comes to: nothing was refused.
func (c *conversion) same(t *testing.T, project string) {
	t.Helper()
	got := ledgers(t, project)[0]
	if fmt.Sprint(got.Tables) != fmt.Sprint(c.ledger.Tables) {
		t.Errorf("the ledger is\n%v, want\n%v", got.Tables, c.ledger.Tables)
	}
}

func TestRealServerTakesEverythingOnce(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	conversions := map[string]func(*testing.T) *conversion{"demo": demo}
	if os.Getenv("CHARTLIFT_E2E_SIZE") == "full" {
		conversions["large"] = large
	}
	for name, make := range conversions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, project := make(t), t.TempDir()
			began := time.Now()
			run(t, 0, c.args(s.base, project)...)
			c.same(t, project)
			all := c.arrived(t, s)
			t.Logf("%d resources in %v", len(all), time.Since(began))

			run(t, 0, c.args(s.base, project)...) // nothing changes
			c.same(t, project)
			sameContent(t, c.arrived(t, s), all)
		})
	}
}

func TestRealServerIsVerifiedAndGivenBack(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	c, project := demo(t), t.TempDir()
	run(t, 0, c.args(s.base, project)...)
	all := c.arrived(t, s)
	if out := run(t, 0, "verify", "--all", "--project", project); !strings.Contains(out, "no differences") {
		t.Errorf("verify says\n%s", out)
	}
	run(t, 0, "reconcile", "--project", project)
	began := time.Now()
	if out := run(t, 0, "undo", "1", "--yes", "--project", project); !strings.Contains(out, fmt.Sprintf("%d of %d resources taken back, 0 left", len(all), len(all))) {
		t.Errorf("undo says\n%s", out)
	}
	t.Logf("%d resources taken back in %v", len(all), time.Since(began))
	for typ := range c.types {
		tag := "_tag=" + url.QueryEscape("urn:chartlift:site|"+c.site)
		if n := s.get(t, s.base+"/"+typ+"?_summary=count&"+tag).Total; n != 0 {
			t.Errorf("the server still has %d %s", n, typ)
		}
	}
}

func TestRealServerAfterKills(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	whole, c := demo(t), demo(t)
	project := t.TempDir()
	began := time.Now()
	run(t, 0, whole.args(s.base, t.TempDir())...)
	took := time.Since(began)
	rounds := 2
	if os.Getenv("CHARTLIFT_E2E_SIZE") == "full" {
		rounds = 8
	}
	for range rounds {
		p := newProgram(t, c.args(s.base, project)...)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(took))
		_ = p.Process.Kill() // it may have ended
		_ = p.Wait()
	}
	run(t, 0, c.args(s.base, project)...)
	c.same(t, project)
	all := ledgers(t, project)
	t.Logf("%d runs, %d of them killed between the first and the last row", len(all), partly(all))

	want, got := map[string]resource{}, map[string]resource{}
	for ref, r := range whole.arrived(t, s) {
		if strings.Contains(ref, whole.site) { // patients and visits: other ids are a hash of the site
			r.body = strings.ReplaceAll(r.body, whole.site, c.site)
			want[strings.ReplaceAll(ref, whole.site, c.site)] = r
		}
	}
	for ref, r := range c.arrived(t, s) {
		if strings.Contains(ref, c.site) {
			got[ref] = r
		}
	}
	sameContent(t, got, want)
}
