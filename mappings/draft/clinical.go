package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/extract/profile"
)

func lower(s string) string { return strings.ToLower(s) }

// clinicalElements makes what is about a patient. The patient comes first:
// without one there is no resource.
func (b *builder) clinicalElements() []*node {
	key := "subject"
	if b.t.Kind == Allergy || b.t.Kind == Immunization {
		key = "patient"
	}
	who := b.subject(key)
	if who == nil {
		return nil
	}
	number := b.identifiers()
	rest := b.byKind(who)
	if b.missing != "" || number == nil || len(number.kids) == 0 {
		return rest
	}
	return append([]*node{number}, rest...)
}

func (b *builder) byKind(who *node) []*node {
	switch b.t.Kind {
	case Encounter:
		return b.encounter(who)
	case Condition:
		return b.condition(who)
	case Allergy:
		return b.allergy(who)
	case Medication:
		return b.medication(who)
	case Observation:
		return b.observation(who)
	case Immunization:
		return b.immunization(who)
	case Procedure:
		return b.procedure(who)
	}
	b.missing = "looks like Appointment, which needs start and end with their zone: map it by hand"
	return nil
}

// subject refers to the patient, or says why it cannot.
func (b *builder) subject(key string) *node {
	c := b.d.subjectOf(b.t)
	var to *Table
	if c != nil {
		to = b.d.patientsOf(c)
	}
	if to == nil || to.Map == "" {
		b.missing = "looks like " + b.t.Kind.resource() + ", but its patients are not mapped"
		return nil
	}
	m := b.take(c, subject, 0.9, "joins "+to.Table.Table+" by")
	return &node{key: key, text: "ref " + to.Map + "(" + c.ref() + ")", note: b.note(m, orphans(m))}
}

// orphans says how many rows have no partner.
func orphans(m *match) string {
	if m.c.join == nil || m.c.join.Orphans == 0 {
		return ""
	}
	return fmt.Sprintf("%d rows name one that is not there: they are rejected", m.c.join.Orphans)
}

// span finds start and end. Only where the end stands as a proposal may a
// status depend on it.
func (b *builder) span(timed bool) (from, to *node, ended *column) {
	from = b.date("start", start, timed)
	end := b.find(stop)
	to = b.dateOf("end", end, timed)
	if to != nil && to.sort == live {
		ended = end.c
	}
	return from, to, ended
}

func renamed(key string, n *node) *node {
	if n != nil {
		n.key = key
	}
	return n
}

// byEnd is a code that depends on whether the row has an end.
func byEnd(key string, ended *column, with, without string) *node {
	if ended == nil {
		return noted(key, without, "no column says it") // of its end; a column of statuses was asked before
	}
	return flow(key, fmt.Sprintf("{ case: [{ when: %s, then: %s }, { else: %s }] }", inFlow(ended.bare()+" IS NOT NULL"), with, without),
		"by the end alone: look whether a column says more", constant)
}

// codeSystems begins the URIs of the code systems of HL7.
const codeSystems = "http://terminology.hl7.org/CodeSystem/"

// conceptByEnd is a concept of one of FHIR's own code systems whose code
// depends on the end.
func conceptByEnd(key, codeSystem string, code *node) *node {
	return flow(key, "{ coding: [{ system: "+inFlow(codeSystems+codeSystem)+", code: "+code.text+" }] }", code.note, constant)
}

func (b *builder) encounter(who *node) []*node {
	from, to, ended := b.span(true)
	kind := b.classElement()
	return compact([]*node{
		b.statusOr("unknown", byEnd("status", ended, "finished", "unknown")),
		kind,
		listOf("type", b.concept("", code, display)),
		who,
		list("participant", object("", b.ref("individual", Practitioner))),
		object("period", from, to),
		listOf("reasonCode", b.reason()),
		b.ref("serviceProvider", Organization),
		list("location", object("", b.ref("location", Location))),
	})
}

// listOf puts one element into a list.
func listOf(key string, n *node) *node {
	if n == nil {
		return nil
	}
	return list(key, n)
}

// reason makes a concept of a reason's code and text.
func (b *builder) reason() *node {
	m, text := b.find(reason), b.find(reasonText)
	if m != nil && len(m.c.Codes) > 0 {
		return b.coded("", m, text)
	}
	for _, c := range b.t.columns {
		if b.t.Kind == Encounter && c.free() && b.joinsList(c, reasonWords()) {
			return b.translated("", b.take(c, reason, 0.85, "joins "+c.join.ToTable+":"), nil)
		}
	}
	if m == nil && text != nil && (text.c.Type == profile.TypeText || text.c.Type == profile.TypeCode) {
		return object("", b.leaf("text", text, ""))
	}
	return nil
}

