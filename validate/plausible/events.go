package plausible

import "strings"

// event says where a type of resource has what is compared with its patient.
// Names of elements are JSON keys; "a.b" is a path.
type event struct {
	patient string
	when    []string    // the first one that is there says when it happened
	ends    [][2]string // start and end
	after   day         // days after the death on which it may still come: results, letters, bills
	planned bool        // it may lie in the future
	lasting bool        // it may have begun long before the encounter in which it was written down
}

// late is how long results and bills may follow a death (OHDSI,
// plausibleBeforeDeath).
const late day = 60

// eventTypes lists the types of resources that are events of a patient. Where a
// type says "period", an end before the start is R4's own invariant per-1 and
// needs no rule here.
func eventTypes() map[string]*event {
	effective := []string{"effectiveDateTime", "effectiveInstant", "effectivePeriod.start", "issued"}
	return map[string]*event{
		"AllergyIntolerance":       {patient: "patient", when: []string{"onsetDateTime", "onsetPeriod.start", "recordedDate"}, lasting: true},
		"CarePlan":                 {patient: "subject", when: []string{"period.start", "created"}, planned: true, lasting: true},
		"Claim":                    {patient: "patient", when: []string{"billablePeriod.start", "created"}, after: late},
		"Condition":                {patient: "subject", when: []string{"onsetDateTime", "onsetPeriod.start", "recordedDate"}, ends: [][2]string{{"onsetDateTime", "abatementDateTime"}}, after: late, lasting: true},
		"DiagnosticReport":         {patient: "subject", when: effective, after: late},
		"DocumentReference":        {patient: "subject", when: []string{"date", "context.period.start"}, after: late},
		"Encounter":                {patient: "subject", when: []string{"period.start"}},
		"ExplanationOfBenefit":     {patient: "patient", when: []string{"billablePeriod.start", "created"}, after: late},
		"ImagingStudy":             {patient: "subject", when: []string{"started"}},
		"Immunization":             {patient: "patient", when: []string{"occurrenceDateTime", "recorded"}},
		"MedicationAdministration": {patient: "subject", when: effective[:3]},
		"MedicationDispense":       {patient: "subject", when: []string{"whenHandedOver", "whenPrepared"}, ends: [][2]string{{"whenPrepared", "whenHandedOver"}}},
		"MedicationRequest":        {patient: "subject", when: []string{"authoredOn"}},
		"MedicationStatement":      {patient: "subject", when: effective[:3]},
		"Observation":              {patient: "subject", when: effective, after: late},
		"Procedure":                {patient: "subject", when: []string{"performedDateTime", "performedPeriod.start"}},
		"ServiceRequest":           {patient: "subject", when: []string{"authoredOn", "occurrenceDateTime", "occurrencePeriod.start"}, planned: true},
		"Specimen":                 {patient: "subject", when: []string{"collection.collectedDateTime", "receivedTime"}, after: late},
	}
}

// referenceIn returns what a Reference refers to, "" where that is not known.
func referenceIn(element raw) string {
	const before = `{"reference":"` // nearly all are written like this, and nothing else
	if text := string(element); strings.HasPrefix(text, before) && strings.HasSuffix(text, `"}`) {
		inner := text[len(before) : len(text)-2]
		if strings.IndexByte(inner, '"') < 0 && strings.IndexByte(inner, '\\') < 0 {
			return inner
		}
	}
	return element.get("reference").text()
}

// textAt returns the text at a path of one or two keys, "" where there is none.
func (w *Worker) textAt(path string) string {
	key, rest, nested := strings.Cut(path, ".")
	if nested {
		return w.get(key).get(rest).text()
	}
	return w.get(key).text()
}

// times compares when it happened with today, the patient's life, and the
// encounter. It returns when that was.
func (w *Worker) times(e *event, who person, known bool) span {
	for _, ends := range e.ends {
		start, end := w.textAt(ends[0]), w.textAt(ends[1])
		if start != "" && end != "" {
			w.says(endBeforeStart, !spanOf(end).before(spanOf(start)), "", end+" < "+start)
		}
	}
	key, date, when := w.happened(e)
	if !when.known {
		return when
	}
	w.says(eventTooEarly, when.last >= civil(1950, 1, 1), key, date)
	if !e.planned {
		w.says(eventInFuture, when.first <= w.checker.today+1, key, date)
	}
	if w.month != nil {
		*w.month++
	}
	if known && who.birth.known {
		w.says(eventBeforeBirth, !when.before(who.birth), key, date)
	}
	if known && who.death.known {
		w.says(eventAfterDeath, when.first <= who.death.last+e.after, key, date)
	}
	if e.lasting {
		return when
	}
	if stay, ok := w.stayOf("encounter"); ok {
		w.says(eventOutsideEncounter, when.last >= stay.first-7 && when.first <= stay.last+7, key, date)
	}
	return when
}

// happened returns when the resource at hand happened, as the first of its
// elements that is there says, and finds the count of its month. The date is
// often that of the resource before.
func (w *Worker) happened(e *event) (key, date string, when span) {
	for _, key = range e.when {
		text := string(w.get(key))
		if w.when.is(text) {
			return key, text[1 : len(text)-1], w.when.value // it is kept only where its text is what stands between the quotes
		}
		if date = w.textAt(key); date == "" {
			continue
		}
		w.month, when = w.monthOf(date), spanOf(date)
		if when.known && len(text) == len(date)+2 && text[1:len(text)-1] == date {
			w.when.keep(text, when)
		} else {
			w.when.name = w.when.name[:0]
		}
		return key, date, when
	}
	w.month = nil
	w.when.name = w.when.name[:0]
	return "", "", span{}
}

// monthOf returns the count of a date's month, nil where it says only a year.
func (w *Worker) monthOf(date string) *int64 {
	at, ok := monthOf(date)
	if !ok {
		return nil
	}
	return w.calendar.of(at)
}

// stayOf returns the days of the encounter that an element of the resource at
// hand refers to, if that one was checked before.
func (w *Worker) stayOf(element string) (span, bool) {
	text := string(w.get(element))
	if w.encounter.is(text) {
		return w.encounter.value, true
	}
	reference := referenceIn(raw(text))
	if reference == "" {
		return span{}, false
	}
	known, ok := w.checker.stays.get(hash(reference))
	if !ok {
		return span{}, false
	}
	days := span{known.first, known.last, true}
	w.encounter.keep(text, days)
	return days, true
}

// stay is the days of an encounter: there are many, and each is remembered.
type stay struct{ first, last day }

// checkEncounter remembers when an Encounter was, of which the first day is
// known.
func (w *Worker) checkEncounter(e *event, start span) {
	w.says(encounterWithoutPatient, referenceIn(w.get(e.patient)) != "", "subject", "")
	if !start.known {
		return
	}
	end := spanOf(w.textAt("period.end"))
	if !end.known {
		end.last = w.checker.today + 1 // it is still going on, or its end is not known
	}
	w.checker.stays.put(w.hashOf(w.resource.Type, "/", w.resource.ID), stay{start.first, max(start.last, end.last)})
}
