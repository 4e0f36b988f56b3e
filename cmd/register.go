package cmd

import (
	"context"
	"fmt"
	"os"

	"chartlift/internal/tables"
	"chartlift/reports"
)

// readTable is a table of a file that a run reads, or leaves behind.
type readTable struct {
	path string // of the file on the disk, absolute; "-" where it is standard input
	info reports.SourceInfo
	id   *int64 // where its id in the run database is kept; nil: nobody asks
}

// readTables are those of a run, in the order in which they are registered.
type readTables []readTable

// paths returns the files, one for each table.
func (all readTables) paths() (out []string) {
	for _, t := range all {
		out = append(out, t.path)
	}
	return out
}

// tablesToRead lists the tables of all files, and what is left behind.
func (m *migration) tablesToRead() (all readTables) {
	for _, t := range m.tables.Tables {
		for _, in := range t.Inputs {
			all = append(all, readTable{pathOnDisk(m.tables.Path(in)), reports.SourceInfo{
				Source: in.Schema.Source, Table: in.Schema.Table, Format: t.Source.Format, Encoding: t.Source.Read.Encoding, Mapped: true,
			}, &in.ID})
		}
	}
	for _, l := range m.tables.Left {
		all = append(all, readTable{pathOnDisk(l.Path), reports.SourceInfo{Source: l.Schema.Source, Table: l.Schema.Table}, nil})
	}
	return all
}

// countLeft takes down how many rows are left behind.
func (m *migration) countLeft(ctx context.Context, all readTables) error {
	if err := m.tables.CountLeft(ctx); err != nil {
		return err
	}
	left := all[len(all)-len(m.tables.Left):]
	for i, l := range m.tables.Left {
		left[i].info.Rows = l.Rows
	}
	return nil
}

func pathOnDisk(path string) string { return tables.Absolute(onDisk(path)) }

// registerFirst makes the tables known to the run database. Where the output is
// files, which get their names at the end, the hashes follow while rows are
// read: to read all files for them first would keep everything else waiting. A
// server may hold what it was sent of a run that is killed, and a later run
// asks what files that was.
func (m *migration) registerFirst(all readTables) error {
	if !m.target.files || m.parts != nil {
		return m.sums()
	}
	infos := make([]reports.SourceInfo, len(all))
	for i, t := range all {
		infos[i] = t.info
		infos[i].Path, infos[i].Unhashed = t.path, t.path != "-"
		if stat, err := os.Stat(t.path); err == nil {
			infos[i].Bytes = stat.Size()
		}
	}
	return m.tellSources(all, infos)
}

// register makes the tables known with the hashes of their files.
func (m *migration) register(ctx context.Context, all readTables, sums map[string]fileSum) error {
	infos := make([]reports.SourceInfo, len(all))
	for i, t := range all {
		sum, ok := sums[t.path]
		if !ok && t.path != "-" {
			var err error
			if sum, err = hashFile(ctx, t.path); err != nil {
				return err
			}
			sums[t.path] = sum
		}
		infos[i] = t.info
		infos[i].Path, infos[i].SHA256, infos[i].Bytes = t.path, sum.hash, sum.size
		if err := m.asPlanned(infos[i]); err != nil {
			return err
		}
	}
	return m.tellSources(all, infos)
}

// tellSources hands them to the run database, and keeps their ids.
func (m *migration) tellSources(all readTables, infos []reports.SourceInfo) error {
	ids, err := m.rec.Sources(infos)
	if err != nil {
		return fmt.Errorf("register sources: %w", err)
	}
	for i, t := range all {
		if t.id != nil && *t.id != ids[i] { // it stays the same, and is read by others
			*t.id = ids[i]
		}
	}
	return nil
}
