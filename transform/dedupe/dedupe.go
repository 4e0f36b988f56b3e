// Package dedupe finds records of one person among records of many, by the
// weights of Fellegi and Sunter (1969), learned from the data without labels.
//
// It is made for patients: an overlay (two persons in one record) is worse than
// a duplicate, so twins and members of a household are kinds of pairs of their
// own, vetoes stand above every score, and only what is Certain may be merged
// without a person having looked. Nothing is merged here.
//
// Read [Linker] and [Result] first. How it works and how to read its output is
// in docs/matching.md.
//
//	l, err := dedupe.New(dedupe.Options{Fields: fields})
//	err = l.Add("1001", []string{"ANA", "GARCIA", "19540703"}) // values in the order of the fields
//	result, err := l.Link(ctx)
package dedupe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
)

// Profile says from which probability on records are put into one cluster.
type Profile string

// The profiles. Vetoes hold in both.
const (
	Safe     Profile = "safe"     // 0.95: what is certain or probable
	Balanced Profile = "balanced" // 0.5: what is more likely than not
)

// Policy says how pairs are graded.
type Policy string

// The policies.
const (
	ByWeights Policy = "weights" // by probability
	ByCMS     Policy = "cms"     // Certain are exact combinations of fields alone, after the list of CMS; nothing else is more than Possible
)

// Options say what is compared and how cautiously. Only Fields must be given.
type Options struct {
	Fields    []Field
	Profile   Profile    // "" is Safe
	Policy    Policy     // "" is ByWeights
	Threshold float64    // probability from which on records are put into one cluster; 0: the profile's
	Largest   int        // records in a cluster above which all of it goes to review; 0: 10
	Workers   int        // goroutines; 0: one for each core. Results do not depend on it
	Model     *Model     // weights to use instead of learning them
	Decisions []Decision // what people have decided already
	Known     *Known     // of earlier records, where these are not all
}

// Linker collects records and links them. It is for one goroutine.
type Linker struct {
	o       Options
	t       *table
	settled bool
}

// New returns a Linker for records with these fields.
func New(o Options) (*Linker, error) {
	if o.Profile == "" {
		o.Profile = Safe
	}
	if o.Threshold == 0 {
		o.Threshold = probableFrom
		if o.Profile == Balanced {
			o.Threshold = possibleFrom
		}
	}
	if o.Largest == 0 {
		o.Largest = 10
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Profile != Safe && o.Profile != Balanced {
		return nil, fmt.Errorf("the profile %q is none of safe and balanced", o.Profile)
	}
	if !(o.Threshold >= leastKept && o.Threshold < 1) {
		return nil, fmt.Errorf("the threshold %v is not between %v and 1", o.Threshold, leastKept)
	}
	if o.Policy != "" && o.Policy != ByWeights && o.Policy != ByCMS {
		return nil, fmt.Errorf("the policy %q is none of weights and cms", o.Policy)
	}
	if len(o.Fields) == 0 {
		return nil, errors.New("no field is given: nothing can be compared")
	}
	t, err := newTable(o.Fields)
	return &Linker{o: o, t: t}, err
}

// Add takes a record: its id, which must be unique, and its values in the order
// of the fields, "" for none. An [IDError] says what is wrong with the id.
func (l *Linker) Add(id string, values []string) error {
	if len(values) != len(l.o.Fields) {
		return fmt.Errorf("record %d has %d values for %d fields", l.t.n+1, len(values), len(l.o.Fields))
	}
	return l.t.add(id, values)
}

// settle ends the adding, once.
func (l *Linker) settle() {
	if !l.settled {
		l.t.settle()
		l.settled = true
	}
}

// Link compares the records that were added, and ends the adding. The result
// does not depend on their order, but for the rows that it names.
func (l *Linker) Link(ctx context.Context) (*Result, error) {
	t := l.t
	l.settle()
	if err := t.know(l.o.Known); err != nil {
		return nil, fmt.Errorf("look up what is known of earlier records: %w", err)
	}
	list, err := comparisons(t)
	if err != nil {
		return nil, err
	}
	b := &blocker{t: t, window: 20, workers: l.o.Workers}
	if err := b.choose(ctx, rules(t)); err != nil {
		return nil, fmt.Errorf("divide records into blocks: %w", err)
	}
	learn := &learner{blocker: b, list: list}
	model, err := l.model(ctx, learn)
	if err != nil {
		return nil, err
	}
	w, err := newWeigher(t, list, model)
	if err != nil {
		return nil, err
	}
	decisions, contradictions := l.decisions()
	j := newJudge(w, model, decisions)
	if l.o.Policy == ByCMS {
		j.combinations = combinations()
	}
	pairs, err := learn.score(ctx, j)
	if err != nil {
		return nil, fmt.Errorf("compare pairs: %w", err)
	}
	c := newComparer(t, list)
	pairs = addDecided(pairs, j, c)
	cl := &clusterer{l: learn, j: j, c: c, threshold: float32(math.Log2(l.o.Threshold / (1 - l.o.Threshold))), largest: l.o.Largest, parent: make([]uint32, t.n)}
	r := newResult(l, cl, model, pairs)
	r.Issues = append(r.Issues, contradictions...)
	if r.Summary.Unlinkable, err = learn.unlinkable(ctx, j); err != nil {
		return nil, fmt.Errorf("look for records that say too little: %w", err)
	}
	return r, nil
}

// model returns the weights that were given, or learns them.
func (l *Linker) model(ctx context.Context, learn *learner) (*Model, error) {
	model := l.o.Model
	if model == nil {
		var err error
		if model, err = learn.learn(ctx); err != nil {
			return nil, fmt.Errorf("learn weights: %w", err)
		}
	}
	if l.o.Known != nil {
		model = model.complete(learn.list).among(l.o.Known.Records)
	}
	return model, nil
}
