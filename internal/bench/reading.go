package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// bookRows is how many rows the workbook has: Excel takes a million, and
// openpyxl a minute for these.
const bookRows = 200_000

// readJob is one file that several programs read. The first of them is ours.
type readJob struct {
	title, about string
	bytes        int64
	rows         int64
	readers      []*reader
}

// reader is one program that reads a file and prints the number of its rows.
type reader struct {
	name, how string
	args      []string
	goal      string // that is about it, "" for none
	counts    bool   // it prints rows; the scan prints lines
	elsewhere bool   // a server does its work: its CPU time is not known
	turns     []cost
}

// reading measures how fast files are read, each job's readers taking turns.
func reading(ctx context.Context, a *arena, o options) (s section, err error) {
	defer a.stopMySQL()
	var jobs []*readJob
	for _, make := range []func(context.Context, []string) (*readJob, error){a.csvJob, a.dumpJob, a.bookJob} {
		j, err := make(ctx, o.wanted())
		if err != nil {
			return s, err
		}
		if err := a.readAll(ctx, o.runs, j); err != nil {
			return s, err
		}
		jobs = append(jobs, j)
		for _, r := range j.readers[1:] {
			if r.goal != "" {
				s.figures = append(s.figures, r.figure(j.readers[0]))
			}
		}
	}
	var b strings.Builder
	readingTables(&b, jobs)
	s.body = b.String()
	return s, nil
}

// readAll lets the readers of a job take turns; all must find the same rows.
func (a *arena) readAll(ctx context.Context, runs int, j *readJob) error {
	for round := range runs {
		for _, r := range j.readers {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s, %s\n", round+1, runs, j.title, r.name)
			got, text, err := measureText(ctx, r.args, nil)
			if err != nil {
				return fmt.Errorf("run %s: %w", r.name, err)
			}
			n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			switch {
			case err != nil:
				return fmt.Errorf("run %s: it printed %q", r.name, text)
			case j.rows == 0:
				j.rows = n
			case r.counts && n != j.rows:
				return fmt.Errorf("run %s: it read %d rows, not %d", r.name, n, j.rows)
			}
			r.turns = append(r.turns, got)
		}
	}
	return nil
}

// own is a reader that this program is itself.
func (a *arena) own(name, how, way, path, goal string) *reader {
	return &reader{name: name, how: how, goal: goal, counts: way != "scan", args: []string{a.self, readCommand, way, path}}
}

func (a *arena) csvJob(context.Context, []string) (*readJob, error) {
	path := filepath.Join(a.data, "observations.csv")
	return newReadJob("CSV", "the observations", path, []*reader{
		a.own("chartlift", "its reader: all formats tried, text checked, NULL told from empty, every value looked at", "ours", path, ""),
		a.own("chartlift, cells alone", "its reader where it makes no values, as when a table is cut for several processes: the cells of every record are found", "cells", path, ""),
		a.own("scan", "looks for line ends only", "scan", path, ""),
		a.own("encoding/csv, ReuseRecord", "Go's standard library, one slice for all records", "encoding/csv-reuse", path, "CSV"),
		a.own("encoding/csv", "the same with a new slice for each record", "encoding/csv", path, ""),
	})
}

func (a *arena) dumpJob(ctx context.Context, want []string) (*readJob, error) {
	path, err := makeDump(a.data, a.rows)
	if err != nil {
		return nil, err
	}
	readers := []*reader{
		a.own("chartlift", "its reader; the file is read twice, once for the tables", "ours", path, ""),
		a.own("scan", "looks for line ends only", "scan", path, ""),
	}
	if slices.Contains(want, "mysql") {
		if server, how, ok := a.startMySQL(ctx); ok {
			readers = append(readers, &reader{name: "mysql < dump", how: how, goal: "15", counts: true, elsewhere: true, args: []string{"sh", a.script("mysql_import.sh"), "load", server, path}})
		}
	}
	if slices.Contains(want, "csv-trick") {
		if python, version, err := preparePython(ctx, a); err != nil {
			a.leaveOut("Python's csv module", "there is no Python here", err)
		} else {
			readers = append(readers, &reader{
				name: "Python's csv module", how: version + "; each statement is taken for a line of CSV, which a value that begins with ( behind one that ends with ) breaks",
				goal: "16", counts: true, args: append(python, a.script("dump_csv_run.py"), path),
			})
		}
	}
	return newReadJob("SQL dump", "the observations as mysqldump writes them", path, readers)
}

func (a *arena) bookJob(ctx context.Context, want []string) (*readJob, error) {
	path, err := makeBook(a.data, min(bookRows, a.rows))
	if err != nil {
		return nil, err
	}
	readers := []*reader{a.own("chartlift", "its reader; sheets are read twice, once for header and merged cells", "ours", path, "")}
	for _, p := range []struct{ name, pack, script, goal, how string }{
		{"python-calamine", "python-calamine", "calamine_run.py", "17b", "Rust; the whole sheet in memory"},
		{"openpyxl", "openpyxl", "openpyxl_run.py", "17a", "`read_only`, values alone"},
	} {
		if !slices.Contains(want, p.name) {
			continue
		}
		python, version, err := a.install(ctx, peer{name: p.name, packages: []string{p.pack}})
		if err != nil {
			a.leaveOut(p.name, "it could not be installed here", err)
			continue
		}
		readers = append(readers, &reader{name: p.name, how: version + "; " + p.how, goal: p.goal, counts: true, args: []string{python, a.script(p.script), path}})
	}
	return newReadJob("XLSX", fmt.Sprintf("%d observations, texts shared as Excel does", min(bookRows, a.rows)), path, readers)
}

func newReadJob(title, about, path string, readers []*reader) (*readJob, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", title, err)
	}
	return &readJob{title: title, about: about, bytes: stat.Size(), readers: readers}, nil
}

// script is the path of a peer's program.
func (a *arena) script(name string) string { return filepath.Join(a.scripts, name) }

// leaveOut notes a peer that does not run.
func (a *arena) leaveOut(name, why string, err error) {
	a.missing = append(a.missing, fmt.Sprintf("%s is left out: %s", name, why))
	fmt.Fprintf(os.Stderr, "bench: %s: %v\n", name, err)
}

// startMySQL starts a database server that nobody else can reach; stopMySQL
// ends it.
func (a *arena) startMySQL(ctx context.Context) (dir, how string, ok bool) {
	version, err := exec.CommandContext(ctx, "mariadbd", "--no-defaults", "--version").Output()
	if err != nil {
		a.leaveOut("mysql < dump", "there is no MariaDB here (apt-get install mariadb-server)", err)
		return "", "", false
	}
	dir = filepath.Join(a.work, "mysql")
	// The server is its child and lives on: its output goes to files, or
	// waiting for the script would wait for it.
	if err := exec.CommandContext(ctx, "sh", a.script("mysql_import.sh"), "start", dir).Run(); err != nil {
		a.leaveOut("mysql < dump", "the server did not start", err)
		return "", "", false
	}
	a.mysql = dir
	_, text, _ := strings.Cut(string(version), "Ver ")
	return dir, "MariaDB " + strings.Fields(text + " ?")[0] + " on a socket, nothing synced; only the client's CPU and memory are measured", true
}

func (a *arena) stopMySQL() {
	if a.mysql != "" {
		if text, err := exec.Command("sh", a.script("mysql_import.sh"), "stop", a.mysql).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: stop MariaDB: %v %s\n", err, text)
		}
	}
}
