package stage_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/clean"
	"chartlift/transform/stage"
)

const header = "chartlift: 1\nid: t\nsources:\n" +
	"  obs: { csv: { path: obs.csv }, key: [ID], columns: { FAX: string? } }\n" +
	"  pat: { csv: { path: pat.csv }, key: [ID] }\n" +
	"  old: { csv: { path: old.csv }, key: [ID] }\nviews:\n"

// compile compiles a mapping that uses every view.
func compile(t *testing.T, views ...string) *mappings.Program {
	t.Helper()
	return compileFor(t, views...)
}

// compileFor is compile for benchmarks, too.
func compileFor(t testing.TB, views ...string) *mappings.Program {
	t.Helper()
	text := header
	for i, v := range views {
		text += fmt.Sprintf("  v%d: %s\n", i+1, v)
	}
	text += "maps:\n"
	for i := range views {
		text += fmt.Sprintf("  m%d: { from: v%d, key: [K], resource: Basic, elements: { code: { text: x } } }\n", i+1, i+1)
	}
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("%s\n%+v", text, findings)
	}
	return prog
}

func tables() map[string][]string {
	return map[string][]string{"obs": {"ID", "PAT", "CODE", "Value", "Date of Birth"}, "pat": {"ID", "NAME", "Town", "TOWN"}}
}

func columns(prog *mappings.Program) map[*mappings.Source][]string {
	out := map[*mappings.Source][]string{}
	for _, s := range prog.Sources {
		if c := tables()[s.Name]; c != nil {
			out[s] = c
		}
	}
	return out
}

// check compiles views and returns their findings, one a line.
func check(t *testing.T, views ...string) (*stage.Plan, string) {
	t.Helper()
	prog := compile(t, views...)
	plan, findings, err := stage.Check(prog, columns(prog))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%d:%d+%d %s %s", f.At.Line-7, f.At.Column, f.At.Length, f.Code, f.Message)
		if f.Suggestion != "" {
			b.WriteString(" | " + f.Suggestion)
		}
		b.WriteByte('\n')
	}
	return plan, b.String()
}

// TestAViewMayOnlyReadWhatTheMappingDeclares asks for everything that SQLite
// could do beside reading. What the language itself refuses (several
// statements, PRAGMA, the clock) is tested there.
func TestAViewMayOnlyReadWhatTheMappingDeclares(t *testing.T) {
	t.Parallel()
	for sql, what := range map[string]string{
		"SELECT random() AS K FROM obs":                             "the function random",
		"SELECT ID AS K FROM obs ORDER BY random()":                 "the function random",
		"SELECT hex(randomblob(4)) AS K FROM obs":                   "the function randomblob",
		"SELECT load_extension('x') AS K FROM obs":                  "the function load_extension",
		"SELECT ID AS K FROM obs WHERE changes() = 0":               "the function changes",
		"SELECT total_changes() AS K FROM obs":                      "the function total_changes",
		"SELECT last_insert_rowid() AS K FROM obs":                  "the function last_insert_rowid",
		"SELECT sqlite_version() AS K FROM obs":                     "the function sqlite_version",
		"SELECT sqlite_source_id() AS K FROM obs":                   "the function sqlite_source_id",
		"SELECT K FROM (SELECT zeroblob(1000000000) AS K FROM obs)": "the function zeroblob",
		"SELECT o.ID AS K FROM obs o, pragma_table_info('obs') p":   "the table pragma_table_info",
		"SELECT ID AS K FROM obs WHERE ID IN sqlite_master":         "the table sqlite_master",
		"SELECT ID AS K FROM obs WHERE ID IN sqlite_temp_master":    "the table sqlite_temp_master",
	} {
		if _, got := check(t, sql); !strings.Contains(got, "E0212") || !strings.Contains(got, what) {
			t.Errorf("%s: %q", sql, got)
		}
	}
}

