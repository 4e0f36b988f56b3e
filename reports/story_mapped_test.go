package reports_test

import (
	"context"
	"path/filepath"
	"testing"

	"chartlift/reports"
)

func TestAFileNameMeansItsOnlyMappedTable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, err := reports.Open(filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rec, err := db.Begin(ctx, reports.RunInfo{Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []reports.SourceInfo{
		{Source: "pharmacy.sql", Table: "audit", Rows: 9},
		{Source: "pharmacy.sql", Table: "rx", Mapped: true},
	} {
		id, err := rec.Source(s)
		if err != nil {
			t.Fatal(err)
		}
		if s.Mapped {
			rec.Rows(id, []reports.RowRange{{First: 1, Last: 3, Outcome: reports.Loaded}})
		}
	}
	if err := rec.Finish(ctx, reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	story, err := db.RowStory(ctx, "", "pharmacy.sql", 3)
	if err != nil || story.Table != "rx" || story.Outcome != "loaded" {
		t.Errorf("got table %q, outcome %q, error %v; want rx, loaded", story.Table, story.Outcome, err)
	}
	if story, err = db.RowStory(ctx, "", "pharmacy.sql/audit", 1); err != nil || story.Table != "audit" {
		t.Errorf("got table %q, error %v; want audit", story.Table, err)
	}
}
