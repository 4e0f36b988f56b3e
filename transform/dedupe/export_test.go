package dedupe

// What the tests outside the package look at.
var (
	JaroWinkler = jaroWinkler
	Edits       = edits
	Skeleton    = skeleton
	SplitStreet = splitStreet
	DateLevel   = dateLevel
	IDLevel     = idLevel
	MiddleLevel = middleLevel
)

// NameLevel compares two names as they are written.
func NameLevel(a, b string) uint8 {
	x, y := string(fold(nil, a)), string(fold(nil, b))
	if x == y {
		return nameExact
	}
	nicks := nicknames()
	tx, ty := traitsOf(x, nicks), traitsOf(y, nicks)
	return nameLevel(x, y, &tx, &ty)
}

// ReadDate reads a date written in a format; "" where it cannot be read.
func ReadDate(format, text string) string {
	l, err := parseLayout(format)
	if err != nil {
		return "bad format"
	}
	digits, ok := l.read(text)
	if !ok {
		return ""
	}
	return string(digits[:])
}

// SplitName takes a full name apart: given, middle, family, suffix.
func SplitName(text string) [4]string {
	p := splitName(text)
	return [4]string{p.given, p.middle, p.family, p.suffix}
}

// Tidy returns a value as it is compared, "" where it counts as missing.
func Tidy(k Kind, text string) string {
	l, _ := parseLayout("")
	f := feed{field: Field{Kind: k}, layout: l}
	out, ok := f.tidy(text, nil)
	if !ok || f.placeholder(out) {
		return ""
	}
	return string(out)
}

// AddressLevel compares addresses given as number, street, zip and city.
func AddressLevel(a, b [4]string) string {
	t, err := newTable([]Field{{"n", StreetNumber, ""}, {"s", Street, ""}, {"z", Zip, ""}, {"c", City, ""}})
	if err != nil {
		return err.Error()
	}
	_, _ = t.add("a", a[:]), t.add("b", b[:])
	t.settle()
	list, err := comparisons(t)
	if err != nil {
		return err.Error()
	}
	if len(list) == 0 {
		return "missing"
	}
	c := newComparer(t, list)
	level := list[0].level(c, 0, 1)
	if list[0].level(c, 1, 0) != level {
		return "not the same in both directions"
	}
	return list[0].levels[level]
}

// SharedDictionaries returns, for fields of these kinds, the number of
// dictionaries that two lanes of tidying would write to at the same time.
func SharedDictionaries(kinds ...Kind) (n, lanes int) {
	var fields []Field
	for _, k := range kinds {
		fields = append(fields, Field{Column: string(k), Kind: k})
	}
	t, err := newTable(fields)
	if err != nil {
		return -1, 0
	}
	owner := map[*dict]int{}
	for lane, feeds := range t.lanes() {
		lanes++
		for _, f := range feeds {
			for _, d := range f.dicts() {
				if other, ok := owner[d]; ok && other != lane {
					n++
				}
				owner[d] = lane
			}
		}
	}
	return n, lanes
}