func TestColumnsOfTablesThatAreNotKnownAreTakenForGivenInAsManyTablesAsNameThem(t *testing.T) {
	t.Parallel()
	prog := compile(t, "SELECT ID AS K FROM obs UNION ALL SELECT ID FROM pat UNION ALL SELECT id FROM old")
	plan, findings, err := stage.Rehearse(prog, nil)
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, %v", err, findings)
	}
	st, err := stage.Open(plan, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"K"}, plan.Columns(prog.UsedViews()[0])); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAViewMayUse(t *testing.T) {
	t.Parallel()
	views := []string{
		"SELECT ID AS K, count(*) AS N, group_concat(CODE, ';') AS C FROM obs GROUP BY 1 HAVING N > 1",
		"WITH RECURSIVE n(K) AS (SELECT 1 UNION ALL SELECT K + 1 FROM n WHERE K < 3) SELECT K FROM n, obs",
		"SELECT ID AS K, row_number() OVER (PARTITION BY PAT ORDER BY \"Date of Birth\") AS R, lag(Value) OVER (ORDER BY ID) FROM obs",
		"SELECT o.ID AS K, p.NAME FROM obs o LEFT JOIN pat p ON p.ID = o.PAT WHERE EXISTS (SELECT 1 FROM v1 WHERE v1.K = o.ID)",
		"SELECT DISTINCT json_extract(CODE, '$.a') AS K, j.value FROM obs, json_each(obs.CODE) j",
		"SELECT date(Value, '+1 day') AS K, julianday(Value) - julianday('2000-01-01'), strftime('%Y', Value) FROM obs",
		"SELECT ID AS K, FAX FROM obs UNION SELECT ID, PAT FROM obs EXCEPT SELECT K, N FROM v1",
		"SELECT ANY AS K, o.OTHER, \"whatever it has\" FROM old o",
		"SELECT _line AS K, _file_line FROM obs WHERE CAST(Value AS REAL) * 2 BETWEEN 1 AND 3",
	}
	views[7] = strings.ReplaceAll(views[7], "ANY", "ANYTHING")
	plan, got := check(t, quoteAll(views)...)
	if got != "" {
		t.Fatalf("findings:\n%s", got)
	}
	_ = plan
}

// quoteAll writes texts as YAML's single-quoted scalars.
func quoteAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return out
}

func TestMistakesOfAViewAreFoundWithTheirPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sql, want string }{
		{"SELECT ID AS K, o.PATT, VALUES1 FROM obs o", "1:25+4 E0203 no table of the view v1 has the column \"o.PATT\"; its tables have ID, PAT, CODE, Value, Date of Birth, FAX; a column that only some exports have is declared in its source: NAME: string? | PAT\n" +
			"1:31+7 E0203 no table of the view v1 has the column \"VALUES1\"; its tables have ID, PAT, CODE, Value, Date of Birth, FAX; a column that only some exports have is declared in its source: NAME: string? | Value\n"},
		{"SELECT ID AS K, \"Date of Brith\" FROM obs", "1:23+15 E0203 no table of the view v1 has the column \"Date of Brith\"; its tables have ID, PAT, CODE, Value, Date of Birth, FAX; a column that only some exports have is declared in its source: NAME: string? | Date of Birth\n"},
		{"SELECT ID AS K, FROM obs", "1:23+4 E0211 SQLite does not understand the view v1: near \"FROM\": syntax error\n"},
		{"SELECT ID AS K FROM obs GROUP ID", "1:37+2 E0211 SQLite does not understand the view v1: near \"ID\": syntax error\n"},
		{"SELECT ID AS K FROM obs WHERE", "1:31+5 E0211 SQLite does not understand the view v1: incomplete input\n"},
		{"SELECT ID AS K FROM obs, pat", "1:14+2 E0211 SQLite does not understand the view v1: ambiguous column name: ID\n"},
		{"SELECT ID AS K, shout(CODE) FROM obs", "1:23+5 E0211 SQLite does not understand the view v1: no such function: shout\n"},
		{"SELECT ID AS K FROM obs WHERE max(ID) = 2", "1:7+6 E0211 SQLite does not understand the view v1: misuse of aggregate function max()\n"},
		{"SELECT ID AS K, TOWN FROM pat", "1:23+4 E0205 the table of pat has several columns that SQL calls \"Town\"; rename them: rename: { NAME: OTHER }\n"},
		{"{ sql: SELECT ID AS K FROM obs, key: [k] }", "1:3+2 E0203 the view v1 has no column \"k\" for its key; it has K | K\n"},
	} {
		if _, got := check(t, c.sql); got != c.want {
			t.Errorf("%s (-want +got):\n%s", c.sql, cmp.Diff(c.want, got))
		}
	}
}

