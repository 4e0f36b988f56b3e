package hl7v2

import (
	"slices"
	"sync"
)

// layout is the columns of a table, with the places of those behind the keys.
type layout struct {
	columns []string
	parts   []part // in the order of the segment, with their columns
}

// layOut makes a layout of places that come after the keys.
func layOut(keys []string, parts []part, name func(part) string) layout {
	l := layout{columns: slices.Grow(keys, len(parts)), parts: parts}
	for i := range parts {
		parts[i].column = len(l.columns)
		l.columns = append(l.columns, name(parts[i]))
	}
	l.columns = slices.Clip(l.columns)
	return l
}

// layouts keeps those that were asked for: a feed may be thousands of files of
// a message each, and all have the columns that the mapping wants. It is safe
// for concurrent use.
type layouts struct {
	mu   sync.Mutex
	made map[wish]layout
}

// wish is a table with the list of columns that is asked for. Lists are told
// apart by where they stand: one that is equal and stands elsewhere is laid out
// once more.
type wish struct {
	table string
	first *string
	n     int
}

// of returns the layout of a table with the columns asked for, which nobody
// changes any more; of all that occur where none are.
func (l *layouts) of(table string, asked []string, lay func() layout) layout {
	if len(asked) == 0 {
		return lay()
	}
	w := wish{table, &asked[0], len(asked)}
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.made[w]
	if !ok {
		known = lay()
		l.made[w] = known
	}
	return known
}
