package dedupe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
)

// learner estimates a model without labels: how strangers compare from pairs
// drawn at random, the rest by expectation and maximisation (Dempster, Laird
// and Rubin 1977; for record linkage Winkler 1988) over the pairs that blocking
// brings together, with four kinds of pairs.
type learner struct {
	*blocker
	list     []comparison
	drawn    [maxComparisons][maxLevels]float64 // random pairs by level
	patterns []weighted
	outside  float64 // pairs that blocking did not bring together
	chance   [classes]float64
	shares   [classes]shares
	notes    []string
	prior    float64 // how many pairs the shipped shares count as
}

// weighted is a pattern with the number of pairs that it stands for.
type weighted struct {
	pattern pattern
	pairs   float64
}

const (
	randomPairs    = 300_000 // drawn for what strangers have in common
	pairsPerRule   = 60_000  // looked at for each rule
	rounds         = 60
	priorPairs     = 30  // shipped shares count as so many pairs
	fewPriorPairs  = 300 // where few matches are expected
	enoughMatches  = 200
	smallestShare  = 1e-7
	juniors        = .01  // of two members of a household have one given name
	borrowedNumber = .001 // of two members of a household have one number
	queued         = .01  // of two members of a household have neighbouring record numbers: families come, and are registered, together
	bornInARow     = .001 // of two members of a household have neighbouring government ids: those are given at birth, or on arrival
)

func (l *learner) learn(ctx context.Context) (*Model, error) {
	if err := l.draw(ctx); err != nil {
		return nil, err
	}
	if err := l.look(ctx); err != nil {
		return nil, err
	}
	l.prior = priorPairs
	l.begin()
	l.maximise()
	if l.expected() < enoughMatches {
		l.note("fewer than %d matches are expected: the shipped weights count more than what was learned", enoughMatches)
		l.prior = fewPriorPairs
		l.begin()
		l.maximise()
	}
	l.repair()
	return l.model(), nil
}

func (l *learner) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(l.notes, text) {
		l.notes = append(l.notes, text)
	}
}

// draw compares records with those a few rows further on: rows are in the order
// of a hash, so these are random pairs.
func (l *learner) draw(ctx context.Context) error {
	n := l.t.n
	steps := min(max(1, randomPairs/max(1, n)), max(0, n-1)/2)
	rows := n
	if n > randomPairs {
		rows = randomPairs
	}
	const piece = 1 << 12
	counts := make([][maxComparisons][maxLevels]float64, (rows+piece-1)/piece)
	err := l.pieces(ctx, rows, piece, func(c *comparer, i, from, to int) {
		for row := from; row < to; row++ {
			for step := 1; step <= steps; step++ {
				p := c.compare(uint32(row), uint32((row+step)%n))
				for k := range l.list {
					counts[i][k][p.level(k)]++
				}
			}
		}
	})
	for i := range counts {
		for k := range counts[i] {
			for level, n := range counts[i][k] {
				l.drawn[k][level] += n
			}
		}
	}
	return err
}

// sampled is what one piece of a rule's blocks adds.
type sampled map[pattern]float64

// look compares pairs of every rule, of each pair only where no earlier rule
// has it, so that all rules together make one sample.
func (l *learner) look(ctx context.Context) error {
	total := map[pattern]float64{}
	seen := 0.0
	for i, r := range l.rules {
		every := uint64(max(1, r.pairs(l.window)/pairsPerRule))
		const piece = 512
		counts := make([]sampled, (len(r.ends)+piece-1)/piece)
		pairs := make([]int64, len(counts))
		err := l.pieces(ctx, len(r.ends), piece, func(c *comparer, at, from, to int) {
			counts[at] = sampled{}
			for j := from; j < to; j++ {
				l.pairsOfBlock(i, j, every, func(a, b uint32) {
					counts[at][c.compare(a, b)] += float64(every)
					pairs[at]++
				})
			}
		})
		if err != nil {
			return err
		}
		for at := range counts {
			for p, n := range counts[at] {
				total[p] += n
				seen += n
			}
			l.reports[l.reportOf(r)].Learning += pairs[at]
		}
	}
	for _, p := range slices.Sorted(maps.Keys(total)) {
		l.patterns = append(l.patterns, weighted{p, total[p]})
	}
	slices.SortFunc(l.patterns, func(x, y weighted) int { return cmp.Compare(x.pattern, y.pattern) })
	l.outside = max(0, float64(pairsOf(l.t.n))-seen)
	return nil
}

// begin sets everything to the shipped shares.
func (l *learner) begin() {
	n := float64(max(2, l.t.n))
	l.chance = [classes]float64{isMatch: .2 / n, isHousehold: .5 / n, isTwin: .01 / n}
	l.chance[isStranger] = 1 - l.chance[isMatch] - l.chance[isHousehold] - l.chance[isTwin]
	for k, c := range l.list {
		for i := range c.shipped.match {
			l.shares[isMatch][k][i+1] = c.shipped.match[i]
			l.shares[isHousehold][k][i+1] = c.shipped.household[i]
		}
	}
	l.strangers()
	l.relatives()
}

// expected is the number of matching pairs by the present chances.
func (l *learner) expected() float64 { return l.chance[isMatch] * float64(pairsOf(l.t.n)) }

