package cmd

import (
	"context"
	"errors"
	"fmt"

	"chartlift/transform/batches"
	"chartlift/transform/dedupe"
)

// matched is a table whose records were linked.
type matched struct {
	fields *dedupe.Fields
	result *dedupe.Result
	index  *batches.Index  // nil where there is none
	linked *batches.Linked // likewise
}

// close lets go of the index.
func (m *matched) close() error {
	if m.index == nil {
		return nil
	}
	return m.index.Close()
}

// batch reports whether a record is one of the table that was given, and none
// of an earlier batch.
func (m *matched) batch(id string) bool { return m.linked == nil || m.linked.Batch(id) }

// match reads the table and links its records. The caller closes what it
// returns.
func (s *settings) match(ctx context.Context, f *dedupeFlags) (*matched, error) {
	f.home = s.project
	o, fields, err := f.options(ctx)
	if err != nil {
		return nil, err
	}
	m := &matched{fields: fields}
	if err := m.match(ctx, s, f, o); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *matched) match(ctx context.Context, s *settings, f *dedupeFlags, o dedupe.Options) error {
	if f.index != "" {
		if err := m.open(ctx, f); err != nil {
			return err
		}
	}
	decided, err := s.projectDecisions(ctx, f)
	if err != nil {
		return err
	}
	o.Decisions = append(decided, o.Decisions...) // the file's hold before the project's
	l, err := dedupe.New(o)
	if err != nil {
		return usage("%w", err)
	}
	add, b := l.Add, (*batches.Batch)(nil)
	if m.index != nil {
		b = m.index.Batch()
		add = b.Add
	}
	faulty, err := s.readRecords(ctx, f, m.fields, add)
	switch {
	case err != nil:
		return err
	case b == nil:
		m.result, err = l.Link(ctx)
	default:
		if m.linked, err = b.Link(ctx, o); err == nil {
			m.result = m.linked.Result
		}
	}
	if err != nil {
		return fmt.Errorf("dedupe %s: %w", f.file, err)
	}
	m.result.Issues = append(m.result.Issues, faulty...)
	return nil
}

// open opens the index, whose name the records bear from then on.
func (m *matched) open(ctx context.Context, f *dedupeFlags) (err error) {
	m.index, err = batches.Open(ctx, f.index, batches.Options{Fields: m.fields.List, Name: f.set()})
	switch {
	case errors.Is(err, batches.ErrDamaged), errors.Is(err, batches.ErrNewer), errors.Is(err, batches.ErrBusy):
		return &exitError{code: exitFailed, stable: "bad-index", err: err}
	case errors.Is(err, batches.ErrOtherFields):
		return refuse("bad-index", "%w", err)
	case err != nil:
		return err
	}
	if f.name == "" {
		f.name = m.index.Name()
	}
	return nil
}
