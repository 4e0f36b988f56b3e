package sqldump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"chartlift/extract"
)

// table is what is known of one table.
type table struct {
	id      ident
	schema  *extract.Schema
	columns []column
	created bool    // by CREATE TABLE, so the columns are all
	first   place   // its first rows; the line is 0 where it has none
	last    int64   // the offset of its last statement with rows
	seen    *string // the first of the column list that was looked at last
	own     []int   // the columns that SQL Server does not number itself, nil: all
}

// column returns the index of a column, or -1.
func (t *table) column(name string) int {
	for i, c := range t.columns {
		if strings.EqualFold(c.name, name) {
			return i
		}
	}
	return -1
}

// unnumbered returns the columns of an INSERT that leaves IDENTITY to SQL
// Server, or nil where the table has none.
func (t *table) unnumbered() []int {
	var places []int
	for i, c := range t.columns {
		if !c.identity {
			places = append(places, i)
		}
	}
	if len(places) == len(t.columns) {
		return nil
	}
	return places
}

// catalog is the tables of a dump in its order. Names are compared without
// case, because dumps made on Windows mix both. A name without schema means the
// first table of that name.
type catalog struct {
	tables []*table
	byKey  map[string][]*table
	length int64  // of the dump, up to where it can be read
	cut    error  // why the dump could not be read to its end, nil if it could
	loss   string // what is missing for that reason, or may be

	lastLine int64 // where the dump ends
}

// altered reports whether the dump was compressed and has other bytes than were
// written, not only too few.
func (c *catalog) altered() bool {
	return errors.Is(c.cut, extract.ErrDamaged) && !errors.Is(c.cut, io.ErrUnexpectedEOF)
}

// find returns the table of the name, or nil.
func (c *catalog) find(id ident) *table {
	var loose *table
	for _, t := range c.byKey[id.key] {
		if strings.EqualFold(t.id.schema, id.schema) {
			return t
		}
		if loose == nil && (t.id.schema == "" || id.schema == "") {
			loose = t
		}
	}
	return loose
}

// named returns the table that is shown by the name, or nil.
func (c *catalog) named(name string) *table {
	for _, t := range c.tables {
		if t.schema.Table == name {
			return t
		}
	}
	return nil
}

// surveyor gathers the catalog of a dump.
type surveyor struct {
	*catalog
	source string
	lexer  *lexer
}

// survey finds all tables and their columns, once. Where the dump is cut short
// the tables before the cut are known.
func (s *Source) survey(ctx context.Context) (*catalog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.catalog != nil {
		return s.catalog, nil
	}
	l, closer, err := s.lexer()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	f := &surveyor{catalog: &catalog{byKey: map[string][]*table{}}, source: s.in.Name, lexer: l}
	err = l.walk(ctx, visitor{create: f.create, insert: f.insert, trouble: f.trouble})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && len(f.tables) == 0:
		return nil, err
	case err != nil:
		// A cut dump is worth reading: what comes before the cut is whole. Read
		// says so.
		f.cut = err
		f.loss = fmt.Sprintf("the dump is cut short at line %d: rows behind it are missing; export it again", l.line)
	case s.unfinished(l):
		f.loss = fmt.Sprintf("the dump ends at line %d without the words %q its tool closes with; see whether it was copied whole", l.line, s.dialect.closing)
	}
	f.length, f.lastLine = l.here().offset, l.line
	f.finish()
	s.catalog = f.catalog
	return s.catalog, nil
}

// unfinished reports whether the tool that opened the dump did not close it. l
// stands at the end.
func (s *Source) unfinished(l *lexer) bool {
	return s.dialect.opened(s.head) && !bytes.Contains(l.buf, []byte(s.dialect.closing))
}

