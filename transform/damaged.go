package transform

import (
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// What is wrong with a cell whatever is made of it. Nobody can tell what stood
// there before, so it is said, and the cell stays as it is.
const (
	GarbledText = "garbled-text"
	HTMLEntity  = "html-entity"
	DamagedKey  = "damaged-key"
)

// watchedColumn is a column that rules, conditions or views read. The two say
// whether its texts are looked at: where a rule mends one kind of damage,
// somebody knows of it.
type watchedColumn struct {
	index             int
	letters, entities bool
}

// watch binds the columns that are looked at. A view is made of tables that
// were.
func (b *binder) watch(s *mappings.Source) {
	if s.View != nil {
		return
	}
	e := b.binding.engine
	for i, name := range b.binding.schema.Columns {
		name = s.SourceName(name)
		c := watchedColumn{index: i, letters: !e.mended[mending{s, name, "fix_mojibake"}], entities: !e.mended[mending{s, name, "html_unescape"}]}
		if e.reads(s, name) && (c.letters || c.entities) {
			b.binding.watched = append(b.binding.watched, c)
		}
	}
	for _, name := range s.Key {
		b.keyColumn(name)
	}
	slices.Sort(b.binding.keyed) // as maps and references name them in any order
}

// reads reports whether something is made of a column, or SQL of a view may
// read it.
func (e *Engine) reads(s *mappings.Source, column string) bool {
	if s.UseIndex(column) >= 0 {
		return true
	}
	viewed, known := e.viewed[s]
	return len(s.ReadBy) > 0 && (!known || slices.ContainsFunc(viewed, func(v string) bool { return strings.EqualFold(v, column) }))
}

// mending is a column that a rule sends through a cleaner which mends text.
type mending struct {
	source          *mappings.Source
	column, cleaner string
}

// mendings returns all of a program.
func mendings(prog *mappings.Program) map[mending]bool {
	all := map[mending]bool{}
	for _, m := range prog.Maps {
		m.EachPipe(func(_ string, p *mappings.Pipe) {
			for _, s := range p.Stages {
				if p.Start != nil && (s.Name == "fix_mojibake" || s.Name == "html_unescape") {
					all[mending{tableOf(m, p.Start), p.Start.Column, s.Name}] = true
				}
			}
		})
	}
	return all
}

// tableOf returns the source whose column an operand of the map names.
func tableOf(m *mappings.Map, o *mappings.Operand) *mappings.Source {
	if l := m.Lookup(o.Alias); l != nil {
		return l.In
	}
	return m.From
}

// keyColumn notes a column that tells rows apart, or says which row is referred
// to.
func (b *binder) keyColumn(name string) {
	at := b.binding.column(name)
	if at >= 0 && !slices.Contains(b.binding.keyed, at) {
		b.binding.keyed = append(b.binding.keyed, at)
	}
}

// Look reports cells of rec that were damaged before it came here. Row does so
// by itself.
func (w *Worker) Look(rec *extract.Record) {
	w.begin(rec)
	w.look()
}

// look is Look for the row at hand. Of a row that is known to be plain only
// keys are looked at.
func (w *Worker) look() {
	for _, at := range w.b.keyed {
		if said := clean.DamagedNumber(w.cell(at).value.Text); said != "" {
			w.warnOf(at, DamagedKey, said+"; compare it with the old system, and get the export again with this column as text")
		}
	}
	if w.rec.Plain {
		return
	}
	for i := range w.b.watched {
		w.lookAt(&w.b.watched[i])
	}
}

func (w *Worker) lookAt(of *watchedColumn) {
	c := w.cell(of.index)
	if !c.looked {
		c.damage, c.looked = clean.DamageOf(c.value.Text), true
	}
	if c.damage == clean.Undamaged {
		return
	}
	if c.damage == clean.Entities && of.entities {
		w.warnOf(of.index, HTMLEntity, "a character is written as HTML (as in &amp; or &#39;) and is kept so; write | html_unescape behind the column")
	}
	if c.damage != clean.Entities && of.letters {
		w.warnOf(of.index, GarbledText, garbled(c.damage))
	}
}

// garbled says what happened to letters, and what to do.
func garbled(d clean.Damage) string {
	switch d {
	case clean.Misread:
		return "letters were read in the wrong encoding before they came here, and are kept so; export again as UTF-8, or write | fix_mojibake behind the column"
	case clean.Replaced:
		return "letters were replaced by � before they came here, and nothing tells which; export again as UTF-8"
	}
	return "letters were replaced by question marks before they came here, and nothing tells which; export again as UTF-8"
}

// warnOf warns of a cell of the row at hand.
func (w *Worker) warnOf(column int, code, message string) {
	w.warn(issue.Issue{Code: code, Type: "value", Column: w.b.source.SourceName(w.b.schema.Columns[column]), Value: w.cell(column).value.Text, Message: message})
}
