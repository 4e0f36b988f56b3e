package mappings_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

const columnsMapping = header + `
sources:
  pat:
    csv: { path: "Pat*.csv" }
    key: [ID]
    columns: { NOTE: "string?", DEAD: "date!", UNUSED: string }
    rename: { PatNo: ID, Geb: DOB }
maps:
  p:
    from: pat
    resource: Patient
    elements: { birthDate: $DOB | date, name: [{ text: $NOTE }] }
`

func TestSegmentsOfMessagesAreTablesWhoseColumnsTheMappingNames(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
sources:
  pid:
    hl7v2: { path: "*.hl7", segment: pid }
    key: [ID]
    rename: { PID-3.1: ID }
maps:
  p:
    from: pid
    resource: Patient
    elements: { gender: '$"PID-8"' }
`)
	pid := prog.Sources[0]
	if diff := cmp.Diff([]string{"PID-3.1", "PID-8"}, pid.FileColumns()); diff != "" {
		t.Error(diff)
	}
	if pid.Format != "hl7v2" || !pid.MatchesTable("PID") || pid.MatchesTable("PV1") || !pid.MatchesFile("a.HL7.gz") {
		t.Errorf("%+v", pid)
	}
	for segment, good := range map[string]bool{"PID": true, "PID.3": true, "": false, "PIDX": false, "PID.x": false, "PID.0": false, "PID.": false} {
		_, findings := compile(header + `
sources: { pid: { hl7v2: { path: "*.hl7", segment: "` + segment + `" }, key: [_line] } }
maps: { p: { from: pid, resource: Patient, elements: { gender: unknown } } }
`)
		if strings.Contains(show(findings), "name the segment") == good {
			t.Errorf("segment %q: %s", segment, show(findings))
		}
	}
}

func TestColumnsAreComparedWithTheHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		columns string
		line    int64
		want    []string
	}{
		"all there, two of them under another name": {"PatNo Geb NOTE DEAD MORE", 1, nil},
		"an optional one is missing":                {"ID DOB DEAD", 1, []string{"W0203"}},
		"one is missing":                            {"ID DBO NOTE DEAD", 3, []string{`E0203 DBO column "DOB" is not in pat.csv; its header in line 3 has ID, DBO, NOTE, DEAD`}},
		"a required one is missing":                 {"ID DOB NOTE", 1, []string{"E0203"}},
		"one stands there twice":                    {"PatNo ID DOB NOTE DEAD", 7, []string{`pat.csv names the column "ID" 2 times in its header (line 7)`}},
		"one that nobody needs stands there twice":  {"ID DOB NOTE DEAD X X", 1, nil},
		"a dump without a header":                   {"ID NOTE DEAD", 0, []string{`E0203  column "DOB" is not in pat.csv; its columns are ID, NOTE, DEAD`}},
		"many columns":                              {"ID NOTE DEAD c4 c5 c6 c7 c8 c9 c10", 1, []string{`… (10 in all)`}},
		"no column at all":                          {"", 1, []string{"E0203", "E0203", "E0203", "W0203"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog := mustCompile(t, columnsMapping)
			findings := prog.CheckColumns(prog.Sources[0], mappings.Table{Source: "pat.csv", Table: "pat", Columns: strings.Fields(c.columns), Line: c.line})
			if len(findings) != len(c.want) {
				t.Fatalf("findings:\n%s", show(findings))
			}
			for i, f := range findings {
				if got := f.Code + " " + f.Suggestion + " " + f.Message; !strings.Contains(got, c.want[i]) && f.Code != c.want[i] {
					t.Errorf("got %s, want %s", got, c.want[i])
				}
				if f.At.File != "m.yaml" || f.At.Line == 0 {
					t.Errorf("%s has no place: %s", f.Code, f.At)
				}
			}
		})
	}
}

func TestThePolicyMissingColumnMakesAColumnOptional(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, strings.Replace(columnsMapping, "sources:", "defaults: { policy: { missing_column: omit-element } }\nsources:", 1))
	for _, f := range prog.CheckColumns(prog.Sources[0], mappings.Table{Source: "pat.csv", Columns: []string{"ID"}, Line: 1}) {
		if f.Code != "W0203" {
			t.Errorf("finding %s: %s", f.Code, f.Message)
		}
	}
}

func TestFilesAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
sources:
  star: { csv: { path: "pat*.csv" }, key: [ID] }
  zip: { sql_dump: { path: dump.sql.gz, table: Patients }, key: [ID] }
  sheet: { xlsx: { path: book.xlsx, sheet: "Phone List" }, key: [ID] }
  book: { xlsx: { path: book.xlsx }, key: [ID] }
maps: { p: { from: star, resource: Patient, lookup: { l: { in: sheet, on: { ID: $ID } } }, elements: { active: true } } }
`)
	star, dump, sheet, book := prog.Sources[0], prog.Sources[1], prog.Sources[2], prog.Sources[3]
	for name, want := range map[string]bool{
		"patients.csv": true, "Pat.CSV": true, "in/2024/pat1.csv.gz": true, "export.zip!a/patients.csv": true, "patients.csv.zip": true,
		"mypatients.csv": false, "patients.csv.bak": false, "pat/x.csv": false, "patients.tsv": false,
	} {
		if got := star.MatchesFile(name); got != want {
			t.Errorf("pat*.csv matches %s: %v", name, got)
		}
	}
	for name, want := range map[string]bool{"a.xml": true, "A.CCDA": true, "a.cda.gz": true, "a.hl7": false, "a.txt": false} {
		if got := (&mappings.Source{Format: "ccda", Path: "*.xml"}).MatchesFile(name); got != want {
			t.Errorf("a document called %s: %v", name, got)
		}
	}
	if (&mappings.Source{Format: "csv", Path: "*.xml"}).MatchesFile("a.ccda") || (&mappings.Source{Format: "ccda", Path: "new*.xml"}).MatchesFile("new1.ccda") {
		t.Error("only the plain pattern of documents stands for other endings")
	}
	if !dump.MatchesFile("DUMP.sql.gz") || dump.MatchesFile("dump.sql") {
		t.Error("a pattern with its own suffix")
	}
	if !star.MatchesTable("anything") || !dump.MatchesTable("PATIENTS") || dump.MatchesTable("visits") ||
		!sheet.MatchesTable("phone list") || sheet.MatchesTable("Other") || !book.MatchesTable("Other") {
		t.Error("tables inside files are told apart wrongly")
	}
	if diff := cmp.Diff([]string{"star", "sheet"}, sourceNames(prog.Needed())); diff != "" {
		t.Errorf("needed (-want +got):\n%s", diff)
	}
}

