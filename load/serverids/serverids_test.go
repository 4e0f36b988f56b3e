package serverids_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/fhirserver"
	"chartlift/load/serverids"
)

func TestWhatIsSavedIsThereForTheNextRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "targets", "a.db")
	first := serverids.Open(path)
	if got, err := first.Lookup([]string{"Patient/p1"}); err != nil || len(got) != 0 {
		t.Errorf("before anything was saved: %v, %v", got, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made that nobody needs")
	}
	if err := first.Save(fhirserver.Known{Ref: "Patient/p1", Hash: "h0"}, fhirserver.Known{Ref: "Patient/p2", ID: "77", Hash: "h2"}); err != nil {
		t.Fatal(err)
	}
	if err := first.Save(fhirserver.Known{Ref: "Patient/p1", ID: "12", Hash: "h1"}); err != nil {
		t.Fatal(err)
	}
	// A second one opens it while the first is open, as a run after a kill
	// does.
	second := serverids.Open(path)
	got, err := second.Lookup([]string{"Patient/p1", "Patient/p2", "Patient/p3", "Patient/p1"})
	want := map[string]fhirserver.Known{"Patient/p1": {Ref: "Patient/p1", ID: "12", Hash: "h1"}, "Patient/p2": {Ref: "Patient/p2", ID: "77", Hash: "h2"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, f := range []*serverids.File{first, second, first, serverids.Open(path)} {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheFileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "targets", "a.db")
	f := serverids.Open(path)
	defer func() { _ = f.Close() }()
	if err := f.Save(fhirserver.Known{Ref: "Patient/p1"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, path + "-wal": 0o600, filepath.Dir(path): 0o700} {
		stat, err := os.Stat(name)
		if err != nil || stat.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, stat.Mode(), err)
		}
	}
}

func TestManySaveAtOnce(t *testing.T) {
	t.Parallel()
	f := serverids.Open(filepath.Join(t.TempDir(), "a.db"))
	defer func() { _ = f.Close() }()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				if err := f.Save(fhirserver.Known{Ref: fmt.Sprintf("Patient/%d-%d", i, j), ID: "x"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	var refs []string
	for i := range 8 {
		for j := range 20 {
			refs = append(refs, fmt.Sprintf("Patient/%d-%d", i, j))
		}
	}
	if got, err := f.Lookup(refs); err != nil || len(got) != 160 {
		t.Errorf("%d are there, %v", len(got), err)
	}
}

func TestAFileThatIsNoneOfOursIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := serverids.Open(path).Lookup([]string{"Patient/p1"}); err == nil || !strings.Contains(err.Error(), "open server ids") {
		t.Errorf("got %v", err)
	}
	if err := serverids.Open(t.TempDir()).Save(fhirserver.Known{Ref: "Patient/p1"}); err == nil {
		t.Error("a folder was taken for a file")
	}
}

func TestOursAreFoundByTheServersIDs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ids.db")
	none := serverids.Open(path)
	if refs, err := none.Refs("Patient", []string{"1"}); err != nil || len(refs) != 0 {
		t.Errorf("where nothing was saved: %v, %v", refs, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a question made a file")
	}
	f := serverids.Open(path)
	t.Cleanup(func() { _ = f.Close() })
	if err := f.Save(fhirserver.Known{Ref: "Patient/a", ID: "1"}, fhirserver.Known{Ref: "Encounter/b", ID: "1"}, fhirserver.Known{Ref: "Patient/c", ID: "2"},
		fhirserver.Known{Ref: "Patient/announced"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(fhirserver.Known{Ref: "Patient/c", ID: "3"}); err != nil { // the server lost it, and gave it another
		t.Fatal(err)
	}
	refs, err := f.Refs("Patient", []string{"1", "2", "3", "4", "'"})
	if diff := cmp.Diff(map[string]string{"1": "Patient/a", "3": "Patient/c"}, refs); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}
