package hl7v2_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/extracttest"
	"chartlift/extract/hl7v2"
	"chartlift/internal/issue"
)

func text(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Text} }

var (
	null   = extract.Value{Kind: extract.Null}
	absent = extract.Value{}
	empty  = extract.Value{Kind: extract.Text}
)

// keys are the names of the key columns with more behind them.
func keys(more ...string) []string {
	return append([]string{"_message", "_message_id", "_type", "_patient", "_patient_id", "_parent", "_set", "_key"}, more...)
}

const adt = "MSH|^~\\&|LAB||||20190307||ADT^A01|42|P|2.5\r" +
	"PID|1||77^^^A~88||Duck^Don&D^\"\"||\"\"\r" +
	"ZXX|a\\T\\b\r" +
	"MSH|^~\\&|LAB||||20190308||ADT^A08|43|P|2.5\r" +
	"PID|2\r"

func TestAFileOfMessagesKeepsTheContract(t *testing.T) {
	m, m2, p := "t.hl7#1", "t.hl7#2", "t.hl7#1.PID1"
	extracttest.Run(t, hl7v2.Format(), extracttest.Sample{
		Name: "t.hl7", Content: []byte(adt), Options: extract.Options{Name: "t.hl7"},
		Tables: []extracttest.Table{
			{
				Name: "MSH",
				Columns: keys("MSH-1", "MSH-2", "MSH-3", "MSH-3.1", "MSH-7", "MSH-7.1", "MSH-9", "MSH-9.1", "MSH-9.2",
					"MSH-10", "MSH-10.1", "MSH-11", "MSH-11.1", "MSH-12", "MSH-12.1"),
				Rows: [][]extract.Value{
					{
						text(m), text("42"), text("ADT^A01"), null, null, null, text("1"), text(m + ".MSH1"), text("|"), text(`^~\&`), text("LAB"), text("LAB"),
						text("20190307"), text("20190307"), text("ADT^A01"), text("ADT"), text("A01"), text("42"), text("42"), text("P"), text("P"), text("2.5"), text("2.5"),
					},
					{
						text(m2), text("43"), text("ADT^A08"), null, null, null, text("1"), text(m2 + ".MSH1"), text("|"), text(`^~\&`), text("LAB"), text("LAB"),
						text("20190308"), text("20190308"), text("ADT^A08"), text("ADT"), text("A08"), text("43"), text("43"), text("P"), text("P"), text("2.5"), text("2.5"),
					},
				},
			},
			{
				Name: "PID",
				Columns: keys("PID-1", "PID-1.1", "PID-3", "PID-3.1", "PID-3.4", "PID-5", "PID-5.1", "PID-5.2", "PID-5.2.1", "PID-5.2.2", "PID-5.3",
					"PID-7", "PID-7.1"),
				Rows: [][]extract.Value{
					{
						text(m), text("42"), text("ADT^A01"), text(p), text("77^A"), text(m + ".MSH1"), text("1"), text(p), text("1"), text("1"), text("77^^^A~88"), text("77"), text("A"),
						text(`Duck^Don&D^""`), text("Duck"), text("Don&D"), text("Don"), text("D"), empty, empty, empty,
					},
					{
						text(m2), text("43"), text("ADT^A08"), text(m2 + ".PID1"), null, text(m2 + ".MSH1"), text("1"), text(m2 + ".PID1"), text("2"), text("2"),
						absent, absent, absent, absent, absent, absent, absent, absent, absent, absent, absent,
					},
				},
			},
			{
				Name: "ZXX", Columns: keys("ZXX-1", "ZXX-1.1"),
				Rows: [][]extract.Value{{text(m), text("42"), text("ADT^A01"), text(p), text("77^A"), text(p), text("1"), text(m + ".ZXX1"), text("a&b"), text("a&b")}},
			},
		},
	})
}

