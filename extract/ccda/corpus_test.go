package ccda_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

const data = "../../../shared/data/"

// archived returns the clinical documents in an archive of the shared data; the
// test is skipped where there is none.
func archived(t *testing.T, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open(data + name)
	if err != nil {
		t.Skipf("SKIPPED, the documents are not there: %v", err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("ClinicalDocument")) && filepath.Ext(h.Name) != ".json" {
			found[filepath.Base(h.Name)] = content
		}
	}
}

// naive is an element with its children, read without any of the code under
// test.
type naive struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []naive    `xml:",any"`
}

func (n naive) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all calls f with every element and those around it, the innermost last.
func (n naive) all(around []naive, f func(n naive, around []naive)) {
	f(n, around)
	for _, c := range n.Children {
		c.all(append(around[:len(around):len(around)], n), f)
	}
}

// TestEveryStatementIsARow compares with a plain walk over the elements.
func TestEveryStatementIsARow(t *testing.T) {
	t.Parallel()
	documents := archived(t, "ccda-fhir-converter/ccda.tar.gz")
	for name, content := range archived(t, "synthea-ma/ccda.tar.gz") {
		documents[name] = content
	}
	if len(documents) != 27 {
		t.Errorf("%d documents, want 27", len(documents))
	}
	for name, content := range documents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, order, err := readTables(t, name, content, extract.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if os.Getenv("CHARTLIFT_COUNTS") != "" {
				show(name, got, order)
			}
			var root naive
			if err := xml.Unmarshal(content, &root); err != nil {
				t.Fatal(err)
			}
			checkSections(t, root, got)
			checkStatements(t, root, got)
			checkKeys(t, got)
		})
	}
}

func show(name string, got map[string][]line, order []string) {
	text := name + ":"
	for _, table := range order {
		text += fmt.Sprintf(" %s %d", table, len(got[table]))
	}
	fmt.Println(text)
}

// checkSections compares sections with their codes, and the entries that each
// has.
func checkSections(t *testing.T, root naive, got map[string][]line) {
	t.Helper()
	var want, have []string
	root.all(nil, func(n naive, _ []naive) {
		if n.XMLName.Local != "section" {
			return
		}
		code, entries := "", 0
		for _, c := range n.Children {
			if c.XMLName.Local == "code" {
				code = c.attr("code")
			}
			if c.XMLName.Local == "entry" {
				entries++
			}
		}
		want = append(want, fmt.Sprint(code, " ", entries))
	})
	entries := map[string]map[string]bool{}
	for _, rows := range got {
		for _, row := range rows {
			if row["_entry"] == "" {
				continue
			}
			if entries[row["_section"]] == nil {
				entries[row["_section"]] = map[string]bool{}
			}
			entries[row["_section"]][row["_entry"]] = true
		}
	}
	for _, s := range got["sections"] {
		have = append(have, fmt.Sprint(s["code"], " ", len(entries[s["_key"]])))
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("sections with their entries: %s", diff)
	}
}

// checkStatements counts clinical statements by name: each is a row, but the
// acts around problems, allergies and medications.
func checkStatements(t *testing.T, root naive, got map[string][]line) {
	t.Helper()
	want, have, denied := map[string]int{}, map[string]int{}, 0
	root.all(nil, func(n naive, around []naive) {
		switch n.XMLName.Local {
		case "observation", "procedure", "substanceAdministration", "encounter", "supply", "organizer", "observationMedia":
			if n.XMLName.Space != "urn:hl7-org:v3" || !slices.ContainsFunc(around, func(a naive) bool { return a.XMLName.Local == "entry" }) {
				return
			}
			want[n.XMLName.Local]++
			if slices.ContainsFunc(append(around, n), func(a naive) bool { return a.attr("negationInd") == "true" }) {
				denied++
			}
		}
	})
	for table, rows := range got {
		for _, row := range rows {
			if class := row["class"]; want[class] > 0 && (class != "organizer" || strings.HasPrefix(table, "organizers")) {
				have[class]++
				if strings.HasSuffix(table, "_negated") {
					denied--
				}
			}
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("statements: %s", diff)
	}
	if denied != 0 {
		t.Errorf("%d more statements are denied than are rows of such tables", denied)
	}
}

// checkKeys sees to it that keys are unique and lead to the document.
func checkKeys(t *testing.T, got map[string][]line) {
	t.Helper()
	for table, rows := range got {
		seen := map[string]bool{}
		for _, row := range rows {
			if seen[row["_key"]] || row["_key"] == "" || row["_document"] != got["document"][0]["_key"] {
				t.Errorf("table %s: key %q of document %q", table, row["_key"], row["_document"])
			}
			seen[row["_key"]] = true
		}
	}
}

// synthea reads a table of the CSV export: the rows of each patient.
func synthea(t *testing.T, name string) map[string][]line {
	t.Helper()
	f, err := os.Open(data + "synthea-ma/csv/" + name + ".csv.gz")
	if err != nil {
		t.Skipf("SKIPPED, the tables are not there: %v", err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(z)
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]line{}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		row := line{}
		for i, c := range cells {
			row[header[i]] = c
		}
		found[row["PATIENT"]] = append(found[row["PATIENT"]], row)
	}
}

// TestDocumentsHaveTheRowsOfTheSameExportAsCSV compares the codes of what the
// documents of Synthea hold with the tables that were written of the same
// patients.
func TestDocumentsHaveTheRowsOfTheSameExportAsCSV(t *testing.T) {
	t.Parallel()
	pairs := []struct{ table, column, csv string }{
		{"problems", "value_code", "conditions"},
		{"immunizations", "product", "immunizations"},
		{"procedures", "code", "procedures"},
		{"medications", "product", "medications"},
		{"encounters", "code", "encounters"},
	}
	exported := map[string]map[string][]line{}
	for _, pair := range pairs {
		exported[pair.table] = synthea(t, pair.csv)
	}
	for name, content := range archived(t, "synthea-ma/ccda.tar.gz") {
		patients, _, err := readTables(t, name, content, extract.Options{Table: "patient"})
		if err != nil {
			t.Fatal(err)
		}
		id := patients["patient"][0]["id_extension"]
		for _, pair := range pairs {
			got, _, err := readTables(t, name, content, extract.Options{Table: pair.table})
			if err != nil {
				t.Fatal(err)
			}
			want, have := columnOf(exported[pair.table][id], "CODE"), columnOf(got[pair.table], pair.column)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s of %s: %d rows, want %d: %s", pair.table, name, len(have), len(want), diff)
			}
		}
	}
}

// columnOf returns the values of a column, sorted.
func columnOf(rows []line, column string) []string {
	var all []string
	for _, row := range rows {
		all = append(all, row[column])
	}
	slices.Sort(all)
	return all
}
