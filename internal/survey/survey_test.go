package survey_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/survey"
	"chartlift/mappings"
	"chartlift/transform"
)

// rows is a table in memory; cell makes those of row n.
type rows struct {
	schema *extract.Schema
	n      int
	cell   func(n int) []string
	read   int
	fail   error
	fault  *issue.Issue // of each row
}

func (r *rows) Tables(context.Context) ([]*extract.Schema, error) {
	return []*extract.Schema{r.schema}, nil
}

func (r *rows) Read(context.Context, string, issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		for start := 0; start < r.n; start += 100 {
			b := &extract.Batch{}
			for i := start; i < min(r.n, start+100); i++ {
				r.read++
				rec := extract.Record{Schema: r.schema, Origin: issue.Origin{Source: "p.csv", Row: int64(i + 1)}, Fault: r.fault}
				for _, c := range r.cell(i) {
					rec.Values = append(rec.Values, extract.Value{Text: c, Kind: extract.Text})
				}
				b.Records = append(b.Records, rec)
			}
			if !yield(b, nil) {
				return
			}
		}
		if r.fail != nil {
			yield(nil, r.fail)
		}
	}
}

func (r *rows) Close() error { return nil }

// look surveys a mapping with the rows of its only table, and returns the
// findings, one a line.
func look(t *testing.T, mapping string, r *rows) []string {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte("chartlift: 1\nid: t\n" + mapping)}}, "m.yaml",
		mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings %+v", findings)
	}
	s := survey.New(prog)
	if r != nil {
		err := s.Look(context.Background(), transform.New(prog, nil), prog.Sources[0], []survey.Input{{Source: r, Schema: r.schema}})
		if !errors.Is(err, r.fail) {
			t.Fatal(err)
		}
	}
	var out []string
	for _, i := range s.Findings() {
		out = append(out, fmt.Sprintf("%s %s %d:%d %s = %s", i.Severity, i.Code, i.At.Line, i.At.Column, i.Message, i.Value))
	}
	return out
}

func wants(t *testing.T, got []string, parts ...string) {
	t.Helper()
	if len(got) != len(parts) {
		t.Fatalf("got %d findings, want %d: %s", len(got), len(parts), strings.Join(got, "\n"))
	}
	for i, p := range parts {
		if !strings.Contains(got[i], p) {
			t.Errorf("finding %d is %s\nwant %s", i, got[i], p)
		}
	}
}

func dates(formats, element string) string {
	return "defaults: { dates: " + formats + " }\nsources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p:\n    from: p\n    resource: Patient\n    elements:\n      " + element + "\n"
}

func table(cells ...string) *rows {
	return &rows{
		schema: &extract.Schema{Source: "p.csv", Table: "p", Columns: []string{"ID", "D"}}, n: len(cells),
		cell: func(n int) []string { return []string{fmt.Sprint(n), cells[n]} },
	}
}

func TestDatesInDoubtAreDecidedByTheValues(t *testing.T) {
	t.Parallel()
	const both = "[YYYY-MM-DD, D/M/YYYY, M/D/YYYY]"
	birth := dates(both, "birthDate: $D | squeeze | date")
	wants(t, look(t, birth, nil), "warning ambiguous-date 10:")
	wants(t, look(t, birth, table("31/12/1980", "3/4/1980", "2020-03-04", "")))
	wants(t, look(t, birth, table("12/31/1980", "3/4/1980")),
		`error ambiguous-date 10:33 0 values of the column "D" for D/M/YYYY, 1 for M/D/YYYY, 1 for both, and those would be read as D/M/YYYY, which stands first; drop it`)
	wants(t, look(t, birth, table("12/31/1980", "5/5/1980")))
	wants(t, look(t, birth, table("3/4/1980", "4/3/1980")), "0 values of the column \"D\" for D/M/YYYY, 0 for M/D/YYYY, 2 for both: nothing tells")
	wants(t, look(t, birth, table("13/4/1980", "4/13/1980")), "1 for M/D/YYYY, 0 for both: the column holds both")
}

func TestACleanersOwnFormatsCountBeforeTheMappings(t *testing.T) {
	t.Parallel()
	for element, want := range map[string]int{
		"birthDate: $D | date D/M/YYYY":                                      0,
		"deceasedDateTime: $D | datetime D/M/YYYY M/D/YYYY America/New_York": 1,
		"deceasedDateTime: $D | datetime America/New_York":                   1,
		"telecom: [{ period: $D | period $D }]":                              1,
		"birthDate: { when: D IS NOT NULL, from: $D | date }":                1,
	} {
		if got := look(t, dates("[D/M/YYYY, M/D/YYYY]", element), table("3/4/1980")); len(got) != want {
			t.Errorf("%s: %d findings, want %d: %v", element, len(got), want, got)
		}
	}
}

func TestAGroupedMapsDatesAreLookedAt(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(dates("[D/M/YYYY, M/D/YYYY]", "birthDate: $D | date"), "    elements", "    group: [ID]\n    elements", 1)
	wants(t, look(t, mapping, table("3/4/1980")), "0 values of the column \"D\" for")
}

