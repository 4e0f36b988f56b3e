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

// content is what one table was read as.
type content struct {
	Columns []string
	Rows    [][]extract.Value
	Lines   []int64
	Codes   []string
}

func open(t *testing.T, dump string, o extract.Options) extract.Source {
	t.Helper()
	src, err := sqldump.Format().Open(context.Background(), extract.FromBytes("emr.sql", []byte(dump)), o)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func read(t *testing.T, src extract.Source, table string) content {
	t.Helper()
	var got content
	report := func(is issue.Issue) {
		got.Codes = append(got.Codes, fmt.Sprintf("row %d line %d %s", is.Origin.Row, is.Origin.Line, is.Code))
	}
	for batch, err := range src.Read(context.Background(), table, report) {
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range batch.Records {
			got.Columns = rec.Schema.Columns
			got.Rows, got.Lines = append(got.Rows, rec.Values), append(got.Lines, rec.Origin.Line)
			if rec.Fault != nil {
				report(*rec.Fault)
			}
		}
	}
	return got
}

func text(s string) extract.Value   { return extract.Value{Text: s, Kind: extract.Text} }
func number(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Number} }

const clinic = "-- MySQL dump 10.13\n" +
	"/*!40101 SET NAMES utf8 */;\n" +
	"DROP TABLE IF EXISTS `patient`;\n" +
	"CREATE TABLE `patient` (\n" +
	"  `id` int(11) NOT NULL AUTO_INCREMENT,\n" +
	"  `name` varchar(50) DEFAULT 'none, (really)' COMMENT 'it''s; the name',\n" +
	"  `born` date DEFAULT NULL,\n" +
	"  `seen` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',\n" +
	"  `dead` bit(1) DEFAULT b'0',\n" +
	"  `uid` binary(2),\n" +
	"  `note` blob,\n" +
	"  PRIMARY KEY (`id`), KEY `n` (`name`(10)),\n" +
	"  CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `x` (`id`)\n" +
	") ENGINE=InnoDB;\n" +
	"LOCK TABLES `patient` WRITE;\n" +
	"/*!40000 ALTER TABLE `patient` DISABLE KEYS */;\n" +
	"INSERT INTO `patient` VALUES (1,'O\\'Neil; DROP','1980-02-03','2019-03-07 10:00:00',b'1',0xABCD,_binary 'text'),\n" +
	"(2,'a''b\\n\\\"c\\\\',NULL,'0000-00-00 00:00:00','\\0',x'0102','\\0\\1ÿ');\n" +
	"UNLOCK TABLES;\n" +
	"CREATE TABLE IF NOT EXISTS visit (id int, -- the key\n  what text # free text\n);\n" +
	"/*!50001 CREATE TABLE `a_view` (`id` int) */;\n" +
	"DELIMITER ;;\n" +
	"/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON visit FOR EACH ROW BEGIN\n" +
	"  INSERT INTO visit VALUES (99,'from a trigger'); END */;;\n" +
	"DELIMITER ;\n" +
	"REPLACE LOW_PRIORITY INTO emr.visit (what, id) VALUE ('ill',-1.5e3),(NULL,+7) ON DUPLICATE KEY UPDATE id=1;\n" +
	"INSERT INTO VISIT VALUES (3,TRUE),(4,DEFAULT);\n" +
	"-- Dump completed on 2020-01-01\n"

func TestADumpIsReadAsItsTables(t *testing.T) {
	t.Parallel()
	src := open(t, clinic, extract.Options{})
	tables, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []*extract.Schema{
		{Source: "emr.sql", Table: "patient", Columns: []string{"id", "name", "born", "seen", "dead", "uid", "note"}},
		{Source: "emr.sql", Table: "visit", Columns: []string{"id", "what"}},
	}
	for _, s := range tables {
		s.Line = 0
	}
	if diff := cmp.Diff(want, tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	null := extract.Value{Kind: extract.Null}
	date := func(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Date} }
	yes, no := extract.Value{Text: "true", Kind: extract.Bool}, extract.Value{Text: "false", Kind: extract.Bool}
	patients := content{
		Columns: want[0].Columns,
		Rows: [][]extract.Value{
			{number("1"), text("O'Neil; DROP"), date("1980-02-03"), date("2019-03-07T10:00:00"), yes, text("abcd"), text("text")},
			{number("2"), text("a'b\n\"c\\"), null, text("0000-00-00 00:00:00"), no, text("0102"), text("0031c3bf")},
		},
		Lines: []int64{17, 18},
	}
	if diff := cmp.Diff(patients, read(t, src, "patient")); diff != "" {
		t.Errorf("patient (-want +got):\n%s", diff)
	}
	visits := content{
		Columns: want[1].Columns,
		Rows: [][]extract.Value{
			{number("-1.5e3"), text("ill")},
			{number("7"), null},
			{number("3"), yes},
			{number("4"), {}},
		},
		Lines: []int64{28, 28, 29, 29},
	}
	if diff := cmp.Diff(visits, read(t, src, "visit")); diff != "" {
		t.Errorf("visit (-want +got):\n%s", diff)
	}
}

