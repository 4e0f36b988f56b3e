package transform

import (
	"strings"
	"unsafe"

	"chartlift/fhir"
	"chartlift/mappings"
)

// written says what a writer has appended: nothing, something constant, or
// something that came from the row.
type written uint8

const (
	nothing written = iota
	constant
	fed
)

// writer appends the JSON of a rule's value to the worker's buffer. Where it
// returns nothing, the buffer is as before.
type writer func(w *Worker) written

// rule binds a rule; conditions are put around it.
func (b *binder) rule(r *mappings.Rule) (writer, error) {
	inner, err := b.ruleValue(r)
	inner = b.writtenReference(r, inner)
	if len(r.Checks) > 0 {
		inner = unlessBroken(r.Checks, inner)
	}
	if err != nil || r.When == nil {
		return inner, err
	}
	when, err := b.predicate(r.When)
	return func(w *Worker) written {
		if !when.holds(w) {
			return nothing
		}
		if inner(w) == nothing {
			return nothing
		}
		return fed // a condition on the row is a use of the row
	}, err
}

func (b *binder) ruleValue(r *mappings.Rule) (writer, error) {
	switch r.Kind {
	case mappings.Const:
		text := constantJSON(r)
		return func(w *Worker) written {
			w.buf = append(w.buf, text...)
			return constant
		}, nil
	case mappings.Text:
		return b.text(r)
	case mappings.PipeOf:
		return b.pipeValue(r)
	case mappings.Object:
		return b.object(r)
	case mappings.ListOf:
		return b.list(r)
	case mappings.Each:
		return b.each(r)
	}
	return b.cases(r)
}

// raw reports whether values of the type are JSON as they are: numbers,
// booleans and complex types.
func raw(typ string) bool {
	switch typ {
	case "decimal", "integer", "positiveInt", "unsignedInt", "boolean":
		return true
	}
	def, ok := fhir.LookupType(typ)
	return !ok || def.Kind != fhir.Primitive
}

func constantJSON(r *mappings.Rule) string {
	if raw(r.Type) {
		return r.Const
	}
	return string(fhir.AppendString(nil, r.Const))
}

func (b *binder) text(r *mappings.Rule) (writer, error) {
	parts := make([]metaPart, 0, len(r.Parts))
	for _, p := range r.Parts {
		part := metaPart{bytes: []byte(p.Const)}
		if p.Operand != nil {
			var err error
			if part.operand, err = b.operand(p.Operand); err != nil {
				return nil, err
			}
		}
		parts = append(parts, part)
	}
	return func(w *Worker) written {
		var out strings.Builder
		for _, p := range parts {
			out.Write(p.bytes)
			if p.operand == nil {
				continue
			}
			v := p.operand(w)
			if !v.Set {
				out.Reset() // null inside makes the whole text null
				break
			}
			out.WriteString(v.Text)
		}
		if w.hooks.Trace != nil {
			w.hooks.Trace(Step{Rule: r.Address, Out: out.String(), Null: out.Len() == 0})
		}
		if out.Len() == 0 {
			return nothing
		}
		w.buf = fhir.AppendString(w.buf, out.String())
		return fed
	}, nil
}

func (b *binder) pipeValue(r *mappings.Rule) (writer, error) {
	p, err := b.pipe(r.Pipe, r)
	if err != nil {
		return nil, err
	}
	isRaw, kind := raw(r.Type), valueKindOf(r)
	if b.kept[r] {
		kind = noValue
	}
	field, filled, counts, err := b.field(r)
	if err != nil {
		return nil, err
	}
	appends := isRaw && p.appends()
	return func(w *Worker) written {
		source := p.start(w)
		start := len(w.buf)
		if appends && w.hooks.Trace == nil {
			made := p.append(w, source)
			if counts {
				w.countField(field, source, filled, made)
			}
			if !made {
				return nothing
			}
			w.took(r, kind, start, unsafe.String(&w.buf[start], len(w.buf)-start))
			return fed
		}
		v := p.from(w, source)
		made := v.Set && v.Text != ""
		if counts {
			w.countField(field, source, filled, made)
		}
		switch {
		case !made:
			return nothing
		case isRaw:
			w.buf = append(w.buf, v.Text...)
		default:
			w.buf = fhir.AppendString(w.buf, v.Text)
		}
		w.took(r, kind, start, v.Text)
		return fed
	}, nil
}

