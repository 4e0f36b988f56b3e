package ccda

import (
	"fmt"
	"slices"
)

// catalog is what is known of all documents: a folder holds thousands of them,
// and the tables of each are the same.
type catalog struct {
	tables  []catalogTable // in the order of a document
	headers []compiledHeader
	parties []party
}

// catalogTable is a table that documents have.
type catalogTable struct {
	name    string
	names   []string // of all columns, the keys first
	columns []compiled
	header  bool
	entries bool // its rows are statements, which have what paths find in them, too
}

func newCatalog() (*catalog, error) {
	headers, err := compileHeaders(headerTables())
	if err != nil {
		return nil, err
	}
	c := &catalog{headers: headers, parties: parties()}
	inHeader := map[string]bool{}
	for _, s := range headerShapes() {
		inHeader[s.name] = true
	}
	for _, s := range shapes() {
		t := catalogTable{name: s.name, names: slices.Clone(s.keys), header: inHeader[s.name], entries: len(s.keys) == len(statementKeys())}
		for _, one := range s.columns {
			read, err := compile(one)
			if err != nil {
				return nil, fmt.Errorf("table %q: %w", s.name, err)
			}
			t.names, t.columns = append(t.names, one.name), append(t.columns, read)
		}
		c.tables = append(c.tables, t)
	}
	return c, nil
}
