package dedupe

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"chartlift/internal/issue"
)

// Result is what linking came to.
type Result struct {
	Records  int
	Clusters []Cluster // of two and more records, sorted by id
	Model    *Model
	Rules    []RuleReport // what was compared, and what was not
	Issues   []issue.Issue
	Summary  Summary

	judge *judge
	c     *comparer
	pairs []scored
	rows  map[string]uint32 // made when ids are asked for
}

// Summary are the figures to look at first.
type Summary struct {
	Clusters   int   `json:"clusters"`   // of two and more records
	Duplicates int   `json:"duplicates"` // records beyond the first of their cluster
	Compared   int64 `json:"compared"`   // pairs
	Certain    int   `json:"certain"`    // pairs by grade
	Probable   int   `json:"probable"`
	Possible   int   `json:"possible"`
	Vetoed     int   `json:"vetoed"`       // of the possible ones, those that a veto keeps from being more
	NotReached int64 `json:"not_compared"` // pairs that share a key and were not compared, because too many share it
	// ExpectedFalse is how many of the certain and probable pairs are two
	// persons, by their own probabilities.
	ExpectedFalse float64 `json:"expected_false"`
	// Unlinkable are records that could not even be found equal to themselves
	// with certainty: they say too little.
	Unlinkable int `json:"unlinkable"`
}

// Pair is two records that may be one person, L before R in the order of their
// ids' hashes.
type Pair struct {
	L, R        string
	Bits        float64 // logarithm to base 2 of the odds
	Probability float64
	Grade       Grade
	Vetoes      string // codes with blanks between them
	Weights     []float64
}

func newResult(l *Linker, cl *clusterer, m *Model, pairs []scored) *Result {
	r := &Result{
		Records: l.t.n, Clusters: cl.clusters(pairs), Model: m, Rules: cl.l.reports, Issues: l.t.issues(),
		judge: cl.j, c: cl.c, pairs: pairs,
	}
	s := &r.Summary
	s.Clusters = len(r.Clusters)
	for _, c := range r.Clusters {
		s.Duplicates += len(c.Members) - 1
	}
	for _, p := range pairs {
		switch p.grade {
		case Certain:
			s.Certain++
		case Probable:
			s.Probable++
		case Possible:
			s.Possible++
			if p.vetoes != 0 {
				s.Vetoed++
			}
		case None:
		}
		if p.grade >= Probable {
			s.ExpectedFalse += 1 - probability(float64(p.bits))
		}
	}
	for _, rule := range r.Rules {
		s.Compared += rule.New
		if !rule.Skipped {
			s.NotReached += rule.Left
		}
	}
	return r
}

// unlinkable counts the records that would not even be found equal to
// themselves.
func (l *learner) unlinkable(ctx context.Context, j *judge) (int, error) {
	const piece = 1 << 12
	counts := make([]int, (l.t.n+piece-1)/piece)
	err := l.pieces(ctx, l.t.n, piece, func(c *comparer, i, from, to int) {
		for row := uint32(from); row < uint32(to); row++ {
			if probability(j.weigh(c.compare(row, row), row, row)) < probableFrom {
				counts[i]++
			}
		}
	})
	n := 0
	for _, c := range counts {
		n += c
	}
	return n, err
}

// IDs yields the ids of all records in the order of the input.
func (r *Result) IDs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range r.Records {
			if !yield(r.c.t.records.at(uint32(i + 1))) {
				return
			}
		}
	}
}

// issues says what could not be read or stands for nobody, column by column.
func (t *table) issues() []issue.Issue {
	var all []issue.Issue
	for _, f := range t.feeds {
		if f.unreadable > 0 {
			all = append(all, issue.Issue{
				Severity: issue.Warning, Code: "dedupe-unreadable", Type: "value", Column: f.field.Column,
				Message: fmt.Sprintf("%d dates are not written as %s and count as missing; correct the format in parentheses behind the kind", f.unreadable, formatOf(f.field)),
			})
		}
		if f.shared > 0 {
			all = append(all, issue.Issue{
				Severity: issue.Information, Code: "dedupe-placeholder", Type: "value", Column: f.field.Column,
				Message: fmt.Sprintf("%d values stand for nobody (UNKNOWN, BABY BOY, 999999999) and count as missing", f.shared),
			})
		}
	}
	return append(all, t.columnIssues()...)
}

func formatOf(f Field) string {
	if f.Arg == "" {
		return "YYYY-MM-DD"
	}
	return f.Arg
}

// Comparisons returns the names of what was compared, in the order of
// Pair.Weights.
func (r *Result) Comparisons() []string {
	var names []string
	for _, c := range r.judge.list {
		names = append(names, c.name)
	}
	return names
}

