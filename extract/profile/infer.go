package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// typeShare is the share of the values that decides on a type; the others are
// misfits.
const typeShare = 0.95

// What a report lists of each column.
const (
	mostTop          = 10
	mostPlaceholders = 10
)

// finish makes the report of a column.
func (c *column) finish(at address, systems []codeSystem, o Options) *Column {
	t := c.total()
	distinct, exact := c.distinct()
	r := &Column{
		Name: at.column, Nulls: c.missing[null], Empty: c.missing[empty], Absent: c.missing[absent], Values: c.values,
		Distinct: distinct, DistinctExact: exact, Unique: c.values > 0 && !c.repeats(), Impossible: t.kinds[impossibleDate], Padded: c.padded,
		MinLength: c.extreme.shortest, MaxLength: c.extreme.longest,
	}
	r.Type, r.Misfits = c.infer(t)
	if r.Type != TypeDate && r.Type != TypeDateTime {
		r.Impossible = 0
	}
	r.FreeText = r.Type == TypeText && c.isFree()
	r.Formats = c.formats(t, r.Type)
	r.Min, r.Max = c.bounds(r)
	r.Placeholders = c.placeholders(r.Unique)
	if r.Type == TypeCode || r.Type == TypeInteger || r.Type == TypeText || r.Type == TypeDecimal {
		r.Codes = findCodes(c, at, systems)
	}
	r.Personal = c.personal(at, r)
	r.settle()
	r.Top = c.top(r.Unique, cmp.Or(o.Top, mostTop))
	if r.Personal != "" && !o.ShowValues {
		c.mask(r)
	}
	if r.couldJoin() {
		r.set = c.set()
	}
	return r
}

// infer returns the narrowest type that nearly all values have, and how many do
// not have it.
func (c *column) infer(t tally) (string, int64) {
	n := c.values - t.kinds[placeholder]
	if n <= 0 {
		return TypeEmpty, 0
	}
	if c.isBoolean() {
		return TypeBoolean, 0
	}
	enough := func(k int64) bool { return float64(k) >= typeShare*float64(n) }
	dates := t.kinds[date] + t.compact
	attempts := dates + t.kinds[datetime] + t.kinds[impossibleDate]
	switch {
	case enough(dates+t.kinds[impossibleDate]) && dates > 0:
		return TypeDate, n - dates - t.kinds[impossibleDate]
	case enough(attempts) && dates+t.kinds[datetime] > 0:
		return TypeDateTime, n - attempts
	case enough(t.kinds[integer] + t.kinds[decimal]):
		return t.number(n)
	case enough(t.kinds[timeOfDay]):
		return TypeTime, n - t.kinds[timeOfDay]
	case enough(t.kinds[uuid]):
		return TypeUUID, n - t.kinds[uuid]
	case c.isCode():
		return TypeCode, 0
	}
	return TypeText, 0
}

// number tells amounts from numbers that are identifiers: those have zeros in
// front.
func (t *tally) number(n int64) (string, int64) {
	switch {
	case t.kinds[decimal] > 0:
		return TypeDecimal, n - t.kinds[integer] - t.kinds[decimal]
	case t.zeroFront > 0:
		return TypeCode, 0
	}
	return TypeInteger, n - t.kinds[integer]
}

// isBoolean takes the pairs of words that answer a question.
func (c *column) isBoolean() bool {
	var seen []string
	for i := range c.known.entries {
		if e := &c.known.entries[i]; e.look.kind != placeholder {
			seen = append(seen, strings.ToLower(e.text))
		}
		if len(seen) > 4 {
			return false
		}
	}
	slices.Sort(seen)
	seen = slices.Compact(seen)
	if len(seen) == 1 {
		return slices.Contains([]string{"true", "false", "yes", "no"}, seen[0])
	}
	return len(seen) == 2 && slices.Contains([]string{"0 1", "f t", "false true", "n y", "no yes", "off on"}, seen[0]+" "+seen[1])
}

