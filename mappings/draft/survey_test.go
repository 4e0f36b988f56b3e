package draft_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/extract/profile"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/mappings/draft"
	"chartlift/transform"
)

// survey profiles every file of a folder as init does, and returns a way to its
// rows.
func survey(t *testing.T, dir string) (*profile.Report, func(draft.Wanted) draft.Rows) {
	t.Helper()
	files, err := extract.Expand(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []profile.Job
	for _, path := range files {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		o := extract.Options{Name: name, TempDir: t.TempDir()}
		format, err := extract.Recognise(t.Context(), formats.All(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		src, err := extract.Open(t.Context(), formats.All(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = src.Close() })
		schemas, err := src.Tables(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range schemas {
			jobs = append(jobs, profile.Job{Source: src, Schema: s, Format: format})
		}
	}
	list, err := profile.Tables(t.Context(), jobs, profile.Options{Top: draft.MostCodes})
	if err != nil {
		t.Fatal(err)
	}
	return &profile.Report{Tables: list}, func(w draft.Wanted) draft.Rows {
		for i, table := range list {
			if table == w.Table {
				return firstRows(t, jobs[i], w.Rows)
			}
		}
		t.Fatalf("%s is not among the tables", w.Table.Table)
		return draft.Rows{}
	}
}

func firstRows(t *testing.T, job profile.Job, most int) draft.Rows {
	t.Helper()
	out := draft.Rows{Columns: job.Schema.Columns}
	for b, err := range job.Source.Read(t.Context(), job.Schema.Table, func(issue.Issue) {}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range b.Records {
			var cells []string
			for _, v := range r.Values {
				cells = append(cells, strings.TrimSpace(v.Text))
			}
			if len(out.Cells) < most {
				out.Cells = append(out.Cells, cells)
			}
		}
	}
	return out
}

// folder writes files, each named and followed by its lines.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// project is a draft with its files by name.
type project struct {
	*draft.Draft
	files map[string]string
}

// drafted makes the project of a folder, which must compile.
func drafted(t *testing.T, dir string, o draft.Options) project {
	t.Helper()
	report, read := survey(t, dir)
	if o.ID == "" {
		o.ID = "clinic"
	}
	d := draft.New(report, o)
	rows := map[*profile.Table]draft.Rows{}
	for _, w := range d.Wanted() {
		rows[w.Table] = read(w)
	}
	p := project{d, map[string]string{}}
	fsys := fstest.MapFS{}
	for _, f := range d.Files(rows) {
		p.files[f.Name] = string(f.Content)
		fsys[f.Name] = &fstest.MapFile{Data: f.Content}
	}
	prog, findings := mappings.Compile(fsys, draft.MappingFile, mappings.Options{Cleaners: transform.Signatures()})
	for _, f := range findings {
		t.Errorf("the draft has a finding: %s %s %s", f.At, f.Code, f.Message)
	}
	if prog == nil {
		t.Fatalf("the draft does not compile:\n%s", p.mapping())
	}
	if tests := p.files["tests/draft.yaml"]; tests != "" {
		if _, findings := mappings.CompileTests(fsys, "tests/draft.yaml", prog); len(findings) > 0 {
			t.Errorf("the tests have findings: %s %s\n%s", findings[0].At, findings[0].Message, tests)
		}
	}
	return p
}

func (p project) mapping() string { return p.files[draft.MappingFile] }

// table returns the decision about a table.
func (p project) table(t *testing.T, name string) *draft.Table {
	t.Helper()
	for _, table := range p.Tables {
		if table.Table.Table == name {
			return table
		}
	}
	t.Fatalf("there is no table %s", name)
	return nil
}

// lines returns the lines of the mapping that hold a text, without their
// comments' distance.
func (p project) lines(text string) []string {
	var out []string
	for _, line := range strings.Split(p.mapping(), "\n") {
		if strings.Contains(line, text) {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return out
}

// has fails unless a line of the mapping is this one, but for spaces and what
// follows.
func (p project) has(t *testing.T, want string) {
	t.Helper()
	for _, line := range strings.Split(p.mapping(), "\n") {
		if strings.HasPrefix(strings.Join(strings.Fields(line), " "), want) {
			return
		}
	}
	t.Errorf("the draft has no line %q:\n%s", want, p.mapping())
}

// lacks fails if the mapping has the text outside of comments.
func (p project) lacks(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(p.mapping(), "\n") {
		code, _, _ := strings.Cut(line, "# ")
		if strings.Contains(code, text) {
			t.Errorf("the draft proposes %q: %s", text, line)
		}
	}
}
