package fhir

// checkTemporal checks date, dateTime, instant and time.
func checkTemporal(typ, s string) error {
	if typ == "time" {
		return whether(clock(s) == len(s) && s != "", errTime)
	}
	shape := errDate
	switch typ {
	case "dateTime":
		shape = errDateTime
	case "instant":
		shape = errInstant
	}
	end, dayExists := calendar(s)
	switch {
	case end == 0:
		return shape
	case !dayExists:
		return errDay
	case end == len(s):
		return whether(typ != "instant", shape)
	}
	// A time of day needs a whole day before it, and a zone after it.
	if typ == "date" || end != len("2006-01-02") || s[end] != 'T' {
		return shape
	}
	rest := s[end+1:]
	after := clock(rest)
	return whether(after > 0 && isZone(rest[after:]), shape)
}

// calendar scans YYYY, YYYY-MM or YYYY-MM-DD and returns the place after it, 0
// where s does not start so. dayExists is false for 31 April and the like.
func calendar(s string) (end int, dayExists bool) {
	if len(s) < 4 || digits(s[:4], 0) != 4 || s[:4] == "0000" {
		return 0, false
	}
	if len(s) < 5 || s[4] != '-' {
		return 4, true
	}
	month, ok := twoDigits(s, 5)
	if !ok || month < 1 || month > 12 {
		return 0, false
	}
	if len(s) < 8 || s[7] != '-' {
		return 7, true
	}
	day, ok := twoDigits(s, 8)
	if !ok || day < 1 || day > 31 {
		return 0, false
	}
	year := int(s[0]-'0')*1000 + int(s[1]-'0')*100 + int(s[2]-'0')*10 + int(s[3]-'0')
	return 10, day <= DaysIn(year, month)
}

// DaysIn returns how many days a month from 1 to 12 has.
func DaysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clock scans hh:mm:ss(.f+)? and returns the place after it, 0 where s does
// not start so. R4 allows second 60 for leap seconds and no hour 24.
func clock(s string) int {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0
	}
	hour, ok1 := twoDigits(s, 0)
	minute, ok2 := twoDigits(s, 3)
	second, ok3 := twoDigits(s, 6)
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 60 {
		return 0
	}
	if len(s) == 8 || s[8] != '.' {
		return 8
	}
	if end := digits(s, 9); end > 9 {
		return end
	}
	return 0
}

// isZone checks Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00).
func isZone(s string) bool {
	if s == "Z" {
		return true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return false
	}
	hour, ok1 := twoDigits(s, 1)
	minute, ok2 := twoDigits(s, 4)
	return ok1 && ok2 && minute <= 59 && (hour <= 13 || hour == 14 && minute == 0)
}

func twoDigits(s string, i int) (int, bool) {
	if len(s) < i+2 || !isDigit(s[i]) || !isDigit(s[i+1]) {
		return 0, false
	}
	return int(s[i]-'0')*10 + int(s[i+1]-'0'), true
}
