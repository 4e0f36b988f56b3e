// Package clean holds the cleaners: small typed functions, joined in pipes by
// a mapping ($DOB | date), each tidying one kind of value.
//
// Read [Cleaner] and [Func] first. A cleaner is one entry in the list of the
// file of its kind; its Examples are its tests and its documentation.
package clean

import (
	"fmt"
	"time"
)

// Type is the FHIR data type of what flows through a pipe: "string", "date",
// "dateTime", "decimal", "Quantity" …. A value of a complex type travels as its
// canonical JSON text.
type Type string

// Any as a Cleaner's In accepts every primitive; Same as its Out means: the
// type that came in.
const (
	Any  Type = "*"
	Same Type = "="
)

// Value is what flows through a pipe: a lexical form, or nothing. The zero
// Value is null.
type Value struct {
	Text string
	Set  bool
}

// Of returns a value that is set.
func Of(text string) Value { return Value{Text: text, Set: true} }

// Problem is what a cleaner has to say of a value. With a null result the value
// was not understood (the mapping's policy bad_value decides); with a set
// result it is a warning. Message never contains the value.
type Problem struct {
	Code    string
	Message string
}

// Func cleans one value. args are the values of the column arguments in the
// order in which they were written. It is pure and safe for concurrent use, and
// is not called for a null value unless the Cleaner says Nulls.
type Func func(in Value, args []Value) (Value, *Problem)

// Appender is a Func for those who write the value somewhere: it appends the
// text to dst and reports whether there is one. A value that is made anew for
// every row, as a Quantity is, then needs no memory of its own.
type Appender func(dst []byte, in Value, args []Value) (out []byte, ok bool, problem *Problem)

// Param is one argument that a cleaner takes.
type Param struct {
	Name     string
	Kind     ParamKind
	Optional bool
	Variadic bool // only the last one
}

// ParamKind says what may stand for an argument.
type ParamKind uint8

// The kinds of an argument: a Word is a bare word or a quoted text; an Int a
// whole number; a Column is $NAME; a Pair is KEY=VALUE; an Either is a Word or
// a Column.
const (
	Word ParamKind = iota
	Int
	Column
	Pair
	Either
)

// Arg is one argument as written. For a Column (or an Either that is a column)
// Index is its place in Func's args, otherwise -1.
type Arg struct {
	Text  string // the word; for a Pair the key; for a Column its name
	Pair  string // the value of a Pair
	Index int
}

// Settings are the defaults of a mapping that cleaners obey.
type Settings struct {
	Location *time.Location // zone of times that carry none; nil: such times are an issue
	Dates    []string       // formats to try in order: YYYY-MM-DD, M/D/YYYY, …
	Pivot    int            // two-digit years above it are 19xx, others 20xx
}

// Cleaner is one entry of the list.
type Cleaner struct {
	Name     string
	Group    string // text, dates, names, phones, numbers, quantities, identifiers, addresses, codes
	Doc      string // one or two sentences in the present tense
	In       []Type // accepted types
	Out      Type
	Params   []Param
	Nulls    bool     // Func is called for null too
	Issues   []string // codes that it can raise
	Examples []Example
	Compile  func(args []Arg, s Settings) (Func, error)
	// Append compiles the same for who can write the value at once; nil where
	// that would save nothing. Arguments are those that Compile took.
	Append func(args []Arg, s Settings) (Appender, error)
}

// Example is a pipe stage with one value in and what comes out: Out, or null
// with Issue. Columns are the values of the column arguments. It is a test and
// a line of the documentation.
type Example struct {
	Pipe    string // `left 3`
	In      string
	Null    bool     // In is null
	Columns []string // values for $-arguments
	Out     string   // expected text, "" with OutNull: null
	OutNull bool
	Issue   string // code expected, "" none
}

// Lookup returns the cleaner called name from list.
func Lookup(list []Cleaner, name string) (Cleaner, bool) {
	for _, c := range list {
		if c.Name == name {
			return c, true
		}
	}
	return Cleaner{}, false
}

// bad returns a null value with a problem.
func bad(code, format string, args ...any) (Value, *Problem) {
	return Value{}, &Problem{Code: code, Message: fmt.Sprintf(format, args...)}
}
