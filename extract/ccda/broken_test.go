package ccda_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/ccda"
	"chartlift/internal/issue"
)

// wrap makes a document of sections.
func wrap(sections string) []byte {
	return []byte(`<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/><component><structuredBody>` + sections + `</structuredBody></component></ClinicalDocument>`)
}

func TestRowsBeforeTheBreakAreKept(t *testing.T) {
	t.Parallel()
	whole := sample(t)
	at := bytes.Index(whole, []byte(`<code code="2345-7"/>`))
	for name, c := range map[string]struct {
		content []byte
		message string
	}{
		"cut short":     {whole[:at], "line 126: the document ends inside an element"},
		"a wrong end":   {bytes.Replace(whole, []byte(`<code code="2345-7"/>`), []byte(`<code></cod>`), 1), "line 126: this is no well-formed XML"},
		"an entity":     {bytes.Replace(whole, []byte(`<code code="2345-7"/>`), []byte(`&who;`), 1), "line 126: this is no well-formed XML"},
		"wrong bytes":   {bytes.Replace(whole, []byte(`<code code="2345-7"/>`), []byte("M\xfcller"), 1), "line 126: bytes that are no characters"},
		"no more depth": {bytes.Replace(whole, []byte(`<code code="2345-7"/>`), bytes.Repeat([]byte("<a>"), 300), 1), "line 126: elements are nested more than 200 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readTables(t, "a.xml", c.content, extract.Options{})
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Fatalf("error %v, want %q", err, c.message)
			}
			if len(got["allergies"]) != 1 || len(got["allergies_negated"]) != 1 || len(got["patient"]) != 1 || len(got["sections"]) != 2 {
				t.Errorf("rows before the break are lost: %d sections", len(got["sections"]))
			}
			if got["sections"][1]["narrative"] != "See the lab." {
				t.Errorf("the section that is broken is %v", got["sections"][1])
			}
		})
	}
	if _, _, err := readTables(t, "a.xml", whole[:at], extract.Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut document ends with %v", err)
	}
}

func TestWhatIsBrokenIsReportedWithFileTableAndLine(t *testing.T) {
	t.Parallel()
	whole := sample(t)
	cut := whole[:bytes.Index(whole, []byte(`<code code="2345-7"/>`))]
	src, err := ccda.Format().Open(t.Context(), extract.FromBytes("a.xml", cut), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	if _, err := src.Tables(t.Context()); err != nil {
		t.Fatal(err)
	}
	var found []issue.Issue
	rows := 0
	for batch, err := range src.Read(t.Context(), "allergies", func(i issue.Issue) { found = append(found, i) }) {
		if err != nil {
			t.Fatal(err)
		}
		rows += len(batch.Records)
	}
	want := []issue.Issue{{
		Severity: issue.Error, Code: "bad-xml", Type: "structure", Origin: issue.Origin{Source: "a.xml", Table: "allergies", Line: 126},
		Message: "line 126: the document ends inside an element; copy or export it again; what the table has behind is not read, what it has before is kept",
	}}
	if diff := cmp.Diff(want, found); diff != "" || rows != 1 {
		t.Errorf("%d rows; %s", rows, diff)
	}
	var open *extract.OpenError
	part, ok := src.(interface{ Unread() error })
	if !ok || !errors.As(part.Unread(), &open) || open.Code != "bad-xml" || open.Path != "a.xml" {
		t.Errorf("the source says %v of its end", open)
	}
}

func TestDocumentsThatWouldHarmAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, message string }{
		"laughs":        {`<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ClinicalDocument>&b;</ClinicalDocument>`, "document type declaration"},
		"another file":  {`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ClinicalDocument>&a;</ClinicalDocument>`, "document type declaration"},
		"a long tag":    {`<ClinicalDocument a="` + strings.Repeat("x", 2<<20) + `"/>`, "a tag is longer than 1 MiB"},
		"a quoted tag":  {`<ClinicalDocument a=">` + strings.Repeat("x", 2<<20) + `"/>`, "a tag is longer than 1 MiB"},
		"elements":      {`<ClinicalDocument><id>` + strings.Repeat("<a/>", 1<<19+1) + `</id></ClinicalDocument>`, "more than 524288 elements"},
		"another root":  {`<Bundle><ClinicalDocument/></Bundle>`, `the outermost element is "Bundle"`},
		"no element":    {"<!-- <ClinicalDocument> -->", "the document has no element"},
		"two documents": {"<ClinicalDocument/>\n<ClinicalDocument/>", "line 2: a second document begins"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := readTables(t, "a.xml", []byte(c.content), extract.Options{})
			var open *extract.OpenError
			if !errors.As(err, &open) || open.Code != "bad-xml" || !strings.Contains(err.Error(), c.message) {
				t.Errorf("error %v, want %q", err, c.message)
			}
		})
	}
}