func sourceNames(list []*mappings.Source) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Name)
	}
	return out
}

func TestATextWithoutQuotesInAConditionIsToldFromAColumn(t *testing.T) {
	t.Parallel()
	const hint = "; if a text is meant, put it in single quotes: 'M'"
	for condition, want := range map[string]bool{
		"Sex = M": true, `Sex <> "M"`: true, "ID IS NOT NULL AND (Sex = M OR Sex = 'F')": true,
		"M = 'x'": false, "M IS NULL": false, "Sex = 'F' AND M": false, "Sex = 'F' OR LENGTH(M) > 1": false,
	} {
		prog, findings := compile(header + `
sources: { p: { csv: { path: p.csv }, key: [ID] } }
maps: { p: { from: p, resource: Patient, elements: { gender: { when: ` + strconv.Quote(condition) + `, from: unknown } } } }
`)
		if prog == nil {
			t.Errorf("%s is refused: %s", condition, show(findings))
			continue
		}
		got := show(prog.CheckColumns(prog.Sources[0], mappings.Table{Source: "p.csv", Table: "p", Columns: []string{"ID", "Sex"}, Line: 1}))
		if !strings.Contains(got, `column "M" is not in p.csv`) || strings.Contains(got, hint) != want {
			t.Errorf("%s: with the hint should be %v: %s", condition, want, got)
		}
	}
}
