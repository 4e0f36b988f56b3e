package pipeline

import (
	"fmt"
	"maps"
	"slices"

	"chartlift/internal/issue"
	"chartlift/transform"
	"chartlift/transform/repeats"
)

// allergies is what a run tells of the allergies of one patient.
type allergies struct {
	none  map[repeats.NoAllergy]said // by what is denied: the first row that does
	named map[string]said            // by category: the first row that names one
}

// said is a row and the input that it stands in.
type said struct {
	in     *Input
	origin issue.Origin
}

// allergy remembers what a resource says of allergies. Only patients of whom
// some row denies one and another names one are worth a word, but which those
// are is known at the end.
func (p *repeaters) allergy(in *Input, b transform.Built, origin issue.Origin) {
	patient, says, category := p.reader.Allergy(b.Resource.JSON)
	if patient == "" || says == repeats.NotSaid {
		return
	}
	a := p.allergies[patient]
	if a == nil {
		a = &allergies{}
		p.allergies[patient] = a
	}
	if says != repeats.AnAllergy {
		if a.none == nil {
			a.none = map[repeats.NoAllergy]said{}
		}
		if _, known := a.none[says]; !known {
			a.none[says] = said{in, origin}
		}
		return
	}
	if a.named == nil {
		a.named = map[string]said{}
	}
	if _, known := a.named[category]; !known {
		a.named[category] = said{in, origin}
	}
}

// end says where a patient without a known allergy has one: whoever reads the
// one line must not miss the other.
func (p *repeaters) end() {
	if p == nil {
		return
	}
	for _, patient := range slices.Sorted(maps.Keys(p.allergies)) {
		a := p.allergies[patient]
		for _, says := range slices.Sorted(maps.Keys(a.none)) {
			for _, category := range slices.Sorted(maps.Keys(a.named)) {
				if !says.Denies(category) {
					continue
				}
				denied, named := a.none[says], a.named[category]
				p.report(denied.in, issue.Issue{
					Severity: issue.Warning, Code: "allergy-denied", Type: "conflict", Origin: denied.origin, Rule: "AllergyIntolerance",
					Message: fmt.Sprintf("says that the patient has no known allergy, but row %d of %s names one: ask which is true, and correct the source",
						named.origin.Row, named.origin.Source),
				})
				break // one row named is enough
			}
		}
	}
}
