package reports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"chartlift/internal/issue"
	"chartlift/reports"
)

func TestWhatAServerLostByAFallIsToldByEveryReport(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	before, _ := begin(t, db, reports.Options{})
	before.Restored(reports.RestoredResource{Type: "Patient", ID: "other", Origin: issue.Origin{Source: "old.csv", Row: 1}})
	finish(t, before, reports.Succeeded)
	rec, _ := begin(t, db, reports.Options{})
	rec.Unit(reports.Unit{Seq: 1, Entries: 3, OK: 3, Attempts: 1, Started: time.Date(2026, 11, 22, 10, 11, 20, 0, time.UTC), Took: time.Second})
	rec.Restored(reports.RestoredResource{Type: "Patient", ID: "p1", Origin: issue.Origin{Source: "patients.csv", Table: "patients", Row: 7}})
	rec.Restored(reports.RestoredResource{Type: "Patient", ID: "p2", Origin: issue.Origin{Source: "patients.csv", Table: "patients", Row: 8}})
	rec.Restored(reports.RestoredResource{Type: "Encounter", ID: "e1"}) // of no single row
	finish(t, rec, reports.Succeeded)
	ctx := context.Background()

	if n, err := db.CountRestored(ctx, rec.ID()); n != 3 || err != nil {
		t.Errorf("%d resources, %v", n, err)
	}
	table, err := db.Query(ctx, "restored", rec.ID())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, row := range table.Rows {
		lines = append(lines, strings.Join(row[1:], " "))
	}
	if got := strings.Join(lines, "; "); got != "Patient p1 patients.csv 7; Patient p2 patients.csv 8; Encounter e1  0" {
		t.Errorf("the report lists %s", got)
	}
	var byType string
	if err := raw(t, path).QueryRow("SELECT group_concat(resource_type || n_resources) FROM (SELECT * FROM v_restored WHERE run_id = ? AND first_at <= last_at ORDER BY 2)",
		rec.ID()).Scan(&byType); err != nil || byType != "Encounter1,Patient2" {
		t.Errorf("the view tells %s, %v", byType, err)
	}

	var told bytes.Buffer
	var sum struct{ Delivery struct{ Restored int64 } }
	if err := db.JSON(ctx, rec.ID(), &told); err != nil || json.Unmarshal(told.Bytes(), &sum) != nil || sum.Delivery.Restored != 3 {
		t.Errorf("JSON tells %d, %v", sum.Delivery.Restored, err)
	}
	told.Reset()
	if err := db.Markdown(ctx, rec.ID(), &told); err != nil {
		t.Fatal(err)
	}
	told.WriteString("\n")
	if err := db.Page(ctx, rec.ID(), &told, reports.PageOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(told.String(), "The server fell and came back without 3 resources that it had acknowledged; sent again (report restored lists them)."); n != 2 {
		t.Errorf("%d of Markdown and page say it:\n%s", n, told.String()[:400])
	}
}

func TestNothingIsSaidOfFallsThatLostNothing(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	rec.Unit(reports.Unit{Seq: 1, Entries: 3, OK: 3, Attempts: 1, Started: time.Date(2026, 11, 22, 10, 11, 20, 0, time.UTC), Took: time.Second})
	finish(t, rec, reports.Succeeded)
	var told bytes.Buffer
	for _, write := range []func() error{
		func() error { return db.JSON(context.Background(), rec.ID(), &told) },
		func() error { return db.Markdown(context.Background(), rec.ID(), &told) },
		func() error { return db.Page(context.Background(), rec.ID(), &told, reports.PageOptions{}) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	if text := told.String(); strings.Contains(text, "restored") || strings.Contains(text, "server fell") {
		t.Error("a run without a fall tells of one")
	}
}
