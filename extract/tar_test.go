package extract_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
)

// tarred packs files into a tar archive, in the order given: name, content,
// name, content.
func tarred(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	folder := &tar.Header{Name: "legacy/", Typeflag: tar.TypeDir, Mode: 0o700}
	link := &tar.Header{Name: "legacy/link.csv", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}
	if err := errors.Join(w.WriteHeader(folder), w.WriteHeader(link)); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(files[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestATarArchiveIsReadAsTheFolderThatItHolds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	content := tarred(t, "legacy/patients.csv", "id,name\n1,Ann\n2,Bob\n", "legacy/.hidden.csv", "x", "legacy/visits.csv.gz", string(gzipped(t, "id,at\n7,2020\n")))
	for _, name := range []string{"a.tar", "b.tgz", "c.TAR.GZ", "d.tar.zst"} {
		packed := content
		switch {
		case strings.HasSuffix(name, "zst"):
			packed = zstandard(t, string(content), 1<<20)
		case name != "a.tar":
			packed = gzipped(t, string(content))
		}
		path := write(t, filepath.Join(dir, name), packed)
		files, err := extract.Expand(context.Background(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{path + "!legacy/patients.csv", path + "!legacy/visits.csv.gz"}
		if diff := cmp.Diff(want, files); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
			continue
		}
		schema, cells, err := firstCells(files[0], extract.Options{})
		if err != nil || schema.Source != name+"!legacy/patients.csv" || schema.Table != "patients" || !slices.Equal(cells, []string{"1", "2"}) {
			t.Errorf("%s: %+v %v %v", name, schema, cells, err)
		}
		if schema, cells, err = firstCells(files[1], extract.Options{}); err != nil || schema.Table != "visits" || !slices.Equal(cells, []string{"7"}) {
			t.Errorf("%s: %+v %v %v", name, schema, cells, err)
		}
	}
	some, err := extract.Expand(context.Background(), filepath.Join(dir, "a.tar!*patients*"), nil)
	if err != nil || len(some) != 1 {
		t.Errorf("a pattern of members gives %v, %v", some, err)
	}
}

func TestATarArchiveThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := strings.Repeat("1001,Ana,F\n", 4000)
	whole := tarred(t, "a.csv", text, "b.csv", text)
	for title, tt := range map[string]struct {
		name    string
		content []byte
		member  string
		code    string
	}{
		"several files":      {"several.tar", whole, "", "several-files"},
		"no such member":     {"missing.tar", whole, "!c.csv", "no-such-file"},
		"cut short":          {"short.tar", whole[:len(whole)/2], "!b.csv", "unreadable"},
		"cut short, gzip":    {"short.tar.gz", gzipped(t, string(whole))[:200], "!b.csv", "unreadable"},
		"not called a tar":   {"legacy.dat", whole, "", "convert-first"},
		"no tar inside":      {"text.tar", []byte(text), "", "unreadable"},
		"an empty tar":       {"empty.tar", tarred(t), "", "several-files"},
		"a member of a text": {"text2.tgz", gzipped(t, text), "!a.csv", "unreadable"},
	} {
		path := write(t, filepath.Join(dir, tt.name), tt.content)
		_, err := extract.Open(context.Background(), formats.All(), path+tt.member, extract.Options{})
		var refused *extract.OpenError
		if !errors.As(err, &refused) || refused.Code != tt.code {
			t.Errorf("%s: %v, want %s", title, err, tt.code)
		}
	}
}
