package mappings_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

var update = flag.Bool("update", false, "write the golden files anew")

const golden = "../testdata/mappings"

// options are what the command line gives to every mapping.
func options() mappings.Options { return mappings.Options{Cleaners: transform.Signatures()} }

// compile compiles a mapping given as text.
func compile(text string) (*mappings.Program, []issue.Issue) {
	return mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", options())
}

// mustCompile compiles a mapping that has no findings.
func mustCompile(t *testing.T, text string) *mappings.Program {
	t.Helper()
	prog, findings := compile(text)
	if prog == nil || len(findings) > 0 {
		t.Fatalf("findings in a good mapping:\n%s", show(findings))
	}
	return prog
}

// show prints findings one a line: place and length, code, message, suggestion.
func show(findings []issue.Issue) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%d:%d+%d %s %s %s", f.At.Line, f.At.Column, f.At.Length, f.Severity, f.Code, f.Message)
		if f.Suggestion != "" {
			fmt.Fprintf(&b, " | did you mean %s", f.Suggestion)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestEveryBadMappingGivesItsFindings(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(golden, "err")
	for _, name := range mappingFiles(t, dir) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog, findings := mappings.Compile(os.DirFS(dir), name, options())
			if prog != nil {
				t.Error("a mapping with errors gives a program")
			}
			for _, f := range findings {
				if f.At.File != name {
					t.Errorf("finding %s is placed in %q", f.Code, f.At.File)
				}
			}
			compareGolden(t, filepath.Join(dir, strings.TrimSuffix(name, ".yaml")+".out"), show(findings))
		})
	}
}

func TestEveryCodeOfAMappingFileHasAGoldenCase(t *testing.T) {
	t.Parallel()
	// These need a missing file, or the tables at hand.
	elsewhere := []string{"I0203", "I0402", "I0121", "E0100", "E0203", "E0205", "E0207", "E0208", "E0209", "E0214", "W0203", "W0207", "W0208", "W0209", "row-count"}
	outputs, err := filepath.Glob(filepath.Join(golden, "err", "*.out"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range outputs {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, c := range mappings.Codes() {
		if !slices.Contains(elsewhere, c.Code) && !strings.Contains(all.String(), " "+c.Code+" ") {
			t.Errorf("no golden case raises %s (%s)", c.Code, c.Title)
		}
	}
}

func TestEveryFindingHasADocumentedCode(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	last := ""
	for _, c := range mappings.Codes() {
		if c.Code <= last || c.Title == "" || c.Fix == "" {
			t.Errorf("code %q is out of order or lacks its title or fix", c.Code)
		}
		codes[c.Code], last = true, c.Code
	}
	dir := filepath.Join(golden, "err")
	for _, name := range mappingFiles(t, dir) {
		_, findings := mappings.Compile(os.DirFS(dir), name, options())
		for _, f := range findings {
			if !codes[f.Code] {
				t.Errorf("%s: %s is not documented", name, f.Code)
			}
		}
	}
}

func TestEveryGoodMappingCompilesWithoutFindings(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(golden, "ok")
	for _, name := range mappingFiles(t, dir) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog, findings := mappings.Compile(os.DirFS(dir), name, options())
			if prog == nil || len(findings) > 0 {
				t.Fatalf("findings:\n%s", show(findings))
			}
			if len(prog.Maps) == 0 || len(prog.SHA256) != 64 {
				t.Errorf("the program has %d maps and the sum %q", len(prog.Maps), prog.SHA256)
			}
		})
	}
}

func TestEveryShippedMappingCompilesWithoutFindings(t *testing.T) {
	t.Parallel()
	list := mappings.List()
	if len(list) == 0 {
		t.Fatal("no mapping is shipped")
	}
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			dir, file, err := mappings.Open(s.Name)
			if err != nil {
				t.Fatal(err)
			}
			prog, findings := mappings.Compile(dir, file, options())
			if prog == nil || len(findings) > 0 {
				t.Fatalf("findings:\n%s", show(findings))
			}
			if s.Title == "" || prog.Title != s.Title {
				t.Errorf("title %q in the list, %q in the mapping", s.Title, prog.Title)
			}
		})
	}
}

func mappingFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mappings in %s: %v", dir, err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
