package batches

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartlift/transform/dedupe"
)

// store writes the records of the batch, their keys and the counts of their
// values, inside the transaction that Commit ends. Clusters follow when they
// are known.
func (b *Batch) store(ctx context.Context, own *dedupe.Linker, o dedupe.Options) error {
	numbers, err := b.storeRecords(ctx)
	if err != nil {
		return err
	}
	if len(numbers) < len(b.ids) { // what came again as it was is not counted again
		if own, err = linker(o, slices.Sorted(maps.Keys(numbers)), b.values); err != nil {
			return err
		}
	}
	insert, err := b.x.tx.PrepareContext(ctx, "INSERT OR IGNORE INTO block VALUES (?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // the transaction tells
	err = own.Keys(ctx, func(keys []dedupe.Keyed) error {
		for _, k := range keys {
			if n := numbers[k.ID]; n != 0 {
				if _, err := insert.ExecContext(ctx, int64(k.Key), n); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.x.count(ctx, own)
}

// storeRecords writes the records that are new or changed and returns their
// numbers.
func (b *Batch) storeRecords(ctx context.Context) (numbers map[string]int64, err error) {
	var last int64
	if err := b.x.tx.QueryRowContext(ctx, "SELECT coalesce(max(rec), 0) FROM record").Scan(&last); err != nil {
		return nil, err
	}
	const known, replace, insert = "SELECT vals, cluster FROM record WHERE id = ?", "UPDATE record SET id = NULL, vals = '' WHERE id = ?", "INSERT INTO record VALUES (?, ?, ?, ?)"
	statements, err := b.x.prepare(ctx, known, replace, insert)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeAll(statements)) }()
	numbers = map[string]int64{}
	for _, id := range b.ids {
		var was, cluster string
		now := joined(b.values[id])
		switch err := statements[0].QueryRowContext(ctx, id).Scan(&was, &cluster); {
		case err == nil && was == now:
			continue
		case err == nil:
			if _, err := statements[1].ExecContext(ctx, id); err != nil {
				return nil, err
			}
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
		last++
		if _, err := statements[2].ExecContext(ctx, last, id, now, cluster); err != nil {
			return nil, err
		}
		numbers[id] = last
	}
	return numbers, nil
}

// prepare prepares statements, all or none.
func (x *Index) prepare(ctx context.Context, texts ...string) ([]*sql.Stmt, error) {
	var all []*sql.Stmt
	for _, text := range texts {
		s, err := x.tx.PrepareContext(ctx, text)
		if err != nil {
			return nil, errors.Join(err, closeAll(all))
		}
		all = append(all, s)
	}
	return all, nil
}

func closeAll(statements []*sql.Stmt) (err error) {
	for _, s := range statements {
		err = errors.Join(err, s.Close())
	}
	return err
}

// count adds the values of the batch to what is known of all.
func (x *Index) count(ctx context.Context, own *dedupe.Linker) error {
	add, err := x.tx.PrepareContext(ctx, "INSERT INTO frequency VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n")
	if err != nil {
		return err
	}
	defer add.Close() //nolint:errcheck // the transaction tells
	filled, err := x.filled()
	if err != nil {
		return err
	}
	here, err := own.Counts(func(name, value string, n int) error {
		_, err := add.ExecContext(ctx, name, value, n)
		return err
	})
	if err != nil {
		return err
	}
	for name, n := range here {
		filled[name] += n
	}
	text, err := json.Marshal(filled)
	x.facts["filled"] = string(text)
	return err
}

// known is what the index knows of all records, the batch included.
func (x *Index) known(ctx context.Context) (*dedupe.Known, error) {
	n, err := x.Records(ctx)
	if err != nil {
		return nil, err
	}
	filled, err := x.filled()
	if err != nil {
		return nil, err
	}
	return &dedupe.Known{Records: n, Filled: filled, Count: func(name, value string) (n int, err error) {
		err = x.tx.QueryRowContext(ctx, "SELECT n FROM frequency WHERE name = ? AND value = ?", name, value).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, nil
		}
		return n, err
	}}, nil
}

// Commit keeps the batch and its clusters in the index.
func (l *Linked) Commit(ctx context.Context) error {
	if err := l.commit(ctx); err != nil {
		return fmt.Errorf("write index: %w", told(err))
	}
	return nil
}

func (l *Linked) commit(ctx context.Context) error {
	x := l.batch.x
	assign, err := x.tx.PrepareContext(ctx, "UPDATE record SET cluster = ? WHERE id = ? AND cluster <> ?")
	if err != nil {
		return err
	}
	defer assign.Close()                                      //nolint:errcheck // the transaction tells
	for _, id := range slices.Sorted(maps.Keys(l.clusters)) { // in one order, so that the same batches make the same file
		if _, err := assign.ExecContext(ctx, l.clusters[id], id, l.clusters[id]); err != nil {
			return err
		}
	}
	var model strings.Builder
	if err := x.model.Write(&model); err != nil {
		return err
	}
	x.facts["model"] = model.String()
	for _, name := range slices.Sorted(maps.Keys(x.facts)) {
		if _, err := x.tx.ExecContext(ctx, "INSERT INTO fact VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, x.facts[name]); err != nil {
			return err
		}
	}
	return x.tx.Commit()
}
