package cmd

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/internal/mappingtest"
	"chartlift/mappings"
)

// testOptions are the flags of test.
type testOptions struct {
	files  []string
	run    string
	update bool
	mutate bool
}

func newTest(s *settings) *cobra.Command {
	o := &testOptions{}
	c := &cobra.Command{
		Use:   "test --mapping NAME|FILE [--tests FILE|FOLDER]",
		Short: "Run the tests of a mapping: given rows, expected resources",
		Long: `Runs the tests that the mapping file holds under tests:, and those of the files given with --tests (the folder
tests of the project, where there is one and no other is named). The rows go through the same engine, lookups, groups and
validator as those of a run. Ends with 3 where a test fails.`,
		Example: `  chartlift test --mapping acme.yaml
  chartlift test --mapping acme.yaml --tests tests/ --run 'birth date'
  chartlift test --mapping acme.yaml --update`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return test(s, *o) },
	}
	f := c.Flags()
	f.StringVarP(&s.mapping, "mapping", "m", "", "name of a shipped mapping, or a mapping file")
	f.StringToStringVar(&s.set, "set", nil, "set a param of the mapping: NAME=VALUE")
	s.guideFlag(f)
	f.StringArrayVar(&o.files, "tests", nil, "file of tests, or a folder of them; may be given several times")
	f.StringVar(&o.run, "run", "", "run the tests whose names match this regular expression")
	f.BoolVar(&o.update, "update", false, "write what the tests got into the files as what they expect; look at the difference before you commit it")
	f.BoolVar(&o.mutate, "mutate", false, "make one rule after the other wrong on purpose, and tell which of them no test notices")
	return c
}

// testSuite is a file with its tests.
type testSuite struct {
	file  mappingFile
	tests []*mappings.Test
}

func test(s *settings, o testOptions) error {
	pattern, err := regexp.Compile(o.run)
	if err != nil {
		return usage("--run is no regular expression: %v", err)
	}
	if o.update && o.mutate {
		return usage("--update and --mutate exclude each other: --mutate asks about tests that pass")
	}
	prog, suites, err := loadTests(s, o)
	if err != nil {
		return err
	}
	var results []mappingtest.Result
	for i, suite := range suites {
		var list []mappingtest.Result
		for _, t := range suite.tests {
			if !pattern.MatchString(t.Name) {
				continue
			}
			r, err := mappingtest.Run(prog, t)
			if err != nil {
				return err
			}
			list = append(list, r)
		}
		if o.update {
			if err := suites[i].write(s, list); err != nil {
				return err
			}
		}
		results = append(results, list...)
	}
	if len(results) == 0 {
		return refuse("no-tests", "there is no test to run%s; write tests: in the mapping, or name their file with --tests", matching(o.run))
	}
	if o.mutate && !slices.ContainsFunc(results, failed) {
		return mutate(s, prog, suites[0].file, results)
	}
	return s.testReport(suites, results, o)
}

func failed(r mappingtest.Result) bool { return !r.Passed() }

func matching(pattern string) string {
	if pattern == "" {
		return ""
	}
	return fmt.Sprintf(" whose name matches %q", pattern)
}

// loadTests compiles the mapping and every file of tests, and prints what is
// wrong with them.
func loadTests(s *settings, o testOptions) (*mappings.Program, []testSuite, error) {
	file, err := s.ownMapping()
	if err != nil {
		return nil, nil, err
	}
	prog, findings := file.compile(s.set)
	if prog == nil {
		file.printFindings(s.streams.Err, findings)
		return nil, nil, &exitError{code: exitUsage, said: true}
	}
	suites := []testSuite{{file, prog.Tests}}
	paths, err := testFiles(s, o.files)
	if err != nil {
		return nil, nil, err
	}
	bad := false
	for _, p := range paths {
		f := mappingFile{fs: os.DirFS(filepath.Dir(p)), name: filepath.Base(p), dir: filepath.Dir(p)}
		tests, findings := mappings.CompileTests(f.fs, f.name, prog)
		f.printFindings(s.streams.Err, findings)
		bad = bad || worst(findings)
		suites = append(suites, testSuite{f, tests})
	}
	if bad {
		return nil, nil, &exitError{code: exitUsage, said: true}
	}
	return prog, suites, nil
}

