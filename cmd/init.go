package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chartlift/extract/profile"
	"chartlift/internal/console"
	"chartlift/internal/issue"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/mappings/draft"
)

// differencesFile lists what differs between a shipped mapping and the tables.
const differencesFile = "differences.txt"

// initOptions are the flags of init.
type initOptions struct {
	as       string
	out      string
	timezone string
}

func newInit(s *settings) *cobra.Command {
	o := &initOptions{}
	c := &cobra.Command{
		Use:   "init SOURCE… [--as NAME] [--out FOLDER]",
		Short: "Make a project folder with a draft mapping from legacy files",
		Long: `Profiles the files and writes a project folder: migration.yaml (sources, mapping, target), a draft mapping in
which every proposal carries its evidence as a comment, a crosswalk of the local codes of each column that
needs one, and mapping tests made of sampled rows in which every value of a person was replaced.

What is not sure stands in the draft as a comment: a date whose day and month cannot be told apart is never mapped
by a guess. With --as a mapping that comes along is used instead, and its differences from the actual tables are
listed. Messages and documents (HL7 v2, C-CDA) take the shipped mapping by themselves.`,
		Example: `  chartlift init legacy/
  chartlift init legacy/ --out acme --timezone America/Chicago
  chartlift init synthea/csv --as synthea-csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return initProject(c.Context(), s, *o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.as, "as", "", "use a shipped mapping: "+strings.Join(mappings.Names(), ", "))
	f.StringVar(&o.out, "out", "", "folder to make; the name of the first source with -migration if not given")
	f.StringVar(&o.timezone, "timezone", "", "IANA zone of times that carry none, such as Europe/Rome; without it they become dates")
	return c
}

// initProject makes the folder. Nothing is written before everything was read.
func initProject(ctx context.Context, s *settings, o initOptions, args []string) (err error) {
	if err := o.check(args); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "chartlift-init-*")
	if err != nil {
		return fmt.Errorf("make temporary folder: %w", err)
	}
	found := newFoundTables(temp)
	defer func() { err = errors.Join(err, found.Close(), removeFolder(temp)) }()
	if err := s.survey(ctx, found, args, profile.Options{Top: draft.MostCodes}); err != nil {
		return err
	}
	if len(found.report.Tables) == 0 {
		s.message("%s", strings.TrimSuffix(notRead(found.report.Problems), "\n"))
		return refuse("no-tables", "no table was found in the sources given, and no project was made")
	}
	p := &newProject{s: s, o: o, found: found, args: args}
	if err := p.decide(); err != nil {
		return err
	}
	if err := p.write(ctx); err != nil {
		return err
	}
	return p.finish(ctx)
}

// check refuses a folder that holds something, and flags that cannot be.
func (o *initOptions) check(args []string) error {
	for _, a := range args {
		if a == "-" {
			return usage("a project needs files to come back to: standard input cannot be one")
		}
	}
	if o.as != "" && !slices.Contains(mappings.Names(), o.as) {
		return refuse("no-such-mapping", "--as %s: there is no such shipped mapping; shipped are: %s", o.as, strings.Join(mappings.Names(), ", "))
	}
	if o.timezone != "" {
		if _, err := time.LoadLocation(o.timezone); err != nil {
			return usage("--timezone %s is not known; write it as America/New_York", o.timezone)
		}
	}
	if o.out == "" {
		o.out = projectName(args[0]) + "-migration"
	}
	for _, a := range args {
		if rel, err := filepath.Rel(tables.Absolute(a), tables.Absolute(o.out)); err == nil && !strings.HasPrefix(rel, "..") {
			return usage("the project %s would lie in %s, which it reads; name a folder elsewhere with --out", o.out, a)
		}
	}
	entries, err := os.ReadDir(o.out)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return refuse("project-exists", "%s is no folder; name another one with --out", o.out)
	case len(entries) > 0:
		return refuse("project-exists", "%s is not empty, and nothing is overwritten; name a new folder with --out, or empty this one", o.out)
	}
	return nil
}

// projectName is the name of a source without folder and suffixes.
func projectName(source string) string {
	name := filepath.Base(tables.Absolute(source))
	name, _, _ = strings.Cut(strings.TrimLeft(name, "."), ".")
	if name == "" || name == string(filepath.Separator) {
		return "chartlift"
	}
	return name
}

// newProject is a project while it is made.
type newProject struct {
	s       *settings
	o       initOptions
	found   *foundTables
	args    []string
	draft   *draft.Draft
	options draft.Options
	prog    *mappings.Program // the shipped mapping, if one is used
	fit     draft.Fit         // of it
	fits    []string          // shipped mappings that fit
	chosen  string
	because string
}

// decide drafts a mapping, or takes one that comes along.
func (p *newProject) decide() error {
	id := strings.TrimSuffix(projectName(p.o.out), "-migration")
	p.options = draft.Options{ID: draft.Identifier(id), Sources: p.sources(), Timezone: p.o.timezone}
	p.draft = draft.New(p.found.report, p.options)
	p.chosen = p.o.as
	messages := ""
	for _, m := range mappings.List() {
		prog, err := shippedProgram(m.Name)
		if err != nil {
			return err
		}
		if fit := draft.Compare(p.found.report, prog); fit.Good() {
			p.fits = append(p.fits, m.Name)
			if f := fit.Found[0].Table.Format; f == "hl7v2" || f == "ccda" {
				messages = m.Name
			}
		}
	}
	if p.chosen == "" && messages != "" && len(p.draft.Mapped()) == 0 {
		p.chosen, p.because = messages, " (the sources are messages or documents)"
	}
	if p.chosen == "" {
		return nil
	}
	var err error
	if p.prog, err = shippedProgram(p.chosen); err != nil {
		return err
	}
	p.fit = draft.Compare(p.found.report, p.prog)
	p.options.Shipped = p.chosen
	p.draft = draft.New(p.found.report, p.options)
	return nil
}

// shippedProgram compiles a mapping that comes along.
func shippedProgram(name string) (*mappings.Program, error) {
	dir, file, err := mappings.Open(name)
	if err != nil {
		return nil, err
	}
	prog, findings := mappingFile{fs: dir, name: file}.compile(nil)
	if prog == nil {
		return nil, fmt.Errorf("compile shipped mapping %s: %s", name, findings[0].Message)
	}
	return prog, nil
}

// sources are the arguments as seen from the project folder.
func (p *newProject) sources() []string {
	var list []string
	for _, a := range p.args {
		rel, err := filepath.Rel(tables.Absolute(p.o.out), tables.Absolute(a))
		if err != nil {
			rel = tables.Absolute(a)
		}
		list = append(list, filepath.ToSlash(rel))
	}
	return list
}

// write reads the rows that the draft wants and writes the files.
func (p *newProject) write(ctx context.Context) error {
	rows := map[*profile.Table]draft.Rows{}
	if p.chosen == "" {
		for _, w := range p.draft.Wanted() {
			r, err := p.found.first(ctx, w)
			if err != nil {
				return err
			}
			rows[w.Table] = r
		}
	}
	files := append(p.draft.Files(rows), draft.File{Name: ".gitignore", Content: []byte(".chartlift/\n")})
	if p.prog != nil {
		files = append(files, p.fit.Site(p.prog, p.options), draft.File{Name: differencesFile, Content: []byte(p.fit.Differences(p.chosen))})
	}
	for _, f := range files {
		path := filepath.Join(p.o.out, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("make project folder: %w", err)
		}
		if err := os.WriteFile(path, f.Content, 0o600); err != nil {
			return fmt.Errorf("write project: %w", err)
		}
	}
	return nil
}

// first reads the first rows of a table again.
func (f *foundTables) first(ctx context.Context, w draft.Wanted) (draft.Rows, error) {
	var out draft.Rows
	for i, t := range f.report.Tables {
		if t != w.Table {
			continue
		}
		job := f.jobs[i]
		out.Columns = job.Schema.Columns
		for b, err := range job.Source.Read(ctx, job.Schema.Table, func(issue.Issue) {}) {
			if err != nil {
				return out, fmt.Errorf("read %s again: %w", t.Source, err)
			}
			for _, r := range b.Records {
				if r.Fault == nil && len(out.Cells) < w.Rows {
					cells := make([]string, len(r.Values))
					for j, v := range r.Values {
						cells[j] = strings.TrimSpace(v.Text)
					}
					out.Cells = append(out.Cells, cells)
				}
			}
			if len(out.Cells) >= w.Rows {
				break
			}
		}
	}
	return out, nil
}

// finish fills in what the tests expect, checks the project as check would, and
// tells what comes next.
func (p *newProject) finish(ctx context.Context) error {
	silent := &settings{streams: console.Streams{In: p.s.streams.In, Out: io.Discard, Err: io.Discard}, log: p.s.log, project: p.o.out, quiet: true, sources: p.args}
	silent.mapping = filepath.Join(p.o.out, draft.MappingFile)
	if p.chosen != "" {
		silent.mapping = filepath.Join(p.o.out, draft.SiteFile)
	}
	if p.chosen == "" && len(p.draft.Mapped()) > 0 {
		var known *exitError
		if err := test(silent, testOptions{update: true}); err != nil && !errors.As(err, &known) {
			return fmt.Errorf("fill tests: %w", err)
		}
	}
	file, err := findMapping(silent.mapping)
	if err != nil {
		return err
	}
	prog, findings := file.compile(nil)
	if prog != nil {
		more, err := checkSources(ctx, silent, &migration{s: silent, file: file, prog: prog})
		if err != nil {
			return err
		}
		findings = append(findings, more...)
	}
	if err := p.say(); err != nil {
		return err
	}
	if worst(findings) {
		file.printFindings(p.s.streams.Err, findings)
		return &exitError{code: exitUsage, said: true}
	}
	p.next()
	return nil
}

// say prints what was found.
func (p *newProject) say() error {
	if p.s.json {
		return p.sayJSON()
	}
	text := p.draft.Summary()
	if p.prog != nil {
		text = p.fit.Differences(p.chosen) +
			fmt.Sprintf("\nThe project extends the shipped mapping %s%s. This list is also in %s.\n", p.chosen, p.because, filepath.Join(p.o.out, differencesFile))
	}
	text += notRead(p.found.report.Problems)
	if _, err := io.WriteString(p.s.streams.Out, text); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// mostNotRead is how many files that are no tables are named.
const mostNotRead = 8

// notRead lists the files that are no tables. The rest of a README does not
// matter.
func notRead(problems []profile.Problem) string {
	var b strings.Builder
	n := 0
	for _, p := range problems {
		if p.Code == "not-a-table" {
			continue
		}
		if n++; n <= mostNotRead {
			fmt.Fprintf(&b, "not read: %s\n", p.Message)
		}
	}
	if n > mostNotRead {
		fmt.Fprintf(&b, "not read: %s; chartlift profile lists all\n", issue.Count(n-mostNotRead, "more file"))
	}
	return b.String()
}

// initJSON is what init --json prints.
type initJSON struct {
	Project string      `json:"project"`
	Mapping string      `json:"mapping"`
	Fits    []string    `json:"fits"` // shipped mappings that were written for such tables
	Tables  []tableJSON `json:"tables"`
}

type tableJSON struct {
	Source     string  `json:"source"`
	Table      string  `json:"table"`
	Rows       int64   `json:"rows"`
	Resource   string  `json:"resource,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	Elements   int     `json:"elements"`
	Guesses    int     `json:"guesses"`
	Reason     string  `json:"reason"`
}

func (p *newProject) sayJSON() error {
	out := initJSON{Project: p.o.out, Mapping: draft.MappingFile, Fits: append([]string{}, p.fits...), Tables: []tableJSON{}}
	if p.chosen != "" {
		out.Mapping = draft.SiteFile
	}
	for _, t := range p.draft.Tables {
		out.Tables = append(out.Tables, tableJSON{t.Source, t.Table.Table, t.Rows, t.Resource(), t.Sure, t.Live, t.Guesses, t.Why()})
	}
	return json.NewEncoder(p.s.streams.Out).Encode(out)
}

// next names the commands that come next.
func (p *newProject) next() {
	for _, name := range p.fits {
		if p.chosen == "" {
			p.s.message("\nThe shipped mapping %s was written for such tables: chartlift init %s --as %s", name, strings.Join(p.args, " "), name)
		}
	}
	p.s.message("\nThe project is in %s. Next:", p.o.out)
	p.s.message("  cd %s", p.o.out)
	p.s.message("  chartlift check                 # after each change of the mapping")
	if p.chosen == "" && len(p.draft.Mapped()) > 0 {
		p.s.message("  chartlift test                  # what the draft makes of rows without patients")
	}
	p.s.message("  chartlift run --dry-run         # everything but the load")
	p.s.message("  chartlift report unmapped-codes # what terms/ still needs")
}
