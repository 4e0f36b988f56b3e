// Package fhirpath compiles FHIRPath expressions (http://hl7.org/fhirpath/N1)
// to closures and runs them on the nodes of a fhir.Tree.
//
// Read [Compile] and [Machine] first. All functions and operators of FHIRPath
// N1 are there, those that FHIR R4 adds but for memberOf, subsumes, slice,
// elementDefinition and checkModifiers, and of later drafts those for texts.
// [Compile] refuses the others, so that an expression which cannot be run is
// never taken for one that holds.
//
//	p, err := fhirpath.Compile("start.hasValue().not() or end.hasValue().not() or (start <= end)")
//	m := fhirpath.NewMachine(&tree)
//	truth, err := m.Test(p, fhirpath.At(node, def))
package fhirpath

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"chartlift/fhir"
)

// ErrUnsupported is in the chain of Compile's error where the expression is
// well-formed, but uses a function or a variable that is not implemented here.
var ErrUnsupported = errors.New("not implemented")

// ErrNotSingle is in the chain of a run's error where an operator that takes
// one value was given several.
var ErrNotSingle = errors.New("one value was expected, several are there")

// ErrIncomparable is in the chain of a run's error where two values cannot be
// put in order: quantities of different units, or values of different types.
var ErrIncomparable = errors.New("values that cannot be compared")

// ErrTooDeep is in the chain of a run's error where an expression did more than
// maxWork steps.
var ErrTooDeep = errors.New("the expression takes too long on this resource")

// maxSource bounds the text of an expression; the longest of R4 has 514 bytes.
const maxSource = 1 << 14

// maxWork bounds the values that one run may make; sixteen bytes of text that
// it makes count as one, so that a text which doubles in every step ends at 16
// MB.
const maxWork = 1 << 20

// SyntaxError is Compile's error for text that is no FHIRPath.
type SyntaxError struct {
	Offset  int // in bytes
	Message string
}

// Error returns the place and what is wrong there.
func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Message) }

// Program is a compiled expression. It is immutable and safe for concurrent
// use.
type Program struct {
	source string
	run    term
}

// String returns the expression's text.
func (p *Program) String() string { return p.source }

// term evaluates an expression with the focus m.this.
type term func(m *Machine) span

// invocation evaluates what stands behind a dot on the collection before it.
type invocation func(m *Machine, in span) span

// Compile returns the program of an expression. The error is a *[SyntaxError],
// or has [ErrUnsupported] in its chain.
func Compile(source string) (*Program, error) {
	if len(source) > maxSource {
		return nil, &SyntaxError{Offset: maxSource, Message: "the expression is too long"}
	}
	tokens, err := scan(source)
	if err != nil {
		return nil, err
	}
	c := compiler{tokens: tokens}
	run := c.expression(0)
	if c.err == nil && c.peek().kind != endOfText {
		c.fail("an operator or the end of the expression is expected here")
	}
	if c.err != nil {
		return nil, c.err
	}
	return &Program{source: source, run: run}, nil
}

// Truth is the outcome of a condition.
type Truth uint8

// The outcomes: an empty collection is neither true nor false.
const (
	Empty Truth = iota
	False
	True
)

// String returns empty, false or true.
func (t Truth) String() string { return [...]string{"empty", "false", "true", ""}[t&3] }

// Machine runs programs on one tree. It is made to be reused: after a few runs
// it does not allocate any more. It is not safe for concurrent use.
type Machine struct {
	// Resource is %resource, Root %rootResource: the container where Resource
	// is a contained one.
	Resource, Root Value
	// Extension is %extension: what the invariants of an extension's context
	// speak of. Elsewhere it is the zero Value, and a program that asks for it
	// ends with [ErrUnsupported].
	Extension Value
	// Resolve returns the resource that a literal reference names. nil: none is
	// found.
	Resolve func(reference string) (Value, bool)
	// HTML reports whether an XHTML fragment is one that a narrative may hold.
	// nil: htmlChecks() is an error.
	HTML func(fragment string) bool
	// Now tells the time for now(), today() and timeOfDay(). It is time.Now
	// where NewMachine made the machine.
	Now func() time.Time

	tree    *fhir.Tree
	stack   []Value
	this    span
	context span
	total   span // of aggregate()
	index   int
	work    int
	err     error

	patterns map[string]*regexp.Regexp
	asked    bool // for the time, in this run; now is what was told
	now      time.Time
}

