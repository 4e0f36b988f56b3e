package sqldump_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/extract"
)

// reading is one literal, as a dialect writes it into a column of the type, and
// what show says of it.
type reading struct{ column, literal, want string }

// checkReadings reads each literal in a table of its own column, with a value
// behind it that must survive.
func checkReadings(t *testing.T, dialect string, readings []reading) {
	t.Helper()
	for _, r := range readings {
		column := r.column
		if column == "" {
			column = "text"
		}
		dump := fmt.Sprintf("CREATE TABLE t (a %s, b text);\nINSERT INTO t VALUES (%s, 'next');\n", column, r.literal)
		got := read(t, open(t, dump, extract.Options{Dialect: dialect, Encoding: "utf-8"}), "t")
		if len(got.Rows) != 1 {
			t.Errorf("%s %s: %d rows", dialect, r.literal, len(got.Rows))
			continue
		}
		shown := show(got.Rows[0])
		if len(got.Codes) > 0 {
			shown = strings.Join(append(got.Codes, shown), " ")
		}
		if want := r.want + ` | "next"`; shown != want {
			t.Errorf("%s %s %s: %s, want %s", dialect, column, r.literal, shown, want)
		}
	}
}

// unread is what show says of an expression, whose row is a Fault.
const unread = "row 1 line 2 bad-sql -"

func TestNumbersAreCanonicalOrTexts(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
		checkReadings(t, dialect, []reading{
			{"int", "0", "0"},
			{"int", "-12", "-12"},
			{"int", "+7", "7"},
			{"numeric(5,2)", "12.50", "12.50"},
			{"numeric", ".5", "0.5"},
			{"numeric", "-.5", "-0.5"},
			{"numeric", "5.", "5"},
			{"numeric", "1.5e-3", "1.5e-3"},
			{"numeric", "1E+10", "1E+10"},
			{"int", "00917", `"00917"`},
			{"int", "'42'", "42"},
			{"int", "'007'", `"007"`},
			{"int", "'4 2'", `"4 2"`},
			{"text", "'42'", `"42"`},
			{"text", "123456789012345678901234567890", "123456789012345678901234567890"},
			{"interval", "'1 day'", `"1 day"`},
			{"int", "1-2", unread},
			{"int", "1..2", unread},
			{"int", "1e", unread},
			{"int", "-", unread},
			{"int", "12ab", unread},
			{"int", "NULL", "NULL"},
			{"int", "null", "NULL"},
			{"int", "nullif(1,2)", unread},
			{"int", "DEFAULT", "-"},
		})
	}
}

func TestDatesAreDatesOnlyWhereTheyAreOnTheCalendar(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
		checkReadings(t, dialect, []reading{
			{"date", "'2019-03-07'", "date 2019-03-07"},
			{"date", "'2020-02-29'", "date 2020-02-29"},
			{"date", "'2019-02-29'", `"2019-02-29"`},
			{"date", "'2019-13-01'", `"2019-13-01"`},
			{"date", "'2019-00-00'", `"2019-00-00"`},
			{"date", "'0000-00-00'", `"0000-00-00"`},
			{"date", "'20190307'", `"20190307"`},
			{"date", "'07/03/2019'", `"07/03/2019"`},
			{"date", "'2019-03-07x'", `"2019-03-07x"`},
			{"date", "''", `""`},
			{"text", "'2019-03-07'", `"2019-03-07"`},
			{"datetime", "'2019-03-07 10:00:00'", "date 2019-03-07T10:00:00"},
			{"datetime", "'2019-03-07T10:00:00.000'", "date 2019-03-07T10:00:00"},
			{"datetime", "'2019-03-07 10:00:00.120'", "date 2019-03-07T10:00:00.12"},
			{"datetime", "'2019-03-07 24:00:00'", `"2019-03-07 24:00:00"`},
			{"datetime", "'2019-03-07 10:60:00'", `"2019-03-07 10:60:00"`},
			{"datetime", "'2019-03-07 10:00'", `"2019-03-07 10:00"`},
			{"datetime", "'2019-03-07 10:00:00Z'", "date 2019-03-07T10:00:00Z"},
			{"datetime", "'2019-03-07 10:00:00+02'", "date 2019-03-07T10:00:00+02:00"},
			{"datetime", "'2019-03-07 10:00:00-0530'", "date 2019-03-07T10:00:00-05:30"},
			{"datetime", "'2019-03-07 10:00:00.5 +05:30'", "date 2019-03-07T10:00:00.5+05:30"},
			{"datetime", "'2019-03-07 10:00:00 BC'", `"2019-03-07 10:00:00 BC"`},
			{"text", "DATE '2019-03-07'", "date 2019-03-07"},
			{"text", "TIMESTAMP '2019-03-07 10:00:00'", "date 2019-03-07T10:00:00"},
			{"text", "CAST('2019-03-07' AS date)", "date 2019-03-07"},
		})
	}
}

