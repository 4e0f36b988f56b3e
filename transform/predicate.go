package transform

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"chartlift/mappings"
	"chartlift/transform/clean"
)

// truth is SQL's three-valued logic.
type truth int8

const (
	no truth = iota
	yes
	unknown
)

// predicate is a bound condition; nil always holds.
type predicate func(w *Worker) truth

// holds reports whether p is certainly true.
func (p predicate) holds(w *Worker) bool { return p == nil || p(w) == yes }

type getter func(w *Worker) clean.Value

func (b *binder) predicate(p *mappings.Predicate) (predicate, error) {
	if p == nil {
		return nil, nil
	}
	return b.condition(p.Expr)
}

func (b *binder) condition(e *mappings.Expr) (predicate, error) {
	switch e.Op {
	case mappings.OpAnd, mappings.OpOr:
		return b.junction(e)
	case mappings.OpNot:
		inner, err := b.condition(e.Args[0])
		return func(w *Worker) truth { return not(inner(w)) }, err
	case mappings.OpIsNull:
		v, err := b.expression(e.Args[0])
		return func(w *Worker) truth { return truthOf(!v(w).Set) }, err
	case mappings.OpIn:
		return b.in(e)
	case mappings.OpLike:
		return b.like(e)
	case mappings.OpEq, mappings.OpNe, mappings.OpLt, mappings.OpLe, mappings.OpGt, mappings.OpGe:
		return b.compare(e)
	}
	v, err := b.expression(e)
	return func(w *Worker) truth {
		x := v(w)
		if !x.Set {
			return unknown
		}
		return truthOf(x.Text != "" && x.Text != "0" && x.Text != "false")
	}, err
}

func truthOf(ok bool) truth {
	if ok {
		return yes
	}
	return no
}

func not(t truth) truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

func (b *binder) junction(e *mappings.Expr) (predicate, error) {
	left, err := b.condition(e.Args[0])
	if err != nil {
		return nil, err
	}
	right, err := b.condition(e.Args[1])
	decides := no // AND is decided by one that is false, OR by one that is true
	if e.Op == mappings.OpOr {
		decides = yes
	}
	return func(w *Worker) truth {
		l := left(w)
		if l == decides {
			return decides
		}
		r := right(w)
		if r == decides {
			return decides
		}
		if l == unknown || r == unknown {
			return unknown
		}
		return not(decides)
	}, err
}

func (b *binder) in(e *mappings.Expr) (predicate, error) {
	v, err := b.expression(e.Args[0])
	if err != nil {
		return nil, err
	}
	set := make(map[string]struct{}, len(e.Args)-1)
	for _, a := range e.Args[1:] {
		if a.Op != mappings.OpText && a.Op != mappings.OpNumber {
			return nil, fmt.Errorf("the list after IN may hold texts and numbers only")
		}
		set[a.Text] = struct{}{}
	}
	return func(w *Worker) truth {
		x := v(w)
		if !x.Set {
			return unknown
		}
		_, ok := set[x.Text]
		return truthOf(ok)
	}, nil
}

func (b *binder) compare(e *mappings.Expr) (predicate, error) {
	left, err := b.expression(e.Args[0])
	if err != nil {
		return nil, err
	}
	right, err := b.expression(e.Args[1])
	numeric := e.Args[0].Op == mappings.OpNumber || e.Args[1].Op == mappings.OpNumber ||
		e.Args[0].Op == mappings.OpLength || e.Args[1].Op == mappings.OpLength
	op := e.Op
	return func(w *Worker) truth {
		l, r := left(w), right(w)
		if !l.Set || !r.Set {
			return unknown
		}
		if op == mappings.OpEq && !numeric { // as most are: a text is read no further than to its first other byte, or not at all
			return truthOf(l.Text == r.Text)
		}
		order := strings.Compare(l.Text, r.Text)
		if numeric {
			var ok bool
			if order, ok = mappings.CompareNumbers(l.Text, r.Text); !ok {
				return unknown // a text is neither above nor below a number
			}
		}
		return truthOf(ordered(op, order))
	}, err
}

func ordered(op mappings.Op, order int) bool {
	switch op {
	case mappings.OpEq:
		return order == 0
	case mappings.OpNe:
		return order != 0
	case mappings.OpLt:
		return order < 0
	case mappings.OpLe:
		return order <= 0
	case mappings.OpGt:
		return order > 0
	}
	return order >= 0
}

func (b *binder) like(e *mappings.Expr) (predicate, error) {
	v, err := b.expression(e.Args[0])
	if err != nil {
		return nil, err
	}
	pattern, err := b.expression(e.Args[1])
	return func(w *Worker) truth {
		x, p := v(w), pattern(w)
		if !x.Set || !p.Set {
			return unknown
		}
		return truthOf(like(bytes.ToLower([]byte(x.Text)), bytes.ToLower([]byte(p.Text))))
	}, err
}

// like matches % (any text) and _ (any character), letters of either case, as
// SQLite does.
func like(text, pattern []byte) bool {
	star, mark := -1, 0
	t, p := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '%':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == '_':
			_, n := utf8.DecodeRune(text[t:])
			t += n
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			t++
			p++
		case star >= 0:
			mark++
			t, p = mark, star+1
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern)
}

// expression binds a value inside a condition.
func (b *binder) expression(e *mappings.Expr) (getter, error) {
	switch e.Op {
	case mappings.OpColumn:
		return b.operand(e.Operand)
	case mappings.OpText, mappings.OpNumber:
		v := clean.Of(e.Text)
		return func(*Worker) clean.Value { return v }, nil
	case mappings.OpNull:
		return func(*Worker) clean.Value { return clean.Value{} }, nil
	case mappings.OpCoalesce:
		return b.coalesce(e)
	case mappings.OpUpper, mappings.OpLower, mappings.OpTrim, mappings.OpLength:
		inner, err := b.expression(e.Args[0])
		f := textFunction(e.Op)
		return func(w *Worker) clean.Value {
			v := inner(w)
			if v.Set {
				v.Text = f(v.Text)
			}
			return v
		}, err
	}
	p, err := b.condition(e)
	return func(w *Worker) clean.Value {
		switch p(w) {
		case yes:
			return clean.Of("1")
		case no:
			return clean.Of("0")
		}
		return clean.Value{}
	}, err
}

func textFunction(op mappings.Op) func(string) string {
	switch op {
	case mappings.OpUpper:
		return strings.ToUpper
	case mappings.OpLower:
		return strings.ToLower
	case mappings.OpTrim:
		return trim
	}
	return func(s string) string { return strconv.Itoa(utf8.RuneCountInString(s)) }
}

func (b *binder) coalesce(e *mappings.Expr) (getter, error) {
	var all []getter
	for _, a := range e.Args {
		g, err := b.expression(a)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return func(w *Worker) clean.Value {
		for _, g := range all {
			if v := g(w); v.Set {
				return v
			}
		}
		return clean.Value{}
	}, nil
}
