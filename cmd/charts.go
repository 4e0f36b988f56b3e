package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/reports"
	"chartlift/reports/charts"
	"chartlift/reports/workbook"
)

// rowKey is a row of a source.
type rowKey struct {
	source, table string
	row           int64
}

// sampleCharts converts the sources of a run again, into a sink that keeps the
// charts of few patients, and reads the rows that they came from. Nothing is
// sent, and the project's run database is not written to.
func sampleCharts(ctx context.Context, s *settings, db *reports.DB, run string, o charts.Options) (_ *reports.Charts, err error) {
	info, err := db.Run(ctx, run)
	if err != nil {
		return nil, err
	}
	m, err := replan(ctx, s, info)
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return nil, fmt.Errorf("sample charts: %w", err)
	}
	if m.prog.SHA256 != info.MappingSHA256 {
		return nil, refuse("mapping-changed", "charts are sampled by converting the sources again, but the mapping has changed since the run")
	}
	sampler := charts.New(o)
	if err := m.convertInto(ctx, sampler, db, info); err != nil {
		return nil, fmt.Errorf("sample charts: %w", err)
	}
	troubled, err := db.TroubledRows(ctx, run)
	if err != nil {
		return nil, err
	}
	sample := sampler.Charts(func(o issue.Origin) bool {
		return troubled[reports.RowPlace{Source: o.Source, Table: o.Table, Row: o.Row}]
	})
	cells, err := m.cellsOf(ctx, sample)
	if err != nil {
		return nil, fmt.Errorf("sample charts: %w", err)
	}
	out := &reports.Charts{Seed: o.Seed, Asked: o.Patients}
	for _, c := range sample {
		chart, err := m.beside(c, cells)
		if err != nil {
			return nil, err
		}
		out.Sampled = append(out.Sampled, chart)
	}
	return out, nil
}

// beside lays rows beside the resources of one chart.
func (m *migration) beside(c charts.Chart, cells map[rowKey][]string) (reports.Chart, error) {
	chart := reports.Chart{Patient: c.Patient, Stratum: c.Stratum, Resources: c.Resources}
	for _, e := range c.Entries {
		var columns []string
		if _, in := m.tables.Input(e.Origin.Source, e.Origin.Table); in != nil {
			columns = in.Schema.Columns
		}
		entry, err := charts.Beside(e, columns, cells[rowKey{e.Origin.Source, e.Origin.Table, e.Origin.Row}])
		if err != nil {
			return chart, err
		}
		chart.Entries = append(chart.Entries, entry)
	}
	return chart, nil
}

// convertInto runs the job of a run into a sink, with a run database of its own
// that goes with the temporary folder. People are matched as the run matched
// them: by its flags, and by the decisions and survivors of the project's
// database, which is only read.
func (m *migration) convertInto(ctx context.Context, sink load.Sink, project *reports.DB, info reports.RunInfo) error {
	o := runOptions{maxRejected: -1, onInvalid: "reject", onProfile: "warn"}
	args, err := argsOf(info)
	if err != nil {
		return err
	}
	quiet := *m.s
	_, ran, err := args.runOptions(&quiet, nil)
	if err != nil {
		return err
	}
	o.matchOptions = ran.matchOptions
	m.db = project
	match, err := m.matching(ctx, o)
	m.db = nil // the project's is the caller's to close
	if err != nil {
		return err
	}
	if err := m.rehearsing(ctx); err != nil {
		return err
	}
	m.target = &target{sink: sink, name: "sample", key: "sample", senders: 1, lines: true}
	job := m.job(o)
	job.Match = match
	_, err = pipeline.Run(ctx, job)
	return errors.Join(err, m.rec.Finish(ctx, reports.Succeeded, 0))
}

// rehearsing opens a run database that goes with the temporary folder, for a
// conversion of which nothing is kept.
func (m *migration) rehearsing(ctx context.Context) (err error) {
	if m.db, err = reports.Open(filepath.Join(m.temp, "sample.db")); err != nil {
		return err
	}
	if m.rec, err = m.db.Begin(ctx, reports.RunInfo{Command: "sample", Options: reports.Options{MaskValues: true}}); err != nil {
		return err
	}
	for _, t := range m.tables.Tables {
		for _, in := range t.Inputs {
			if in.ID, err = m.rec.Source(reports.SourceInfo{Source: in.Schema.Source, Table: in.Schema.Table, Mapped: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// cellsOf reads the rows that the charts came from, each table once.
func (m *migration) cellsOf(ctx context.Context, sample []charts.Chart) (map[rowKey][]string, error) {
	wanted := map[*pipeline.Input][]workbook.RejectedRow{}
	for _, c := range sample {
		for _, e := range c.Entries {
			if _, in := m.tables.Input(e.Origin.Source, e.Origin.Table); in != nil {
				wanted[in] = append(wanted[in], workbook.RejectedRow{Row: e.Origin.Row})
			}
		}
	}
	out := map[rowKey][]string{}
	for in, rows := range wanted {
		slices.SortFunc(rows, func(a, b workbook.RejectedRow) int { return int(a.Row - b.Row) })
		rows = slices.CompactFunc(rows, func(a, b workbook.RejectedRow) bool { return a.Row == b.Row })
		err := eachRowOf(ctx, in, rows, func(_ int, rec *extract.Record) {
			key := rowKey{in.Schema.Source, in.Schema.Table, rec.Origin.Row}
			for _, v := range rec.Values {
				out[key] = append(out[key], strings.Clone(v.Text))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
