package transform

import (
	"fmt"
	"slices"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// boundMap is a map bound to the columns of a table.
type boundMap struct {
	def     *mappings.Map
	id      identity
	where   predicate
	keyCols []getter // nil: the row itself
	group   []int    // column indexes
	lookups []boundLookup
	checks  []boundCheck
	updated *boundPipe // nil where it is not asked for
	write   writer
	head    []byte // {"resourceType":"Patient","id":"
	meta    []metaPart
	narrate bool

	provenance *boundProvenance // nil: none is written
}

// metaPart is a piece of the meta element: constant bytes, then a value of the row.
type metaPart struct {
	bytes   []byte
	operand getter
}

// boundLookup finds the rows of an alias.
type boundLookup struct {
	slot  int
	table *LookupTable
	many  bool
	keys  []*boundPipe
	def   *mappings.Lookup
}

// binder binds the rules of one table.
type binder struct {
	binding *Binding
	m       *mappings.Map
	slots   map[string]int          // alias → slot of the worker's cursors
	kept    map[*mappings.Rule]bool // rules whose values count in the shape, see keepCompared
}

func (b *binder) bindMap(m *mappings.Map) (*boundMap, error) {
	b.m, b.slots, b.kept = m, map[string]int{}, map[*mappings.Rule]bool{}
	out := &boundMap{def: m, head: []byte(`{"resourceType":"` + m.Resource + `","id":"`)}
	if len(m.Group) > 0 {
		b.slots[mappings.RowsAlias] = 0
	}
	for _, l := range m.Lookups {
		b.slots[l.Alias] = len(b.slots)
	}
	var err error
	if out.where, err = b.predicate(m.Where); err != nil {
		return nil, err
	}
	if out.id, err = newIdentity(b.binding.engine.prog.Site, m); err != nil {
		return nil, err
	}
	b.keys(out)
	if err := b.bindLookups(out, m); err != nil {
		return nil, err
	}
	if err := b.meta(out); err != nil {
		return nil, err
	}
	if !b.binding.engine.rehearsal {
		out.narrate = b.binding.engine.prog.Output.Narrative == mappings.NarrativeMade
		if out.provenance, err = b.provenance(m); err != nil {
			return nil, err
		}
	}
	if out.checks, err = b.checks(m); err != nil {
		return nil, err
	}
	if err := b.updated(out); err != nil {
		return nil, err
	}
	out.write, err = b.object(m.Root)
	return out, err
}

// keys binds the columns that tell a map's resources apart, and those by which rows are grouped.
func (b *binder) keys(out *boundMap) {
	for _, name := range out.def.Key {
		var read getter
		if name != mappings.LineKey { // nil: the row's number
			read = b.column(b.binding.column(name))
		}
		out.keyCols = append(out.keyCols, read)
	}
	for _, name := range out.def.Group {
		out.group = append(out.group, b.binding.column(name))
	}
}

// updated binds what says when a row was last changed: only a rehearsal asks for it.
func (b *binder) updated(out *boundMap) (err error) {
	m := out.def
	if m.Updated == nil || !b.binding.engine.rehearsal {
		return nil
	}
	omit := mappings.Policies{BadValue: mappings.OmitElement, UnmappedCode: mappings.OmitElement, MissingReference: mappings.OmitElement}
	out.updated, err = b.pipe(m.Updated, &mappings.Rule{Address: m.Name + UpdatedRule, Policy: omit})
	return err
}

// UpdatedRule ends the address of what a map says under updated.
const UpdatedRule = ".updated"

func (b *binder) bindLookups(out *boundMap, m *mappings.Map) error {
	for _, l := range m.Lookups {
		bound, err := b.lookup(l)
		if err != nil {
			return err
		}
		out.lookups = append(out.lookups, bound)
	}
	return nil
}

func (b *binder) lookup(l *mappings.Lookup) (boundLookup, error) {
	out := boundLookup{slot: b.slots[l.Alias], table: b.binding.engine.lookups[l], many: l.Many, def: l}
	for _, on := range l.On {
		p, err := b.pipe(on.Value, &mappings.Rule{Address: b.m.Name + ".lookup." + l.Alias, Policy: b.m.Policy})
		if err != nil {
			return out, err
		}
		out.keys = append(out.keys, p)
	}
	return out, nil
}

// column returns a getter of the column at index; -1 gives null always.
func (b *binder) column(index int) getter {
	if index < 0 {
		return func(*Worker) clean.Value { return clean.Value{} }
	}
	cells := &b.binding.cells
	return func(w *Worker) clean.Value { return cells.read(w.rec.Values[index]) }
}

// operand binds a value of the row.
func (b *binder) operand(o *mappings.Operand) (getter, error) {
	switch {
	case o.Meta != "":
		return metaOperand(o.Meta), nil
	case o.Alias == "":
		return b.column(b.binding.column(o.Column)), nil
	}
	slot, ok := b.slots[o.Alias]
	if !ok {
		return nil, fmt.Errorf("the alias %q is not bound", o.Alias)
	}
	if o.Alias == mappings.RowsAlias {
		index := b.binding.column(o.Column)
		if index < 0 {
			return b.column(-1), nil
		}
		return func(w *Worker) clean.Value { return w.cursors[slot].cell(index) }, nil
	}
	index := b.m.Lookup(o.Alias).In.UseIndex(o.Column)
	return func(w *Worker) clean.Value { return w.cursors[slot].cell(index) }, nil
}

func metaOperand(name string) getter {
	return func(w *Worker) clean.Value {
		o := w.rec.Origin
		switch name {
		case "file":
			return clean.Of(o.Source)
		case "table":
			return clean.Of(o.Table)
		case "row":
			return number(o.Row)
		}
		return number(o.Line)
	}
}

// number returns a row or line, null where it is not known.
func number(n int64) clean.Value {
	if n == 0 {
		return clean.Value{}
	}
	return clean.Of(itoa(n))
}

// boundPipe is a pipe ready to run.
type boundPipe struct {
	rule   *mappings.Rule
	column string
	start  getter
	stages []boundStage
	pure   bool // the result depends on the first value only
	slot   int  // of a pure pipe, in Worker.pipes
}

// pipeMemo is what a pure pipe made of the last value: neighbouring rows share dates and codes.
type pipeMemo struct{ in, out clean.Value }

// boundStage is one stage: a cleaner, or a crosswalk.
type boundStage struct {
	name  string
	run   clean.Func
	args  []getter
	nulls bool
	term  *term
}

func (b *binder) pipe(p *mappings.Pipe, r *mappings.Rule) (*boundPipe, error) {
	out := &boundPipe{rule: r}
	var err error
	if p.Start != nil {
		out.column = p.Start.Column
		out.start, err = b.operand(p.Start)
	} else {
		out.column = refColumn(p.Ref)
		out.start, err = b.reference(p.Ref, r)
	}
	if err != nil {
		return nil, err
	}
	for i, s := range p.Stages {
		var follows *mappings.Stage
		if i+1 < len(p.Stages) && p.Stages[i+1].Kind == mappings.TextStage {
			follows = &p.Stages[i+1]
		}
		bound, err := b.stage(s, follows)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s.Pos, s.Name, err)
		}
		out.stages = append(out.stages, bound)
	}
	if out.pure = p.Start != nil && len(out.stages) > 0 && !slices.ContainsFunc(out.stages, boundStage.impure); out.pure {
		out.slot = b.binding.pipes
		b.binding.pipes++
	}
	return out, nil
}

