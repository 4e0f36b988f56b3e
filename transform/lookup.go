package transform

import (
	"errors"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"chartlift/internal/issue"
	"chartlift/internal/prints"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// lookupTable holds the rows of a source that lookups by the same columns look
// for. It keeps the columns that the mapping uses: in memory with the
// fingerprints of their keys, or on the disk, sorted by key, where there are
// too many.
type lookupTable struct {
	on    []int  // columns of the key, among those that are used
	lines *pages // of the source: its tables share them
	rows  []lookupRow
	index prints.Table[chain] // by fingerprint of the key

	aside runs     // rows that did not stay in memory while the table was being filled
	gone  int64    // how many these are
	shelf *catalog // all rows, when they are sorted; nil: they are in memory
}

// lookupRow is a row in memory.
type lookupRow struct {
	address
	next int32 // the next one with its fingerprint; -1: none
}

// chain is the rows of one fingerprint.
type chain struct{ first, last int32 }

// What a row, and a fingerprint, take in memory beside the row's line; see
// prints.Table.
const (
	rowBytes   = 12
	printBytes = 20
)

// lookupTables makes a table for each source and set of columns by which
// lookups of prog look there. Many maps look up the same.
func lookupTables(prog *mappings.Program) map[*mappings.Lookup]*lookupTable {
	type place struct {
		in *mappings.Source
		on string
	}
	tables, shared, lines := map[*mappings.Lookup]*lookupTable{}, map[place]*lookupTable{}, map[*mappings.Source]*pages{}
	for _, m := range prog.Maps {
		for _, l := range m.Lookups {
			if lines[l.In] == nil {
				lines[l.In] = &pages{}
			}
			t := &lookupTable{lines: lines[l.In], aside: runs{spill: spill{name: "lookups"}}}
			var on []string
			for _, o := range l.On {
				on, t.on = append(on, o.Column), append(t.on, l.In.UseIndex(o.Column))
			}
			at := place{l.In, strings.Join(on, "\x00")}
			if shared[at] == nil {
				shared[at] = t
			}
			tables[l] = shared[at]
		}
	}
	return tables
}

// add takes a row under its key.
func (t *lookupTable) add(key []byte, row address) {
	at := int32(len(t.rows))
	t.rows = append(t.rows, lookupRow{row, -1})
	if len(t.aside.ends) > 0 { // nobody will look for it here
		return
	}
	rows, known := t.index.Place(xxh3.Hash(key))
	if known {
		t.rows[rows.last].next = at
		rows.last = at
	} else {
		*rows = chain{at, at}
	}
}

// bytes returns about how much memory the table takes beside the lines.
func (t *lookupTable) bytes() int { return rowBytes*len(t.rows) + printBytes*t.index.Len() }

// sortAtOnce is how many rows are one run: their keys stand beside the rows
// while they are sorted.
const sortAtOnce = 1 << 16

// putAside puts all rows aside that are in memory.
func (t *lookupTable) putAside() error {
	t.index = prints.Table[chain]{}
	var list []entry
	var keys []byte
	for rows := range slices.Chunk(t.rows, sortAtOnce) {
		list, keys = list[:0], keys[:0]
		for i := range rows {
			row, from := t.lines.line(rows[i].address), len(keys)
			for _, at := range t.on {
				keys = appendKey(keys, row.cell(at))
			}
			list = append(list, entry{keys[from:len(keys):len(keys)], t.gone, t.lines.text(rows[i].address)})
			t.gone++
		}
		if err := t.aside.add(list); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

// shelve sorts all rows to the disk.
func (t *lookupTable) shelve() error {
	if err := t.putAside(); err != nil {
		return err
	}
	m, err := t.aside.merge(nil)
	if err != nil {
		return err
	}
	if t.shelf, err = newCatalog(t.aside.dir, m); err != nil {
		return err
	}
	return t.aside.Close()
}

func (t *lookupTable) close() error {
	err := t.aside.Close()
	if t.shelf != nil {
		err = errors.Join(err, t.shelf.Close())
	}
	return err
}

// find appends the rows in memory with these values in the columns of the key,
// in their order. Fingerprints may be the same where keys are not.
func (t *lookupTable) find(key []byte, values []clean.Value, found []line) []line {
	rows, known := t.index.Get(xxh3.Hash(key))
	if !known {
		return found
	}
	for at := rows.first; at >= 0; at = t.rows[at].next {
		row := t.lines.line(t.rows[at].address)
		if t.has(row, values) {
			found = append(found, row)
		}
	}
	return found
}

// has reports whether the row has the values in the columns of the key.
func (t *lookupTable) has(row line, values []clean.Value) bool {
	for i, at := range t.on {
		if row.cell(at) != values[i] {
			return false
		}
	}
	return true
}

// find points the cursors of the map's lookups at the rows that match.
func (w *Worker) find(m *boundMap) {
	for i := range m.lookups {
		l := &m.lookups[i]
		rows := w.cursors[l.slot].rows[:0]
		w.cursors[l.slot] = cursor{}
		if !w.sought(l) {
			continue // empty keys never match
		}
		if rows = w.rowsOf(l.table, rows); len(rows) > 1 && !l.many {
			w.warn(issue.Issue{
				Code: "lookup-many", Type: "multiple-matches", Rule: m.def.Name + ".lookup." + l.def.Alias,
				Message: "several rows of " + l.def.In.Name + " match, and which one is meant is not known: the lookup gives nothing here; write many: true and each, or narrow the condition",
			})
			rows = rows[:0]
		}
		w.cursors[l.slot].rows = rows
	}
}

// sought evaluates the key of a lookup, and reports whether it is complete.
func (w *Worker) sought(l *boundLookup) bool {
	w.soughtKey, w.soughtValues = w.soughtKey[:0], w.soughtValues[:0]
	complete := true
	for _, k := range l.keys {
		v := k.eval(w)
		complete = complete && v.Set
		w.soughtKey, w.soughtValues = appendKey(w.soughtKey, v), append(w.soughtValues, v)
	}
	return complete
}

// rowsOf appends the rows of a table that were sought to found, which is empty.
func (w *Worker) rowsOf(t *lookupTable, found []line) []line {
	if t.shelf == nil {
		return t.find(w.soughtKey, w.soughtValues, found)
	}
	if w.catalogs[t] == nil {
		if w.catalogs == nil {
			w.catalogs = map[*lookupTable]*catalogReader{}
		}
		w.catalogs[t] = &catalogReader{catalog: t.shelf}
	}
	found, err := w.catalogs[t].find(w.soughtKey, found)
	if err != nil && w.unread == nil {
		w.unread = err
	}
	// Damaged texts can make the same key of other values.
	return slices.DeleteFunc(found, func(row line) bool { return !t.has(row, w.soughtValues) })
}

// Err returns why rows that were put aside could not be read back. What the
// worker made since is not to be used.
func (w *Worker) Err() error { return w.unread }
