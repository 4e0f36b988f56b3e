package csvfile_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

// FuzzCSV compares with encoding/csv on all that its strict mode accepts, and
// looks for panics on everything else.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\r\n\"x\r\ny\",2\r\n", "\"a\"\"b\",c\n,\n", "a\n\n\nb", "a,b\n\"open,2\n3,4\n", "a,b\n\"x\"y,2\n",
		"a;b\n1;2\n", "\xff\xfea\x00,\x00b\x00\n\x00", "a,b\n\\N,\"\"\n", "a,b\n12345678,\"12345678\"\n", "\r", "\"", "a,\"b\n\",c\"\n",
		"aaaaaaaaaaaaaaaaaaaaaaa,bbbbbbbb,c\n1,2,3\r\n4,5,6\r", "a\rb\rc", "a,b\n1,\"\\\"x\\\\\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := tryRead(extract.FromBytes("t.csv", content), extract.Options{}); err != nil {
			t.Fatalf("found out: %v", err)
		}
		o := extract.Options{Header: -1, Delimiter: ",", Quote: `"`, Escape: `"`, Encoding: "utf-8"}
		got, err := tryRead(extract.FromBytes("t.csv", content), o)
		if err != nil {
			t.Fatal(err)
		}
		want, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		// A lone CR ends a line here where the file has few LF, NULs go, and
		// damaged text is repaired.
		if err != nil || !utf8.Valid(content) || bytes.ContainsAny(content, "\x00\r") || bytes.HasPrefix(content, []byte("\xef\xbb\xbf")) {
			return
		}
		rows := got.Rows
		for i, row := range rows {
			for j, c := range row {
				if c == "<null>" {
					rows[i][j] = ""
				}
			}
		}
		for i := range want {
			for j := range want[i] {
				if want[i][j] == `\N` || strings.HasPrefix(want[i][j], "<") {
					return
				}
			}
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("(-encoding/csv +own):\n%s%v", diff, got.Codes)
		}
	})
}
