package clean

import (
	"strconv"
	"strings"
	"time"
)

const (
	secondsPerDay = 24 * 60 * 60
	// lastSerial keeps day counts inside the year 9999.
	lastSerial = 2_958_465
)

func compileExcelDate(args []Arg, s Settings) (Func, error) {
	system, err := option(args, 0, "1900", "1904")
	if err != nil {
		return nil, err
	}
	return compilePlaced(func(text string) (moment, bool) { return excelMoment(text, system == "1904") })(nil, s)
}

// excelMoment reads a serial number (ECMA-376 part 1, 18.17.4). The 1900 system
// has a 29 February 1900, number 60, that never was: it is no date here.
func excelMoment(s string, from1904 bool) (moment, bool) {
	whole, fraction, hasFraction := strings.Cut(s, ".")
	days, ok := smallInt(whole)
	seconds, okFraction := dayFraction(fraction)
	if !ok || !okFraction || (hasFraction && fraction == "") {
		return moment{}, false
	}
	days += seconds / secondsPerDay
	seconds %= secondsPerDay
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 1 || days == 60:
		return moment{}, false
	case days < 60:
		days++
	}
	if days > lastSerial {
		return moment{}, false
	}
	m := onDay(base, days)
	if strings.Trim(fraction, "0") != "" {
		m.setSeconds(seconds)
	}
	return m, true
}

// dayFraction returns the seconds in the decimal fraction of a day, rounded.
func dayFraction(digits string) (int, bool) {
	digits = digits[:min(len(digits), 40)]
	numerator, denominator := int64(0), int64(1)
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		if i < 12 {
			numerator = numerator*10 + int64(digits[i]-'0')
			denominator *= 10
		}
	}
	return int((numerator*secondsPerDay + denominator/2) / denominator), true
}

func (m *moment) setSeconds(seconds int) {
	m.hour, m.min, m.sec = seconds/3600, seconds/60%60, seconds%60
	m.known = toTime
}

// compileEpoch takes .0 behind the number, which exports of floating columns
// have.
func compileEpoch(args []Arg, _ Settings) (Func, error) {
	unit, err := option(args, 0, "s", "ms")
	if err != nil {
		return nil, err
	}
	return unary(func(s string) (Value, *Problem) {
		n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64)
		if err != nil {
			return Value{}, badDate("the text is not a whole number of seconds or milliseconds; correct the source")
		}
		t := time.Unix(n, 0)
		if unit == "ms" {
			t = time.UnixMilli(n)
		}
		return epochValue(t.UTC())
	}), nil
}

// epochValue refuses years that FHIR can not write; milliseconds taken for
// seconds end here.
func epochValue(t time.Time) (Value, *Problem) {
	if t.Year() < 1 || t.Year() > 9999 {
		return Value{}, badDate("the number gives no year from 1 to 9999; are these seconds or milliseconds?")
	}
	var m moment
	m.setClock(t)
	m.zone = zulu
	if ms := t.Nanosecond() / 1e6; ms != 0 {
		m.fraction = string(appendPadded(nil, ms, 3))
	}
	return Of(m.dateTimeText("")), nil
}

// compileJulian reads day numbers only on demand: seven digits can be both.
func compileJulian(args []Arg, s Settings) (Func, error) {
	kind, err := option(args, 0, "ordinal", "jdn")
	if err != nil {
		return nil, err
	}
	return unary(func(text string) (Value, *Problem) {
		m, ok := ordinalMoment(text, s.Pivot)
		if kind == "jdn" {
			m, ok = julianDay(text)
		}
		if !ok || !m.exists() {
			return Value{}, badDate("the text is not a year with a day of that year, or a Julian day number; correct the source")
		}
		return Of(m.dateText(text)), nil
	}), nil
}

// ordinalMoment reads YYYYDDD, YYDDD, or CYYDDD as JD Edwards writes it.
func ordinalMoment(s string, pivot int) (moment, bool) {
	n, ok := smallInt(s)
	year, day := n/1000, n%1000
	switch {
	case !ok, len(s) == 6 && s[0] > '1': // 201312 is no day of the year 2101
		return moment{}, false
	case len(s) == 5 && year > pivot, len(s) == 6:
		year += 1900
	case len(s) == 5:
		year += 2000
	case len(s) != 7:
		return moment{}, false
	}
	m := onDay(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), day-1)
	return m, day > 0 && m.year == year
}

// julianDay reads the number that astronomers give to the day at whose noon it
// begins.
func julianDay(s string) (moment, bool) {
	n, ok := smallInt(s)
	const jdn1970 = 2_440_588
	if !ok || n > jdn1970+lastSerial {
		return moment{}, false
	}
	return onDay(time.Unix(0, 0).UTC(), n-jdn1970), true
}

// horologMoment reads $HOROLOG: day 1 is 1841-01-01.
func horologMoment(s string) (moment, bool) {
	days, seconds, timed := strings.Cut(s, ",")
	d, ok := smallInt(days)
	if !ok || d < 1 || d > lastSerial {
		return moment{}, false
	}
	m := onDay(time.Date(1840, 12, 31, 0, 0, 0, 0, time.UTC), d)
	if !timed {
		return m, true
	}
	n, ok := smallInt(seconds)
	m.setSeconds(n)
	return m, ok && n < secondsPerDay
}

// fileManMoment reads a VA FileMan date (FileMan developer's guide, %DT):
// YYYMMDD with years since 1700, zero for a month or day that is not known, and
// midnight written as hour 24 of the day that ends.
func fileManMoment(s string) (moment, bool) {
	date, clock, timed := strings.Cut(s, ".")
	n, ok := smallInt(date)
	if !ok || len(date) != 7 || (timed && (clock == "" || len(clock) > 6)) {
		return moment{}, false
	}
	m := moment{year: 1700 + n/10000, month: n / 100 % 100, day: n % 100, known: toDay}
	switch {
	case n == 0:
		return moment{known: toDay}, true // none, and not the year 1700
	case m.month == 0 && m.day == 0:
		m.known = toYear
	case m.day == 0:
		m.known = toMonth
	}
	if !timed {
		return m, true
	}
	t, ok := smallInt((clock + "000000")[:6])
	if !ok || m.known != toDay || !m.exists() {
		return m, false
	}
	if t == 240000 {
		m = onDay(time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC), 1)
		t = 0
	}
	m.hour, m.min, m.sec, m.known = t/10000, t/100%100, t%100, toTime
	return m, true
}

// hl7Moment reads the data type TS (HL7 v2.5.1 2.A.22). An hour without minutes
// is its first.
func hl7Moment(s string) (moment, bool) {
	r := dateReader{s: s}
	if !r.digits(&r.m.year, 4, 4) {
		return moment{}, false
	}
	fields := [...]*int{&r.m.month, &r.m.day, &r.m.hour, &r.m.min, &r.m.sec}
	known := 0
	for known < len(fields) && r.at < len(s) && isDigit(s[r.at]) {
		if !r.digits(fields[known], 2, 2) {
			return moment{}, false
		}
		known++
	}
	r.m.known = min(precision(known), toTime)
	if known == len(fields) && r.char('.') && !r.fraction() {
		return moment{}, false
	}
	if r.at < len(s) && (known < 3 || !r.zone()) {
		return moment{}, false
	}
	return r.m, r.at == len(s)
}
