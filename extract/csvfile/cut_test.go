package csvfile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zeebo/xxh3"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/internal/issue"
)

// pieces is what several readings of one file gave together.
type pieces struct {
	Records []extract.Record
	Issues  []issue.Issue
}

func (p *pieces) report(is issue.Issue) { p.Issues = append(p.Issues, is) }

// compared leaves out what is the same pointer for all records of a source.
var compared = cmpopts.IgnoreFields(extract.Record{}, "Schema")

func openCSV(t testing.TB, content []byte, o extract.Options) (*csvfile.Source, string) {
	t.Helper()
	src, err := csvfile.Format().Open(context.Background(), extract.FromBytes("t.csv", content), o)
	if err != nil {
		t.Skip("no table: ", err)
	}
	tables, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return src.(*csvfile.Source), tables[0].Table
}

func whole(t testing.TB, src *csvfile.Source, name string) pieces {
	t.Helper()
	var out pieces
	for b, err := range src.Read(context.Background(), name, out.report) {
		if err != nil {
			t.Fatal(err)
		}
		out.Records = append(out.Records, b.Records...)
	}
	return out
}

func inParts(t testing.TB, src *csvfile.Source, name string, places ...int64) (pieces, []extract.Part) {
	t.Helper()
	parts, err := src.Cut(context.Background(), name, places)
	if err != nil {
		t.Fatal(err)
	}
	var out pieces
	for _, p := range parts {
		before := len(out.Records)
		for b, err := range src.ReadPart(context.Background(), name, p, out.report) {
			if err != nil {
				t.Fatal(err)
			}
			out.Records = append(out.Records, b.Records...)
		}
		if got := int64(len(out.Records) - before); got != p.Rows {
			t.Fatalf("%+v has %d rows", p, got)
		}
	}
	return out, parts
}

// summed compares the sums of parts with those of the bytes of the file that
// they are.
func summed(t testing.TB, content []byte, parts []extract.Part) {
	t.Helper()
	for _, p := range parts {
		h := xxh3.New()
		_, _ = h.Write(content[p.From:p.To])
		if want := extract.PartSum(h); p.Sum != want {
			t.Fatalf("%+v of %q has the sum %s", p, content, want)
		}
	}
}

func TestThePartsOfATableAreTheTable(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"plain":                  "a,b\n1,2\n3,4\n5,6\n",
		"quoted line ends":       "a,b\n1,\"x\ny\n\nz\"\n3,\"4\r\n5\"\n\"6\",7\n",
		"blank lines":            "a,b\n\n1,2\n\n\n3,4\n\r\n5,6\n\n",
		"no line end at the end": "a,b\n1,2\n3,4",
		"carriage returns":       "a,b\r\n1,2\r\n3,4\r\n",
		"a mark at the start":    "\xef\xbb\xbf\"a\",b\n1,é\n3,ü\n",
		"a title above":          "Report of 2019,\n,\na,b,c\n1,2,3\n4,5,6\n7,8,9\n",
		"a quote never closed":   "a,b\n1,2\n3,\"4\n5,6\n7,8\n9,10\n",
		"text after a quote":     "a,b\n1,\"x\" y\n3,\"4\"\"5\"\n6,7\n",
		"ragged rows":            "a,b\n1,2\n3\n4,5,6\n7,8\n",
		"bytes that are no text": "a,b\n1,\xff\xfe\n3,4\x00\né,6\nü,ö\n",
		"no header":              "2019-01-02,2\n2019-01-03,4\n2019-01-04,6\n",
		"a header alone":         "a,b\n",
	} {
		src, table := openCSV(t, []byte(content), extract.Options{})
		want := whole(t, src, table)
		for at := range len(content) + 2 {
			for _, second := range []int64{int64(at) + 1, int64(at) + 5} {
				got, parts := inParts(t, src, table, int64(at), second)
				if diff := cmp.Diff(want, got, compared); diff != "" {
					t.Fatalf("%s, cut at %d and %d into %+v:\n%s", name, at, second, parts, diff)
				}
				summed(t, []byte(content), parts)
			}
		}
	}
}

func TestPartsAreCutWhereTheyAreAskedForOrBehind(t *testing.T) {
	t.Parallel()
	content := "id,note\n1,\"a\nb\"\n2,c\n3,d\n"
	src, table := openCSV(t, []byte(content), extract.Options{})
	_, got := inParts(t, src, table, 10, 12, 16) // both places in the first row, and just behind it
	want := []extract.Part{
		{From: 0, To: 16, Row: 1, Line: 1, Rows: 1},
		{From: 16, To: 24, Row: 2, Line: 4, Rows: 2, Last: true},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(extract.Part{}, "Sum")); diff != "" {
		t.Error(diff)
	}
}

func TestACopyThatBreaksOffIsSaidOnceAndAtItsEnd(t *testing.T) {
	t.Parallel()
	src, table := openCSV(t, []byte("a,b\n1,2\n3,4\n5,6"), extract.Options{})
	got, parts := inParts(t, src, table, 5, 9)
	if len(parts) != 3 || len(got.Issues) != 1 || got.Issues[0].Code != "no-line-end" || got.Issues[0].Origin.Row != 3 || got.Issues[0].Origin.Line != 4 {
		t.Errorf("%d parts, issues %+v", len(parts), got.Issues)
	}
}

