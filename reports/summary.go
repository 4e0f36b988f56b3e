package reports

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// How much of a run a Summary holds: the rest is in the named reports.
const (
	summaryGroups   = 20
	summaryExamples = 3
	summaryCodes    = 20
)

// Summary is one run at a glance: what the page, the Markdown and the JSON
// tell.
type Summary struct {
	Run          RunFacts           `json:"run"`
	Verdict      Verdict            `json:"verdict"`
	Ledger       Ledger             `json:"ledger"`
	Resources    []ResourceFacts    `json:"resources"`
	Findings     FindingFacts       `json:"findings"`
	Codes        CodeFacts          `json:"unmapped_codes"`
	Plausibility PlausibilityFacts  `json:"plausibility"`
	Completeness CompletenessFacts  `json:"completeness"`
	Support      []SupportedProfile `json:"must_support"` // how often what profiles must support is there
	Delivery     DeliveryFacts      `json:"delivery"`
	Acceptance   []Criterion        `json:"acceptance"`
	Confirmed    *ConfirmedFacts    `json:"confirmed,omitempty"`  // what the server holds of it; nil where nobody has compared
	Reasons      []ReasonFacts      `json:"reasons"`              // why rows were not loaded
	Undone       *UndoneFacts       `json:"undone,omitempty"`     // what took it back later; nil where nothing did
	Incomplete   string             `json:"incomplete,omitempty"` // what is said of dumps that are empty or end too early; "" where all are whole
	Bereft       string             `json:"bereft,omitempty"`     // what is said of records whose patients are missing; "" where none are

	cut       int64               // findings of Incomplete
	reference map[[2]string]int64 // rows of a table that are read for others
	Sources   []SourceFacts       `json:"sources"`
}

// RunFacts is the run's row of the run database.
type RunFacts struct {
	Number        int64  `json:"number"`
	ID            string `json:"id"`
	Command       string `json:"command"`
	Args          string `json:"args"`
	ToolVersion   string `json:"tool_version"`
	Mapping       string `json:"mapping"`
	MappingSHA256 string `json:"mapping_sha256"`
	Target        string `json:"target"`
	Site          string `json:"site"`
	Actor         string `json:"actor"`
	DryRun        bool   `json:"dry_run"`
	ValuesMasked  bool   `json:"values_masked"`
	Started       string `json:"started"`
	Finished      string `json:"finished,omitempty"`
	ExitCode      *int64 `json:"exit_code,omitempty"`
}

// ResourceFacts counts the resources of one type over all tables.
type ResourceFacts struct {
	Type     string `json:"type"`
	Built    int64  `json:"built"`
	Valid    int64  `json:"valid"`
	Loaded   int64  `json:"loaded"`
	Rejected int64  `json:"rejected"`
}

// FindingFacts counts all findings and lists the groups to look at first.
type FindingFacts struct {
	Errors   int64          `json:"errors"` // fatal ones included
	Warnings int64          `json:"warnings"`
	Notes    int64          `json:"information"`
	Groups   int64          `json:"groups"`
	First    []FindingGroup `json:"first"`
}

// FindingGroup is the findings of one table that are alike: of one rule, code,
// column and element, with one message. Severity is the worst of them; the
// counts of FindingFacts go by it.
type FindingGroup struct {
	Severity string           `json:"severity"`
	Code     string           `json:"code"`
	Rule     string           `json:"rule,omitempty"`
	Source   string           `json:"source,omitempty"`
	Table    string           `json:"table,omitempty"`
	Column   string           `json:"column,omitempty"`
	Count    int64            `json:"count"`
	Message  string           `json:"message"`
	Examples []FindingExample `json:"examples"`
}

// FindingExample is one row of a group.
type FindingExample struct {
	Row   int64  `json:"row"`
	Value string `json:"value,omitempty"`
}

// CodeFacts counts the unmapped codes and lists the most used.
type CodeFacts struct {
	Codes  int64          `json:"codes"`
	Uses   int64          `json:"uses"`
	Looked int64          `json:"looked_up"` // uses of codes that crosswalks looked up, mapped or not
	First  []UnmappedCode `json:"first"`
	Walks  []CodeCoverage `json:"crosswalks"`
}

