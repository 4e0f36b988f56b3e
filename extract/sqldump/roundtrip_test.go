package sqldump_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/ianaindex"

	"chartlift/extract"
	"chartlift/extract/sqldump"
)

// printer writes a table of two text columns as a tool of the dialect does.
type printer struct {
	name, dialect string
	head          string
	text          func(string) string
	copied        bool // lines of COPY
}

func doubled(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// printers are the ways in which dumps write texts, each as the manual of its
// database has it.
func printers() []printer {
	mysql := strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`, `"`, `\"`)
	eString := strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\t", `\t`)
	return []printer{
		{name: "mysqldump", dialect: "mysql", text: func(s string) string { return "'" + mysql.Replace(s) + "'" }},
		{name: "MySQL in double quotes", dialect: "mysql", text: func(s string) string { return `"` + mysql.Replace(s) + `"` }},
		{name: "MySQL in hexadecimal", dialect: "mysql", text: func(s string) string { return fmt.Sprintf("X'%x'", s) }},
		{name: "MySQL without escapes", dialect: "mysql", head: "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI,NO_BACKSLASH_ESCAPES' */;\n", text: doubled},
		{name: "pg_dump --inserts", dialect: "postgres", head: "SET standard_conforming_strings = on;\n", text: doubled},
		{name: "PostgreSQL of old", dialect: "postgres", head: "SET standard_conforming_strings = off;\n", text: func(s string) string { return "'" + eString.Replace(s) + "'" }},
		{name: "PostgreSQL with E", dialect: "postgres", text: func(s string) string { return "E'" + eString.Replace(s) + "'" }},
		{name: "COPY", dialect: "postgres", copied: true, text: strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace},
		{name: "Management Studio", dialect: "mssql", text: func(s string) string { return "N" + doubled(s) }},
		{name: "SQLite", dialect: "sqlite", text: doubled},
		{name: "SQL Developer", dialect: "oracle", text: doubled},
		{name: "Oracle with q", dialect: "oracle", text: func(s string) string { return "q'\x02" + s + "\x02'" }},
	}
}

// print writes rows as one statement, or with each its own.
func (p printer) print(rows [][2]string, each bool) string {
	var b strings.Builder
	b.WriteString(p.head + "CREATE TABLE t (a text, b text);\n")
	if p.copied {
		b.WriteString("COPY t (a, b) FROM stdin;\n")
		for _, r := range rows {
			b.WriteString(p.text(r[0]) + "\t" + p.text(r[1]) + "\n")
		}
		return b.String() + "\\.\n"
	}
	for i, r := range rows {
		switch {
		case i == 0, each:
			b.WriteString("INSERT INTO t VALUES ")
		default:
			b.WriteString(",")
		}
		b.WriteString("(" + p.text(r[0]) + ", " + p.text(r[1]) + ")")
		if each || i == len(rows)-1 {
			b.WriteString(";\n")
		}
	}
	return b.String()
}

// texts puts pieces together that mean something to one dialect or another.
func texts(r *rand.Rand) string {
	pieces := []string{
		"'", "''", `\`, `\\`, `\'`, `"`, "`", ";", "; INSERT INTO t VALUES ('x','y');", "--", "-- ", "/*", "*/", "/*!40000 ", "#", "\n", "\r\n", "\nGO\n", "\n/\n", "\n\\.\n", "\t", `\N`, `\.`, "NULL", "$$", "$a$", "(", ")", ",", "[", "]",
		"]'", "&x", "O'Neil", "Müller", "日本", "😀", "e\u0301", "\u200f\u0645", "1", "0012", "%", "_", `\%`, `\_`, `\0`, "\u00a0", "\x7f", "::text", "||", "q'[", "N'", "E'", "\u2028", "::", " ", "x",
	}
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func TestWhatIsPrintedIsWhatIsRead(t *testing.T) {
	t.Parallel()
	for _, p := range printers() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			for range 40 {
				rows := make([][2]string, 1+r.IntN(8))
				want := make([][]extract.Value, len(rows))
				for i := range rows {
					rows[i] = [2]string{texts(r), texts(r)}
					want[i] = []extract.Value{text(rows[i][0]), text(rows[i][1])}
				}
				for _, each := range []bool{false, true} {
					dump := p.print(rows, each)
					got := read(t, open(t, dump, extract.Options{Dialect: p.dialect, Encoding: "utf-8"}), "t")
					if diff := cmp.Diff(want, got.Rows); diff != "" {
						t.Fatalf("%s\n%q\n%v", diff, dump, got.Codes)
					}
				}
			}
		})
	}
}

