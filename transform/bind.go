package transform

import (
	"fmt"

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
	hash    uint64 // of the head, in a shape
	meta    []metaPart
	narrate bool
	reads   bool // the rows of its groups, beside the first

	provenance *boundProvenance // nil: none is written
}

// metaPart is a piece of the meta element: constant bytes, then a value of the
// row.
type metaPart struct {
	bytes   []byte
	operand getter
}

// boundLookup finds the rows of an alias.
type boundLookup struct {
	slot  int
	table *lookupTable
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
	reads   bool                    // the map reads the rows of its groups
	numbers uint64                  // given so far, see number
}

func (b *binder) bindMap(m *mappings.Map) (*boundMap, error) {
	b.m, b.slots, b.kept, b.reads = m, map[string]int{}, map[*mappings.Rule]bool{}, false
	out := &boundMap{def: m, head: []byte(`{"resourceType":"` + m.Resource + `","id":"`), hash: b.number()}
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
	out.reads = b.reads
	return out, err
}

// keys binds the columns that tell a map's resources apart, and those by which
// rows are grouped.
func (b *binder) keys(out *boundMap) {
	for _, name := range out.def.Key {
		var read getter
		if name != mappings.LineKey { // nil: the row's number
			read = b.column(b.binding.column(name))
			b.keyColumn(name)
		}
		out.keyCols = append(out.keyCols, read)
	}
	for _, name := range out.def.Group {
		out.group = append(out.group, b.binding.column(name))
	}
}

// updated binds what says when a row was last changed: only a rehearsal asks
// for it.
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
	return func(w *Worker) clean.Value { return w.cell(index).value }
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
		b.reads = true
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
