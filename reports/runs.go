package reports

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// insertRun writes the run's row and returns its id, such as
// 2026-11-22T10-11-12Z-1; the last number tells apart runs of one second.
func insertRun(tx *sql.Tx, info RunInfo) (string, error) {
	second := info.Started.UTC().Format("2006-01-02T15-04-05Z")
	var same int
	if err := tx.QueryRow("SELECT count(*) FROM run WHERE run_id GLOB ? || '-*'", second).Scan(&same); err != nil {
		return "", err
	}
	id := second + "-" + strconv.Itoa(same+1)
	_, err := tx.Exec("INSERT INTO run VALUES (NULL, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', NULL)",
		id, stamp(info.Started), info.Command, info.Args, info.ToolVersion, info.Mapping, info.MappingSHA256,
		info.Target, info.Site, info.Actor, info.DryRun, info.Options.MaskValues)
	if err != nil {
		return "", err
	}
	subject := fmt.Sprintf("%s %s mapping %s sha256:%s to %s", info.Command, info.Args, info.Mapping, info.MappingSHA256, info.Target)
	return id, appendAudit(tx, auditEntry{id, info.Actor, "begin", subject})
}

// interruptEarlier marks the runs whose process died as interrupted. When they
// ended nobody knows, so finished_at stays NULL.
func interruptEarlier(tx *sql.Tx) error {
	rows, err := tx.Query("UPDATE run SET status = ? WHERE status = 'running' RETURNING run_id", Interrupted)
	if err != nil {
		return err
	}
	killed, err := scanStrings(rows)
	if err != nil {
		return err
	}
	for _, id := range killed {
		if err := appendAudit(tx, auditEntry{id, "chartlift", "interrupt", "found running when its process was gone"}); err != nil {
			return err
		}
	}
	return nil
}

// Interrupt marks the runs that are still marked as running as interrupted, as
// Begin does. The caller knows that their process is gone.
func (db *DB) Interrupt(ctx context.Context) error {
	if err := db.inTx(ctx, interruptEarlier); err != nil {
		return fmt.Errorf("mark killed runs: %w", err)
	}
	return nil
}

// Running reports whether a run is marked as running: it is under way, or was
// killed.
func (db *DB) Running(ctx context.Context) (bool, error) {
	var n int
	if err := db.sql.QueryRowContext(ctx, "SELECT count(*) FROM run WHERE status = 'running'").Scan(&n); err != nil {
		return false, fmt.Errorf("look for runs under way: %w", err)
	}
	return n > 0, nil
}

// ContinuedBy returns the number of the latest run that went on with one that
// was stopped, 0 where none did. Retry and undo do not go on.
func (db *DB) ContinuedBy(ctx context.Context, run string) (number int64, err error) {
	err = db.sql.QueryRowContext(ctx, `SELECT coalesce(max(run_no), 0) FROM run JOIN delivery USING (run_id)
		WHERE resumes = ? AND command IN ('run', 'load')`, run).Scan(&number)
	if err != nil {
		return 0, fmt.Errorf("look for the run that went on: %w", err)
	}
	return number, nil
}

// Followed returns the earlier run that a retry or undo is about, and which of
// the two it is: it has no rows of its own. Of other runs it returns "".
func (db *DB) Followed(ctx context.Context, run string) (earlier, command string, err error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return "", "", err
	}
	err = db.sql.QueryRowContext(ctx, `SELECT resumes, command FROM run JOIN delivery USING (run_id)
		WHERE run_id = ? AND resumes IS NOT NULL AND command IN ('retry', 'undo')`, id).Scan(&earlier, &command)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return earlier, command, err
}

// finishRun writes how the run ended and seals the ledger's totals in the audit
// log.
func finishRun(tx *sql.Tx, run, actor, status string, exitCode int) error {
	_, err := tx.Exec("UPDATE run SET status = ?, exit_code = ?, finished_at = ? WHERE run_id = ?",
		status, exitCode, stamp(time.Now()), run)
	if err != nil {
		return err
	}
	var read, loaded, merged, filtered, rejected int64
	err = tx.QueryRow(`SELECT coalesce(sum(rows_read), 0), coalesce(sum(loaded), 0), coalesce(sum(merged), 0),
		coalesce(sum(filtered), 0), coalesce(sum(rejected), 0) FROM v_ledger WHERE run_id = ?`, run).
		Scan(&read, &loaded, &merged, &filtered, &rejected)
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("%s exit %d: %d read, %d loaded, %d merged, %d filtered, %d rejected",
		status, exitCode, read, loaded, merged, filtered, rejected)
	return appendAudit(tx, auditEntry{run, actor, "finish", subject})
}

// auditEntry is one line of the audit log.
type auditEntry struct{ run, actor, action, subject string }

// appendAudit adds entries, each with a hash that covers the one before it.
func appendAudit(tx *sql.Tx, entries ...auditEntry) (err error) {
	if len(entries) == 0 {
		return nil
	}
	var seq int64
	var prev string
	err = tx.QueryRow("SELECT seq, sha256 FROM audit ORDER BY seq DESC LIMIT 1").Scan(&seq, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	add, err := tx.Prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, add.Close()) }()
	for _, e := range entries {
		seq++
		at := stamp(time.Now())
		hash, err := e.hash(seq, at, prev)
		if err != nil {
			return err
		}
		if _, err := add.Exec(seq, e.run, at, e.actor, e.action, e.subject, prev, hash); err != nil {
			return err
		}
		prev = hash
	}
	return nil
}

// hash returns the SHA-256 of the entry as a JSON array of its columns, in the
// order of the table, prev_sha256 at the end.
func (e auditEntry) hash(seq int64, at, prev string) (string, error) {
	text, err := json.Marshal([]string{strconv.FormatInt(seq, 10), e.run, at, e.actor, e.action, e.subject, prev})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// VerifyAudit recomputes the chain of the audit log and returns an error that
// names the first entry which was changed, removed or slipped in.
func (db *DB) VerifyAudit(ctx context.Context) error {
	rows, err := db.sql.QueryContext(ctx, "SELECT seq, run_id, at, actor, action, subject, prev_sha256, sha256 FROM audit ORDER BY seq")
	if err != nil {
		return fmt.Errorf("verify audit log: %w", err)
	}
	defer rows.Close()
	var want int64
	last := ""
	for rows.Next() {
		var seq int64
		var e auditEntry
		var at, prev, hash string
		if err := rows.Scan(&seq, &e.run, &at, &e.actor, &e.action, &e.subject, &prev, &hash); err != nil {
			return fmt.Errorf("verify audit log: %w", err)
		}
		want++
		computed, err := e.hash(seq, at, prev)
		if err != nil || seq != want || prev != last || computed != hash {
			return fmt.Errorf("verify audit log: entry %d does not follow from the one before it: the log was changed", want)
		}
		last = hash
	}
	return rows.Err()
}

func scanStrings(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
