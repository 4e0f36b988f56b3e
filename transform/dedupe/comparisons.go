package dedupe

import (
	"fmt"
	"slices"
	"strings"
)

// comparisons returns what the records of t are compared in: one entry for each
// thing that has a column. The shipped shares are those of registration data
// with ordinary errors; they are replaced by what the data say.
func comparisons(t *table) ([]comparison, error) {
	all := slices.Concat(nameComparisons(t), personComparisons(t), idComparisons(t), sharedComparisons(t))
	all = slices.DeleteFunc(all, func(c comparison) bool {
		return !slices.ContainsFunc(c.touches, func(s *slot) bool { return s.used() && s.filled > 0 })
	})
	if len(all) > maxComparisons {
		return nil, fmt.Errorf("the fields are compared in %d ways, and at most %d are possible: leave out columns of the kinds identifier and other", len(all), maxComparisons)
	}
	return all, nil
}

// value returns a frequency function for the first value of a slot.
func value(s func(t *table) *slot) func(t *table, a, b uint32) (*slot, uint32) {
	return func(t *table, a, b uint32) (*slot, uint32) {
		slot := s(t)
		for _, i := range slot.columns {
			for _, j := range slot.columns {
				if id := i.ids[a]; id != 0 && id == j.ids[b] {
					return slot, id
				}
			}
		}
		return slot, 0
	}
}

func nameComparisons(t *table) []comparison {
	levels := []string{"missing", "same", "one letter off", "variant or nickname", "sounds alike", "different"}
	return []comparison{
		{
			name: "given", levels: append(slices.Clone(levels), "given and family swapped", "is the other's middle name", "is the other's family name"), ranked: 5,
			touches: []*slot{&t.given}, level: (*comparer).given, frequency: value(func(t *table) *slot { return &t.given }),
			shipped: shippedLevels{
				match:     []float64{.80, .07, .07, .02, .018, .01, .01, .002},
				household: []float64{.02, .004, .01, .05, .91, .002, .003, .001},
				stranger:  []float64{.006, .002, .008, .05, .93, .0001, .0039, .0001},
			},
		},
		{
			name: "family", levels: levels, ranked: 5, shared: true,
			touches: []*slot{&t.family}, level: (*comparer).family, frequency: value(func(t *table) *slot { return &t.family }),
			shipped: shippedLevels{
				match:     []float64{.83, .08, .03, .01, .05},
				household: []float64{.75, .06, .02, .02, .15},
				stranger:  []float64{.001, .001, .003, .035, .96},
			},
		},
		{
			name: "middle", levels: []string{"missing", "same", "initial", "near", "different"}, ranked: 4,
			touches: []*slot{&t.middle}, level: (*comparer).middle, frequency: value(func(t *table) *slot { return &t.middle }),
			shipped: shippedLevels{
				match:     []float64{.60, .30, .03, .07},
				household: []float64{.01, .06, .01, .92},
				stranger:  []float64{.005, .05, .01, .935},
			},
		},
		{
			name: "suffix", levels: []string{"missing", "same", "conflict"}, ranked: 2,
			touches: []*slot{&t.suffix}, level: plain(func(t *table) *slot { return &t.suffix }),
			shipped: shippedLevels{match: []float64{.98, .02}, household: []float64{.3, .7}, stranger: []float64{.4, .6}},
		},
	}
}

func personComparisons(t *table) []comparison {
	return []comparison{
		{
			name: "dob", levels: []string{"missing", "same", "one digit off or turned", "day and month swapped", "two parts of three", "same year or two digits off", "different"}, ranked: 6,
			touches: []*slot{&t.dob}, level: (*comparer).dob, frequency: value(func(t *table) *slot { return &t.dob }),
			shipped: shippedLevels{
				match:     []float64{.90, .04, .01, .02, .015, .015},
				household: []float64{.00004, .001, .00003, .005, .03, .96},
				stranger:  []float64{.00004, .0008, .00003, .005, .03, .96},
			},
		},
		{
			name: "sex", levels: []string{"missing", "same", "different"}, ranked: 2,
			touches: []*slot{&t.sex}, level: plain(func(t *table) *slot { return &t.sex }),
			shipped: shippedLevels{match: []float64{.985, .015}, household: []float64{.45, .55}, stranger: []float64{.5, .5}},
		},
	}
}