// CodeCoverage is how often a crosswalk was asked, and how often it had no
// target.
type CodeCoverage struct {
	Crosswalk string `json:"crosswalk"`
	Looked    int64  `json:"looked_up"`
	Mapped    int64  `json:"mapped"`
	Unmapped  int64  `json:"unmapped"`
}

// UnmappedCode is a code that its crosswalk does not have.
type UnmappedCode struct {
	Crosswalk string `json:"crosswalk"`
	System    string `json:"system"`
	Code      string `json:"code"`
	Display   string `json:"display"`
	Uses      int64  `json:"uses"`
}

// DeliveryFacts sums up the bundles.
type DeliveryFacts struct {
	Bundles int64 `json:"bundles"`
	Entries int64 `json:"entries"`
	OK      int64 `json:"ok"`
	Created int64 `json:"created"`
	Retried int64 `json:"retried"` // bundles that took more than one attempt
	Refused int64 `json:"refused"` // entries that were not taken
	// Resources that the server had acknowledged, lost by a fall, and was sent
	// again; they are not among the entries a second time.
	Restored int64 `json:"restored,omitempty"`
}

// SourceFacts is one table of one source file.
type SourceFacts struct {
	Source   string `json:"source"`
	Table    string `json:"table"`
	Format   string `json:"format"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Encoding string `json:"encoding"`
	Mapped   bool   `json:"mapped"`
	Rows     int64  `json:"rows"`
}

// Summary returns the run at a glance, the latest if run is "". Values in
// examples are as the run database holds them.
func (db *DB) Summary(ctx context.Context, run string) (Summary, error) {
	return db.summary(ctx, run, summaryGroups)
}

// summary returns the run with at most so many groups of findings.
func (db *DB) summary(ctx context.Context, run string, groups int) (Summary, error) {
	l, err := db.Ledger(ctx, run)
	if err != nil {
		return Summary{}, fmt.Errorf("sum up run: %w", err)
	}
	s := Summary{
		Ledger: l, Resources: []ResourceFacts{}, Sources: []SourceFacts{},
		Findings: FindingFacts{First: []FindingGroup{}}, Codes: CodeFacts{First: []UnmappedCode{}},
	}
	for _, part := range []func(context.Context, *Summary) error{
		db.sumRun, db.sumResources, db.sumCodes, db.sumChecks, db.sumFields, db.sumSupport, db.sumReasons, db.sumIncomplete, db.sumBereft, db.sumUndone, db.sumDelivery, db.sumSources, db.sumConfirmed,
	} {
		if err := part(ctx, &s); err != nil {
			return Summary{}, fmt.Errorf("sum up run %s: %w", l.Run, err)
		}
	}
	if err := db.sumFindings(ctx, &s, groups); err != nil {
		return Summary{}, fmt.Errorf("sum up findings of run %s: %w", l.Run, err)
	}
	if err := db.sumAcceptance(ctx, &s); err != nil {
		return Summary{}, fmt.Errorf("judge run %s: %w", l.Run, err)
	}
	s.Verdict = s.verdict()
	return s, nil
}

// JSON writes the Summary of a run with line breaks; of source values it gives
// the shape.
func (db *DB) JSON(ctx context.Context, run string, w io.Writer) error {
	s, err := db.Summary(ctx, run)
	if err != nil {
		return err
	}
	for _, g := range s.Findings.First {
		for n, e := range g.Examples {
			if !s.Run.ValuesMasked {
				g.Examples[n].Value = Shape(e.Value)
			}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("write summary of run %s: %w", s.Run.ID, err)
	}
	return nil
}

// sumRun reads the run's own row.
func (db *DB) sumRun(ctx context.Context, s *Summary) error {
	r := &s.Run
	var finished sql.NullString
	err := db.sql.QueryRowContext(ctx, `SELECT run_no, run_id, command, args, tool_version, mapping, mapping_sha256, target, site,
		actor, dry_run, values_masked, started_at, finished_at, exit_code FROM run WHERE run_id = ?`, s.Ledger.Run).
		Scan(&r.Number, &r.ID, &r.Command, &r.Args, &r.ToolVersion, &r.Mapping, &r.MappingSHA256, &r.Target, &r.Site,
			&r.Actor, &r.DryRun, &r.ValuesMasked, &r.Started, &finished, &r.ExitCode)
	r.Finished = finished.String
	return err
}

// sumResources adds up the resource counts of all tables.
func (db *DB) sumResources(ctx context.Context, s *Summary) error {
	return db.each(ctx, `SELECT resource_type, sum(n_built), sum(n_valid), sum(n_loaded), sum(n_rejected)
		FROM resource_count WHERE run_id = ? GROUP BY resource_type ORDER BY resource_type`, []any{s.Run.ID}, func(scan scanner) error {
		var r ResourceFacts
		err := scan(&r.Type, &r.Built, &r.Valid, &r.Loaded, &r.Rejected)
		s.Resources = append(s.Resources, r)
		return err
	})
}

// sumFindings counts the findings by severity and reads the groups that come
// first: errors before warnings, many before few.
func (db *DB) sumFindings(ctx context.Context, s *Summary, groups int) error {
	err := db.sql.QueryRowContext(ctx, `SELECT
		coalesce(sum(iif(severity IN ('error', 'fatal'), n_findings, 0)), 0),
		coalesce(sum(iif(severity = 'warning', n_findings, 0)), 0),
		coalesce(sum(iif(severity = 'information', n_findings, 0)), 0), count(*)
		FROM finding_group WHERE run_id = ?`, s.Run.ID).
		Scan(&s.Findings.Errors, &s.Findings.Warnings, &s.Findings.Notes, &s.Findings.Groups)
	if err != nil {
		return err
	}
	var ids []int64
	err = db.each(ctx, `SELECT g.group_id, g.severity, g.code, g.rule, coalesce(s.source, ''), coalesce(s.table_or_sheet, ''),
		g.column_name, g.n_findings, g.message FROM finding_group g LEFT JOIN source s ON s.source_id = g.source_id
		WHERE g.run_id = ?
		ORDER BY `+findingOrder+` LIMIT ?`, []any{s.Run.ID, groups}, func(scan scanner) error {
		g := FindingGroup{Examples: []FindingExample{}}
		var id int64
		err := scan(&id, &g.Severity, &g.Code, &g.Rule, &g.Source, &g.Table, &g.Column, &g.Count, &g.Message)
		ids = append(ids, id)
		s.Findings.First = append(s.Findings.First, g)
		return err
	})
	for n, id := range ids {
		if err == nil {
			err = db.examples(ctx, id, &s.Findings.First[n])
		}
	}
	return err
}

// findingOrder puts what concerns most rows first. Groups are written as workers
// come to them; nothing of that may show, since two runs of the same files have
// the same reports.
const findingOrder = `iif(g.severity IN ('fatal', 'error'), 0, iif(g.severity = 'warning', 1, 2)), g.n_findings DESC,
		g.source_id, g.code, g.rule, g.column_name, g.first_row, g.message, g.group_id`

// examples reads the first rows of one group.
func (db *DB) examples(ctx context.Context, id int64, g *FindingGroup) error {
	return db.each(ctx, `SELECT row_no, value FROM finding WHERE group_id = ? AND row_no > 0
		ORDER BY row_no, finding_id LIMIT ?`, []any{id, summaryExamples}, func(scan scanner) error {
		var e FindingExample
		err := scan(&e.Row, &e.Value)
		g.Examples = append(g.Examples, e)
		return err
	})
}

// sumCodes counts the unmapped codes and reads the most used.
func (db *DB) sumCodes(ctx context.Context, s *Summary) error {
	err := db.sql.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(n_records), 0) FROM code_map
		WHERE run_id = ? AND status = 'unmapped'`, s.Run.ID).Scan(&s.Codes.Codes, &s.Codes.Uses)
	if err != nil {
		return err
	}
	s.Codes.Walks = []CodeCoverage{}
	err = db.each(ctx, `SELECT crosswalk, sum(n_uses), sum(iif(equivalence = 'unmapped', 0, n_uses)), sum(iif(equivalence = 'unmapped', n_uses, 0))
		FROM crosswalk_use WHERE run_id = ? GROUP BY 1 HAVING sum(n_uses) > 0 ORDER BY 4 DESC, 1`, []any{s.Run.ID}, func(scan scanner) error {
		var c CodeCoverage
		err := scan(&c.Crosswalk, &c.Looked, &c.Mapped, &c.Unmapped)
		s.Codes.Looked += c.Looked
		s.Codes.Walks = append(s.Codes.Walks, c)
		return err
	})
	if err != nil {
		return err
	}
	return db.each(ctx, `SELECT crosswalk, source_system, source_code, source_display, n_records FROM code_map
		WHERE run_id = ? AND status = 'unmapped' ORDER BY n_records DESC, crosswalk, source_system, source_code LIMIT ?`,
		[]any{s.Run.ID, summaryCodes}, func(scan scanner) error {
			var c UnmappedCode
			err := scan(&c.Crosswalk, &c.System, &c.Code, &c.Display, &c.Uses)
			s.Codes.First = append(s.Codes.First, c)
			return err
		})
}