func TestTablesWithoutCreateTakeTheirColumnsFromTheInserts(t *testing.T) {
	t.Parallel()
	src := open(t, "INSERT INTO `P` (a,b) VALUES (1,'x');\nINSERT INTO p (`b`,`c`) VALUES ('y',2);\nINSERT INTO q VALUES ('(1,2)',2),(3,4);\n", extract.Options{})
	got := read(t, src, "P")
	want := content{
		Columns: []string{"a", "b", "c"},
		Rows:    [][]extract.Value{{number("1"), text("x"), {}}, {{}, text("y"), number("2")}},
		Lines:   []int64{1, 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = read(t, src, "q")
	if diff := cmp.Diff([]string{"1", "2"}, got.Columns); diff != "" || len(got.Rows) != 2 {
		t.Errorf("%s%d rows", diff, len(got.Rows))
	}
}

func TestRowsThatDoNotFitAreFaults(t *testing.T) {
	t.Parallel()
	src := open(t, "CREATE TABLE t (a int, b text);\n"+
		"INSERT INTO t VALUES (1,'x'),(2),(3,'x',4),\n(5,soundex('a',')')),(6,'Jos\xe9'),\n(7,'a\\0b');\n"+
		"INSERT INTO t (a,z) VALUES (8,9);\nINSERT INTO t SELECT * FROM u;\nINSERT INTO u SELECT 1;\nINSERT INTO t VALUES (10,'y');\n",
		extract.Options{Encoding: "utf-8"})
	got := read(t, src, "t")
	want := []string{
		"row 0 line 6 bad-sql",
		"row 6 line 4 nul-byte",
		"row 2 line 2 ragged-row", "row 3 line 2 ragged-row", "row 4 line 3 bad-sql", "row 5 line 3 bad-bytes", "row 7 line 5 unknown-column",
	}
	if diff := cmp.Diff(want, got.Codes); diff != "" {
		t.Error(diff)
	}
	if len(got.Rows) != 8 || got.Rows[5][1].Text != "ab" || got.Rows[7][1].Text != "y" {
		t.Errorf("rows %v", got.Rows)
	}
}

func TestABracketThatIsNeverClosedCostsItsRowAlone(t *testing.T) {
	t.Parallel()
	for dialect, ends := range map[string][2]string{"mysql": {";\n", ";\n"}, "oracle": {";\n", ";\n"}, "mssql": {"\nGO\n", "\n"}} {
		src := open(t, "CREATE TABLE t (a int, b varchar(9));\n"+
			"INSERT INTO t VALUES (1,'x')"+ends[0]+"INSERT INTO t VALUES (2,'y'"+ends[0]+"INSERT INTO t VALUES (3,abs(4"+ends[1]+"INSERT INTO t VALUES (5,'z')"+ends[1],
			extract.Options{Encoding: "utf-8", Dialect: dialect})
		got := read(t, src, "t")
		if len(got.Rows) != 4 || got.Rows[0][1].Text != "x" || got.Rows[3][0].Text != "5" || got.Rows[3][1].Text != "z" {
			t.Errorf("%s: rows %v", dialect, got.Rows)
		}
		faults := 0
		for _, code := range got.Codes {
			if strings.HasPrefix(code, "row 2 ") || strings.HasPrefix(code, "row 3 ") {
				faults++
			}
		}
		if faults != 2 || len(got.Codes) != 2 {
			t.Errorf("%s: issues %q", dialect, got.Codes)
		}
	}
}

func TestADumpCutShortIsAnError(t *testing.T) {
	t.Parallel()
	for _, dump := range []string{
		"INSERT INTO t VALUES (1,'x'),(2,'y", "INSERT INTO t VALUES (1,'x'),(2,", "INSERT INTO t (a) VALUES (1),(2", "CREATE TABLE t (a int, b",
	} {
		src := open(t, dump, extract.Options{})
		_, err := src.Tables(context.Background())
		if err == nil {
			for _, err = range src.Read(context.Background(), "t", nil) {
				if err != nil {
					break
				}
			}
		}
		if err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("%q: error %v", dump, err)
		}
	}
}

func TestOneTableMayBeChosen(t *testing.T) {
	t.Parallel()
	tables, err := open(t, clinic, extract.Options{Table: "Visit"}).Tables(context.Background())
	if err != nil || len(tables) != 1 || tables[0].Table != "visit" {
		t.Errorf("%v %v", tables, err)
	}
}

func TestAnUnknownDialectIsAnErrorThatNamesTheOthers(t *testing.T) {
	t.Parallel()
	_, err := sqldump.Format().Open(context.Background(), extract.FromBytes("a.sql", []byte("x")), extract.Options{Dialect: "klingon"})
	if err == nil || !strings.Contains(err.Error(), "mysql, postgres, mssql, sqlite, oracle") {
		t.Errorf("unknown dialect: %v", err)
	}
}

func TestPlainTextIsNoDump(t *testing.T) {
	t.Parallel()
	sniff := sqldump.Format().Sniff
	if sniff("a.csv", []byte("id,note\n1,insert into his arm\n")) || sniff("a", []byte("CREATE a plan\n")) || sniff("a.sql", []byte("\x00\x01")) {
		t.Error("text was taken for a dump")
	}
	if !sniff("stdin", []byte("-- MariaDB dump 10.19")) || !sniff("x", []byte("-- hi\nINSERT INTO t VALUES (1);")) || !sniff("A.SQL", []byte("SET x;")) {
		t.Error("a dump was not recognised")
	}
}
