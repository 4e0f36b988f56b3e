// Package plausible says what is formally right but hardly true: a death before
// the birth, a temperature of 368 degrees, a pregnancy of a man, a month in
// which half of the results are missing.
//
// Read [Rules] and [Checker] first. The rules follow Kahn's framework for data
// quality (plausibility: atemporal, temporal, uniqueness; completeness).
// Nothing here refuses a resource: each violation is a warning, and each rule
// ends with a verdict that has its denominator beside it.
//
//	c := plausible.New(plausible.Options{Today: time.Now()})
//	w := c.Worker(report)                  // one for each goroutine
//	w.Check(resource, origin)              // patients before what refers to them
//	results, err := c.Finish(report)
package plausible

import (
	"strings"
	"sync"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/internal/prints"
)

// Setting is how a site wants a rule. The zero Setting is the rule as it comes.
type Setting struct {
	Off       string   // the reason why the rule is silent here; "" where it is not
	Threshold *float64 // per cent of violations that pass; nil: the rule's own
}

// Options steer a Checker.
type Options struct {
	// Today is the day up to which events may have happened.
	Today time.Time
	// Settings are by the name of the rule. Names that no rule has are ignored:
	// who reads settings checks them against Rules.
	Settings map[string]Setting
	// TempDir is the folder for the identifiers of more patients than memory is
	// meant for, "" the system's.
	TempDir string
}

// Checker knows what the resources of a run told about patients and encounters.
// It is safe for concurrent use through its Workers.
type Checker struct {
	rules    []Rule
	events   map[string]*event
	limits   map[string]*limits
	sexes    sexCodes
	today    day
	settings [ruleCount]Setting
	people   prints.Shared[packedPerson]
	stays    stays
	holders  holders

	mu      sync.Mutex
	workers []*Worker
}

// New returns a Checker that has seen nothing yet.
func New(o Options) *Checker {
	c := &Checker{rules: Rules(), events: eventTypes(), limits: measurements(), sexes: newSexCodes(), today: dayOf(o.Today)}
	for i, r := range c.rules {
		c.settings[i] = o.Settings[r.Name]
	}
	c.stays.tomorrow = c.today + 1
	c.holders.dir, c.holders.room = o.TempDir, holdersAtOnce
	return c
}

// Worker checks resources, one after the other. It is made by [Checker.Worker]
// and not safe for concurrent use.
type Worker struct {
	checker *Checker
	report  issue.Reporter
	tallies map[string]*tally
	months  map[string]months // by type
	january int64             // births on the first of January

	resource fhir.Resource // at hand
	text     raw           // of it
	top      []fhir.Member // of it
	skimmed  []fhir.Member // the same, where nobody told them
	origin   issue.Origin
	typ      string // of the resource at hand and of most after it
	own      *tally // of this type
	calendar months // of this type
	event    *event // what the type is like, nil for no event

	// What the last resource told: results of one visit follow each other.
	patient   remembered[person]
	encounter remembered[span]
	when      remembered[span]
	month     *int64 // the count of when's month and typ, nil where it has none
	concepts  map[string]*concept
	hashed    []byte // what was hashed last
	ahead     ahead
}

// remembered is the last thing that was looked up, by the JSON text of the
// element that names it.
type remembered[T any] struct {
	name  []byte
	value T
}

// is reports whether name was the last one.
func (r *remembered[T]) is(name string) bool { return len(r.name) > 0 && string(r.name) == name }

func (r *remembered[T]) keep(name string, value T) {
	r.name, r.value = append(r.name[:0], name...), value
}

// tally is how often the rules applied in one scope, a type of resource or a
// measurement, and how often they were violated.
type tally struct {
	of     string
	counts [ruleCount]count
}

type count struct{ n, violated int64 }

// tallyOf returns the tally of a scope.
func (w *Worker) tallyOf(of string) *tally {
	t := w.tallies[of]
	if t == nil {
		t = &tally{of: strings.Clone(of)}
		w.tallies[t.of] = t
	}
	return t
}

// monthsOf returns the months of a type.
func (w *Worker) monthsOf(typ string) months {
	if w.months[typ] == nil {
		w.months[typ] = months{}
	}
	return w.months[typ]
}

// Worker returns a worker that hands what it finds to report.
func (c *Checker) Worker(report issue.Reporter) *Worker {
	w := &Worker{checker: c, report: report, tallies: map[string]*tally{}, months: map[string]months{}, concepts: map[string]*concept{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = append(c.workers, w)
	return w
}

// Check looks at one valid resource. Resources that refer to a patient or an
// encounter which was not checked before are not compared with it, and do not
// count for the rules that would.
func (w *Worker) Check(r fhir.Resource, origin issue.Origin) {
	w.skimmed = skim(r.JSON, w.skimmed[:0])
	w.CheckMembers(r, w.skimmed, origin)
}

// CheckMembers is Check for who knows where the members of the resource stand.
func (w *Worker) CheckMembers(r fhir.Resource, members []fhir.Member, origin issue.Origin) {
	w.fetch()
	w.resource, w.text, w.top, w.origin = r, rawOf(r.JSON), members, origin
	if r.Type != w.typ {
		w.typ, w.own, w.event = strings.Clone(r.Type), w.tallyOf(r.Type), w.checker.events[r.Type]
		w.calendar = w.monthsOf(w.typ)
		w.when.name = w.when.name[:0] // its month is counted by type
	}
	switch r.Type {
	case "Patient":
		w.checkPatient()
	case "Practitioner", "Organization":
		w.identifiers()
	default:
		if w.event != nil {
			w.checkEvent(w.event)
		}
	}
}

// Same says that Patients, by id, are records of one person: they share their
// identifiers rightly. A nil Checker takes no notice.
func (c *Checker) Same(ids []string) {
	if c != nil {
		c.holders.same(ids)
	}
}

// get returns an element of the resource at hand.
func (w *Worker) get(element string) raw {
	for i := range w.top {
		if m := &w.top[i]; m.Name == element {
			return w.text[m.Start:m.End]
		}
	}
	return ""
}

// checkEvent checks something that happened to a patient.
func (w *Worker) checkEvent(e *event) {
	who, known := w.personOf(e.patient)
	when := w.times(e, who, known)
	switch w.resource.Type {
	case "Encounter":
		w.checkEncounter(e, when) // period.start says when it happened
	case "Observation":
		w.observation()
	case "Condition", "Procedure":
		w.sexes(who)
	case "MedicationRequest":
		w.prescription()
	case "AllergyIntolerance":
		w.allergy()
	}
}

// says counts that a rule applied to the resource at hand, and reports it where
// it does not hold.
func (w *Worker) says(id ruleID, holds bool, element, value string) {
	w.weigh(w.own, id, holds, element, value)
}

// weigh is says for a scope other than that of the resource's type.
func (w *Worker) weigh(in *tally, id ruleID, holds bool, element, value string) {
	in.counts[id].n++
	if !holds {
		w.violates(id, in, element, value)
	}
}

// violates counts and reports one violation. The element is its path below the
// resource, "" for all of it.
func (w *Worker) violates(id ruleID, in *tally, element, value string) {
	in.counts[id].violated++
	if w.checker.settings[id].Off != "" {
		return
	}
	r, expression := &w.checker.rules[id], w.resource.Type
	if element != "" {
		expression += "." + element
	}
	w.report(issue.Issue{
		Severity: issue.Warning, Code: r.Name, Type: "business-rule", Rule: r.Name, Origin: w.origin,
		Expression: expression, Value: strings.Clone(value), Message: r.Title + "; " + r.Fix,
	})
}
