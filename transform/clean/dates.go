package clean

// dateCleaners read the ways in which old systems write days and times.
var dateCleaners = []Cleaner{
	{
		Name: "age_to_birth_year", In: []Type{"string", "integer", "decimal"}, Out: "date", Issues: []string{"bad-date", "bad-number"},
		Doc: "Makes a birth year of an age in whole years and the date at which it was true. " +
			"The year may be one too late, because the birthday of that year is not known.",
		Params:  []Param{{Name: "DATE", Kind: Either}},
		Compile: compileBirthYear,
		Examples: []Example{
			{Pipe: "age_to_birth_year $VISIT", In: "64", Columns: []string{"2019-03-07"}, Out: "1955"},
			{Pipe: "age_to_birth_year $VISIT", In: "sixty", Columns: []string{"2019-03-07"}, OutNull: true, Issue: "bad-number"},
			{Pipe: "age_to_birth_year $VISIT", In: "64", Columns: []string{"soon"}, OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "date", In: []Type{Any}, Out: "date", Issues: []string{"bad-date"},
		Doc: "Reads a date in the first of the formats that fits: those written here, else the mapping's dates, else ISO. " +
			"A full ISO date is always read. Partial dates stay partial, a time of day is dropped, a zero date (0000-00-00) is null, " +
			"and a day that the calendar does not have is never moved to another.",
		Params:  []Param{{Name: "FORMAT", Kind: Word, Optional: true, Variadic: true}},
		Compile: compileDate,
		Examples: []Example{
			{Pipe: "date", In: "3/7/1954", Out: "1954-03-07"},
			{Pipe: "date", In: "2019-03", Out: "2019-03"},
			{Pipe: "date 'DD.MM.YYYY' 'DD-MMM-YY'", In: "07-Mar-54", Out: "1954-03-07"},
			{Pipe: "date D/M/YYYY", In: "31/02/1980", OutNull: true, Issue: "bad-date"},
			{Pipe: "date", In: "0000-00-00", OutNull: true},
		},
	},
	{
		Name: "date_part", In: []Type{"date", "dateTime"}, Out: "date", Issues: []string{"bad-date"},
		Doc:     "Keeps the year (y), the year and month (ym) or the full date (ymd) of a date or date-time.",
		Params:  []Param{{Name: "y|ym|ymd", Kind: Word}},
		Compile: compileDatePart,
		Examples: []Example{
			{Pipe: "date_part ym", In: "2015-07-14T15:31:15Z", Out: "2015-07"},
			{Pipe: "date_part ymd", In: "2015", Out: "2015"},
			{Pipe: "date_part y", In: "15-07", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "datetime", In: []Type{Any}, Out: "dateTime", Issues: []string{"ambiguous-time", "bad-date", "no-timezone"},
		Doc: "Reads a date-time like date does, and keeps its time and offset as they are written. A time without offset is taken in the zone written here " +
			"(America/New_York), else in the mapping's timezone; one that this zone skips or has twice is an issue. A date without time stays a date.",
		Params:  []Param{{Name: "FORMAT or ZONE", Kind: Word, Optional: true, Variadic: true}},
		Compile: compileDateTime,
		Examples: []Example{
			{Pipe: "datetime", In: "2015-07-14T15:31:15Z", Out: "2015-07-14T15:31:15Z"},
			{Pipe: "datetime", In: "2015-07-14 15:31", Out: "2015-07-14T15:31:00-04:00"},
			{Pipe: "datetime 'D.M.YYYY h:mm A' Europe/Berlin", In: "7.3.2019 2:05 PM", Out: "2019-03-07T14:05:00+01:00"},
			{Pipe: "datetime", In: "2019-11-03 01:30:00", OutNull: true, Issue: "ambiguous-time"},
			{Pipe: "datetime", In: "2019-03-10 02:30:00", OutNull: true, Issue: "ambiguous-time"},
			{Pipe: "datetime", In: "1980-13-45", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "epoch", In: []Type{Any}, Out: "dateTime", Issues: []string{"bad-date"},
		Doc:     "Reads seconds (s) or milliseconds (ms) since 1970-01-01 UTC.",
		Params:  []Param{{Name: "s|ms", Kind: Word, Optional: true}},
		Compile: compileEpoch,
		Examples: []Example{
			{Pipe: "epoch", In: "1436887875", Out: "2015-07-14T15:31:15Z"},
			{Pipe: "epoch ms", In: "1436887875120", Out: "2015-07-14T15:31:15.120Z"},
			{Pipe: "epoch", In: "today", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "excel_date", In: []Type{Any}, Out: "dateTime", Issues: []string{"ambiguous-time", "bad-date", "no-timezone"},
		Doc: "Reads the serial number of a spreadsheet date, in the 1900 or the 1904 system. A fraction is the time of day in the mapping's timezone, to the second. " +
			"For an element of type date write excel_date | date_part ymd.",
		Params:  []Param{{Name: "1900|1904", Kind: Word, Optional: true}},
		Compile: compileExcelDate,
		Examples: []Example{
			{Pipe: "excel_date", In: "38210", Out: "2004-08-11"},
			{Pipe: "excel_date", In: "38210.5", Out: "2004-08-11T12:00:00-04:00"},
			{Pipe: "excel_date 1904", In: "36748", Out: "2004-08-11"},
			{Pipe: "excel_date", In: "60", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "fileman_date", In: []Type{Any}, Out: "dateTime", Issues: []string{"ambiguous-time", "bad-date", "no-timezone"},
		Doc:     "Reads a date of VA FileMan (VistA): years since 1700, month, day, and after a point the time without trailing zeros.",
		Compile: compilePlaced(fileManMoment),
		Examples: []Example{
			{Pipe: "fileman_date", In: "3150714.153115", Out: "2015-07-14T15:31:15-04:00"},
			{Pipe: "fileman_date", In: "3150700", Out: "2015-07"},
			{Pipe: "fileman_date", In: "3150231", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "hl7_ts", In: []Type{Any}, Out: "dateTime", Issues: []string{"ambiguous-time", "bad-date", "no-timezone"},
		Doc:     "Reads an HL7 v2 time stamp, YYYY[MM[DD[hh[mm[ss[.S]]]]]][+zzzz]. For an element of type date write hl7_ts | date_part ymd.",
		Compile: compilePlaced(hl7Moment),
		Examples: []Example{
			{Pipe: "hl7_ts", In: "20150714153115-0400", Out: "2015-07-14T15:31:15-04:00"},
			{Pipe: "hl7_ts", In: "195403", Out: "1954-03"},
			{Pipe: "hl7_ts", In: "2015-07-14", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "instant", In: []Type{Any}, Out: "instant", Issues: []string{"ambiguous-time", "bad-date", "no-timezone"},
		Doc:     "Reads like datetime, and takes nothing less than a date with a time.",
		Params:  []Param{{Name: "FORMAT or ZONE", Kind: Word, Optional: true, Variadic: true}},
		Compile: compileInstant,
		Examples: []Example{
			{Pipe: "instant", In: "2015-07-14T15:31:15.25Z", Out: "2015-07-14T15:31:15.25Z"},
			{Pipe: "instant", In: "2015-07-14", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "julian", In: []Type{Any}, Out: "date", Issues: []string{"bad-date"},
		Doc:     "Reads a year with the day of the year: YYYYDDD, YYDDD or CYYDDD (C is 0 for 19xx, 1 for 20xx), told apart by their length; or with jdn a Julian day number.",
		Params:  []Param{{Name: "ordinal|jdn", Kind: Word, Optional: true}},
		Compile: compileJulian,
		Examples: []Example{
			{Pipe: "julian", In: "2015195", Out: "2015-07-14"},
			{Pipe: "julian", In: "115195", Out: "2015-07-14"},
			{Pipe: "julian jdn", In: "2457218", Out: "2015-07-14"},
			{Pipe: "julian", In: "2015366", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "mumps_date", In: []Type{Any}, Out: "dateTime", Issues: []string{"ambiguous-time", "bad-date", "no-timezone"},
		Doc:     "Reads the $HOROLOG of MUMPS: days since 1840-12-31 and, after a comma, seconds since midnight.",
		Compile: compilePlaced(horologMoment),
		Examples: []Example{
			{Pipe: "mumps_date", In: "63747,55875", Out: "2015-07-14T15:31:15-04:00"},
			{Pipe: "mumps_date", In: "63747", Out: "2015-07-14"},
			{Pipe: "mumps_date", In: "63747,90000", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "not_before", In: []Type{"date", "dateTime", "instant"}, Out: Same, Issues: []string{"bad-date", "too-early"},
		Doc:     "Rejects a date before another one, given as an ISO date or a column. Only what both dates tell is compared.",
		Params:  []Param{{Name: "DATE", Kind: Either}},
		Compile: compileNotBefore,
		Examples: []Example{
			{Pipe: "not_before $BIRTH", In: "2019-03-07", Columns: []string{"3/7/1954"}, Out: "2019-03-07"},
			{Pipe: "not_before 1900-01-01", In: "1899-12", OutNull: true, Issue: "too-early"},
		},
	},
	{
		Name: "not_future", In: []Type{"date", "dateTime", "instant"}, Out: Same, Issues: []string{"bad-date", "future-date"},
		Doc:     "Rejects a date after the day on which the data was exported, given as an ISO date or a column: nothing here reads the clock.",
		Params:  []Param{{Name: "DATE", Kind: Either}},
		Compile: compileNotFuture,
		Examples: []Example{
			{Pipe: "not_future 2024-06-30", In: "2024", Out: "2024"},
			{Pipe: "not_future 2024-06-30", In: "2024-07-01", OutNull: true, Issue: "future-date"},
		},
	},
	{
		Name: "period", In: []Type{Any}, Out: "Period", Nulls: true,
		Issues: []string{"ambiguous-time", "bad-date", "no-timezone", "period-reversed"},
		Doc: "Makes a Period of two columns (or of the value and one column), each read like datetime does. " +
			"Either end may be null; an end before the start is an issue.",
		Params:  []Param{{Name: "START or END", Kind: Column}, {Name: "END", Kind: Column, Optional: true}},
		Compile: compilePeriod,
		Examples: []Example{
			{Pipe: "period $START $END", Null: true, Columns: []string{"2019-03-07", "3/9/2019"}, Out: `{"start":"2019-03-07","end":"2019-03-09"}`},
			{Pipe: "period $END", In: "2019-03-07", Columns: []string{""}, Out: `{"start":"2019-03-07"}`},
			{Pipe: "period $START $END", Null: true, Columns: []string{"2019-03-09", "2019-03-07"}, OutNull: true, Issue: "period-reversed"},
		},
	},
	{
		Name: "time", In: []Type{Any}, Out: "time", Issues: []string{"bad-date"},
		Doc:     "Reads a time of day: hh:mm, hh:mm:ss, hhmm, h:mm A, or the formats written here.",
		Params:  []Param{{Name: "FORMAT", Kind: Word, Optional: true, Variadic: true}},
		Compile: compileTime,
		Examples: []Example{
			{Pipe: "time", In: "2:05 PM", Out: "14:05:00"},
			{Pipe: "time", In: "14:05:09.5", Out: "14:05:09.5"},
			{Pipe: "time", In: "24:00", OutNull: true, Issue: "bad-date"},
		},
	},
	{
		Name: "to_tz", In: []Type{"dateTime", "instant"}, Out: Same, Issues: []string{"bad-date"},
		Doc:     "Says the same moment in the time of another zone. A date without time stays as it is.",
		Params:  []Param{{Name: "ZONE", Kind: Word}},
		Compile: compileToZone,
		Examples: []Example{
			{Pipe: "to_tz America/Chicago", In: "2015-07-14T15:31:15Z", Out: "2015-07-14T10:31:15-05:00"},
			{Pipe: "to_tz UTC", In: "2015-07-14", Out: "2015-07-14"},
			{Pipe: "to_tz UTC", In: "2015-07-14T15:31:15", OutNull: true, Issue: "bad-date"},
		},
	},
}