// Before the tables are read nobody knows their columns: one without a table's
// name is of the SELECT in which it stands.
func TestColumnsOfTablesThatNobodyHasReadAreTakenAsGiven(t *testing.T) {
	t.Parallel()
	prog := compile(t, quoteAll([]string{
		"SELECT o.K, n.PLACE FROM obs o LEFT JOIN (SELECT OWNER, row_number() OVER (PARTITION BY OWNER ORDER BY LOCALE) AS PLACE FROM old) n ON n.OWNER = o.K",
		"SELECT K FROM v1 WHERE EXISTS (SELECT 1 FROM pat WHERE TOWN = 'x')",
		"SELECT a.K FROM obs a JOIN (SELECT X AS Y FROM pat) p ON p.Z = a.K",
	})...)
	plan, findings, err := stage.Check(prog, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 || findings[0].Code != "E0203" || !strings.Contains(findings[0].Message, `"p.Z"`) {
		t.Errorf("findings: %+v", findings)
	}
	if got := plan.Columns(prog.Views[0]); !slices.Equal(got, []string{"K", "PLACE"}) {
		t.Errorf("the view has the columns %q", got)
	}
}

func TestAMistakeInAViewOfAViewIsFoundToo(t *testing.T) {
	t.Parallel()
	_, got := check(t, "SELECT ID AS K FROM obs", "SELECT K, v1.NUMBER FROM v1")
	want := "2:20+6 E0203 no table of the view v2 has the column \"v1.NUMBER\"; its tables have K; a column that only some exports have is declared in its source: NAME: string?\n"
	if got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// rows are the cells of a table, ∅ being NULL; the row's number is its place,
// the line one more.
func fill(t *testing.T, s *stage.Stage, prog *mappings.Program, name string, rows ...string) error {
	t.Helper()
	source := prog.Sources[map[string]int{"obs": 0, "pat": 1, "old": 2}[name]]
	schema := &extract.Schema{Source: name + ".csv", Table: name, Columns: tables()[name]}
	b, err := transform.New(prog, nil).BindRows(source, schema)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Filler(source, b.Cells)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range rows {
		rec := extract.Record{Schema: schema, Origin: issue.Origin{Source: schema.Source, Table: name, Row: int64(i + 1), Line: int64(i + 2)}}
		for _, cell := range strings.Split(line, "|") {
			v := extract.Value{Kind: extract.Text, Text: cell}
			if cell == "∅" {
				v = extract.Value{Kind: extract.Null}
			}
			rec.Values = append(rec.Values, v)
		}
		for len(rec.Values) < len(schema.Columns) {
			rec.Values = append(rec.Values, extract.Value{})
		}
		if err := f.Add(int64(i+1), &rec); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// open makes a stage of views that have no findings.
func open(t *testing.T, views ...string) (*stage.Stage, *mappings.Program, string) {
	t.Helper()
	prog := compile(t, quoteAll(views)...)
	plan, findings, err := stage.Check(prog, columns(prog))
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v %+v", err, findings)
	}
	dir := t.TempDir()
	s, err := stage.Open(plan, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, prog, dir
}

// read returns the rows of a view: cells, then the places that each was made
// of.
func read(t *testing.T, s *stage.Stage, prog *mappings.Program, n int) []string {
	t.Helper()
	src := s.View(prog.UsedViews()[n-1])
	var out []string
	for b, err := range src.Read(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Records {
			var cells []string
			values := b.Records[i].Values
			for _, v := range values[:len(values)-1] {
				if v.Kind == extract.Null {
					v.Text = "∅"
				}
				cells = append(cells, v.Text)
			}
			line := strings.Join(cells, "|") + " <-"
			for _, p := range s.Places(&b.Records[i]) {
				line += fmt.Sprintf(" %s %d line %d", p.Source.Name, p.Row, p.Line)
			}
			out = append(out, line)
		}
	}
	return out
}

func TestRowsOfAViewKnowTheRowsTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	views := []struct {
		sql  string
		want []string
	}{
		{"SELECT ID AS K, VALUE FROM obs WHERE CODE = 'a'", []string{"1|10 <- obs 1 line 2", "3|∅ <- obs 3 line 4"}},
		{"SELECT PAT AS K, MAX(CASE CODE WHEN 'a' THEN VALUE END), count(*) FROM obs GROUP BY PAT", []string{"p|10|2 <- obs 1 line 2 obs 2 line 3", "q|∅|1 <- obs 3 line 4"}},
		{"SELECT o.ID AS K, p.NAME FROM obs AS o JOIN pat p ON p.ID = o.PAT", []string{"1|Ana <- obs 1 line 2", "2|Ana <- obs 2 line 3"}},
		{"SELECT ID AS K FROM obs WHERE CODE = 'b' UNION ALL SELECT ID FROM pat", []string{"2 <- obs 2 line 3", "p <- pat 1 line 2", "r <- pat 2 line 3"}},
		{"SELECT ID AS K FROM obs UNION SELECT ID FROM pat WHERE ID = 'r'", []string{"1 <-", "2 <-", "3 <-", "r <-"}},
		{"SELECT DISTINCT PAT AS K FROM obs", []string{"p <-", "q <-"}},
		{"SELECT DISTINCT PAT AS K, group_concat(_line) AS _line FROM obs GROUP BY PAT", []string{"p|1,2 <- obs 1 line 0 obs 2 line 0", "q|3 <- obs 3 line 0"}},
		{"SELECT PAT AS K, ID, min(CAST(VALUE AS REAL)) FROM obs GROUP BY PAT HAVING count(*) > 1", []string{"p|1|10 <- obs 1 line 2 obs 2 line 3"}},
		{"SELECT PAT AS K, ID, max(CAST(VALUE AS REAL)) FROM obs GROUP BY PAT HAVING count(*) > 1", []string{"p|2|20 <- obs 1 line 2 obs 2 line 3"}},
		{"SELECT p.ID AS K, max(o.VALUE) FROM pat p LEFT JOIN obs o ON o.PAT = p.ID GROUP BY p.ID", []string{"p|20 <- pat 1 line 2", "r|∅ <- pat 2 line 3"}},
		{"SELECT p.NAME AS K FROM obs o RIGHT JOIN pat p ON p.ID = o.PAT", []string{"Ana <- obs 1 line 2", "Ana <- obs 2 line 3", "Rut <-"}},
		{"SELECT o.ID AS K FROM obs o WHERE o.PAT IN (SELECT ID FROM pat) AND o.CODE IS NOT DISTINCT FROM 'a'", []string{"1 <- obs 1 line 2"}},
		{"SELECT count(*) AS K FROM obs", []string{"3 <-"}},
		{"SELECT max(ID, PAT) AS K FROM obs WHERE ID < '3'", []string{"p <- obs 1 line 2", "p <- obs 2 line 3"}},
		{"WITH x AS (SELECT ID FROM pat) SELECT o.ID AS K FROM obs o JOIN x ON x.ID = o.PAT", []string{"1 <- obs 1 line 2", "2 <- obs 2 line 3"}},
		{"SELECT x.ID AS K FROM (SELECT * FROM obs) x", []string{"1 <-", "2 <-", "3 <-"}},
		{"SELECT K FROM v1 WHERE VALUE IS NULL", []string{"3 <- obs 3 line 4"}},
		{"SELECT v2.K, max(v1.VALUE) FROM v2 LEFT JOIN v1 ON v1.K = '1' GROUP BY v2.K", []string{"p|10 <- obs 1 line 2 obs 2 line 3", "q|10 <- obs 3 line 4"}},
		{"SELECT ID AS K, (SELECT count(*) FROM pat) FROM obs WHERE ID = '2'", []string{"2|2 <- obs 2 line 3"}},
		{
			"SELECT CAST(VALUE AS REAL) / 3 AS K, 0.1 + 0.2, 1e20, CAST(VALUE AS INTEGER) + 1, 1e400, x'41' FROM obs WHERE ID = '1'",
			[]string{"3.33333333333333|0.3|100000000000000000000|11|∅|A <- obs 1 line 2"},
		},
		{"SELECT ID AS K, \"DATE OF BIRTH\", FAX FROM obs WHERE ID = '1'", []string{"1|born|∅ <- obs 1 line 2"}},
		{"SELECT count(*) OVER () AS K, ID FROM obs ORDER BY ID DESC LIMIT 2", []string{"3|3 <- obs 3 line 4", "3|2 <- obs 2 line 3"}},
	}
	var texts []string
	for _, v := range views {
		texts = append(texts, v.sql)
	}
	s, prog, dir := open(t, texts...)
	err := errors.Join(
		fill(t, s, prog, "obs", "1|p|a| 10 |born", "2|p|b|20", "3|q|a|∅"),
		fill(t, s, prog, "pat", "p|Ana", "r|Rut"))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range views {
		if diff := cmp.Diff(v.want, read(t, s, prog, i+1)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.sql, diff)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if stat, err := os.Stat(files[0]); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(files[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the stage is still there: %v", err)
	}
}

func TestTheOrderOfAViewDependsOnItsRowsAlone(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][]string{
		"SELECT CODE AS K, ID FROM obs":                                    {"a|2", "a|3", "b|1"},
		"SELECT ID, CODE AS K FROM obs ORDER BY CODE DESC":                 {"1|b", "2|a", "3|a"},
		"SELECT CODE AS K, ID FROM obs UNION ALL SELECT 'c', '0' FROM pat": {"a|2", "a|3", "b|1", "c|0"},
	} {
		for _, rows := range [][]string{{"1|p|b", "2|p|a", "3|p|a"}, {"3|p|a", "2|p|a", "1|p|b"}} {
			s, prog, _ := open(t, sql)
			if err := fill(t, s, prog, "obs", rows...); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(sql, "pat") {
				if err := fill(t, s, prog, "pat", "x|y"); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, line := range read(t, s, prog, 1) {
				cells, _, _ := strings.Cut(line, " <-")
				got = append(got, cells)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", sql, diff)
			}
		}
	}
}

func TestManyRowsAreStagedInOrder(t *testing.T) {
	t.Parallel()
	s, prog, _ := open(t, "SELECT CAST(ID AS INTEGER) AS K, _line, _file_line FROM obs")
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("%d|p", i))
	}
	if err := fill(t, s, prog, "obs", lines...); err != nil {
		t.Fatal(err)
	}
	got := read(t, s, prog, 1)
	if len(got) != 1000 || got[999] != "999|1000|1001 <- obs 1000 line 1001" {
		t.Errorf("%d rows, last %q", len(got), got[len(got)-1])
	}
}

func TestTheClockDoesNotComeInByAValue(t *testing.T) {
	t.Parallel()
	s, prog, _ := open(t, "SELECT date(VALUE) AS K FROM obs")
	if err := fill(t, s, prog, "obs", "1|p|a|2000-01-01", "2|p|a| NOW "); err == nil || !strings.Contains(err.Error(), `row 2 says "now" in the column "Value"`) {
		t.Errorf("error %v", err)
	}
	for _, word := range []string{"subsec", "SubSecond", "now\x00 or never"} {
		s, prog, _ = open(t, "SELECT date(VALUE) AS K FROM obs")
		if err := fill(t, s, prog, "obs", "1|p|a|"+word); err == nil || !strings.Contains(err.Error(), `in the column "Value"`) {
			t.Errorf("%q passes for a value: %v", word, err)
		}
	}
	for _, word := range []string{"nowhere", "no", "s", "subsecs", "2000-01-01"} {
		s, prog, _ = open(t, "SELECT date(VALUE) AS K FROM obs")
		if err := fill(t, s, prog, "obs", "1|p|a|"+word); err != nil {
			t.Errorf("%q: %v", word, err)
		}
	}
	s, prog, _ = open(t, "SELECT VALUE AS K FROM obs")
	if err := fill(t, s, prog, "obs", "1|p|a|now"); err != nil {
		t.Errorf("no function of dates is used: %v", err)
	}
}

func TestAViewThatNeverEndsCanBeInterrupted(t *testing.T) {
	t.Parallel()
	s, prog, _ := open(t, "WITH RECURSIVE n(K) AS (SELECT 1 UNION ALL SELECT K + 1 FROM n) SELECT max(n.K) AS K FROM n, obs")
	if err := fill(t, s, prog, "obs", "1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan struct{})
	go func() { defer close(cancelled); cancel() }()
	<-cancelled
	for _, err := range s.View(prog.UsedViews()[0]).Read(ctx, "", nil) {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		return
	}
	t.Error("the view ended")
}

// FuzzViewSQL gives the check whatever SQL: it must say what is wrong, and
// where its rows are followed, SQLite must understand that, too.
func FuzzViewSQL(f *testing.F) {
	for _, seed := range []string{
		"SELECT ID AS K FROM obs", "SELECT a.ID AS K, max(b.CODE) FROM obs a, obs AS b GROUP BY 1 ORDER BY 2 LIMIT 3",
		"WITH x(K) AS (SELECT [ID] FROM obs) SELECT K FROM x UNION ALL SELECT \"NAME\" FROM pat -- end", "SELECT x'00', 1.5e-3, 'it''s' FROM obs WHERE ID IS NOT DISTINCT FROM K",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		quoted := strings.ReplaceAll(sql, "'", "''")
		if strings.ContainsAny(sql, "\n\r\x00\ufeff") {
			return
		}
		text := header + "  v1: '" + quoted + "'\nmaps:\n  m: { from: v1, key: [K], resource: Basic, elements: { code: { text: x } } }\n"
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
		if prog == nil {
			if len(findings) == 0 {
				t.Error("no program and no findings")
			}
			return
		}
		plan, findings, err := stage.Check(prog, columns(prog))
		if err != nil || len(findings) > 0 {
			return
		}
		s, err := stage.Open(plan, t.TempDir())
		if err != nil {
			t.Fatalf("%s: understood, but %v", sql, err)
		}
		defer s.Close()
		if plan.Columns(prog.Views[0]) == nil {
			t.Errorf("%s: no columns", sql)
		}
	})
}

func TestAViewMayNameManyColumnsThatATestDoesNotGive(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		sql := "SELECT ID AS K"
		for i := range n {
			sql += fmt.Sprintf(", C%d", i)
		}
		return sql + " FROM old"
	}
	prog := compile(t, many(300))
	plan, findings, err := stage.Rehearse(prog, map[*mappings.Source][]string{})
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	if n := len(plan.Columns(prog.Views[0])); n != 301 {
		t.Errorf("the view has %d columns, want 301", n)
	}
	_, findings, err = stage.Rehearse(compile(t, many(1100)), map[*mappings.Source][]string{})
	if err != nil || len(findings) != 1 || findings[0].Code != "E0211" {
		t.Errorf("more columns than a table can have must be a finding, got %+v, %v", findings, err)
	}
}

func TestEachPartOfAUnionMayNameColumnsThatATestDoesNotGive(t *testing.T) {
	t.Parallel()
	prog := compile(t, "SELECT ID AS K, NAME FROM pat UNION ALL SELECT NUMBER, TEXT FROM old UNION ALL SELECT NUMBER, TEXT FROM obs")
	pat := prog.Sources[slices.IndexFunc(prog.Sources, func(s *mappings.Source) bool { return s.Name == "pat" })]
	plan, findings, err := stage.Rehearse(prog, map[*mappings.Source][]string{pat: {"ID", "NAME"}})
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	if diff := cmp.Diff([]string{"K", "NAME"}, plan.Columns(prog.Views[0])); diff != "" {
		t.Error(diff)
	}
}

func TestATableWiderThanSQLiteTakesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	prog := compile(t, "SELECT ID AS K FROM obs")
	for n, want := range map[int]string{1997: "", 1998: "the table of obs has 1999 columns, and one that views read has 1998 at the most"} {
		wide := []string{"ID"}
		for i := range n - 1 {
			wide = append(wide, fmt.Sprintf("c%d", i))
		}
		_, _, err := stage.Check(prog, map[*mappings.Source][]string{prog.Sources[0]: wide}) // and FAX, which the mapping declares
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got, want) {
			t.Errorf("%d columns: %v", n, err)
		}
	}
}

