package dedupe

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Model holds the weights: for two records of one person, of two members of a
// household, of twins and of strangers, how often each level of each comparison
// occurs. It can be saved, reviewed and used again.
type Model struct {
	Version int `json:"version"` // of this form: 2
	// Match, Household and Twin are the chances that two records drawn at
	// random are of that kind; the rest are strangers.
	Match     float64 `json:"match"`
	Household float64 `json:"household"`
	Twin      float64 `json:"twin"`

	// Unreliable are the comparisons (given, dob, ssn) that differ entirely in
	// so many matches that a different value is no reason to keep two records
	// apart against all else: the vetoes that rest on them bar Certain alone.
	Unreliable []string `json:"unreliable"`

	Records     int       `json:"records"` // that it was learned from
	Notes       []string  `json:"notes"`   // what could not be learned, and what was used instead
	Comparisons []Weights `json:"comparisons"`
}

// Weights are the levels of one comparison.
type Weights struct {
	Name   string         `json:"name"`
	Levels []LevelWeights `json:"levels"`
}

// LevelWeights are the shares of one level among the pairs of each kind in
// which both records have a value.
type LevelWeights struct {
	Level     string  `json:"level"`
	Match     float64 `json:"match"`
	Household float64 `json:"household"`
	Twin      float64 `json:"twin"`
	Stranger  float64 `json:"stranger"`
}

// modelVersion is raised when the form or the meaning of a model changes.
const modelVersion = 2

// maxModel bounds a model file: ours have a few kilobytes.
const maxModel = 1 << 20

// ReadModel reads what Model.Write wrote.
func ReadModel(in io.Reader) (*Model, error) {
	d := json.NewDecoder(io.LimitReader(in, maxModel))
	d.DisallowUnknownFields()
	var m Model
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if m.Version != modelVersion {
		return nil, fmt.Errorf("read model: it is of version %d, this program knows %d", m.Version, modelVersion)
	}
	return &m, m.check()
}

// check refuses shares that are none: a weight is the logarithm of their ratio.
func (m *Model) check() error {
	for _, w := range m.Comparisons {
		for _, l := range w.Levels {
			for _, share := range []float64{l.Match, l.Household, l.Twin, l.Stranger} {
				if !(share > 0 && share <= 1) {
					return fmt.Errorf("read model: %s, %s: every share must be above 0 and at most 1", w.Name, l.Level)
				}
			}
		}
	}
	for _, chance := range []float64{m.Match, m.Household, m.Twin} {
		if !(chance > 0 && chance < .5) {
			return fmt.Errorf("read model: match, household and twin must be above 0 and below 0.5")
		}
	}
	return nil
}

// Write writes the model as indented JSON.
func (m *Model) Write(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

// The kinds of pairs.
const (
	isMatch = iota
	isHousehold
	isTwin
	isStranger
	classes
)

// maxLevels is how many levels a comparison can have, level 0 counted.
const maxLevels = 9

// shares are the shares of the levels of every comparison for one kind of pair.
type shares [maxComparisons][maxLevels]float64

// weigher turns patterns into bits. It is read-only.
type weigher struct {
	t     *table
	list  []comparison
	prior [classes]float64 // logarithms to base 2
	logs  [classes]shares  // logarithms to base 2, 0 at level 0: a missing value says nothing
}

func newWeigher(t *table, list []comparison, m *Model) (*weigher, error) {
	w := &weigher{t: t, list: list}
	w.prior = [classes]float64{math.Log2(m.Match), math.Log2(m.Household), math.Log2(m.Twin), math.Log2(1 - m.Match - m.Household - m.Twin)}
	byName := map[string]Weights{}
	for _, c := range m.Comparisons {
		byName[c.Name] = c
	}
	for k, c := range list {
		known, ok := byName[c.name]
		if !ok || len(known.Levels) != len(c.levels)-1 {
			return nil, fmt.Errorf("use model: it has no weights for %s; learn it anew with these fields", c.name)
		}
		for i, l := range known.Levels {
			for class, share := range [classes]float64{l.Match, l.Household, l.Twin, l.Stranger} {
				w.logs[class][k][i+1] = math.Log2(share)
			}
		}
	}
	return w, nil
}

// The bounds, in bits, of what the frequency of a value can take away or add
// (rare values are often misspelt ones).
const (
	leastFrequencyBits = -6
	mostFrequencyBits  = 4
)

// sums returns, for each kind of pair, the logarithm of its chance together
// with the pattern.
func (w *weigher) sums(p pattern) [classes]float64 {
	sums := w.prior
	for k := range w.list {
		if l := p.level(k); l != 0 {
			for class := range classes {
				sums[class] += w.logs[class][k][l]
			}
		}
	}
	return sums
}

// frequencyBits returns how much rarer than usual the value is that both
// records share in comparison k. The pair itself is not counted, and rare
// values are drawn towards what is usual: a value that only these two have is
// not known to be rarer than others.
func (w *weigher) frequencyBits(k int, a, b uint32) float64 {
	s, id := w.list[k].frequency(w.t, a, b)
	if id == 0 {
		return 0
	}
	usual := math.Exp2(w.logs[isStranger][k][1])
	others := max(0, float64(s.counts[id])-2)
	share := (others + 1) / (float64(s.filled) + 1/usual)
	return min(max(math.Log2(usual/share), leastFrequencyBits), mostFrequencyBits)
}

// weigh returns the logarithm of the odds that the pair is one person.
func (w *weigher) weigh(p pattern, a, b uint32) float64 {
	sums := w.sums(p)
	if sums[isMatch]-sums[isStranger] < hopeless {
		return hopeless
	}
	for k := range w.list {
		if p.level(k) == 1 && w.list[k].frequency != nil {
			w.rarer(&sums, k, w.frequencyBits(k, a, b))
		}
	}
	return sums[isMatch] - logSum(sums[isHousehold], sums[isTwin], sums[isStranger])
}

// rarer applies a value's frequency: to strangers always, to members of a
// household only where it is nothing that they share.
func (w *weigher) rarer(sums *[classes]float64, k int, bits float64) {
	sums[isStranger] -= bits
	if !w.list[k].shared {
		sums[isHousehold] -= bits
		sums[isTwin] -= bits
	}
}

// hopeless is, in bits, what no frequency can make a pair of.
const hopeless = -30

// logSum returns the logarithm of a sum of numbers given by their logarithms.
func logSum(values ...float64) float64 {
	top := values[0]
	for _, v := range values {
		top = max(top, v)
	}
	sum := 0.0
	for _, v := range values {
		sum += math.Exp2(v - top)
	}
	return top + math.Log2(sum)
}

// probability turns bits into a probability.
func probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }
