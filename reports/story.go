package reports

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"chartlift/internal/issue"
)

// ErrNoSource says that the run has no such file or table, or more than one.
var ErrNoSource = errors.New("no such source in this run")

// severalSources is the ErrNoSource of a name that means more than one table:
// there are such sources, so it has words of its own.
type severalSources string

// Error returns what to write instead.
func (e severalSources) Error() string { return string(e) }

// Is reports whether the target is ErrNoSource.
func (e severalSources) Is(target error) bool { return target == ErrNoSource }

// sourceRow is one table of a run.
type sourceRow struct {
	id            int64
	source, table string
	mapped        bool
}

// findSource returns the table of a run that is called name: a table, a file
// that holds one table, or file/table.
func (db *DB) findSource(ctx context.Context, run, name string) (sourceRow, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return sourceRow{}, err
	}
	var found, all []sourceRow
	// Mapped tables come first: where a dump has one of them, its name alone
	// means that one.
	err = db.each(ctx, "SELECT source_id, source, table_or_sheet, mapped FROM source WHERE run_id = ? ORDER BY mapped DESC, source_id", []any{id},
		func(scan scanner) error {
			var s sourceRow
			err := scan(&s.id, &s.source, &s.table, &s.mapped)
			all = append(all, s)
			if s.named(name) && (len(found) == 0 || found[0].mapped == s.mapped) {
				found = append(found, s)
			}
			return err
		})
	switch {
	case err != nil:
		return sourceRow{}, err
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return sourceRow{}, severalSources(fmt.Sprintf("%q names several: %s; write one of these", name, writtenAs(found, all)))
	}
	for _, s := range all {
		if s.named(strings.NewReplacer(":", "/", "!", "/", "#", "/", " ", "/").Replace(name)) {
			return sourceRow{}, fmt.Errorf("%w: %q; write %s", ErrNoSource, name, writtenAs([]sourceRow{s}, all))
		}
	}
	return sourceRow{}, fmt.Errorf("%w: %q; there are: %s", ErrNoSource, name, writtenAs(all, all))
}

// mostNamed bounds how many tables an error names: dumps have hundreds.
const mostNamed = 20

