package clean_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chartlift/transform/clean"
)

func TestDateReadsTheFirstFormatThatFits(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "date", in: "2019-03-07", want: "2019-03-07"},
		{pipe: "date", in: "3/7/1954", want: "1954-03-07"},
		{pipe: "date", in: "03/07/1954", want: "1954-03-07"},
		{pipe: "date", in: "19540307", want: "1954-03-07"},
		{pipe: "date", in: "1954-03", want: "1954-03"},
		{pipe: "date", in: "1954", want: "1954"},
		{pipe: "date", in: "2015-07-14T15:31:15Z", want: "2015-07-14"},
		{pipe: "date D/M/YYYY M/D/YYYY", in: "3/4/2001", want: "2001-04-03"},
		{pipe: "date D/M/YYYY M/D/YYYY", in: "12/31/2001", want: "2001-12-31"},
		{pipe: "date M/D/YYYY D/M/YYYY", in: "31/12/2001", want: "2001-12-31"},
		{pipe: "date DD.MM.YYYY", in: "07.03.1954", want: "1954-03-07"},
		{pipe: "date DD.MM.YYYY", in: "7.3.1954", want: null, code: "bad-date"},
		{pipe: "date DD.MM.YYYY", in: "1954-03-07", want: "1954-03-07"},
		{pipe: "date DD.MM.YYYY", in: "1954-03", want: null, code: "bad-date"},
		{pipe: "date DD.MM.YYYY", in: "1954", want: null, code: "bad-date"},
		{pipe: "date MM/YYYY", in: "03/1954", want: "1954-03"},
		{pipe: "date 'MMM D, YYYY'", in: "Mar 7, 1954", want: "1954-03-07"},
		{pipe: "date 'MMM D, YYYY'", in: "Sept. 17, 1954", want: "1954-09-17"},
		{pipe: "date 'MMMM D, YYYY'", in: "september 17, 1954", want: "1954-09-17"},
		{pipe: "date 'MMM D YYYY h:mmA'", in: "Jan  5 2015  3:04PM", want: "2015-01-05"},
		{pipe: "date 'DDD, DD MMM YYYY'", in: "Tue, 14 Jul 2015", want: "2015-07-14"},
		{pipe: "date 'DDDD D MMMM YYYY'", in: "Tuesday 14 July 2015", want: "2015-07-14"},
		{pipe: "date 'MMM D, YYYY'", in: "Mrz 7, 1954", want: null, code: "bad-date"},
		{pipe: "date 'MMM D, YYYY'", in: "Marches 7, 1954", want: null, code: "bad-date"},
	})
}

func TestATwoDigitYearTurnsAtThePivot(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "date M/D/YY", in: "3/7/30", want: "2030-03-07"},
		{pipe: "date M/D/YY", in: "3/7/31", want: "1931-03-07"},
		{pipe: "date M/D/YY", in: "3/7/00", want: "2000-03-07"},
		{pipe: "date M/D/YY", in: "2/29/00", want: "2000-02-29"},
		{pipe: "date M/D/YY", in: "2/29/99", want: null, code: "bad-date"},
		{pipe: "date M/D/YY", in: "3/7/1954", want: null, code: "bad-date"},
		{pipe: "date YYMMDD", in: "991231", want: "1999-12-31"},
	})
}

func TestADayThatDoesNotExistIsNeverMoved(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"1980-13-45", "1980-02-30", "1900-02-29", "2019-04-31", "2019-06-31", "2019-09-31", "2019-11-31",
		"2019-00-10", "2019-10-00", "2019-00-00", "0000-01-01", "2/30/1980", "13/1/1980", "19800230", "1980-13",
	} {
		out, problem := compile(t, "date")(clean.Of(in), nil)
		if out.Set || codeOf(problem) != "bad-date" {
			t.Errorf("date of %s gives %v with issue %q", in, out, codeOf(problem))
			continue
		}
		if want := "the calendar has no such day or time; correct the source or leave the element out by policy"; problem.Message != want {
			t.Errorf("date of %s says %q", in, problem.Message)
		}
	}
	checkRows(t, []row{
		{pipe: "date", in: "2000-02-29", want: "2000-02-29"},
		{pipe: "date", in: "2024-02-29", want: "2024-02-29"},
	})
}