// classElement is required. A table's name may say that all its rows are of one
// class.
func (b *builder) classElement() *node {
	const actCode = codeSystems + "v3-ActCode"
	m := b.find(class)
	if m == nil {
		for _, c := range b.t.columns {
			if c.free() && slices.Contains([]string{"type", "kind", "visittype", "encountertype"}, c.plain) && c.listable() && c.knows(standard(class)) {
				m = b.take(c, class, 0.85, "values and name")
			}
		}
	}
	if m != nil && m.c.listable() && m.c.join == nil {
		w := b.walk(m, walk{system: actCode, unmapped: "keep-text", known: standard(class)})
		return b.leaf("class", m, " | coding "+w.name, "fill in terms/"+w.name+".csv")
	}
	code, why := "AMB", "its name says outpatients"
	switch {
	case b.t.called("admission", "ipd", "inpatient", "stay"):
		code, why = "IMP", "its name says admissions"
	case b.t.called("opd", "outpatient", "ambulatory"):
	default:
		return flow("class", "{ system: "+inFlow(codeSystems+"v3-NullFlavor")+", code: UNK }", "no column says whether patients stayed; write AMB, IMP or EMER of v3-ActCode", constant)
	}
	return flow("class", "{ system: "+inFlow(actCode)+", code: "+code+" }", why, constant)
}

// called reports whether the table's name has one of the words.
func (t *Table) called(words ...string) bool {
	for _, w := range tableStem(t.Table.Table) {
		for _, want := range words {
			if singular(w) == want {
				return true
			}
		}
	}
	return false
}

func (b *builder) condition(who *node) []*node {
	from, to, ended := b.span(true)
	what := b.concept("code", code, display)
	if what == nil {
		b.missing = "looks like Condition, but no column says which one"
		return nil
	}
	b.denials("none", "nil", "no evidence", "no history", "denies", "denied", "r/o", "rule out", "ruled out", "negative for", "absence of")
	clinical := b.statusOf("clinicalStatus", "condition-clinical", status)
	if clinical == nil && ended != nil {
		clinical = conceptByEnd("clinicalStatus", "condition-clinical", byEnd("code", ended, "resolved", "active"))
	}
	return compact([]*node{
		clinical, b.statusOf("verificationStatus", "condition-ver-status", verification), what, who, b.ref("encounter", Encounter),
		renamed("onsetDateTime", from), renamed("abatementDateTime", to),
		b.note1(),
	})
}

// note1 keeps remarks as Annotation.
func (b *builder) note1() *node {
	m := b.find(note)
	if m == nil || m.c.Type != profile.TypeText && m.c.Type != profile.TypeCode {
		return nil
	}
	return list("note", object("", b.leaf("text", m, "")))
}

func (b *builder) medication(who *node) []*node {
	from, _, _ := b.span(true)
	what := b.concept("medicationCodeableConcept", code, display)
	if what == nil {
		b.missing = "looks like MedicationRequest, but no column says which drug"
		return nil
	}
	return compact([]*node{
		b.statusOr("unknown", noted("status", "unknown", b.doubtful("; an end may be planned"))),
		noted("intent", "order", "the table's name; MedicationStatement is for what patients say they take"),
		what, who, b.ref("encounter", Encounter),
		renamed("authoredOn", from),
		b.ref("requester", Practitioner),
		listOf("reasonCode", b.reason()),
		b.note1(),
		list("dosageInstruction", object("", b.words("text", dose))),
	})
}

func (b *builder) observation(who *node) []*node {
	from, _, _ := b.span(true)
	cat := b.find(category)
	val := b.find(value)
	what := b.concept("code", code, display)
	if what == nil || val == nil {
		b.missing = "looks like Observation, but no column says " + map[bool]string{true: "what was observed", false: "the result"}[what == nil]
		return nil
	}
	nodes := []*node{
		b.statusOr("unknown", noted("status", "unknown", b.doubtful("; final, if results were signed before they were stored"))),
		b.categories(cat), what, who, b.ref("encounter", Encounter),
		renamed("effectiveDateTime", from),
	}
	return compact(append(append(nodes, b.result(val)...), b.note1()))
}

