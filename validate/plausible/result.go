package plausible

import (
	"fmt"
	"maps"
	"slices"

	"chartlift/internal/issue"
)

// Status is the verdict on a rule.
type Status string

// The verdicts. A rule that applied to nothing has not passed.
const (
	Pass          Status = "pass"
	WithViolation Status = "pass_with_violations"
	Fail          Status = "fail"
	NotApplicable Status = "not_applicable"
	Silenced      Status = "silenced"
)

// Result is what a rule came to in one scope: a type of resource, or a
// measurement.
type Result struct {
	Rule      Rule
	Scope     string // "Observation", "Observation 8310-5"; "" where the rule applied to nothing
	N         int64  // the denominator: how often the rule applied
	Violated  int64
	Threshold float64 // per cent
	Status    Status
	Reason    string // why it is silenced
}

// Percent returns how many per cent of the denominator are violations, 0 where
// there is none.
func (r Result) Percent() float64 {
	if r.N == 0 {
		return 0
	}
	return 100 * float64(r.Violated) / float64(r.N)
}

// Finish tells what only the whole run can tell (identifiers of two patients,
// months that lack records, births on the first of January) and returns what
// every rule came to, in the order of Rules. It is called once, after the last
// Check. An error means that what was put aside cannot be read.
func (c *Checker) Finish(report issue.Reporter) ([]Result, error) {
	others := slices.Clone(c.workers)
	w := c.Worker(report)
	for _, other := range others {
		w.january += other.january
		for typ, all := range other.months {
			for at, n := range all {
				*w.monthsOf(typ).of(at) += *n
			}
		}
	}
	if err := w.sharedIdentifiers(); err != nil {
		return nil, err
	}
	w.gaps()
	w.firstOfJanuary()
	all := map[string]*tally{}
	for _, other := range c.workers {
		for _, t := range other.tallies {
			all[t.of] = t.plus(all[t.of])
		}
	}
	return c.results(all), nil
}

// plus returns the sum of two tallies of one scope; the other may be nil.
func (t *tally) plus(other *tally) *tally {
	sum := *t
	if other != nil {
		for i, n := range other.counts {
			sum.counts[i].n += n.n
			sum.counts[i].violated += n.violated
		}
	}
	return &sum
}

func (c *Checker) results(all map[string]*tally) []Result {
	var results []Result
	scopes := slices.Sorted(maps.Keys(all))
	for id := range c.rules {
		before := len(results)
		for _, of := range scopes {
			if n := all[of].counts[id]; n.n > 0 {
				results = append(results, c.result(ruleID(id), of, n))
			}
		}
		if len(results) == before {
			results = append(results, c.result(ruleID(id), "", count{}))
		}
	}
	return results
}

func (c *Checker) result(id ruleID, of string, n count) Result {
	setting, rule := c.settings[id], c.rules[id]
	r := Result{Rule: rule, Scope: of, N: n.n, Violated: n.violated, Threshold: rule.Threshold, Status: Pass}
	if setting.Threshold != nil {
		r.Threshold = *setting.Threshold
	}
	switch {
	case setting.Off != "":
		r.Status, r.Reason = Silenced, setting.Off
	case n.n == 0:
		r.Status = NotApplicable
	case r.Percent() > r.Threshold:
		r.Status = Fail
	case n.violated > 0:
		r.Status = WithViolation
	}
	return r
}

// firstOfJanuary says whether more births than one in a hundred are on that day
// beyond the one in 365 that are expected.
func (w *Worker) firstOfJanuary() {
	var births int64
	for _, other := range w.checker.workers {
		births += other.tallyOf("Patient").counts[januaryBirths].n
	}
	extra := w.january - births/365
	if births < 100 || extra <= 0 {
		return // a handful says nothing
	}
	w.tallyOf("Patient").counts[januaryBirths].violated += extra
	if 100*extra > births {
		w.whole(januaryBirths, fmt.Sprintf("%d of %d", w.january, births), "Patient.birthDate")
	}
}

// whole reports what is wrong with the run and not with a row.
func (w *Worker) whole(id ruleID, value, expression string) {
	if w.checker.settings[id].Off != "" {
		return
	}
	r := &w.checker.rules[id]
	w.report(issue.Issue{
		Severity: issue.Warning, Code: r.Name, Type: "business-rule", Rule: r.Name,
		Expression: expression, Value: value, Message: r.Title + "; " + r.Fix,
	})
}