func TestATextThatIsNoDateIsToldTheFormsThatAreRead(t *testing.T) {
	t.Parallel()
	_, problem := compile(t, "date DD.MM.YYYY")(clean.Of("soon"), nil)
	want := "the text is in none of the date forms DD.MM.YYYY; correct the source or add its form to dates"
	if problem == nil || problem.Message != want {
		t.Errorf("got %v, want %q", problem, want)
	}
	for _, in := range []string{
		"2019-3-7", "2019-03-07 ", " 2019-03-07", "2019-03-07x", "19-03-07", "2019/03/07", "2019-03-0７", "07032019x", "-2019-03-07",
		"2019-03-07T", "2019-03-07T10", "2019-03-07T10:00:00+", "2019-03-07T10:00:00+1", "2019-03-07T10:00:00+01:", "2019-03-07T10:00:00.Z",
	} {
		out, problem := compile(t, "date")(clean.Of(in), nil)
		if out.Set || codeOf(problem) != "bad-date" {
			t.Errorf("date of %q gives %v with issue %q", in, out, codeOf(problem))
		}
	}
}

func TestAZeroDateIsNullWithoutAnIssue(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "date", in: "0000-00-00", want: null},
		{pipe: "date", in: "00000000", want: null},
		{pipe: "date", in: "0/0/0000", want: null},
		{pipe: "datetime", in: "0000-00-00 00:00:00", want: null},
		{pipe: "datetime", in: "0000-00-00 00:00:00.000", want: null},
		{pipe: "hl7_ts", in: "00000000", want: null},
		{pipe: "instant", in: "0000-00-00 00:00:00", want: null},
	})
}

func TestEveryDayFrom1850To2100IsReadInEveryOrder(t *testing.T) {
	t.Parallel()
	forms := []struct{ pipe, layout string }{
		{"date", "2006-01-02"},
		{"date", "1/2/2006"},
		{"date", "20060102"},
		{"date 'D MMM YYYY'", "2 Jan 2006"},
		{"date 'DDD MMMM DD YYYY'", "Mon January 02 2006"},
		{"date DD.MM.YYYY", "02.01.2006"},
	}
	for _, form := range forms {
		f := compile(t, form.pipe)
		for day := time.Date(1850, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= 2100; day = day.AddDate(0, 0, 1) {
			out, problem := f(clean.Of(day.Format(form.layout)), nil)
			if problem != nil || out.Text != day.Format("2006-01-02") {
				t.Fatalf("%s of %s gives %q, %v", form.pipe, day.Format(form.layout), out.Text, problem)
			}
		}
	}
}

func TestADateThatIsRightIsNotCopied(t *testing.T) {
	for pipe, in := range map[string]string{
		"date": "2019-03-07", "datetime": "2015-07-14T15:31:15Z", "date_part ymd": "2019-03-07", "upper": "WHITE", "lower": "white",
		"trim": "white", "squeeze": "white rice", "title": "O'Neil", "decimal": "6.20", "integer": "42", "check loinc": "8480-6",
		"us_state": "MA", "country": "US", "zip": "02108", "gender": "female", "nfc": "Núñez", "ascii": "Nunez", "ssn": "999171679",
		"strip -": "abc", "left 9": "abc", "max_len 9": "abc", "mrn": "AB12", "email": "ana@example.org", "icd_dot": "E11.9",
	} {
		f := compile(t, pipe)
		v := clean.Of(in)
		if n := testing.AllocsPerRun(20, func() { f(v, nil) }); n > 0 {
			t.Errorf("%s of %q allocates %v times", pipe, in, n)
		}
	}
}

func TestDateTimeKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "datetime", in: "2015-07-14T15:31:15Z", want: "2015-07-14T15:31:15Z"},
		{pipe: "datetime", in: "2015-07-14T15:31:15+00:00", want: "2015-07-14T15:31:15+00:00"},
		{pipe: "datetime", in: "2015-07-14T15:31:15-04:00", want: "2015-07-14T15:31:15-04:00"},
		{pipe: "datetime", in: "2015-07-14T15:31:15+0530", want: "2015-07-14T15:31:15+05:30"},
		{pipe: "datetime", in: "2015-07-14 15:31:15+02", want: "2015-07-14T15:31:15+02:00"},
		{pipe: "datetime", in: "2015-07-14T15:31:15.1234567Z", want: "2015-07-14T15:31:15.1234567Z"},
		{pipe: "datetime", in: "2016-12-31T23:59:60Z", want: "2016-12-31T23:59:60Z"},
		{pipe: "datetime", in: "2015-07-14", want: "2015-07-14"},
		{pipe: "datetime", in: "2015-07", want: "2015-07"},
		{pipe: "datetime", in: "2015", want: "2015"},
		{pipe: "datetime", in: "2015-07-14T24:00:00Z", want: null, code: "bad-date"},
		{pipe: "datetime", in: "2015-07-14T15:60:00Z", want: null, code: "bad-date"},
		{pipe: "datetime", in: "2015-07-14T15:31:61Z", want: null, code: "bad-date"},
		{pipe: "datetime", in: "2015-07-14T15:31:15+14:00", want: "2015-07-14T15:31:15+14:00"},
		{pipe: "datetime", in: "2015-07-14T15:31:15+14:01", want: null, code: "bad-date"},
		{pipe: "datetime", in: "2015-07-14T15:31:15+05:75", want: null, code: "bad-date"},
	})
}