// shortCode is the length of what is taken for a code without looking further.
const shortCode = 40

// isCode tells codes from text: short values without spaces, with digits or all
// in capitals, or few of them.
func (c *column) isCode() bool {
	if c.extreme.longest > shortCode {
		return false
	}
	var single, technical, n int64
	for e, times := range c.examined() {
		s := e.text
		n += times
		if strings.ContainsAny(s, " \t\n") {
			continue
		}
		single += times
		if len(s) <= 3 || strings.ContainsAny(s, "0123456789_") || s == strings.ToUpper(s) {
			technical += times
		}
	}
	few := n <= 50 && c.values >= 4*n
	return single*10 >= n*9 && (technical*2 >= n || few)
}

// The least that makes text free: words a value, and different values of all.
const (
	freeWords    = 4
	freeLength   = 120
	freeDistinct = 0.2
)

// isFree tells sentences from labels: many words, and hardly any twice.
func (c *column) isFree() bool {
	var total, long, n int64
	for e, times := range c.examined() {
		words := int64(len(strings.Fields(e.text)))
		total += words * times
		n += times
		if words >= 2*freeWords || strings.ContainsAny(e.text, "\n\r") {
			long += times
		}
	}
	distinct, _ := c.distinct()
	varied := float64(distinct) >= freeDistinct*float64(c.values) || c.beyond != nil
	return n >= 2 && varied && (total >= freeWords*n && long*10 >= n || c.extreme.longest >= freeLength && long > 0)
}

// bounds returns the smallest and largest value in the order of the type.
func (c *column) bounds(r *Column) (least, most string) {
	x := &c.extreme
	switch r.Type {
	case TypeInteger, TypeDecimal:
		return x.lowest.text, x.highest.text
	case TypeDate, TypeDateTime:
		way := 1
		if len(r.Formats) > 0 && r.Formats[0].Order == OrderDayFirst {
			way = 0
		}
		return momentText(x.first[way], r.Type), momentText(x.last[way], r.Type)
	case TypeEmpty:
		return "", ""
	}
	return clip(x.least), clip(x.most)
}

// momentText writes yyyymmddhhmmss as FHIR does.
func momentText(n int64, typ string) string {
	if n == 0 {
		return ""
	}
	d, t := n/1e6, n%1e6
	text := fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
	if typ == TypeDateTime {
		text += fmt.Sprintf("T%02d:%02d:%02d", t/10000, t/100%100, t%100)
	}
	return text
}

// clipped is how many characters of a value a report shows.
const clipped = 80

