package clean

import (
	"fmt"
	"strconv"
)

// compiler is the signature of Cleaner.Compile.
type compiler = func(args []Arg, s Settings) (Func, error)

// checked returns a compiler that refuses arguments which do not fit c.Params
// before it calls c.Compile, so that no Compile has to count its arguments. Its
// Func takes an empty text for null.
func checked(c Cleaner) compiler {
	return func(args []Arg, s Settings) (Func, error) {
		if err := checkArgs(c, args); err != nil {
			return nil, err
		}
		f, err := c.Compile(args, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if c.Nulls {
			return f, nil
		}
		return func(in Value, columns []Value) (Value, *Problem) {
			if in.Text == "" {
				return Value{}, nil
			}
			return f(in, columns)
		}, nil
	}
}

// checkArgs tells the first argument that does not fit, in the words of the
// mapping language.
func checkArgs(c Cleaner, args []Arg) error {
	for i, a := range args {
		p, ok := paramAt(c.Params, i)
		if !ok {
			return fmt.Errorf("%s takes %s; %q is one more", c.Name, usage(c.Params), a.Text)
		}
		if err := checkArg(p, a); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	if len(args) < required(c.Params) {
		return fmt.Errorf("%s needs %s", c.Name, usage(c.Params))
	}
	return nil
}

// paramAt returns the parameter that takes the argument at place i.
func paramAt(params []Param, i int) (Param, bool) {
	if i < len(params) {
		return params[i], true
	}
	if n := len(params); n > 0 && params[n-1].Variadic {
		return params[n-1], true
	}
	return Param{}, false
}

// required counts the parameters that must be given; a variadic one needs one
// argument at least.
func required(params []Param) int {
	n := 0
	for _, p := range params {
		if !p.Optional {
			n++
		}
	}
	return n
}

func checkArg(p Param, a Arg) error {
	switch {
	case p.Kind == Column && a.Index < 0:
		return fmt.Errorf("%s must be a column such as $NAME, not %q", p.Name, a.Text)
	case p.Kind != Column && p.Kind != Either && a.Index >= 0:
		return fmt.Errorf("%s can not be a column; write its value instead of $%s", p.Name, a.Text)
	case p.Kind == Pair && a.Pair == "":
		return fmt.Errorf("%s must be written KEY=VALUE, not %q", p.Name, a.Text)
	case p.Kind != Pair && a.Pair != "":
		return fmt.Errorf("put quotes round %q, or it reads as KEY=VALUE", a.Text+"="+a.Pair)
	case p.Kind == Int:
		if _, err := strconv.ParseInt(a.Text, 10, 32); err != nil {
			return fmt.Errorf("%s must be a whole number, not %q", p.Name, a.Text)
		}
	}
	return nil
}

// usage writes parameters the way the mapping language does: CHARS [INDEX].
func usage(params []Param) string {
	if len(params) == 0 {
		return "no arguments"
	}
	s := ""
	for _, p := range params {
		name := p.Name
		if p.Kind == Column {
			name = "$" + name
		}
		if p.Variadic {
			name += " …"
		}
		if p.Optional {
			name = "[" + name + "]"
		}
		if s != "" {
			s += " "
		}
		s += name
	}
	return s
}

// plain compiles a function that understands every text. An empty result is
// null.
func plain(f func(string) string) compiler {
	return with(func(s string) (Value, *Problem) { return of(f(s)) })
}

// with compiles a function that takes no arguments.
func with(f func(string) (Value, *Problem)) compiler {
	return func([]Arg, Settings) (Func, error) { return unary(f), nil }
}

// unary makes a Func that looks at nothing but the text.
func unary(f func(string) (Value, *Problem)) Func {
	return func(in Value, _ []Value) (Value, *Problem) { return f(in.Text) }
}

// of returns text as a value; an empty text is null, because FHIR has no empty
// strings.
func of(text string) (Value, *Problem) { return Value{Text: text, Set: text != ""}, nil }

// warn returns text together with a problem: the value stays.
func warn(text, code, format string, args ...any) (Value, *Problem) {
	return Of(text), &Problem{Code: code, Message: fmt.Sprintf(format, args...)}
}

// value returns what stands for a: its own text, or the value of its column.
func (a Arg) value(columns []Value) Value {
	switch {
	case a.Index < 0:
		return Of(a.Text)
	case a.Index < len(columns):
		return columns[a.Index]
	}
	return Value{}
}

// number returns the whole number in args at place i, which checkArgs has
// looked at, or otherwise where it is left out.
func number(args []Arg, i, otherwise int) int {
	if i >= len(args) {
		return otherwise
	}
	n, err := strconv.Atoi(args[i].Text)
	if err != nil {
		return otherwise
	}
	return n
}

// word returns the text of the argument at place i, or otherwise where it is
// left out.
func word(args []Arg, i int, otherwise string) string {
	if i >= len(args) {
		return otherwise
	}
	return args[i].Text
}

// option returns the word at place i, which must be one of allowed; the first
// of them is meant where it is left out.
func option(args []Arg, i int, allowed ...string) (string, error) {
	w := word(args, i, allowed[0])
	for _, a := range allowed {
		if w == a {
			return w, nil
		}
	}
	return "", fmt.Errorf("%q is not one of %q", w, allowed)
}

// pairs returns the KEY=VALUE arguments as a map; a key that is written twice
// is an error.
func pairs(args []Arg) (map[string]string, error) {
	m := make(map[string]string, len(args))
	for _, a := range args {
		if _, twice := m[a.Text]; twice {
			return nil, fmt.Errorf("%q is given twice", a.Text)
		}
		m[a.Text] = a.Pair
	}
	return m, nil
}

// onlyPair returns the value of the one KEY=VALUE that may be given, and
// refuses other keys.
func onlyPair(args []Arg, key, otherwise string) (string, error) {
	for _, a := range args {
		if a.Text != key {
			return "", fmt.Errorf("unknown option %q; %s=… is meant", a.Text, key)
		}
		otherwise = a.Pair
	}
	return otherwise, nil
}