// impure reports whether the stage looks at more than its value. A crosswalk counts the codes that it does not know.
func (s boundStage) impure() bool { return s.term != nil || len(s.args) > 0 }

// stage binds a stage; text is the one behind it, where that adds a text.
func (b *binder) stage(s mappings.Stage, text *mappings.Stage) (boundStage, error) {
	out := boundStage{name: s.Name}
	for _, a := range s.Args {
		if a.Operand == nil {
			continue
		}
		g, err := b.operand(a.Operand)
		if err != nil {
			return out, err
		}
		out.args = append(out.args, g)
	}
	switch s.Kind {
	case mappings.CleanStage:
		c, _ := clean.Lookup(clean.All(), s.Name)
		var err error
		out.nulls = c.Nulls
		out.run, err = c.Compile(cleanArgs(s.Args), b.settings())
		return out, err
	case mappings.TextStage:
		out.nulls, out.run = true, addText
		if s.Args[0].Operand == nil {
			v := clean.Of(s.Args[0].Text)
			out.args = []getter{func(*Worker) clean.Value { return v }}
		}
		return out, nil
	}
	out.term = b.term(s, text != nil)
	if text != nil && text.Args[0].Operand != nil {
		var err error
		out.term.beside, err = b.operand(text.Args[0].Operand)
		return out, err
	}
	return out, nil
}

