package ndjson_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/ndjson"

	"github.com/google/go-cmp/cmp"
)

// killedDuringCommit makes the folder that a run leaves when it is killed
// between two renames: the manifest owns the files of both runs, and one of two
// files is new.
func killedDuringCommit(t *testing.T) string {
	t.Helper()
	dir, next := t.TempDir(), t.TempDir()
	write(t, dir, ndjson.Options{}, loadtest.Patient("old"), loadtest.Observation("old", "old"))
	write(t, next, ndjson.Options{}, loadtest.Patient("new"), entryOf("Condition", "new"))
	old, young := tree(t, dir), tree(t, next)
	inner := func(m string) string {
		return strings.TrimSuffix(strings.TrimSpace(m[strings.Index(m, "[")+1:strings.LastIndex(m, "]")]), ",")
	}
	const name = ".chartlift-manifest.json"
	put(t, dir, name, `{"files":[`+inner(old[name])+","+inner(young[name])+`]}`)
	put(t, dir, "Condition.ndjson", young["Condition.ndjson"])
	put(t, dir, ".Patient.ndjson.tmp", young["Patient.ndjson"])
	return dir
}

func entryOf(resourceType, id string) load.Entry {
	e := loadtest.Patient(id)
	e.Resource.Type = resourceType
	e.Resource.JSON = bytes.Replace(e.Resource.JSON, []byte("Patient"), []byte(resourceType), 1)
	return e
}

func TestARunAfterOneThatWasKilledDuringCommitLeavesItsOwnFilesOnly(t *testing.T) {
	t.Parallel()
	dir := killedDuringCommit(t)
	put(t, dir, "Device.ndjson", `{"resourceType":"Device","id":"foreign"}`)
	write(t, dir, ndjson.Options{}, loadtest.Patient("last"))
	wantNames(t, dir, ".chartlift-manifest.json", "Patient.ndjson", "Device.ndjson")
	got := slices.Sorted(maps.Keys(readLines(t, dir)))
	if diff := cmp.Diff([]string{"Device/foreign", "Patient/last"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestACommitThatFailsHalfwayStillOwnsWhatItPlaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, ndjson.Options{})
	send(t, s, 1, loadtest.Patient("a"), loadtest.Observation("o", "a"))
	put(t, dir, "Patient.ndjson/in the way", "")
	if err := s.Commit(); err == nil || !strings.Contains(err.Error(), "Patient.ndjson") {
		t.Errorf("commit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := tree(t, dir)["Observation.ndjson"]; !ok {
		t.Fatal("the first file was not placed: this test does not test what it says")
	}
	if err := os.RemoveAll(filepath.Join(dir, "Patient.ndjson")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, ndjson.Options{}, loadtest.Patient("a"))
	wantNames(t, dir, ".chartlift-manifest.json", "Patient.ndjson")
}

func TestTheManifestSumsUpWhatWasWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ndjson.Options{}, loadtest.Patient("b"), loadtest.Patient("a"), loadtest.Observation("o", "a"))
	want := `{
 "files": [
  {
   "name": "Observation.ndjson",
   "sha256": "` + sum(t, dir, "Observation.ndjson") + `",
   "resources": 1
  },
  {
   "name": "Patient.ndjson",
   "sha256": "` + sum(t, dir, "Patient.ndjson") + `",
   "resources": 2
  }
 ]
}
`
	if diff := cmp.Diff(want, tree(t, dir)[".chartlift-manifest.json"]); diff != "" {
		t.Error(diff)
	}
}

func TestARunThatFailsLeavesTheEarlierFilesAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, format := range []ndjson.Format{ndjson.Lines, ndjson.Bundles} {
		dir := t.TempDir()
		write(t, dir, ndjson.Options{Format: format}, loadtest.Patient("a"), loadtest.Observation("o", "a"))
		before := tree(t, dir)
		cause := errors.New("no more files today")
		n := 0
		o := ndjson.Options{Format: format, MaxEntries: 1}.WithCreate(func(path string) (*os.File, error) {
			if n++; n > 1 {
				return nil, cause
			}
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		})
		s := open(t, dir, o)
		_, err := s.Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("b"), loadtest.Observation("p", "b")}})
		if !errors.Is(err, cause) {
			t.Errorf("%s: %v", format, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
			t.Errorf("%s: the folder changed:\n%s", format, diff)
		}
	}
}

func TestAForeignFileThatAppearsDuringTheRunStopsTheCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, ndjson.Options{Format: ndjson.Bundles})
	send(t, s, 1, loadtest.Patient("a"))
	put(t, dir, "bundles/mine.txt", "mine")
	if err := s.Commit(); !errors.Is(err, ndjson.ErrForeign) {
		t.Errorf("commit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantNames(t, dir, "bundles/mine.txt")
}

func TestAFolderThatCannotBeMadeIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "file", "")
	if _, err := ndjson.Open(filepath.Join(dir, "file", "out"), ndjson.Options{}); err == nil || !strings.Contains(err.Error(), "file") {
		t.Errorf("got %v", err)
	}
}