// finish names the tables, with their schema where several have a table of that
// name.
func (f *surveyor) finish() {
	shown := map[string]int{}
	for _, t := range f.tables {
		shown[t.id.name]++
	}
	for _, t := range f.tables {
		if shown[t.id.name] > 1 && t.id.schema != "" {
			t.schema.Table = t.id.schema + "." + t.id.name
		}
		t.own = t.unnumbered()
		for _, c := range t.columns {
			t.schema.Columns = append(t.schema.Columns, strings.TrimSpace(c.name))
		}
	}
}

// table returns the table of the name, a new one if need be; nil where it is
// none of the user's.
func (f *surveyor) table(id ident) *table {
	hidden := f.lexer.dialect.hidden
	if hidden != "" && strings.HasPrefix(id.key, hidden) || id.name == "" || f.lexer.has(batches) && strings.ContainsAny(id.name[:1], "#@") {
		return nil
	}
	t := f.find(id)
	if t == nil {
		t = &table{id: id, schema: &extract.Schema{Source: f.source, Table: id.name, Line: f.lexer.line}}
		f.byKey[id.key] = append(f.byKey[id.key], t)
		f.tables = append(f.tables, t)
	}
	// The first statement that names the schema tells it for those before.
	if t.id.schema == "" {
		t.id.schema = id.schema
	}
	return t
}

// filled notes that the statement at hand puts rows into the table, so that
// Read begins at the first such statement and ends behind the last.
func (f *surveyor) filled(t *table) {
	if t.first.line == 0 {
		t.first = f.lexer.statement
	}
	t.last = f.lexer.statement.offset
}

func (f *surveyor) trouble(id ident, _ int64, _ string) {
	if t := f.find(id); t != nil {
		f.filled(t)
	}
}

// create takes the columns of a CREATE TABLE, those of its parents first.
func (f *surveyor) create(id ident, d definition) {
	t := f.table(id)
	if t == nil {
		return
	}
	t.columns, t.created = nil, len(d.columns)+len(d.parents) > 0
	for _, parent := range d.parents {
		p := f.find(parent)
		if p == nil { // the parent is in another dump; the column lists will tell
			t.created = false
			continue
		}
		t.add(p.columns)
	}
	t.add(d.columns)
}

// add appends the columns that the table does not have yet.
func (t *table) add(columns []column) {
	for _, c := range columns {
		if t.column(c.name) < 0 {
			t.columns = append(t.columns, c)
		}
	}
}

// insert learns the columns of a table that has no CREATE TABLE: those of all
// its column lists, or numbers.
func (f *surveyor) insert(id ident, list []string, form form) (bool, error) {
	t := f.table(id)
	if t == nil {
		return false, nil
	}
	f.filled(t)
	if t.created || len(list) > 0 && t.seen == &list[0] {
		return false, nil
	}
	if len(list) > 0 {
		t.seen = &list[0]
	}
	for _, name := range list {
		t.add([]column{{name: name}})
	}
	if list != nil || len(t.columns) > 0 {
		return false, nil
	}
	// Neither CREATE TABLE nor a list: the first row tells how many there are.
	n, err := f.lexer.countRow(form)
	t.columns = numbered(n)
	return true, err
}

// countRow counts the values of the row that comes next, and moves behind it;
// behind all of a COPY.
func (l *lexer) countRow(f form) (int, error) {
	switch f {
	case lines:
		return l.countLine()
	case selects:
		values, _, err := l.selection(nil, nil)
		return len(values), ignore(err, errExpression)
	}
	return l.countTuple()
}

// ignore returns err unless it is the one that does not matter.
func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}

// chosen returns the schemas of the tables, or of the one that is asked for.
func (c *catalog) chosen(name string) []*extract.Schema {
	schemas := make([]*extract.Schema, 0, len(c.tables))
	for _, t := range c.tables {
		schemas = append(schemas, t.schema)
	}
	return slices.DeleteFunc(schemas, func(s *extract.Schema) bool {
		return name != "" && !strings.EqualFold(name, s.Table)
	})
}
