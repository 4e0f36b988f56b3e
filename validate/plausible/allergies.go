package plausible

import (
	"slices"

	"chartlift/internal/denial"
)

// allergy looks whether an allergy names something: "NKDA" in the place of a
// substance would be shown as an allergy. What says by its code that none is
// known, or was refuted, is none.
func (w *Worker) allergy() {
	code := w.get("code")
	if code == "" || w.refuted() {
		return
	}
	text, denied := code.get("text").text(), false
	names := []string{text}
	for c := range code.get("coding").items {
		if noAllergy(c.get("code").text()) {
			return
		}
		names = append(names, c.get("display").text())
	}
	for _, name := range names {
		if denied = denial.Of(name) != denial.Nothing; denied {
			text = name
			break
		}
	}
	w.says(allergyToNothing, !denied, "code", text)
}

// noAllergy reports whether a code says that no allergy is known: those of
// SNOMED CT, and 160244002, which they replaced.
func noAllergy(code string) bool {
	for k := denial.AtAll; k < denial.Unclear; k++ {
		if concept, _ := k.Concept(); code == concept {
			return true
		}
	}
	return code == "160244002"
}

// refuted reports whether the allergy is said not to be one.
func (w *Worker) refuted() bool {
	for c := range w.get("verificationStatus").get("coding").items {
		if slices.Contains([]string{"refuted", "entered-in-error"}, c.get("code").text()) {
			return true
		}
	}
	return false
}
