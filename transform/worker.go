package transform

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// MissingTable is the reason for which rows are filtered whose resources cannot
// be without a table that was not given.
const MissingTable = "missing-table"

// Worker makes resources of the rows of one table. It is for one goroutine.
type Worker struct {
	b     *Binding
	hooks Hooks

	rec       *extract.Record
	row       int64  // number of rec among those that the worker looked at, from 1
	cells     []cell // by column
	buf       []byte // of the piece
	begun     int    // where the resource at hand begins in it
	piece     *Piece
	text      []byte // scratch
	args      []clean.Value
	key       key // of the resource at hand
	refKey    key // of the reference at hand
	hash      []byte
	ids       texts
	values    []span // of the resource at hand, see shape
	seed      maphash.Seed
	refs      []refMemo   // by boundRef.slot
	pipes     []pipeMemo  // by boundPipe.slot
	fragments []fragments // by the number that remember gave
	effects   int         // reports, and references that were counted as led elsewhere, so far: what had one is not remembered
	repeats   []repeated  // by the number that repeat gave
	cursors   []cursor
	catalogs  map[*lookupTable]*catalogReader // of tables on the disk
	unread    error                           // see Err

	soughtKey    []byte // of the lookup at hand
	soughtValues []clean.Value
	built        []Built
	groups       []int
	members      []fhir.Member // of the resources of the row
	ahead        []uint64      // ids that will be asked for, by their fingerprints

	made   []int64 // values by rule and field, see Binding.rules
	rows   int64   // that maps looked at
	left   []int64 // of these, those with a value, by Binding.unnamed
	uses   []int64 // targets, see Binding.uses
	noting bool    // a fragment is being written: noted takes down the rules that make a value
	noted  []int

	broken   []bool    // of the checks of the map at hand, those that failed
	refusals int       // that were reported so far
	failed   []failure // resources that the row should have become

	refused string // code of the first reason that refuses the resource at hand
	rowBad  string // code of the first reason for which the row counts as rejected
	orphan  bool   // the resource at hand cannot be without a table that was not given
	orphans bool   // some resource of the row is such an orphan
	gone    bool   // nothing of the row is kept
	stop    bool
}

// failure is a resource that was refused.
type failure struct {
	def *mappings.Map
	id  string
}

