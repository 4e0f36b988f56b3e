package cmd_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func gunzip(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAShardThatWasKilledIsMadeAgainAndItsRemainsAreSwept(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 6000)
	s := scattered{mapping: mapping, source: dir, n: 2, exit: 3}
	wantFiles, _ := outputs(t, s.whole(t))
	project := s.plan(t)
	parts := filepath.Join(project, "parts")
	remains := func() int {
		left, err := filepath.Glob(filepath.Join(parts, ".shard-00001.*.tmp"))
		if err != nil {
			t.Fatal(err)
		}
		return len(left)
	}
	until(t, "two processes die in the middle", func() bool {
		before := remains()
		p := newProgram(t, "shards", "run", "-q", parts, "--shard", "1")
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = p.Wait()
		}()
		for writes := false; !writes; writes = remains() > before {
			select {
			case <-ended: // before anybody saw it write: the next one
				return false
			case <-time.After(time.Millisecond):
			}
		}
		_ = p.Process.Kill()
		<-ended
		return remains() == 2
	})
	s.convert(t, project)
	first, err := tree(parts)
	if err != nil {
		t.Fatal(err)
	}
	s.convert(t, project)
	again, err := tree(parts)
	if err != nil || len(first["shard-00001.result"]) < 1000 || first["shard-00001.result"] != again["shard-00001.result"] {
		t.Errorf("a shard that is made again is another one: %v", err)
	}
	s.merge(t, project)
	got, _ := outputs(t, project)
	for name, want := range wantFiles {
		if got[name] != want {
			t.Errorf("%s differs", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(parts, ".shard-*")); len(left) > 0 {
		t.Errorf("%q was left behind", left)
	}
}

// damage changes a byte of a file, counted from its start, or below 0 from its
// end.
func damage(t *testing.T, path string, at int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(text)
	}
	text[at] ^= 0x20
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsMissingChangedOrForeignIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 60)
	s := scattered{mapping: mapping, source: dir, n: 3}
	for name, c := range map[string]struct {
		do   func(t *testing.T, project, parts string)
		code string
		exit int
	}{
		"a shard without a result": {func(t *testing.T, _, parts string) {
			if err := os.Remove(filepath.Join(parts, "shard-00002.result")); err != nil {
				t.Fatal(err)
			}
			if left := run(t, 0, "shards", "left", parts); left != "2\n" {
				t.Errorf("left says %q", left)
			}
			if left := run(t, 0, "shards", "left", parts, "--json"); left != "[2]\n" {
				t.Errorf("left says %q", left)
			}
		}, "shards-missing", 2},
		"a result of another plan": {func(t *testing.T, _, parts string) {
			other := scattered{mapping: mapping, source: dir, n: 3, flags: []string{"--on-invalid", "warn"}}
			project := other.plan(t)
			other.convert(t, project)
			if err := os.Rename(filepath.Join(project, "parts", "shard-00001.result"), filepath.Join(parts, "shard-00001.result")); err != nil {
				t.Fatal(err)
			}
		}, "shards-foreign", 2},
		"a result of another shard": {func(t *testing.T, _, parts string) {
			if err := os.Rename(filepath.Join(parts, "shard-00003.result"), filepath.Join(parts, "shard-00001.result")); err != nil {
				t.Fatal(err)
			}
			run(t, 0, "shards", "run", "-q", parts, "--shard", "3")
		}, "shards-foreign", 2},
		"a result that the plan does not have": {func(t *testing.T, _, parts string) {
			if err := os.WriteFile(filepath.Join(parts, "shard-00009.result"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "shards-foreign", 2},
		"a damaged index":   {func(t *testing.T, _, parts string) { damage(t, filepath.Join(parts, "shard-00001.result"), -3) }, "shards-foreign", 2},
		"a damaged head":    {func(t *testing.T, _, parts string) { damage(t, filepath.Join(parts, "shard-00001.result"), 20) }, "shards-foreign", 2},
		"a damaged row":     {func(t *testing.T, _, parts string) { damage(t, filepath.Join(parts, "shard-00001.result"), 2000) }, "shards-foreign", 1},
		"a changed source":  {func(t *testing.T, _, _ string) { damage(t, filepath.Join(dir, "tel.csv"), -2) }, "plan-changed", 2},
		"a changed mapping": {func(t *testing.T, _, _ string) { damage(t, mapping, strings.Index(wardOfAll, "ward")) }, "plan-changed", 2},
	} {
		t.Run(name, func(t *testing.T) {
			project := s.plan(t)
			s.convert(t, project)
			parts := filepath.Join(project, "parts")
			c.do(t, project, parts)
			p := newProgram(t, "shards", "merge", parts, "--project", project)
			_ = p.Run()
			if got := p.ProcessState.ExitCode(); got != c.exit || !strings.Contains(p.err.String(), c.code) {
				t.Errorf("exit code %d\n%s", got, p.err.String())
			}
			if files, err := tree(filepath.Join(project, "out")); err == nil && len(files) > 0 {
				t.Errorf("%d files were written", len(files))
			}
			switch name {
			case "a changed source":
				damage(t, filepath.Join(dir, "tel.csv"), -2)
			case "a changed mapping":
				damage(t, mapping, strings.Index(wardOfAll, "ward"))
			}
		})
	}
}

func TestAShardOfAChangedSourceIsRefused(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 60)
	s := scattered{mapping: mapping, source: dir, n: 1}
	project := s.plan(t)
	parts := filepath.Join(project, "parts")
	damage(t, filepath.Join(dir, "obs2.csv"), -2)
	p := newProgram(t, "shards", "run", parts, "--shard", "1/1")
	_ = p.Run()
	if p.ProcessState.ExitCode() != 2 || !strings.Contains(p.err.String(), "plan-changed") || !strings.Contains(p.err.String(), "obs2.csv") {
		t.Errorf("exit code %d\n%s", p.ProcessState.ExitCode(), p.err.String())
	}
	files, err := tree(parts)
	if err != nil || files["shard-00001.result"] != "" {
		t.Errorf("there is a result: %v", err)
	}
	for name := range files {
		if strings.HasPrefix(name, ".shard") {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestWrongUseOfShardsIsSaid(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 10)
	s := scattered{mapping: mapping, source: dir, n: 4}
	project := s.plan(t)
	parts := filepath.Join(project, "parts")
	for says, args := range map[string][]string{
		"the plan has the shards 1/4 to 4/4":     {"shards", "run", parts, "--shard", "5"},
		"--shard 0":                              {"shards", "run", parts, "--shard", "0"},
		"--shard 1/3":                            {"shards", "run", parts, "--shard", "1/3"},
		"--shard one":                            {"shards", "run", parts, "--shard", "one"},
		"no-plan":                                {"shards", "merge", dir},
		"shards-missing":                         {"shards", "merge", parts},
		"say how many there are to be":           {"shards", "plan", filepath.Join(project, "other"), "--mapping", mapping, "--source", dir},
		"standard input cannot be read":          {"shards", "plan", filepath.Join(project, "other"), "--shards", "2", "--mapping", mapping, "--source", "-"},
		"the mapping has no source of this name": {"shards", "plan", filepath.Join(project, "other"), "--shards", "2", "--mapping", mapping, "--source", dir, "--whole", "visits"},
	} {
		p := newProgram(t, append(args, "--project", project)...)
		_ = p.Run()
		if p.ProcessState.ExitCode() != 2 || !strings.Contains(p.err.String(), says) {
			t.Errorf("%v: exit code %d\n%s", args, p.ProcessState.ExitCode(), p.err.String())
		}
	}
}

const literalMapping = `chartlift: 1
id: literal
sources:
  one: { csv: { path: one.csv }, key: [ID] }
  two: { csv: { path: two.csv }, key: [ID] }
maps:
  a: { from: one, resource: Observation, id: $ID, elements: { status: final, code: { text: $ID } } }
  b: { from: two, resource: Observation, id: $ID, elements: { status: final, code: { text: $ID }, derivedFrom: [{ reference: "Observation/${REF}" }] } }
`

// A reference that the mapping writes out names no map: what it leads to may be
// made anywhere.
func TestAReferenceThatAShardCannotLookForIsNeverGuessed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"one.csv": "ID\na1\na2\na3\n", "two.csv": "ID,REF\nb1,a1\nb2,a3\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := scattered{mapping: yaml(t, literalMapping), source: dir, n: 2}
	project := s.plan(t)
	said := ""
	for _, shard := range []string{"1", "2"} {
		p := newProgram(t, "shards", "run", filepath.Join(project, "parts"), "--shard", shard)
		if err := p.Run(); err != nil {
			said += p.err.String()
		}
	}
	if !strings.Contains(said, `reference: "Observation/…"`) || !strings.Contains(said, "--whole") {
		t.Errorf("said %q", said)
	}
	s.flags = []string{"--whole", "two"}
	whole := scattered{mapping: s.mapping, source: dir}
	wantFiles, wantFacts := outputs(t, whole.whole(t))
	project = s.plan(t)
	s.convert(t, project)
	s.merge(t, project)
	gotFiles, gotFacts := outputs(t, project)
	if gotFiles["Observation.ndjson"] != wantFiles["Observation.ndjson"] || len(gotFacts["outcome"]) != len(wantFacts["outcome"]) {
		t.Errorf("it differs:\n%s\n%s", gotFiles["Observation.ndjson"], wantFiles["Observation.ndjson"])
	}
}

func TestThePlanSaysWhereEachTableIsConvertedAndWhy(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 60)
	s := scattered{mapping: mapping, source: dir, n: 3}
	project := t.TempDir()
	out := run(t, 0, append([]string{"shards", "plan", filepath.Join(project, "parts"), "--shards", "3"}, s.args(project)...)...)
	for _, line := range []string{
		"enc   whole, in one shard  what refers to it takes its announced keys",
		"obs   in 2 shards          nothing refers to it",
		"tel   looked up            only lookups read it: every process does",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
	demo := run(t, 0, "shards", "plan", filepath.Join(project, "parts"), "--shards", "3", "-q", "--project", project, "--mapping", "../testdata/demo/lakeside.yaml", "--source", "../testdata/demo/legacy")
	if !strings.Contains(demo, "patients       converted now        visits, results and others refer to it") {
		t.Errorf("said\n%s", demo)
	}
	matched := run(t, 0, append([]string{"shards", "plan", filepath.Join(project, "parts"), "--shards", "3", "--match"}, s.args(project)...)...)
	if strings.Count(matched, "at the merge  people are matched, which needs all of them") != 4 {
		t.Errorf("said\n%s", matched)
	}
}

// A source that is still being copied would be converted in one state and
// hashed in another.
func TestASourceThatIsWrittenToWhileThePlanIsMadeIsRefused(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 600)
	project := t.TempDir()
	parts := filepath.Join(project, "parts")
	p := newProgram(t, "shards", "plan", parts, "--shards", "2", "--project", project, "--mapping", mapping, "--source", dir, "--to", filepath.Join(project, "out"))
	said := choke(t, p) // so that it does not end: it wants to say how many rows it has converted
	until(t, "it has looked at the sources and converts them", func() bool {
		made, err := filepath.Glob(filepath.Join(parts, ".*.tmp"))
		return err == nil && len(made) > 0
	})
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "tel.csv"), later, later); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(said)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	if p.ProcessState.ExitCode() != 2 || !strings.Contains(string(text), "plan-changed") || !strings.Contains(string(text), "tel.csv was written to") {
		t.Errorf("exit code %d\n%s", p.ProcessState.ExitCode(), strings.Trim(string(text), "."))
	}
	if _, err := os.Stat(filepath.Join(parts, "plan.json")); err == nil {
		t.Error("there is a plan")
	}
}
