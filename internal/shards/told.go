package shards

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// Told is what workers say of a part beside what became of its rows.
type Told struct {
	Issues     []Issues    `json:"-"` // frames of their own: most need not be decoded
	Rules      []Use       `json:"rules,omitempty"`
	Crosswalks []Use       `json:"crosswalks,omitempty"`
	Unmapped   []Unmapped  `json:"unmapped,omitempty"`
	Fields     []FieldUsed `json:"fields,omitempty"`
	Support    []Support   `json:"support,omitempty"`
}

// Use is how often a rule, or a crosswalk's equivalence, was used; Detail is
// the rule's place or the equivalence.
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

// Support is how often an element was there that a profile must support, of the
// values of its parent.
type Support struct {
	Profile string `json:"profile"`
	Element string `json:"element"`
	There   int64  `json:"there"`
	Of      int64  `json:"of"`
}

// Teller gathers what workers say. It takes the same calls as a
// reports.Recorder and is safe for concurrent use.
type Teller struct {
	mu         sync.Mutex
	groups     map[issueGroup]*Issues
	lately     [8]sayer // of the last issues, by turns
	turn       int
	rules      map[[2]string]int64
	crosswalks map[[2]string]int64
	unmapped   map[[3]string]*Unmapped
	fields     map[reports.Field]reports.FieldCounts
	there, of  map[[2]string]int64 // by profile and element
}

// NewTeller returns a Teller that was told nothing.
func NewTeller() *Teller {
	return &Teller{
		groups: map[issueGroup]*Issues{}, rules: map[[2]string]int64{}, crosswalks: map[[2]string]int64{},
		unmapped: map[[3]string]*Unmapped{}, fields: map[reports.Field]reports.FieldCounts{},
		there: map[[2]string]int64{}, of: map[[2]string]int64{},
	}
}

// Issue takes an issue; a part is of one table.
func (t *Teller) Issue(_ int64, i issue.Issue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groupOf(i).add(i)
}

// sayer is what an issue says, with the group that it belongs to.
type sayer struct {
	rule, code, column, expression, message string
	severity                                issue.Severity
	group                                   *Issues
}

// groupOf returns the group of an issue. Most say what one of the last few
// said: what is alike in them is worked out once.
func (t *Teller) groupOf(i issue.Issue) *Issues {
	says := sayer{i.Rule, i.Code, i.Column, i.Expression, i.Message, i.Severity, nil}
	for n := range t.lately {
		if says.group = t.lately[n].group; says.group != nil && t.lately[n] == says {
			return says.group
		}
	}
	key := groupOf(i)
	if says.group = t.groups[key]; says.group == nil {
		says.group = &Issues{}
		t.groups[key] = says.group
	}
	t.lately[t.turn] = says
	t.turn = (t.turn + 1) % len(t.lately)
	return says.group
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
		u = &Unmapped{Crosswalk: crosswalk, System: system, Code: code}
		t.unmapped[key] = u
	}
	u.Display = reports.OneText(u.Display, display)
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

// Told returns everything in an order that does not depend on which worker was
// first.
func (t *Teller) Told() Told {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := Told{Rules: uses(t.rules), Crosswalks: uses(t.crosswalks)}
	for _, g := range t.groups {
		out.Issues = append(out.Issues, g.sorted())
	}
	slices.SortFunc(out.Issues, Issues.compare)
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

func uses(of map[[2]string]int64) []Use {
	var out []Use
	for _, key := range slices.SortedFunc(maps.Keys(of), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		out = append(out, Use{key[0], key[1], of[key]})
	}
	return out
}