func TestParamsAreValuesInAViewWhateverTheyHold(t *testing.T) {
	t.Parallel()
	const text = "chartlift: 1\nid: t\nparams: { since: \"2020\", kind: a, n: \"1\" }\nsources: { obs: { csv: { path: obs.csv }, key: [ID] } }\nviews:\n" +
		"  v:\n    key: [K]\n    sql: |\n      SELECT ID AS K, ${param.kind} AS KIND FROM obs WHERE Value >= ${param.since} -- not ${param.here}\n" +
		"      AND CODE <> '${param.quoted}' ORDER BY ID LIMIT CAST(${param.n} AS INTEGER) + 1\n" +
		"maps: { m: { from: v, key: [K], resource: Basic, elements: { code: { text: $KIND } } } }\n"
	for set, want := range map[string][]string{
		"a":                                   {"2 a 0:2:3", "3 a 0:3:4"},
		"x' OR '1'='1":                        {"2 x' OR '1'='1 0:2:3", "3 x' OR '1'='1 0:3:4"},
		"'); DROP TABLE obs; --":              {"2 '); DROP TABLE obs; -- 0:2:3", "3 '); DROP TABLE obs; -- 0:3:4"},
		"(SELECT group_concat(ID) FROM obs)`": {"2 (SELECT group_concat(ID) FROM obs)` 0:2:3", "3 (SELECT group_concat(ID) FROM obs)` 0:3:4"},
	} {
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures(), Set: map[string]string{"kind": set}})
		if prog == nil {
			t.Fatalf("%+v", findings)
		}
		plan, findings, err := stage.Check(prog, map[*mappings.Source][]string{prog.Sources[0]: {"ID", "Value", "CODE"}})
		if err != nil || len(findings) > 0 {
			t.Fatalf("%v %+v", err, findings)
		}
		st, err := stage.Open(plan, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		filler, err := st.Filler(prog.Sources[0], func([]string) func(*extract.Record, []clean.Value) []clean.Value {
			return func(rec *extract.Record, into []clean.Value) []clean.Value {
				for _, v := range rec.Values {
					into = append(into, clean.Of(v.Text))
				}
				return into
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, year := range []string{"2019", "2020", "2021", "2022"} {
			rec := extract.Record{Origin: issue.Origin{Line: int64(i + 2)}, Values: []extract.Value{{Text: fmt.Sprint(i + 1)}, {Text: year}, {Text: "c"}}}
			if err := filler.Add(int64(i+1), &rec); err != nil {
				t.Fatal(err)
			}
		}
		if err := filler.Close(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for b, err := range st.View(prog.Views[0]).Read(t.Context(), "v", nil) {
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range b.Records {
				got = append(got, r.Values[0].Text+" "+r.Values[1].Text+" "+r.Values[2].Text)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", set, diff)
		}
	}
}
