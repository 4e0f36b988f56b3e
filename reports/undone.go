package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// UndoneFacts say that a run was taken back from its target by a later one.
type UndoneFacts struct {
	Number int64  `json:"number"` // of the later run
	By     string `json:"by"`     // its id
	Whole  bool   `json:"whole"`  // false: some of it stayed, or the undo was stopped
}

// UndoneBy returns what took back a run, nil where nothing did. An undo that
// found nothing to do, and so has no journal, took back nothing of it in part.
func (db *DB) UndoneBy(ctx context.Context, run string) (*UndoneFacts, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return nil, err
	}
	var u UndoneFacts
	err = db.sql.QueryRowContext(ctx, `SELECT u.run_no, u.run_id, u.run_id IS d.undone_by FROM delivery d
		JOIN run u ON u.run_id = d.undone_by OR d.undone_by IS NULL AND u.command = 'undo'
			AND EXISTS (SELECT 1 FROM delivery o WHERE o.run_id = u.run_id AND o.resumes = d.run_id) AND EXISTS (SELECT 1 FROM journal j WHERE j.run_id = u.run_id)
		WHERE d.run_id = ? ORDER BY u.run_no DESC LIMIT 1`, id).Scan(&u.Number, &u.By, &u.Whole)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what took the run back: %w", err)
	}
	return &u, nil
}

// sumUndone reads whether the run was taken back.
func (db *DB) sumUndone(ctx context.Context, s *Summary) (err error) {
	s.Undone, err = db.UndoneBy(ctx, s.Run.ID)
	return err
}

// verdict is the first line of a report on a run that was taken back: nothing
// that it delivered may be signed for.
func (u UndoneFacts) verdict() Verdict {
	if u.Whole {
		return Verdict{"bad", "Do not sign: taken back", fmt.Sprintf("What this run delivered was taken back by run %d (chartlift undo). The figures below are those from before.", u.Number)}
	}
	return Verdict{"bad", "Do not sign: taken back in part", fmt.Sprintf("Some of what this run delivered was taken back by run %d (chartlift undo). The figures below are those from before.", u.Number)}
}
