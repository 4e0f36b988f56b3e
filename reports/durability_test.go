package reports_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// TestMain lets the test binary be the process that is killed, or one that
// opens the database beside others.
func TestMain(m *testing.M) {
	if path := os.Getenv("CHARTLIFT_TEST_RECORD"); path != "" {
		recordForever(path)
	}
	if path := os.Getenv("CHARTLIFT_TEST_OPEN"); path != "" {
		if _, err := reports.Open(path); err != nil {
			fmt.Println(err)
		}
		return
	}
	os.Exit(m.Run())
}

// recordForever writes rows of every outcome until somebody kills it.
func recordForever(path string) {
	db, err := reports.Open(path)
	if err != nil {
		panic(err)
	}
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "run"})
	if err != nil {
		panic(err)
	}
	id, err := rec.Source(reports.SourceInfo{Source: "patients.csv", Table: "patients", Mapped: true})
	if err != nil {
		panic(err)
	}
	for row := int64(1); rec.Err() == nil; row += 10 {
		rec.Rows(id, []reports.RowRange{
			{First: row, Last: row + 6},
			{First: row + 7, Last: row + 7, Outcome: reports.Merged, MergedInto: row},
			{First: row + 8, Last: row + 8, Outcome: reports.Filtered, Reason: "where"},
			{First: row + 9, Last: row + 9, Outcome: reports.Rejected, Reason: "bad-date"},
		})
		rec.Issue(id, issue.Issue{Code: "bad-date", Rule: fmt.Sprint(row % 70), Origin: issue.Origin{Row: row + 9}})
		if row == 1 {
			fmt.Println("begun")
		}
	}
}

func TestLedgerBalancesAfterKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	for try := range 3 {
		killWhileRecording(t, path, time.Duration(try)*137*time.Millisecond)
		db, err := reports.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		l := ledger(t, db)
		if err := l.Check(); err != nil || l.Status != "running" {
			t.Errorf("status %s: %v", l.Status, err)
		}
		if x := l.Total(); x.Read < 10_000 || x.Read%10 != 0 || x.Loaded != x.Read/10*7 || x.Merged != x.Read/10 {
			t.Errorf("rows of one call were torn apart: %+v", x)
		}
		next, _ := begin(t, db, reports.Options{})
		finish(t, next, reports.Succeeded)
		if got := one[int](t, path, "SELECT count(*) FROM run WHERE status = 'interrupted'"); got != try+1 {
			t.Errorf("%d runs are interrupted, want %d", got, try+1)
		}
		if got := one[string](t, path, "PRAGMA integrity_check"); got != "ok" {
			t.Error(got)
		}
		db.Close()
	}
}

// killWhileRecording starts this binary as a recorder and kills it at some
// moment after its run has some rows.
func killWhileRecording(t *testing.T, path string, later time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "CHARTLIFT_TEST_RECORD="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	// It says something when it has begun; what it has recorded is in the
	// database some time after.
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	conn, rows := raw(t, path), 0
	for deadline := time.Now().Add(time.Minute); rows < 10_000; time.Sleep(10 * time.Millisecond) {
		if err := conn.QueryRow("SELECT rows_read FROM source ORDER BY source_id DESC LIMIT 1").Scan(&rows); err != nil || time.Now().After(deadline) {
			t.Fatalf("%d rows are recorded, %v", rows, err)
		}
	}
	time.Sleep(later)
	child.Process.Kill()
	child.Wait()
}

func TestFullDiskStopsTheRecorderAndLeavesABalance(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: a small file system cannot be mounted here: %s", out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", disk).Run() })
	db, err := reports.Open(filepath.Join(disk, "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rec, id := begin(t, db, reports.Options{})
	full := fillUp(rec, id)
	if full == nil || !strings.Contains(full.Error(), "full") && !strings.Contains(full.Error(), "disk I/O") {
		t.Fatalf("Err says %v", full)
	}
	rec.Rows(id, []reports.RowRange{{First: 1e12, Last: 1e12 + 5}}) // must not block, nor count
	if err := rec.Finish(context.Background(), reports.Failed, 1); err == nil {
		t.Error("Finish is silent about the full disk")
	}
	l := ledger(t, db)
	if err := l.Check(); err != nil || l.Total().Read == 0 || l.Total().Read > 1e11 {
		t.Errorf("%+v: %v", l.Total(), err)
	}
}

// fillUp records until the recorder says that it cannot.
func fillUp(rec *reports.Recorder, id int64) error {
	for row := int64(1); row < 10_000_000; row++ {
		rec.Rows(id, []reports.RowRange{{First: row, Last: row, Outcome: reports.Rejected, Reason: fmt.Sprint("reason ", row)}})
		if err := rec.Err(); err != nil {
			return err
		}
	}
	return nil
}

func TestAMillionUneventfulRowsAreCheap(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	for row := int64(0); row < 1_000_000; row += 500 {
		rec.Rows(id, []reports.RowRange{{First: row + 1, Last: row + 500}})
	}
	finish(t, rec, reports.Succeeded)
	// What they cost is what is written of them: 2,000 times a range that ends
	// later.
	if n := one[int](t, path, "SELECT count(*) FROM row_outcome"); n != 1 {
		t.Errorf("they are kept as %d ranges", n)
	}
	if l := ledger(t, db); !l.Balanced || l.Total().Loaded != 1_000_000 {
		t.Errorf("%+v", l)
	}
	db.Close()
	if stat, _ := os.Stat(path); stat.Size() > 1<<20 {
		t.Errorf("the file has %d bytes", stat.Size())
	}
}

func BenchmarkRows(b *testing.B) {
	db, _ := open(b)
	rec, id := begin(b, db, reports.Options{})
	row := int64(1)
	for b.Loop() {
		rec.Rows(id, []reports.RowRange{
			{First: row, Last: row + 498},
			{First: row + 499, Last: row + 499, Outcome: reports.Rejected, Reason: "bad-date"},
		})
		row += 500
	}
	finish(b, rec, reports.Succeeded)
	b.ReportMetric(float64(row)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkIssue keeps every finding: no group is full.
func BenchmarkIssue(b *testing.B) {
	db, _ := open(b)
	rec, id := begin(b, db, reports.Options{})
	n := int64(0)
	for b.Loop() {
		n++
		rec.Issue(id, issue.Issue{
			Severity: issue.Error, Code: "bad-date", Rule: fmt.Sprint("rule ", n/1_000), Column: "DOB", Value: "31/02/1980",
			Message: "no such day", Origin: issue.Origin{Row: n, Line: n + 1},
		})
	}
	finish(b, rec, reports.Succeeded)
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "issues/s")
}
