package reports_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"chartlift/internal/issue"
	"chartlift/reports"
)

func Example() {
	folder, err := os.MkdirTemp("", "project")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	db, err := reports.Open(filepath.Join(folder, ".chartlift", "runs.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	ctx := context.Background()
	rec, err := db.Begin(ctx, reports.RunInfo{Command: "run", Target: "out"})
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := rec.Source(reports.SourceInfo{Source: "patients.csv", Table: "patients", Mapped: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 499}, {First: 500, Last: 500, Outcome: reports.Rejected, Reason: "bad-date"}})
	rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "bad-date", Column: "DOB", Origin: issue.Origin{Row: 500}})
	if err := rec.Finish(ctx, reports.Succeeded, 0); err != nil {
		fmt.Println(err)
		return
	}

	ledger, err := db.Ledger(ctx, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ledger.Total().Read, ledger.Total().Loaded, ledger.Total().Rejected, ledger.Check())
	// Output: 500 499 1 <nil>
}
