package clean

import (
	"cmp"
	"regexp"
	"slices"
)

// DateTrial compares two ways to read the same texts: with the day first and
// with the month first. A list of formats that has both takes the first that
// fits, whatever the values say; a trial lets the values say it.
type DateTrial struct {
	DayFirst, MonthFirst string // the first format of either kind
	Leading              string // the one of the two that is tried first
	day, month           []layout
}

var dayOrMonth = regexp.MustCompile(`D{1,2}|M+`)

// dateShape returns a format without the order of day and month, and which one
// comes first: 'D', 'M', or 0 where the month is a name.
func dateShape(format string) (shape string, first byte) {
	named := false
	shape = dayOrMonth.ReplaceAllStringFunc(format, func(word string) string {
		if named = named || len(word) > 2; first == 0 {
			first = word[0]
		}
		return "#"
	})
	if named || first == 0 {
		return format, 0
	}
	return shape, first
}

// NewDateTrial returns the trial of a list of formats; nil where no two of them
// read the same text as different days.
func NewDateTrial(formats []string) *DateTrial {
	t := &DateTrial{}
	byShape := map[string][]string{}
	for _, f := range formats {
		if shape, first := dateShape(f); first != 0 {
			byShape[shape] = append(byShape[shape], f)
		}
	}
	for _, f := range formats {
		shape, first := dateShape(f)
		rivals := slices.ContainsFunc(byShape[shape], func(other string) bool {
			_, o := dateShape(other)
			return o != first
		})
		l, err := compileLayout(f)
		if first == 0 || !rivals || err != nil {
			continue
		}
		if t.Leading == "" {
			t.Leading = f
		}
		if first == 'D' {
			t.day = append(t.day, l)
			t.DayFirst = cmp.Or(t.DayFirst, f)
		} else {
			t.month = append(t.month, l)
			t.MonthFirst = cmp.Or(t.MonthFirst, f)
		}
	}
	if len(t.day) == 0 || len(t.month) == 0 {
		return nil
	}
	return t
}

// Read reports whether the text is a day of the calendar when it is read with
// the day first, and with the month first. A day that is the same either way
// (5/5/2019) tells nothing: both are false.
func (t *DateTrial) Read(text string) (dayFirst, monthFirst bool) {
	a, dayFirst := readFirst(t.day, text)
	b, monthFirst := readFirst(t.month, text)
	if dayFirst && monthFirst && a.month == b.month && a.day == b.day {
		return false, false
	}
	return dayFirst, monthFirst
}

func readFirst(layouts []layout, text string) (moment, bool) {
	const pivot = 30 // any: the year does not matter here
	for i := range layouts {
		if m, ok := layouts[i].parse(text, pivot); ok && m.exists() {
			return m, true
		}
	}
	return moment{}, false
}
