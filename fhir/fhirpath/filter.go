package fhirpath

func filterFunctions() []function {
	return []function{
		unary("where", where),
		unary("select", project),
		unary("repeat", repeat),
		unary("all", func(m *Machine, in span, arg term) span {
			holds, start := true, len(m.stack)
			m.each(in, arg, func(_ int, out span) bool {
				holds = m.truth(m.values(out)) == True
				m.stack = m.stack[:start]
				return holds
			})
			return m.one(boolean(holds))
		}),
		optional("exists", func(m *Machine, in span, arg term) span {
			if arg == nil {
				return m.one(boolean(in.size() > 0))
			}
			return m.one(boolean(where(m, in, arg).size() > 0))
		}),
		plain("not", func(m *Machine, in span) span { return m.truthValue(not3(m.truth(m.values(in)))) }),
		plain("allTrue", every(true, true)),
		plain("allFalse", every(false, true)),
		plain("anyTrue", every(true, false)),
		plain("anyFalse", every(false, false)),
		{name: "iif", min: 2, max: 3, make: choose},
		{name: "aggregate", min: 1, max: 2, make: aggregate},
		{name: "trace", min: 1, max: 2, make: func([]term) invocation {
			return func(_ *Machine, in span) span { return in } // nobody reads the trace of a validator
		}},
	}
}

// where keeps the values for which the argument is true.
func where(m *Machine, in span, arg term) span {
	start := len(m.stack)
	end := start
	m.each(in, arg, func(at int, out span) bool {
		holds := m.truth(m.values(out)) == True
		kept := span{at, at}
		if holds {
			kept.hi++
		}
		end = m.settle(end, kept)
		return m.err == nil
	})
	return span{start, end}
}

// project is select(): the results of the argument for all values, one after
// the other.
func project(m *Machine, in span, arg term) span {
	start := len(m.stack)
	end := start
	m.each(in, arg, func(_ int, out span) bool {
		end = m.settle(end, out)
		return m.err == nil
	})
	return span{start, end}
}

// repeat is select() again and again on what is new, until nothing is.
func repeat(m *Machine, in span, arg term) span {
	all, fresh := span{len(m.stack), len(m.stack)}, in
	for fresh.size() > 0 && m.err == nil {
		found := project(m, fresh, arg)
		start := len(m.stack)
		known := m.settle(start, all)
		for i := found.lo; i < found.hi; i++ { // what is known already is distinct: only the new is compared
			if !m.has(span{start, len(m.stack)}, m.stack[i]) {
				m.push(m.stack[i])
			}
		}
		all, fresh = span{start, len(m.stack)}, span{known, len(m.stack)}
	}
	return all
}

// every reports whether all (or any) of the values are the boolean.
func every(want, all bool) invocation {
	return func(m *Machine, in span) span {
		for _, v := range m.values(in) {
			v = m.system(v)
			if v.kind != Boolean {
				return m.stop(ErrIncomparable)
			}
			if (v.n == 1) == want != all {
				return m.one(boolean(!all))
			}
		}
		return m.one(boolean(all))
	}
}

// choose is iif(condition, then, else); only the branch that is taken is run.
func choose(args []term) invocation {
	return func(m *Machine, in span) span {
		t := m.truth(m.values(m.with(in, m.index, args[0])))
		switch {
		case m.err != nil:
			return span{}
		case t == True:
			return m.with(in, m.index, args[1])
		case len(args) == 3:
			return m.with(in, m.index, args[2])
		}
		return nothing(m)
	}
}

// aggregate runs its first argument on every value; $total is what came out of
// the value before, and at first the second argument.
func aggregate(args []term) invocation {
	return func(m *Machine, in span) span {
		before := m.total
		start := len(m.stack)
		m.total = span{start, start}
		if len(args) == 2 {
			m.total = span{start, m.settle(start, args[1](m))}
		}
		m.each(in, args[0], func(_ int, out span) bool {
			m.total = span{start, m.settle(start, out)}
			return m.err == nil
		})
		out := m.total
		m.total = before
		return out
	}
}
