package transform

import (
	"fmt"
	"slices"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// boundPipe is a pipe ready to run.
type boundPipe struct {
	rule   *mappings.Rule
	column string
	start  getter
	stages []boundStage
	pure   bool // the result depends on the first value only
	slot   int  // of a pure pipe, in Worker.pipes
}

// pipeMemo is what a pure pipe made of the last value: neighbouring rows share
// dates and codes.
type pipeMemo struct{ in, out clean.Value }

// boundStage is one stage: a cleaner, or a crosswalk.
type boundStage struct {
	name  string
	run   clean.Func
	write clean.Appender // the same, appending; nil where the cleaner has none
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

// impure reports whether the stage looks at more than its value. A crosswalk
// counts the codes that it does not know.
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
		c, _ := clean.Named(s.Name)
		var err error
		out.nulls = c.Nulls
		if out.run, err = c.Compile(cleanArgs(s.Args), b.settings()); err == nil && c.Append != nil {
			out.write, err = c.Append(cleanArgs(s.Args), b.settings())
		}
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

// eval runs the pipe. Trouble is dealt with by the rule's policy; the value is
// null then, unless it was a warning only.
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

// remembered is run for a pure pipe. What had trouble is run again, for the
// trouble to be reported again.
func (p *boundPipe) remembered(w *Worker, v clean.Value) clean.Value {
	memo := &w.pipes[p.slot]
	if memo.in.Set && v == memo.in {
		return memo.out
	}
	before := w.effects
	out := p.run(w, v)
	if w.effects == before {
		*memo = pipeMemo{in: v, out: out}
	}
	return out
}

func (p *boundPipe) run(w *Worker, v clean.Value) clean.Value { return p.through(w, p.stages, v) }

// appends reports whether the pipe can append its value, see append.
func (p *boundPipe) appends() bool {
	return !p.pure && len(p.stages) > 0 && p.stages[len(p.stages)-1].write != nil // what a pure pipe made is remembered
}

// append is run for a pipe that ends with a cleaner that appends: to the
// worker's buffer, where the value is to stand. It reports whether there is
// one.
func (p *boundPipe) append(w *Worker, source clean.Value) bool {
	last := len(p.stages) - 1
	v := p.through(w, p.stages[:last], source)
	if !v.Set {
		return false
	}
	s := &p.stages[last]
	out, ok, problem := s.write(w.buf, v, w.arguments(s))
	if w.buf = out; problem != nil {
		p.problem(w, problem, ok, source)
	}
	return ok
}

// through runs stages of the pipe.
func (p *boundPipe) through(w *Worker, stages []boundStage, v clean.Value) clean.Value {
	source := v
	for i := range stages {
		s := &stages[i]
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
	out, problem := s.run(v, w.arguments(s))
	if problem != nil {
		p.problem(w, problem, out.Set, source)
	}
	return out
}

// arguments returns the values of a stage's columns. They are good until the
// next stage.
func (w *Worker) arguments(s *boundStage) []clean.Value {
	w.args = w.args[:0]
	for _, g := range s.args {
		w.args = append(w.args, g(w))
	}
	return w.args
}

// problem reports what a cleaner said; kept: there is a value all the same.
func (p *boundPipe) problem(w *Worker, problem *clean.Problem, kept bool, source clean.Value) {
	if p.rule.Shadow {
		return
	}
	i := issue.Issue{
		Code: problem.Code, Type: "value", Rule: p.rule.Address, Column: p.column, Value: source.Text, Message: problem.Message,
	}
	if kept {
		w.warn(i)
		return
	}
	w.trouble(p.rule.Policy.BadValue, i)
}

func (w *Worker) trace(p *boundPipe, stage string, in, out clean.Value) {
	w.hooks.Trace(Step{Rule: p.rule.Address, Stage: stage, In: in.Text, Out: out.Text, Null: !out.Set})
}

// stageFunc is a stage without column arguments.
type stageFunc = clean.Func

// pureStages compiles the stages of an id pipe, which depend on nothing but the
// value.
func pureStages(stages []mappings.Stage) ([]stageFunc, error) {
	var out []stageFunc
	for _, s := range stages {
		c, ok := clean.Named(s.Name)
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