func columnOf(r *mappings.Rule) string {
	if r.Pipe != nil && r.Pipe.Start != nil {
		return r.Pipe.Start.Column
	}
	if r.Pipe != nil && r.Pipe.Ref != nil {
		return refColumn(r.Pipe.Ref)
	}
	return ""
}

func (b *binder) list(r *mappings.Rule) (writer, error) {
	type boundItem struct {
		write writer
		made  int
	}
	items := make([]boundItem, 0, len(r.Rules))
	for _, item := range r.Rules {
		write, err := b.rule(item)
		if err != nil {
			return nil, err
		}
		items = append(items, boundItem{write, b.counted(item)})
	}
	return func(w *Worker) written {
		start := len(w.buf)
		w.buf = append(w.buf, '[')
		out := nothing
		for i := range items {
			if got := items[i].write(w); got != nothing {
				w.count(items[i].made)
				w.buf = append(w.buf, ',')
				out = max(out, got)
			}
		}
		return closeList(w, start, out)
	}, nil
}

// closeList puts the bracket over the last comma, or takes an empty list back.
func closeList(w *Worker, start int, out written) written {
	if out == nothing {
		w.back(start)
		return nothing
	}
	w.buf[len(w.buf)-1] = ']'
	return out
}

func (b *binder) each(r *mappings.Rule) (writer, error) {
	item, err := b.rule(r.Each.Item)
	if err != nil {
		return nil, err
	}
	slot := b.slots[r.Each.Alias]
	b.reads = b.reads || r.Each.Alias == mappings.RowsAlias
	made := b.counted(r.Each.Item)
	by := make([]int, 0, len(r.Each.By))
	for _, name := range r.Each.By {
		if r.Each.Alias == mappings.RowsAlias {
			by = append(by, b.binding.column(name))
			continue
		}
		by = append(by, b.m.Lookup(r.Each.Alias).In.UseIndex(name))
	}
	return func(w *Worker) written {
		outer := w.cursors[slot]
		defer func() { w.cursors[slot] = outer }()
		start := len(w.buf)
		if !r.Each.Among {
			w.buf = append(w.buf, '[')
		}
		out := nothing
		for _, rows := range outer.split(by) {
			w.cursors[slot] = cursor{rows: rows}
			if got := item(w); got != nothing {
				w.count(made)
				w.buf = append(w.buf, ',')
				out = fed
			}
		}
		if r.Each.Among && out != nothing {
			w.buf = w.buf[:len(w.buf)-1] // the list itself puts the comma
			return out
		}
		return closeList(w, start, out)
	}, nil
}

func (b *binder) cases(r *mappings.Rule) (writer, error) {
	type branch struct {
		when  predicate
		write writer
		made  int
	}
	var branches []branch
	for i, c := range r.Cases {
		when, err := b.predicate(c.When)
		if err != nil {
			return nil, err
		}
		bound := branch{when: when, write: func(*Worker) written { return nothing }}
		if c.Then != nil {
			if bound.write, err = b.rule(c.Then); err != nil {
				return nil, err
			}
			bound.made = b.countedBranch(c.Then, i+1)
		}
		branches = append(branches, bound)
	}
	return func(w *Worker) written {
		for _, br := range branches {
			if br.when.holds(w) {
				if br.write(w) == nothing {
					return nothing
				}
				w.count(br.made)
				return fed
			}
		}
		return nothing
	}, nil
}
