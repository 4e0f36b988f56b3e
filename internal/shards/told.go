package shards

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"unicode/utf8"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// mostIssues is how many issues of one kind are kept with their rows in a part: the run database keeps as many of a whole table.
const mostIssues = 1_000

// Told is what workers say of a part beside what became of its rows.
type Told struct {
	Issues     []Counted   `json:"issues,omitempty"`
	Rules      []Use       `json:"rules,omitempty"`
	Crosswalks []Use       `json:"crosswalks,omitempty"`
	Unmapped   []Unmapped  `json:"unmapped,omitempty"`
	Fields     []FieldUsed `json:"fields,omitempty"`
	Support    []Support   `json:"support,omitempty"`
}

// Counted is an issue. N is how many there were like it that are not kept by themselves; then Issue stands for them.
type Counted struct {
	Issue issue.Issue `json:"issue"`
	N     int64       `json:"n,omitempty"`
	Raw   []byte      `json:"raw,omitempty"` // the issue's value where JSON would change it: bytes that are no text
}

// Told returns the issue with its value.
func (c Counted) Told() issue.Issue {
	if c.Raw != nil {
		c.Issue.Value = string(c.Raw)
	}
	return c.Issue
}

// Use is how often a rule, or a crosswalk's equivalence, was used; Detail is the rule's place or the equivalence.
type Use struct {
	Name   string `json:"name"`
	Detail string `json:"detail"`
	N      int64  `json:"n"`
}

// Unmapped is a code that a crosswalk does not have.
type Unmapped struct {
	Crosswalk string `json:"crosswalk"`
	System    string `json:"system"`
	Code      string `json:"code"`
	Display   string `json:"display"`
	N         int64  `json:"n"`
}

// FieldUsed is what became of the cells of a field.
type FieldUsed struct {
	reports.Field
	reports.FieldCounts
}

// Support is how often an element was there that a profile must support, of the values of its parent.
type Support struct {
	Profile string `json:"profile"`
	Element string `json:"element"`
	There   int64  `json:"there"`
	Of      int64  `json:"of"`
}

// Teller gathers what workers say. It takes the same calls as a reports.Recorder and is safe for concurrent use.
type Teller struct {
	mu         sync.Mutex
	issues     []Counted
	groups     map[issueGroup]*issueCount
	rules      map[[2]string]int64
	crosswalks map[[2]string]int64
	unmapped   map[[3]string]*Unmapped
	fields     map[reports.Field]reports.FieldCounts
	there, of  map[[2]string]int64 // by profile and element
}

// issueGroup is what the run database counts together, for each severity.
type issueGroup struct {
	rule, code, column string
	severity           issue.Severity
}

type issueCount struct {
	first issue.Issue
	kept  int
	more  int64
}

// NewTeller returns a Teller that was told nothing.
func NewTeller() *Teller {
	return &Teller{
		groups: map[issueGroup]*issueCount{}, rules: map[[2]string]int64{}, crosswalks: map[[2]string]int64{},
		unmapped: map[[3]string]*Unmapped{}, fields: map[reports.Field]reports.FieldCounts{},
		there: map[[2]string]int64{}, of: map[[2]string]int64{},
	}
}

// Issue takes an issue; a part is of one table.
func (t *Teller) Issue(_ int64, i issue.Issue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := issueGroup{i.Rule, i.Code, i.Column, i.Severity}
	g := t.groups[key]
	if g == nil {
		g = &issueCount{first: i}
		g.first.Value, g.first.Suggestion = "", ""
		t.groups[key] = g
	}
	if g.kept == mostIssues {
		g.more++
		return
	}
	g.kept++
	c := Counted{Issue: i}
	if !utf8.ValidString(i.Value) {
		c.Raw, c.Issue.Value = []byte(i.Value), ""
	}
	t.issues = append(t.issues, c)
}

// RuleUse adds to the values that a rule made.
func (t *Teller) RuleUse(rule, at string, n int64) { t.add(t.rules, [2]string{rule, at}, n) }

// CrosswalkUse adds to the codes that a crosswalk translated.
func (t *Teller) CrosswalkUse(crosswalk, equivalence string, n int64) {
	t.add(t.crosswalks, [2]string{crosswalk, equivalence}, n)
}

func (t *Teller) add(to map[[2]string]int64, key [2]string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to[key] += n
}

// UnmappedCode adds to the uses of a code that a crosswalk does not have.
func (t *Teller) UnmappedCode(crosswalk, system, code, display string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := [3]string{crosswalk, system, code}
	u := t.unmapped[key]
	if u == nil {
		u = &Unmapped{Crosswalk: crosswalk, System: system, Code: code, Display: display}
		t.unmapped[key] = u
	}
	u.N += n
}

// FieldUse adds what a worker counted of a field.
func (t *Teller) FieldUse(f reports.Field, c reports.FieldCounts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.fields[f]
	t.fields[f] = reports.FieldCounts{Rows: n.Rows + c.Rows, Filled: n.Filled + c.Filled, Made: n.Made + c.Made, Lost: n.Lost + c.Lost}
}

// MustSupport adds what a worker counted of an element.
func (t *Teller) MustSupport(profile, element string, there, of int64) {
	t.add(t.there, [2]string{profile, element}, there)
	t.add(t.of, [2]string{profile, element}, of)
}

// Told returns everything in an order that does not depend on which worker was first.
func (t *Teller) Told() Told {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := Told{Issues: slices.Clone(t.issues), Rules: uses(t.rules), Crosswalks: uses(t.crosswalks)}
	for _, g := range t.groups {
		if g.more > 0 {
			out.Issues = append(out.Issues, Counted{Issue: g.first, N: g.more})
		}
	}
	slices.SortStableFunc(out.Issues, Counted.compare)
	for _, key := range slices.SortedFunc(maps.Keys(t.unmapped), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		out.Unmapped = append(out.Unmapped, *t.unmapped[key])
	}
	for _, u := range uses(t.of) {
		out.Support = append(out.Support, Support{u.Name, u.Detail, t.there[[2]string{u.Name, u.Detail}], u.N})
	}
	for f, c := range t.fields {
		out.Fields = append(out.Fields, FieldUsed{f, c})
	}
	slices.SortFunc(out.Fields, func(a, b FieldUsed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Element, b.Element))
	})
	return out
}

// compare puts the issues of one row together, those that stand for others last.
func (c Counted) compare(o Counted) int {
	return cmp.Or(
		cmp.Compare(min(c.N, 1), min(o.N, 1)), cmp.Compare(c.Issue.Origin.Row, o.Issue.Origin.Row), cmp.Compare(c.Issue.Rule, o.Issue.Rule),
		cmp.Compare(c.Issue.Code, o.Issue.Code), cmp.Compare(c.Issue.Column, o.Issue.Column), cmp.Compare(c.Issue.Severity, o.Issue.Severity),
	)
}

func uses(of map[[2]string]int64) []Use {
	var out []Use
	for _, key := range slices.SortedFunc(maps.Keys(of), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		out = append(out, Use{key[0], key[1], of[key]})
	}
	return out
}
