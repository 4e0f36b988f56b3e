package reports

import (
	"bufio"
	"context"
	_ "embed" // page.html
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"time"

	"chartlift/internal/issue"
)

//go:embed page.html
var pageHTML string

// serverHTML is the section about what the server holds.
//
//go:embed server.html
var serverHTML string

// PageOptions steer the HTML page. The zero value masks every value.
type PageOptions struct {
	Codes      []issue.Code // their Fix is shown beside the findings
	ShowValues bool         // show source values as the run database holds them
	// CommandLine writes what a run was started with, which the run database
	// keeps for programs, as somebody would type it; nil: as it is kept.
	CommandLine func(command, args string) string
	Charts      *Charts // sampled charts, before and after; nil: none
	// Form is the page's form where the caller has it ready; nil: it is read.
	// Other pages must not be drawn with it meanwhile.
	Form *PageForm
}

// Page writes the report that a hospital signs: one HTML file with everything
// in it, which asks nothing of the network. Two pages of the same run are the
// same bytes.
func (db *DB) Page(ctx context.Context, run string, w io.Writer, o PageOptions) error {
	s, err := db.summary(ctx, run, pageGroups)
	if err != nil {
		return err
	}
	line, err := db.timeline(ctx, s.Run.ID)
	if err != nil {
		return fmt.Errorf("draw page of run %s: %w", s.Run.ID, err)
	}
	people, err := db.matching(ctx, s.Run.ID)
	if err != nil {
		return fmt.Errorf("draw page of run %s: %w", s.Run.ID, err)
	}
	v := pageView{Summary: s, Total: s.Ledger.Total(), Timeline: line, People: people, Flow: s.flow(), Parts: s.ledgerParts()}
	v.First, v.Rest = s.Findings.First[:min(len(s.Findings.First), summaryGroups)], s.Findings.First[min(len(s.Findings.First), summaryGroups):]
	v.Charts = o.Charts
	if v.Output, err = db.Output(ctx, s.Run.ID); err != nil {
		return fmt.Errorf("draw page of run %s: %w", s.Run.ID, err)
	}
	v.Answers = s.answers(people, codesByName(o.Codes))
	if v.Changes, err = db.pageChanges(ctx, s.Run.ID); err != nil {
		return fmt.Errorf("draw page of run %s: %w", s.Run.ID, err)
	}
	if o.Form == nil {
		if o.Form, err = NewPageForm(); err != nil {
			return err
		}
	}
	// A template writes some bytes at a time, and each would be a call of the
	// system.
	out := bufio.NewWriterSize(w, 1<<16)
	if err := errors.Join(o.Form.draw(out, v, pageFuncs(s, o)), out.Flush()); err != nil {
		return fmt.Errorf("draw page of run %s: %w", s.Run.ID, err)
	}
	return nil
}

// pageView is what page.html sees.
type pageView struct {
	Summary
	Total    LedgerTable
	Timeline Timeline
	People   *pageMatching // nil where nobody was matched
	Answers  []Answer
	Flow     Flow
	Parts    LedgerParts
	Changes  *pageDiff // nil where there was no run before
	Charts   *Charts
	Output   Output

	First, Rest []FindingGroup // those to look at first, and all others
}

// How much of long lists the page has. What is more is in the named reports.
const (
	pageGroups  = 10_000
	pageFields  = 400
	pageChunk   = 100 // findings that a browser lays out together, when they come into sight
	paperChunks = 5   // chunks that are printed; 10,000 findings would be a thousand sheets, and the paper says how many it lacks
	pageChanges = 20
	pageColumns = 12 // columns that nothing reads, before the others are folded
)

// pageDiff is what changed since the run before, what is worse first.
type pageDiff struct {
	Diff
	Listed []Change
	More   int
}

// pageChanges compares with the run before; nil where there is none.
func (db *DB) pageChanges(ctx context.Context, run string) (*pageDiff, error) {
	d, err := db.Diff(ctx, "", run)
	if errors.Is(err, ErrNoRun) {
		return nil, nil
	}
	p := &pageDiff{Diff: d, Listed: slices.Clone(d.Changes)}
	slices.SortStableFunc(p.Listed, func(a, b Change) int {
		if a.Worse == b.Worse {
			return 0
		} else if a.Worse {
			return -1
		}
		return 1
	})
	if len(p.Listed) > pageChanges {
		p.Listed, p.More = p.Listed[:pageChanges], len(p.Listed)-pageChanges
	}
	return p, err
}

