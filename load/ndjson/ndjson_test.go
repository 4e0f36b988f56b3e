package ndjson_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/ndjson"

	"github.com/google/go-cmp/cmp"
)

func TestTheLinesSinkKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	loadtest.Run(t, func(t *testing.T) loadtest.Target {
		dir := t.TempDir()
		return loadtest.Target{Sink: open(t, dir, ndjson.Options{}), Stored: func(t *testing.T) map[string]string { return readLines(t, dir) }}
	})
}

func TestTheBundleSinkKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	loadtest.Run(t, func(t *testing.T) loadtest.Target {
		dir := t.TempDir()
		return loadtest.Target{
			Sink:   open(t, dir, ndjson.Options{Format: ndjson.Bundles, MaxEntries: 100}),
			Stored: func(t *testing.T) map[string]string { return readBundles(t, dir) },
		}
	})
}

func TestNoFileHasItsNameBeforeCommit(t *testing.T) {
	t.Parallel()
	for _, format := range []ndjson.Format{ndjson.Lines, ndjson.Bundles} {
		dir := t.TempDir()
		s := open(t, dir, ndjson.Options{Format: format})
		send(t, s, 1, loadtest.Patient("a"))
		for _, name := range names(t, dir) {
			if !strings.HasPrefix(name, ".") {
				t.Errorf("%s: %s is there before Commit", format, name)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left := names(t, dir); len(left) != 0 {
			t.Errorf("%s: Close without Commit leaves %q", format, left)
		}
		if _, err := s.Send(context.Background(), &load.Bundle{Seq: 2}); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: Send after Close: %v", format, err)
		}
		if err := s.Commit(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: Commit after Close: %v", format, err)
		}
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	for _, format := range []ndjson.Format{ndjson.Lines, ndjson.Bundles} {
		dir := filepath.Join(t.TempDir(), "deep", "out")
		write(t, dir, ndjson.Options{Format: format}, loadtest.Patient("a"))
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if want := fs.FileMode(0o600); err == nil && !d.IsDir() && info.Mode().Perm() != want {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			if err == nil && d.IsDir() && info.Mode().Perm() != 0o700 {
				t.Errorf("folder %s has mode %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheSameBundlesMakeTheSameBytes(t *testing.T) {
	t.Parallel()
	sent := []load.Entry{loadtest.Patient("b"), loadtest.Observation("o", "b"), loadtest.Patient("a")}
	for _, o := range []ndjson.Options{{}, {Format: ndjson.Bundles, MaxEntries: 2}} {
		one, two := t.TempDir(), t.TempDir()
		write(t, one, o, sent...)
		write(t, two, o, sent...)
		if diff := cmp.Diff(tree(t, one), tree(t, two)); diff != "" {
			t.Errorf("%s differs:\n%s", o.Format, diff)
		}
	}
}

func TestLinesAreTheCanonicalJSONInTheOrderSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, a, o := loadtest.Patient("b"), loadtest.Patient("a"), loadtest.Observation("o", "b")
	write(t, dir, ndjson.Options{}, b, o, a)
	got := tree(t, dir)
	delete(got, ".chartlift-manifest.json")
	want := map[string]string{
		"Patient.ndjson":     string(b.Resource.JSON) + "\n" + string(a.Resource.JSON) + "\n",
		"Observation.ndjson": string(o.Resource.JSON) + "\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABundleFileIsATransactionOrABatchOfPuts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := loadtest.Patient("a")
	s := open(t, dir, ndjson.Options{Format: ndjson.Bundles})
	for i, atomic := range []bool{true, false} {
		if _, err := s.Send(context.Background(), &load.Bundle{Seq: int64(i + 1), Atomic: atomic, Entries: []load.Entry{a}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	got := tree(t, dir)
	for name, typ := range map[string]string{"bundles/00000001.json": "transaction", "bundles/00000002.json": "batch"} {
		want := `{"resourceType":"Bundle","type":"` + typ + `","entry":[{"resource":` + string(a.Resource.JSON) + `,"request":{"method":"PUT","url":"Patient/a"}}]}` + "\n"
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestABundleFileHoldsNoIDTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ndjson.Options{Format: ndjson.Bundles}, loadtest.Patient("a"), loadtest.Patient("b"), loadtest.Patient("a"))
	got := tree(t, dir)
	if n := strings.Count(got["bundles/00000001.json"], `"PUT"`); n != 2 {
		t.Errorf("the first file has %d entries, want 2", n)
	}
	if n := strings.Count(got["bundles/00000002.json"], `"PUT"`); n != 1 {
		t.Errorf("the second file has %d entries, want 1", n)
	}
}

func TestFilesOfAnEarlierRunThatThisRunDoesNotWriteAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ndjson.Options{}, loadtest.Patient("a"), loadtest.Observation("o", "a"))
	write(t, dir, ndjson.Options{}, loadtest.Patient("b"))
	wantNames(t, dir, ".chartlift-manifest.json", "Patient.ndjson")
	write(t, dir, ndjson.Options{Format: ndjson.Bundles}, loadtest.Patient("b"), loadtest.Patient("c"))
	wantNames(t, dir, ".chartlift-manifest.json", "bundles/00000001.json")
	write(t, dir, ndjson.Options{Format: ndjson.Bundles, MaxEntries: 1}, loadtest.Patient("b"), loadtest.Patient("c"))
	wantNames(t, dir, ".chartlift-manifest.json", "bundles/00000001.json", "bundles/00000002.json")
	write(t, dir, ndjson.Options{}, loadtest.Patient("b"))
	wantNames(t, dir, ".chartlift-manifest.json", "Patient.ndjson")
}

func TestAStaleFileThatSomebodyChangedStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ndjson.Options{}, loadtest.Patient("a"), loadtest.Observation("o", "a"))
	put(t, dir, "Observation.ndjson", "edited by hand\n")
	write(t, dir, ndjson.Options{}, loadtest.Patient("a"))
	if got := tree(t, dir)["Observation.ndjson"]; got != "edited by hand\n" {
		t.Errorf("the edited file holds %q", got)
	}
}

func TestForeignFilesAreNeverTouched(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, file string
		options    ndjson.Options
		clash      bool
	}{
		{"same name", "Patient.ndjson", ndjson.Options{}, true},
		{"other type", "Condition.ndjson", ndjson.Options{}, false},
		{"hidden", ".env", ndjson.Options{}, false},
		{"in bundles", "bundles/notes.txt", ndjson.Options{Format: ndjson.Bundles}, true},
		{"bundles of lines", "bundles/00000001.json", ndjson.Options{}, false},
	}
	for _, row := range rows {
		dir := t.TempDir()
		put(t, dir, row.file, "mine")
		s, err := ndjson.Open(dir, row.options)
		if err == nil {
			_, err = s.Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
			if err == nil {
				err = s.Commit()
			}
			_ = s.Close()
		}
		if errors.Is(err, ndjson.ErrForeign) != row.clash || !row.clash && err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if got := tree(t, dir)[row.file]; got != "mine" {
			t.Errorf("%s: the foreign file holds %q", row.name, got)
		}
	}
}

func TestTheLeavingsOfAKilledRunAreSweptAtOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{".Patient.ndjson.tmp", ".bundles.tmp/00000001.json", ".chartlift-manifest.json.tmp", ".other.tmp"} {
		put(t, dir, name, "half")
	}
	s := open(t, dir, ndjson.Options{})
	wantNames(t, dir, ".other.tmp")
	_ = s.Close()
}

func TestBundlesSetAsideByAKilledCommitComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ndjson.Options{Format: ndjson.Bundles}, loadtest.Patient("a"))
	if err := os.Rename(filepath.Join(dir, "bundles"), filepath.Join(dir, ".bundles.old")); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, ndjson.Options{Format: ndjson.Bundles})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := readBundles(t, dir)["Patient/a"]; !ok {
		t.Errorf("the bundles did not come back: %q", names(t, dir))
	}
}