// writtenAs lists tables as a user is to write them: the file, or file/table
// where the file has several.
func writtenAs(tables, all []sourceRow) string {
	inFile := map[string]int{}
	for _, s := range all {
		inFile[s.source]++
	}
	var names []string
	for i, s := range tables {
		if i == mostNamed {
			names = append(names, fmt.Sprintf("and %d more", len(tables)-i))
			break
		}
		name := s.source
		if inFile[name] > 1 {
			name += "/" + s.table
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// named reports whether a user who says name may mean this table. Folders
// before the file's name may be left out.
func (s sourceRow) named(name string) bool {
	base := s.source[strings.LastIndexAny(s.source, `/\`)+1:]
	return name == s.table || name == s.source || name == base || name == s.source+"/"+s.table || name == base+"/"+s.table
}

// Story is all that the run database knows of one row. The caller adds the raw
// values and the resources by reading the source again.
type Story struct {
	Run        string         `json:"run"`
	Written    bool           `json:"written,omitempty"` // into files: nothing was sent
	Source     string         `json:"source"`
	Table      string         `json:"table"`
	Row        int64          `json:"row"`
	Line       int64          `json:"line,omitempty"`    // of the file, 0 where no finding names it
	Outcome    string         `json:"outcome,omitempty"` // "" where the run did not come to the row
	Reason     string         `json:"reason,omitempty"`
	MergedInto int64          `json:"merged_into,omitempty"`
	Findings   []StoryFinding `json:"findings"`
	Bundles    []StoryBundle  `json:"bundles"`
	Refused    []StoryRefusal `json:"refused"`
}

// StoryFinding is one finding of the row.
type StoryFinding struct {
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	Rule       string `json:"rule,omitempty"`
	Column     string `json:"column,omitempty"`
	Expression string `json:"expression,omitempty"`
	Value      string `json:"value,omitempty"`
	Message    string `json:"message"`
}

// StoryBundle is a bundle whose rows include the row.
type StoryBundle struct {
	Seq      int64  `json:"seq"`
	Status   int    `json:"status"`
	Attempts int    `json:"attempts"`
	Entries  int    `json:"entries"`
	OK       int    `json:"ok"`
	Started  string `json:"started"`
}

// StoryRefusal is a resource of the row that the target refused.
type StoryRefusal struct {
	Type       string `json:"type"`
	ID         string `json:"id"`
	Status     int    `json:"status"`
	Codes      string `json:"codes"`
	ServerText string `json:"server_text,omitempty"`
	MendedBy   string `json:"delivered_by,omitempty"` // the later run that delivered it
}

// RowStory returns what became of one row and why. The source is named by its
// file, its table, or file/table where a file holds several; ErrNoSource says
// which there are.
func (db *DB) RowStory(ctx context.Context, run, source string, row int64) (Story, error) {
	s, err := db.findSource(ctx, run, source)
	if err != nil {
		return Story{}, fmt.Errorf("tell row %d of %s: %w", row, source, err)
	}
	story := Story{
		Source: s.source, Table: s.table, Row: row,
		Findings: []StoryFinding{}, Bundles: []StoryBundle{}, Refused: []StoryRefusal{},
	}
	for _, part := range []func(context.Context, int64, *Story) error{db.storyOutcome, db.storyFindings, db.storyBundles, db.storyRefusals} {
		if err := part(ctx, s.id, &story); err != nil {
			return Story{}, fmt.Errorf("tell row %d of %s: %w", row, source, err)
		}
	}
	return story, nil
}

// storyOutcome finds the range that the row lies in.
func (db *DB) storyOutcome(ctx context.Context, source int64, s *Story) error {
	var run RunFacts
	err := db.sql.QueryRowContext(ctx, "SELECT run_id, target, dry_run FROM source JOIN run USING (run_id) WHERE source_id = ?", source).Scan(&s.Run, &run.Target, &run.DryRun)
	if err != nil {
		return err
	}
	s.Written = !run.atServer()
	return db.each(ctx, `SELECT outcome, reason, coalesce(merged_into, 0) FROM row_outcome
		WHERE source_id = ? AND ? BETWEEN first_row AND last_row ORDER BY range_id`, []any{source, s.Row}, func(scan scanner) error {
		return scan(&s.Outcome, &s.Reason, &s.MergedInto)
	})
}

// storyFindings finds what was found of the row, as far as it was kept.
func (db *DB) storyFindings(ctx context.Context, source int64, s *Story) error {
	return db.each(ctx, `SELECT f.severity, g.code, g.rule, g.column_name, f.expression, f.value, f.message, f.line
		FROM finding_group g JOIN finding f USING (group_id)
		WHERE g.source_id = ? AND f.row_no = ? ORDER BY f.finding_id`, []any{source, s.Row}, func(scan scanner) error {
		var f StoryFinding
		var line int64
		err := scan(&f.Severity, &f.Code, &f.Rule, &f.Column, &f.Expression, &f.Value, &f.Message, &line)
		s.Findings = append(s.Findings, f)
		s.Line = max(s.Line, line)
		return err
	})
}

// storyBundles finds the bundles whose rows include the row.
func (db *DB) storyBundles(ctx context.Context, source int64, s *Story) error {
	return db.each(ctx, `SELECT seq, http_status, attempts, n_entries, n_ok, started_at FROM unit
		WHERE run_id = ? AND source_id = ? AND ? BETWEEN first_row AND last_row ORDER BY seq`, []any{s.Run, source, s.Row}, func(scan scanner) error {
		var u StoryBundle
		err := scan(&u.Seq, &u.Status, &u.Attempts, &u.Entries, &u.OK, &u.Started)
		s.Bundles = append(s.Bundles, u)
		return err
	})
}

// storyRefusals finds the dead letters of the row.
func (db *DB) storyRefusals(ctx context.Context, source int64, s *Story) error {
	return db.each(ctx, `SELECT resource_type, resource_id, http_status, codes, server_text, coalesce(mended_by, '') FROM entry_failure
		WHERE source_id = ? AND row_no = ? ORDER BY failure_id`, []any{source, s.Row}, func(scan scanner) error {
		var f StoryRefusal
		err := scan(&f.Type, &f.ID, &f.Status, &f.Codes, &f.ServerText, &f.MendedBy)
		s.Refused = append(s.Refused, f)
		return err
	})
}

// Text returns the story for a terminal.
func (s Story) Text() string {
	var b strings.Builder
	origin := issue.Origin{Source: s.Source, Row: s.Row, Line: s.Line}
	fmt.Fprintf(&b, "%s, table %s, run %s\n", oneLine(origin.String()), oneLine(s.Table), s.Run)
	b.WriteString("outcome: " + s.outcomeText() + "\n")
	for _, f := range s.Findings {
		fmt.Fprintf(&b, "%s %s", f.Severity, f.Code)
		for _, part := range []struct{ name, text string }{{"column", f.Column}, {"rule", f.Rule}, {"at", f.Expression}, {"value", f.Value}} {
			if part.text != "" {
				fmt.Fprintf(&b, ", %s %s", part.name, oneLine(part.text))
			}
		}
		fmt.Fprintf(&b, "\n  %s\n", oneLine(f.Message))
	}
	for _, u := range s.Bundles {
		b.WriteString(s.bundleText(u))
	}
	for _, f := range s.Refused {
		fmt.Fprintf(&b, "refused %s/%s: status %d %s\n", f.Type, f.ID, f.Status, f.Codes)
		if f.MendedBy != "" {
			fmt.Fprintf(&b, "  delivered by run %s\n", f.MendedBy)
		}
		if f.ServerText != "" {
			fmt.Fprintf(&b, "  %s\n", oneLine(f.ServerText))
		}
	}
	return b.String()
}

// bundleText tells what became of a bundle. Files give no status: nothing was
// sent.
func (s Story) bundleText(u StoryBundle) string {
	if s.Written {
		return fmt.Sprintf("bundle %d: %d of %d entries written to files %s\n", u.Seq, u.OK, u.Entries, u.Started)
	}
	return fmt.Sprintf("bundle %d: status %d, attempts %d, %d of %d entries taken, sent %s\n", u.Seq, u.Status, u.Attempts, u.OK, u.Entries, u.Started)
}

// outcomeText returns the outcome as half a sentence.
func (s Story) outcomeText() string {
	switch {
	case s.Outcome == "":
		return "none; the run did not come to this row, or the table has no such row"
	case s.MergedInto > 0:
		return fmt.Sprintf("%s into row %d (%s)", s.Outcome, s.MergedInto, s.Reason)
	case s.Reason != "":
		return s.Outcome + " (" + s.Reason + ")"
	}
	return s.Outcome
}