// maximise repeats: say of each pattern how likely it is a match, a household,
// twins, strangers; then take the shares of the levels from that.
func (l *learner) maximise() {
	for range rounds {
		before := l.shares[isMatch]
		chance := l.chance
		sums, mass := l.expect()
		l.update(isMatch, sums[isMatch], func(int) bool { return true })
		l.update(isHousehold, sums[isHousehold], func(k int) bool { return l.list[k].shared || l.list[k].name == "sex" })
		total := float64(max(1, pairsOf(l.t.n)))
		l.chance[isMatch] = min(max(mass[isMatch], .5)/total, .3)
		l.chance[isHousehold] = min(max(mass[isHousehold], 5)/total, .3) // a few are always to be reckoned with
		l.chance[isTwin] = min(max(mass[isTwin], 1)/total, .1)
		l.chance[isStranger] = 1 - l.chance[isMatch] - l.chance[isHousehold] - l.chance[isTwin]
		l.strangers()
		l.relatives()
		if settled(before[:], l.shares[isMatch][:]) && math.Abs(l.chance[isMatch]/chance[isMatch]-1) < settledBelow {
			return
		}
	}
}

// settledBelow is the change of a share from one round to the next from which
// on nothing more is to come.
const settledBelow = 1e-4

func settled(before, after [][maxLevels]float64) bool {
	for k := range before {
		for level := range before[k] {
			if math.Abs(before[k][level]-after[k][level]) > settledBelow {
				return false
			}
		}
	}
	return true
}

// expect returns, for each kind of pair, how many pairs have each level, and
// how many pairs there are.
func (l *learner) expect() (sums [classes]shares, mass [classes]float64) {
	for _, w := range l.patterns {
		likely := l.chance
		for k := range l.list {
			if level := w.pattern.level(k); level != 0 {
				for class := range classes {
					likely[class] *= l.shares[class][k][level]
				}
			}
		}
		total := likely[0] + likely[1] + likely[2] + likely[3]
		if !(total > 0) {
			continue
		}
		for class := range classes {
			part := w.pairs * likely[class] / total
			mass[class] += part
			for k := range l.list {
				sums[class][k][w.pattern.level(k)] += part
			}
		}
	}
	return sums, mass
}

// update takes the shares of a kind of pair from the sums, the shipped ones
// counting as so many pairs.
func (l *learner) update(class int, sums shares, free func(k int) bool) {
	for k, c := range l.list {
		if !free(k) {
			continue
		}
		shipped := c.shipped.match
		if class == isHousehold {
			shipped = c.shipped.household
		}
		total := l.prior
		for level := 1; level < len(c.levels); level++ {
			total += sums[k][level]
		}
		for level := 1; level < len(c.levels); level++ {
			l.shares[class][k][level] = max((sums[k][level]+l.prior*shipped[level-1])/total, smallestShare)
		}
	}
}

// strangers takes their shares from random pairs. Level 1 comes from the
// frequencies of the values: among few random pairs it is not seen. What
// matches and households among the random pairs bring is taken off.
func (l *learner) strangers() {
	for k, c := range l.list {
		drawn := 0.0
		for level := 1; level < len(c.levels); level++ {
			drawn += l.drawn[k][level]
		}
		if drawn < 100 {
			for i, share := range c.shipped.stranger {
				l.shares[isStranger][k][i+1] = share
			}
			continue
		}
		for level := 1; level < len(c.levels); level++ {
			least := .5 / drawn
			share := l.drawn[k][level] / drawn
			switch {
			case level == 1 && c.frequency != nil:
				share = l.coincidence(c.touches[0])
				least = max(share/50, .1/float64(pairsOf(l.t.n)))
			case level == 1 && c.name == "address":
				share = min(share, l.sameAddress())
				least = share
			}
			for _, class := range []int{isMatch, isHousehold, isTwin} {
				share -= l.chance[class] * l.shares[class][k][level]
			}
			l.shares[isStranger][k][level] = max(share, least, smallestShare/10)
		}
	}
}

// sameAddress is the chance that two strangers have one address: that of its
// parts, times ten because streets lie in few places.
func (l *learner) sameAddress() float64 {
	share := 10.0
	for _, s := range []*slot{&l.t.number, &l.t.street, &l.t.zip} {
		if s.filled*2 > l.t.n {
			share *= l.coincidence(s)
		}
	}
	return max(share, 1e-9)
}

// coincidence is the chance that two random records that have a value have the
// same one.
func (l *learner) coincidence(s *slot) float64 {
	all, same := 0.0, 0.0
	for _, n := range s.counts {
		all += float64(n)
		same += float64(n) * float64(max(0, int64(n)-1))
	}
	return same / max(1, all*(all-1))
}

// relatives derives what is not learned: members of a household are strangers
// in what belongs to one person alone, but for juniors and borrowed numbers;
// twins are members of a household with one date of birth.
func (l *learner) relatives() {
	for k, c := range l.list {
		stranger, match := &l.shares[isStranger][k], &l.shares[isMatch][k]
		household, twin := &l.shares[isHousehold][k], &l.shares[isTwin][k]
		for level := 1; level < len(c.levels); level++ {
			switch {
			case c.shared || c.name == "sex":
			case c.name == "given", c.name == "middle", c.name == "suffix":
				household[level] = (1-juniors)*stranger[level] + juniors*match[level]
			case c.name == "dob":
				household[level] = stranger[level]
			default:
				household[level] = (1-borrowedNumber)*stranger[level] + borrowedNumber*match[level]
			}
			twin[level] = household[level]
		}
		switch {
		case c.name == "dob", c.name == "family":
			*twin = *match // they differ by errors alone
		case c.name == "given":
			copy(twin[1:], []float64{.005, .02, .03, .15, .79, .001, .0035, .0005})
		case c.number():
			inARow := queued
			if c.name == "ssn" {
				inARow = bornInARow
			}
			household[idNext] = max(stranger[idNext], inARow)
			copy(twin[1:], []float64{.001, .01, .04, .52, .001, .428}) // twins are often registered one after the other
		case c.name == "sex":
			copy(twin[1:], []float64{.65, .35})
		}
	}
}
