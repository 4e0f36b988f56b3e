package batches

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartlift/transform/dedupe"
)

// Batch is the records of one delivery.
type Batch struct {
	x      *Index
	ids    []string
	values map[string][]string
}

// Batch begins a delivery.
func (x *Index) Batch() *Batch { return &Batch{x: x, values: map[string][]string{}} }

// Add takes a record as [dedupe.Linker.Add] does. An id of an earlier batch
// stands for the same record: its values are replaced.
func (b *Batch) Add(id string, values []string) error {
	if _, twice := b.values[id]; twice || id == "" {
		return &dedupe.IDError{Row: int64(len(b.ids) + 1), Twice: twice}
	}
	kept := make([]string, len(values))
	for i, v := range values {
		kept[i] = strings.Clone(v)
	}
	b.ids, b.values[strings.Clone(id)] = append(b.ids, strings.Clone(id)), kept
	return nil
}

// Linked is what matching a batch against the index came to. Nothing is kept
// before Commit.
type Linked struct {
	*dedupe.Result        // of the batch, and of the earlier records that were looked at
	Earlier        int    // records of the index that were looked at
	Again          int    // records of the batch that the index knew already
	NotReached     int64  // earlier records that share a key with a new one and were not looked at, because too many share it
	Moved          []Move // earlier records whose cluster is another now, sorted by id

	batch    *Batch
	earlier  map[string]past
	clusters map[string]string // by record
}

// Move is a record of an earlier batch that is in another cluster now.
type Move struct{ ID, From, To string }

// ClusterOf returns the cluster of a record of the batch, or of one that was
// looked at.
func (l *Linked) ClusterOf(id string) string { return l.clusters[id] }

// Batch reports whether a record is of this batch.
func (l *Linked) Batch(id string) bool { _, ok := l.batch.values[id]; return ok }

// IDs are those of the batch, in its order.
func (l *Linked) IDs() []string { return l.batch.ids }

// Values returns the values of a record of the batch, or of one that was looked
// at, as they were added.
func (l *Linked) Values(id string) []string {
	if values, ok := l.batch.values[id]; ok {
		return values
	}
	return l.earlier[id].values
}

// Link matches the batch against itself and the index. Of the options, Fields,
// Known and Model are the index's: weights are learned as long as the index is
// small, and then kept.
func (b *Batch) Link(ctx context.Context, o dedupe.Options) (*Linked, error) {
	out, err := b.link(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("match against index: %w", told(err))
	}
	return out, nil
}

func (b *Batch) link(ctx context.Context, o dedupe.Options) (*Linked, error) {
	o.Fields, o.Model = b.x.o.Fields, nil
	n, err := b.x.Records(ctx)
	if err != nil {
		return nil, err
	}
	own, err := linker(o, b.ids, b.values)
	if err != nil {
		return nil, err
	}
	out := &Linked{batch: b, earlier: map[string]past{}}
	if n > 0 {
		if err := b.candidates(ctx, own, out, o.Decisions); err != nil {
			return nil, err
		}
	}
	if err := b.store(ctx, own, o); err != nil {
		return nil, err
	}
	if n >= b.x.o.Whole {
		o.Model = b.x.model
		if o.Known, err = b.x.known(ctx); err != nil {
			return nil, err
		}
	}
	if out.Result, err = b.compare(ctx, own, out.earlier, o); err != nil {
		return nil, err
	}
	if o.Model == nil {
		b.x.model = out.Model
	}
	return out, out.carry(ctx)
}

// compare links the batch with the earlier records that were brought back.
func (b *Batch) compare(ctx context.Context, own *dedupe.Linker, earlier map[string]past, o dedupe.Options) (*dedupe.Result, error) {
	if len(earlier) == 0 && o.Known == nil {
		return own.Link(ctx)
	}
	ids, values := slices.Clone(b.ids), maps.Clone(b.values)
	for _, id := range slices.Sorted(maps.Keys(earlier)) {
		if _, again := b.values[id]; !again {
			ids = append(ids, id)
			values[id] = earlier[id].values
		}
	}
	l, err := linker(o, ids, values)
	if err != nil {
		return nil, err
	}
	return l.Link(ctx)
}

