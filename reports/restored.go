package reports

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"chartlift/internal/issue"
)

// RestoredResource is one that the target had acknowledged, had lost when it
// came back from a fall, and was sent again.
type RestoredResource struct {
	Type   string
	ID     string
	Origin issue.Origin // the row that it came from; none for what no single row makes
	at     string       // when that was written down
}

// Restored records a resource that the target lost and was sent again. It is
// there still, so that its rows count as loaded: a matter of the server, which
// should be known before anybody trusts it with more.
func (r *Recorder) Restored(again RestoredResource) {
	again.at = time.Now().UTC().Format(timeFormat)
	r.add(func(b *batch) {
		b.restored = append(b.restored, again)
		b.things++
	})
}

func (r *Recorder) writeRestored(tx *sql.Tx, all []RestoredResource) error {
	rows := make([][]any, len(all))
	for i, x := range all {
		rows[i] = []any{r.id, x.Type, x.ID, x.Origin.Source, x.Origin.Table, x.Origin.Row, x.at}
	}
	return insert(tx, "INSERT INTO restored VALUES", rows, "")
}

// CountRestored returns how many resources the target of a run lost and was
// sent again.
func (db *DB) CountRestored(ctx context.Context, run string) (n int64, err error) {
	if err = db.sql.QueryRowContext(ctx, "SELECT coalesce(sum(n_resources), 0) FROM v_restored WHERE run_id = ?", run).Scan(&n); err != nil {
		return 0, fmt.Errorf("count what the target of run %s lost: %w", run, err)
	}
	return n, nil
}

// RestoredText says how many resources a target lost and was sent again, ""
// where nothing was lost.
func RestoredText(n int64) string {
	if n == 0 {
		return ""
	}
	return "The server fell and came back without " + issue.Count(n, "resource") + " that it had acknowledged; sent again (report restored lists them). " +
		"Look into its settings for durable writes."
}