// sumDelivery adds up the bundles. Dead letters that a later run delivered
// count as taken.
func (db *DB) sumDelivery(ctx context.Context, s *Summary) error {
	d := &s.Delivery
	var mended int64
	err := db.sql.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(n_entries), 0), coalesce(sum(n_ok), 0),
		coalesce(sum(n_created), 0), coalesce(sum(attempts > 1), 0), coalesce(sum(n_entries - n_ok), 0),
		(SELECT count(*) FROM entry_failure WHERE run_id = ?1 AND mended_by IS NOT NULL) FROM unit WHERE run_id = ?1`, s.Run.ID).
		Scan(&d.Bundles, &d.Entries, &d.OK, &d.Created, &d.Retried, &d.Refused, &mended)
	d.OK += mended
	d.Refused -= mended
	if err == nil {
		d.Restored, err = db.CountRestored(ctx, s.Run.ID)
	}
	return err
}

// sumSources lists the tables, those left behind included.
func (db *DB) sumSources(ctx context.Context, s *Summary) error {
	return db.each(ctx, `SELECT source, table_or_sheet, kind, bytes, sha256, encoding, mapped, rows_read FROM source
		WHERE run_id = ? ORDER BY source_id`, []any{s.Run.ID}, func(scan scanner) error {
		var f SourceFacts
		err := scan(&f.Source, &f.Table, &f.Format, &f.Bytes, &f.SHA256, &f.Encoding, &f.Mapped, &f.Rows)
		s.Sources = append(s.Sources, f)
		return err
	})
}

// signedSources are the source files with their hashes, each once.
func (s Summary) signedSources() []SourceFacts {
	var out []SourceFacts
	for _, f := range s.Sources {
		if f.SHA256 != "" && !slices.ContainsFunc(out, func(o SourceFacts) bool { return o.Source == f.Source }) {
			out = append(out, f)
		}
	}
	return out
}

// fileFacts is one source file with all of its tables: a dump has hundreds of
// them, and one hash.
type fileFacts struct {
	SourceFacts
	Tables, Behind int // all tables, and those that no mapping names
}

// files gathers the tables by file, in the order in which they were read; Rows
// is their sum.
func (s Summary) files() []fileFacts {
	var out []fileFacts
	at := map[string]int{}
	for _, f := range s.Sources {
		n, known := at[f.Source]
		if !known {
			n, at[f.Source] = len(out), len(out)
			out = append(out, fileFacts{SourceFacts: f})
			out[n].Rows = 0
		}
		file := &out[n]
		file.Tables, file.Rows = file.Tables+1, file.Rows+f.Rows
		if !f.Mapped {
			file.Behind++
		}
	}
	return out
}

// took returns how long the run was under way, 0 while it is.
func (r RunFacts) took() time.Duration {
	started, err1 := time.Parse(timeFormat, r.Started)
	finished, err2 := time.Parse(timeFormat, r.Finished)
	if err1 != nil || err2 != nil {
		return 0
	}
	return finished.Sub(started)
}