// linker returns a linker with these records.
func linker(o dedupe.Options, ids []string, values map[string][]string) (*dedupe.Linker, error) {
	l, err := dedupe.New(o)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := l.Add(id, values[id]); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// past is a record of an earlier batch.
type past struct {
	values  []string
	cluster string
}

// mostInBlock is how many earlier records with one key are looked at.
const mostInBlock = 1000

// candidates brings back the earlier records that the batch must be compared
// with, and the clusters that they are in.
func (b *Batch) candidates(ctx context.Context, own *dedupe.Linker, out *Linked, decisions []dedupe.Decision) error {
	earlier := out.earlier
	n, err := b.x.Records(ctx)
	if err != nil {
		return err
	}
	if n < b.x.o.Whole {
		if err := b.x.records(ctx, earlier, "SELECT id, vals, cluster FROM record WHERE id IS NOT NULL"); err != nil {
			return err
		}
	} else if err := b.related(ctx, own, out, decisions); err != nil {
		return err
	}
	for id := range earlier {
		if _, again := b.values[id]; again {
			out.Again++
		}
	}
	out.Earlier = len(earlier) - out.Again
	return nil
}

// related brings back the earlier records that have to do with one of the
// batch: by a key, by a decision, by its id, or as one of a cluster with these.
func (b *Batch) related(ctx context.Context, own *dedupe.Linker, out *Linked, decisions []dedupe.Decision) error {
	if err := b.byKeys(ctx, own, out, out.earlier); err != nil {
		return err
	}
	ids := slices.Clone(b.ids) // what is delivered again keeps its cluster's id
	for _, d := range decisions {
		ids = append(ids, d.L, d.R)
	}
	for _, id := range ids {
		if err := b.x.records(ctx, out.earlier, "SELECT id, vals, cluster FROM record WHERE id = ?", id); err != nil {
			return err
		}
	}
	clusters := map[string]bool{}
	for _, p := range out.earlier {
		clusters[p.cluster] = true
	}
	for _, cluster := range slices.Sorted(maps.Keys(clusters)) {
		if err := b.x.records(ctx, out.earlier, "SELECT id, vals, cluster FROM record WHERE cluster = ? AND id IS NOT NULL", cluster); err != nil {
			return err
		}
	}
	return nil
}

// byKeys brings back the earlier records that share a key with one of the
// batch.
func (b *Batch) byKeys(ctx context.Context, own *dedupe.Linker, out *Linked, earlier map[string]past) error {
	query, err := b.x.tx.PrepareContext(ctx, `SELECT id, vals, cluster FROM block JOIN record USING (rec) WHERE key = ? AND id IS NOT NULL LIMIT ?`)
	if err != nil {
		return err
	}
	defer query.Close() //nolint:errcheck // it was only read
	return own.Keys(ctx, func(keys []dedupe.Keyed) error {
		for i, k := range keys {
			if i > 0 && keys[i-1].Key == k.Key {
				continue
			}
			found := map[string]past{}
			rows, err := query.QueryContext(ctx, int64(k.Key), mostInBlock+1)
			if err == nil {
				err = scanPast(rows, found)
			}
			if err != nil {
				return err
			}
			if len(found) > mostInBlock {
				var n int64
				if err := b.x.tx.QueryRowContext(ctx, "SELECT count(*) FROM block WHERE key = ?", int64(k.Key)).Scan(&n); err != nil {
					return err
				}
				out.NotReached += n
				continue
			}
			for id, p := range found {
				earlier[id] = p
			}
		}
		return nil
	})
}

func (x *Index) records(ctx context.Context, into map[string]past, query string, args ...any) error {
	rows, err := x.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return scanPast(rows, into)
}

func scanPast(rows *sql.Rows, into map[string]past) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, values, cluster string
		if err := rows.Scan(&id, &values, &cluster); err != nil {
			return err
		}
		into[id] = past{values: split(values), cluster: cluster}
	}
	return rows.Err()
}

// The values of a record are kept as one text, with the unit separator of ASCII
// between them: no export has it in a value.
const separator = "\x1f"

func joined(values []string) string {
	clean := make([]string, len(values))
	for i, v := range values {
		clean[i] = strings.ReplaceAll(v, separator, " ")
	}
	return strings.Join(clean, separator)
}

func split(text string) []string { return strings.Split(text, separator) }

// carry gives the clusters their earlier ids and finds who has moved.
func (l *Linked) carry(ctx context.Context) error {
	earlier := l.earlier
	before := map[string]string{}
	for id, p := range earlier {
		before[id] = p.cluster
	}
	together := map[string]bool{}
	for _, c := range l.Clusters {
		for _, m := range c.Members {
			together[m.ID] = true
		}
	}
	var alone []string
	for id := range l.Result.IDs() {
		if !together[id] {
			alone = append(alone, id)
		}
	}
	var err error
	l.clusters, err = dedupe.CarryOver(l.Clusters, alone, before, func(id string) (known bool, err error) {
		err = l.batch.x.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM record WHERE cluster = ?)", id).Scan(&known)
		return known, err
	})
	if err != nil {
		return err
	}
	for i := range l.Clusters {
		l.Clusters[i].ID = l.clusters[l.Clusters[i].Members[0].ID]
	}
	for id, p := range earlier {
		if now := l.clusters[id]; now != p.cluster {
			l.Moved = append(l.Moved, Move{ID: id, From: p.cluster, To: now})
		}
	}
	slices.SortFunc(l.Moved, func(a, b Move) int { return strings.Compare(a.ID, b.ID) })
	return nil
}