func TestALinkInPlaceOfATemporaryIsNotFollowed(t *testing.T) {
	t.Parallel()
	dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, ndjson.Options{})
	defer func() { _ = s.Close() }()
	if err := os.Symlink(victim, filepath.Join(dir, ".Patient.ndjson.tmp")); err != nil {
		t.Skip(err)
	}
	_, err := s.Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
	if b, readErr := os.ReadFile(victim); !errors.Is(err, fs.ErrExist) || string(b) != "mine" || readErr != nil {
		t.Errorf("got %v; the victim holds %q, %v", err, b, readErr)
	}
}

func TestManyBundlesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, ndjson.Options{})
	var want strings.Builder
	for i := range 500 {
		e := loadtest.Patient(fmt.Sprintf("p%d", 999-i))
		send(t, s, int64(i+1), e)
		want.Write(e.Resource.JSON)
		want.WriteByte('\n')
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), tree(t, dir)["Patient.ndjson"]); diff != "" {
		t.Error(diff)
	}
}

func sum(t *testing.T, dir, name string) string {
	t.Helper()
	return sha(t, tree(t, dir)[name])
}

func FuzzNoManifestMakesUsTouchAFileOutsideOurNames(f *testing.F) {
	f.Add(`{"files":[{"name":"Patient.ndjson","sha256":"x"}]}`)
	f.Add(`{"files":[{"name":"../keep","sha256":"x"},{"name":"keep"}]}`)
	f.Add(`{"files":[{"name":"bundles/00000001.json"}]}`)
	f.Add(`{"files":null}`)
	f.Fuzz(func(t *testing.T, manifest string) {
		dir := t.TempDir()
		put(t, dir, "keep", "mine")
		put(t, dir, ".chartlift-manifest.json", manifest)
		s, err := ndjson.Open(dir, ndjson.Options{})
		if err == nil {
			_, err = s.Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
			if err == nil {
				err = s.Commit()
			}
			_ = s.Close()
		}
		got := tree(t, dir)
		if got["keep"] != "mine" {
			t.Fatalf("%v: the folder holds %v", err, slices.Collect(maps.Keys(got)))
		}
	})
}

// Files wait for the disk at the same time: all of them are there afterwards,
// and the manifest has each with its own sum, in order.
func TestFilesOfManyTypesAreCommittedTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var entries []load.Entry
	for i := range 40 {
		entries = append(entries, entryOf(fmt.Sprintf("Type%c%c", 'a'+i%26, 'a'+i/26), fmt.Sprint(i)))
	}
	write(t, dir, ndjson.Options{}, entries...)
	files := tree(t, dir)
	if len(files) != 41 {
		t.Fatalf("%d files, want 40 and the manifest", len(files))
	}
	at := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == manifestFile {
			continue
		}
		sum := fmt.Sprintf(`"sha256": "%x"`, sha256.Sum256([]byte(files[name])))
		next := strings.Index(files[manifestFile][at:], `"name": "`+name+`"`)
		if next < 0 || !strings.Contains(files[manifestFile][at+next:], sum) {
			t.Errorf("the manifest has not %s with its sum, behind those before it", name)
			continue
		}
		at += next
	}
}

const manifestFile = ".chartlift-manifest.json"

func TestOneFileThatTheDiskDoesNotTakeStopsTheCommitOfAll(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	dir := t.TempDir()
	write(t, dir, ndjson.Options{}, loadtest.Patient("old"))
	before := tree(t, dir)
	s := open(t, dir, ndjson.Options{}.WithCreate(func(path string) (*os.File, error) {
		if strings.Contains(path, "Condition") {
			return os.OpenFile("/dev/full", os.O_WRONLY, 0)
		}
		return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}))
	_, err := s.Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{
		loadtest.Patient("new"), entryOf("Condition", "c"), entryOf("Device", "d"), entryOf("Encounter", "e"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "Condition.ndjson") || strings.Contains(err.Error(), "Device") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the files of the run before changed: %s", diff)
	}
}

// The manifest is written before the names and behind them. Where no run was
// before, both say the same, and it is written once.
func TestTheManifestOfAFirstRunIsThatOfASecond(t *testing.T) {
	t.Parallel()
	first, again := t.TempDir(), t.TempDir()
	write(t, first, ndjson.Options{}, loadtest.Patient("a"), entryOf("Device", "d"))
	for range 2 {
		write(t, again, ndjson.Options{}, loadtest.Patient("a"), entryOf("Device", "d"))
	}
	if diff := cmp.Diff(tree(t, first), tree(t, again)); diff != "" {
		t.Error(diff)
	}
	none, emptied := t.TempDir(), t.TempDir()
	write(t, none, ndjson.Options{})
	write(t, emptied, ndjson.Options{}, loadtest.Patient("a"))
	write(t, emptied, ndjson.Options{})
	if diff := cmp.Diff(tree(t, none), tree(t, emptied)); diff != "" {
		t.Error(diff)
	}
}
