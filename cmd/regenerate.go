package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/load/handover"
	"chartlift/reports"
)

// regenerate makes the resources of the run once more, from its sources as they
// are now, and hands them to a sink in bundles that are the same each time.
// What the run database learns of it goes into one that is thrown away; its
// ledger is returned.
func (f *following) regenerate(ctx context.Context, sink load.Sink) (reports.Ledger, error) {
	if f.info.Command == "load" {
		return f.reread(ctx, sink)
	}
	quiet := *f.s
	_, o, err := f.args.runOptions(&quiet, nil)
	if err != nil {
		return reports.Ledger{}, err
	}
	// Declaring the flags emptied what they stand for.
	quiet.quiet, quiet.mapping, quiet.sources, quiet.set, quiet.guides = true, f.args.Mapping, f.args.Sources, f.args.Set, f.args.Guides
	o.plausible = false
	m, err := plan(ctx, &quiet, telling)
	if err != nil {
		return reports.Ledger{}, errors.Join(fmt.Errorf("make the resources of the run again: %w", err), m.Close())
	}
	l, err := f.convert(ctx, m, *o, sink)
	return l, errors.Join(err, m.Close())
}

// convert runs the conversion into the sink. Decisions and earlier matching are
// those of the project.
func (f *following) convert(ctx context.Context, m *migration, o runOptions, sink load.Sink) (l reports.Ledger, err error) {
	o.bundles = m.prog.Output
	m.target = &target{sink: sink, name: "comparison", senders: 1}
	m.db = f.db
	match, err := m.matching(ctx, o)
	m.db = nil
	if err != nil {
		return l, err
	}
	database := m.s.project
	m.s.project = filepath.Join(m.temp, "scratch")
	err = m.begin(ctx, runOptions{})
	m.s.project = database
	if err != nil {
		return l, err
	}
	job := m.job(o)
	job.Match = match
	if _, err := pipeline.Run(ctx, job); err != nil {
		return l, err
	}
	if err := m.rec.Finish(ctx, reports.Succeeded, 0); err != nil {
		return l, err
	}
	return m.db.Ledger(ctx, m.rec.ID())
}

// reread reads the files of a load once more.
func (f *following) reread(ctx context.Context, sink load.Sink) (l reports.Ledger, err error) {
	set, err := handover.Open(ctx, f.args.Sources, f.temp)
	if err != nil {
		return l, fileError(err)
	}
	defer func() { err = errors.Join(err, set.Close()) }()
	levels, err := set.Levels()
	if err != nil {
		return l, err
	}
	seq := int64(0)
	for i := range levels {
		for at := 0; at < levels[i].Len(); {
			seq++
			b := &load.Bundle{Seq: seq}
			for ; at < levels[i].Len() && len(b.Entries) < 100; at++ {
				item, err := levels[i].Item(at)
				if err != nil {
					return l, err
				}
				b.Entries = append(b.Entries, load.Entry{Resource: item.Resource, Origin: item.Origin})
			}
			if _, err := sink.Send(ctx, b); err != nil {
				return l, err
			}
		}
	}
	for _, file := range set.Files {
		l.Tables = append(l.Tables, reports.LedgerTable{Source: file.Name, Table: handover.TableOf(file.Name), Read: file.Rows})
	}
	return l, nil
}