// codesByName finds what codes mean.
func codesByName(codes []issue.Code) map[string]issue.Code {
	out := map[string]issue.Code{}
	for _, c := range codes {
		out[c.Code] = c
	}
	return out
}

// pageFuncs are the functions of page.html. Everything from a source passes
// plain or value; html/template escapes it.
func pageFuncs(s Summary, o PageOptions) template.FuncMap {
	fixes := codesByName(o.Codes)
	return template.FuncMap{
		"n":       thousands,
		"percent": func(share float64) string { return fmt.Sprintf("%.2f %%", share*100) },
		"share":   share,
		"bar":     outcomeBar,
		"bytes":   sizeText,
		"time":    clockText,
		"took":    func() string { return durationText(s.Run.took()) },
		"target":  s.Run.targetText,
		"command": func() string {
			if o.CommandLine == nil {
				return s.Run.Command + " " + s.Run.Args
			}
			return o.CommandLine(s.Run.Command, s.Run.Args)
		},
		"fix":       func(code string) issue.Code { return fixes[code] },
		"plain":     oneLine,
		"accept":    s.acceptanceText,
		"title":     func(code string) string { return titleOf(code, fixes) },
		"chunks":    func(all []FindingGroup) [][]FindingGroup { return slices.Collect(slices.Chunk(all, pageChunk)) },
		"first":     func(all []FieldFacts) []FieldFacts { return all[:min(len(all), pageColumns)] },
		"rest":      func(all []FieldFacts) []FieldFacts { return all[min(len(all), pageColumns):] },
		"far":       func(chunk int) bool { return chunk >= paperChunks },
		"unprinted": func(all []FindingGroup) int64 { return int64(max(0, len(all)-paperChunks*pageChunk)) },
		"cell": func(v string) string {
			if o.ShowValues {
				return oneLine(truncate(v, maxValue))
			}
			return Shape(v)
		},
		"restored": RestoredText,
		"signed":   s.signedSources,
		"files":    s.files,
		"domains":  s.Completeness.domains,
		"fields":   pageFieldsOf(s.Completeness),
		"behind":   func() []LeftBehind { return s.Ledger.withRows() },
		"masked":   func() bool { return s.Run.ValuesMasked || !o.ShowValues },
		"listed":   func(n int) int64 { return int64(n) },
		"value": func(v string) string {
			if o.ShowValues || s.Run.ValuesMasked {
				return oneLine(v)
			}
			return Shape(v)
		},
	}
}

// clockText shows a time of the run database to the second.
func clockText(stamp string) string {
	at, err := time.Parse(timeFormat, stamp)
	if err != nil {
		return stamp
	}
	return at.Format("2006-01-02 15:04:05 UTC")
}

// share returns part of whole in percent with one digit. It says 100 % and 0 %
// only where that is exactly so: one row in a million must not round away.
func share(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := float64(part) * 100 / float64(whole)
	switch {
	case part > 0 && p < 0.1:
		return "< 0.1 %"
	case part < whole && p > 99.9:
		return "> 99.9 %"
	}
	return fmt.Sprintf("%.1f %%", p)
}

// barPart is one outcome's piece of a table's bar, in percent of its width.
type barPart struct {
	Class    string
	X, Width float64
}

// outcomeBar divides a bar by outcome. An outcome with any row is at least
// half a percent wide, so that nothing disappears.
func outcomeBar(t LedgerTable) []barPart {
	const least = 0.5
	var parts []barPart
	var sum float64
	for i, n := range []int64{t.Loaded, t.Merged, t.Filtered, t.Rejected} {
		if n > 0 && t.Read > 0 {
			width := max(float64(n)*100/float64(t.Read), least)
			parts = append(parts, barPart{Class: Outcome(i).String(), Width: width})
			sum += width
		}
	}
	var x float64
	for i := range parts {
		parts[i].Width = round2(parts[i].Width * 100 / max(sum, 100))
		parts[i].X = round2(x)
		x += parts[i].Width
	}
	return parts
}

// round2 keeps coordinates short.
func round2(f float64) float64 { return math.Round(f*100) / 100 }

// sizeText returns a file's size as a person reads it.
func sizeText(n int64) string {
	size, unit := float64(n), ""
	for _, u := range []string{"k", "M", "G", "T"} {
		if size < 1000 {
			break
		}
		size, unit = size/1000, u
	}
	if unit == "" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %sB", size, unit)
}

// durationText returns 1h2m, 3m4s, 5.6s or 78ms; "–" for none.
func durationText(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