func TestTruthsAreBoolsWhereTheColumnSaysSo(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite"} {
		checkReadings(t, dialect, []reading{
			{"boolean", "true", "bool true"},
			{"boolean", "FALSE", "bool false"},
			{"boolean", "'t'", "bool true"},
			{"boolean", "0", "bool false"},
			{"boolean", "2", "2"},
			{"boolean", "'maybe'", `"maybe"`},
			{"bit", "1", "bool true"},
			{"bit", "'0'", "bool false"},
			{"text", "'t'", `"t"`},
			{"int", "1", "1"},
		})
	}
}

func TestMySQLLiterals(t *testing.T) {
	t.Parallel()
	checkReadings(t, "mysql", []reading{
		{"", `'a\'b''c"d'`, `"a'b'c\"d"`},
		{"", `"say ""hi"" \"x\""`, `"say \"hi\" \"x\""`},
		{"", `'\b\n\r\t\Z\\\%\_\q'`, `"\b\n\r\t\x1a\\\\%\\_q"`},
		{"", `'C:\\dir\\'`, `"C:\\dir\\"`},
		{"", "'NULL'", `"NULL"`},
		{"", "_utf8mb4'x'", `"x"`},
		{"", "_binary 'text'", `"text"`},
		{"", "_binary 0xFF00", `"ff00"`},
		{"", "N'x'", `"x"`},
		{"", "x'ff'", `"ff"`},
		{"", "0x414243", `"ABC"`},
		{"", "b'101'", "5"},
		{"", "b''", "0"},
		{"bit(1)", `'\0'`, "bool false"},
		{"bit(1)", `b'1'`, "bool true"},
		{"bit(8)", "b'101'", "5"},
		{"binary(2)", "'AB'", `"4142"`},
		{"blob", "'AB'", `"AB"`},
		{"", "now()", "-"},
		{"", "CURRENT_TIMESTAMP", "-"},
		{"", "concat('a', 'b', 1)", `"ab1"`},
		{"", "md5('x')", unread},
		{"", "(select max(a) from u where b = 'x,y)')", unread},
		{"", "@id", unread},
		{"", "'a' 'b'", unread},
	})
}

