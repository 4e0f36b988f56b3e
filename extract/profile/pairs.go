package profile

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"
)

// The bounds of the search for joins of two columns, which reads the tables
// concerned once more.
const (
	mostPairJoins = 16
	mostPairKept  = 1 << 17 // hashes kept of the pairs of a table
)

// side is two columns of a table whose values together are compared.
type side struct {
	table   int
	columns [2]int
	set     valueSet
}

// candidate is a table that may refer to another's key of two columns.
type candidate struct{ child, parent side }

// pairCandidates finds, for keys of two columns, tables that have columns of
// the same names and values. It needs the columns' sets.
func pairCandidates(tables []*Table) []*candidate {
	var list []*candidate
	for p, parent := range tables {
		for _, k := range parent.Keys {
			if len(k.Columns) != 2 || k.Exceptions > 0 {
				continue
			}
			for c, child := range tables {
				if at, ok := matching(child, parent, k); ok && c != p && len(list) < mostPairJoins {
					list = append(list, &candidate{side{table: c, columns: at}, side{table: p, columns: [2]int{parent.at(k.Columns[0]), parent.at(k.Columns[1])}}})
				}
			}
		}
	}
	return list
}

// at returns the place of a column.
func (t *Table) at(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// matching finds the columns of child that are called like those of the key and
// whose values occur there.
func matching(child, parent *Table, k Key) (at [2]int, ok bool) {
	for i, name := range k.Columns {
		p := parent.Columns[parent.at(name)]
		at[i] = -1
		for j, c := range child.Columns {
			if strings.EqualFold(c.Name, name) && len(c.set.values) > 0 && c.set.within(p.set).share() >= namedContained {
				at[i] = j
			}
		}
		if at[i] < 0 {
			return at, false
		}
	}
	return at, true
}

// relatePairs reads the tables of the candidates once more and notes the joins
// that hold.
func relatePairs(ctx context.Context, jobs []Job, tables []*Table, list []*candidate) error {
	sides := map[int][]*side{}
	for _, c := range list {
		for _, s := range []*side{&c.child, &c.parent} {
			sides[s.table] = append(sides[s.table], s)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mostTables)
	for at, wanted := range sides {
		group.Go(func() error { return readPairs(ctx, jobs[at], wanted) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, c := range list {
		o := c.child.set.within(c.parent.set)
		if o.share() < leastContained || o.found < leastTelling {
			continue
		}
		child, parent := tables[c.child.table], tables[c.parent.table]
		child.PairJoins = append(child.PairJoins, PairJoin{
			Columns: child.names(c.child.columns), ToSource: parent.Source, ToTable: parent.Table, ToColumns: parent.names(c.parent.columns),
			Contained: round3(o.share()), Used: round3(c.parent.set.within(c.child.set).share()), Orphans: o.orphans, Estimated: !o.exact,
		})
	}
	return nil
}

// names returns what the columns are called.
func (t *Table) names(at [2]int) []string {
	return []string{t.Columns[at[0]].Name, t.Columns[at[1]].Name}
}

// readPairs fills the sets of a table's sides in one pass. Where the table
// cannot be read to its end, what was read before counts, as it does for the
// columns.
func readPairs(ctx context.Context, job Job, wanted []*side) error {
	sets := make([]sample, len(wanted))
	for i := range sets {
		sets[i] = newSample(mostPairKept)
	}
	for batch, err := range job.Source.Read(ctx, job.Schema.Table, nil) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			break
		}
		for i := range batch.Records {
			r := &batch.Records[i]
			for n, s := range wanted {
				if a, b := s.columns[0], s.columns[1]; r.Fault == nil && a < len(r.Values) && b < len(r.Values) {
					sets[n].pair(r.Values[a].Text, r.Values[b].Text)
				}
			}
		}
	}
	for n, s := range wanted {
		var values []counted
		for i, h := range sets[n].slots {
			if h != 0 {
				values = append(values, counted{h, int64(sets[n].count(i))})
			}
		}
		s.set = newValueSet(sets[n].shift, values)
	}
	return nil
}

// pair counts two values that are there, without the white space at their ends.
func (s *sample) pair(a, b string) {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if a != "" && b != "" {
		s.add(join(hash(a), hash(b)), 1)
	}
}
