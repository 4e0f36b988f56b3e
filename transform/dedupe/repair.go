package dedupe

import (
	"math"
	"slices"
)

// repair makes sure that most matches have one given name, one date of birth
// and one government id (where they do not, what was learned are people of one
// name rather than one person), that a better level never weighs less than a
// worse one, and puts the shipped shares in the place of learned ones that
// cannot be right.
func (l *learner) repair() {
	for k, c := range l.list {
		if slices.Contains([]string{"given", "dob", "ssn"}, c.name) && l.shares[isMatch][k][1] < .5 || l.shares[isMatch][k][1] <= l.shares[isStranger][k][1] {
			l.note("%s: what was learned is not plausible; the shipped weights are used", c.name)
			for i, share := range c.shipped.match {
				l.shares[isMatch][k][i+1] = share
			}
		}
		l.monotone(k, c.ranked)
	}
	l.relatives()
}

// monotone pools neighbouring levels (pool adjacent violators) until the ratio
// of match to stranger falls from level to level.
func (l *learner) monotone(k, ranked int) {
	match, stranger := &l.shares[isMatch][k], &l.shares[isStranger][k]
	type pool struct {
		from, to        int
		match, stranger float64
	}
	var pools []pool
	for level := 1; level <= ranked; level++ {
		pools = append(pools, pool{level, level, match[level], stranger[level]})
		for n := len(pools); n > 1; n = len(pools) {
			better, worse := &pools[n-2], pools[n-1]
			if better.match*worse.stranger >= worse.match*better.stranger {
				break
			}
			better.to, better.match, better.stranger = worse.to, better.match+worse.match, better.stranger+worse.stranger
			pools = pools[:n-1]
		}
	}
	for _, p := range pools {
		for level := p.from; level <= p.to && p.from < p.to; level++ {
			match[level] = math.Min(1, stranger[level]*p.match/p.stranger)
		}
	}
}

// Where more than one in thirty matches has an entirely different value, it is
// not relied on; in registration data it is one or two in a hundred. Fewer
// pairs than enoughWitnesses prove nothing.
const (
	unreliableFrom  = 1.0 / 30
	enoughWitnesses = 150
)

// unreliable returns what is not to be relied on. It asks only pairs that are
// one person on other grounds, so that twins and juniors do not count: of one
// id, or of one name and date of birth.
func (l *learner) unreliable() []string {
	at := placesOf(l.list)
	out := []string{}
	ask := func(name string, different uint8, witness func(p pattern) bool) {
		all, wrong := 0.0, 0.0
		for _, w := range l.patterns {
			switch k := slices.IndexFunc(l.list, func(c comparison) bool { return c.name == name }); {
			case k < 0 || w.pattern.level(k) == 0 || !witness(w.pattern):
			case w.pattern.level(k) == different:
				wrong += w.pairs
				fallthrough
			default:
				all += w.pairs
			}
		}
		if all >= enoughWitnesses && wrong/all > unreliableFrom {
			out = append(out, name)
		}
	}
	alike := func(name uint8) bool { return name != 0 && name <= nameVariant }
	given := func(p pattern) bool { return alike(level(p, at.given)) || level(p, at.given) >= nameSwapped }
	ask("given", nameDifferent, func(p pattern) bool { return level(p, at.ssn) == idExact })
	ask("dob", dateDifferent, func(p pattern) bool { return level(p, at.ssn) == idExact && given(p) })
	ask("ssn", idDifferent, func(p pattern) bool {
		address := level(p, at.address)
		return given(p) && alike(level(p, at.family)) && level(p, at.dob) == dateExact && address != 0 && address <= addressZip
	})
	return out
}

// model writes down what was learned.
func (l *learner) model() *Model {
	m := &Model{
		Version: modelVersion, Records: l.t.n, Notes: append([]string{}, l.notes...),
		Unreliable: l.unreliable(), Match: l.chance[isMatch], Household: l.chance[isHousehold], Twin: l.chance[isTwin], Comparisons: []Weights{},
	}
	for k, c := range l.list {
		w := Weights{Name: c.name}
		for level := 1; level < len(c.levels); level++ {
			w.Levels = append(w.Levels, LevelWeights{
				Level: c.levels[level], Match: rounded(l.shares[isMatch][k][level]), Household: rounded(l.shares[isHousehold][k][level]),
				Twin: rounded(l.shares[isTwin][k][level]), Stranger: rounded(l.shares[isStranger][k][level]),
			})
		}
		m.Comparisons = append(m.Comparisons, w)
	}
	return m
}

// rounded keeps six digits: models are read by people.
func rounded(share float64) float64 {
	if share <= 0 {
		return smallestShare
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(share)))
	return math.Min(1, math.Round(share*scale)/scale)
}
