package hl7v2_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/hl7v2"
)

// corpus returns the messages of a public test set by name; the test is skipped
// where it is not at hand.
func corpus(tb testing.TB) map[string][]byte {
	tb.Helper()
	f, err := os.Open("../../../shared/data/hl7v2-fhir-converter/hl7v2.tar.gz")
	if errors.Is(err, os.ErrNotExist) {
		tb.Skip("the set of messages is not here: ", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	all := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		if path.Ext(h.Name) != ".hl7" {
			continue
		}
		if all[path.Base(h.Name)], err = io.ReadAll(r); err != nil {
			tb.Fatal(err)
		}
	}
}

// naive counts lines by their first three characters.
func naive(content []byte) map[string]int {
	counts := map[string]int{}
	for _, line := range strings.FieldsFunc(strings.TrimPrefix(string(content), "\xef\xbb\xbf"), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if len(line) > 3 && line[3] == '|' {
			counts[line[:3]]++
		}
	}
	return counts
}

func TestAllMessagesOfThePublicSetAreReadWhole(t *testing.T) {
	t.Parallel()
	all := corpus(t)
	if len(all) != 70 {
		t.Errorf("%d files", len(all))
	}
	for name, content := range all {
		f := mustRead(t, string(content), extract.Options{})
		got := map[string]int{}
		for table, rows := range f.Tables {
			got[table] = len(rows)
		}
		if diff := cmp.Diff(naive(content), got); diff != "" {
			t.Errorf("%s (-naive +read):\n%s", name, diff)
		}
		if f.Faults != nil {
			t.Errorf("%s: %v", name, f.Faults)
		}
		checkKeys(t, name, f)
		checkFields(t, name, content, f)
	}
}

// checkKeys sees to it that every row has a key of its own and a parent that is
// there.
func checkKeys(t *testing.T, name string, f found) {
	t.Helper()
	seen := map[string]bool{}
	for _, rows := range f.Tables {
		for _, row := range rows {
			if seen[row["_key"]] {
				t.Errorf("%s: the key %s is there twice", name, row["_key"])
			}
			seen[row["_key"]] = true
		}
	}
	for table, rows := range f.Tables {
		for _, row := range rows {
			if table != "MSH" && !seen[row["_parent"]] {
				t.Errorf("%s: %s hangs on %q", name, row["_key"], row["_parent"])
			}
		}
	}
}

// checkFields compares each field without escapes with what splitting the line
// gives.
func checkFields(t *testing.T, name string, content []byte, f found) {
	t.Helper()
	counts := map[string]int{}
	for _, line := range strings.FieldsFunc(strings.TrimPrefix(string(content), "\xef\xbb\xbf"), func(r rune) bool { return r == '\r' || r == '\n' }) {
		fields := strings.Split(line, "|")
		id := fields[0]
		if len(id) != 3 || id == "MSH" {
			continue
		}
		row := f.Tables[id][counts[id]]
		counts[id]++
		for i, want := range fields[1:] {
			column := id + "-" + strconv.Itoa(i+1)
			if got := row[column]; want != "" && want != `""` && !strings.Contains(want, `\`) && got != want {
				t.Errorf("%s line %q: %s is %q", name, line, column, got)
			}
			first, _, _ := strings.Cut(strings.Split(want, "~")[0], "^")
			if got := row[column+".1"]; first != "" && first != `""` && !strings.Contains(first, `\`) && got != first {
				t.Errorf("%s line %q: %s.1 is %q, want %q", name, line, column, got, first)
			}
		}
	}
}

func TestTheWholeSetReadsAsOneFile(t *testing.T) {
	t.Parallel()
	var joined bytes.Buffer
	want, messages := map[string]int{}, 0
	for _, content := range corpus(t) {
		messages++
		for id, n := range naive(content) {
			want[id] += n
		}
		joined.Write(content) // each with its byte order mark, some without a last line end
		joined.WriteString("\r")
	}
	f := mustRead(t, joined.String(), extract.Options{})
	got := map[string]int{}
	for table, rows := range f.Tables {
		got[table] = len(rows)
	}
	same(t, want, got)
	if last := f.cells("MSH", "_message"); last[len(last)-1] != "f#"+strconv.Itoa(messages) {
		t.Errorf("the last message is %s of %d", last[len(last)-1], messages)
	}
	checkKeys(t, "joined", f)
}

// large returns the set over and over, some 8 MB.
func large(b *testing.B) []byte {
	var joined bytes.Buffer
	for all := corpus(b); joined.Len() < 8<<20; {
		for _, content := range all {
			joined.Write(content)
			joined.WriteString("\r")
		}
	}
	return joined.Bytes()
}

func BenchmarkSurvey(b *testing.B) {
	content := large(b)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tables(content, extract.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadOBX(b *testing.B) {
	content := large(b)
	src, err := tables(content, extract.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range src.Read(context.Background(), "OBX", nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkPlainScan is what looking for line ends alone takes.
func BenchmarkPlainScan(b *testing.B) {
	content := large(b)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		n := 0
		for rest := content; len(rest) > 0; n++ {
			i := bytes.IndexAny(rest, "\r\n\x1c")
			if i < 0 {
				break
			}
			rest = rest[i+1:]
		}
		if n == 0 {
			b.Fatal("no lines")
		}
	}
}

func tables(content []byte, o extract.Options) (extract.Source, error) {
	src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("large.hl7", content), o)
	if err != nil {
		return nil, err
	}
	_, err = src.Tables(context.Background())
	return src, err
}