// categories makes a list of one concept of FHIR's categories of observations.
func (b *builder) categories(m *match) *node {
	if m == nil || !m.c.listable() || !m.c.knows(standard(category)) {
		return nil
	}
	w := b.walk(m, walk{system: codeSystems + "observation-category", unmapped: "keep-text", known: standard(category)})
	return list("category", b.leaf("", m, " | concept "+w.name))
}

// result is a quantity if every value is a number, otherwise the words as they
// are.
func (b *builder) result(m *match) []*node {
	u := b.find(unit)
	united := u != nil && u.c.join == nil && u.c.Type != profile.TypeInteger
	if m.c.Type != profile.TypeDecimal && m.c.Type != profile.TypeInteger || m.c.Misfits > 0 || len(m.c.Placeholders) > 0 {
		if t, word := b.t.valueType(); t != nil && united {
			return b.byType(m, u, t, word)
		}
		if united {
			return []*node{b.worded(m, u)}
		}
		if u != nil {
			u.c.used = "" // it stands nowhere: let the list of columns without a proposal say so
		}
		return []*node{b.leaf("valueString", m, "", "not all values are numbers: kept as text")}
	}
	if united {
		return []*node{b.leaf("valueQuantity", m, " | quantity "+u.pipe(), "unit of column "+u.c.Name+"; add ucum where its units are UCUM")}
	}
	return []*node{object("valueQuantity", b.leaf("value", m, " | decimal", "no column has the unit"))}
}

// worded keeps results as texts with their unit behind them: 120 alone is not a
// result.
func (b *builder) worded(m, u *match) *node {
	text := "{ case: [{ when: " + inFlow(u.c.bare()+" IS NULL") + ", then: " + inFlow(m.pipe()) + " }, { else: '${" + m.c.bare() + "} ${" + u.c.bare() + "}' }] }"
	return flow("valueString", text, b.note(m, "not all values are numbers: kept as text, with the unit of column "+oneLine(u.c.Name)), live)
}

// valueType finds the column that says which results are numbers, and its word
// for them.
func (t *Table) valueType() (*column, string) {
	for _, c := range t.columns {
		if !c.free() || !c.listable() || !slices.Contains([]string{"type", "valuetype", "resulttype", "datatype"}, c.plain) {
			continue
		}
		for _, v := range c.Top {
			if slices.Contains([]string{"numeric", "number", "nm"}, lower(v.Value)) {
				return c, v.Value
			}
		}
	}
	return nil, ""
}

// byType makes quantities of the rows that the source calls numeric, and texts
// of the others.
func (b *builder) byType(m, u *match, t *column, word string) []*node {
	t.used = "type of the value"
	is := t.bare() + " = '" + word + "'"
	not := t.bare() + " <> '" + word + "'"
	return []*node{
		flow("valueQuantity", "{ when: "+quoted(is)+", from: "+inFlow(m.pipe()+" | quantity "+u.pipe())+" }", b.note(m, "where "+t.Name+" says number; add ucum where units are UCUM"), live),
		flow("valueString", "{ when: "+quoted(not)+", from: "+inFlow(m.pipe())+" }", "the others", live),
	}
}

func (b *builder) immunization(who *node) []*node {
	from, _, _ := b.span(true)
	what := b.concept("vaccineCode", code, display)
	if what == nil || from == nil || from.sort != live {
		b.missing = "looks like Immunization, but vaccine or date are not sure"
		return nil
	}
	return compact([]*node{
		b.statusOr("", noted("status", "completed", b.doubtful(": every row that stays counts as given"))),
		what, who, b.ref("encounter", Encounter),
		renamed("occurrenceDateTime", from),
		b.text("lotNumber", lot, ""),
		b.note1(),
	})
}

func (b *builder) procedure(who *node) []*node {
	from, to, ended := b.span(true)
	what := b.concept("code", code, display)
	if what == nil {
		b.missing = "looks like Procedure, but no column says which one"
		return nil
	}
	when := renamed("performedDateTime", from)
	if ended != nil && from != nil {
		when = object("performedPeriod", renamed("start", from), to)
	}
	return compact([]*node{
		b.statusOr("unknown", byEnd("status", ended, "completed", "unknown")),
		what, who, b.ref("encounter", Encounter), when,
		listOf("reasonCode", b.reason()),
		b.note1(),
	})
}
