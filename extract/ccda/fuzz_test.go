package ccda_test

import (
	"bytes"
	"strings"
	"testing"

	"chartlift/extract"
)

// FuzzDocuments looks for panics, keys that are there twice, and entries that
// are lost.
func FuzzDocuments(f *testing.F) {
	f.Add(sample(f))
	for _, seed := range []string{
		"", "<", "<ClinicalDocument/>", "<ClinicalDocument><component/></ClinicalDocument>", "</section>", "<!DOCTYPE x><ClinicalDocument/>",
		"<ClinicalDocument><component><section><entry><organizer><component><act/></component></organizer></entry></section></component></ClinicalDocument>",
		`<ClinicalDocument><component><section><text ID="a"><td ID="b"/></text><entry><observation><text><reference value="#a"/></text></observation></entry></section></component></ClinicalDocument>`,
	} {
		f.Add([]byte(seed))
	}
	f.Add(wrap(`<component><section><code code="48765-2"/><entry><act negationInd="true"><entryRelationship><observation/></entryRelationship></act></entry></section></component>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		tables, _, err := readTables(t, "a.xml", content, extract.Options{Encoding: "utf-8"})
		for name, rows := range tables {
			seen := map[string]bool{}
			for _, row := range rows {
				if seen[row["_key"]] || row["_key"] == "" {
					t.Errorf("table %s: the key %q is there twice or empty", name, row["_key"])
				}
				seen[row["_key"]] = true
				if row["negated"] == "true" && !strings.HasSuffix(name, "_negated") {
					t.Errorf("table %s has the denied row %s", name, row["_key"])
				}
			}
		}
		if err == nil && bytes.Contains(content, []byte("<ClinicalDocument")) && len(tables["document"]) != 1 && !bytes.Contains(content, []byte("<!")) {
			t.Errorf("%d documents", len(tables["document"]))
		}
	})
}
