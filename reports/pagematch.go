package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"chartlift/internal/issue"
)

// pageDoubts is how many doubtful pairs the page draws; all of them go into a
// review worksheet.
const pageDoubts = 10

// MatchFigures are the figures that a run's matching is told by, on the screen
// and on the page.
type MatchFigures struct {
	Records int64 // Patients that were compared
	Put     int64 // of these, those that were put together with others: the ones that survive are counted, too
	Persons int64 // that these are
	Open    int64 // questions that a person has to answer: the pairs of a review worksheet
}

// Text says the figures in words, with what is to be done.
func (f MatchFigures) Text() string {
	text := issue.Count(f.Records, "Patient") + " compared; "
	if f.Put > 0 {
		text += fmt.Sprintf("%s put together as %s; ", issue.Count(f.Put, "record"), issue.Count(f.Persons, "person"))
	} else {
		text += "none put together; "
	}
	if f.Open == 0 {
		return text + "no pair to be decided"
	}
	return text + issue.Count(f.Open, "pair") + " to be decided: chartlift review export"
}

// MatchFigures returns the figures of a run. ok is false where it did not match
// people.
func (db *DB) MatchFigures(ctx context.Context, run string) (f MatchFigures, ok bool, err error) {
	err = db.sql.QueryRowContext(ctx, `SELECT n_records, (SELECT count(*) FROM merge_journal j WHERE j.run_id = d.run_id),
		(SELECT count(DISTINCT survivor_id) FROM merge_journal j WHERE j.run_id = d.run_id) FROM dup_run d WHERE run_id = ?`, run).
		Scan(&f.Records, &f.Put, &f.Persons)
	if errors.Is(err, sql.ErrNoRows) {
		return f, false, nil
	}
	if err != nil {
		return f, false, fmt.Errorf("read figures of matching: %w", err)
	}
	doubts, _, err := db.Doubts(ctx, run)
	f.Open = int64(len(doubts))
	return f, err == nil, err
}

// pageMatching is what the page tells of matching people.
type pageMatching struct {
	MatchFigures
	Certain, Probable, Possible, Vetoed int64 // pairs
	ExpectedFalse                       float64
	Pairs                               []pagePair
}

// pagePair is a doubtful pair with its waterfall.
type pagePair struct {
	Doubt
	Steps []pageStep
	Zero  float64 // where no evidence stands, in percent of a bar's width
}

// pageStep is one term: its bar goes from the total before it to the total with
// it.
type pageStep struct {
	MatchTerm
	X, Width float64 // in percent
	Class    string  // for or against
}

// doubtful is how many pairs wait for a decision.
func (m *pageMatching) doubtful() int64 {
	if m == nil {
		return 0
	}
	return m.Open
}

// matching returns what the run found out about its people, nil where they were
// not matched.
func (db *DB) matching(ctx context.Context, run string) (*pageMatching, error) {
	var m pageMatching
	var ok bool
	var err error
	if m.MatchFigures, ok, err = db.MatchFigures(ctx, run); err != nil || !ok {
		return nil, err
	}
	err = db.sql.QueryRowContext(ctx, `SELECT n_certain, n_probable, n_possible, n_vetoed, expected_false FROM dup_run WHERE run_id = ?`, run).
		Scan(&m.Certain, &m.Probable, &m.Possible, &m.Vetoed, &m.ExpectedFalse)
	if err != nil {
		return nil, err
	}
	doubts, _, err := db.Doubts(ctx, run)
	if err != nil {
		return nil, err
	}
	doubts = doubts[:min(pageDoubts, len(doubts))]
	if err := db.Explain(ctx, doubts); err != nil {
		return nil, err
	}
	for _, d := range doubts {
		m.Pairs = append(m.Pairs, waterfallOf(d))
	}
	return &m, nil
}

// waterfallOf draws the terms of a pair on one scale that has no evidence (0
// bits) on it.
func waterfallOf(d Doubt) pagePair {
	least, most := 0.0, 0.0
	for _, t := range d.Terms {
		least, most = min(least, t.Total), max(most, t.Total)
	}
	at := func(bits float64) float64 { return (bits - least) * 100 / max(most-least, 1) }
	p := pagePair{Doubt: d, Zero: round2(at(0))}
	before := 0.0
	for _, t := range d.Terms {
		s := pageStep{MatchTerm: t, Class: "for"}
		if t.Total < before {
			s.Class = "against"
		}
		from, to := min(at(before), at(t.Total)), max(at(before), at(t.Total))
		s.Width = round2(max(to-from, .6)) // what says nothing is still to be seen
		s.X = round2(min(from, 100-s.Width))
		p.Steps = append(p.Steps, s)
		before = t.Total
	}
	return p
}

// Says describes the step for those who do not see the bar.
func (s pageStep) Says() string { return fmt.Sprintf("%+.1f bits, %.1f in all", s.sum(), s.Total) }

// Sum is what the term adds, its rarity included.
func (s pageStep) Sum() string { return fmt.Sprintf("%+.1f", s.sum()) }

func (s pageStep) sum() float64 { return s.Bits + s.Frequency }

// Chance is the probability in percent; it says 100 % of nothing.
func (p pagePair) Chance() string {
	if p.Probability > .9999 {
		return "> 99.99 %"
	}
	return fmt.Sprintf("%.2f %%", p.Probability*100)
}
