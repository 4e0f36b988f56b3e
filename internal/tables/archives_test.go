package tables_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"chartlift/internal/tables"
)

func TestManyFilesOfACompressedArchiveShareOneTemporaryFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: this system does not list what a process has open")
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := range 40 {
		text := fmt.Sprintf("ID,SEX\n%d,F\n", i)
		err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("patients%d.csv", i), Mode: 0o600, Size: int64(len(text))})
		if _, more := io.WriteString(w, text); errors.Join(err, more) != nil {
			t.Fatal(err, more)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	set, err := tables.Open(t.Context(), compile(t, people), []string{folder(t, map[string]string{"all.tgz": b.String()})}, tables.Options{TempDir: temp})
	if err != nil || len(set.Tables) != 1 || len(set.Tables[0].Inputs) != 40 {
		t.Fatalf("%v, %v", set.Tables, err)
	}
	if n := openIn(t, temp); n != 1 {
		t.Errorf("%d temporary files", n)
	}
	if err := set.Close(); err != nil {
		t.Error(err)
	}
	if n := openIn(t, temp); n != 0 {
		t.Errorf("%d temporary files behind the end", n)
	}
}

// openIn counts the files below dir that this process has open, removed ones
// included.
func openIn(t *testing.T, dir string) (n int) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}