// number reports whether the comparison is one of numbers that name a person.
func (c *comparison) number() bool {
	return c.name == "ssn" || c.name == "mrn" || strings.HasPrefix(c.name, "identifier ")
}

func idComparisons(t *table) []comparison {
	levels := []string{"missing", "same", "one digit off", "two digits off", "different", "same last four", "next number"}
	shipped := shippedLevels{
		match:     []float64{.90, .05, .01, .03, .01, .002},
		household: []float64{.001, .0005, .001, .987, .0001, .01},
		stranger:  []float64{.000001, .000002, .00005, .9999, .0001, .000004},
	}
	id := func(name string, s func(t *table) *slot) comparison {
		return comparison{
			name: name, levels: levels, ranked: 4, touches: []*slot{s(t)}, level: identifier(s), frequency: value(s), shipped: shipped,
		}
	}
	all := []comparison{id("ssn", func(t *table) *slot { return &t.ssn })}
	for i, name := range t.identNames {
		all = append(all, id("identifier "+name, func(t *table) *slot { return &t.idents[i] }))
	}
	if !t.source.used() { // numbers of several systems say nothing about each other
		all = append(all, id("mrn", func(t *table) *slot { return &t.mrn }))
	}
	return all
}

func sharedComparisons(t *table) []comparison {
	contact := []string{"missing", "same", "nearly the same", "different"}
	all := []comparison{
		{
			name: "phone", levels: contact, ranked: 3, shared: true,
			touches: []*slot{&t.phone}, level: (*comparer).phone, frequency: value(func(t *table) *slot { return &t.phone }),
			shipped: shippedLevels{match: []float64{.65, .03, .32}, household: []float64{.55, .01, .44}, stranger: []float64{.000005, .00001, .999}},
		},
		{
			name: "email", levels: contact, ranked: 3, shared: true,
			touches: []*slot{&t.email}, level: (*comparer).email, frequency: value(func(t *table) *slot { return &t.email }),
			shipped: shippedLevels{match: []float64{.75, .05, .20}, household: []float64{.10, .01, .89}, stranger: []float64{.000002, .0001, .9999}},
		},
		{
			name: "address", levels: []string{"missing", "same", "same house, other place", "same street", "same postal code and place", "same postal code", "same place", "different"}, ranked: 7, shared: true,
			touches: []*slot{&t.street, &t.zip, &t.city}, level: (*comparer).address,
			shipped: t.possible(shippedLevels{
				match:     []float64{.60, .08, .05, .02, .01, .06, .18},
				household: []float64{.80, .10, .05, .005, .005, .01, .03},
				stranger:  []float64{.0000003, .00001, .0002, .0015, .0005, .008, .99},
			}),
		},
	}
	for i, name := range t.otherNames {
		all = append(all, comparison{
			name: name, levels: contact, ranked: 3, shared: true,
			touches: []*slot{&t.others[i]}, level: otherText(i), frequency: value(func(t *table) *slot { return &t.others[i] }),
			shipped: shippedLevels{match: []float64{.75, .08, .17}, household: []float64{.60, .05, .35}, stranger: []float64{.05, .05, .90}},
		})
	}
	return all
}

// possible moves the shares of address levels that cannot occur, because their
// columns are not there, to the next worse one that can.
func (t *table) possible(s shippedLevels) shippedLevels {
	street, zip, city := t.street.used(), t.zip.used(), t.city.used()
	can := []bool{street && t.number.used() && (zip || city), street && t.number.used(), street && (zip || city), zip && city, zip, city, true}
	for _, shares := range [][]float64{s.match, s.household, s.stranger} {
		for i := range len(shares) - 1 {
			if !can[i] {
				shares[i+1] += shares[i] - smallestShare
				shares[i] = smallestShare
			}
		}
	}
	return s
}
