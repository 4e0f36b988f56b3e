package clean

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// layout is a date format that was compiled once: YYYY-MM-DD, M/D/YY h:mm A.
type layout struct {
	source   string
	words    []formatWord
	shortest int // bytes of the shortest text that can match
	longest  int // likewise of the longest, where endless does not say that there is none
	endless  bool
	known    precision
}

// formatWord is one word of a format: what it reads, and of how many signs.
type formatWord struct {
	name        string
	kind        wordKind
	least, most int // signs that it takes; most is 0 where there is no limit
}

// wordKind says what a word of a format reads.
type wordKind uint8

const (
	yearWord wordKind = iota
	monthWord
	dayWord
	hourWord
	minuteWord
	secondWord
	shortYearWord
	monthNameWord
	weekdayWord
	fractionWord
	halfWord // AM or PM
	zoneWord
	spaceWord
	literalWord
)

// isNumber tells that the word reads digits into a field of the moment.
func (w formatWord) isNumber() bool { return w.kind <= secondWord }

// formatWords are the words of a date format, the longer before the shorter
// that they begin with.
var formatWords = []formatWord{
	{"YYYY", yearWord, 4, 4},
	{"YY", shortYearWord, 2, 2},
	{"MMMM", monthNameWord, 3, 0},
	{"MMM", monthNameWord, 3, 0},
	{"MM", monthWord, 2, 2},
	{"M", monthWord, 1, 2},
	{"DDDD", weekdayWord, 3, 0},
	{"DDD", weekdayWord, 3, 0},
	{"DD", dayWord, 2, 2},
	{"D", dayWord, 1, 2},
	{"HH", hourWord, 2, 2},
	{"hh", hourWord, 2, 2},
	{"H", hourWord, 1, 2},
	{"h", hourWord, 1, 2},
	{"mm", minuteWord, 2, 2},
	{"m", minuteWord, 1, 2},
	{"SSS", fractionWord, 1, 0},
	{"ss", secondWord, 2, 2},
	{"s", secondWord, 1, 2},
	{"A", halfWord, 1, 0},
	{"Z", zoneWord, 1, 0},
}

// compileLayout reads the format of a date or date-time.
func compileLayout(format string) (layout, error) {
	l, err := readLayout(format)
	if err == nil {
		err = l.setPrecision()
	}
	if err != nil {
		return layout{}, fmt.Errorf("date format %q: %w", format, err)
	}
	return l, nil
}

// compileTimeLayout reads the format of a time of day.
func compileTimeLayout(format string) (layout, error) {
	l, err := readLayout(format)
	if err == nil && (!l.has(hourWord) || !l.has(minuteWord)) {
		err = errors.New("hours or minutes are missing in it")
	}
	if err != nil {
		return layout{}, fmt.Errorf("time format %q: %w", format, err)
	}
	l.known = toTime
	return l, nil
}

// readLayout reads a format: the words above, T, and signs between them.
func readLayout(format string) (layout, error) {
	l := layout{source: format, words: make([]formatWord, 0, len(format)/2+2)}
	for rest := format; rest != ""; {
		w, n, err := nextFormatWord(rest)
		if err != nil {
			return layout{}, err
		}
		l.words = append(l.words, w)
		l.shortest += w.least
		l.longest += w.most
		l.endless = l.endless || w.most == 0
		rest = rest[n:]
	}
	return l, l.checkWidths()
}

// nextFormatWord refuses other letters: yyyy or dd of another language must not
// pass as signs.
func nextFormatWord(rest string) (formatWord, int, error) {
	for _, w := range formatWords {
		if strings.HasPrefix(rest, w.name) {
			return w, len(w.name), nil
		}
	}
	c := rest[0]
	if isDigit(c) || (isLetter(c) && c != 'T') {
		return formatWord{}, 0, fmt.Errorf("%q is not a word of a date format; use YYYY YY MMM MM M DD D hh h mm ss SSS A Z", rest)
	}
	if c == ' ' {
		return formatWord{name: rest[:1], kind: spaceWord, least: 1}, 1, nil
	}
	return formatWord{name: rest[:1], kind: literalWord, least: 1, most: 1}, 1, nil
}

// setPrecision finds out how much the format tells; it must tell a date without
// gaps.
func (l *layout) setPrecision() error {
	year, month := l.has(yearWord) || l.has(shortYearWord), l.has(monthWord) || l.has(monthNameWord)
	day, hour, minute := l.has(dayWord), l.has(hourWord), l.has(minuteWord)
	switch {
	case !year:
		return errors.New("there is no year (YYYY or YY) in it")
	case (day && !month) || (hour && !day) || (minute != hour):
		return errors.New("a part is missing between others: year, month, day, hours and minutes build on each other")
	case hour:
		l.known = toTime
	case day:
		l.known = toDay
	case month:
		l.known = toMonth
	}
	return nil
}

// checkWidths refuses MDYYYY, where nobody can tell one number from the next.
func (l *layout) checkWidths() error {
	for i := 1; i < len(l.words); i++ {
		before, after := l.words[i-1], l.words[i]
		if before.isNumber() && before.least < before.most && (after.isNumber() || after.kind == shortYearWord || after.kind == fractionWord) {
			return fmt.Errorf("%s of one or two digits can not stand right before %s", before.name, after.name)
		}
	}
	return nil
}

func (l *layout) has(kind wordKind) bool {
	return slices.ContainsFunc(l.words, func(w formatWord) bool { return w.kind == kind })
}

// parse reads s; ok tells only that s has the form of l, not that the day
// exists.
func (l *layout) parse(s string, pivot int) (m moment, ok bool) {
	if len(s) < l.shortest || len(s) > l.longest && !l.endless {
		return moment{}, false
	}
	r := dateReader{s: s, pivot: pivot}
	r.m.known = l.known
	for i := range l.words {
		if !r.word(&l.words[i]) {
			return moment{}, false
		}
	}
	return r.m, r.at == len(s) && r.applyHalf()
}