func TestAFullDiskIsToldWithTheFileAndWhatToDo(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	full := func(string) (*os.File, error) { return os.OpenFile("/dev/full", os.O_WRONLY, 0) }
	for _, format := range []ndjson.Format{ndjson.Lines, ndjson.Bundles} {
		dir := t.TempDir()
		s := open(t, dir, ndjson.Options{Format: format}.WithCreate(full))
		_, err := s.Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
		if err == nil {
			err = s.Commit()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%s: got %v", format, err)
		}
		for _, want := range []string{"disk is full", "free space", map[ndjson.Format]string{ndjson.Lines: "Patient.ndjson", ndjson.Bundles: "00000001.json"}[format]} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not tell %q", format, err, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left := names(t, dir); len(left) != 0 {
			t.Errorf("%s: left behind %q", format, left)
		}
	}
}

func TestAManifestThatNamesOtherFilesIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`{"files":[{"name":"../victim"}]}`, `{"files":[{"name":"bundles/../../x.json"}]}`, `{`, `[]`} {
		dir := t.TempDir()
		put(t, dir, ".chartlift-manifest.json", bad)
		if _, err := ndjson.Open(dir, ndjson.Options{}); err == nil || !strings.Contains(err.Error(), "manifest") {
			t.Errorf("manifest %s: %v", bad, err)
		}
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := ndjson.Open(t.TempDir(), ndjson.Options{Format: "xml"}); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkLines(b *testing.B) {
	s, err := ndjson.Open(b.TempDir(), ndjson.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	bundle := load.Bundle{}
	for i := range 100 {
		bundle.Entries = append(bundle.Entries, loadtest.Patient(fmt.Sprintf("p%d", i)))
	}
	for b.Loop() {
		bundle.Seq++
		if _, err := s.Send(context.Background(), &bundle); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "resources/s")
}

func open(t *testing.T, dir string, o ndjson.Options) *ndjson.Sink {
	t.Helper()
	s, err := ndjson.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, s *ndjson.Sink, seq int64, entries ...load.Entry) {
	t.Helper()
	if _, err := s.Send(context.Background(), &load.Bundle{Seq: seq, Entries: entries}); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir string, o ndjson.Options, entries ...load.Entry) {
	t.Helper()
	s := open(t, dir, o)
	send(t, s, 1, entries...)
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tree returns every file below dir with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for name := range tree(t, dir) {
		all = append(all, name)
	}
	return all
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	got := tree(t, dir)
	for _, name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s should not be there", name)
	}
}

type identified struct {
	ResourceType, ID string
}

func (r identified) ref() string { return r.ResourceType + "/" + r.ID }

func readLines(t *testing.T, dir string) map[string]string {
	t.Helper()
	stored := map[string]string{}
	for name, content := range tree(t, dir) {
		if !strings.HasSuffix(name, ".ndjson") {
			continue
		}
		lines := bufio.NewScanner(strings.NewReader(content))
		for lines.Scan() {
			var r identified
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			stored[r.ref()] = lines.Text()
		}
	}
	return stored
}

func readBundles(t *testing.T, dir string) map[string]string {
	t.Helper()
	stored := map[string]string{}
	all := tree(t, dir)
	for i := 1; ; i++ {
		content, ok := all[fmt.Sprintf("bundles/%08d.json", i)]
		if !ok {
			return stored
		}
		var b struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.Unmarshal([]byte(content), &b); err != nil {
			t.Errorf("bundle %d: %v", i, err)
		}
		for _, e := range b.Entry {
			var r identified
			if err := json.Unmarshal(e.Resource, &r); err != nil {
				t.Errorf("bundle %d: %v", i, err)
			}
			stored[r.ref()] = string(e.Resource)
		}
	}
}

// What is signed can be said again by whoever has the folder: sha256sum
// *.ndjson | sha256sum.
func TestTheOutputIsTheHashOfTheFilesHashes(t *testing.T) {
	t.Parallel()
	for format, want := range map[ndjson.Format]string{ndjson.Lines: "*.ndjson", ndjson.Bundles: "bundles/*.json"} {
		dir := t.TempDir()
		s := open(t, dir, ndjson.Options{Format: format})
		send(t, s, 1, loadtest.Patient("a"), loadtest.Patient("b"))
		send(t, s, 2, loadtest.Patient("c"))
		if err := s.Commit(); err != nil {
			t.Fatal(err)
		}
		paths, err := fs.Glob(os.DirFS(dir), want)
		if err != nil || len(paths) == 0 {
			t.Fatal(paths, err)
		}
		lines := sha256.New()
		for _, p := range paths {
			text, err := os.ReadFile(filepath.Join(dir, p))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(lines, "%x  %s\n", sha256.Sum256(text), p)
		}
		if diff := cmp.Diff(load.Output{SHA256: fmt.Sprintf("%x", lines.Sum(nil)), Resources: 3}, s.Output()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}
