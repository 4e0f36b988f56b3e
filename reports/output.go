package reports

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// Output is what a run delivered, as one hash that is signed. Of files it is
// the SHA-256 of the lines "sha256 name" by name: what sha256sum says of them,
// and of that again. To a server it is SHA-256 over a line "Type/id hash" for
// each resource that it took, in the order of delivery. Two runs of the same
// sources and mapping have the same.
type Output struct {
	Resources int64
	SHA256    string // "" where nothing was delivered
}

// Output returns the hash of what a run delivered, of the latest if run is "".
func (db *DB) Output(ctx context.Context, run string) (Output, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return Output{}, fmt.Errorf("hash output: %w", err)
	}
	out, err := db.sealed(ctx, id)
	if err == nil && out.SHA256 == "" {
		out, err = db.hashed(ctx, id)
	}
	if err != nil {
		return Output{}, fmt.Errorf("hash output of run %s: %w", id, err)
	}
	return out, nil
}

// sealed returns the hash of the files of a run, none where it left none.
func (db *DB) sealed(ctx context.Context, id string) (out Output, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT output_sha256, output_resources FROM delivery WHERE run_id = ? AND output_sha256 IS NOT NULL", id).Scan(&out.SHA256, &out.Resources)
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	return out, err
}

// hashed makes the hash of what the journal says.
func (db *DB) hashed(ctx context.Context, id string) (Output, error) {
	h := sha256.New()
	var out Output
	var line []byte
	err := db.each(ctx, "SELECT resources, packed FROM journal WHERE run_id = ? AND state = 'acked' ORDER BY seq", []any{id}, func(scan scanner) error {
		var stored storedLine
		if err := scan(&stored.resources, &stored.packed); err != nil {
			return err
		}
		resources, err := stored.delivered()
		if err != nil {
			return err
		}
		line = line[:0]
		for _, r := range resources {
			if r.Fate == Sent || r.Fate == Dead { // nobody knows, or refused
				continue
			}
			out.Resources++
			line = append(append(append(append(line, r.Type...), '/'), r.ID...), ' ')
			line = append(hex.AppendEncode(line, r.Sum[:]), '\n')
		}
		_, err = h.Write(line)
		return err
	})
	if out.Resources > 0 {
		out.SHA256 = hex.EncodeToString(h.Sum(nil))
	}
	return out, err
}
