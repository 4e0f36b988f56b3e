package sqldump_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/sqldump"
	"chartlift/internal/issue"
)

// Where a NUL stands in a stretch of the dump, each of its rows gets a closer
// look. A remark with one before a dump is thus what tells whether rows that
// are read without such a look are read alike.
const closeLook = "-- \x00\n"

// heard is all that a dump's tables say, lines counted from base, in one text
// for each record, issue and error.
func heard(t *testing.T, dialect, dump string, base int64) (all []string) {
	t.Helper()
	src, err := sqldump.Format().Open(context.Background(), extract.FromBytes("t.sql", []byte(dump)), extract.Options{Encoding: "utf-8", Dialect: dialect})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := src.Tables(context.Background())
	if err != nil {
		return []string{"no tables"}
	}
	for _, schema := range tables[:min(len(tables), 20)] {
		all = append(all, fmt.Sprintf("%s %q", schema.Table, schema.Columns))
		report := func(is issue.Issue) {
			all = append(all, fmt.Sprintf("%s %s row %d line %d %q %q", is.Code, is.Column, is.Origin.Row, max(0, is.Origin.Line-base), is.Value, is.Message[:min(20, len(is.Message))]))
		}
		for batch, err := range src.Read(context.Background(), schema.Table, report) {
			if err != nil {
				all = append(all, "an error")
				break
			}
			for _, rec := range batch.Records {
				fault := ""
				if rec.Fault != nil {
					fault = fmt.Sprintf(" %s %q %q", rec.Fault.Code, rec.Fault.Column, rec.Fault.Value)
				}
				all = append(all, fmt.Sprintf("row %d line %d: %s%s", rec.Origin.Row, rec.Origin.Line-base, show(rec.Values), fault))
			}
		}
	}
	return all
}

// checkAlike compares what is read of a dump at once and by a close look.
func checkAlike(t *testing.T, dialect, dump string) []string {
	t.Helper()
	got := heard(t, dialect, dump, 0)
	if diff := cmp.Diff(heard(t, dialect, closeLook+dump, 1), got); diff != "" {
		t.Errorf("%s: %q is not read as by a close look (-close +at once):\n%s", dialect, dump, diff)
	}
	return got
}

func TestRowsAreReadAtOnceAsByACloseLook(t *testing.T) {
	t.Parallel()
	const head = "CREATE TABLE t (a int, b varchar(9), c datetime, d decimal, e bit);\n"
	rows := []string{
		"(1,'a','2019-03-07 10:00:00',1.50,1)", "(-2,'','2019-03-07',NULL,NULL)", "(3, 'b c', '2019-03-07 10:00:00.5', '2.5', 0)",
		"(4,'O''Neil','x','1e5',NULL)", "(5,'''','2019-02-30 10:00:00','00',1)", "(6,'a\nb','0000-00-00 00:00:00',0,1)",
		"(7,N'ä','2019-12-31 23:59:59',-0.50,1)", "(8,'é\\\\','2019-13-01 00:00:00',1.,1)", "(9,'\\'','2019-03-07 24:00:00',.5,1)",
		"(007,'b',null,1,1)", "(10 ,'b',NULL,1,1)", "(11,'b',NULL,1,1 )", "(12,'b',NULL,1)", "(13,'b',NULL,1,1,2)", "(1-2,'b',NULL,1,1)", "()",
		"(14,/* c */'b',NULL,1,1)", "(15,'x;y','--',1,1)", "(16,'a\\0b',NULL,1,1)", "(17,'a\\nb\\%',NULL,1,1)", "(18,NULLIF,NULL,1,1)", "(19,'b' 'c',NULL,1,1)",
	}
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
		for _, row := range rows {
			checkAlike(t, dialect, head+"INSERT INTO t VALUES "+row+";\nINSERT INTO t VALUES (99,'z',NULL,1,1);\n")
		}
		checkAlike(t, dialect, head+"INSERT INTO t VALUES "+strings.Join(rows, ",")+";\n")
		checkAlike(t, dialect, head+"INSERT INTO t (b, a) VALUES ('x',1),('y''',2);\nINSERT INTO t (b, b) VALUES ('x''','y'),('x','y''');\nINSERT INTO t (a, nine) VALUES (1,2);\n")
		checkAlike(t, dialect, head+"INSERT INTO t VALUES (1,'\xff','2019-03-07 10:00:00',1,1),(2,'a\x00b',NULL,1,1),(3,'\x00''',NULL,1,1);\n")
	}
}

