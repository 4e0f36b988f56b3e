package extract_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// FuzzOpen opens any bytes under any name, as a file, in a folder and as what
// an archive holds: it must end in a file that is read the same twice or in
// words for the user, and leave nothing behind.
func FuzzOpen(f *testing.F) {
	compressor, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.csv.zst", compressor.EncodeAll([]byte("id\n1\n"), nil))
	f.Add("a.csv.gz", gzipped(f, "id\n1\n"))
	f.Add("a.csv.gz", gzipped(f, strings.Repeat("id\n1\n", 50_000)))
	f.Add("many.zip", zipped(f, map[string]string{"a.csv": "id\n1\n", "b/c.csv.gz": "\x1f\x8b", "__MACOSX/x": "y"}))
	f.Add("a.zip", zipped(f, map[string]string{"a.csv": "id\n1\n"}))
	f.Add("w.xlsx", zipped(f, map[string]string{"xl/workbook.xml": "x"}))
	f.Add("page.xls", []byte("\xef\xbb\xbf <HTML><table>"))
	f.Add("a!b.zip", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if name = filepath.Base(name); strings.ContainsAny(name, "\x00/\\*?[") || len(name) > 100 || strings.HasPrefix(name, ".") {
			t.Skip("no name of a file")
		}
		dir, temp := t.TempDir(), t.TempDir()
		if os.WriteFile(filepath.Join(dir, name), content, 0o600) != nil {
			t.Skip("no name of a file")
		}
		files, err := extract.Expand(context.Background(), dir, nil)
		if err != nil {
			known(t, err)
			return
		}
		for _, path := range files {
			src, err := extract.Open(context.Background(), []extract.Format{twice(t)}, path, extract.Options{TempDir: temp})
			if err != nil {
				known(t, err)
				continue
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// known fails where an error has no code and advice.
func known(t *testing.T, err error) {
	t.Helper()
	var open *extract.OpenError
	if !errors.As(err, &open) || open.Code == "" || open.Message == "" {
		t.Errorf("an error without advice: %v", err)
	}
}

// twice is a format that takes anything, and reads it as a stream and as a
// file.
func twice(t *testing.T) extract.Format {
	return extract.Format{
		Name: "twice", Sniff: func(string, []byte) bool { return true },
		Open: func(ctx context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
			if _, err := in.Charset(o); err != nil {
				t.Errorf("charset: %v", err)
			}
			r, err := in.Open()
			if err != nil {
				t.Fatalf("it opened once, and then: %v", err)
			}
			streamed, failed := io.ReadAll(io.LimitReader(r, 64<<20))
			if err := r.Close(); err != nil && failed == nil {
				t.Error(err)
			}
			if failed != nil && !errors.Is(failed, extract.ErrDamaged) {
				known(t, failed)
			}
			name, err := in.File(ctx)
			if (err == nil) != (failed == nil) && len(streamed) < 64<<20 {
				t.Errorf("as a stream %v, as a file %v", failed, err)
			}
			if err == nil {
				content, err := os.ReadFile(name)
				if err != nil || string(content) != string(streamed) {
					t.Errorf("%d bytes as a stream, %d as a file, %v", len(streamed), len(content), err)
				}
			}
			return opened{in}, nil
		},
	}
}

// opened is a source without tables.
type opened struct{ *extract.Input }

// Tables implements extract.Source.
func (opened) Tables(context.Context) ([]*extract.Schema, error) { return nil, nil }

// Read implements extract.Source.
func (opened) Read(context.Context, string, issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(func(*extract.Batch, error) bool) {}
}