func TestPostgresLiterals(t *testing.T) {
	t.Parallel()
	checkReadings(t, "postgres", []reading{
		{"", `'a\'`, `"a\\"`},
		{"", `E'a\\\'\n\x41\102\u00e9\U0001F600\f\q'`, `"a\\'\nAB` + "é😀" + `\fq"`},
		{"", `e'''\x'`, `"'x"`},
		{"", `U&'\0061\+01F600'`, `"a😀"`},
		{"", "'x'::text", `"x"`},
		{"", "'2019-03-07'::date", "date 2019-03-07"},
		{"", "'2019-03-07 10:00:00'::timestamp(3) without time zone", "date 2019-03-07T10:00:00"},
		{"", "'5'::pg_catalog.int4", "5"},
		{"", "'t'::boolean", "bool true"},
		{"", "'{1,2}'::integer[]", `"{1,2}"`},
		{"", "('a' || 'b')::character varying(20)", `"ab"`},
		{"", "'a' || NULL", "NULL"},
		{"", "B'101'", `"101"`},
		{"", "X'41'", `"A"`},
		{"bytea", `'\x4142'`, `"AB"`},
		{"bytea", `'\xff00'`, `"ff00"`},
		{"bytea", `'a\001\\b'`, `"61015c62"`},
		{"bytea", `'\xzz'`, `"\\xzz"`},
		{"numeric", "'NaN'", `"NaN"`},
		{"money", "'$1,234.50'", `"$1,234.50"`},
		{"timestamptz", "'2019-03-07 10:00:00+02'", "date 2019-03-07T10:00:00+02:00"},
		{"", "gen_random_uuid()", unread},
		{"", "nextval('s'::regclass)", unread},
		{"", "ARRAY['a', 'b)']", unread},
		{"", "$$dollar$$", unread},
	})
}

func TestSQLServerLiterals(t *testing.T) {
	t.Parallel()
	checkReadings(t, "mssql", []reading{
		{"", `N'a\'`, `"a\\"`},
		{"", "N'Zoë ''x'''", `"Zoë 'x'"`},
		{"", "CAST(N'2019-03-07T10:00:00.000' AS DateTime)", "date 2019-03-07T10:00:00"},
		{"", "CAST('07.03.2019' AS DateTime)", `"07.03.2019"`},
		{"", "CAST(12.50 AS Decimal(18, 2))", "12.50"},
		{"", "CAST(917 AS nvarchar(5))", `"917"`},
		{"", "CAST(NULL AS int)", "NULL"},
		{"", "CAST(CAST(N'5' AS nvarchar(max)) AS int)", "5"},
		{"", "CONVERT(datetime, '2019-03-07 10:00:00', 120)", "date 2019-03-07T10:00:00"},
		{"", "CONVERT([varchar](10), N'x')", `"x"`},
		{"", "TRY_CONVERT(bit, 1)", "bool true"},
		{"", "CAST(0x0000000000000000 AS DateTime)", "date 1900-01-01T00:00:00"},
		{"", "CAST(0x0000A4550107AC00 AS DateTime)", "date 2015-03-08T16:00:00"},
		{"", "CAST(0xFFFF2E4600000000 AS DateTime)", "date 1753-01-01T00:00:00"},
		{"", "CAST(0x00000000000001 AS DateTime)", unread},
		{"", "CAST(0xA4550258 AS SmallDateTime)", "date 2015-03-08T10:00:00"},
		{"", "CAST(0x5B950A00 AS Date)", "date 1900-01-01"},
		{"varbinary(max)", "0xDEADBEEF", `"deadbeef"`},
		{"varbinary(max)", "0x48690D0A", `"Hi\r\n"`},
		{"varbinary(max)", "0x", `""`},
		{"varbinary(max)", "0xABC", `"0abc"`},
		{"varbinary(max)", "0xFF\\\nD8", `"ffd8"`},
		{"", "N'a' + CHAR(13) + CHAR(10) + N'b'", `"a\r\nb"`},
		{"", "((1))", "1"},
		{"money", "$12.50", "12.50"},
		{"", "NEWID()", "-"},
		{"", "GETDATE()", "-"},
		{"", "dbo.fn(1, 'x)')", unread},
		{"", "DATEADD(day, -1, GETDATE())", unread},
		{"", `"a ""b"""`, `"a \"b\""`},
	})
}

func TestAnAmountCutBehindItsSignIsAnError(t *testing.T) {
	t.Parallel()
	got := readAll(t, "INSERT t (a) VALUES (1), ($", "mssql")
	if len(got.rows["t"]) != 1 || len(got.errs) != 1 || !strings.Contains(got.errs[0], "cut short") {
		t.Errorf("%+v", got)
	}
}

