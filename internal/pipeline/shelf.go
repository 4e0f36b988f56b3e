package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/shards"
	"chartlift/mappings"
	"chartlift/transform"
)

// Shelf holds what other processes converted, for the run that puts it
// together. Its tables go through the run as all others do, but for reading,
// mapping and validating, which was done.
type Shelf struct {
	maps   []*mappings.Map
	tables map[*mappings.Source][][]stored // by the table's inputs
	open   []*shards.Result
	free   chan *transform.Piece // memory of batches whose resources were sent
	spare  sync.Pool             // *[]extract.Record of such batches
}

// sparePieces is how many batches' memory may wait to be filled again.
const sparePieces = 16

// stored is a part in a result.
type stored struct {
	result *shards.Result
	part   int
	of     shards.Part
}

// shelved is a batch of a part, not yet decoded.
type shelved shards.Batch

// OpenShelf opens the results of all shards of the plan in the folder for these
// tables. The caller closes it.
func OpenShelf(dir string, plan *shards.Plan, prog *mappings.Program, tables []*Table) (*Shelf, error) {
	s := &Shelf{maps: prog.Maps, tables: map[*mappings.Source][][]stored{}, free: make(chan *transform.Piece, sparePieces)}
	for n := range len(plan.Shards) + 1 {
		result, err := plan.Open(dir, n)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.open = append(s.open, result)
		parts := plan.Made
		if n > 0 {
			parts = plan.Shards[n-1].Parts
		}
		for i, p := range parts {
			if err := s.add(tables, stored{result, i, p}); err != nil {
				return nil, errors.Join(err, s.Close())
			}
		}
	}
	for _, inputs := range s.tables {
		for i := range inputs {
			if err := follow(inputs[i]); err != nil {
				return nil, errors.Join(err, s.Close())
			}
		}
	}
	return s, nil
}

func (s *Shelf) add(tables []*Table, p stored) error {
	at := slices.IndexFunc(tables, func(t *Table) bool { return t.Source.Name == p.of.Table })
	if at < 0 || p.of.Input < 0 || p.of.Input >= len(tables[at].Inputs) || !slices.Equal(tables[at].Inputs[p.of.Input].Schema.Columns, p.of.Columns) {
		return fmt.Errorf("table %s is not what the plan says: plan again", p.of.Table)
	}
	source := tables[at].Source
	if s.tables[source] == nil {
		s.tables[source] = make([][]stored, len(tables[at].Inputs))
	}
	s.tables[source][p.of.Input] = append(s.tables[source][p.of.Input], p)
	return nil
}

// follow puts the parts of an input in order, and makes sure that they are all
// of it.
func follow(parts []stored) error {
	if len(parts) == 0 {
		return errors.New("the plan leaves out a file of a table: plan again")
	}
	slices.SortFunc(parts, func(a, b stored) int {
		if a.of.Range == nil || b.of.Range == nil {
			return 0
		}
		return cmp.Compare(a.of.Range.From, b.of.Range.From)
	})
	from, row := int64(0), int64(1)
	for i, p := range parts {
		if p.of.Range == nil && len(parts) == 1 {
			return nil
		}
		if p.of.Range == nil || p.of.Range.From != from || p.of.Range.Row != row || p.of.Range.Last != (i == len(parts)-1) {
			return fmt.Errorf("the parts of %s do not follow each other: plan again", p.of.Path)
		}
		from, row = p.of.Range.To, row+p.of.Range.Rows
	}
	return nil
}

// holds reports whether all of the table was converted elsewhere.
func (s *Shelf) holds(t *Table) bool { return s != nil && s.tables[t.Source] != nil }

// Close closes the results.
func (s *Shelf) Close() error {
	if s == nil {
		return nil
	}
	var all error
	for _, r := range s.open {
		all = errors.Join(all, r.Close())
	}
	return all
}

