package fhirpath

func collectionFunctions() []function {
	return []function{
		plain("empty", func(m *Machine, in span) span { return m.one(boolean(in.size() == 0)) }),
		plain("count", func(m *Machine, in span) span { return m.one(integer(int64(in.size()))) }),
		plain("first", func(_ *Machine, in span) span { return span{in.lo, min(in.lo+1, in.hi)} }),
		plain("last", func(_ *Machine, in span) span { return span{max(in.hi-1, in.lo), in.hi} }),
		plain("tail", func(_ *Machine, in span) span { return span{min(in.lo+1, in.hi), in.hi} }),
		plain("single", func(m *Machine, in span) span {
			if in.size() > 1 {
				return m.stop(ErrNotSingle)
			}
			return in
		}),
		unary("skip", func(m *Machine, in span, arg term) span { return span{in.lo + m.amount(in, arg), in.hi} }),
		unary("take", func(m *Machine, in span, arg term) span { return span{in.lo, in.lo + m.amount(in, arg)} }),
		plain("distinct", func(m *Machine, in span) span { return m.distinct(in) }),
		plain("isDistinct", func(m *Machine, in span) span {
			return m.one(boolean(m.distinct(in).size() == in.size()))
		}),
		unary("union", setOperation(func(m *Machine, in, other span) span {
			end := m.settle(len(m.stack), in)
			start := end - in.size()
			m.settle(end, other)
			return m.distinct(span{start, len(m.stack)})
		})),
		unary("combine", setOperation(func(m *Machine, in, other span) span {
			end := m.settle(len(m.stack), in)
			start := end - in.size()
			return span{start, m.settle(end, other)}
		})),
		unary("intersect", setOperation(func(m *Machine, in, other span) span {
			return m.distinct(m.only(in, other, true))
		})),
		unary("exclude", setOperation(func(m *Machine, in, other span) span { return m.only(in, other, false) })),
		unary("subsetOf", setOperation(func(m *Machine, in, other span) span {
			return m.one(boolean(m.only(in, other, true).size() == in.size()))
		})),
		unary("supersetOf", setOperation(func(m *Machine, in, other span) span {
			return m.one(boolean(m.only(other, in, true).size() == other.size()))
		})),
		plain("children", func(m *Machine, in span) span {
			lo := len(m.stack)
			for i := in.lo; i < in.hi; i++ {
				if m.stack[i].kind == Element {
					m.children(m.stack[i], "")
				}
			}
			return span{lo, len(m.stack)}
		}),
		plain("descendants", func(m *Machine, in span) span { return m.descendants(in) }),
	}
}

// setOperation runs the argument and hands both collections on.
func setOperation(run func(m *Machine, in, other span) span) func(m *Machine, in span, arg term) span {
	return func(m *Machine, in span, arg term) span {
		other := arg(m)
		if m.err != nil {
			return span{}
		}
		return run(m, in, other)
	}
}

// amount returns the argument as a number of values, never more than there are.
func (m *Machine) amount(in span, arg term) int {
	v, ok := m.single(arg(m))
	if !ok || v.kind != Integer || v.n < 0 {
		return 0
	}
	return int(min(v.n, int64(in.size())))
}

// fewValues is how many values are compared one by one where something quicker
// is to be had.
const fewValues = 16

// distinct returns the values that are not equal to one before them.
func (m *Machine) distinct(in span) span {
	lo := len(m.stack)
	if in.size() > fewValues && m.areTexts(in) {
		known := make(map[string]bool, in.size())
		for i := in.lo; i < in.hi; i++ {
			if s := m.system(m.stack[i]).text; !known[s] {
				known[s] = true
				m.push(m.stack[i])
			}
		}
		return span{lo, len(m.stack)}
	}
	for i := in.lo; i < in.hi; i++ {
		if !m.has(span{lo, len(m.stack)}, m.stack[i]) {
			m.push(m.stack[i])
		}
	}
	return span{lo, len(m.stack)}
}

// areTexts reports whether all values are texts, which are equal where they are
// written alike.
func (m *Machine) areTexts(in span) bool {
	for _, v := range m.values(in) {
		if m.system(v).kind != Text {
			return false
		}
	}
	return true
}

// only returns the values of in that are in other, or that are not.
func (m *Machine) only(in, other span, there bool) span {
	lo := len(m.stack)
	for i := in.lo; i < in.hi; i++ {
		if m.has(other, m.stack[i]) == there {
			m.push(m.stack[i])
		}
	}
	return span{lo, len(m.stack)}
}