// testFiles returns the files of tests behind the names given, each once; the
// project's own where none is given.
func testFiles(s *settings, names []string) ([]string, error) {
	if len(names) == 0 {
		own := filepath.Join(s.project, "tests")
		if stat, err := os.Stat(own); err != nil || !stat.IsDir() {
			return nil, nil
		}
		names = []string{own}
	}
	var out []string
	for _, name := range names {
		stat, err := os.Stat(name)
		if err != nil {
			return nil, refuse("no-tests", "--tests %s: there is no such file or folder", name)
		}
		if !stat.IsDir() {
			out = append(out, name)
			continue
		}
		for _, suffix := range []string{"*.yaml", "*.yml"} {
			found, err := filepath.Glob(filepath.Join(name, suffix))
			if err != nil {
				return nil, fmt.Errorf("look for tests: %w", err)
			}
			out = append(out, found...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// write puts what the tests got into their file.
func (t testSuite) write(s *settings, results []mappingtest.Result) error {
	if !slices.ContainsFunc(results, failed) {
		return nil
	}
	if t.file.dir == "" {
		return usage("--update cannot write into a shipped mapping; copy it with chartlift mappings show first")
	}
	text, err := fs.ReadFile(t.file.fs, t.file.name)
	if err != nil {
		return fmt.Errorf("update tests: %w", err)
	}
	if text, err = mappingtest.Updated(text, results); err != nil {
		return fmt.Errorf("update %s: %w", t.file.shown(t.file.name), err)
	}
	path := filepath.Join(t.file.dir, t.file.name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("update tests: %w", err)
	}
	s.message("%s: written anew; look at the difference", path)
	return nil
}

// testJSON is a test as test --json prints it.
type testJSON struct {
	Name        string           `json:"name"`
	Map         string           `json:"map"`
	File        string           `json:"file"`
	Line        int              `json:"line"`
	Passed      bool             `json:"passed"`
	Differences []differenceJSON `json:"differences"`
}

type differenceJSON struct {
	Path string `json:"path"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Rule string `json:"rule"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// testReport prints the results, and decides the exit code.
func (s *settings) testReport(suites []testSuite, results []mappingtest.Result, o testOptions) error {
	shown := map[*mappings.Test]testSuite{}
	for _, suite := range suites {
		for _, t := range suite.tests {
			shown[t] = suite
		}
	}
	n := 0
	list := make([]testJSON, 0, len(results))
	for _, r := range results {
		if failed(r) {
			n++
		}
		list = append(list, describe(r, shown[r.Test].file, suites[0].file))
	}
	if s.json {
		out := struct {
			Passed int        `json:"passed"`
			Failed int        `json:"failed"`
			Tests  []testJSON `json:"tests"`
		}{len(results) - n, n, list}
		if err := json.NewEncoder(s.streams.Out).Encode(out); err != nil {
			return fmt.Errorf("print results: %w", err)
		}
	} else {
		fmt.Fprint(s.streams.Out, testText(list, n))
	}
	if n > 0 && !o.update {
		return &exitError{code: exitFindings, said: true}
	}
	return nil
}

// describe puts a result into words. Rules stand in the mapping, the test
// perhaps in another file.
func describe(r mappingtest.Result, file, mapping mappingFile) testJSON {
	out := testJSON{
		Name: r.Test.Name, Map: r.Test.Map.Name, File: file.shown(r.Test.Pos.File), Line: r.Test.Pos.Line,
		Passed: r.Passed(), Differences: []differenceJSON{},
	}
	for _, d := range r.Differences {
		out.Differences = append(out.Differences, differenceJSON{
			Path: d.Path, Want: d.Want, Got: d.Got, Rule: d.Rule, File: mapping.shown(d.RuleAt.File), Line: d.RuleAt.Line,
		})
	}
	return out
}

// testText is the results for a terminal.
func testText(list []testJSON, failed int) string {
	var b strings.Builder
	for _, t := range list {
		if t.Passed {
			fmt.Fprintf(&b, "ok    %s\n", t.Name)
			continue
		}
		fmt.Fprintf(&b, "FAIL  %s  (%s:%d)\n", t.Name, t.File, t.Line)
		for _, d := range t.Differences {
			fmt.Fprintf(&b, "      %s\n        expected %s\n        got      %s\n", d.Path, d.Want, d.Got)
			if d.Rule != "" {
				fmt.Fprintf(&b, "        rule     %s (%s:%d)\n", d.Rule, d.File, d.Line)
			}
		}
	}
	fmt.Fprintf(&b, "%d of %s passed\n", len(list)-failed, issue.Count(len(list), "test"))
	return b.String()
}
