package cmd

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

	"chartlift/internal/shards"
	"chartlift/internal/tables"
)

func TestAProfileOfACompressedArchiveUnpacksItOnce(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: this system does not list what a process has open")
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := range 40 {
		text := fmt.Sprintf("id,sex\n%d,F\n", i)
		err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("patients%d.csv", i), Mode: 0o600, Size: int64(len(text))})
		if _, more := io.WriteString(w, text); errors.Join(err, more) != nil {
			t.Fatal(err, more)
		}
	}
	path, temp := filepath.Join(t.TempDir(), "all.tgz"), t.TempDir()
	if err := errors.Join(w.Close(), z.Close(), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	found := newFoundTables(temp)
	if err := found.add(t.Context(), path); err != nil || len(found.jobs) != 40 {
		t.Fatalf("%d tables, %v", len(found.jobs), err)
	}
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, temp) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d temporary files", n)
	}
	if err := found.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnArchiveThatManyPartsAreInIsSummedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "all.zip")
	if err := os.WriteFile(path, []byte("PK of many files"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &planned{sums: map[string]fileSum{}}
	first, err := p.inOnePiece(shards.Part{Path: path + "!a.csv"})
	if err != nil || len(first) != 1 || first[0].Bytes != 16 || first[0].Sum == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	m := &migration{tables: &tables.Set{}}
	other := shards.Part{Path: path + "!b.csv", Sum: first[0].Sum, Bytes: 16}
	asked := 0
	err = m.verify([]shards.Part{first[0], other}, func(shards.Part) bool {
		if asked++; asked == 2 { // who would read it again could not
			return os.Remove(path) == nil
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
	again, err := p.inOnePiece(shards.Part{Path: path + "!b.csv"})
	if err != nil || again[0].Sum != first[0].Sum || again[0].Bytes != 16 {
		t.Errorf("%+v, %v", again, err)
	}
	changed := other
	changed.Sum = "other"
	if err := m.verify([]shards.Part{changed}, func(shards.Part) bool { return true }); err == nil {
		t.Error("a part of other bytes is taken for what was planned")
	}
}
