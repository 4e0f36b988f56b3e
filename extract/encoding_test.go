package extract_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/internal/issue"
)

func encode(t *testing.T, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readText reads content as CSV; faults and issues are returned together.
func readText(t *testing.T, content string, o extract.Options) (rows [][]string, issues []issue.Issue) {
	t.Helper()
	src, err := csvfile.Format().Open(context.Background(), extract.FromBytes("t.csv", []byte(content)), o)
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range src.Read(context.Background(), "t", func(is issue.Issue) { issues = append(issues, is) }) {
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range batch.Records {
			var row []string
			for _, v := range rec.Values {
				row = append(row, v.Text)
			}
			rows = append(rows, row)
			if rec.Fault != nil {
				issues = append(issues, *rec.Fault)
			}
		}
	}
	return rows, issues
}

func TestEncodingsAreDetectedOrObeyed(t *testing.T) {
	t.Parallel()
	const accents, euro = "id,name\n1,Zoë Núñez\n", "id,name\n1,Zoë 5€\n"
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(e, b) }
	tests := map[string]struct {
		content, given string
		name           string
		guessed        bool
	}{
		"UTF-8":                  {accents, "", "Zoë Núñez", false},
		"UTF-8 with BOM":         {"\xef\xbb\xbf" + accents, "", "Zoë Núñez", false},
		"UTF-8 given, with BOM":  {"\xef\xbb\xbf" + accents, "UTF-8", "Zoë Núñez", false},
		"UTF-16LE with BOM":      {encode(t, utf16(unicode.LittleEndian, unicode.UseBOM), accents), "", "Zoë Núñez", false},
		"UTF-16BE with BOM":      {encode(t, utf16(unicode.BigEndian, unicode.UseBOM), accents), "", "Zoë Núñez", false},
		"UTF-16LE":               {encode(t, utf16(unicode.LittleEndian, unicode.IgnoreBOM), accents), "", "Zoë Núñez", false},
		"UTF-16BE":               {encode(t, utf16(unicode.BigEndian, unicode.IgnoreBOM), accents), "", "Zoë Núñez", false},
		"UTF-16 given":           {encode(t, utf16(unicode.LittleEndian, unicode.UseBOM), accents), "utf-16", "Zoë Núñez", false},
		"Latin-1, guessed":       {encode(t, charmap.ISO8859_1, accents), "", "Zoë Núñez", true},
		"Windows-1252, guessed":  {encode(t, charmap.Windows1252, euro), "", "Zoë 5€", true},
		"Windows-1252, given":    {encode(t, charmap.Windows1252, euro), "windows-1252", "Zoë 5€", false},
		"DOS code page given":    {encode(t, charmap.CodePage850, accents), "IBM850", "Zoë Núñez", false},
		"Windows-1250 given":     {encode(t, charmap.Windows1250, "id,name\n1,Łódź\n"), "windows-1250", "Łódź", false},
		"Shift JIS given":        {encode(t, japanese.ShiftJIS, "id,name\n1,山田\n"), "shift_jis", "山田", false},
		"accent after 2 MiB":     {"id,name\n1,Zo\xeb\n" + strings.Repeat("2,Ann\n", 100), "", "Zoë", true},
		"auto is as good as not": {accents, "auto", "Zoë Núñez", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, issues := readText(t, tt.content, extract.Options{Encoding: tt.given})
			if diff := cmp.Diff(tt.name, rows[0][1]); diff != "" {
				t.Error(diff)
			}
			guessed := len(issues) == 1 && issues[0].Code == "encoding-guessed" && issues[0].Severity == issue.Warning
			if guessed != tt.guessed || !guessed && len(issues) > 0 {
				t.Errorf("issues %v", issues)
			}
		})
	}
}

func TestAnAccentFarIntoTheFileStillDecides(t *testing.T) {
	t.Parallel()
	content := "id,name\n" + strings.Repeat("1,Ann\n", 400_000) + "2,Jos\xe9\n" + strings.Repeat("1,Ann\n", 100_000)
	rows, issues := readText(t, content, extract.Options{})
	if rows[400_000][1] != "José" || len(issues) != 1 || issues[0].Code != "encoding-guessed" {
		t.Errorf("%q, issues %v", rows[400_000], issues)
	}
}

func TestARowWithBytesThatAreNoCharactersIsAFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ content, encoding string }{
		"a stray byte in UTF-8":   {"id,name\n1,Zoë\n2,Jos\xe9\n3,Núñez\n", ""},
		"UTF-8 given":             {"id,name\n1,Ann\n2,Jos\xe9\n3,Bob\n", "utf-8"},
		"a broken pair in UTF-16": {encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "id,name\n1,Ann\n2,Jos") + "\x00\xd8" + encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "\n3,Bob\n"), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, issues := readText(t, tt.content, extract.Options{Encoding: tt.encoding})
			if len(rows) != 3 || rows[1][1] != "Jos\uFFFD" {
				t.Errorf("rows %q", rows)
			}
			if len(issues) != 1 {
				t.Fatalf("issues %v", issues)
			}
			want := issue.Issue{
				Severity: issue.Error, Code: "bad-bytes", Type: "value", Column: "name", Value: "Jos\uFFFD",
				Origin: issue.Origin{Source: "t.csv", Table: "t", Row: 2, Line: 3},
			}
			got := issues[0]
			got.Message = ""
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownEncodingsAreNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"klingon", "utf-7", "x-none"} {
		if _, err := extract.LookupCharset(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCharset(f *testing.F) {
	for _, seed := range []string{"", "a,b", "\xff\xfea\x00", "\xfe\xff\x00a", "Jos\xe9", "\xef\xbb\xbfé", "a\x00b\x00c\x00d\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c := extract.DetectCharset(content)
		r, err := c.Reader(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if c.Name != "utf-8" && !utf8.Valid(out) {
			t.Errorf("%s came out as invalid UTF-8", c.Name)
		}
	})
}

func TestTheHeadOfAFileIsReadInUTF16Too(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                               "",
		"MSH|^~":                         "MSH|^~",
		"caf\xe9":                        "caf\xe9",
		"\xff\xfeI\x00N\x00":             "IN",
		"\xfe\xff\x00I\x00N":             "IN",
		"\xff\xfeI\x00N\x00S":            "IN\ufffd",
		"I\x00N\x00S\x00E\x00R\x00T\x00": "INSERT",
		"abcdef\x00gh":                   "abcdef\x00gh",
	} {
		if got := string(extract.HeadText([]byte(in))); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
