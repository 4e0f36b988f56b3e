package reports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Output is what a run delivered, as one hash that is signed: SHA-256 over a line "Type/id sha256" for each resource that the target took, in
// the order of delivery. Two runs of the same sources and mapping have the same.
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
	h := sha256.New()
	var out Output
	var line []byte
	err = db.each(ctx, "SELECT resources FROM journal WHERE run_id = ? AND state = 'acked' ORDER BY seq", []any{id}, func(scan scanner) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		resources, err := readDelivered(text)
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
	if err != nil {
		return Output{}, fmt.Errorf("hash output of run %s: %w", id, err)
	}
	if out.Resources > 0 {
		out.SHA256 = hex.EncodeToString(h.Sum(nil))
	}
	return out, nil
}