// Pairs yields all pairs with a probability of at least 0.01, in an order that
// does not depend on the input's. The weights of a pair are the bits of each
// comparison, frequencies included.
func (r *Result) Pairs() iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		for _, s := range r.pairs {
			if !yield(r.pair(s)) {
				return
			}
		}
	}
}

func (r *Result) pair(s scored) Pair {
	p := Pair{
		L: r.c.t.id(s.a), R: r.c.t.id(s.b), Bits: float64(s.bits), Probability: probability(float64(s.bits)),
		Grade: s.grade, Vetoes: (s.vetoes | s.doubts).String(), Weights: make([]float64, len(r.judge.list)),
	}
	for k := range r.judge.list {
		p.Weights[k] = r.judge.weight(k, s.pattern) + r.judge.frequencyOf(k, s.pattern, s.a, s.b)
	}
	return p
}

// weight is what the level of comparison k says for one person against
// strangers.
func (w *weigher) weight(k int, p pattern) float64 {
	l := p.level(k)
	return w.logs[isMatch][k][l] - w.logs[isStranger][k][l]
}

// frequencyOf is what the frequency of the value adds to that.
func (w *weigher) frequencyOf(k int, p pattern, a, b uint32) float64 {
	if p.level(k) != 1 || w.list[k].frequency == nil {
		return 0
	}
	return w.frequencyBits(k, a, b)
}

// row returns the row of a record id.
func (r *Result) row(id string) (uint32, bool) {
	if r.rows == nil {
		r.rows = make(map[string]uint32, r.Records)
		for row := range uint32(r.Records) {
			r.rows[r.c.t.id(row)] = row
		}
	}
	row, ok := r.rows[id]
	return row, ok
}

// Explanation says how the odds of a pair came about: Start, then term by term,
// to Bits.
type Explanation struct {
	L, R        string
	Start       float64 // bits before anything was compared: how rare duplicates are
	Terms       []Term
	Bits        float64
	Probability float64
	Grade       Grade
	Vetoes      []Veto
}

// Term is what one comparison says.
type Term struct {
	Name      string
	Level     string
	L, R      string  // the values as they are compared: patient data
	Bits      float64 // of the level
	Frequency float64 // bits that the frequency of the value adds
	Total     float64 // with all terms before it
}

// Explain returns how the odds of two records come about. It is false where an
// id is not known.
func (r *Result) Explain(idL, idR string) (*Explanation, bool) {
	a, okA := r.row(idL)
	b, okB := r.row(idR)
	if !okA || !okB {
		return nil, false
	}
	s := r.judge.judge(r.c, a, b)
	w := r.judge.weigher
	e := &Explanation{
		L: idL, R: idR, Start: w.prior[isMatch] - w.prior[isStranger],
		Bits: float64(s.bits), Probability: probability(float64(s.bits)), Grade: s.grade,
	}
	hard, doubts := r.judge.vetoesOf(r.c, s.pattern, a, b)
	for i, v := range Vetoes() {
		if (hard|doubts)&(1<<i) != 0 {
			e.Vetoes = append(e.Vetoes, v)
		}
	}
	total := e.Start
	sums := w.sums(s.pattern)
	for k, c := range w.list {
		t := Term{Name: c.name, Level: c.levels[s.pattern.level(k)], L: c.shown(a), R: c.shown(b), Bits: w.weight(k, s.pattern)}
		t.Frequency = w.frequencyOf(k, s.pattern, a, b)
		w.rarer(&sums, k, t.Frequency)
		total += t.Bits + t.Frequency
		t.Total = total
		e.Terms = append(e.Terms, t)
	}
	home := sums[isStranger] - logSum(sums[isStranger], sums[isHousehold])
	e.Terms = append(e.Terms, Term{Name: "household", Level: "may be two members of one", Bits: home, Total: total + home})
	twins := sums[isStranger] - home - logSum(sums[isStranger]-home, sums[isTwin])
	e.Terms = append(e.Terms, Term{Name: "twins", Level: "may be twins", Bits: twins, Total: total + home + twins})
	if len(r.judge.decisions.held) == 0 {
		e.Bits = total + home + twins
		e.Probability = probability(e.Bits)
	}
	return e, true
}

// shown returns the values of a row that a comparison looks at.
func (c *comparison) shown(row uint32) string {
	var values []string
	for _, s := range c.touches {
		for _, column := range s.columns {
			if id := column.ids[row]; id != 0 {
				values = append(values, s.dict.at(id))
			}
		}
	}
	return strings.Join(values, ", ")
}
