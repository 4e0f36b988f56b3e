package reports

import (
	"cmp"
	"slices"

	"chartlift/internal/issue"
)

// maxStored is how many findings of one group are kept with their rows.
const maxStored = 1_000

// How much is kept of one value and of one answer of the server: cells and
// answers may be megabytes long.
const (
	maxValue      = 500
	maxServerText = 4_000
)

// batch is what waits for the next transaction. Counters and ranges of the
// same rows are always in the same batch.
type batch struct {
	things    int // how many rows of the database it will take, roughly
	ranges    map[int64][]RowRange
	counts    map[int64]*rowCounts
	findings  []storedFinding
	dirty     []*group
	units     []Unit
	resources map[resourceKey]resourceCounts
	codes     map[codeKey]codeUse

	journal           []journalLine
	rules, crosswalks map[useKey]int64
	checks            []CheckResult
	restored          []RestoredResource
	fields            map[Field]FieldCounts
	support           map[[2]string][2]int64 // by profile and element: there, of
}

// useKey is a line of rule_use or crosswalk_use.
type useKey struct{ name, detail string }

// rowCounts counts rows apart from their ranges, so that a report can compare
// the two.
type rowCounts struct {
	read      int64
	byOutcome [Rejected + 1]int64
}

// resourceKey is a line of resource_count.
type resourceKey struct {
	source int64
	typ    string
}

// resourceCounts is what a line of resource_count grows by.
type resourceCounts struct{ built, valid, loaded, rejected int64 }

// codeKey is a line of code_map.
type codeKey struct{ crosswalk, system, code string }

// codeUse is how often a code was met, and one of its texts.
type codeUse struct {
	display string
	n       int64
}

