package transform

import (
	"strconv"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// term translates codes by a crosswalk. What a source code becomes is rendered
// once.
type term struct {
	kind     mappings.StageKind
	walk     *mappings.Crosswalk
	rendered map[string]rendered
	use      string // of an unmapped code, with policy use
	keepText bool   // no text follows: an unmapped code is kept as text, else as a coding beside it
	beside   getter // the text that follows, nil where none does
	unmapped int    // slot of the count of codes without a target
}

// rendered is a target as it is written, and the slot of its equivalence's
// count.
type rendered struct {
	text string
	slot int
}

func (b *binder) term(s mappings.Stage, textFollows bool) *term {
	t := &term{kind: s.Kind, walk: s.Crosswalk, rendered: make(map[string]rendered, len(s.Crosswalk.Target)), keepText: !textFollows}
	slots := map[string]int{}
	for source, target := range s.Crosswalk.Target {
		slot, known := slots[target.Equivalence]
		if !known {
			slot = b.usesOf(s.Crosswalk, target.Equivalence)
			slots[target.Equivalence] = slot
		}
		t.rendered[source] = rendered{t.render(target), slot}
	}
	t.unmapped = b.usesOf(s.Crosswalk, Unmapped)
	if s.Crosswalk.Unmapped == mappings.UseCode {
		t.use = t.render(s.Crosswalk.Use)
	}
	return t
}

func (t *term) render(target mappings.Target) string {
	switch t.kind {
	case mappings.CodeStage:
		return target.Code
	case mappings.CodingStage:
		return string(appendCoding(nil, target))
	}
	return string(append(appendCoding([]byte(`{"coding":[`), target), "]}"...))
}

func appendCoding(dst []byte, t mappings.Target) []byte {
	dst = append(dst, '{')
	for _, member := range [][2]string{{"system", t.System}, {"code", t.Code}, {"display", t.Display}} {
		if member[1] == "" {
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, member[0]...)
		dst = append(dst, `":`...)
		dst = append(fhir.AppendString(dst, member[1]), ',')
	}
	if dst[len(dst)-1] == ',' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, '}')
}

// translate gives the target of v, or what the crosswalk or the rule says about
// codes that it does not know.
func (t *term) translate(w *Worker, p *boundPipe, v clean.Value) clean.Value {
	if out, ok := t.rendered[v.Text]; ok {
		w.use(out.slot)
		return clean.Of(out.text)
	}
	if v.Text == "" || t.walk.Silent {
		return clean.Value{} // no code, where the source does not count it as NULL
	}
	w.use(t.unmapped)
	if w.hooks.Unmapped != nil {
		w.hooks.Unmapped(t.walk, v.Text, t.name(w))
	}
	policy := t.walk.Unmapped
	if policy == mappings.Inherit {
		policy = p.rule.Policy.UnmappedCode
	}
	i := issue.Issue{
		Code: "unmapped-code", Type: "code-invalid", Rule: p.rule.Address, Column: p.column, Value: v.Text,
		Message: "the crosswalk " + strconv.Quote(t.walk.Name) + " has no target for this code; add it there",
	}
	switch policy {
	case mappings.UseCode:
		w.warn(i)
		return clean.Of(t.use)
	case mappings.KeepText, mappings.KeepSource:
		w.warn(i)
		return t.keep(v, policy)
	}
	w.trouble(policy, i)
	return clean.Value{}
}

// name returns the text that the mapping puts beside the code.
func (t *term) name(w *Worker) string {
	if t.beside == nil {
		return ""
	}
	return t.beside(w).Text
}

// keep carries an unmapped code into the resource as it is.
func (t *term) keep(v clean.Value, policy mappings.Policy) clean.Value {
	source := mappings.Target{System: t.walk.SourceSystem, Code: v.Text}
	switch {
	case t.kind == mappings.CodeStage && policy == mappings.KeepSource:
		return v
	case t.kind == mappings.CodeStage:
		return clean.Value{}
	case t.kind == mappings.CodingStage && policy == mappings.KeepText:
		return clean.Of(string(appendCoding(nil, mappings.Target{Display: v.Text})))
	case policy == mappings.KeepText && t.keepText:
		return clean.Of(string(append(fhir.AppendString([]byte(`{"text":`), v.Text), '}')))
	}
	if fhir.CheckPrimitive("code", v.Text) != nil {
		source = mappings.Target{System: t.walk.SourceSystem, Display: v.Text} // a text that cannot be a code
	}
	return clean.Of(t.renderSource(source))
}

// renderSource renders a source code, which may lack a code.
func (t *term) renderSource(source mappings.Target) string {
	if t.kind == mappings.CodingStage {
		return string(appendCoding(nil, source))
	}
	return string(append(appendCoding([]byte(`{"coding":[`), source), "]}"...))
}

// addText is the stage text $NAME: it adds CodeableConcept.text, the last
// member of the type.
func addText(in clean.Value, args []clean.Value) (clean.Value, *clean.Problem) {
	if len(args) == 0 || args[0].Text == "" {
		return in, nil
	}
	dst := []byte{'{'}
	if in.Set {
		dst = append([]byte(in.Text[:len(in.Text)-1]), ',')
	}
	dst = fhir.AppendString(append(dst, `"text":`...), args[0].Text)
	return clean.Of(string(append(dst, '}'))), nil
}

// cleanArgs hands the arguments of a stage to a cleaner.
func cleanArgs(args []mappings.StageArg) []clean.Arg {
	out := make([]clean.Arg, 0, len(args))
	columns := 0
	for _, a := range args {
		arg := clean.Arg{Text: a.Text, Pair: a.Pair, Index: -1}
		if a.Operand != nil {
			arg.Index = columns
			columns++
		}
		out = append(out, arg)
	}
	return out
}

// Signatures describes every cleaner to the mapping compiler.
func Signatures() []mappings.Signature {
	list := clean.All()
	out := make([]mappings.Signature, 0, len(list))
	for _, c := range list {
		s := mappings.Signature{Name: c.Name, Out: string(c.Out)}
		for _, t := range c.In {
			s.In = append(s.In, string(t))
		}
		for _, p := range c.Params {
			s.Params = append(s.Params, mappings.ParamSpec{
				Name: p.Name, Optional: p.Optional, Variadic: p.Variadic,
				Column: p.Kind == clean.Column || p.Kind == clean.Either,
				Word:   p.Kind == clean.Word || p.Kind == clean.Int || p.Kind == clean.Either, Pair: p.Kind == clean.Pair,
			})
		}
		s.Check = func(args []mappings.StageArg) error {
			_, err := c.Compile(cleanArgs(args), clean.Settings{})
			return err
		}
		out = append(out, s)
	}
	return out
}
