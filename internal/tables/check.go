package tables

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
)

// reads reports whether s is a segment of messages of which other segments are
// read. That a feed has no message of some kind is no mistake in the path.
func (t *Set) reads(s *mappings.Source) bool {
	return s.Format == "hl7v2" && slices.ContainsFunc(t.Tables, func(other *pipeline.Table) bool {
		return other.Source.Format == s.Format && other.Source.Path == s.Path
	})
}

// unsent says in one finding which segments no message has.
func (t *Set) unsent() {
	var names []string
	var first *mappings.Source
	for _, s := range t.Absent {
		if !t.reads(s) {
			continue
		}
		if first == nil {
			first = s
		}
		names = append(names, s.Read.Table)
	}
	if first == nil {
		return
	}
	slices.Sort(names)
	t.Findings = append(t.Findings, issue.Issue{
		Severity: issue.Warning, Code: "W0207", Type: "not-found", At: first.Pos,
		Message: "no message has " + strings.Join(names, ", ") + ": nothing is made of them, and references to what would be made are left out",
	})
}

// missing says which tables of the mapping are not there.
func (t *Set) missing() {
	for _, s := range t.Absent {
		if t.reads(s) {
			continue
		}
		t.Findings = append(t.Findings, issue.Issue{
			Severity: issue.Warning, Code: "W0207", Type: "not-found", At: s.Pos,
			Message: "no table was found for the source " + s.Name + " (" + Wanted(s) + "); references to it are left out, and resources that cannot be without them are not made" + t.others(),
		})
	}
}

// mostLookedFor bounds the names of files in one message.
const mostLookedFor = 12

// none says that no table of the mapping is there, with what was looked for and
// what was given: one line instead of one for each table.
func (t *Set) none() issue.Issue {
	var paths []string
	for _, s := range t.Absent {
		if !slices.Contains(paths, s.Path) {
			paths = append(paths, s.Path)
		}
	}
	text := strings.Join(paths[:min(len(paths), mostLookedFor)], ", ")
	if more := len(paths) - mostLookedFor; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	given := t.given()
	if given == "" {
		given = "no file that can be read" + t.why()
	}
	return issue.Issue{
		Severity: issue.Error, Code: "E0207", Type: "not-found", At: issue.Position{File: t.prog.File},
		Message: fmt.Sprintf("none of the mapping's tables is in the sources given; it looks for %s, and --source has %s: rename the files, or name them in the path: of the mapping's sources", text, given),
	}
}

// why gives the reasons of the first files that are not read: each says what to
// do about it.
func (t *Set) why() string {
	var reasons []string
	for _, i := range t.Unread[:min(3, len(t.Unread))] {
		reasons = append(reasons, i.Message)
	}
	if len(reasons) == 0 {
		return ""
	}
	return " (" + strings.Join(reasons, "; ") + ")"
}

// check compares columns, and refuses a mapping of whose tables none is there.
func (t *Set) check() {
	nothing := len(t.Tables) == 0 && len(t.prog.Maps) > 0
	if t.unsent(); !nothing {
		t.missing()
	}
	if len(t.prog.Maps) == 0 {
		t.Findings = append(t.Findings, issue.Issue{
			Severity: issue.Warning, Code: "W0208", Type: "incomplete", At: issue.Position{File: t.prog.File},
			Message: "the mapping has no map yet: every table is left behind, and nothing is written",
		})
	}
	if nothing {
		t.Findings = append(t.Findings, t.none())
	}
	t.columns()
}

// columns compares the columns of the tables with those that the program needs.
func (t *Set) columns() {
	for _, table := range t.Tables {
		first := table.Inputs[0].Schema
		for _, in := range table.Inputs {
			t.Findings = append(t.Findings, t.prog.CheckColumns(table.Source, mappings.Table{
				Source: in.Schema.Source, Table: in.Schema.Table, Columns: in.Schema.Columns, Line: in.Schema.Line,
			})...)
			if !slices.Equal(in.Schema.Columns, first.Columns) {
				t.Findings = append(t.Findings, issue.Issue{
					Severity: issue.Error, Code: "E0208", Type: "structure", At: table.Source.Pos,
					Message: in.Schema.Source + " and " + first.Source + " are both " + table.Source.Name + ", but their columns differ; give each a source of its own",
				})
			}
		}
	}
}

// others names files that no source took: one of them may be what a misspelt
// path meant.
func (t *Set) others() string {
	if names := t.given(); names != "" {
		return "; no source names " + names
	}
	return ""
}

// given names the first files that no source took.
func (t *Set) given() string {
	var names []string
	for _, l := range t.Left {
		if name := l.Schema.Source; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names[:min(3, len(names))], ", ")
}