// found is what reading a whole file gives: cells by table, the codes of faults
// and issues.
type found struct {
	Order  []string
	Tables map[string][]map[string]string
	Faults []string
	Codes  []string
	Lines  []int64

	Schemas map[string][]string // columns by table
}

// readFile reads all tables; NULL is shown as <null>, an absent cell not at
// all.
func readFile(content string, o extract.Options) (found, error) {
	all := found{Tables: map[string][]map[string]string{}, Schemas: map[string][]string{}}
	src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("f", []byte(content)), o)
	if err != nil {
		return all, err
	}
	schemas, err := src.Tables(context.Background())
	if err != nil {
		return all, err
	}
	report := func(is issue.Issue) { all.Codes = append(all.Codes, is.Origin.Table+" "+is.Code) }
	for _, schema := range schemas {
		all.Order = append(all.Order, schema.Table)
		all.Schemas[schema.Table] = schema.Columns
		for batch, err := range src.Read(context.Background(), schema.Table, report) {
			if err != nil {
				return all, err
			}
			for _, rec := range batch.Records {
				all.add(rec)
			}
		}
	}
	return all, src.Close()
}

func (f *found) add(rec extract.Record) {
	row := map[string]string{}
	for i, v := range rec.Values {
		switch v.Kind {
		case extract.Null:
			row[rec.Schema.Columns[i]] = "<null>"
		case extract.Text:
			row[rec.Schema.Columns[i]] = v.Text
		}
	}
	f.Tables[rec.Schema.Table] = append(f.Tables[rec.Schema.Table], row)
	f.Lines = append(f.Lines, rec.Origin.Line)
	if rec.Fault != nil {
		f.Faults = append(f.Faults, rec.Schema.Table+" "+rec.Fault.Code)
	}
}

