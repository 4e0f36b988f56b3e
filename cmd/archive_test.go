package cmd_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chartlift/reports"
)

// archived runs the demo clinic, packs the run, and returns the archive and the
// project; mapping and sources are gone.
func archived(t *testing.T) (file, project string) {
	t.Helper()
	dir := t.TempDir()
	legacy := filepath.Join(dir, "demo")
	if err := os.CopyFS(legacy, os.DirFS("../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	file, project = filepath.Join(dir, "run.zip"), filepath.Join(dir, "project")
	for range 2 { // a difference has two
		run(t, 0, "run", "--mapping", filepath.Join(legacy, "lakeside.yaml"), "--source", filepath.Join(legacy, "legacy"), "--to", filepath.Join(dir, "out"), "--project", project, "--fail-on", "never", "--quiet")
	}
	run(t, 0, "archive", "--out", file, "--project", project)
	for _, gone := range []string{legacy, filepath.Join(dir, "out")} {
		if err := os.RemoveAll(gone); err != nil {
			t.Fatal(err)
		}
	}
	return file, project
}

// everyReport is what report is called with, for each report that there is.
func everyReport(out string) map[string][]string {
	all := map[string][]string{
		"summary": nil, "ledger": {"ledger"}, "row": {"row", "patients.csv:2"}, "page": {"page"}, "workbook": {"workbook", "--out", filepath.Join(out, "report.xlsx")},
		"diff": {"diff"}, "markdown": {"markdown"}, "json": {"json"}, "junit": {"junit"}, "sarif": {"sarif"},
	}
	for _, r := range reports.Reports() {
		all[r.Name] = []string{r.Name, "--format", "csv"}
	}
	return all
}

func TestEveryReportIsReadFromAnArchiveWithoutSourcesAndProject(t *testing.T) {
	t.Parallel()
	file, project := archived(t)
	want := map[string]string{}
	for name, args := range everyReport(t.TempDir()) {
		want[name] = run(t, 0, append([]string{"report", "--project", project}, args...)...)
	}
	if err := os.RemoveAll(project); err != nil {
		t.Fatal(err)
	}
	empty, out := t.TempDir(), t.TempDir()
	for name, args := range everyReport(out) {
		got := run(t, 0, append([]string{"report", "--from", file, "--project", empty}, args...)...)
		if got != want[name] {
			t.Errorf("report %s from the archive is\n%s, want\n%s", name, got, want[name])
		}
		if name != "workbook" && name != "diff" && name != "people" && name != "dead-letters" && name != "reconcile" && name != "restored" && len(got) < 100 {
			t.Errorf("report %s has hardly anything: %q", name, got)
		}
	}
	book, err := zip.OpenReader(filepath.Join(out, "report.xlsx"))
	if err != nil || len(book.File) < 10 {
		t.Errorf("the workbook: %v", err)
	} else {
		book.Close()
	}
	if story := run(t, 0, "report", "row", "patients.csv:2", "--from", file, "--project", empty); !strings.Contains(story, "outcome: loaded") || !strings.Contains(story, "could not be read again") {
		t.Errorf("the story of a row is\n%s", story)
	}
}

func TestPartsOfAnArchiveHaveTheTimeOfTheRun(t *testing.T) {
	t.Parallel()
	file, project := archived(t)
	var runs struct{ Rows []struct{ Started time.Time } }
	if err := json.Unmarshal([]byte(run(t, 0, "report", "runs", "--json", "--project", project)), &runs); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, part := range z.File {
		if want := runs.Rows[0].Started.Truncate(time.Second); !part.Modified.Equal(want) {
			t.Errorf("%s is of %v, want %v", part.Name, part.Modified, want)
		}
	}
}

// repacked writes a copy of an archive with one part changed.
func repacked(t *testing.T, file, name string, change func([]byte) []byte) string {
	t.Helper()
	in, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	path := filepath.Join(t.TempDir(), "changed.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := zip.NewWriter(f)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if part.Name == name {
			if text = change(text); text == nil {
				continue
			}
		}
		w, err := out.Create(part.Name)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnArchiveThatWasChangedIsNotRead(t *testing.T) {
	t.Parallel()
	file, _ := archived(t)
	for name, c := range map[string]struct {
		part   string
		change func([]byte) []byte
		says   string
	}{
		"a figure was changed":   {"runs.db", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, "was changed after it was made: its runs.db is not the one of its archive.json"},
		"the runs are gone":      {"runs.db", func([]byte) []byte { return nil }, "is damaged"},
		"the manifest is gone":   {"archive.json", func([]byte) []byte { return nil }, "it has no archive.json"},
		"the manifest is torn":   {"archive.json", func(b []byte) []byte { return b[:40] }, "its archive.json cannot be read"},
		"of a form yet to come":  {"archive.json", func(b []byte) []byte { return []byte(strings.Replace(string(b), `"form": 1`, `"form": 2`, 1)) }, "was written by a newer chartlift"},
		"another part is signed": {"archive.json", func(b []byte) []byte { return []byte(strings.Replace(string(b), `"runs.db"`, `"other.db"`, 1)) }, "was changed after it was made"},
	} {
		p := newProgram(t, "report", "ledger", "--from", repacked(t, file, c.part, c.change))
		_ = p.Run()
		if code := p.ProcessState.ExitCode(); code != 2 || !strings.Contains(p.err.String(), c.says) {
			t.Errorf("%s: exit code %d\n%s", name, code, p.err.String())
		}
	}
	if same := repacked(t, file, "", nil); run(t, 0, "report", "ledger", "--from", same) != run(t, 0, "report", "ledger", "--from", file) {
		t.Error("packed again by another program, it reads otherwise")
	}
}
