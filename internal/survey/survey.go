// Package survey looks at rows of the source before a run, for what a mapping
// alone cannot tell: which part of a date is the day, which codes a crosswalk
// does not know, and columns whose text or order was damaged before it came
// here.
//
// Read [Survey] first. It looks at [Rows] rows of each table at the most, and
// maps them as a run does; lookups and views see the first rows of their
// tables, too.
//
//	s := survey.New(prog)
//	err := s.Look(ctx, engine, source, inputs)
//	findings := s.Findings()
package survey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

// Rows is how many rows of a table are looked at: enough to meet a day above 12
// in any table of dates that are spread over months, and read in about a
// second.
const Rows = 100_000

// shownCodes is how many unknown codes of a crosswalk are named.
const shownCodes = 20

// Input is a table at hand.
type Input struct {
	Source extract.Source
	Schema *extract.Schema
}

// Survey gathers what rows tell about one program. It is for one goroutine.
type Survey struct {
	prog   *mappings.Program
	dates  []*question
	byKey  map[[2]string]*question // rule and stage
	gaps   map[*mappings.Crosswalk]map[string]int64
	files  []*file
	counts []issue.Issue // of rows, where they are not as many as control totals say
	cut    bool          // some table has more rows than were looked at

	shortened bool // some table that views read has
}

// New returns a survey of prog that has seen no row.
func New(prog *mappings.Program) *Survey {
	s := &Survey{prog: prog, byKey: map[[2]string]*question{}, gaps: map[*mappings.Crosswalk]map[string]int64{}}
	for _, m := range prog.Maps {
		m.EachPipe(func(rule string, p *mappings.Pipe) { s.ask(m, rule, p) })
	}
	return s
}

// Doubtful reports whether rows of the source may decide how a date is read.
func (s *Survey) Doubtful(source *mappings.Source) bool {
	return slices.ContainsFunc(s.dates, func(q *question) bool { return q.source == source })
}

// Look maps the first rows of a table. The engine is one of its own: what is
// made is thrown away.
func (s *Survey) Look(ctx context.Context, engine *transform.Engine, source *mappings.Source, inputs []Input) error {
	engine.Trust()
	if source.View != nil && s.shortened {
		s.cut = true // it saw the first rows of its tables only
	}
	for _, q := range s.dates {
		q.looked = q.looked || q.source == source
	}
	left := Rows
	for _, in := range inputs {
		binding, err := engine.Bind(source, in.Schema)
		if err != nil {
			return err
		}
		var w looker
		hooks := transform.Hooks{Report: func(issue.Issue) {}, Unmapped: s.unmapped}
		if s.Doubtful(source) {
			hooks.Trace = s.see
		}
		if source.View == nil { // the rows of a view are in no order that tells of cells
			w.file = s.newFile(source, in.Schema)
			hooks.Report = w.note
		}
		w.Worker = binding.Worker(hooks)
		if left, err = s.first(ctx, in, left, func(rec *extract.Record) error { w.look(rec); return nil }); err != nil {
			return fmt.Errorf("look at %s: %w", in.Schema.Source, err)
		}
		s.cut = s.cut || left < 0
	}
	s.count(source, int64(Rows-max(left, 0)), left >= 0)
	return nil
}

// count compares the rows that were seen with the table's control total: all of
// them, or the first, which may be too many already.
func (s *Survey) count(source *mappings.Source, seen int64, all bool) {
	if i, wrong := source.Counted(seen); wrong && (all || seen > source.Total.Rows) {
		i.Severity = issue.Warning // what is wrong is the file: a mapping without a mistake can be run
		s.counts = append(s.counts, i)
	}
}

// looker is what looks at each row of a file.
type looker struct {
	*transform.Worker
	*file
}

// look maps a row. One of a grouped map stands for its group.
func (w looker) look(rec *extract.Record) {
	if w.file != nil {
		w.see(rec)
	}
	if rec.Fault != nil { // nothing is made of it, and what is wrong with its cells may be wrong with the column
		w.Worker.Look(rec)
	}
	for _, group := range slices.Clone(w.Row(rec).Groups) {
		w.Group(group, []extract.Record{*rec})
	}
}

// first calls do for at most left rows of a table, and returns how many are
// left then; below 0 where the table has more.
func (s *Survey) first(ctx context.Context, in Input, left int, do func(*extract.Record) error) (int, error) {
	if left < 0 {
		return left, nil
	}
	for batch, err := range extract.BeforeCut(ctx, in.Source, in.Schema.Table, nil) {
		if err != nil {
			return left, err
		}
		for i := range batch.Records {
			if left == 0 {
				return -1, nil
			}
			left--
			if err := do(&batch.Records[i]); err != nil {
				return left, err
			}
		}
	}
	return left, nil
}

func (s *Survey) unmapped(x *mappings.Crosswalk, code, _ string) {
	if s.gaps[x] == nil {
		s.gaps[x] = map[string]int64{}
	}
	if len(s.gaps[x]) < Rows {
		s.gaps[x][strings.Clone(code)]++
	}
}

// Findings returns what the rows tell. Without rows, dates in doubt are
// warnings.
func (s *Survey) Findings() []issue.Issue {
	var out []issue.Issue
	for _, q := range s.dates {
		if i, found := q.finding(s.within()); found {
			out = append(out, i)
		}
	}
	for _, x := range s.prog.Crosswalks {
		if len(s.gaps[x]) > 0 {
			out = append(out, s.gap(x))
		}
	}
	out = append(out, s.counts...)
	for _, f := range s.files {
		out = append(out, f.findings(!s.cut, s.within())...)
	}
	return out
}

// within says how far rows were looked at.
func (s *Survey) within() string {
	if !s.cut {
		return ""
	}
	return " (of the first " + strconv.Itoa(Rows) + " rows of each table)"
}

func (s *Survey) gap(x *mappings.Crosswalk) issue.Issue {
	codes := s.gaps[x]
	var all []string
	var uses int64
	for c, n := range codes {
		all = append(all, c)
		uses += n
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(codes[b], codes[a]), strings.Compare(a, b)) })
	var shown []string
	for _, c := range all[:min(len(all), shownCodes)] {
		shown = append(shown, c+" ×"+strconv.FormatInt(codes[c], 10))
	}
	if len(all) > shownCodes {
		shown = append(shown, "…")
	}
	return issue.Issue{
		Severity: issue.Information, Code: "crosswalk-gap", Type: "code-invalid", At: x.Pos, Value: strings.Join(shown, ", "),
		Message: fmt.Sprintf("the crosswalk %s has no target for %s of the source, used %s%s; add them, or say what is done: unmapped",
			x.Name, issue.Count(len(all), "code"), issue.Count(uses, "time"), s.within()),
	}
}