func TestAFileThatCannotBeReadFromTheMiddleIsNotCut(t *testing.T) {
	t.Parallel()
	packed := filepath.Join(t.TempDir(), "t.csv.gz")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("a,b\n1,2\n3,4\n")); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(packed, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	latin := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(latin, []byte("a,b\nM\xfcller,2\nStra\xdfe,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{packed, latin} {
		src, err := extract.Open(t.Context(), []extract.Format{csvfile.Format()}, path, extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := src.(extract.Cutter).Cut(t.Context(), "t", []int64{6})
		if err != nil || parts != nil {
			t.Errorf("%s: %+v, %v", filepath.Base(path), parts, err)
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAPartOfAFileThatChangedIsToldBehindItsRecords(t *testing.T) {
	t.Parallel()
	content := "\xef\xbb\xbfa,b\n1,2\n3,4\n5,6\n"
	for what, changed := range map[string]string{
		"another value":      "\xef\xbb\xbfa,b\n1,9\n3,9\n5,9\n",
		"another mark":       "   a,b\n1,2\n3,9\n5,9\n",
		"shorter":            "\xef\xbb\xbfa",
		"a quote is left in": "\xef\xbb\xbfa,\"\n1,\"\n3,\"\n5,\"\n",
		"nothing":            "",
	} {
		path := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := extract.Open(t.Context(), []extract.Format{csvfile.Format()}, path, extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := src.(extract.Cutter).Cut(t.Context(), "t", []int64{8, 12})
		if err != nil || len(parts) != 3 {
			t.Fatal(parts, err)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			var last error
			for _, err := range src.(extract.Cutter).ReadPart(t.Context(), "t", p, func(issue.Issue) {}) {
				last = err
			}
			if !errors.Is(last, extract.ErrChanged) {
				t.Errorf("%s, %+v: %v", what, p, last)
			}
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhoLeavesAPartInItsMiddleIsToldNothing(t *testing.T) {
	t.Parallel()
	content := "a,b\n" + strings.Repeat("1,2\n", 5000) // several batches
	src, table := openCSV(t, []byte(content), extract.Options{})
	_, parts := inParts(t, src, table)
	parts[0].Sum = "that of other bytes"
	rows := 0
	for b, err := range src.ReadPart(t.Context(), table, parts[0], func(issue.Issue) {}) {
		if err != nil {
			t.Fatal(err)
		}
		rows += len(b.Records)
		break
	}
	if rows == 0 || rows == 5000 {
		t.Errorf("%d rows were read", rows)
	}
	parts[0].Sum = "" // nobody asks
	for _, err := range src.ReadPart(t.Context(), table, parts[0], func(issue.Issue) {}) {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestACutTableHasToBeThere(t *testing.T) {
	t.Parallel()
	src, table := openCSV(t, []byte("a,b\n1,2\n"), extract.Options{})
	if _, err := src.Cut(t.Context(), "other", nil); !errors.Is(err, extract.ErrNoTable) {
		t.Error(err)
	}
	for _, err := range src.ReadPart(t.Context(), "other", extract.Part{}, nil) {
		if !errors.Is(err, extract.ErrNoTable) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Cut(ctx, table, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPartsOfALargeFileHaveTheRowsOfTheirNumbers(t *testing.T) {
	t.Parallel()
	content := "id,note,n\n" + strings.Repeat("1,\"two\nlines, and a comma\",3\n4,plain,6\n", 30_000) // several buffers
	src, table := openCSV(t, []byte(content), extract.Options{})
	want := whole(t, src, table)
	n := int64(len(content))
	got, parts := inParts(t, src, table, n/7, n/3, n/2, n-50)
	if len(parts) != 5 || len(want.Records) != 60_000 {
		t.Fatalf("%d parts, %d rows", len(parts), len(want.Records))
	}
	summed(t, []byte(content), parts)
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Error(diff)
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\ny\"\n3,4\n"), int64(5), int64(9))
	f.Add([]byte("a;b\r\n\"1;2\r\n3;\"4\"x\r\n"), int64(3), int64(11))
	f.Add([]byte("2019-01-01\t\"\n\"\"\n\n\n"), int64(0), int64(2))
	f.Fuzz(func(t *testing.T, content []byte, one, two int64) {
		src, table := openCSV(t, content, extract.Options{})
		parts, err := src.Cut(context.Background(), table, []int64{min(one, two), max(one, two)})
		if err != nil || parts == nil {
			return
		}
		want := whole(t, src, table)
		got, parts := inParts(t, src, table, min(one, two), max(one, two))
		if diff := cmp.Diff(want, got, compared); diff != "" {
			t.Fatalf("%q cut into %+v:\n%s", content, parts, diff)
		}
		summed(t, content, parts)
	})
}