// Worker returns a new worker for the table.
func (b *Binding) Worker(h Hooks) *Worker {
	w := &Worker{b: b, hooks: h, seed: maphash.MakeSeed()}
	slots := 1
	for _, m := range b.maps {
		slots = max(slots, len(m.lookups)+1)
	}
	w.cells = make([]cell, len(b.schema.Columns))
	w.cursors, w.broken = make([]cursor, slots), make([]bool, b.checks)
	w.made, w.uses = make([]int64, len(b.rules)), make([]int64, len(b.uses))
	w.left = make([]int64, len(b.unnamed))
	w.refs, w.pipes, w.fragments = make([]refMemo, b.refs), make([]pipeMemo, b.pipes), make([]fragments, b.fragments)
	w.repeats = make([]repeated, b.repeats)
	return w
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Row makes the resources of rec. The slices in the result are good until the
// next call; the resources stay.
func (w *Worker) Row(rec *extract.Record) Row {
	w.start(rec)
	if rec.Fault != nil {
		i := *rec.Fault
		i.Origin = rec.Origin
		w.hooks.Report(i)
		return Row{Rejected: i.Code}
	}
	if !w.b.where.holds(w) {
		return Row{Filtered: "where"}
	}
	w.seeUnnamed()
	w.look()
	if w.needed(); w.gone {
		return w.result() // what else is wrong with it follows from that
	}
	took := false
	group := -1
	for _, m := range w.b.maps {
		if len(m.def.Group) > 0 {
			group++
		}
		if !w.takes(m) {
			continue
		}
		took = true
		if len(m.def.Group) > 0 {
			w.groups = append(w.groups, group)
			continue
		}
		w.resource(m)
	}
	if !took {
		return Row{Filtered: "where", Spare: true}
	}
	return w.result()
}

// Group makes the resource of several rows, the first of which stands for the
// values that are not asked of each.
func (w *Worker) Group(index int, rows []extract.Record) Row {
	w.start(&rows[0])
	for _, m := range w.b.maps {
		if len(m.def.Group) == 0 {
			continue
		}
		if index > 0 {
			index--
			continue
		}
		if w.cursors[0] = (cursor{}); m.reads {
			w.cursors[0] = w.linesOf(rows)
		}
		w.refused = ""
		w.find(m)
		w.resource(m)
		break
	}
	return w.result()
}

// Expect announces the resources that the row is going to make, for maps that
// refer to each other: their references must resolve before all rows are read.
func (w *Worker) Expect(rec *extract.Record, targets []*mappings.Map) {
	w.start(rec)
	if rec.Fault != nil || !w.b.where.holds(w) {
		return
	}
	for _, m := range w.b.maps {
		if !slices.Contains(targets, m.def) || !w.takes(m) {
			continue
		}
		if m.key(w, &w.key) {
			w.b.engine.expect(m.def, m.id.of(w, &w.key))
		}
	}
}

// Maker returns the map that would give a resource of rec this type and id,
// whatever its condition says; nil where none would.
func (w *Worker) Maker(rec *extract.Record, typ, id string) *mappings.Map {
	w.start(rec)
	if rec.Fault != nil {
		return nil
	}
	for _, m := range w.b.maps {
		if m.def.Resource == typ && m.key(w, &w.key) && m.id.of(w, &w.key) == id {
			return m.def
		}
	}
	return nil
}

// takes finds the rows of the map's lookups, and reports whether the map takes
// the row. The rows of a group are looked up once for all, unless the condition
// asks.
func (w *Worker) takes(m *boundMap) bool {
	w.refused = ""
	if len(m.group) == 0 || m.where != nil {
		w.find(m)
	}
	return m.where.holds(w)
}

func (w *Worker) start(rec *extract.Record) {
	w.begin(rec)
	w.built, w.groups, w.failed, w.members = w.built[:0], w.groups[:0], w.failed[:0], w.members[:0]
	w.rowBad, w.gone, w.stop, w.orphans = "", false, false, false
}

func (w *Worker) result() Row {
	if w.gone {
		return Row{Rejected: w.rowBad, Stop: w.stop}
	}
	row := Row{Built: w.built, Groups: w.groups, Rejected: w.rowBad, Stop: w.stop}
	if w.orphans && w.rowBad == "" && len(w.built) == 0 && len(w.groups) == 0 {
		row.Filtered = MissingTable
	}
	return row
}

// linesOf reads all cells of rows, for the alias rows.
func (w *Worker) linesOf(rows []extract.Record) cursor {
	lines := make([]line, len(rows))
	for i := range rows {
		cells := make([]clean.Value, len(rows[i].Values))
		for j, v := range rows[i].Values {
			cells[j] = w.b.cells.read(v)
		}
		lines[i] = packLine(cells)
	}
	return cursor{rows: lines}
}

// needed checks the columns that must have a value.
func (w *Worker) needed() {
	for _, n := range w.b.need {
		v := w.value(n.index)
		switch {
		case n.decl.Required && !v.Set:
			w.reject(issue.Issue{
				Severity: issue.Error, Code: "value-missing", Type: "required", Column: n.decl.Name,
				Message: "the column " + strconv.Quote(n.decl.Name) + " is declared as required (!) but empty here; fill it in the source or drop the !",
			})
		case n.decl.Type == "enum" && v.Set && !slices.Contains(n.decl.Enum, v.Text):
			w.warn(issue.Issue{
				Code: "unexpected-value", Type: "value", Column: n.decl.Name, Value: v.Text,
				Message: "the value is none of those that the mapping declares for this column",
			})
		}
	}
}

// resource makes one resource of the row at hand. Resources stand behind each
// other in the buffer, see Piece.
func (w *Worker) resource(m *boundMap) {
	w.orphan = false
	if m.key(w, &w.key) {
		id := m.id.of(w, &w.key)
		if cap(w.buf)-len(w.buf) < roomLeft {
			w.turn()
		}
		start, members := len(w.buf), len(w.members)
		w.begun = start
		w.buf = append(w.buf, m.head...)
		w.buf = append(append(w.buf, id...), `",`...)
		head := int32(start + len(m.head))
		w.values = append(w.values[:0], span{start: int32(start), end: head, kind: stretch, hash: m.hash}, span{start: head, end: int32(len(w.buf)), kind: quotedValue})
		for _, part := range m.meta {
			w.buf = append(w.buf, part.bytes...)
			if part.operand != nil {
				w.metaValue(part.operand(w).Text)
			}
		}
		w.check(m.checks)
		m.write(w)
		if w.refused == "" && !w.orphan {
			w.finish(m, id, start)
			w.located(m, members)
		} else {
			w.buf = w.buf[:start]
			w.failed = append(w.failed, failure{m.def, id})
		}
	}
	if w.refused != "" && w.rowBad == "" {
		w.rowBad = w.refused
	}
	w.orphans = w.orphans || w.orphan
}

// finish takes down the resource that stands in the buffer from start on.
func (w *Worker) finish(m *boundMap, id string, start int) {
	w.piece.made++
	w.built = append(w.built, Built{Map: m.def, Shape: w.shape(start), Piece: w.piece, Resource: fhir.Resource{
		Type: m.def.Resource, ID: id, JSON: w.buf[start:len(w.buf):len(w.buf)],
	}})
	b := &w.built[len(w.built)-1]
	if m.narrate { // its text is in no shape: each is looked at
		b.Resource.JSON, b.Shape = fhir.Narrate(b.Resource.JSON), 0
	}
	if w.b.engine.rehearsal {
		w.rehearsed(m, b)
	}
}

// located gives the last resource its members, which are those from first on.
func (w *Worker) located(m *boundMap, first int) {
	if !m.narrate { // else its text stands between them
		w.built[len(w.built)-1].Members = w.members[first:len(w.members):len(w.members)]
	}
}

// rehearsed adds what a resource is matched by, beside its elements.
func (w *Worker) rehearsed(m *boundMap, b *Built) {
	parts := slices.Clone(w.key.parts)
	for i, name := range m.def.Key {
		if name == mappings.LineKey {
			parts[i] += "|" + itoa(w.rec.Origin.Row)
		}
	}
	b.Key = strings.Join(parts, "|")
	if m.updated != nil {
		b.Updated = m.updated.eval(w).Text
	}
}

// metaValue appends a piece of meta.source, which is a URI: pieces without
// white space make one without.
func (w *Worker) metaValue(text string) {
	start := len(w.buf)
	w.buf = appendEscaped(w.buf, text)
	if w.buf[start-1] != '"' && fhir.CheckPrimitive("uri", text) == nil && utf8.ValidString(text) {
		w.values = append(w.values, span{start: int32(start), end: int32(len(w.buf)), kind: quotedValue})
	}
}

// appendEscaped appends a text as it stands inside a JSON string.
func appendEscaped(dst []byte, text string) []byte {
	mark := len(dst)
	dst = fhir.AppendString(dst, text)
	copy(dst[mark:], dst[mark+1:])
	return dst[:len(dst)-2]
}

// warn reports what does not change the fate of the row.
func (w *Worker) warn(i issue.Issue) {
	w.effects++
	i.Severity, i.Origin = issue.Warning, w.rec.Origin
	w.hooks.Report(i)
}

// refuse reports an error that refuses the resource at hand.
func (w *Worker) refuse(i issue.Issue) {
	w.effects++
	i.Severity, i.Origin = issue.Error, w.rec.Origin
	w.refusals++
	if w.refused == "" {
		w.refused = i.Code
	}
	w.hooks.Report(i)
}

// reject reports an error that refuses the whole row.
func (w *Worker) reject(i issue.Issue) {
	w.refuse(i)
	w.rowBad, w.gone = i.Code, true
}

// trouble does what a policy says.
func (w *Worker) trouble(p mappings.Policy, i issue.Issue) {
	switch p {
	case mappings.OmitElement, mappings.KeepText, mappings.KeepSource, mappings.Warn:
		w.warn(i)
	case mappings.RejectRow:
		w.reject(i)
	case mappings.StopRun:
		w.stop = true
		w.reject(i)
	default:
		w.refuse(i)
	}
}