func TestCodesWithoutATargetAreNamedWithTheirCounts(t *testing.T) {
	t.Parallel()
	mapping := `sources: { p: { csv: { path: p.csv }, key: [ID], where: "D <> 'no'" } }
crosswalks:
  full: { inline: { a: male } }
  sex: { inline: { a: male }, unmapped: { use: unknown } }
maps:
  p: { from: p, resource: Patient, elements: { gender: $D | lower | code sex } }
`
	wants(t, look(t, mapping, table("A", "B", "b", "C", "no", "")), "information crosswalk-gap 6:3 the crosswalk sex has no target for 2 codes of the source, used 3 times; add them")
	if got := look(t, mapping, table("A", "B", "b", "C", "no")); !strings.HasSuffix(got[0], " = b ×2, c ×1") {
		t.Errorf("codes: %s", got[0])
	}
}

func TestTheLookIsBounded(t *testing.T) {
	t.Parallel()
	r := table()
	r.n = survey.Rows + 50_000
	r.cell = func(n int) []string { return []string{fmt.Sprint(n), "3/4/1980"} }
	got := look(t, dates("[D/M/YYYY, M/D/YYYY]", "birthDate: $D | date"), r)
	wants(t, got, "100000 for both (of the first 100000 rows of each table): nothing tells")
	if r.read > survey.Rows+100 {
		t.Errorf("%d rows were read", r.read)
	}
}

func TestAFileThatCannotBeReadEndsTheLook(t *testing.T) {
	t.Parallel()
	r := table("3/4/1980")
	r.fail = errors.New("cut short")
	look(t, dates("[D/M/YYYY, M/D/YYYY]", "birthDate: $D | date"), r)
	if diff := cmp.Diff(1, r.read); diff != "" {
		t.Error(diff)
	}
}

func TestTextThatLostItsLettersIsFound(t *testing.T) {
	t.Parallel()
	mapping := "sources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p: { from: p, resource: Patient, elements: { name: [{ family: $D }] } }\n"
	got := look(t, mapping, table("Núñez", "NÃºÃ±ez", "N??ez", "Garc?a", "N\uFFFDez", "What?", "a/b?c=d", ""))
	wants(t, got, "warning garbled-text 3:12 3 values of the column \"D\" of p.csv lost letters on the way; export again as UTF-8")
	if !strings.HasSuffix(got[0], " = NÃºÃ±ez") {
		t.Errorf("the example is missing: %s", got[0])
	}
}

func TestCellsThatMovedUpLeaveBlanksAtTheEnd(t *testing.T) {
	t.Parallel()
	mapping := "sources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p: { from: p, resource: Patient, elements: { name: [{ family: $D }] } }\n"
	filled := strings.Split(strings.Repeat("x", 10), "")
	wants(t, look(t, mapping, table(append(filled, "", "")...)), "warning blank-at-end 3:12 the column \"D\" of p.csv is blank in the last 2 rows and nowhere else")
	for name, cells := range map[string][]string{
		"full":                     filled,
		"blank elsewhere, too":     append([]string{"x", ""}, append(filled, "")...),
		"blank in the last four":   append(filled, "", "", "", ""),
		"too few to judge":         {"x", "x", ""},
		"blank everywhere":         {"", "", ""},
		"blank in the middle only": append(append(filled[:5:5], ""), filled[5:]...),
	} {
		if got := look(t, mapping, table(cells...)); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestColumnsOfHTMLAndOfChangedNumbersAreFound(t *testing.T) {
	t.Parallel()
	mapping := "sources: { p: { csv: { path: p.csv }, key: [D] } }\nmaps:\n  p: { from: p, resource: Patient, elements: { name: [{ family: $D }] } }\n"
	got := look(t, mapping, table("1E+05", "7", "A &amp; B", "1.2E+07", "1234567890123000"))
	wants(t, got, `warning damaged-key 3:12 3 values of the column "D" of p.csv lost digits in a spreadsheet; compare them with the old system`,
		`warning html-entity 3:12 1 value of the column "D" of p.csv came with characters written as HTML, as in &amp;; write | html_unescape`)
	if !strings.HasSuffix(got[0], " = 1E+05") || !strings.HasSuffix(got[1], " = A &amp; B") {
		t.Errorf("the examples are missing: %s", got)
	}
}

func TestLongNumbersThatAllEndInZeroWereRounded(t *testing.T) {
	t.Parallel()
	mapping := "sources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p: { from: p, resource: Patient, elements: { identifier: [{ value: $D }] } }\n"
	rounded, whole := make([]string, 12), make([]string, 12)
	for i := range rounded {
		rounded[i] = fmt.Sprintf("41234567890%d%d0", 12+i, 45+i)
		whole[i] = fmt.Sprintf("41234567890%d%d%d", 12+i, 45+i, i%10)
	}
	wants(t, look(t, mapping, table(append(rounded, "", "7")...)), `warning damaged-key 3:12 all 12 numbers of more than 15 digits in the column "D" of p.csv end in 0: a spreadsheet keeps 15 of them`)
	wants(t, look(t, mapping, table(whole...)))
	wants(t, look(t, mapping, table(rounded[:9]...))) // too few to judge
}

func TestCellsOfRowsThatCannotBeReadCount(t *testing.T) {
	t.Parallel()
	mapping := "sources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p: { from: p, resource: Patient, elements: { name: [{ family: $D }] } }\n"
	r := table("M\uFFFDller")
	r.fault = &issue.Issue{Severity: issue.Error, Code: "bad-bytes"}
	wants(t, look(t, mapping, r), `warning garbled-text 3:12 1 value of the column "D" of p.csv lost letters`)
}
