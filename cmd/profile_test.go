package cmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/cmd"
	"chartlift/extract/profile"
	"chartlift/internal/console"
)

// profiled runs chartlift profile in this process.
func profiled(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	args = append([]string{"profile", "--quiet"}, args...)
	if got := cmd.Main(t.Context(), args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &err}); got != code {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, code, out.String(), err.String())
	}
	return out.String(), err.String()
}

// clinicWithOldWorkbook returns a folder with two tables and a file that is not
// read.
func clinicWithOldWorkbook(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"patients.csv":     "PatNo,LastName\np1,Quillfeather\np2,Brankovitch\n",
		"deep/visits.csv":  "VisitID,PatNo\nv1,p1\nv2,p2\nv3,p9\nv4,p1\n",
		"old.xls":          "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on",
		"empty.csv":        "",
		".hidden/more.csv": "a\n1\n",
	} {
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

func TestProfileNamesWhatItCannotReadAndGoesOn(t *testing.T) {
	t.Parallel()
	text, _ := profiled(t, 0, clinicWithOldWorkbook(t))
	for _, want := range []string{"patients (patients.csv): 2 rows, 2 columns", "visits (deep/visits.csv): 4 rows", "join: PatNo → patients.PatNo, 66.7 % of its values are there, 1 orphan row", "Not read", "an old Office file", "the file is empty"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Quillfeather") {
		t.Error("a patient's name stands in the text")
	}
}

func TestProfileAsJSONHasTheStableForm(t *testing.T) {
	t.Parallel()
	dir := clinicWithOldWorkbook(t)
	text, _ := profiled(t, 0, "--json", dir)
	var got profile.Report
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Tables) != 2 || got.Tables[0].Source != "deep/visits.csv" || got.Tables[0].Rows != 4 || got.Tables[1].Columns[0].Distinct != 2 {
		t.Errorf("tables %s", text)
	}
	if len(got.Problems) != 2 || got.Problems[0].Code != "empty-file" || got.Problems[1].Code != "convert-first" || got.Problems[1].Source != "old.xls" {
		t.Errorf("problems %+v", got.Problems)
	}
	if strings.Contains(text, "Quillfeather") {
		t.Error("a patient's name stands in the JSON")
	}
	if shown, _ := profiled(t, 0, "--json", "--show-values", dir); !strings.Contains(shown, "Quillfeather") {
		t.Error("--show-values does not show the values")
	}
}

func TestProfileWritesAPageThatOnlyItsOwnerReads(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "profile.html")
	if text, _ := profiled(t, 0, "--out", page, clinicWithOldWorkbook(t)); text != "" {
		t.Errorf("the page stands in a file, and this on standard output: %s", text)
	}
	stat, err := os.Stat(page)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", stat, err)
	}
	text, err := os.ReadFile(page)
	if err != nil || !bytes.Contains(text, []byte("Source profile")) || bytes.Contains(text, []byte("Quillfeather")) {
		t.Errorf("the page: %v\n%s", err, text)
	}
}

func TestProfileWithoutATableIsWrongUse(t *testing.T) {
	t.Parallel()
	dir := clinicWithOldWorkbook(t)
	text, said := profiled(t, 2, filepath.Join(dir, "old.xls"))
	if !strings.Contains(text, "an old Office file") || !strings.Contains(said, "no table was found") {
		t.Errorf("said %q and %q", text, said)
	}
	if _, said := profiled(t, 2, filepath.Join(dir, "nothing.csv")); !strings.Contains(said, "there is no such file") {
		t.Errorf("said %q", said)
	}
	profiled(t, 2)
}
