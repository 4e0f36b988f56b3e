package reports

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// What a person can say of two records.
const (
	SamePerson       = "same"      // they are one person
	DifferentPersons = "different" // they are two
	UnsurePerson     = "unsure"    // it was looked at and could not be told; takes an earlier decision back
)

// errBadDecision says that a decision cannot be kept; the text behind it says
// why.
var errBadDecision = errors.New("not a decision about two records")

// RecordRef names a record so that the next run and the next delivery find it
// again: Source is the name that the mapping gives the source (of dedupe alone,
// the name of the set), Table the table where the source has several, Key what
// tells its rows apart. A row number is a key only where there is no other.
type RecordRef struct{ Source, Table, Key string }

// Compare orders records by source, table and key, byte by byte.
func (r RecordRef) Compare(o RecordRef) int {
	return cmp.Or(cmp.Compare(r.Source, o.Source), cmp.Compare(r.Table, o.Table), cmp.Compare(r.Key, o.Key))
}

// Decision is what a person said of two records, with who, when, and from where
// it came.
type Decision struct {
	Left, Right RecordRef // in either order; Decisions returns the smaller first
	Verdict     string    // SamePerson, DifferentPersons or UnsurePerson
	By          string
	At          time.Time // zero: now
	Comment     string    // may hold data of a patient
	Run         string    // the run whose pair it was, "" for dedupe alone
	Worksheet   string    // id of the pair in its review worksheet, "" where there was none
}

// ordered returns d with the smaller record on the left, or why it is no
// decision.
func (d Decision) ordered() (Decision, error) {
	switch c := d.Left.Compare(d.Right); {
	case c == 0:
		return d, fmt.Errorf("%w: both are record %q of %s", errBadDecision, d.Left.Key, d.Left.Source)
	case c > 0:
		d.Left, d.Right = d.Right, d.Left
	}
	switch d.Verdict {
	case SamePerson, DifferentPersons, UnsurePerson:
	default:
		return d, fmt.Errorf("%w: %q is none of same, different and unsure", errBadDecision, d.Verdict)
	}
	if d.By == "" {
		return d, fmt.Errorf("%w: nobody is named who decided", errBadDecision)
	}
	if d.At.IsZero() {
		d.At = time.Now()
	}
	return d, nil
}

// repeats reports whether d says what the decision that holds says already.
func (d Decision) repeats(held Decision) bool {
	return d.Verdict == held.Verdict && d.By == held.By && d.Comment == held.Comment
}

// Import says from where decisions come, for the audit log.
type Import struct{ File, By, ToolVersion string }

// Decide writes decisions behind those that are there, all or none. One that
// says what holds already (verdict, person and comment) is left out, so that a
// worksheet may be read twice. It returns how many were written. Where there
// are any, the run database has a run of the command review, whose entry in the
// audit log covers them with a hash.
func (db *DB) Decide(ctx context.Context, from Import, decisions []Decision) (written int, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		sum := sha256.New()
		verdicts := map[string]int{}
		for _, d := range decisions {
			d, err := d.ordered()
			if err != nil {
				return err
			}
			held, err := heldDecision(ctx, tx, d)
			if err != nil {
				return err
			}
			if held != nil && d.repeats(*held) {
				continue
			}
			if err := insertDecision(ctx, tx, d); err != nil {
				return err
			}
			fmt.Fprintf(sum, "%q%q%q%q%q%q%q\n", d.Left, d.Right, d.Verdict, d.By, stamp(d.At), d.Comment, d.Worksheet)
			verdicts[d.Verdict]++
			written++
		}
		if written == 0 {
			return nil
		}
		return from.audit(tx, verdicts, hex.EncodeToString(sum.Sum(nil)))
	})
	if err != nil {
		return 0, fmt.Errorf("record decisions: %w", err)
	}
	return written, nil
}

// audit writes a run that did nothing but read decisions in. It is written as
// ended, and not begun like others: a conversion may be under way.
func (from Import) audit(tx *sql.Tx, verdicts map[string]int, sum string) error {
	info := RunInfo{Command: "review", ToolVersion: from.ToolVersion, Actor: cmp.Or(from.By, "chartlift"), Started: time.Now()}
	id, err := insertRun(tx, info)
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("%d same, %d different, %d unsure from %s sha256:%s", verdicts[SamePerson], verdicts[DifferentPersons], verdicts[UnsurePerson], from.File, sum)
	if err := appendAudit(tx, auditEntry{id, info.Actor, "decide", subject}); err != nil {
		return err
	}
	return finishRun(tx, id, info.Actor, Succeeded, 0)
}

func insertDecision(ctx context.Context, tx *sql.Tx, d Decision) error {
	run := sql.NullString{String: d.Run, Valid: d.Run != ""}
	_, err := tx.ExecContext(ctx, "INSERT INTO dup_decision VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		d.Left.Source, d.Left.Table, d.Left.Key, d.Right.Source, d.Right.Table, d.Right.Key,
		d.Verdict, d.By, stamp(d.At), d.Comment, run, d.Worksheet)
	return err
}

// decisionColumns are what scanDecisions reads.
const decisionColumns = `left_source, left_table, left_key, right_source, right_table, right_key,
	decision, decided_by, decided_at, comment, coalesce(run_id, ''), worksheet`

const ofPair = ` WHERE (left_source, left_table, left_key, right_source, right_table, right_key) = (?, ?, ?, ?, ?, ?) `

// heldDecision returns the decision that holds for d's pair, nil where there is
// none.
func heldDecision(ctx context.Context, tx *sql.Tx, d Decision) (*Decision, error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+decisionColumns+" FROM dup_decision"+ofPair+"ORDER BY decision_id DESC LIMIT 1",
		d.Left.Source, d.Left.Table, d.Left.Key, d.Right.Source, d.Right.Table, d.Right.Key)
	if err != nil {
		return nil, err
	}
	held, err := scanDecisions(rows)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return &held[0], nil
}

// Decisions returns the decisions that hold, one a pair, in the order in which
// they were made. UnsurePerson is among them: it says that somebody has looked.
func (db *DB) Decisions(ctx context.Context) ([]Decision, error) {
	return db.decisions(ctx, "SELECT "+decisionColumns+" FROM v_dup_decision ORDER BY decision_id")
}

// DecisionHistory returns all that was ever said of two records, the oldest
// first.
func (db *DB) DecisionHistory(ctx context.Context, a, b RecordRef) ([]Decision, error) {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return db.decisions(ctx, "SELECT "+decisionColumns+" FROM dup_decision"+ofPair+"ORDER BY decision_id",
		a.Source, a.Table, a.Key, b.Source, b.Table, b.Key)
}

func (db *DB) decisions(ctx context.Context, query string, args ...any) ([]Decision, error) {
	rows, err := db.sql.QueryContext(ctx, query, args...)
	if err == nil {
		var all []Decision
		if all, err = scanDecisions(rows); err == nil {
			return all, nil
		}
	}
	return nil, fmt.Errorf("read decisions: %w", err)
}

func scanDecisions(rows *sql.Rows) (all []Decision, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Decision
		var at string
		if err := rows.Scan(&d.Left.Source, &d.Left.Table, &d.Left.Key, &d.Right.Source, &d.Right.Table, &d.Right.Key,
			&d.Verdict, &d.By, &at, &d.Comment, &d.Run, &d.Worksheet); err != nil {
			return nil, err
		}
		if d.At, err = time.Parse(timeFormat, at); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
