package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/internal/console"
	"chartlift/internal/issue"
	"chartlift/transform/dedupe"
)

// tableRef names a table of a file; an empty name is the first.
type tableRef struct{ path, table string }

// eachRow calls row for every row of a table, with the places of these columns
// in it.
func (s *settings) eachRow(ctx context.Context, ref tableRef, columns []string, row func(rec *extract.Record, at []int) error) (err error) {
	temp, err := os.MkdirTemp("", "chartlift-dedupe-*")
	if err != nil {
		return fmt.Errorf("make temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, removeFolder(temp)) }()
	src, err := extract.Open(ctx, formats.All(), ref.path, extract.Options{TempDir: temp})
	if err != nil {
		return cannotRead(err)
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	schema, err := ref.find(ctx, src)
	if err != nil {
		return cannotRead(err)
	}
	at, err := places(ref.path, schema.Columns, columns)
	if err != nil {
		return err
	}
	bar := console.NewProgress(s.streams.Err, s.quiet)
	bar.Start("read")
	defer bar.End("read")
	for batch, err := range src.Read(ctx, schema.Table, func(issue.Issue) {}) {
		if err != nil {
			return cannotRead(fmt.Errorf("read %s: %w", ref.path, err))
		}
		bar.Add("read", int64(len(batch.Records)), batch.Share)
		for i := range batch.Records {
			if err := row(&batch.Records[i], at); err != nil {
				return err
			}
		}
	}
	return nil
}

// cannotRead gives a file that cannot be read the exit code of a command that
// could not go on; a path that is wrong stays wrong use.
func cannotRead(err error) error {
	var open *extract.OpenError
	if errors.As(err, &open) && open.Code != "no-such-file" && open.Code != "is-a-directory" {
		return &exitError{code: exitFailed, stable: open.Code, err: err}
	}
	return err
}

func (ref tableRef) find(ctx context.Context, src extract.Source) (*extract.Schema, error) {
	schemas, err := src.Tables(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, schema := range schemas {
		if ref.table == "" || schema.Table == ref.table {
			return schema, nil
		}
		names = append(names, schema.Table)
	}
	if len(names) == 0 {
		return nil, refuse("no-tables", "%s: there is no table in it", ref.path)
	}
	return nil, refuse("no-tables", "%s: there is no table %q; there are %s", ref.path, ref.table, strings.Join(names, ", "))
}

// places finds columns in a header.
func places(path string, header, columns []string) ([]int, error) {
	var at []int
	var absent []string
	for _, c := range columns {
		i := slices.Index(header, c)
		if i < 0 {
			absent = append(absent, fmt.Sprintf("%q", c))
		}
		at = append(at, i)
	}
	if len(absent) > 0 {
		return nil, usage("%s has no column %s; its columns are %s", path, strings.Join(absent, ", "), strings.Join(header, ", "))
	}
	return at, nil
}

// readTruth reads which records are one person: a CSV file with id and cluster.
func readTruth(ctx context.Context, path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	truth := map[string]string{}
	quiet := &settings{quiet: true}
	err := quiet.eachRow(ctx, tableRef{path: path}, []string{"id", "cluster"}, func(rec *extract.Record, at []int) error {
		truth[strings.TrimSpace(rec.Values[at[0]].Text)] = strings.TrimSpace(rec.Values[at[1]].Text)
		return nil
	})
	return truth, err
}

// readDecisions reads what people have decided: a CSV file with id_l, id_r and
// decision.
func readDecisions(ctx context.Context, path string) ([]dedupe.Decision, error) {
	if path == "" {
		return nil, nil
	}
	var all []dedupe.Decision
	quiet := &settings{quiet: true}
	err := quiet.eachRow(ctx, tableRef{path: path}, []string{"id_l", "id_r", "decision"}, func(rec *extract.Record, at []int) error {
		d := dedupe.Decision{L: strings.TrimSpace(rec.Values[at[0]].Text), R: strings.TrimSpace(rec.Values[at[1]].Text)}
		switch strings.ToLower(strings.TrimSpace(rec.Values[at[2]].Text)) {
		case "same":
			d.Same = true
		case "different":
		case "":
			return nil // not decided yet
		default:
			return usage("%s: a decision is same, different or empty", rec.Origin)
		}
		all = append(all, d)
		return nil
	})
	return all, err
}