// Blanks and comments between the words change nothing.
func TestBlanksAndCommentsBetweenWordsChangeNothing(t *testing.T) {
	t.Parallel()
	words := []string{"CREATE", "TABLE", "t", "(", "a", "int", ",", "b", "varchar", "(", "9", ")", ")", ";", "INSERT", "INTO", "t", "(", "b", ",", "a", ")", "VALUES", "(", "'x'", ",", "1", ")", ",", "(", "NULL", ",", "-2.50", ")", ";"}
	want := [][]extract.Value{{number("1"), text("x")}, {number("-2.50"), {Kind: extract.Null}}}
	r := rand.New(rand.NewPCG(3, 4))
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
		between := []string{" ", "\n", "\t", "\r\n", " /* a 'comment; ( */ ", " -- ); '\n", "  ", "/**/"}
		for range 60 {
			dump := strings.Builder{}
			for _, w := range words {
				dump.WriteString(w + between[r.IntN(len(between))])
			}
			got := read(t, open(t, dump.String(), extract.Options{Dialect: dialect, Encoding: "utf-8"}), "t")
			if diff := cmp.Diff(want, got.Rows); diff != "" {
				t.Fatalf("%s: %s\n%q", dialect, diff, dump.String())
			}
		}
	}
}

func TestTheModeOfMySQLSaysWhatABackslashIs(t *testing.T) {
	t.Parallel()
	const table, plain, escaped = "CREATE TABLE t (a text, b text);\n", `INSERT INTO t VALUES ('C:\', 'next');`, `INSERT INTO t VALUES ('C:\\', 'next');`
	for head, insert := range map[string]string{
		"SET sql_mode='NO_BACKSLASH_ESCAPES';\n":                                                         plain,
		"SET SESSION sql_mode = 'ansi_quotes,no_backslash_escapes';\n":                                   plain,
		"SET @@sql_mode := \"NO_BACKSLASH_ESCAPES\";\n":                                                  plain,
		"/*!40101 SET @OLD=@@SQL_MODE, SQL_MODE='NO_BACKSLASH_ESCAPES' */;\n":                            plain,
		"SET @@session.sql_mode='NO_BACKSLASH_ESCAPES', names='x';\n":                                    plain,
		"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n":                  escaped,
		"SET sql_mode='NO_BACKSLASH_ESCAPES';\nSET sql_mode='';\n":                                       escaped,
		"SET @x='sql_mode', @y='NO_BACKSLASH_ESCAPES';\nSET time_zone='+00:00', names=@@a, foo=(1+2);\n": escaped,
		"SET sql_mode=@OLD_SQL_MODE, @note='NO_BACKSLASH_ESCAPES';\n":                                    escaped,
	} {
		got := read(t, open(t, head+table+insert, extract.Options{Dialect: "mysql", Encoding: "utf-8"}), "t")
		if len(got.Rows) != 1 || show(got.Rows[0]) != `"C:\\" | "next"` {
			t.Errorf("%q: %v", head, got.Rows)
		}
	}
}

func TestEncodingsAreKnownByTheNamesThatDatabasesGiveThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ set, iana, name string }{
		{"SET NAMES gbk;", "gbk", "李小龙誠"},
		{"SET NAMES sjis;", "shift_jis", "表示 能力"},
		{"SET NAMES big5;", "big5", "許功蓋"},
		{"SET NAMES ujis;", "euc-jp", "山田"},
		{"SET NAMES euckr;", "euc-kr", "김철수"},
		{"SET NAMES cp866;", "ibm866", "Пётр"},
		{"SET NAMES koi8u;", "koi8-u", "Їжак"},
		{"SET NAMES latin5;", "iso-8859-9", "Şğİı"},
		{"SET NAMES greek;", "iso-8859-7", "Γιώργος"},
		{"SET NAMES hebrew;", "iso-8859-8", "שלום"},
		{"SET NAMES tis620;", "windows-874", "สมชาย"},
		{"SET client_encoding = 'EUC_JP';", "euc-jp", "山田"},
		{"SET client_encoding = 'ISO_8859_5';", "iso-8859-5", "Пётр"},
		{"SET client_encoding = 'LATIN7';", "iso-8859-13", "Žydrūnas"},
		{"SET client_encoding TO 'WIN866';", "ibm866", "Пётр"},
		{"SET client_encoding = 'UHC';", "euc-kr", "뷁"},
	} {
		charset, err := extract.LookupCharset(c.iana)
		if err != nil {
			t.Fatal(err)
		}
		raw := encoded(t, c.iana, c.name)
		src := open(t, c.set+"\nCREATE TABLE t (a text, b text);\nINSERT INTO t VALUES ('"+raw+"', 'next');\n", extract.Options{})
		if says := src.(*sqldump.Source).Describe(); !strings.HasSuffix(says, charset.Name) {
			t.Errorf("%s: %s", c.set, says)
		}
		if got := read(t, src, "t"); len(got.Rows) != 1 || got.Rows[0][0] != text(c.name) || got.Rows[0][1] != text("next") {
			t.Errorf("%s: %v %v", c.set, got.Rows, got.Codes)
		}
	}
}

// encoded writes text in an encoding.
func encoded(t *testing.T, name, s string) string {
	t.Helper()
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return raw
}
