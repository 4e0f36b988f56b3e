package reports

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Doubt is a pair of a run that a person has to look at.
type Doubt struct {
	MatchPair
	Joins int64  // pairs of records that come together if these two are one person
	Whole string // why its whole cluster goes to review, "" where that is not so

	pairID int64
	groupL string // the Patient that stands for each: what was put together is asked once
	groupR string

	decided string // what a person said of it since the run, "" where nobody did
}

// vetoed reports whether a rule keeps the pair apart.
func (d *Doubt) vetoed() bool { return d.Grade == "possible" && d.Vetoes != "" }

// value is what a decision is worth: the expected number of pairs of records
// that it brings together.
func (d *Doubt) value() float64 { return d.Probability * float64(d.Joins) }

// Doubts returns the pairs of a run that were not put together and that nobody
// has decided, those first whose decision is worth most, and the run's id; run
// "" is the latest. Only as many pairs are there as it takes to decide
// everything: what was put together is one, and of each circle of pairs the
// strongest that connect it are asked; what follows from decisions is left out.
// Vetoed ones stand last. It returns ErrNoRun where there is no such run.
func (db *DB) Doubts(ctx context.Context, run string) (doubts []Doubt, id string, err error) {
	if id, err = db.findRun(ctx, run); err != nil {
		return nil, "", fmt.Errorf("read doubtful pairs: %w", err)
	}
	all, err := db.openPairs(ctx, id)
	if err != nil {
		return nil, id, fmt.Errorf("read doubtful pairs of run %s: %w", id, err)
	}
	return ranked(toAsk(all)), id, nil
}

// openPairs returns the pairs of a run whose records are not one Patient, with
// what was decided of them.
func (db *DB) openPairs(ctx context.Context, run string) (all []Doubt, err error) {
	rows, err := db.sql.QueryContext(ctx, `
		WITH member AS (
			SELECT resource_id, iif(survivor_id = '', resource_id, survivor_id) AS person, review FROM dup_member JOIN dup_cluster USING (run_id, cluster_id)
			WHERE run_id = ?1),
		person AS (SELECT person, count(*) AS n FROM member GROUP BY person)
		SELECT pair_id, left_source, left_table, left_key, left_id, right_source, right_table, right_key, right_id, bits, probability, grade, vetoes,
			coalesce(l.person, left_id), coalesce(r.person, right_id), coalesce(pl.n, 1) * coalesce(pr.n, 1), coalesce(nullif(l.review, ''), r.review, ''),
			coalesce((SELECT decision FROM v_dup_decision d
				WHERE (d.left_source, d.left_table, d.left_key, d.right_source, d.right_table, d.right_key)
				    = (p.left_source, p.left_table, p.left_key, p.right_source, p.right_table, p.right_key)), '')
		FROM dup_pair p
		LEFT JOIN member l ON l.resource_id = left_id LEFT JOIN member r ON r.resource_id = right_id
		LEFT JOIN person pl ON pl.person = l.person LEFT JOIN person pr ON pr.person = r.person
		WHERE run_id = ?1 AND coalesce(l.person, left_id) <> coalesce(r.person, right_id)`, run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Doubt
		if err := rows.Scan(&d.pairID, &d.Left.Source, &d.Left.Table, &d.Left.Key, &d.LeftID, &d.Right.Source, &d.Right.Table, &d.Right.Key, &d.RightID,
			&d.Bits, &d.Probability, &d.Grade, &d.Vetoes, &d.groupL, &d.groupR, &d.Joins, &d.Whole, &d.decided); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// persons are Patients that decisions, or questions, make one: of each the name
// of a smaller one.
type persons map[string]string

func (p persons) of(id string) string {
	for {
		up, ok := p[id]
		if !ok {
			return id
		}
		id = up
	}
}

// join makes two one and reports whether they were not.
func (p persons) join(a, b string) bool {
	x, y := p.of(a), p.of(b)
	if x == y {
		return false
	}
	p[max(x, y)] = min(x, y)
	return true
}

// toAsk returns the pairs whose answers decide all others, the strongest of
// those that do.
func toAsk(all []Doubt) (out []Doubt) {
	same := persons{}
	for i := range all {
		if all[i].decided == SamePerson {
			same.join(all[i].groupL, all[i].groupR)
		}
	}
	between := func(d *Doubt) [2]string {
		l, r := same.of(d.groupL), same.of(d.groupR)
		return [2]string{min(l, r), max(l, r)}
	}
	apart := map[[2]string]bool{}
	for i := range all {
		if all[i].decided == DifferentPersons {
			apart[between(&all[i])] = true
		}
	}
	slices.SortFunc(all, strongest)
	asked := persons{}
	for i := range all {
		pair := between(&all[i])
		open := all[i].decided == "" || all[i].decided == UnsurePerson
		if open && pair[0] != pair[1] && !apart[pair] && asked.join(pair[0], pair[1]) {
			out = append(out, all[i])
		}
	}
	return out
}

// ranked puts the most valuable first.
func ranked(out []Doubt) []Doubt {
	slices.SortFunc(out, func(x, y Doubt) int {
		return cmp.Or(
			cmp.Compare(flag(x.vetoed()), flag(y.vetoed())), cmp.Compare(y.value(), x.value()), cmp.Compare(y.Bits, x.Bits),
			x.Left.Compare(y.Left), x.Right.Compare(y.Right),
		)
	})
	return out
}

// strongest orders pairs by how good they are to show.
func strongest(x, y Doubt) int {
	return cmp.Or(cmp.Compare(flag(x.vetoed()), flag(y.vetoed())), cmp.Compare(y.Bits, x.Bits), x.Left.Compare(y.Left), x.Right.Compare(y.Right))
}

// Explain fills in the terms of doubts: what each comparison says. Runs keep
// them of the pairs that are not certain.
func (db *DB) Explain(ctx context.Context, doubts []Doubt) error {
	for i := range doubts {
		rows, err := db.sql.QueryContext(ctx, "SELECT name, level, left_value, right_value, bits, frequency, total FROM dup_term WHERE pair_id = ? ORDER BY place", doubts[i].pairID)
		if err == nil {
			doubts[i].Terms, err = scanTerms(rows)
		}
		if err != nil {
			return fmt.Errorf("read evidence of pairs: %w", err)
		}
	}
	return nil
}

func scanTerms(rows *sql.Rows) (terms []MatchTerm, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t MatchTerm
		if err := rows.Scan(&t.Name, &t.Level, &t.Left, &t.Right, &t.Bits, &t.Frequency, &t.Total); err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, rows.Err()
}

// VetoCodes returns the codes of a pair's vetoes.
func (p MatchPair) VetoCodes() []string { return strings.Fields(p.Vetoes) }
