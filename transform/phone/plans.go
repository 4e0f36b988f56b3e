package phone

import (
	_ "embed" // the table
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// table has a line for each numbering plan: region, country code, whether the region speaks for all that share the code, then as libphonenumber
// has them the prefix for international numbers, the one for national numbers and what it is replaced by, the form of numbers, their lengths, and those
// of numbers that are dialled within a town only.
//
//go:embed plans_gen.txt
var table string

// shared begins the names of plans that belong to no region, such as those of satellites; the country code comes behind it.
const shared = "001-"

// book are all plans.
type book struct {
	lines     map[string]string // by region
	speakers  map[int]string    // by country code: the region that speaks for it
	read      sync.Map          // region → *plan
	countries map[string]int    // country code as it is dialled
}

// plans are indexed when the first region is asked for.
var plans = sync.OnceValue(func() *book {
	b := &book{lines: map[string]string{}, speakers: map[int]string{}, countries: map[string]int{}}
	for line := range strings.Lines(table) {
		cells := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		if len(cells) < 4 {
			continue
		}
		b.lines[cells[0]] = cells[1] + "\t" + cells[3]
		if code, err := strconv.Atoi(cells[1]); err == nil && cells[2] != "" {
			b.speakers[code], b.countries[cells[1]] = cells[0], code
		}
	}
	return b
})

// region returns the plan of a region, nil where there is none.
func (b *book) region(name string) *plan {
	if p, ok := b.read.Load(name); ok {
		return p.(*plan)
	}
	line, ok := b.lines[name]
	if !ok {
		return nil
	}
	p, _ := b.read.LoadOrStore(name, newPlan(line))
	return p.(*plan)
}

// speaker returns the plan of the region that speaks for a country code that there is.
func (b *book) speaker(code int) *plan { return b.region(b.speakers[code]) }

// countryOf cuts the country code off; 0 where there is none.
func (b *book) countryOf(digits string) (country int, rest string) {
	for n := 1; n <= min(mostCountry, len(digits)); n++ {
		if code, ok := b.countries[digits[:n]]; ok {
			return code, digits[n:]
		}
	}
	return 0, ""
}

// plan is a numbering plan. Its expressions are compiled when the first number needs them.
type plan struct {
	country        int
	transform      string
	lengths, local []int // ascending

	international func() *regexp.Regexp
	prefix        func() *regexp.Regexp // nil where there is none
	form          func() *regexp.Regexp
}

func newPlan(line string) *plan {
	cells := strings.Split(line, "\t")
	country, _ := strconv.Atoi(cells[0])
	p := &plan{country: country, transform: cells[3], lengths: numbers(cells[5]), local: numbers(cells[6])}
	p.international = expression(cells[1])
	p.form = expression("^(?:" + cells[4] + ")$")
	if cells[2] != "" {
		p.prefix = expression("^(?:" + cells[2] + ")")
	}
	return p
}

func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

func numbers(cell string) (all []int) {
	for word := range strings.FieldsSeq(cell) {
		n, _ := strconv.Atoi(word)
		all = append(all, n)
	}
	return all
}

// valid tells whether the digits have the form of the plan's numbers.
func (p *plan) valid(digits string) bool { return p.form().MatchString(digits) }

// cutPrefix cuts off what is dialled before numbers of another town, and the carrier's number, or puts the plan's replacement in their place;
// not where that would make a number none.
func (p *plan) cutPrefix(digits string) string {
	if digits == "" || p.prefix == nil {
		return digits
	}
	at := p.prefix().FindStringSubmatchIndex(digits)
	if at == nil {
		return digits
	}
	rest := digits[at[1]:]
	if last := at[len(at)-2]; p.transform != "" && last >= 0 {
		rest = p.prefix().ReplaceAllString(digits, p.transform)
	}
	if p.valid(digits) && !p.valid(rest) {
		return digits
	}
	return rest
}

// size says of a number how long it is beside those of its plan.
type size uint8

const (
	otherLength size = iota // between those that there are
	possible
	localOnly
	tooShort
	tooLong
)

func (p *plan) length(digits string) size {
	n := len(digits)
	switch {
	case slices.Contains(p.local, n):
		return localOnly
	case n < p.lengths[0]:
		return tooShort
	case n > p.lengths[len(p.lengths)-1]:
		return tooLong
	case slices.Contains(p.lengths, n):
		return possible
	}
	return otherLength
}