func TestSQLiteLiterals(t *testing.T) {
	t.Parallel()
	checkReadings(t, "sqlite", []reading{
		{"", `'a\n'`, `"a\\n"`},
		{"", `replace('a\nb','\n',char(10))`, `"a\nb"`},
		{"", `replace(replace('a\r\nb','\r',char(13)),'\n',char(10))`, `"a\r\nb"`},
		{"", `replace('a','','b')`, unread},
		{"", `unistr('a\u000ab\\c\U0001f600')`, `"a\nb\\c😀"`},
		{"", `unistr('\ud83d\ude00 \ud83d')`, `"😀 ` + "\ufffd" + `"`},
		{"", "char(72,105)", `"Hi"`},
		{"", "char(-1)", unread},
		{"blob", "X'00FF'", `"00ff"`},
		{"blob", "X''", `""`},
		{"", "X'0g'", unread},
		{"real", "1e999", "1e999"},
		{"", "'a'||char(9)||'b'", `"a\tb"`},
	})
}

func TestOracleLiterals(t *testing.T) {
	t.Parallel()
	checkReadings(t, "oracle", []reading{
		{"", `'C:\'`, `"C:\\"`},
		{"", "q'[it's]'", `"it's"`},
		{"", "Q'!a'b!'", `"a'b"`},
		{"", "nq'(a)(b)'", `"a)(b"`},
		{"", "to_date('07-MAR-19','DD-MON-RR')", "date 2019-03-07"},
		{"", "to_date('07-MAR-75','DD-MON-RR')", "date 1975-03-07"},
		{"", "to_date('07-MAR-75','DD-MON-YY')", "date 2075-03-07"},
		{"", "to_date('7/3/2019','DD/MM/YYYY')", "date 2019-03-07"},
		{"", "to_date('March 7, 2019','Month DD, YYYY')", "date 2019-03-07"},
		{"", "to_date('20190307','YYYYMMDD')", "date 2019-03-07"},
		{"", "to_date('2019-03-07 10:05:06','YYYY-MM-DD HH24:MI:SS')", "date 2019-03-07T10:05:06"},
		{"", "to_date('2019-03-07T10:05:06','YYYY-MM-DD\"T\"HH24:MI:SS')", "date 2019-03-07T10:05:06"},
		{"", "to_date('30-FEB-19','DD-MON-RR')", `"30-FEB-19"`},
		{"", "to_date('07-MRZ-19','DD-MON-RR')", `"07-MRZ-19"`},
		{"", "to_date('07-MAR-19','Q')", `"07-MAR-19"`},
		{"", "to_date('07-MAR-19 and more','DD-MON-RR')", `"07-MAR-19 and more"`},
		{"", "to_date(null,'DD-MON-RR')", "NULL"},
		{"", "to_timestamp('07-MAR-19 12.00.00.500000000 AM','DD-MON-RR HH.MI.SSXFF AM')", "date 2019-03-07T00:00:00.5"},
		{"", "to_timestamp('07-MAR-19 01.02.03 p.m.','DD-MON-RR HH.MI.SS A.M.')", "date 2019-03-07T13:02:03"},
		{"", "to_timestamp_tz('2019-03-07 10:00:00.000 +02:00','YYYY-MM-DD HH24:MI:SS.FF3 TZH:TZM')", "date 2019-03-07T10:00:00+02:00"},
		{"", "TO_CLOB('a') || to_clob(q'{b}') || null", `"ab"`},
		{"", "null || null", "NULL"},
		{"", "'a' || chr(10)", `"a\n"`},
		{"", "EMPTY_CLOB()", `""`},
		{"", "HEXTORAW('FF00')", `"ff00"`},
		{"", "hextoraw('xyz')", unread},
		{"", "UNISTR('\\00e9\\\\')", `"é\\"`},
		{"", "to_number('12.5')", "12.5"},
		{"", "SYSDATE", "-"},
		{"", "seq.nextval", unread},
		{"", "sys_guid()", unread},
		{"date", "'07-MAR-19'", `"07-MAR-19"`},
	})
}
