package sqldump

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Count implements extract.Counter: a dump may have two hundred tables, and
// where it is compressed each Read has to decompress all that stands before its
// table.
func (s *Source) Count(ctx context.Context, names []string) (map[string]int64, error) {
	found, err := s.survey(ctx)
	if err != nil {
		return nil, err
	}
	c := &counter{catalog: found, counts: map[*table]*int64{}}
	first, last := place{}, int64(-1)
	for _, name := range names {
		t := found.named(name)
		if t == nil || t.first.line == 0 {
			continue
		}
		c.counts[t] = new(int64)
		if last = max(last, t.last); first.line == 0 || t.first.offset < first.offset {
			first = t.first
		}
	}
	if last >= 0 {
		var closer io.Closer
		if c.lexer, closer, err = s.lexerAt(ctx, first); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.in.Name, err)
		}
		defer func() { _ = closer.Close() }()
		err = c.lexer.walk(ctx, visitor{until: last, create: func(ident, definition) {}, insert: c.insert, trouble: func(ident, int64, string) {}})
	}
	counts := map[string]int64{}
	for t, n := range c.counts {
		counts[t.schema.Table] = *n
	}
	if err != nil {
		err = fmt.Errorf("read %s: %w", s.in.Name, err)
	}
	return counts, err
}

// counter counts rows as rows reads them, without keeping their values.
type counter struct {
	lexer   *lexer
	catalog *catalog
	counts  map[*table]*int64
	values  []literal
	arena   []byte
}

func (c *counter) insert(id ident, _ []string, f form) (bool, error) {
	n := c.counts[c.catalog.find(id)]
	if n == nil {
		return false, nil
	}
	switch f {
	case lines:
		return true, c.copied(n)
	case selects:
		return true, c.selected(n)
	}
	return true, c.tuples(n)
}

func (c *counter) tuples(n *int64) error {
	for {
		b, err := c.lexer.space()
		if err != nil || b != '(' {
			return err
		}
		if _, err = c.lexer.countTuple(); err != nil {
			return err
		}
		*n++
		if b, err = c.lexer.space(); err != nil || b != ',' {
			return err
		}
		c.lexer.pos++
	}
}

func (c *counter) copied(n *int64) error {
	for {
		_, more, err := c.lexer.copyLine()
		if err != nil || !more {
			return err
		}
		*n++
	}
}

func (c *counter) selected(n *int64) error {
	for more := true; more; {
		var err error
		c.values, c.arena, err = c.lexer.selection(c.values[:0], c.arena[:0])
		if errors.Is(err, errExpression) {
			return nil
		}
		if err != nil {
			return err
		}
		*n++
		if more, err = c.lexer.union(); err != nil {
			return err
		}
	}
	return nil
}