// clip shortens a value that would fill a page.
func clip(s string) string {
	for i, n := 0, 0; i < len(s); n++ {
		if n == clipped {
			return s[:i] + "…"
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s
}

// formats lists the ways in which dates are written, the most frequent first.
func (c *column) formats(t tally, typ string) []DateFormat {
	if typ != TypeDate && typ != TypeDateTime {
		return nil
	}
	var list []DateFormat
	for l, n := range t.layouts {
		f := DateFormat{Values: n.values}
		first := monthFirst
		if l.order == yearLast {
			f.DayFirst, f.MonthFirst, f.Undecided = n.proofs[dayFirst], n.proofs[monthFirst], n.proofs[undecided]
			f.Order, first = f.verdict()
		}
		f.Format = l.format(first, n.narrow)
		if f.Order == OrderBoth || f.Order == OrderUnknown {
			f.Format += " or " + l.format(dayFirst, n.narrow)
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b DateFormat) int {
		return cmp.Or(cmp.Compare(b.Values, a.Values), cmp.Compare(a.Format, b.Format))
	})
	return list
}

// verdict says what the counts prove.
func (f DateFormat) verdict() (string, proof) {
	switch {
	case f.DayFirst > 0 && f.MonthFirst > 0:
		return OrderBoth, monthFirst
	case f.DayFirst > 0:
		return OrderDayFirst, dayFirst
	case f.MonthFirst > 0:
		return OrderMonthFirst, monthFirst
	}
	return OrderUnknown, monthFirst
}

// placeholders lists the values that stand for "not known". In a column whose
// values are all different, 9999 is a number like the others.
func (c *column) placeholders(unique bool) []ValueCount {
	var list []ValueCount
	for i := range c.known.entries {
		if e := &c.known.entries[i]; e.look.kind == placeholder && (!unique || isLetter(e.text[0])) {
			list = append(list, ValueCount{Value: clip(e.text), Count: e.count})
		}
	}
	return mostFrequent(list, mostPlaceholders)
}

// top lists the most frequent values; where none comes twice there are none.
func (c *column) top(unique bool, most int) []ValueCount {
	list := []ValueCount{}
	if unique && c.values > 1 {
		return list
	}
	for i := range c.known.entries {
		list = append(list, ValueCount{Value: c.known.entries[i].text, Count: c.known.entries[i].count})
	}
	if c.beyond != nil {
		for _, w := range c.beyond.frequent.list {
			// A count that is mostly error says nothing.
			if w.spare*2 < w.count {
				list = append(list, ValueCount{Value: w.text, Count: w.count, Error: w.spare})
			}
		}
	}
	list = mostFrequent(list, most)
	for i := range list {
		list[i].Value = clip(list[i].Value)
	}
	return list
}

// mostFrequent sorts by count and then by value, so that a profile never
// changes by itself.
func mostFrequent(list []ValueCount, n int) []ValueCount {
	slices.SortFunc(list, func(a, b ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return slices.Clip(list[:min(n, len(list))])
}

// personal tells which kind of personal data the column holds: its name
// decides, unless the type speaks against it, and then its content.
func (c *column) personal(at address, r *Column) string {
	if r.Type == TypeEmpty || r.Type == TypeBoolean {
		return ""
	}
	kind := personalByName(at.column)
	if len(r.Codes) > 0 && kind != personSSN && kind != personPapers {
		return ""
	}
	switch kind {
	case "":
		if at.people && isBareName(at.column) && (r.Type == TypeText || r.Type == TypeCode) {
			return personName
		}
		return personalByContent(c, r.FreeText)
	case personBirth, personDeath:
		if r.Type == TypeCode && r.MaxLength <= 1 {
			return ""
		}
	case personName:
		if r.Type != TypeText && r.Type != TypeCode {
			return ""
		}
	}
	return kind
}

// settle corrects the type by what else was found: a number of a code system is
// a code, and a list of names is none.
func (c *Column) settle() {
	switch {
	case len(c.Codes) > 0 && c.Codes[0].Share >= leastCodeShare && c.Type != TypeText:
		c.Type, c.Misfits = TypeCode, 0
	case c.Personal == personPhone, c.Type == TypeCode && (c.Personal == personName || c.Personal == personAddress || c.Personal == personEmail):
		c.Type, c.Misfits = TypeText, 0
	}
}

// mask replaces values by their shapes, the most frequent shapes of all that
// were counted.
func (c *column) mask(r *Column) {
	r.Masked = true
	r.Min, r.Max = shape(r.Min), shape(r.Max)
	r.Top = []ValueCount{}
	if r.FreeText || r.Type == TypeUUID {
		return
	}
	shapes, scaled := map[string]int64{}, map[string]int64{}
	for e, times := range c.examined() {
		if e.look.kind != placeholder {
			s := shape(clip(e.text))
			shapes[s] += e.count * times
			if times > 1 {
				scaled[s] += e.count * times
			}
		}
	}
	for s, n := range shapes {
		r.Top = append(r.Top, ValueCount{Value: s, Count: n, Error: scaled[s]})
	}
	r.Top = mostFrequent(r.Top, mostTop)
}

// round3 keeps shares readable in JSON.
func round3(f float64) float64 { return math.Round(f*1000) / 1000 }
