package mappings_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"chartlift/mappings"
)

const control = "table,n,note\npatients,12040,\n visits , 7 ,\ntwice,1,\ntwice,2,\nsame,5,\nsame,5,\nbad,12.040,\nnone,,\n"

// withRows is a mapping of one source whose control total is rows.
func withRows(rows string) fstest.MapFS {
	text := "chartlift: 1\nid: m\nparams: { n: 33, none: \"\" }\nsources: { patients: { csv: { path: p.csv }, key: [ID], rows: " + rows + " } }\n" +
		"maps: { p: { from: patients, resource: Patient, elements: { gender: male } } }\n"
	return fstest.MapFS{"m.yaml": {Data: []byte(text)}, "control.csv": {Data: []byte(control)}}
}

func TestAControlTotalIsANumberAParamOrALine(t *testing.T) {
	t.Parallel()
	for rows, want := range map[string]int64{
		"12": 12, "0": 0, `"${param.n}"`: 33, `"${param.none}"`: -1, `""`: -1,
		"{ csv: control.csv, table: table, count: n }":               12040,
		"{ csv: control.csv, table: table, count: n, name: visits }": 7,
		"{ csv: control.csv, table: table, count: n, name: same }":   5,
	} {
		prog, findings := mappings.Compile(withRows(rows), "m.yaml", options())
		if prog == nil || len(findings) > 0 {
			t.Errorf("%s: %s", rows, show(findings))
			continue
		}
		got := int64(-1)
		if total := prog.Sources[0].Total; total != nil {
			got = total.Rows
		}
		if got != want {
			t.Errorf("%s: %d, want %d", rows, got, want)
		}
	}
}

func TestAControlTotalThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	for rows, want := range map[string]string{
		"many":                               `E0107 "many" is no number of rows`,
		"-1":                                 `E0107 "-1" is no number of rows`,
		"[1]":                                "E0104 expected a text here",
		"{ csv: control.csv, table: table }": "E0105",
		"{ table: table, count: n }":         "E0105 name the control file",
		"{ csv: other.csv, table: table, count: n }":                `E0402 the file "other.csv" cannot be read beside the mapping`,
		"{ csv: control.csv, table: tabel, count: n }":              `E0402 the file control.csv has no column "tabel"`,
		"{ csv: control.csv, table: table, count: n, name: visit }": `E0402 the control file has no line for the table "visit"; say its name there: name: TABLE | did you mean visits`,
		"{ csv: control.csv, table: table, count: n, name: twice }": "E0402 the control file has no one number",
		"{ csv: control.csv, table: table, count: n, name: none }":  "E0402 the control file has no one number",
		"{ csv: control.csv, table: table, count: n, name: bad }":   `E0107 "12.040" is no number of rows`,
		"{ csv: control.csv, tabel: table }":                        `E0103 unknown key "tabel" in rows`,
	} {
		_, findings := mappings.Compile(withRows(rows), "m.yaml", options())
		if got := show(findings); !strings.Contains(got, want) {
			t.Errorf("%s: %s", rows, got)
		}
	}
}

func TestCountedSaysWhichWayTheNumberIsWrong(t *testing.T) {
	t.Parallel()
	prog, _ := mappings.Compile(withRows("12"), "m.yaml", options())
	s := prog.Sources[0]
	if _, wrong := s.Counted(12); wrong {
		t.Error("12 of 12 rows are wrong")
	}
	for read, want := range map[int64]string{
		1:  "patients has 1 row, and its control total is 12: the export was cut short",
		13: "patients has 13 rows, and its control total is 12: rows were exported twice",
	} {
		i, wrong := s.Counted(read)
		if !wrong || i.Code != "row-count" || !strings.HasPrefix(i.Message, want) || i.At.Line != 4 {
			t.Errorf("%d: %v %+v", read, wrong, i)
		}
	}
}
