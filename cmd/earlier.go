package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/tables"
	"chartlift/load/ndjson"
	"chartlift/mappings"
	"chartlift/reports"
)

// asDelivered refuses, before a row is read, what would harm the charts that
// earlier runs brought to the target: a table that is not given any more, rows
// that got the numbers of others, and changes in the place of files. A
// rehearsal reaches nobody's charts.
func (m *migration) asDelivered(ctx context.Context, o deltaOptions) (err error) {
	if err := m.named(o); err != nil || m.target.rehearsal {
		return err
	}
	if err := m.inTheWay(o); err != nil || !exists(m.s.database()) {
		return err
	}
	db, err := reports.OpenReadOnly(m.s.database())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if m.earlier, err = db.EarlierTables(ctx, m.target.key, m.scope()); err != nil || len(m.earlier) == 0 {
		return err
	}
	if err := m.gone(ctx, o); err != nil {
		return err
	}
	return m.renumbered(ctx, o, m.earlier)
}

// named refuses sources and maps that the mapping does not have: a slip would
// allow nothing, and be found at night.
func (m *migration) named(o deltaOptions) error {
	for _, name := range o.missing {
		if !slices.ContainsFunc(m.prog.Needed(), func(s *mappings.Source) bool { return s.Name == name }) {
			return usage("--allow-missing %s: the mapping reads no source of that name", name)
		}
	}
	for _, name := range o.moved {
		if !slices.ContainsFunc(m.prog.Maps, func(def *mappings.Map) bool { return def.Name == name && byNumber(def) }) {
			return usage("--allow-renumbered %s: the mapping has no map of that name with %s in its key", name, mappings.LineKey)
		}
	}
	return nil
}

// inTheWay refuses to put the changes of a night in the place of files: who
// takes the folder over would have lost the rest.
func (m *migration) inTheWay(o deltaOptions) error {
	if !o.delta || !m.target.files || o.resumes != "" {
		return nil
	}
	names, err := ndjson.Earlier(m.target.key)
	if err != nil || len(names) == 0 {
		return err
	}
	return refuse("earlier-files", "%s holds %s of an earlier run (%s), and --delta would put the changes alone in their place; move them to where they are handed over, one folder a night, "+
		"and run again: what was written is known by the run database. Without --delta everything is written anew",
		m.target.name, issue.Count(len(names), "file"), firstFew(names, 3))
}

