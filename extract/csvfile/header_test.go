package csvfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

func TestAHeaderInTheMiddleOfTheFileIsNoRow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		options extract.Options
		codes   []string
	}{
		"joined files":                       {"id,Name\n1,Ann\nid,Name\n2,Bob\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"joined twice":                       {"id,Name\n1,Ann\nid,Name\nid,Name\n", extract.Options{}, []string{"row 2 repeated-header", "row 3 repeated-header"}},
		"quoted":                             {"\"id\",\"Name\"\n1,Ann\n\"id\",\"Name\"\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"quotes in its names":                {"id,\"the \"\"Name\"\"\"\n1,Ann\nid,\"the \"\"Name\"\"\"\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"spaces around its names":            {"id , Name\n1,Ann\n id, Name\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"a byte order mark before it":        {"\uFEFFid,Name\n1,Ann\n\uFEFFid,Name\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"a byte order mark before its quote": {"\uFEFF\"id\",\"Name\"\n1,Ann\n\uFEFF\"id\",\"Name\"\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"windows line ends":                  {"id,Name\r\n1,Ann\r\nid,Name\r\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"names that occur twice":             {"id,x,x\n1,2,3\nid,x,x\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"a first column without a name":      {",Name\n1,Ann\n,Name\n,Bob\n", extract.Options{}, []string{"row 2 repeated-header"}},
		"behind the header that was named":   {"a title,\nid,Name\n1,Ann\nid,Name\n", extract.Options{Header: 2}, []string{"row 2 repeated-header"}},
		"one cell differs":                   {"id,Name\n1,Ann\nid,Names\n", extract.Options{}, nil},
		"other letters":                      {"id,Name\n1,Ann\nID,Name\n", extract.Options{}, nil},
		"no header":                          {"id,Name\n1,Ann\nid,Name\n", extract.Options{Header: -1}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.codes, read(t, tt.content, tt.options).Codes); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestARepeatedHeaderIsCountedAndKeepsItsPlace(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	for range 2 { // each longer than a batch
		file.WriteString("id,Name\n")
		for i := range 700 {
			fmt.Fprintf(&file, "%d,Ann\n", i)
		}
	}
	got := read(t, file.String(), extract.Options{})
	if len(got.Rows) != 1401 || len(got.issues) != 1 {
		t.Fatalf("%d rows with issues %v, want 1401 with one", len(got.Rows), got.Codes)
	}
	if at := got.issues[0].Origin; at.Row != 701 || at.Line != 702 || got.issues[0].Value != "" {
		t.Errorf("the issue is at row %d, line %d with value %q", at.Row, at.Line, got.issues[0].Value)
	}
	if diff := cmp.Diff([]string{"id", "Name"}, got.Rows[700]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