func TestDateTimeReadsATwelveHourClock(t *testing.T) {
	t.Parallel()
	const pipe = "datetime 'M/D/YYYY h:mm A' UTC"
	checkRows(t, []row{
		{pipe: pipe, in: "7/14/2015 12:05 AM", want: "2015-07-14T00:05:00+00:00"},
		{pipe: pipe, in: "7/14/2015 12:05 pm", want: "2015-07-14T12:05:00+00:00"},
		{pipe: pipe, in: "7/14/2015 1:05 p.m.", want: "2015-07-14T13:05:00+00:00"},
		{pipe: pipe, in: "7/14/2015 11:59 P", want: "2015-07-14T23:59:00+00:00"},
		{pipe: pipe, in: "7/14/2015 13:05 PM", want: null, code: "bad-date"},
		{pipe: pipe, in: "7/14/2015 0:05 AM", want: null, code: "bad-date"},
		{pipe: pipe, in: "7/14/2015 1:05 XM", want: null, code: "bad-date"},
		{pipe: pipe, in: "7/14/2015 1:05 ", want: null, code: "bad-date"},
	})
}

func TestATimeWithoutZoneTakesTheZoneOfTheMapping(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "datetime", in: "2015-07-14T15:31:15", want: "2015-07-14T15:31:15-04:00"},
		{pipe: "datetime", in: "2015-01-14 15:31:15.25", want: "2015-01-14T15:31:15.25-05:00"},
		{pipe: "datetime Asia/Kolkata", in: "2015-01-14 15:31", want: "2015-01-14T15:31:00+05:30"},
		{pipe: "datetime America/St_Johns", in: "2015-01-14 15:31", want: "2015-01-14T15:31:00-03:30"},
		{pipe: "datetime UTC", in: "2015-01-14 15:31", want: "2015-01-14T15:31:00+00:00"},
		{pipe: "datetime", in: "1870-01-01 00:00:00", want: "1870-01-01T04:56:02Z"},
	})
	s := clean.ExampleSettings()
	s.Location = nil
	out, problem := compileWith(t, "datetime", s)(clean.Of("2015-07-14T15:31:15"), nil)
	if out.Set || codeOf(problem) != "no-timezone" {
		t.Errorf("without a zone: %v, %q", out, codeOf(problem))
	}
	out, problem = compileWith(t, "datetime", s)(clean.Of("2015-07-14"), nil)
	if out.Text != "2015-07-14" || problem != nil {
		t.Errorf("a date needs no zone: %v, %q", out, codeOf(problem))
	}
}

func TestATimeThatTheClocksSkipOrShowTwiceIsAnIssue(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "datetime", in: "2019-03-10 01:59:59", want: "2019-03-10T01:59:59-05:00"},
		{pipe: "datetime", in: "2019-03-10 02:00:00", want: null, code: "ambiguous-time"},
		{pipe: "datetime", in: "2019-03-10 02:59:59", want: null, code: "ambiguous-time"},
		{pipe: "datetime", in: "2019-03-10 03:00:00", want: "2019-03-10T03:00:00-04:00"},
		{pipe: "datetime", in: "2019-11-03 00:59:59", want: "2019-11-03T00:59:59-04:00"},
		{pipe: "datetime", in: "2019-11-03 01:00:00", want: null, code: "ambiguous-time"},
		{pipe: "datetime", in: "2019-11-03 01:59:59", want: null, code: "ambiguous-time"},
		{pipe: "datetime", in: "2019-11-03 02:00:00", want: "2019-11-03T02:00:00-05:00"},
		{pipe: "datetime", in: "2019-11-03T01:30:00-05:00", want: "2019-11-03T01:30:00-05:00"},
		{pipe: "datetime Australia/Lord_Howe", in: "2019-04-07 01:45:00", want: null, code: "ambiguous-time"},
		{pipe: "datetime Australia/Lord_Howe", in: "2019-10-06 02:15:00", want: null, code: "ambiguous-time"},
		{pipe: "datetime Pacific/Apia", in: "2011-12-30 12:00:00", want: null, code: "ambiguous-time"},
	})
}

