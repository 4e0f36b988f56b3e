package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// SourceInfo is one table of one legacy file. Mapped false means that no
// mapping names it: it is left behind, outside the equation, with its Rows.
type SourceInfo struct {
	Path     string // as it was opened
	Source   string // as in Origin.Source
	Table    string // as in Origin.Table
	Format   string // csv, xlsx, sql_dump
	SHA256   string // of the file, in hexadecimal; "" for standard input
	Unhashed bool   // SHA256 follows by another call
	Bytes    int64
	Encoding string
	Dialect  string // delimiter and quoting, or the dump's SQL dialect
	Mapped   bool
	Rows     int64 // only where Mapped is false
}

// Source makes a table known and returns its id, as Sources does.
func (r *Recorder) Source(s SourceInfo) (int64, error) {
	ids, err := r.Sources([]SourceInfo{s})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// Sources makes tables known and returns their ids. Called again for the same
// Source and Table it returns the same id and keeps the newer facts, so that a
// hash may be handed in when the file has been read; the audit log gets its
// line with the hash. It returns when all are written, or none of them.
func (r *Recorder) Sources(all []SourceInfo) ([]int64, error) {
	if err := r.Err(); err != nil {
		return nil, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	var hashed []auditEntry
	for _, s := range all {
		if !s.Unhashed {
			hashed = append(hashed, auditEntry{r.id, r.info.Actor, "source", fmt.Sprintf("%s %s %d bytes sha256:%s", s.Source, s.Table, s.Bytes, s.SHA256)})
		}
	}
	var ids []int64
	err := r.db.inTx(context.Background(), func(tx *sql.Tx) (err error) {
		if ids, err = upsertSources(tx, r.id, all); err != nil {
			return err
		}
		return appendAudit(tx, hashed...)
	})
	if err != nil {
		return nil, fmt.Errorf("record source %w", err)
	}
	return ids, nil
}

// upsertSources writes the facts of tables and returns their ids. The counters
// of a mapped table stay as they are.
func upsertSources(tx *sql.Tx, run string, all []SourceInfo) (ids []int64, err error) {
	upsert, err := tx.Prepare(`INSERT INTO source (run_id, path, source, table_or_sheet, kind, sha256, bytes, encoding, dialect, mapped, rows_read)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run_id, source, table_or_sheet) DO UPDATE SET path = excluded.path, kind = excluded.kind,
			sha256 = excluded.sha256, bytes = excluded.bytes, encoding = excluded.encoding, dialect = excluded.dialect,
			mapped = excluded.mapped, rows_read = iif(excluded.mapped, rows_read, excluded.rows_read)
		RETURNING source_id`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, upsert.Close()) }()
	ids = make([]int64, len(all))
	for i, s := range all {
		rows := int64(0)
		if !s.Mapped {
			rows = s.Rows
		}
		err := upsert.QueryRow(run, s.Path, s.Source, s.Table, s.Format, s.SHA256, s.Bytes, s.Encoding, s.Dialect, s.Mapped, rows).Scan(&ids[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Source, err)
		}
	}
	return ids, nil
}
