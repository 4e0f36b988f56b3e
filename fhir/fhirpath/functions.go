package fhirpath

// function is one function of FHIRPath.
type function struct {
	name     string
	min, max int // number of arguments
	make     func(args []term) invocation

	typed     bool // its one argument is the name of a type
	makeTyped func(typ string) invocation
}

// functions lists all that can be called; what is not here, Compile refuses.
func functions() []function {
	var all []function
	all = append(all, collectionFunctions()...)
	all = append(all, filterFunctions()...)
	all = append(all, textFunctions()...)
	all = append(all, conversionFunctions()...)
	all = append(all, numberFunctions()...)
	all = append(all, fhirFunctions()...)
	all = append(all, clockFunctions()...)
	all = append(all, encodingFunctions()...)
	all = append(all, reflection()...)
	return append(
		all,
		function{name: "is", typed: true, makeTyped: typeTest},
		function{name: "as", typed: true, makeTyped: typeFilter},
		function{name: "ofType", typed: true, makeTyped: typeFilter},
	)
}

// Functions returns the names of all functions that Compile knows.
func Functions() []string {
	var names []string
	for _, f := range functions() {
		names = append(names, f.name)
	}
	return names
}

func lookup(name string) (function, bool) {
	for _, f := range functions() {
		if f.name == name {
			return f, true
		}
	}
	return function{}, false
}

// plain makes a function without arguments.
func plain(name string, run invocation) function {
	return function{name: name, make: func([]term) invocation { return run }}
}

// optional makes a function of no argument or one; arg is nil where it is not
// given.
func optional(name string, run func(m *Machine, in span, arg term) span) function {
	return function{name: name, max: 1, make: func(args []term) invocation {
		var arg term
		if len(args) > 0 {
			arg = args[0]
		}
		return func(m *Machine, in span) span { return run(m, in, arg) }
	}}
}

// unary makes a function of one argument.
func unary(name string, run func(m *Machine, in span, arg term) span) function {
	f := optional(name, run)
	f.min = 1
	return f
}

// typeTest is is(): whether the one value has the type.
func typeTest(typ string) invocation {
	return func(m *Machine, in span) span {
		switch in.size() {
		case 0:
			return nothing(m)
		case 1:
			return m.one(boolean(m.is(m.stack[in.lo], typ)))
		}
		return m.stop(ErrNotSingle)
	}
}

// typeFilter is ofType(), and as(): the values that have the type. R4's own
// invariants use as() on collections of several values, so it filters here as
// well.
func typeFilter(typ string) invocation {
	return func(m *Machine, in span) span {
		lo := len(m.stack)
		for i := in.lo; i < in.hi; i++ {
			if m.is(m.stack[i], typ) {
				m.push(m.stack[i])
			}
		}
		return span{lo, len(m.stack)}
	}
}
