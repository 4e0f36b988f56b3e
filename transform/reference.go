package transform

import (
	"bytes"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

func refColumn(r *mappings.Ref) string {
	var names []string
	for _, k := range r.Keys {
		if k.Start != nil {
			names = append(names, k.Start.Column)
		}
	}
	return strings.Join(names, ", ")
}

// reference binds ref map($KEY): it gives the Reference as JSON, or null.
func (b *binder) reference(r *mappings.Ref, rule *mappings.Rule) (getter, error) {
	ref := &boundRef{
		def: r, rule: rule, engine: b.binding.engine, keys: b.binding.engine.keys[r.Map], expected: b.binding.engine.expected[r.Map],
		absent: b.binding.engine.absent[r.Map.From], slot: b.binding.refs,
	}
	b.binding.refs++
	var err error
	if ref.id, err = newIdentity(b.binding.engine.prog.Site, r.Map); err != nil {
		return nil, err
	}
	for _, k := range r.Keys {
		p, err := b.pipe(k, rule)
		if err != nil {
			return nil, err
		}
		ref.parts = append(ref.parts, p)
		if k.Start != nil && k.Start.Alias == "" {
			b.keyColumn(k.Start.Column)
		}
	}
	b.near(r, ref)
	return ref.get, nil
}

// boundRef resolves the key of another map's resource.
type boundRef struct {
	def            *mappings.Ref
	rule           *mappings.Rule
	id             identity
	engine         *Engine
	keys, expected *KeySet
	absent         bool // the other table was not given: said once for the table, not for every row
	parts          []*boundPipe
	slot           int // in Worker.refs
}

// refMemo is the last reference that was made at one place: the rows of a
// patient mostly stand together. One that resolved once always does, because
// keys are only added.
type refMemo struct {
	hashed []byte
	text   string
	to     *Survivor // nil where it leads to whom its key names
}

func (r *boundRef) get(w *Worker) clean.Value {
	if r.absent {
		return clean.Value{}
	}
	key := &w.refKey
	key.begin(&r.id)
	for _, p := range r.parts {
		v := p.eval(w)
		if !v.Set {
			return r.empty(w)
		}
		key.add(v.Text)
	}
	memo := &w.refs[r.slot]
	if memo.text != "" && len(w.failed) == 0 && bytes.Equal(memo.hashed, key.hashed) {
		if memo.to != nil {
			w.lead(memo.to)
		}
		return clean.Of(memo.text)
	}
	id := r.id.of(w, key)
	to := r.engine.survivors[r.def.Map.Resource][id]
	if to != nil {
		id = to.ID
	}
	if to == nil && !r.resolves(w, id) { // who stands for another is known to come
		w.trouble(r.rule.Policy.MissingReference, issue.Issue{
			Code: "reference-missing", Type: "not-found", Rule: r.rule.Address, Column: refColumn(r.def), Value: strings.Join(key.parts, ", "),
			Message: "no " + r.def.Map.Resource + " with this key was written (map " + r.def.Map.Name + "): its row is not in the source, was filtered, or was rejected",
		})
		return clean.Value{}
	}
	if memo.to = to; to != nil {
		w.lead(to)
	}
	w.text = append(w.text[:0], `{"reference":"`...)
	w.text = append(w.text, r.def.Map.Resource...)
	w.text = append(w.text, '/')
	w.text = append(w.text, id...) // an id needs no escaping
	w.text = append(w.text, `"}`...)
	memo.hashed, memo.text = append(memo.hashed[:0], key.hashed...), string(w.text)
	return clean.Of(memo.text)
}

// resolves reports whether the resource is there, or will be. What the same row
// was expected to become but did not will not be.
func (r *boundRef) resolves(w *Worker, id string) bool {
	if r.engine.trusting || r.engine.trusted[r.def.Map] || r.keys.Has(id) {
		return true
	}
	return r.expected.Has(id) && !slices.Contains(w.failed, failure{r.def.Map, id})
}

func (r *boundRef) empty(w *Worker) clean.Value {
	if !r.def.Optional {
		w.trouble(r.rule.Policy.MissingReference, issue.Issue{
			Code: "reference-empty", Type: "required", Rule: r.rule.Address, Column: refColumn(r.def),
			Message: "the key of the reference is empty; where the source may have none, write ref? instead of ref",
		})
	}
	return clean.Value{}
}
