package extract_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

func TestALinkThatLeadsNowhereIsListedAndOneToAFolderIsNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "patients.csv"), []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"results.csv": "not-mounted/results.csv", "again.csv": "patients.csv", "loop": "."} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	got, err := extract.Expand(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "again.csv"), filepath.Join(dir, "patients.csv"), filepath.Join(dir, "results.csv")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