func TestAPlainRowSaysWhatItsColumnsAre(t *testing.T) {
	t.Parallel()
	dump := "CREATE TABLE t (a int, b varchar(9), c datetime, d decimal, e tinyint(1));\n" +
		"INSERT INTO t VALUES (1,'O\\'Neil','2019-03-07 10:00:00','1.50',NULL),(-2,'a\nb','2019-02-30 10:00:00','x',0);\n" +
		"INSERT INTO t VALUES (3,'\\0','2019-03-07',7,1),(4,'''',NULL,1);\n"
	want := []string{
		`t ["a" "b" "c" "d" "e"]`,
		`row 1 line 2: 1 | "O'Neil" | date 2019-03-07T10:00:00 | 1.50 | NULL`,
		`row 2 line 2: -2 | "a\nb" | "2019-02-30 10:00:00" | "x" | 0`,
		`row 3 line 4: 3 | "" | date 2019-03-07 | 7 | 1`,
		`row 4 line 4: 4 | "'" | NULL | 1 | - ragged-row "" ""`,
		`nul-byte b row 3 line 4 "\x00" "NUL bytes were remov"`,
	}
	got := checkAlike(t, "mysql", dump)
	// Issues are told before the batch is handed over.
	for i, line := range got {
		if strings.HasPrefix(line, "nul-byte") {
			got = append(append(append([]string{}, got[:i]...), got[i+1:]...), line)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIssuesComeInTheOrderOfTheRows(t *testing.T) {
	t.Parallel()
	// Rows 1 and 3 are plain, 2 and 4 are not.
	dump := "CREATE TABLE t (a varchar(9), b varchar(9));\nINSERT INTO t VALUES ('\\0','1\\0'),(/**/'2\\0','x'),('y','\\03'),('z' ,'\\04');\n"
	var got []string
	for _, line := range checkAlike(t, "mysql", dump) {
		if code, rest, _ := strings.Cut(line, " "); code == "nul-byte" {
			got = append(got, rest[:len("a row 1")])
		}
	}
	if diff := cmp.Diff([]string{"a row 1", "b row 1", "a row 2", "b row 3", "b row 4"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinesOfCOPYAreReadAtOnceAsByACloseLook(t *testing.T) {
	t.Parallel()
	const head = "CREATE TABLE t (a int, b text, c timestamp, d boolean);\nCOPY t (a, b, c, d) FROM stdin;\n"
	lines := []string{
		"1\ta\t2019-03-07 10:00:00\tt", "\\N\t\\N\t\\N\t\\N", "2\t\t2019-03-07 10:00:00+02\tf", "3\tx\\ty\\\\\t2019-02-30 10:00:00\tt\r",
		"4\tb", "5\tb\t\\N\tt\tmore", "", "\\x41\té\t\\N\t\\N", "6\t\\\\N\t\\N\tf", "7\t\\000\t\\N\tf", "8\tü\\\\\\N\t\\N\tf",
	}
	for _, line := range lines {
		got := checkAlike(t, "postgres", head+line+"\n9\tlast\t\\N\tt\n\\.\n")
		if last := got[len(got)-1]; !strings.Contains(last, `9 | "last" | NULL | bool true`) {
			t.Errorf("behind %q comes %s", line, last)
		}
	}
	checkAlike(t, "postgres", head+strings.Join(lines, "\n")+"\n\\.\n")
}

func TestStatementsAreSkippedToTheirEnd(t *testing.T) {
	t.Parallel()
	for _, skipped := range []string{
		"INSERT INTO u VALUES (1,'a;b','it''s; so',-5,NULL)", "INSERT INTO u VALUES (1,'a\nb;\n')", "INSERT INTO u VALUES ('x') -- ; '\n", "INSERT INTO u VALUES (1/* ; ' */,'--;')",
		`INSERT INTO u VALUES ("a;'b",'"')`, "INSERT INTO u VALUES (5-- ;\n,1)", "UPDATE u SET a = 'x;''' WHERE b > -1", "INSERT INTO u VALUES ('','''','a'';''b')",
		"INSERT INTO u VALUES ('" + strings.Repeat("long ; ", 9) + "')", "SELECT a1b2_c3(4.5) , 'x' , (6)",
	} {
		for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
			if strings.Contains(skipped, `"`) && dialect != "mysql" {
				continue // a name
			}
			dump := "CREATE TABLE t (a int);\n" + skipped + ";\nINSERT INTO t VALUES (7);\n"
			got := strings.Join(heard(t, dialect, dump, 0), "\n")
			line := 3 + strings.Count(skipped, "\n")
			if want := fmt.Sprintf("row 1 line %d: 7", line); !strings.Contains(got, want) {
				t.Errorf("%s: behind %q comes not %q but\n%s", dialect, skipped, want, got)
			}
		}
	}
	for dialect, skipped := range map[string]string{
		"mysql": `INSERT INTO u VALUES ('a\';b','\\','c')`, "postgres": `INSERT INTO u VALUES (E'a\';b','\',E'\\')`,
		"oracle": `INSERT INTO u VALUES (q'[it's;]',nq'<';'>','\')`, "sqlite": `INSERT INTO u VALUES ('\',X'00')`, "mssql": `INSERT INTO u VALUES (N'\',0x00)`,
	} {
		got := heard(t, dialect, "CREATE TABLE t (a int);\n"+skipped+";\nINSERT INTO t VALUES (7);\n", 0)
		if want := "row 1 line 3: 7"; !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%s: behind %q comes %q", dialect, skipped, got)
		}
	}
}

func TestABatchIsWrittenAgainOnlyWhenItIsSpent(t *testing.T) {
	t.Parallel()
	dump := "CREATE TABLE t (a int, b varchar(9));\nINSERT INTO t VALUES (0,'x')" + strings.Repeat(",(1,'a'),(2,'b''c')", 2000) + ";\n"
	src := open(t, dump, extract.Options{Dialect: "mysql", Encoding: "utf-8"})
	var kept []*extract.Batch
	for batch, err := range src.Read(context.Background(), "t", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if batch.Seq%2 == 1 {
			batch.Spent()
		} else {
			kept = append(kept, batch)
		}
	}
	row := int64(0)
	for _, batch := range kept {
		row = batch.Seq * 512
		for _, rec := range batch.Records {
			row++
			want := []string{`0 | "x"`, `1 | "a"`, `2 | "b'c"`}[min(row-1, (row-1+1)%2+1)]
			if got := show(rec.Values); got != want || rec.Origin.Row != row {
				t.Fatalf("row %d is %s and called %d, want %s", row, got, rec.Origin.Row, want)
			}
		}
	}
	if row < 2048 {
		t.Errorf("%d rows", row)
	}
}

// FuzzAtOnce compares what is read at once with what a close look finds, in all
// that can be taken for rows.
func FuzzAtOnce(f *testing.F) {
	for _, rows := range []string{"(1,'a','2019-03-07 10:00:00'),(2,'O''Neil',NULL)", "(-1.5, 'x\\'\\0', N'')", "(1,'\xff',2),('\x00',3,'a\nb' )", "(0x41,b'1',_binary 'x')"} {
		for dialect := range uint8(5) {
			f.Add(dialect, rows)
		}
	}
	f.Fuzz(func(t *testing.T, dialect uint8, rows string) {
		name := []string{"mysql", "postgres", "mssql", "sqlite", "oracle"}[dialect%5]
		checkAlike(t, name, "CREATE TABLE t (a int, b varchar(9), c datetime);\nINSERT INTO t VALUES "+rows+";\nINSERT INTO t (c, a) VALUES "+rows+";\n")
		if name == "postgres" {
			checkAlike(t, name, "CREATE TABLE t (a int, b text, c timestamp);\nCOPY t FROM stdin;\n"+rows+"\n\\.\n")
		}
	})
}
