package pipeline

import "chartlift/validate"

// support counts in one worker how often the elements were there that profiles
// must support. Resources of a shape have the same elements, so that the first
// of them is looked at and the others are only counted: what costs nothing for
// a million rows.
type support struct {
	all    validate.MustSupport // of resources that are looked at one by one
	one    validate.MustSupport // of the resource at hand, the first of its shape
	shapes map[uint64]*supportShape
	sum    map[[2]string]supportCounts // by profile and element
}

// supportShape is what the first resource of a shape has, and how many there
// were.
type supportShape struct {
	filled []validate.Filled
	n      int64
}

type supportCounts struct{ have, of int64 }

func newSupport() *support {
	return &support{shapes: map[uint64]*supportShape{}, sum: map[[2]string]supportCounts{}}
}

// into says where the validator is to count a resource: by itself where others
// of its shape may follow.
func (s *support) into(shape bool) *validate.MustSupport {
	if shape {
		return &s.one
	}
	return &s.all
}

// first takes down the first resource of a shape. One that is not kept is
// counted by itself.
func (s *support) first(shape uint64, kept bool) {
	filled := s.one.Take()
	if !kept {
		s.add(filled, 1)
		return
	}
	s.shapes[shape] = &supportShape{filled: filled, n: 1}
}

// again counts another resource of a known shape.
func (s *support) again(shape uint64) {
	if known := s.shapes[shape]; known != nil {
		known.n++
	}
}

// forget adds up what the shapes came to, before they are forgotten.
func (s *support) forget() {
	for _, known := range s.shapes {
		s.add(known.filled, known.n)
	}
	clear(s.shapes)
}

func (s *support) add(filled []validate.Filled, times int64) {
	for _, f := range filled {
		key := [2]string{f.Profile, f.Element}
		c := s.sum[key]
		s.sum[key] = supportCounts{c.have + times*f.Have, c.of + times*f.Of}
	}
}

// each hands over all counts, once.
func (s *support) each(do func(profile, element string, have, of int64)) {
	s.forget()
	s.add(s.all.Take(), 1)
	for key, c := range s.sum {
		do(key[0], key[1], c.have, c.of)
	}
	clear(s.sum)
}