func TestTheEncodingIsTheDeclaredOne(t *testing.T) {
	t.Parallel()
	const text = `<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1"/><title>M%sller</title></ClinicalDocument>`
	wide := func(s string) string {
		out := "\xff\xfe"
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	for name, c := range map[string]struct {
		content string
		o       extract.Options
	}{
		"utf-8 without a word":    {content: fmt.Sprintf(text, "ü")},
		"byte order mark":         {content: "\xef\xbb\xbf" + `<?xml version="1.0" encoding="utf-8"?>` + fmt.Sprintf(text, "ü")},
		"latin":                   {content: `<?xml version='1.0' encoding='ISO-8859-1'?>` + fmt.Sprintf(text, "\xfc")},
		"utf-16":                  {content: wide(`<?xml version="1.0" encoding="UTF-16"?>` + fmt.Sprintf(text, "ü"))},
		"declared utf-16, is not": {content: `<?xml version="1.0" encoding="UTF-16"?>` + fmt.Sprintf(text, "ü")},
		"the user knows better":   {content: `<?xml version="1.0" encoding="UTF-8"?>` + fmt.Sprintf(text, "\xfc"), o: extract.Options{Encoding: "windows-1252"}},
		"a character's number":    {content: fmt.Sprintf(text, "&#xFC;")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readTables(t, "a.xml", []byte(c.content), c.o)
			if err != nil {
				t.Fatal(err)
			}
			if title := got["document"][0]["title"]; title != "Müller" {
				t.Errorf("title %q", title)
			}
		})
	}
	if _, _, err := readTables(t, "a.xml", []byte(`<?xml version="1.0" encoding="klingon"?><ClinicalDocument/>`), extract.Options{}); err == nil {
		t.Error("an unknown encoding is not refused")
	}
}

func TestEntriesWithoutTheUsualShapeAreRowsAllTheSame(t *testing.T) {
	t.Parallel()
	got, _, err := readTables(t, "a.xml", wrap(`
<component><section><code code="11450-4"/>
 <entry><act nullFlavor="NI"/></entry>
 <entry><observation><value code="1"/></observation></entry>
 <entry><act negationInd="true"><entryRelationship><observation><value code="2"/></observation></entryRelationship></act></entry>
 <entry/>
 <text>Late</text></section></component>
<component><section><code code="8716-3"/>
 <entry><organizer><component><organizer><code code="in"/><component><observation><code code="3"/></observation></component></organizer></component></organizer></entry>
 <entry><organizer><code code="empty"/></organizer></entry></section></component>
<component><section><templateId root="2.16.840.1.113883.10.20.22.2.11.1"/>
 <entry><act><entryRelationship typeCode="SUBJ"><substanceAdministration><effectiveTime xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="v:EIVL_TS"><event code="PC"/></effectiveTime></substanceAdministration></entryRelationship></act></entry></section></component>`), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"problems": {"1.2/s1/e1 1.2/s1", "1.2/s1/e2 1.2/s1"}, "problems_negated": {"1.2/s1/e3/r1 1.2/s1/e3"},
		"vital_signs": {"1.2/s2/e1/r1 1.2/s2/e1/o1", "1.2/s2/e2 1.2/s2"},
		"organizers":  {"1.2/s2/e1 1.2/s2", "1.2/s2/e1/o1 1.2/s2/e1", "1.2/s2/e2 1.2/s2"},
		"medications": {"1.2/s3/e1/r1 1.2/s3/e1"},
		"sections":    {"1.2/s1 1.2", "1.2/s1/text 1.2/s1", "1.2/s2 1.2", "1.2/s3 1.2"}, "document": {"1.2 "},
	}
	have := map[string][]string{}
	for table, rows := range got {
		for _, row := range rows {
			have[table] = append(have[table], row["_key"]+" "+row["_parent"])
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	if got["medications"][0]["frequency_event"] != "PC" || got["sections"][1]["narrative"] != "Late" || got["vital_signs"][0]["organizer_code"] != "in" {
		t.Errorf("values are lost: %v", got)
	}
}

func TestBodiesThatAreNotXMLAreKept(t *testing.T) {
	t.Parallel()
	got, order, err := readTables(t, "scan.xml", []byte(`<ClinicalDocument><component><nonXMLBody><text mediaType="application/pdf" representation="B64">
  JVBERi0x
  LjU=</text></nonXMLBody></component></ClinicalDocument>`), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"document", "body"}, order); diff != "" {
		t.Error(diff)
	}
	want := []line{{"_document": "scan.xml", "_key": "scan.xml/body", "_parent": "scan.xml", "_patient": "scan.xml", "media_type": "application/pdf", "representation": "B64", "content": "JVBERi0x LjU="}}
	if diff := cmp.Diff(want, got["body"]); diff != "" {
		t.Error(diff)
	}
}

func TestAColumnMayBeAPathOfTheUsers(t *testing.T) {
	t.Parallel()
	columns := []string{
		"@classCode", "entryRelationship[@typeCode=MFST]/observation/text", "participant/participantRole/@classCode",
		"../../../@typeCode", "entryRelationship[2]/observation/value/@code", "value[@code!=416098002]/@code", "*[2.16.840.1.113883.10.20.22.4.9]/@x", "code",
	}
	got := readSample(t, extract.Options{Table: "allergies", Columns: columns})["allergies"][0]
	have := map[string]string{}
	for _, c := range columns[:7] {
		if text, ok := got[c]; ok {
			have[c] = text
		}
	}
	want := map[string]string{columns[0]: "OBS", columns[1]: "Hives", columns[2]: "MANU", columns[3]: "DRIV", columns[4]: "247472004"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"a//b", "a[1/@b", "a[1]b/@c", "a b/c"} {
		if _, _, err := readTables(t, "a.xml", sample(t), extract.Options{Columns: []string{wrong}}); err == nil {
			t.Errorf("the path %q is not refused", wrong)
		}
	}
}

func TestOneTableMayBeAskedForThoughItHasNoRows(t *testing.T) {
	t.Parallel()
	got, order, err := readTables(t, "a.xml", sample(t), extract.Options{Table: "encounters"})
	if err != nil || len(got["encounters"]) != 0 || len(order) != 1 {
		t.Errorf("%v, %v, %v", got, order, err)
	}
	if _, _, err := readTables(t, "a.xml", sample(t), extract.Options{Table: "encounter"}); !errors.Is(err, extract.ErrNoTable) {
		t.Errorf("a table that is not known: %v", err)
	}
}
