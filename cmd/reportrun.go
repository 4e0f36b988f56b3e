package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"chartlift/internal/disk"
	"chartlift/reports"
)

// reported settles which run a report is about, and says so where it is not the
// one that was named, or did not come to its end.
func (s *settings) reported(ctx context.Context, db *reports.DB, run, report string) (string, error) {
	if _, list := listNamed(report); list {
		return run, nil // of a retry, too: its own bundles and refusals
	}
	earlier, command, err := db.Followed(ctx, run)
	if err != nil {
		return "", err
	}
	if earlier != "" {
		s.message("run %s is a %s of run %s and has no rows of its own; this is run %s as it is now", run, command, earlier, earlier)
		run = earlier
	}
	if err := s.sayUndone(ctx, db, run); err != nil {
		return run, err
	}
	status, err := db.Status(ctx, run)
	if err != nil || status != reports.Interrupted {
		return run, err
	}
	again := "chartlift resume goes on with it"
	if info, err := db.Run(ctx, run); err != nil {
		return run, err
	} else if _, _, err := db.DeliveryOf(ctx, info.ID); err != nil || info.DryRun {
		again = "nothing was sent yet, run the same command again"
	}
	s.message("%s was interrupted: %s", shownRun(run), again)
	return run, nil
}

// sayUndone says where what a run delivered is there no more.
func (s *settings) sayUndone(ctx context.Context, db *reports.DB, run string) error {
	u, err := db.UndoneBy(ctx, run)
	if errors.Is(err, reports.ErrNoRun) || err == nil && u == nil {
		return nil // the report itself says which run is missing
	}
	if err != nil {
		return err
	}
	share := "was"
	if !u.Whole {
		share = "was in part"
	}
	s.message("%s %s taken back by run %d (chartlift undo)", shownRun(run), share, u.Number)
	return nil
}

// shownRun names a run as the user did.
func shownRun(run string) string {
	if run == "" {
		return "the latest run"
	}
	return "run " + run
}

// listNamed finds a list from the run database.
func listNamed(name string) (reports.Report, bool) {
	for _, r := range reports.Reports() {
		if r.Name == name {
			return r, true
		}
	}
	return reports.Report{}, false
}

// noteKilled marks runs whose process was killed as interrupted: nobody holds
// the lock of the project any more. What it cannot write down, on a medium that
// is read only or full, or beside a run that begins just now, stays as it is: a
// report is no reason to fail for that.
func noteKilled(ctx context.Context, s *settings, db *reports.DB) error {
	running, err := db.Running(ctx)
	if err != nil || !running {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(filepath.Dir(s.database()), "lock"), os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	defer lock.Close()
	if !disk.CanLock || disk.Lock(lock) != nil {
		return nil
	}
	own, err := reports.Open(s.database())
	if err != nil {
		return nil
	}
	marked := own.Interrupt(ctx)
	if disk.Full(marked) {
		marked = nil
	}
	return errors.Join(marked, own.Close())
}