func mustRead(t *testing.T, content string, o extract.Options) found {
	t.Helper()
	f, err := readFile(content, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// cells returns one column of a table.
func (f found) cells(table, column string) []string {
	var all []string
	for _, row := range f.Tables[table] {
		all = append(all, row[column])
	}
	return all
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEverySegmentTerminatorIsTaken(t *testing.T) {
	t.Parallel()
	want := mustRead(t, adt, extract.Options{})
	for name, content := range map[string]string{
		"LF": strings.ReplaceAll(adt, "\r", "\n"), "CRLF": strings.ReplaceAll(adt, "\r", "\r\n"),
		"mixed": strings.Replace(strings.Replace(adt, "\r", "\n", 1), "\r", "\r\n", 1), "without the last": strings.TrimSuffix(adt, "\r"),
		"byte order mark": "\xef\xbb\xbf" + adt,
	} {
		same(t, want, mustRead(t, content, extract.Options{}))
		if t.Failed() {
			t.Fatal(name)
		}
	}
	blank := mustRead(t, "\n\r\n  \n"+strings.ReplaceAll(adt, "\r", "\n\n"), extract.Options{})
	same(t, want.Tables, blank.Tables)
	same(t, []int64{4, 10, 6, 12, 8}, blank.Lines)
}

func TestFramesOfMLLPAreTakenOff(t *testing.T) {
	t.Parallel()
	one, two, _ := strings.Cut(adt, "MSH|^~\\&|LAB||||20190308")
	two = "MSH|^~\\&|LAB||||20190308" + two
	framed := mustRead(t, "\x0b"+one+"\x1c\r\x0b"+two+"\x1c\r", extract.Options{})
	same(t, mustRead(t, adt, extract.Options{}).Tables, framed.Tables)
	tight := mustRead(t, "\x0b"+strings.TrimSuffix(one, "\r")+"\x1c\x0b\xef\xbb\xbf"+two+"\x1c", extract.Options{})
	same(t, framed.Tables, tight.Tables)
	if len(framed.Codes)+len(framed.Faults) > 0 {
		t.Error(framed.Codes, framed.Faults)
	}
}

func TestAFileThatEndsInsideAFrameFaultsItsLastSegment(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "\x0bMSH|^~\\&|a\rPID|1\x1c\r\x0bMSH|^~\\&|b\rPID|2||7", extract.Options{})
	same(t, []string{"PID cut-short"}, f.Faults)
	same(t, []string{"1", "2"}, f.cells("PID", "PID-1"))
	f = mustRead(t, "\x0bMSH|^~\\&|a\rPID|1\r\x0bMSH|^~\\&|b\rPID|2\r", extract.Options{})
	if f.Faults != nil {
		t.Error("a sender that never ends its frames lost something:", f.Faults)
	}
}

func TestAMessageWithoutHeaderIsKeptButFaulted(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "PID|1\rPV1|1\rMSH|^~\\&|a\rPID|2\r", extract.Options{})
	same(t, []string{"PID no-message-header", "PV1 no-message-header"}, f.Faults)
	same(t, []string{"f#1", "f#2"}, f.cells("PID", "_message"))
	same(t, []string{"<null>", "f#2.MSH1"}, f.cells("PID", "_parent"))
	f = mustRead(t, "\x0bMSH|^~\\&|a\rPID|1\x1c\x0bPID|2\x1c\r", extract.Options{})
	same(t, []string{"PID no-message-header"}, f.Faults)
}

func TestBatchesAreTablesAndAreCounted(t *testing.T) {
	t.Parallel()
	content := "FHS|^~\\&|x\rBHS|^~\\&|y\rMSH|^~\\&|a\rPID|1\rBTS|2\rFTS|1\r"
	f := mustRead(t, content, extract.Options{Table: "BTS"})
	same(t, []string{"BTS"}, f.Order)
	same(t, []string{"BTS message-count"}, f.Codes)
	same(t, []map[string]string{{
		"_message": "<null>", "_message_id": "<null>", "_type": "<null>", "_patient": "<null>", "_patient_id": "<null>", "_parent": "<null>", "_set": "1", "_key": "f#.BTS1",
		"BTS-1": "2", "BTS-1.1": "2",
	}}, f.Tables["BTS"])
	if f = mustRead(t, strings.Replace(content, "BTS|2", "BTS|1", 1), extract.Options{}); f.Codes != nil {
		t.Error(f.Codes)
	}
	f = mustRead(t, "BHS|^~\\&\rMSH|^~\\&|a\r", extract.Options{Table: "MSH"})
	same(t, []string{"MSH cut-short"}, f.Codes)
}

func TestSeparatorsAreThoseOfTheMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content string
		want    map[string]string
		codes   []string
	}{
		{"MSH#*!?%#a\rPID###1*2!3##A%B*x?S?y\r", map[string]string{"PID-3.1": "1", "PID-3.2": "2", "PID-5.1.2": "B", "PID-5.2": "x*y"}, nil},
		{"MSH|^~|a\rPID|||1^2~3||C:\\dir\\F\\^&\r", map[string]string{"PID-3.1": "1", "PID-3.2": "2", "PID-5.1": `C:\dir\F\`, "PID-5.2": "&"}, nil},
		{"MSH||a\rPID|||1^2\r", map[string]string{"PID-3.1": "1", "PID-3.2": "2"}, []string{"PID odd-separators"}},
		{"MSH|^^\\&|a\rPID|||1^2\r", map[string]string{"PID-3.1": "1", "PID-3.2": "2"}, []string{"PID odd-separators"}},
		{"MSH|^~\\&#|a\rPID|||1\\P\\^2\r", map[string]string{"PID-3.1": "1#", "PID-3.2": "2"}, nil},
	} {
		f := mustRead(t, c.content, extract.Options{Table: "PID"})
		if len(f.Tables["PID"]) != 1 {
			t.Fatalf("%q: %v", c.content, f)
		}
		for column, want := range c.want {
			if got := f.Tables["PID"][0][column]; got != want {
				t.Errorf("%q %s: %q, want %q", c.content, column, got, want)
			}
		}
		same(t, c.codes, f.Codes)
	}
}

func TestEscapesAreDecoded(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`a\F\b\S\c\T\d\R\e\E\f`: `a|b^c&d~e\f`, `one\.br\two\.sp\three`: "one\ntwo\nthree", `a\.sp2\b`: "a\n\nb", `a\.sk3\b`: "a   b", `\.in+4\\.ti-2\a`: "a",
		`\H\loud\N\`: "loud", `\X41\\X42\`: "AB", `\XC3\\XA9\`: "é", `\X0D0A\x`: "\nx", `\XZZ\`: `\XZZ\`, `C:\temp\new`: `C:\temp\new`, `50\`: `50\`,
		`\Zxy\`: `\Zxy\`, `\.sk999999999\`: strings.Repeat(" ", 256), `\\`: `\\`, `\.br`: `\.br`,
	} {
		f := mustRead(t, "MSH|^~\\&|a\rNTE|1||"+in+"\r", extract.Options{Table: "NTE"})
		if got := f.cells("NTE", "NTE-3"); !cmp.Equal(got, []string{want}) {
			t.Errorf("%q is read as %q, want %q", in, got, want)
		}
	}
}

func TestTextInLatin1IsReadAsMSH18Says(t *testing.T) {
	t.Parallel()
	head := "MSH|^~\\&|a||||||ADT|1|P|2.5||||||"
	for _, c := range []struct {
		content, want string
		o             extract.Options
		codes, faults []string
	}{
		{head + "8859/1\rPID|||||M\xfcller\\XE9\\\r", "Mülleré", extract.Options{}, nil, nil},
		{head + "8859/2\rPID|||||\xa3\xf3d\xbc\r", "Łódź", extract.Options{}, nil, nil},
		{head + "8859/1\rPID|||||Müller\r", "Müller", extract.Options{}, nil, nil}, // UTF-8 in spite of what it says
		{head + "UNICODE UTF-8\rPID|||||Müller\r", "Müller", extract.Options{}, nil, nil},
		{head + "UNICODE UTF-8\rPID|||||M\xfcller\r", "M\uFFFDller", extract.Options{}, nil, []string{"PID bad-bytes"}},
		{head + "UNICODE UTF-8\rPID|||||M\xfcller\r", "Müller", extract.Options{Encoding: "windows-1252"}, nil, nil},
		{head + "\rPID|||||M\xfcller\r", "Müller", extract.Options{}, []string{"PID encoding-guessed"}, nil},
		{head + "ISO IR87\rPID|||||\x1b$B;3ED\x1b(B\r", "山田", extract.Options{}, nil, nil},
		{"\xff\xfe" + utf16le(head+"\rPID|||||Müller\r"), "Müller", extract.Options{}, nil, nil},
	} {
		c.o.Table = "PID"
		f := mustRead(t, c.content, c.o)
		same(t, []string{c.want}, f.cells("PID", "PID-5.1"))
		same(t, c.codes, f.Codes)
		same(t, c.faults, f.Faults)
	}
}

func utf16le(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestLinesThatAreNoSegmentsAreJoined(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "log begins\nMSH|^~\\&|a\nOBX|1|TX|||first\n\nsecond line\nPID is fine\nOBX|2\n", extract.Options{Table: "OBX"})
	same(t, []string{"first\n\nsecond line\nPID is fine", ""}, f.cells("OBX", "OBX-5"))
	same(t, []string{"OBX skipped-lines", "OBX joined-lines"}, f.Codes)
}

func TestRepetitionsAreATableThatCanBeAskedFor(t *testing.T) {
	t.Parallel()
	f := mustRead(t, adt, extract.Options{Table: "PID.3"})
	same(t, []string{"PID.3"}, f.Order)
	same(t, []string{"77", "88"}, f.cells("PID.3", "PID-3.1"))
	same(t, []string{"77^^^A", "88"}, f.cells("PID.3", "PID-3"))
	same(t, []string{"A", ""}, f.cells("PID.3", "PID-3.4"))
	same(t, []string{"1", "2"}, f.cells("PID.3", "_rep"))
	same(t, []string{"f#1.PID1", "f#1.PID1"}, f.cells("PID.3", "_parent"))
	same(t, []string{"f#1.PID1-3~1", "f#1.PID1-3~2"}, f.cells("PID.3", "_key"))
	one := mustRead(t, adt, extract.Options{Table: "ZXX.1"})
	same(t, []string{"a&b"}, one.cells("ZXX.1", "ZXX-1.1"))
	separators := mustRead(t, adt, extract.Options{Table: "MSH.2"})
	same(t, []string{`^~\&`, `^~\&`}, separators.cells("MSH.2", "MSH-2"))
}

func TestColumnsThatAreAskedForAreThereInEveryFile(t *testing.T) {
	t.Parallel()
	o := extract.Options{Table: "PID", Columns: []string{"PID-5.1.1", "PID-3.1", "_key", "PID-30", "PID-5.2.1", "OBX-5", "PID-x", "PID-5.1.1", "PID-0", "PID-5.99"}}
	f := mustRead(t, adt, o)
	same(t, map[string]string{
		"_message": "f#1", "_message_id": "42", "_type": "ADT^A01", "_patient": "f#1.PID1", "_patient_id": "77^A", "_parent": "f#1.MSH1", "_set": "1", "_key": "f#1.PID1",
		"PID-3.1": "77", "PID-5.1.1": "Duck", "PID-5.2.1": "Don",
	}, f.Tables["PID"][0])
	src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("g", []byte("MSH|^~\\&|a\rPID|1\r")), o)
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	same(t, keys("PID-3.1", "PID-5.1.1", "PID-5.2.1", "PID-30"), schemas[0].Columns)
}

func TestAnOverlongSegmentIsFaultedAndTheNextOneRead(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "MSH|^~\\&|a\rOBX|1|"+strings.Repeat("x", 17<<20)+"\rOBX|2\r", extract.Options{Table: "OBX"})
	same(t, []string{"OBX record-too-long"}, f.Faults)
	same(t, []string{"1", "2"}, f.cells("OBX", "OBX-1"))
}

func TestFieldsWithoutEndAreFaulted(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "MSH|^~\\&|a\rZZZ"+strings.Repeat("|x", 1200)+"\rZYY|"+strings.Repeat("x^", 500)+"\r", extract.Options{})
	same(t, []string{"ZZZ ragged-row"}, f.Faults)
	if n := len(f.Tables["ZYY"][0]); n > 100 {
		t.Errorf("%d columns", n)
	}
}

func TestNULsAreRemovedAndReported(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "MSH|^~\\&|a\rPID|||7\x007\r", extract.Options{Table: "PID"})
	same(t, []string{"77"}, f.cells("PID", "PID-3"))
	same(t, []string{"PID nul-byte", "PID nul-byte"}, f.Codes)
}

func TestOnlyMessagesAreRecognised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, head string
		want       bool
	}{
		{"a.hl7", adt, true},
		{"a.txt", adt, true},
		{"a", "\xef\xbb\xbf\x0bMSH|^~\\&|", true},
		{"a", "\xff\xfe" + utf16le(adt), true},
		{"a.txt", "FHS#*!?%#", true},
		{"a.hl7", "PID|1\r", true},
		{"a.txt", "PID|1\rPV1|1\r", false},
		{"a.csv", "MSHA,b\n1,2\n", false},
		{"a.hl7", "id,name\n1,x\n", false},
		{"a.hl7", "MSH", false},
	} {
		if got := hl7v2.Format().Sniff(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s %q: %v", c.name, c.head, got)
		}
	}
}

func TestAnUnknownEncodingIsAnError(t *testing.T) {
	t.Parallel()
	_, err := readFile(adt, extract.Options{Encoding: "klingon"})
	var open *extract.OpenError
	if !errors.As(err, &open) || open.Code != "unknown-encoding" {
		t.Errorf("error %v", err)
	}
}
