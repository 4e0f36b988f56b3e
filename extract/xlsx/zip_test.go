package xlsx_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// replaceInZip changes the text of one member; it has to be there.
func replaceInZip(t *testing.T, content []byte, member, old, text string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		r, err := f.Open()
		must(t, err)
		part, err := io.ReadAll(r)
		must(t, err)
		if f.Name == member {
			if !strings.Contains(string(part), old) {
				t.Fatalf("%s has no %s: %s", member, old, part)
			}
			part = []byte(strings.Replace(string(part), old, text, 1))
		}
		w, err := out.Create(f.Name)
		must(t, err)
		_, err = w.Write(part)
		must(t, err)
	}
	must(t, out.Close())
	return b.Bytes()
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}
