package clean_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"chartlift/transform/clean"
)

func TestSpreadsheetNumbersAreDates(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "excel_date", in: "1", want: "1900-01-01"},
		{pipe: "excel_date", in: "59", want: "1900-02-28"},
		{pipe: "excel_date", in: "60", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "61", want: "1900-03-01"},
		{pipe: "excel_date", in: "0", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "2958465", want: "9999-12-31"},
		{pipe: "excel_date", in: "2958466", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "38210.0", want: "2004-08-11"},
		{pipe: "excel_date", in: "38210.520833333336", want: "2004-08-11T12:30:00-04:00"},
		{pipe: "excel_date", in: "38210.999999999", want: "2004-08-12T00:00:00-04:00"},
		{pipe: "excel_date", in: "43772.0625", want: null, code: "ambiguous-time"},
		{pipe: "excel_date", in: "-5", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "38210.", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "38210.5x", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "8/11/2004", want: null, code: "bad-date"},
		{pipe: "excel_date 1904", in: "0", want: "1904-01-01"},
	})
	refuses(t, "excel_date 1905", `excel_date: "1905" is not one of ["1900" "1904"]`)
}

func TestEveryDayHasItsNumberInEachCalendar(t *testing.T) {
	t.Parallel()
	zero := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	stages := map[string]func(day time.Time) string{
		"excel_date":   func(day time.Time) string { return strconv.Itoa(int(day.Sub(zero).Hours() / 24)) },
		"mumps_date":   func(day time.Time) string { return strconv.Itoa(int(day.Sub(zero).Hours()/24) + 21548) },
		"fileman_date": func(day time.Time) string { return strconv.Itoa(day.Year()-1700) + day.Format("0102") },
		"hl7_ts":       func(day time.Time) string { return day.Format("20060102") },
		"julian":       func(day time.Time) string { return fmt.Sprintf("%d%03d", day.Year(), day.YearDay()) },
		"julian jdn":   func(day time.Time) string { return strconv.FormatInt(day.Unix()/86400+2440588, 10) },
	}
	for pipe, write := range stages {
		f := compile(t, pipe)
		for day := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= 2100; day = day.AddDate(0, 0, 1) {
			out, problem := f(clean.Of(write(day)), nil)
			if problem != nil || out.Text != day.Format("2006-01-02") {
				t.Fatalf("%s of %s gives %q, %v; want %s", pipe, write(day), out.Text, problem, day.Format("2006-01-02"))
			}
		}
	}
}

func TestSecondsSince1970AreMomentsInUTC(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "epoch", in: "0", want: "1970-01-01T00:00:00Z"},
		{pipe: "epoch", in: "-1", want: "1969-12-31T23:59:59Z"},
		{pipe: "epoch", in: "1436887875.0", want: "2015-07-14T15:31:15Z"},
		{pipe: "epoch ms", in: "1436887875000", want: "2015-07-14T15:31:15Z"},
		{pipe: "epoch ms", in: "-1", want: "1969-12-31T23:59:59.999Z"},
		{pipe: "epoch", in: "1436887875000", want: null, code: "bad-date"},
		{pipe: "epoch", in: "9223372036854775807", want: null, code: "bad-date"},
		{pipe: "epoch ms", in: "9223372036854775807", want: null, code: "bad-date"},
		{pipe: "epoch", in: "1.5", want: null, code: "bad-date"},
	})
	refuses(t, "epoch us", `epoch: "us" is not one of ["s" "ms"]`)
}

func TestOrdinalDatesAreToldApartByTheirLength(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "julian", in: "2016366", want: "2016-12-31"},
		{pipe: "julian", in: "54066", want: "1954-03-07"},
		{pipe: "julian", in: "15195", want: "2015-07-14"},
		{pipe: "julian", in: "054066", want: "1954-03-07"},
		{pipe: "julian", in: "2015000", want: null, code: "bad-date"},
		{pipe: "julian", in: "2015367", want: null, code: "bad-date"},
		{pipe: "julian", in: "0000001", want: null, code: "bad-date"},
		{pipe: "julian", in: "1234", want: null, code: "bad-date"},
		{pipe: "julian", in: "2015-195", want: null, code: "bad-date"},
		{pipe: "julian jdn", in: "999999999", want: null, code: "bad-date"},
		{pipe: "julian jdn", in: "x", want: null, code: "bad-date"},
	})
	refuses(t, "julian weeks", `julian: "weeks" is not one of ["ordinal" "jdn"]`)
}

func TestStampsOfHL7KeepTheirPrecision(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "hl7_ts", in: "1954", want: "1954"},
		{pipe: "hl7_ts", in: "195403", want: "1954-03"},
		{pipe: "hl7_ts", in: "19540307", want: "1954-03-07"},
		{pipe: "hl7_ts", in: "2015071415", want: "2015-07-14T15:00:00-04:00"},
		{pipe: "hl7_ts", in: "201507141531", want: "2015-07-14T15:31:00-04:00"},
		{pipe: "hl7_ts", in: "20150714153115.1234+0000", want: "2015-07-14T15:31:15.1234+00:00"},
		{pipe: "hl7_ts", in: "201911030130", want: null, code: "ambiguous-time"},
		{pipe: "hl7_ts", in: "20150230", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "2015071", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "201507141531.5", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "20150714153115.", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "195403+0000", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "2015071415311500", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "201", want: null, code: "bad-date"},
	})
}

func TestDatesOfMUMPSSystems(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "mumps_date", in: "1", want: "1841-01-01"},
		{pipe: "mumps_date", in: "63747,0", want: "2015-07-14T00:00:00-04:00"},
		{pipe: "mumps_date", in: "63747,86399", want: "2015-07-14T23:59:59-04:00"},
		{pipe: "mumps_date", in: "63747,86400", want: null, code: "bad-date"},
		{pipe: "mumps_date", in: "63747,", want: null, code: "bad-date"},
		{pipe: "mumps_date", in: "0", want: null, code: "bad-date"},
		{pipe: "mumps_date", in: "x", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "3150714", want: "2015-07-14"},
		{pipe: "fileman_date", in: "3150000", want: "2015"},
		{pipe: "fileman_date", in: "0000000", want: null},
		{pipe: "fileman_date", in: "0010000", want: "1701"},
		{pipe: "fileman_date", in: "3150714.1", want: "2015-07-14T10:00:00-04:00"},
		{pipe: "fileman_date", in: "3150714.24", want: "2015-07-15T00:00:00-04:00"},
		{pipe: "fileman_date", in: "3150714.25", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "3150700.12", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "3151301.12", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "3150714.", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "3150714.1234567", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "20150714", want: null, code: "bad-date"},
	})
}
