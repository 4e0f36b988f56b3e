package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
	"chartlift/reports/archive"
)

var started = time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))

// database writes a run database with one run, and returns its path and the
// run.
func database(t *testing.T) (path, run string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "runs.db")
	db, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "run", Mapping: "m", Target: "out"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(rec.Finish(context.Background(), "succeeded", 0), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path, rec.ID()
}

// pack returns an archive of a run database and a page.
func pack(t *testing.T, runs, run string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := archive.New(&out, started)
	err := errors.Join(
		w.File(archive.Runs, runs),
		w.Part("report.html", func(p io.Writer) error {
			_, err := io.WriteString(p, "<p>all rows are accounted for</p>")
			return err
		}),
	)
	if err != nil || w.Count() != 2 {
		t.Fatalf("%d parts, %v", w.Count(), err)
	}
	if err := w.Close(archive.Manifest{Run: run, ToolVersion: "1.2.3"}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// file writes bytes to a new file called a.zip.
func file(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// changed returns an archive with the bytes of one part changed by change, nil
// leaves it out; all others are as they were.
func changed(t *testing.T, packed []byte, name string, change func([]byte) []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == name {
			if text = change(text); text == nil {
				continue
			}
		}
		p, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatWasPackedIsOpenedAgain(t *testing.T) {
	runs, run := database(t)
	db, closeRuns, err := archive.Open(file(t, pack(t, runs, run)))
	if err != nil {
		t.Fatal(err)
	}
	info, err := db.Run(context.Background(), run)
	if err != nil || info.Mapping != "m" {
		t.Errorf("run %+v, %v", info, err)
	}
	if err := closeRuns(); err != nil {
		t.Error(err)
	}
}

func TestTheSameRunMakesTheSameBytesWithTheHashOfEveryPart(t *testing.T) {
	runs, run := database(t)
	packed := pack(t, runs, run)
	if !bytes.Equal(packed, pack(t, runs, run)) {
		t.Error("packed twice, the bytes differ")
	}
	var m archive.Manifest
	changed(t, packed, "archive.json", func(text []byte) []byte {
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		return text
	})
	stat, err := os.Stat(runs)
	if err != nil {
		t.Fatal(err)
	}
	want := []archive.Part{
		{Name: "runs.db", Bytes: stat.Size()},
		{Name: "report.html", Bytes: 33, SHA256: "4fb9db8d2f90f6be0ddb8b53be1b0d9bd243b298d05d81a6bf0831ed81230463"},
	}
	if len(m.Parts) != 2 || len(m.Parts[0].SHA256) != 64 {
		t.Fatalf("parts %+v", m.Parts)
	}
	want[0].SHA256 = m.Parts[0].SHA256
	if diff := cmp.Diff(want, m.Parts); diff != "" {
		t.Error(diff)
	}
	if m.Form != 1 || m.Run != run || m.ToolVersion != "1.2.3" {
		t.Errorf("manifest %+v", m)
	}
}

func TestPartsHaveTheTimeOfTheRunAndNotOfNow(t *testing.T) {
	runs, run := database(t)
	packed := pack(t, runs, run)
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		if !f.Modified.Equal(started) {
			t.Errorf("%s has the time %s", f.Name, f.Modified)
		}
	}
}

func TestWhatIsNoArchiveOrWasChangedIsRefusedWithTheReason(t *testing.T) {
	runs, run := database(t)
	whole := pack(t, runs, run)
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"no zip":              {[]byte("PK is not enough"), "is no archive of chartlift"},
		"empty":               {nil, "is no archive of chartlift"},
		"cut in the middle":   {whole[:len(whole)/2], "is no archive of chartlift"},
		"another zip":         {changed(t, whole, "archive.json", func([]byte) []byte { return nil }), "it has no archive.json"},
		"no run database":     {changed(t, whole, "runs.db", func([]byte) []byte { return nil }), "is damaged"},
		"a manifest of words": {changed(t, whole, "archive.json", func([]byte) []byte { return []byte("hello") }), "cannot be read"},
		"another database":    {changed(t, whole, "runs.db", func(b []byte) []byte { return append(b, 0) }), "was changed after it was made"},
		"a later form": {changed(t, whole, "archive.json", func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"form": 1`), []byte(`"form": 2`), 1)
		}), "was written by a newer chartlift (1.2.3)"},
	} {
		t.Run(name, func(t *testing.T) {
			db, _, err := archive.Open(file(t, c.text))
			if db != nil || !errors.Is(err, archive.ErrForeign) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "a.zip") {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestAPartThatCannotBeReadNamesIt(t *testing.T) {
	w := archive.New(io.Discard, started)
	if err := w.File("resources/Patient.ndjson", filepath.Join(t.TempDir(), "gone")); err == nil || !strings.HasPrefix(err.Error(), "resources/Patient.ndjson: ") {
		t.Errorf("error %v", err)
	}
	broken := errors.New("disk full")
	if err := archive.New(failing{broken}, started).Close(archive.Manifest{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