func TestEveryHourOfAYearIsPlacedLikeGoPlacesIt(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	f := compile(t, "datetime 'YYYY-MM-DD hh:mm' Europe/Berlin")
	twice, start := 0, time.Date(2019, 1, 1, 0, 0, 0, 0, loc)
	for at := start; at.Year() == 2019; at = at.Add(time.Hour) {
		out, problem := f(clean.Of(at.Format("2006-01-02 15:04")), nil)
		if codeOf(problem) == "ambiguous-time" {
			twice++
			continue
		}
		if out.Text != at.Format("2006-01-02T15:04:05-07:00") {
			t.Fatalf("%s is placed at %s", at, out.Text)
		}
	}
	if twice != 2 {
		t.Errorf("%d hours are ambiguous in a year, want the two of one October night", twice)
	}
}

func TestWithoutFormatsOnlyISOIsRead(t *testing.T) {
	t.Parallel()
	f := compileWith(t, "datetime", clean.Settings{Location: time.UTC})
	for in, want := range map[string]string{
		"2015-07-14": "2015-07-14", "2015-07": "2015-07", "2015": "2015", "2015-07-14T15:31": "2015-07-14T15:31:00+00:00",
		"2015-07-14T15:31Z": "2015-07-14T15:31:00Z", "2015-07-14 15:31:15.5+02:00": "2015-07-14T15:31:15.5+02:00",
		"2015-07-14 15:31:15": "2015-07-14T15:31:15+00:00", "2015-07-14T15:31:15.123": "2015-07-14T15:31:15.123+00:00",
		"7/14/2015": null, "20150714": null, "14.07.2015": null,
	} {
		out, _ := f(clean.Of(in), nil)
		if got := result(out); got != want {
			t.Errorf("datetime of %q gives %q, want %q", in, got, want)
		}
	}
}

func TestAnInstantNeedsATime(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "instant", in: "2015-07-14 15:31:15", want: "2015-07-14T15:31:15-04:00"},
		{pipe: "instant", in: "2015-07", want: null, code: "bad-date"},
		{pipe: "instant", in: "2019-11-03 01:30:00", want: null, code: "ambiguous-time"},
		{pipe: "instant", in: "later", want: null, code: "bad-date"},
		{pipe: "instant YYYYMMDDhhmm UTC", in: "201507141531", want: "2015-07-14T15:31:00+00:00"},
	})
}

func TestTimesOfDayAreRead(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "time", in: "14:05:09", want: "14:05:09"},
		{pipe: "time", in: "14:05", want: "14:05:00"},
		{pipe: "time", in: "9:05", want: "09:05:00"},
		{pipe: "time", in: "1405", want: "14:05:00"},
		{pipe: "time", in: "140509", want: "14:05:09"},
		{pipe: "time", in: "12:00AM", want: "00:00:00"},
		{pipe: "time", in: "25:00", want: null, code: "bad-date"},
		{pipe: "time", in: "noon", want: null, code: "bad-date"},
		{pipe: "time hh.mm", in: "14.05", want: "14:05:00"},
		{pipe: "time hh.mm", in: "14:05", want: null, code: "bad-date"},
	})
	refuses(t, "time mm:ss", `time: time format "mm:ss": hours or minutes are missing in it`)
}