// readShelf is the first pass over a table that was converted elsewhere.
func (t *table) readShelf(ctx context.Context, put put) error {
	row := int64(1)
	for n, in := range t.def.Inputs {
		in.start.Store(row) // before any row comes, as it may name one of a later file
		for _, p := range t.Shelf.tables[t.def.Source][n] {
			row += p.result.Count(p.part)
		}
	}
	for n, in := range t.def.Inputs {
		for _, p := range t.Shelf.tables[t.def.Source][n] {
			if err := t.readStored(ctx, in, p, put); err != nil {
				return err
			}
		}
	}
	t.counted(t.def, row-1)
	return nil
}

func (t *table) readStored(ctx context.Context, in *Input, p stored, put put) error {
	told, err := p.result.Rows(p.part, t.Shelf.memory, func(b shards.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return put(work{in: in, shelved: (*shelved)(&b)})
	})
	if err != nil {
		return err
	}
	if err := t.tell(in, told.Issues); err != nil {
		return err
	}
	for _, u := range told.Rules {
		t.told.RuleUse(u.Name, u.Detail, u.N)
	}
	for _, u := range told.Crosswalks {
		t.told.CrosswalkUse(u.Name, u.Detail, u.N)
	}
	for _, u := range told.Unmapped {
		t.told.UnmappedCode(u.Crosswalk, u.System, u.Code, u.Display, u.N)
	}
	for _, f := range told.Fields {
		t.told.FieldUse(f.Field, f.FieldCounts)
	}
	for _, s := range told.Support {
		t.told.MustSupport(s.Profile, s.Element, s.There, s.Of)
	}
	return nil
}

// memory returns memory that was used, if there is any.
func (s *Shelf) memory() []byte {
	select {
	case p := <-s.free:
		return p.Mem()
	default:
		return nil
	}
}

// shelfIssues tells kinds of issues of an input apart.
type shelfIssues struct {
	in *Input
	issue.Alike
	severity issue.Severity
}

// tell reports the issues of a part. When as many of a kind were told as the
// run database keeps, the others are only counted: nothing of them is decoded.
func (t *table) tell(in *Input, all []shards.Issues) error {
	if t.kept == nil {
		t.kept = map[shelfIssues]int{}
	}
	for _, g := range all {
		of := shelfIssues{in, g.Like.Alike(), g.Like.Severity}
		var kept []issue.Issue
		if t.kept[of] < shards.MostIssues {
			var err error
			if kept, err = g.Kept(); err != nil {
				return err
			}
		}
		for _, i := range kept {
			t.report(in, i)
		}
		t.kept[of] += len(kept)
		if more := g.N - int64(len(kept)); more > 0 {
			t.tally.issues(g.Like, more)
			t.Recorder.MoreIssues(in.ID, g.Like, more)
		}
	}
	return nil
}

// unshelve reads back what another process made of a batch. What needs to see
// resources of other parts sees them here.
func (m *mapper) unshelve(w work, old leftover) (product, error) {
	m.in = w.in
	d := decoder{maps: m.t.Shelf.maps, in: w.in, rows: string(w.shelved.Rows), resources: w.shelved.Resources, old: old}
	d.records, _ = m.t.Shelf.spare.Get().(*[]extract.Record)
	mem := w.shelved.Mem
	w.shelved = nil
	p, err := d.product(w)
	if err != nil {
		return p, err
	}
	p.batch.Spent = func() { m.t.Shelf.spare.Put(&p.batch.Records) }
	piece := transform.NewPiece(mem, len(p.built), m.t.Shelf.free)
	for i := range p.built {
		p.built[i].Piece = piece
	}
	for i := range p.rows {
		m.origin = p.batch.Records[i].Origin
		if !m.weighMarked(&p.rows[i]) {
			return p, fmt.Errorf("%s: %w", m.origin, shards.ErrBroken)
		}
	}
	p.said = m.said
	return p, nil
}

// weighMarked looks for what is right but hardly true in what a row made
// elsewhere.
func (m *mapper) weighMarked(o *outcome) bool {
	marks := o.marks
	o.marks = ""
	if m.likely == nil {
		return true
	}
	ok := true
	for _, b := range o.built {
		if marks == "" {
			m.likely.Check(b.Resource, m.origin)
		} else if marks, ok = m.likely.CheckMarked(b.Resource, marks, m.origin); !ok {
			return false
		}
	}
	return true
}