// gone refuses sources that lack a table of which an earlier run delivered:
// what refers to it is made without the reference, and would be sent so.
func (m *migration) gone(ctx context.Context, o deltaOptions) error {
	rowless, err := m.tables.Rowless(ctx)
	if err != nil {
		return err
	}
	var told, names []string
	for _, s := range rowless {
		if had := m.had(o, s); had != "" {
			names, told = append(names, s.Name), append(told, had)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return m.tableGone(told, names)
}

// emptied refuses a table of a dump, or of standard input, that turns out to be
// empty when it is read: to look for its rows before would be to read all of
// that twice. What refers to it comes later, but for tables that refer to each
// other.
func (m *migration) emptied(o deltaOptions) func(*pipeline.Table) error {
	if len(m.earlier) == 0 {
		return nil
	}
	return func(t *pipeline.Table) error {
		had := m.had(o, t.Source)
		// A feed of messages has segments of a kind on some nights and on
		// others not.
		if had == "" || t.Source.View != nil || slices.Contains([]string{"hl7v2", "ccda"}, t.Source.Format) {
			return nil
		}
		return m.tableGone([]string{had}, []string{t.Source.Name})
	}
}

func (m *migration) tableGone(told, names []string) error {
	return refuse("table-gone", "the sources have no rows of %s, from which was delivered to %s; what refers to them would lose its references there. "+
		"Give the files again, or say --allow-missing %s to go on without", strings.Join(told, ", "), m.target.name, strings.Join(names, ","))
}

// had says what an earlier run read of a source; "" where none delivered from
// it, or it may be missing.
func (m *migration) had(o deltaOptions, s *mappings.Source) string {
	before := latest(m.earlier, s, "")
	if len(before) == 0 || slices.Contains(o.missing, s.Name) {
		return ""
	}
	rows, had := int64(0), "some rows"
	for _, e := range before {
		rows += e.Rows
	}
	if rows > 0 {
		had = issue.Count(rows, "row")
	}
	return fmt.Sprintf("%s (%s; run %s had %s of it from %s)", s.Name, tables.Wanted(s), before[0].Run, had, before[0].Path)
}

// latest returns what the last run that had it read as the source; of table
// alone, where that is not "".
func latest(earlier []reports.EarlierTable, s *mappings.Source, table string) (out []reports.EarlierTable) {
	for _, e := range earlier {
		if len(out) > 0 && out[0].Run != e.Run {
			break
		}
		if s.MatchesFile(e.Source) && s.MatchesTable(e.Table) && (table == "" || table == e.Table) {
			out = append(out, e)
		}
	}
	return out
}

// byNumber reports whether ids of the map's resources are made of the numbers
// of its rows.
func byNumber(def *mappings.Map) bool {
	return def.From != nil && slices.Contains(def.Key, mappings.LineKey)
}

// renumbered refuses files of which rows are known by their number, and that
// changed in another way than by lines added at the end.
func (m *migration) renumbered(ctx context.Context, o deltaOptions, earlier []reports.EarlierTable) error {
	var files, names []string
	run := ""
	for _, t := range m.tables.Tables {
		var asked []string
		for _, def := range m.prog.Maps {
			if def.From == t.Source && byNumber(def) && !slices.Contains(o.moved, def.Name) {
				asked = append(asked, def.Name)
			}
		}
		if len(asked) == 0 {
			continue
		}
		for _, in := range t.Inputs {
			before := latest(earlier, t.Source, in.Schema.Table)
			kept, err := m.kept(ctx, t.Source, in, before)
			if err != nil {
				return err
			}
			if !kept {
				files, names, run = append(files, in.Schema.Source), append(names, asked...), before[0].Run
			}
		}
	}
	if len(files) == 0 {
		return nil
	}
	slices.Sort(names)
	maps, first := strings.Join(slices.Compact(names), ","), "Take the run back first (chartlift undo "+run+") and run again, best with a key: of columns"
	if m.target.files {
		first = "Name another folder, best with a key: of columns"
	}
	return refuse("rows-renumbered", "%s changed since run %s otherwise than by lines added at the end, and the maps %s know rows by their number (key: [%s]): "+
		"resources on %s would be written over by those of other rows, or doubled. %s; or say --allow-renumbered %s, where no row has moved",
		strings.Join(files, ", "), run, maps, mappings.LineKey, m.target.name, first, maps)
}

// kept reports whether each row of a table that was delivered has its number
// still: nothing was, the file is what it was, or begins with all of that.
func (m *migration) kept(ctx context.Context, s *mappings.Source, in *pipeline.Input, before []reports.EarlierTable) (bool, error) {
	path := m.tables.Path(in)
	disk := onDisk(path)
	if len(before) == 0 || disk == "-" {
		return len(before) == 0, nil
	}
	for _, e := range before {
		stat, err := os.Stat(disk)
		if err != nil {
			return false, fmt.Errorf("look at %s: %w", disk, err)
		}
		// The directory of an archive, and pages of a database, stand anywhere:
		// only where a file is read from its beginning does its beginning say
		// what its first rows are.
		grows := slices.Contains([]string{"csv", "sql_dump", "hl7v2"}, s.Format) && disk == path && !extract.IsArchiveName(disk)
		if e.SHA256 == "" || stat.Size() < e.Bytes || stat.Size() > e.Bytes && !grows {
			continue
		}
		same, err := beginsWith(ctx, disk, e)
		if same || err != nil {
			return same, err
		}
	}
	return false, nil
}

// beginsWith reports whether a file begins with the whole of an earlier one,
// whose last line is not gone on with.
func beginsWith(ctx context.Context, path string, e reports.EarlierTable) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("open %s: %w", path, err)
	}
	defer f.Close()
	h := sha256.New()
	for left := e.Bytes; left > 0; {
		n, err := io.CopyN(h, f, min(left, 8<<20))
		if left -= n; err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return false, fmt.Errorf("compare %s with what was read before: %w", path, err)
		}
	}
	if hex.EncodeToString(h.Sum(nil)) != e.SHA256 {
		return false, nil
	}
	seam := make([]byte, 2) // the last byte of what was there, and the first one of what is new
	if n, err := f.ReadAt(seam, max(0, e.Bytes-1)); n < 2 {
		if errors.Is(err, io.EOF) {
			err = nil // nothing is new
		}
		return err == nil, err
	}
	return seam[0] == '\n' || seam[1] == '\n' || seam[1] == '\r', nil
}