func (b *binder) settings() clean.Settings {
	d := b.binding.engine.prog.Defaults
	return clean.Settings{Location: d.Location, Dates: d.Dates, Pivot: d.Pivot}
}

// eval runs the pipe. Trouble is dealt with by the rule's policy; the value is null then, unless it was a warning only.
func (p *boundPipe) eval(w *Worker) clean.Value { return p.from(w, p.start(w)) }

// from is eval for a value that was read already.
func (p *boundPipe) from(w *Worker, v clean.Value) clean.Value {
	if w.hooks.Trace != nil {
		w.trace(p, "", clean.Value{}, v)
	} else if p.pure {
		return p.remembered(w, v)
	}
	return p.run(w, v)
}

// remembered is run for a pure pipe. What had trouble is run again, for the trouble to be reported again.
func (p *boundPipe) remembered(w *Worker, v clean.Value) clean.Value {
	memo := &w.pipes[p.slot]
	if memo.in.Set && v == memo.in {
		return memo.out
	}
	before := w.troubles
	out := p.run(w, v)
	if w.troubles == before {
		*memo = pipeMemo{in: v, out: out}
	}
	return out
}

func (p *boundPipe) run(w *Worker, v clean.Value) clean.Value {
	source := v
	for i := range p.stages {
		s := &p.stages[i]
		if !v.Set && !s.nulls {
			continue
		}
		in := v
		if s.term != nil {
			v = s.term.translate(w, p, v)
		} else {
			v = p.clean(w, s, v, source)
		}
		if w.hooks.Trace != nil {
			w.trace(p, s.name, in, v)
		}
	}
	return v
}

func (p *boundPipe) clean(w *Worker, s *boundStage, v, source clean.Value) clean.Value {
	args := w.args[:0]
	for _, g := range s.args {
		args = append(args, g(w))
	}
	w.args = args
	out, problem := s.run(v, args)
	if problem == nil {
		return out
	}
	if p.rule.Shadow {
		return out
	}
	i := issue.Issue{
		Code: problem.Code, Type: "value", Rule: p.rule.Address, Column: p.column, Value: source.Text, Message: problem.Message,
	}
	if out.Set {
		w.warn(i)
		return out
	}
	w.trouble(p.rule.Policy.BadValue, i)
	return out
}

func (w *Worker) trace(p *boundPipe, stage string, in, out clean.Value) {
	w.hooks.Trace(Step{Rule: p.rule.Address, Stage: stage, In: in.Text, Out: out.Text, Null: !out.Set})
}

// stageFunc is a stage without column arguments.
type stageFunc = clean.Func

// pureStages compiles the stages of an id pipe, which depend on nothing but the value.
func pureStages(stages []mappings.Stage) ([]stageFunc, error) {
	var out []stageFunc
	for _, s := range stages {
		c, ok := clean.Lookup(clean.All(), s.Name)
		if !ok || s.Kind != mappings.CleanStage {
			return nil, fmt.Errorf("%s: %s cannot stand in an id", s.Pos, s.Name)
		}
		f, err := c.Compile(cleanArgs(s.Args), clean.Settings{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Pos, err)
		}
		out = append(out, f)
	}
	return out, nil
}