func TestZonesAreExchanged(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "to_tz Asia/Tokyo", in: "2015-07-14T15:31:15.5Z", want: "2015-07-15T00:31:15.5+09:00"},
		{pipe: "to_tz UTC", in: "2015-07-14T20:31:15-04:00", want: "2015-07-15T00:31:15Z"},
		{pipe: "to_tz America/New_York", in: "2019-11-03T05:30:00Z", want: "2019-11-03T01:30:00-04:00"},
		{pipe: "to_tz America/New_York", in: "2019-11-03T06:30:00Z", want: "2019-11-03T01:30:00-05:00"},
		{pipe: "to_tz America/New_York", in: "1870-01-01T12:00:00+01:00", want: "1870-01-01T11:00:00Z"},
		{pipe: "to_tz Asia/Tokyo", in: "9999-12-31T23:00:00Z", want: null, code: "bad-date"},
		{pipe: "to_tz Asia/Tokyo", in: "2015-07", want: "2015-07"},
		{pipe: "to_tz Asia/Tokyo", in: "soon", want: null, code: "bad-date"},
	})
	refuses(t, "to_tz Mars/Olympus", `to_tz: "Mars/Olympus" is not a time zone; write a name such as America/New_York`)
	refuses(t, "to_tz Local", `to_tz: "Local" is not a time zone; write a name such as America/New_York`)
}

func TestDatesAreComparedByWhatBothTell(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "not_future 2024-06-30", in: "2024-06-30", want: "2024-06-30"},
		{pipe: "not_future 2024-06-30", in: "2024-06", want: "2024-06"},
		{pipe: "not_future 2024-06-30", in: "2025", want: null, code: "future-date"},
		{pipe: "not_future 2024-06-30", in: "2024-06-30T23:59:59-04:00", want: "2024-06-30T23:59:59-04:00"},
		{pipe: "not_future 2024-06-30T12:00:00Z", in: "2024-06-30T08:00:01-04:00", want: null, code: "future-date"},
		{pipe: "not_future 2024-06-30T12:00:00Z", in: "2024-06-30T08:00:00-04:00", want: "2024-06-30T08:00:00-04:00"},
		{pipe: "not_future $D", in: "2024-06-30", columns: []string{""}, want: "2024-06-30"},
		{pipe: "not_future $D", in: "2024-06-30", columns: []string{"6/29/2024"}, want: null, code: "future-date"},
		{pipe: "not_future $D", in: "2024-06-30", columns: []string{"whenever"}, want: null, code: "bad-date"},
		{pipe: "not_future $D", in: "whenever", columns: []string{"2024-06-30"}, want: null, code: "bad-date"},
		{pipe: "not_before 1900-01-01", in: "1900", want: "1900"},
		{pipe: "not_before 1900-01-01", in: "1899-12-31T23:59:59Z", want: null, code: "too-early"},
	})
	refuses(t, "not_before yesterday", `not_before: "yesterday" is not a date; write YYYY-MM-DD or a column`)
	refuses(t, "not_future", `not_future needs DATE`)
}

func TestPeriodsAreMadeOfTheirEnds(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "period $S $E", in: "ignored", columns: []string{"2019-03-07 08:00", "2019-03-07 09:30"}, want: `{"start":"2019-03-07T08:00:00-05:00","end":"2019-03-07T09:30:00-05:00"}`},
		{pipe: "period $S $E", in: "ignored", columns: []string{"", "2019"}, want: `{"end":"2019"}`},
		{pipe: "period $S $E", in: "ignored", columns: []string{"", ""}, want: null},
		{pipe: "period $S $E", in: "ignored", columns: []string{"0000-00-00", "2019"}, want: `{"end":"2019"}`},
		{pipe: "period $S $E", in: "ignored", columns: []string{"2019-03-07", "2019-03-07"}, want: `{"start":"2019-03-07","end":"2019-03-07"}`},
		{pipe: "period $S $E", in: "ignored", columns: []string{"2019-03-07", "2019"}, want: `{"start":"2019-03-07","end":"2019"}`},
		{pipe: "period $S $E", in: "ignored", columns: []string{"soon", "2019"}, want: null, code: "bad-date"},
		{pipe: "period $S $E", in: "ignored", columns: []string{"2019", "late"}, want: null, code: "bad-date"},
		{pipe: "period $S $E", in: "ignored", columns: []string{"2019", "2019-03-10 02:30:00"}, want: null, code: "ambiguous-time"},
		{pipe: "period $E", in: "2020", columns: []string{"2019"}, want: null, code: "period-reversed"},
	})
}