// NewMachine returns a machine for the resource at the root of tree.
func NewMachine(tree *fhir.Tree) *Machine {
	m := &Machine{tree: tree, Now: time.Now, patterns: map[string]*regexp.Regexp{}}
	m.Reset()
	return m
}

// Reset makes the root of the tree the resource again; to be called after each
// Parse.
func (m *Machine) Reset() {
	m.Resource = Value{}
	if m.tree.Len() > 0 {
		m.Resource = At(0, resourceDef(m.tree, 0))
	}
	m.Root = m.Resource
}

// Eval runs the program on one value. The result is valid until the next run.
func (m *Machine) Eval(p *Program, at Value) ([]Value, error) {
	m.stack = append(m.stack[:0], at)
	m.this, m.context, m.index, m.work, m.err = span{0, 1}, span{0, 1}, 0, 0, nil
	m.asked = false
	out := p.run(m)
	if m.err != nil {
		return nil, fmt.Errorf("run %q: %w", p.source, m.err)
	}
	return m.values(out), nil
}

// Test runs the program as a condition on one value. One value that is no
// boolean counts as true.
func (m *Machine) Test(p *Program, at Value) (Truth, error) {
	out, err := m.Eval(p, at)
	if err != nil {
		return Empty, err
	}
	truth := m.truth(out)
	if m.err != nil {
		return Empty, fmt.Errorf("run %q: %w", p.source, m.err)
	}
	return truth, nil
}

// truth is the singleton evaluation of collections in a boolean context.
func (m *Machine) truth(c []Value) Truth {
	switch {
	case len(c) == 0:
		return Empty
	case len(c) > 1:
		m.stop(ErrNotSingle)
		return Empty
	}
	if v := m.system(c[0]); v.kind == Boolean && v.n == 0 {
		return False
	}
	return True
}

// span is a collection: the values stack[lo:hi].
type span struct{ lo, hi int }

func (s span) size() int { return s.hi - s.lo }

func (m *Machine) values(s span) []Value { return m.stack[s.lo:s.hi] }

// stop ends the run with an error; the first one counts.
func (m *Machine) stop(err error) span {
	if m.err == nil {
		m.err = err
	}
	return span{}
}

// one pushes a single value.
func (m *Machine) one(v Value) span {
	m.push(v)
	return span{len(m.stack) - 1, len(m.stack)}
}

// say pushes a text that the run has made, and counts its length as work.
func (m *Machine) say(s string) span {
	m.work += len(s) >> 4
	return m.one(text(s))
}

func (m *Machine) push(v Value) {
	if m.work++; m.work > maxWork {
		m.stop(ErrTooDeep)
		return
	}
	m.stack = append(m.stack, v)
}

// settle moves a collection to stack[end:], drops all behind it and returns the
// new end. It is how the results of several evaluations become one collection.
func (m *Machine) settle(end int, s span) int {
	if m.work += s.size(); m.work > maxWork {
		m.stop(ErrTooDeep)
		return end
	}
	m.stack = append(m.stack[:end], m.stack[s.lo:s.hi]...)
	return len(m.stack)
}

// with runs a term on a focus of its own.
func (m *Machine) with(focus span, index int, t term) span {
	this, i := m.this, m.index
	m.this, m.index = focus, index
	out := t(m)
	m.this, m.index = this, i
	return out
}

// each runs the term on every value of in and hands its result to keep, until
// keep returns false.
func (m *Machine) each(in span, t term, keep func(at int, out span) bool) {
	for i := in.lo; i < in.hi; i++ {
		out := m.with(span{i, i + 1}, i-in.lo, t)
		if m.err != nil || !keep(i, out) {
			return
		}
	}
}
