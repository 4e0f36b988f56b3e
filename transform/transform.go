// Package transform turns records into FHIR resources by a checked mapping.
//
// Read [Engine] and [Worker] first. An Engine is made once for a program; for
// each table it binds the program's columns to indexes, once; a Worker then
// makes resources of rows without looking up a name. It does no I/O but for
// temporary files, where rows do not fit in memory that wait or are looked up.
//
//	engine := transform.New(prog)
//	binding, err := engine.Bind(source, schema)
//	row := binding.Worker(hooks).Row(&record)
package transform

import (
	"fmt"
	"sync/atomic"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// Engine holds what all tables share: the keys of resources that were accepted,
// and the rows of lookups. It is safe for concurrent use once the lookups are
// filled.
type Engine struct {
	prog     *mappings.Program
	keys     map[*mappings.Map]*KeySet // resources that were accepted
	expected map[*mappings.Map]*KeySet // resources that rows still to come are expected to make
	byType   map[string][]*KeySet
	lookups  map[*mappings.Lookup]*lookupTable
	resident int // bytes of rows of lookups in memory

	lookupMemory int // bytes that they may take; 0: as many as there are

	absent   map[*mappings.Source]bool
	trusting bool
	trusted  map[*mappings.Map]bool
	viewed   map[*mappings.Source][]string // see Viewed
	mended   map[mending]bool

	partial map[string]bool         // see Partial
	doubt   *atomic.Pointer[string] // see Doubt

	survivors map[string]map[string]*Survivor // by type and id of the resource for which they stand; nil where nobody is matched
	rehearsal bool                            // resources are made to be compared, not to be delivered
}

// New returns an engine for prog. Sources that were not given are named in
// absent: references to them are left out, lookups in them find nothing.
func New(prog *mappings.Program, absent []*mappings.Source) *Engine {
	e := &Engine{
		prog: prog, keys: map[*mappings.Map]*KeySet{}, expected: map[*mappings.Map]*KeySet{}, byType: map[string][]*KeySet{},
		lookups: lookupTables(prog), absent: map[*mappings.Source]bool{}, mended: mendings(prog),
	}
	for _, s := range absent {
		e.absent[s] = true
	}
	for _, m := range prog.Maps {
		e.keys[m], e.expected[m] = NewKeySet(), NewKeySet()
		e.byType[m.Resource] = append(e.byType[m.Resource], e.keys[m], e.expected[m])
	}
	return e
}

// Accept notes that the resource that m made is part of the result, so that
// others may refer to it. It returns false where one of its type with this id
// was accepted before. What a map makes of each row by the row's number alone
// is unique by itself and nothing refers to it: such ids are not kept.
func (e *Engine) Accept(m *mappings.Map, id string) bool {
	if byLine(m) {
		return true
	}
	for _, other := range e.prog.Maps { // ids that are made differ by map; those that the source gives may not
		if other != m && m.ID != nil && other.ID != nil && other.Resource == m.Resource && e.keys[other].Has(id) {
			return false
		}
	}
	return e.keys[m].Add(id)
}

// byLine reports whether a map's resources are told apart by the number of
// their row alone.
func byLine(m *mappings.Map) bool { return len(m.Key) == 1 && m.Key[0] == mappings.LineKey }

// expect notes that a row is going to make the resource.
func (e *Engine) expect(m *mappings.Map, id string) { e.expected[m].Add(id) }

// Keys returns the resources of m that were accepted, or are expected: for
// another process, whose rows may refer to them, and in that process, to take
// them.
func (e *Engine) Keys(m *mappings.Map, expected bool) *KeySet {
	if expected {
		return e.expected[m]
	}
	return e.keys[m]
}

// Seal says that m will make no more resources.
func (e *Engine) Seal(m *mappings.Map) { e.keys[m].Seal() }

// Trust makes every reference resolve: for the story of one row, where the
// others are not read.
func (e *Engine) Trust() { e.trusting = true }

// TrustIn makes the references to what m makes resolve: for a test, whose
// author gives the rows that matter. It is said before Bind.
func (e *Engine) TrustIn(m *mappings.Map) {
	if e.trusted == nil {
		e.trusted = map[*mappings.Map]bool{}
	}
	e.trusted[m] = true
}

// Accepted reports whether some map made, or is expected to make, a resource of
// this type and id.
func (e *Engine) Accepted(typ, id string) bool {
	for _, set := range e.byType[typ] {
		if set.Has(id) {
			return true
		}
	}
	for m := range e.trusted {
		if m.Resource == typ {
			return true
		}
	}
	if e.partial[typ] {
		e.doubt.CompareAndSwap(nil, &typ)
	}
	return false
}

// Partial says that not all resources of these types will be known here: other
// processes make some. It is said before Bind.
func (e *Engine) Partial(types []string) {
	e.partial, e.doubt = map[string]bool{}, &atomic.Pointer[string]{}
	for _, typ := range types {
		e.partial[typ] = true
	}
}

// Doubt returns a type of which Accepted was asked for a resource that only
// another process could know, "" where it was not. What was made since Partial
// is then not to be used.
func (e *Engine) Doubt() string {
	if e.doubt == nil || e.doubt.Load() == nil {
		return ""
	}
	return *e.doubt.Load()
}

// Missing returns how many resources of m were announced by Expect but not
// accepted: what refers to them refers to nothing. It is asked when m makes no
// more resources.
func (e *Engine) Missing(m *mappings.Map) int { return max(0, e.expected[m].Len()-e.keys[m].Len()) }

// Expected reports whether Expect announced the resource.
func (e *Engine) Expected(m *mappings.Map, id string) bool { return e.expected[m].Has(id) }

// Binding is a table with the program's columns bound to its indexes. It is
// immutable and safe for concurrent use.
type Binding struct {
	engine    *Engine
	source    *mappings.Source
	schema    *extract.Schema
	where     predicate
	need      []required
	maps      []*boundMap
	cells     cellReader
	refs      int             // references in the maps, each with a slot in a worker
	pipes     int             // pure pipes, likewise
	fragments int             // likewise
	repeats   int             // likewise
	checks    int             // of the map that has most
	rules     []RuleUse       // that are counted, each with a slot in a worker; one without a rule is a field's
	uses      []CodeUse       // likewise
	fields    []boundField    // likewise, see FieldUse
	unnamed   []unnamedColumn // columns that no rule names
	watched   []watchedColumn // columns whose texts are looked at
	keyed     []int           // columns that make keys
	near      []nearRef       // see Worker.Ahead
	pieces    chan *Piece     // that are free
}

// required is a column that must have a value in every row.
type required struct {
	index int
	decl  *mappings.ColumnDecl
}

// Hooks receive what a worker has to say beside its results.
type Hooks struct {
	Report   issue.Reporter
	Unmapped func(x *mappings.Crosswalk, code, display string) // may be nil; display is the text beside the code, "" where none is mapped
	Trace    func(Step)                                        // may be nil; every step of every pipe
}

// Step is one step of a pipe, for the story of a row. Stage is "" for the value
// as it was read.
type Step struct {
	Rule, Stage string
	In, Out     string
	Null        bool // the step gave nothing
}

// Row is what became of one record.
type Row struct {
	Built    []Built
	Groups   []int  // indexes of grouped maps that take the row; see Binding.Grouped
	Filtered string // reason, "" where some map took the row
	Spare    bool   // with Filtered: the row counts as one of its table, but no map took it
	Rejected string // reason code, "" where nothing was refused
	Stop     bool   // the policy says stop-run
}

// Built is one resource that was made.
type Built struct {
	Map      *mappings.Map
	Resource fhir.Resource
	// Shape is the same for resources of one worker that are all valid if one
	// of them is, provided that the validator finds what the engine accepted.
	// 0: not known.
	Shape uint64
	// Members say where the elements stand, but for id and meta; nil where that
	// is not known. They are good until the next row.
	Members []fhir.Member
	// Piece is the memory that the resource stands in. Who is the last to look
	// at its JSON may say so, see Piece.Done.
	Piece *Piece
	// Provenance of the resource, or of all of its row, nil where it has none;
	// see Worker.Provenances.
	Provenance *fhir.Resource

	Key     string // what tells its row apart in its source, in parts with | between them; of a rehearsal alone
	Updated string // when the row was last changed, as FHIR writes it; likewise
}

// Bind binds the program's maps and conditions for source to the table's
// columns.
func (e *Engine) Bind(source *mappings.Source, schema *extract.Schema) (*Binding, error) {
	return e.bind(source, schema, e.prog.Maps)
}

// BindMaps binds as Bind does, but these maps alone.
func (e *Engine) BindMaps(source *mappings.Source, schema *extract.Schema, maps []*mappings.Map) (*Binding, error) {
	return e.bind(source, schema, maps)
}

// BindRows binds what decides whether a row counts, without the maps: every row
// that does is Spare.
func (e *Engine) BindRows(source *mappings.Source, schema *extract.Schema) (*Binding, error) {
	return e.bind(source, schema, nil)
}

func (e *Engine) bind(source *mappings.Source, schema *extract.Schema, maps []*mappings.Map) (*Binding, error) {
	b := &Binding{engine: e, source: source, schema: schema, cells: newCellReader(source), pieces: make(chan *Piece, sparePieces)}
	if len(maps) > 0 || len(source.ReadBy) > 0 {
		b.unnamed = e.unnamed(source, schema)
	}
	w := &binder{binding: b}
	var err error
	if b.where, err = w.predicate(source.Where); err != nil {
		return nil, err
	}
	for i := range source.Columns {
		if d := &source.Columns[i]; d.Required || d.Type == "enum" {
			b.need = append(b.need, required{index: b.column(d.Name), decl: d})
		}
	}
	for _, m := range maps {
		if m.From != source {
			continue
		}
		bound, err := w.bindMap(m)
		if err != nil {
			return nil, fmt.Errorf("bind %s: %w", m.Name, err)
		}
		b.maps = append(b.maps, bound)
	}
	w.watch(source)
	return b, nil
}

// column returns the index of the column that the mapping calls name, or -1.
func (b *Binding) column(name string) int {
	for i, c := range b.schema.Columns {
		if b.source.SourceName(c) == name {
			return i
		}
	}
	return -1
}

// Cells reads the cells of these columns as the source's trim and nulls say; a
// column that the table lacks is null.
func (b *Binding) Cells(columns []string) func(rec *extract.Record, into []clean.Value) []clean.Value {
	index := make([]int, len(columns))
	for i, name := range columns {
		index[i] = b.column(name)
	}
	return func(rec *extract.Record, into []clean.Value) []clean.Value {
		for _, at := range index {
			if at < 0 {
				into = append(into, clean.Value{})
				continue
			}
			into = append(into, b.cells.read(rec.Values[at]))
		}
		return into
	}
}

// Grouped returns the maps that make one resource of several rows, in the order
// that Row.Groups counts.
func (b *Binding) Grouped() []*mappings.Map {
	var out []*mappings.Map
	for _, m := range b.maps {
		if len(m.def.Group) > 0 {
			out = append(out, m.def)
		}
	}
	return out
}
