package draft

import "strings"

func (b *builder) allergy(who *node) []*node {
	began := "recordedDate"
	if c, _, _ := b.t.best(start); c != nil && c.hasWord(" onset onsetdate ") {
		began = "onsetDateTime"
	}
	from, _, ended := b.span(true)
	kind := b.find(allergyType)
	cat := b.find(category)
	what := b.concept("code", code, display)
	if what == nil {
		b.missing = "looks like AllergyIntolerance, but no column says to what"
		return nil
	}
	b.denials("nkda", "nka", "nkfa", "none", "nil", "no", "not allergic", "denies", "denied", "negative")
	clinical := b.statusOf("clinicalStatus", "allergyintolerance-clinical", status)
	if clinical == nil {
		clinical = conceptByEnd("clinicalStatus", "allergyintolerance-clinical", byEnd("code", ended, "resolved", "active"))
	}
	return compact([]*node{
		clinical, b.statusOf("verificationStatus", "allergyintolerance-verification", verification),
		b.enum("type", kind, "omit-element", standard(allergyType)),
		listOf("category", b.enum("", cat, "omit-element", allergyCategories())),
		what, who, b.ref("encounter", Encounter),
		renamed(began, from),
		b.note1(),
		b.reactions(),
	})
}

// reactions keeps the first reaction; its severity alone is none.
func (b *builder) reactions() *node {
	what := b.concept("", reaction, reactionText)
	if what == nil {
		return nil
	}
	m := b.find(severity)
	grade := b.enum("severity", m, "omit-element", standard(severity))
	if grade == nil || grade.sort != live {
		return list("reaction", object("", list("manifestation", what), grade))
	}
	return list("reaction", object("", list("manifestation", what, b.unsaid(m)), grade))
}

// unsaid stands for the manifestation where a row grades a reaction and does
// not describe it: FHIR requires one, and the allergy would be refused for it.
func (b *builder) unsaid(grade *match) *node {
	var empty []string
	for _, c := range b.t.columns {
		if c.used == string(reaction) || c.used == string(reactionText) {
			empty = append(empty, c.bare()+" IS NULL")
		}
	}
	when := strings.Join(append(empty, grade.c.bare()+" IS NOT NULL"), " AND ")
	return flow("", "{ when: "+inQuotes(when)+", text: reaction not recorded, keep: true }", "a severity alone", constant)
}
