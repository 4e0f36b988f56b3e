package reports

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrNoPair says that a pair's id is in no worksheet of this project.
var ErrNoPair = errors.New("no worksheet of this project has this pair")

// ReviewPair is a pair that a worksheet offers. Left is what the worksheet
// calls A.
type ReviewPair struct {
	Left, Right RecordRef
	Worksheet   string
	Run         string // "" for dedupe alone
}

// OfferPairs writes down which pairs a worksheet offers and returns the id of
// each, in their order: what the worksheet shows and OfferedPair reads. The
// same pairs make the same worksheet, so that exporting again leaves ids as
// they were. Run is "" for dedupe alone.
func (db *DB) OfferPairs(ctx context.Context, run string, pairs []ReviewPair) ([]string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q", run)
	for _, p := range pairs {
		fmt.Fprintf(h, "%q%q", p.Left, p.Right)
	}
	worksheet := hex.EncodeToString(h.Sum(nil))[:8]
	ids := make([]string, len(pairs))
	rows := make([][]any, len(pairs))
	for i, p := range pairs {
		ids[i] = worksheet + "-" + strconv.Itoa(i+1)
		rows[i] = []any{worksheet, i + 1, p.Left.Source, p.Left.Table, p.Left.Key, p.Right.Source, p.Right.Table, p.Right.Key}
	}
	err := db.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO review_sheet VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			worksheet, stamp(time.Now()), sql.NullString{String: run, Valid: run != ""})
		if err != nil {
			return err
		}
		return insert(tx, "INSERT INTO review_pair VALUES", rows, " ON CONFLICT DO NOTHING")
	})
	if err != nil {
		return nil, fmt.Errorf("record worksheet: %w", err)
	}
	return ids, nil
}

// OfferedPair returns the pair with this id. It returns ErrNoPair where no
// worksheet has it.
func (db *DB) OfferedPair(ctx context.Context, id string) (ReviewPair, error) {
	worksheet, number, _ := strings.Cut(id, "-")
	p := ReviewPair{Worksheet: worksheet}
	err := db.sql.QueryRowContext(ctx, `SELECT left_source, left_table, left_key, right_source, right_table, right_key, coalesce(run_id, '')
		FROM review_pair JOIN review_sheet USING (worksheet) WHERE worksheet = ? AND pair_no = ?`, worksheet, number).
		Scan(&p.Left.Source, &p.Left.Table, &p.Left.Key, &p.Right.Source, &p.Right.Table, &p.Right.Key, &p.Run)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoPair
	}
	if err != nil {
		return p, fmt.Errorf("read pair of worksheet: %w", err)
	}
	return p, nil
}
