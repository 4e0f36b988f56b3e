package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// manyFiles writes n files of different lengths and returns their paths and
// sums.
func manyFiles(t *testing.T, n int) (paths []string, want map[string]fileSum) {
	t.Helper()
	dir, want := t.TempDir(), map[string]fileSum{}
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("%02d.csv", i))
		content := []byte(strings.Repeat("Id,NAME\n", i*i*i))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		paths, want[path] = append(paths, path), fileSum{hex.EncodeToString(sum[:]), int64(len(content))}
	}
	return paths, want
}

func TestFilesAreHashedAtOnceAndEachForItself(t *testing.T) {
	t.Parallel()
	paths, want := manyFiles(t, 40)
	got := map[string]fileSum{}
	hashAll(context.Background(), got, append(paths, paths...)) // tables of one workbook have one file
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fileSum{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatIsKnownOfAFileIsNotReadAgain(t *testing.T) {
	t.Parallel()
	paths, want := manyFiles(t, 3)
	planned := fileSum{"as planned", 7}
	want[paths[1]] = planned
	got := map[string]fileSum{paths[1]: planned}
	hashAll(context.Background(), got, paths)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fileSum{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAFileThatCannotBeReadHasNoSum(t *testing.T) {
	t.Parallel()
	paths, want := manyFiles(t, 2)
	gone := filepath.Join(t.TempDir(), "gone.csv")
	got := map[string]fileSum{}
	hashAll(context.Background(), got, []string{"-", gone, paths[0], t.TempDir(), paths[1]})
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fileSum{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := hashFile(context.Background(), gone); err == nil || !strings.Contains(err.Error(), "gone.csv") {
		t.Errorf("the error names no file: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	late := map[string]fileSum{}
	if hashAll(ctx, late, paths[1:]); len(late) > 0 {
		t.Errorf("a run that was interrupted knows %v", late)
	}
}
