package reports

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// insertRows is how many rows go into one INSERT.
const insertRows = 200

// keepTails is how many ranges of a table may still grow: batches that are
// finished out of order by a few workers then still become one range.
const keepTails = 16

// timeFormat sorts as text, in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

// tailRange is a written range that the next rows may continue.
type tailRange struct {
	id int64
	RowRange
}

// groupState is a group as it stood when its batch was taken.
type groupState struct {
	*group        // writeGroups sets its id through this
	severity      string
	count, stored int64
}

// flush writes the pending batch in one transaction. Only the writer goroutine
// calls it.
func (r *Recorder) flush() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	b, groups, calls := r.take()
	if b.empty() {
		r.reached(calls)
		return nil
	}
	err := r.db.inTx(context.Background(), func(tx *sql.Tx) error {
		for _, step := range []func() error{
			func() error { return r.writeRanges(tx, b.ranges) },
			func() error { return writeCounts(tx, b.counts) },
			func() error { return r.writeGroups(tx, groups) },
			func() error { return writeFindings(tx, b.findings) },
			func() error { return r.writeUnits(tx, b.units) },
			func() error { return r.writeResources(tx, b.resources) },
			func() error { return r.writeCodes(tx, b.codes) },
			func() error { return r.writeUses(tx, b) },
			func() error { return r.writeChecks(tx, b.checks) },
			func() error { return r.writeJournal(tx, b.journal) },
			func() error { return r.writeFields(tx, b.fields) },
			func() error { return r.writeSupport(tx, b.support) },
			func() error { return r.writeRestored(tx, b.restored) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		r.reached(calls)
	}
	return err
}

// take swaps the pending batch for an empty one and lets the callers go on.
func (r *Recorder) take() (*batch, []groupState, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.pending
	r.pending = newBatch()
	r.room.Broadcast()
	groups := make([]groupState, len(b.dirty))
	for i, g := range b.dirty {
		g.dirty = false
		groups[i] = groupState{g, g.severity.String(), g.count, g.stored}
	}
	return b, groups, r.calls
}

// writeRanges makes written ranges longer where the new ones continue them, and
// inserts the others. Range ids are given here, because SQLite tells only the
// last id of an INSERT of many rows; the write lock makes that safe.
func (r *Recorder) writeRanges(tx *sql.Tx, ranges map[int64][]RowRange) error {
	var last int64
	if err := tx.QueryRow("SELECT coalesce(max(range_id), 0) FROM row_outcome").Scan(&last); err != nil {
		return err
	}
	var rows [][]any
	grown := map[int64]int64{} // range_id to its new last row
	for _, source := range slices.Sorted(maps.Keys(ranges)) {
		tails := r.tails[source]
		var fresh []tailRange
		for _, x := range joined(ranges[source]) {
			if at := slices.IndexFunc(tails, func(t tailRange) bool { return t.continues(x) }); at >= 0 {
				tails[at].Last = x.Last
				grown[tails[at].id] = x.Last
				continue
			}
			last++
			fresh = append(fresh, tailRange{last, x})
			rows = append(rows, []any{last, source, x.First, x.Last, x.Outcome.String(), x.Reason, orNull(x.MergedInto)})
		}
		tails = append(tails, fresh...)
		r.tails[source] = slices.Clone(tails[max(0, len(tails)-keepTails):])
	}
	if err := insert(tx, "INSERT INTO row_outcome VALUES", rows, ""); err != nil {
		return err
	}
	for id, lastRow := range grown {
		if _, err := tx.Exec("UPDATE row_outcome SET last_row = ? WHERE range_id = ?", lastRow, id); err != nil {
			return err
		}
	}
	return nil
}

// writeCounts adds to the counters of the sources, which know nothing of the
// ranges.
func writeCounts(tx *sql.Tx, counts map[int64]*rowCounts) error {
	for source, c := range counts {
		_, err := tx.Exec(`UPDATE source SET rows_read = rows_read + ?, rows_loaded = rows_loaded + ?,
			rows_merged = rows_merged + ?, rows_filtered = rows_filtered + ?, rows_rejected = rows_rejected + ?
			WHERE source_id = ?`,
			c.read, c.byOutcome[Loaded], c.byOutcome[Merged], c.byOutcome[Filtered], c.byOutcome[Rejected], source)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeGroups inserts groups that are new and sets the figures of the others:
// the counts in memory are those of the whole run.
func (r *Recorder) writeGroups(tx *sql.Tx, groups []groupState) error {
	var last int64
	if err := tx.QueryRow("SELECT coalesce(max(group_id), 0) FROM finding_group").Scan(&last); err != nil {
		return err
	}
	rows := make([][]any, len(groups))
	for n, g := range groups {
		if g.id == 0 {
			last++
			g.id = last
		}
		i := g.first
		rows[n] = []any{
			g.id, r.id, orNull(g.key.source), g.key.Rule, g.key.Code, g.key.Column, g.severity, i.Type, i.At.String(),
			i.Message, i.Origin.Row, g.count, g.stored,
		}
	}
	return insert(tx, "INSERT INTO finding_group VALUES", rows, ` ON CONFLICT DO UPDATE SET
		severity = excluded.severity, issue_type = excluded.issue_type, mapping_at = excluded.mapping_at, message = excluded.message,
		first_row = excluded.first_row, n_findings = excluded.n_findings, n_stored = excluded.n_stored`)
}

// writeFindings comes after writeGroups, which gives every group its id.
func writeFindings(tx *sql.Tx, findings []storedFinding) error {
	rows := make([][]any, len(findings))
	for n, f := range findings {
		i := f.issue
		rows[n] = []any{nil, f.group.id, i.Origin.Row, i.Origin.Line, i.Severity.String(), i.Expression, i.Value, i.Message, i.Suggestion}
	}
	return insert(tx, "INSERT INTO finding VALUES", rows, "")
}

// writeUnits writes the bundles and then their dead letters, which refer to
// them.
func (r *Recorder) writeUnits(tx *sql.Tx, units []Unit) error {
	var last int64
	if err := tx.QueryRow("SELECT coalesce(max(failure_id), 0) FROM entry_failure").Scan(&last); err != nil {
		return err
	}
	rows := make([][]any, len(units))
	var failures, dead [][]any
	for n, u := range units {
		rows[n] = []any{
			r.id, u.Seq, orNull(u.SourceID), u.FirstRow, u.LastRow, u.Entries, u.OK, u.Created, u.Attempts, u.Status,
			u.Started.UTC().Format(timeFormat), u.Took.Milliseconds(),
		}
		for _, f := range u.Failures {
			codes, text := f.codesAndText()
			if r.info.Options.MaskValues && text != "" {
				text = "masked (len " + strconv.Itoa(len(text)) + ")"
			}
			last++
			failures = append(failures, []any{last, r.id, u.Seq, orNull(f.SourceID), f.Row, f.Type, f.ID, f.Status, codes, text, nil})
			for _, row := range f.Rows {
				dead = append(dead, []any{last, row.SourceID, row.Row})
			}
		}
	}
	// A bundle that is sent again under its number replaces what was known of
	// it.
	err := insert(tx, "INSERT INTO unit VALUES", rows, ` ON CONFLICT DO UPDATE SET n_ok = excluded.n_ok,
		n_created = excluded.n_created, attempts = excluded.attempts, http_status = excluded.http_status,
		started_at = excluded.started_at, ms = excluded.ms`)
	if err != nil {
		return err
	}
	if err := insert(tx, "INSERT INTO entry_failure VALUES", failures, ""); err != nil {
		return err
	}
	return insert(tx, "INSERT INTO dead_row VALUES", dead, " ON CONFLICT DO NOTHING")
}

// codesAndText returns the distinct codes of f's issues and what the server
// wrote, which the contract of package load keeps in Value.
func (f EntryFailure) codesAndText() (codes, text string) {
	var all, texts []string
	for _, i := range f.Issues {
		if !slices.Contains(all, i.Code) {
			all = append(all, i.Code)
		}
		if i.Value != "" {
			texts = append(texts, i.Value)
		}
	}
	return strings.Join(all, " "), truncate(strings.Join(texts, "\n"), maxServerText)
}

// writeResources adds to what earlier transactions wrote.
func (r *Recorder) writeResources(tx *sql.Tx, counts map[resourceKey]resourceCounts) error {
	var rows [][]any
	for key, c := range counts {
		rows = append(rows, []any{r.id, key.source, key.typ, c.built, c.valid, c.loaded, c.rejected})
	}
	return insert(tx, "INSERT INTO resource_count VALUES", rows, ` ON CONFLICT DO UPDATE SET
		n_built = n_built + excluded.n_built, n_valid = n_valid + excluded.n_valid,
		n_loaded = n_loaded + excluded.n_loaded, n_rejected = n_rejected + excluded.n_rejected`)
}

// writeCodes adds to what earlier transactions wrote. Of several texts of a code
// it keeps the one that OneText does: SQLite compares byte by byte, too.
func (r *Recorder) writeCodes(tx *sql.Tx, codes map[codeKey]codeUse) error {
	var rows [][]any
	for key, use := range codes {
		rows = append(rows, []any{r.id, key.crosswalk, key.system, truncate(key.code, maxValue), use.display, use.n, "unmapped"})
	}
	return insert(tx, "INSERT INTO code_map VALUES", rows, ` ON CONFLICT DO UPDATE SET n_records = n_records + excluded.n_records,
		source_display = CASE WHEN source_display = '' THEN excluded.source_display WHEN excluded.source_display = '' THEN source_display ELSE min(source_display, excluded.source_display) END`)
}

// writeUses adds to what earlier transactions wrote. Of rules with one address,
// such as the items of a list that make parts of one element, it keeps the place
// that stands first in the file: the shorter text, 9:1 before 10:1.
func (r *Recorder) writeUses(tx *sql.Tx, b *batch) error {
	rows := func(of map[useKey]int64) [][]any {
		var out [][]any
		for key, n := range of {
			out = append(out, []any{r.id, key.name, key.detail, n})
		}
		return out
	}
	err := insert(tx, "INSERT INTO rule_use VALUES", rows(b.rules), ` ON CONFLICT DO UPDATE SET n_values = n_values + excluded.n_values,
		mapping_at = CASE WHEN (length(excluded.mapping_at), excluded.mapping_at) < (length(mapping_at), mapping_at) THEN excluded.mapping_at ELSE mapping_at END`)
	if err != nil {
		return err
	}
	return insert(tx, "INSERT INTO crosswalk_use VALUES", rows(b.crosswalks), " ON CONFLICT DO UPDATE SET n_uses = n_uses + excluded.n_uses")
}

// insert writes rows of equal length, many in one statement.
func insert(tx *sql.Tx, head string, rows [][]any, tail string) error {
	for chunk := range slices.Chunk(rows, insertRows) {
		one := "(?" + strings.Repeat(",?", len(chunk[0])-1) + ")"
		statement := head + " " + one + strings.Repeat(","+one, len(chunk)-1) + tail
		if _, err := tx.Exec(statement, slices.Concat(chunk...)...); err != nil {
			return fmt.Errorf("%s: %w", head, err)
		}
	}
	return nil
}

// orNull makes SQL's NULL of 0, which no id and no row is.
func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// stamp returns the time as the run database writes it.
func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }
