package survey

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/clean"
)

// question is a place of the mapping that reads dates with formats of both
// orders.
type question struct {
	source *mappings.Source // whose rows answer it
	column string
	pos    issue.Position
	trial  *clean.DateTrial
	looked bool // at the rows of the source

	day, month, both int64 // values that are days only with the day first, only with the month first, and either way
}

// ask notes the places of a pipe that need an answer.
func (s *Survey) ask(m *mappings.Map, rule string, p *mappings.Pipe) {
	for _, st := range p.Stages {
		if st.Kind != mappings.CleanStage || !slices.Contains([]string{"date", "datetime", "instant", "period"}, st.Name) {
			continue
		}
		trial := clean.NewDateTrial(s.formats(st))
		key := [2]string{rule, st.Name}
		if trial == nil || s.byKey[key] != nil || p.Start == nil {
			continue
		}
		q := &question{source: m.From, column: p.Start.Column, pos: st.Pos, trial: trial}
		if q.pos.Line == 0 || q.pos.Length == 0 {
			q.pos = p.Pos
		}
		s.byKey[key] = q
		s.dates = append(s.dates, q)
	}
}

// formats returns those that a cleaner tries: its own, else the mapping's.
func (s *Survey) formats(st mappings.Stage) []string {
	var own []string
	for _, a := range st.Args {
		if a.Operand == nil && strings.Contains(a.Text, "YY") { // not a zone
			own = append(own, a.Text)
		}
	}
	if len(own) == 0 || st.Name == "period" {
		return s.prog.Defaults.Dates
	}
	return own
}

// see takes down how a value that goes into a cleaner of dates can be read.
func (s *Survey) see(step transform.Step) {
	q := s.byKey[[2]string{step.Rule, step.Stage}]
	if q == nil {
		return
	}
	switch day, month := q.trial.Read(step.In); {
	case day && month:
		q.both++
	case day:
		q.day++
	case month:
		q.month++
	}
}

// finding returns what is wrong with the place, if anything is.
func (q *question) finding(within string) (issue.Issue, bool) {
	out := issue.Issue{Severity: issue.Error, Code: "ambiguous-date", Type: "invalid", At: q.pos, Column: q.column}
	counts := fmt.Sprintf("%s of the column %q for %s, %d for %s, %d for both%s", issue.Count(q.day, "value"), q.column, q.trial.DayFirst, q.month, q.trial.MonthFirst, q.both, within)
	switch {
	case !q.looked:
		out.Severity = issue.Warning
		out.Message = "the formats " + q.trial.DayFirst + " and " + q.trial.MonthFirst + " read the same text as different days, and the first that fits is taken; the rows were not looked at (give --source): let the values decide, or drop one"
	case q.day > 0 && q.month > 0:
		out.Message = counts + ": the column holds both, so that no order is right for all of it; split it by where it comes from, and name one format for each part"
	case q.both > 0 && q.day == 0 && q.month == 0:
		out.Message = counts + ": nothing tells which part is the day; ask whoever knows the old system, and name one format"
	case q.both > 0 && q.day > 0 && q.trial.Leading == q.trial.MonthFirst:
		out.Message = counts + ", and those would be read as " + q.trial.MonthFirst + ", which stands first; drop it"
	case q.both > 0 && q.month > 0 && q.trial.Leading == q.trial.DayFirst:
		out.Message = counts + ", and those would be read as " + q.trial.DayFirst + ", which stands first; drop it"
	default:
		return out, false
	}
	return out, true
}

// Codes documents what a survey finds, sorted by code.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "ambiguous-date", Title: "dates whose day and month the mapping may mix up", Fix: "keep the one format that the values decide for; ask where they do not decide"},
		{Code: "blank-at-end", Title: "a column that is blank in the last rows and nowhere else", Fix: "compare some rows with the old system: where a cell is deleted in a spreadsheet, all below move up"},
		{Code: "crosswalk-gap", Title: "codes of the source that a crosswalk does not know", Fix: "add them to the crosswalk, or say under unmapped what is done"},
	}
}
