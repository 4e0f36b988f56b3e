package validate

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"chartlift/fhir/profile"
	"chartlift/fhir/terms"
)

// vocabulary is what a Validator knows of codes. The codes of guides are added
// when the first resource asks for one.
type vocabulary struct {
	once    sync.Once
	set     *terms.Set
	guide   *profile.Guide
	advice  bool
	ask     func(system, code string) terms.Verdict
	unknown sync.Map // name of a system or of an invariant → *atomic.Int64
}

func newVocabulary(o Options, guide *profile.Guide) *vocabulary {
	if o.Terms != nil {
		guide.AddCodes(o.Terms)
	}
	return &vocabulary{set: o.Terms, guide: guide, advice: o.Advice, ask: o.Ask}
}

func (v *vocabulary) table() *terms.Set {
	v.once.Do(func() {
		if v.set == nil {
			v.set = v.guide.Terms()
		}
	})
	return v.set
}

// check looks a code up. What is not known is counted where advice is asked
// for.
func (v *vocabulary) check(system, code string) terms.Verdict {
	verdict := v.table().Check(system, code)
	if verdict == terms.Unknown && v.ask != nil {
		verdict = v.ask(strings.Clone(system), strings.Clone(code))
	}
	if verdict == terms.Unknown && v.advice {
		v.notChecked("codes of " + system)
	}
	return verdict
}

// maxUnknown bounds the names that are counted: systems may be made up by the
// thousand.
const maxUnknown = 1000

func (v *vocabulary) notChecked(name string) {
	count, ok := v.unknown.Load(name)
	if !ok {
		count, _ = v.unknown.LoadOrStore(strings.Clone(name), new(atomic.Int64))
	}
	count.(*atomic.Int64).Add(1)
}

// Unchecked says of what so many values were not checked: the codes of a system
// that is not at hand, or a rule.
type Unchecked struct {
	What  string
	Count int64
}

// NotChecked returns what could not be checked since the Validator was made,
// the most frequent first. Codes are counted where Options.Advice is set.
func (v *Validator) NotChecked() []Unchecked {
	var all []Unchecked
	v.terms.unknown.Range(func(name, count any) bool {
		all = append(all, Unchecked{name.(string), count.(*atomic.Int64).Load()})
		return len(all) < maxUnknown
	})
	slices.SortFunc(all, func(a, b Unchecked) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.What, b.What))
	})
	return all
}
