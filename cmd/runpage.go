package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"chartlift/reports"
)

// runPage is the HTML page of a run, beside the run database.
type runPage struct {
	db   *reports.DB
	run  string
	form *reports.PageForm // nil where it is not at hand
}

func (p runPage) write(ctx context.Context, path string) error {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	err = p.db.Page(ctx, p.run, f, reports.PageOptions{Codes: allCodes(), CommandLine: typed, Form: p.form})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write report: %w", errors.Join(err, os.Remove(path+".tmp")))
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// writePage writes the page of the run with the form that was begun when the
// run began.
func (m *migration) writePage(ctx context.Context, path string) error {
	p := runPage{db: m.db, run: m.rec.ID()}
	if m.form != nil {
		var err error
		if p.form, err = m.form(); err != nil {
			return err
		}
	}
	return p.write(ctx, path)
}

// readyReports makes ready what a run writes itself down with: a new run
// database, where there is none, and the form of the page.
func (s *settings) readyReports() (*reports.PageForm, error) {
	if _, err := os.Stat(s.database()); errors.Is(err, os.ErrNotExist) {
		if err := reports.Prepare(); err != nil {
			s.log.Debug().Err(err).Msg("the run database is made where it lies")
		}
	}
	return reports.NewPageForm()
}