func TestPartsOfDatesAndBirthYears(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "date_part y", in: "2015-07-14", want: "2015"},
		{pipe: "date_part ym", in: "2015", want: "2015"},
		{pipe: "date_part ymd", in: "2015-07-14T15:31:15Z", want: "2015-07-14"},
		{pipe: "age_to_birth_year 2019-06-30", in: "0", want: "2019"},
		{pipe: "age_to_birth_year 2019-06-30", in: "151", want: null, code: "bad-number"},
		{pipe: "age_to_birth_year 0100-06-30", in: "120", want: null, code: "bad-date"},
		{pipe: "age_to_birth_year $V", in: "30", columns: []string{""}, want: null},
	})
	refuses(t, "date_part decade", `date_part: "decade" is not one of ["ymd" "ym" "y"]`)
}

// checkFormat compiles the cleaner date with a format.
func checkFormat(format string) error {
	date, _ := clean.Named("date")
	_, err := date.Compile([]clean.Arg{{Text: format, Index: -1}}, clean.Settings{})
	return err
}

func TestADateFormatThatCanNotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	const words = `is not a word of a date format; use YYYY YY MMM MM M DD D hh h mm ss SSS A Z`
	for format, message := range map[string]string{
		"YYYY-MM-JJ": `date format "YYYY-MM-JJ": "JJ" ` + words,
		"yyyy-MM-dd": `date format "yyyy-MM-dd": "yyyy-MM-dd" ` + words,
		"%Y-%m-%d":   `date format "%Y-%m-%d": "Y-%m-%d" ` + words,
		"DD.MM.":     `date format "DD.MM.": there is no year (YYYY or YY) in it`,
		"DD.YYYY":    `date format "DD.YYYY": a part is missing between others: year, month, day, hours and minutes build on each other`,
		"YYYY hh:mm": `date format "YYYY hh:mm": a part is missing between others: year, month, day, hours and minutes build on each other`,
		"MDYYYY":     `date format "MDYYYY": M of one or two digits can not stand right before D`,
		"":           `date format "": there is no year (YYYY or YY) in it`,
	} {
		err := checkFormat(format)
		if err == nil || err.Error() != "date: "+message {
			t.Errorf("%q is refused with\n  %v\nwant\n  %s", format, err, message)
		}
	}
	for _, format := range []string{"YYYY-MM-DD", "M/D/YY h:mm:ss A", "YYYYMMDDhhmmss.SSSZ", "DDD, D MMM YYYY HH:mm:ss Z", "YYYY", "MM/YYYY"} {
		if err := checkFormat(format); err != nil {
			t.Errorf("%q: %v", format, err)
		}
	}
	refuses(t, "datetime Nowhere/City", `datetime: "Nowhere/City" is not a time zone; write a name such as America/New_York`)
	refuses(t, "date QQ", `date: date format "QQ": "QQ" `+words)
}

func FuzzDateAgreesWithTheStandardLibrary(f *testing.F) {
	for _, s := range []string{"2019-03-07", "2019-02-29", "0000-00-00", "2019-13-01", "9999-12-31", "2019-3-7"} {
		f.Add(s)
	}
	run := compileWith(f, "date YYYY-MM-DD", clean.Settings{})
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "T ") {
			return // the forms with a time are read too
		}
		out, _ := run(clean.Of(s), nil)
		day, err := time.Parse("2006-01-02", s)
		if want := err == nil && day.Year() > 0; out.Set != want {
			t.Errorf("date of %q gives %v, time.Parse gives %v", s, out, err)
		}
		if out.Set && out.Text != s {
			t.Errorf("date of %q gives %q", s, out.Text)
		}
	})
}

func FuzzDateTimeGivesWhatItThenReads(f *testing.F) {
	for _, s := range []string{"2015-07-14T15:31:15Z", "7/14/2015", "2019-11-03 01:30:00", "20150714"} {
		f.Add(s)
	}
	run := compile(f, "datetime")
	f.Fuzz(func(t *testing.T, s string) {
		out, _ := run(clean.Of(s), nil)
		if !out.Set {
			return
		}
		again, problem := run(out, nil)
		if problem != nil || again != out {
			t.Errorf("datetime of %q gives %q, and of that %q, %v", s, out.Text, again.Text, problem)
		}
	})
}

func ExampleCleaner() {
	c, _ := clean.Lookup(clean.All(), "date")
	f, err := c.Compile([]clean.Arg{{Text: "DD.MM.YYYY", Index: -1}}, clean.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, _ := f(clean.Of("07.03.1954"), nil)
	fmt.Println(out.Text)
	_, problem := f(clean.Of("31.02.1980"), nil)
	fmt.Println(problem.Code)
	// Output:
	// 1954-03-07
	// bad-date
}
