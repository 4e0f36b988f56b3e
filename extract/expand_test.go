package extract_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"chartlift/extract"
)

// zstandard packs content with a window of the size given.
func zstandard(t *testing.T, content string, window int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(window), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZstdIsUndoneWhateverTheName(t *testing.T) {
	t.Parallel()
	const content = "id,name\n1,Ann\n2,Bob\n"
	packed := zstandard(t, content, 1<<20)
	dir := t.TempDir()
	for title, tt := range map[string]struct{ path, source string }{
		"by name":       {write(t, filepath.Join(dir, "a", "patients.csv.zst"), packed), "patients.csv.zst"},
		"long name":     {write(t, filepath.Join(dir, "b", "patients.csv.ZSTD"), packed), "patients.csv.ZSTD"},
		"by bytes":      {write(t, filepath.Join(dir, "c", "patients.csv"), packed), "patients.csv"},
		"in a zip":      {write(t, filepath.Join(dir, "d.zip"), zipped(t, map[string]string{"patients.csv.zst": string(packed), "b": "z"})) + "!patients.csv.zst", "d.zip!patients.csv.zst"},
		"several parts": {write(t, filepath.Join(dir, "e", "patients.csv.zst"), append(zstandard(t, "id,name\n1,Ann\n", 1<<20), zstandard(t, "2,Bob\n", 1<<20)...)), "patients.csv.zst"},
	} {
		schema, cells, err := firstCells(tt.path, extract.Options{})
		if err != nil {
			t.Errorf("%s: %v", title, err)
			continue
		}
		want := &extract.Schema{Source: tt.source, Table: "patients", Columns: []string{"id", "name"}, Line: 1}
		if diff := cmp.Diff(want, schema); diff != "" || !slices.Equal(cells, []string{"1", "2"}) {
			t.Errorf("%s: %v %s", title, cells, diff)
		}
	}
}

func TestZstdFilesThatAreBrokenOrHostileSaySo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := "id,name\n" + strings.Repeat("1000001,Ann Smith\n", 200_000)
	whole := zstandard(t, long, 1<<20)
	// Frame header: no single segment, window of 2^(10+20) bytes (RFC 8878,
	// 3.1.1.1.2).
	huge := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3}, whole[6:]...)
	_, cells, err := firstCells(write(t, filepath.Join(dir, "cut.csv.zst"), whole[:len(whole)-20]), extract.Options{})
	if err == nil || slices.ContainsFunc(cells, func(c string) bool { return c != "1000001" }) {
		t.Errorf("a file cut short: %d rows, %v", len(cells), err)
	}
	_, _, err = firstCells(write(t, filepath.Join(dir, "huge.csv.zst"), huge), extract.Options{})
	var known *extract.OpenError
	if !errors.As(err, &known) || !strings.Contains(known.Message, "zstd -d --long=31") {
		t.Errorf("a window of 1 GiB: %v", err)
	}
}

func TestPatternsStandForWhatTheyMatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "c.txt", "sub/d.csv", "sub2/e.csv", ".f.csv", "x[1].csv"} {
		write(t, filepath.Join(dir, name), []byte("x"))
	}
	if err := os.Mkdir(filepath.Join(dir, "sub3"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "z.zip"), zipped(t, map[string]string{"p.csv": "x", "q/r.csv": "x", "s.txt": "x"}))
	for pattern, want := range map[string][]string{
		"*.csv":         {"a.csv", "b.csv", "x[1].csv"},
		"[ab].csv":      {"a.csv", "b.csv"},
		"sub*":          {"sub/d.csv", "sub2/e.csv"},
		"sub?/*":        {"sub2/e.csv"},
		"x[1].csv":      {"x[1].csv"}, // a file of this very name
		"z*":            {"z.zip!p.csv", "z.zip!q/r.csv", "z.zip!s.txt"},
		"z.zip!*.csv":   {"z.zip!p.csv", "z.zip!q/r.csv"},
		"z.zip!q/*.csv": {"z.zip!q/r.csv"},
	} {
		got, err := extract.Expand(context.Background(), filepath.Join(dir, pattern), nil)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		for i := range got {
			got[i] = strings.TrimPrefix(filepath.ToSlash(got[i]), filepath.ToSlash(dir)+"/")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", pattern, diff)
		}
	}
	for _, pattern := range []string{"*.xml", "[a", "z.zip!*.xml", "gone.zip!*", "sub3/*"} {
		var known *extract.OpenError
		if _, err := extract.Expand(context.Background(), filepath.Join(dir, pattern), nil); !errors.As(err, &known) || known.Code != "no-such-file" {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
