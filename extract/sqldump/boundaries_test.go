package sqldump_test

import (
	"strings"
	"testing"

	"chartlift/extract"
)

func TestDaysAndTimesAtTheEdgesOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
		checkReadings(t, dialect, []reading{
			{"date", "'1900-02-29'", `"1900-02-29"`}, // no leap year, though spreadsheets think so
			{"date", "'2000-02-29'", "date 2000-02-29"},
			{"date", "'2100-02-29'", `"2100-02-29"`},
			{"date", "'0001-01-01'", "date 0001-01-01"},
			{"date", "'9999-12-31'", "date 9999-12-31"},
			{"date", "'10000-01-01'", `"10000-01-01"`},
			{"date", "'2019-04-31'", `"2019-04-31"`},
			{"date", "'2019-3-7'", `"2019-3-7"`},
			{"date", "' 2019-03-07'", `" 2019-03-07"`},
			{"datetime", "'2016-12-31 23:59:60'", `"2016-12-31 23:59:60"`},
			{"datetime", "'2019-03-31 02:30:00'", "date 2019-03-31T02:30:00"}, // whether a zone has it is the mapping's business
			{"datetime", "'2019-03-07 23:59:59.999999'", "date 2019-03-07T23:59:59.999999"},
			{"datetime", "'2019-03-07 10:00:00.'", "date 2019-03-07T10:00:00"},
			{"datetime", "'2019-03-07 10:00:00-12:00'", "date 2019-03-07T10:00:00-12:00"},
			{"datetime", "'2019-03-07 10:00:00+5'", `"2019-03-07 10:00:00+5"`},
			{"datetime", "'2019-03-07 10:00:00 PM'", `"2019-03-07 10:00:00 PM"`},
		})
	}
}

func TestSQLServersBytesOfDatesAtTheirEdges(t *testing.T) {
	t.Parallel()
	checkReadings(t, "mssql", []reading{
		{"", "CAST(0x002D247F018B81FF AS DateTime)", "date 9999-12-31T23:59:59.997"},
		{"", "CAST(0xFFFFFFFF018B81FF AS DateTime)", "date 1899-12-31T23:59:59.997"},
		{"", "CAST(0x0000000000000001 AS DateTime)", "date 1900-01-01T00:00:00.003"},
		{"", "CAST(0x0000000000000002 AS DateTime)", "date 1900-01-01T00:00:00.007"},
		{"", "CAST(0xFFFF059F AS SmallDateTime)", "date 2079-06-06T23:59:00"},
		{"", "CAST(0xDAB93700 AS Date)", "date 9999-12-31"},
		{"", "CAST(0x000000 AS Date)", "date 0001-01-01"},
	})
}

func TestOracleMasksAtTheirEdges(t *testing.T) {
	t.Parallel()
	checkReadings(t, "oracle", []reading{
		{"", "to_date('01-JAN-50','DD-MON-RR')", "date 1950-01-01"}, // RR: 50 to 99 are of the century before
		{"", "to_date('01-JAN-49','DD-MON-RR')", "date 2049-01-01"},
		{"", "to_date('29-FEB-00','DD-MON-RR')", "date 2000-02-29"},
		{"", "to_date('29-FEB-1900','DD-MON-YYYY')", `"29-FEB-1900"`},
		{"", "to_date('12:00 AM 01/02/2019','HH:MI AM MM/DD/YYYY')", "date 2019-01-02T00:00:00"},
		{"", "to_date('12:00 PM 01/02/2019','HH:MI AM MM/DD/YYYY')", "date 2019-01-02T12:00:00"},
		{"", "to_date('13:00 PM 01/02/2019','HH:MI AM MM/DD/YYYY')", `"13:00 PM 01/02/2019"`},
		{"", "to_date('00:30 AM 01/02/2019','HH:MI AM MM/DD/YYYY')", `"00:30 AM 01/02/2019"`},
		{"", "to_date('2019-01-01 24:00:00','YYYY-MM-DD HH24:MI:SS')", `"2019-01-01 24:00:00"`},
		{"", "to_date('20190307100506','YYYYMMDDHH24MISS')", "date 2019-03-07T10:05:06"},
		{"", "to_date('3/4/1980','MM/DD/YYYY')", "date 1980-03-04"},
		{"", "to_date('3/4/1980','DD/MM/YYYY')", "date 1980-04-03"},
		{"", "to_date('','DD/MM/YYYY')", `""`},
		{"", "to_date('2019','YYYY')", `"2019"`},
		{"", "to_date('03/2019','MM/YYYY')", "date 2019-03-01"}, // Oracle's own day
		{"", "to_date('07-MAR','DD-MON')", `"07-MAR"`},
	})
}

func TestNumbersAreNeverRoundedOrWrapped(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"mysql", "postgres", "mssql", "sqlite", "oracle"} {
		checkReadings(t, dialect, []reading{
			{"bigint", "9223372036854775807", "9223372036854775807"},
			{"bigint", "18446744073709551616", "18446744073709551616"},
			{"numeric(38,10)", "0.1000000000", "0.1000000000"},
			{"numeric", "-0", "-0"},
			{"numeric", "-0.00", "-0.00"},
			{"numeric", "1e400", "1e400"},
			{"varchar(9)", "'1e5'", `"1e5"`},
			{"varchar(9)", "'0012'", `"0012"`},
			{"int", "0", "0"},
			{"int", "00", `"00"`},
			{"numeric", "1 000", unread},
			{"numeric", "1_000", unread},
			{"numeric", "Infinity", unread},
		})
	}
}

func TestLinesOfCOPYAreReadAsTheManualSays(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`\N` + "\t" + `\N`:              "NULL | NULL",
		"\t":                            `"" | ""`,
		`\\N` + "\t" + `a\\N`:           `"\\N" | "a\\N"`,
		`\x41\x4` + "\t" + `\101\7`:     `"A\x04" | "A\a"`,
		`\b\f\v` + "\t" + `\q\"`:        `"\b\f\v" | "q\""`,
		`a\` + "\t" + "b":               `"a\\" | "b"`, // nothing follows the backslash in its field
		"NULL\tnull":                    `"NULL" | "null"`,
		"'quoted'\t\"x\"":               `"'quoted'" | "\"x\""`,
		"-- no comment\t/* nor this":    `"-- no comment" | "/* nor this"`,
		"a;b\t$$":                       `"a;b" | "$$"`,
		"x\r\ty\r":                      `"x\r" | "y"`,
		`\u00e9` + "\t" + `\303\251`:    `"u00e9" | "é"`,
		strings.Repeat("x", 300) + "\t": `"` + strings.Repeat("x", 300) + `" | ""`,
	} {
		got := read(t, open(t, "CREATE TABLE t (a text, b text);\nCOPY t (a, b) FROM stdin;\n"+line+"\n\\.\n", extract.Options{Dialect: "postgres", Encoding: "utf-8"}), "t")
		if len(got.Rows) != 1 || show(got.Rows[0]) != want {
			t.Errorf("%q: %v, want %s", line, got.Rows, want)
		}
	}
	for _, line := range []string{"one", "a\tb\tc", "", `\.x`} {
		got := read(t, open(t, "CREATE TABLE t (a text, b text);\nCOPY t (a, b) FROM stdin;\n"+line+"\nlast\trow\n\\.\n", extract.Options{Dialect: "postgres", Encoding: "utf-8"}), "t")
		if len(got.Codes) == 0 || len(got.Rows) == 0 || show(got.Rows[len(got.Rows)-1]) != `"last" | "row"` {
			t.Errorf("%q: %v %v", line, got.Rows, got.Codes)
		}
	}
}
