package repeats

import (
	"slices"

	"chartlift/internal/denial"
)

// What of several that tell the same is kept.
const (
	First    = "first"    // the one that comes first
	Last     = "last"     // the one that comes last
	Newest   = "newest"   // the one whose row was changed last, by the map's updated
	Final    = "final"    // corrected before final before preliminary
	Severest = "severest" // the allergy with the highest criticality, then the severest reaction
)

// Keeps lists the rules, the default first.
func Keeps() []string { return []string{First, Last, Newest, Final, Severest} }

// Rank returns how much speaks for keeping a resource by this rule; the higher
// is kept, of equals the first. By Last, First and Newest nothing in the
// resource speaks.
func (r *Reader) Rank(json []byte, keep string) int {
	if keep != Final && keep != Severest || r.tree.Parse(json) != nil {
		return 0
	}
	if keep == Final {
		return finality(r.tree.FindText(0, "status"))
	}
	return r.severity()
}

// finality orders the states of results, requests and reports: what corrects a
// final result stands above it.
func finality(status string) int {
	for rank, states := range [][]string{
		{"entered-in-error", "cancelled", "not-done"},
		{"unknown", ""},
		{"registered", "planned", "draft"},
		{"preliminary", "partial", "active", "in-progress"},
		{"final", "completed", "finished"},
		{"amended", "corrected", "appended"},
	} {
		if slices.Contains(states, status) {
			return rank
		}
	}
	return 1
}

// severity orders allergies: a warning too many is noise, one too few may kill.
func (r *Reader) severity() int {
	t := &r.tree
	worst := 0
	if reactions := t.Find(0, "reaction"); reactions != 0 {
		for c := t.First(reactions); c != 0; c = t.Next(c) {
			worst = max(worst, slices.Index([]string{"", "mild", "moderate", "severe"}, t.FindText(c, "severity")))
		}
	}
	criticality := max(0, slices.Index([]string{"", "low", "unable-to-assess", "high"}, t.FindText(0, "criticality")))
	return criticality*4 + worst
}

// NoAllergy is what an AllergyIntolerance says of allergies that a patient does
// not have.
type NoAllergy uint8

// Unknown to have any of a kind, or an allergy.
const (
	AnAllergy   NoAllergy = iota // it names an allergy
	NoneAtAll                    // no known allergy
	NoneToDrugs                  // to no drug
	NoneToFood                   // to no food
	NoneAround                   // to nothing of the surroundings
	NotSaid                      // refuted, resolved or entered in error: it says nothing about today
)

// Allergy returns the patient's reference, what the resource says of allergies,
// and the category of an allergy ("medication", "food", "environment" or ""
// where it is not said).
func (r *Reader) Allergy(json []byte) (patient string, says NoAllergy, category string) {
	t := &r.tree
	if t.Parse(json) != nil {
		return "", NotSaid, ""
	}
	if p := t.Find(0, "patient"); p != 0 {
		patient = t.FindText(p, "reference")
	}
	for element, gone := range map[string][]string{
		"clinicalStatus": {"inactive", "resolved"}, "verificationStatus": {"refuted", "entered-in-error"},
	} {
		for _, code := range r.codesOf(element) {
			if slices.Contains(gone, code) {
				return patient, NotSaid, ""
			}
		}
	}
	if c := t.Find(0, "category"); c != 0 && t.First(c) != 0 {
		category = t.Text(t.First(c))
	}
	return patient, r.none(), category
}

// codesOf returns the codes of an element, without their systems.
func (r *Reader) codesOf(element string) []string {
	t := &r.tree
	at := t.Find(0, element)
	if at == 0 {
		return nil
	}
	codings := t.Find(at, "coding")
	if codings == 0 {
		return nil
	}
	var all []string
	for c := t.First(codings); c != 0; c = t.Next(c) {
		all = append(all, t.FindText(c, "code"))
	}
	return all
}

// none reads what the code says: the concepts of SNOMED CT for allergies that
// are not there, or words for them where there is no code.
func (r *Reader) none() NoAllergy {
	for _, code := range r.codesOf("code") {
		switch code {
		case "716186003", "160244002", "no-known-allergies":
			return NoneAtAll
		case "409137002":
			return NoneToDrugs
		case "429625007":
			return NoneToFood
		case "428607008":
			return NoneAround
		}
	}
	at := r.tree.Find(0, "code")
	if at == 0 {
		return AnAllergy
	}
	switch denial.Of(r.tree.FindText(at, "text")) {
	case denial.AtAll:
		return NoneAtAll
	case denial.ToDrugs:
		return NoneToDrugs
	case denial.ToFood:
		return NoneToFood
	case denial.ToEnvironment:
		return NoneAround
	}
	return AnAllergy
}

// Denies reports whether an allergy of this category contradicts what is said.
func (n NoAllergy) Denies(category string) bool {
	switch n {
	case NoneAtAll:
		return true
	case NoneToDrugs:
		return category == "medication"
	case NoneToFood:
		return category == "food"
	case NoneAround:
		return category == "environment"
	}
	return false
}