// OneText returns the text by which a code is shown that came with both: the
// first by the alphabet, whichever was met first, but any before none.
func OneText(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// groupKey is what makes findings the same trouble.
type groupKey struct {
	source int64
	issue.Alike
}

// mostSayings bounds how many groups differ by what they say, and of which
// element, alone: a server may answer of each resource in other words.
const mostSayings = 20

// group counts the findings of one trouble over the whole run.
type group struct {
	key      groupKey
	first    issue.Issue // the finding of the first row: what it says stands for all
	more     string      // what is said behind that
	severity issue.Severity
	count    int64
	stored   int64
	dirty    bool
	id       int64 // 0 until it is written; only the writer touches it
}

// storedFinding is a finding that is kept with its row and value.
type storedFinding struct {
	group *group
	issue issue.Issue
}

func newBatch() *batch {
	return &batch{
		ranges: map[int64][]RowRange{}, counts: map[int64]*rowCounts{},
		resources: map[resourceKey]resourceCounts{}, codes: map[codeKey]codeUse{},
		rules: map[useKey]int64{}, crosswalks: map[useKey]int64{}, fields: map[Field]FieldCounts{}, support: map[[2]string][2]int64{},
	}
}

// empty reports whether a transaction would write nothing; findings always come
// with a dirty group.
func (b *batch) empty() bool {
	return len(b.counts)+len(b.dirty)+len(b.units)+len(b.resources)+len(b.codes)+len(b.rules)+len(b.crosswalks)+len(b.checks)+len(b.journal)+len(b.fields)+len(b.support)+len(b.restored) == 0
}

// addRows counts the rows and keeps their ranges. Rows that go on where the
// last call ended, the rule while all is well, cost no memory.
func (b *batch) addRows(source int64, ranges []RowRange) {
	counts := b.counts[source]
	if counts == nil {
		counts = &rowCounts{}
		b.counts[source] = counts
	}
	kept := b.ranges[source]
	before := len(kept)
	for _, x := range ranges {
		n := x.Last - x.First + 1
		counts.read += n
		counts.byOutcome[x.Outcome] += n
		if last := len(kept) - 1; last >= 0 && kept[last].continues(x) {
			kept[last].Last = x.Last
			continue
		}
		kept = append(kept, x)
	}
	b.things += len(kept) - before
	b.ranges[source] = kept
}

// continues reports whether next follows x directly and says the same.
func (x RowRange) continues(next RowRange) bool {
	return x.Last+1 == next.First && x.Outcome == next.Outcome && x.Reason == next.Reason &&
		x.MergedInto == 0 && next.MergedInto == 0
}

// joined returns the ranges in the order of their rows, those that touch and
// agree as one.
func joined(ranges []RowRange) []RowRange {
	slices.SortStableFunc(ranges, func(a, b RowRange) int { return cmp.Compare(a.First, b.First) })
	out := ranges[:0]
	for _, x := range ranges {
		if last := len(out) - 1; last >= 0 && out[last].continues(x) {
			out[last].Last = x.Last
			continue
		}
		out = append(out, x)
	}
	return out
}

func (b *batch) addResources(key resourceKey, add resourceCounts) {
	c, known := b.resources[key]
	if !known {
		b.things++
	}
	c.built += add.built
	c.valid += add.valid
	c.loaded += add.loaded
	c.rejected += add.rejected
	b.resources[key] = c
}

func (b *batch) addCode(key codeKey, display string, n int64) {
	use, known := b.codes[key]
	if !known {
		b.things++
	}
	use.display = OneText(use.display, truncate(display, maxValue))
	use.n += n
	b.codes[key] = use
}

func (b *batch) addUse(key useKey, into map[useKey]int64, n int64) {
	if _, known := into[key]; !known {
		b.things++
	}
	into[key] += n
}

// addIssue counts i and keeps it if its group has room. The caller holds mu.
func (r *Recorder) addIssue(b *batch, source int64, i issue.Issue) {
	g := r.countIssues(b, source, i, 1)
	if g.stored >= maxStored {
		return
	}
	g.stored++
	i.Value, i.Suggestion = r.keep(i.Value, maxValue), r.keep(i.Suggestion, maxValue)
	b.findings = append(b.findings, storedFinding{g, i})
	b.things++
}

// countIssues counts n issues like i, and returns their group. The caller holds
// mu.
func (r *Recorder) countIssues(b *batch, source int64, i issue.Issue, n int64) *group {
	g := r.groupOf(source, i)
	if row, first := i.Origin.Row, g.first.Origin.Row; row > 0 && (row < first || first == 0) {
		g.begin(i)
	}
	g.count += n
	g.severity = max(g.severity, i.Severity)
	if !g.dirty {
		g.dirty = true
		b.dirty = append(b.dirty, g)
		b.things++
	}
	return g
}

// begin makes a finding the first of its group. Files are read, rows mapped and
// resources answered for at the same time; the finding of the first row stands
// for all, so that two runs of the same files say the same.
func (g *group) begin(i issue.Issue) {
	i.Value, i.Suggestion = "", "" // only the stored findings hold data
	i.Message += g.more
	g.first = i
}

// bounded returns the key of a new group and what is said behind its message.
// When there are as many as there may be, what is left goes into one. The
// caller holds mu.
func (r *Recorder) bounded(key groupKey) (of groupKey, more string) {
	all := key
	all.Element, all.Says = "", ""
	if r.sayings[all] >= mostSayings {
		return all, "; others of these say something else, or of other elements"
	}
	r.sayings[all]++
	return key, ""
}

// told is a finding that was counted lately, and its group.
type told struct {
	source                                  int64
	rule, code, column, expression, message string
	group                                   *group
}

// groupOf returns the group of an issue. Most say what one of the last few
// said: what is alike in them is worked out once. The caller holds mu.
func (r *Recorder) groupOf(source int64, i issue.Issue) *group {
	lately := told{source, i.Rule, i.Code, i.Column, i.Expression, i.Message, nil}
	for n := range r.lately {
		lately.group = r.lately[n].group
		if lately.group != nil && r.lately[n] == lately {
			return lately.group
		}
	}
	key := groupKey{source, i.Alike()}
	g := r.groups[key]
	if g == nil {
		more := ""
		key, more = r.bounded(key)
		if g = r.groups[key]; g == nil {
			g = &group{key: key, more: more}
			g.begin(i)
			r.groups[key] = g
		}
	}
	lately.group = g
	r.lately[r.turn] = lately
	r.turn = (r.turn + 1) % len(r.lately)
	return g
}
