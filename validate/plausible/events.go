package plausible

import (
	"strings"
	"sync"
)

// event says where a type of resource has what is compared with its patient. Names of elements are JSON keys; "a.b" is a path.
type event struct {
	patient string
	when    []string    // the first one that is there says when it happened
	ends    [][2]string // start and end
	after   day         // days after the death on which it may still come: results, letters, bills
	planned bool        // it may lie in the future
	lasting bool        // it may have begun long before the encounter in which it was written down
}

// late is how long results and bills may follow a death (OHDSI, plausibleBeforeDeath).
const late day = 60

// eventTypes lists the types of resources that are events of a patient. Where a type says "period", an end before the start
// is R4's own invariant per-1 and needs no rule here.
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

// patientOf returns the reference to the patient that the resource at hand is about, "" where there is none.
func (w *Worker) patientOf(e *event) string { return w.reference(e.patient) }

func (w *Worker) reference(element string) string { return w.get(element).get("reference").text() }

// textAt returns the text at a path of one or two keys, "" where there is none.
func (w *Worker) textAt(path string) string {
	key, rest, nested := strings.Cut(path, ".")
	if nested {
		return w.get(key).get(rest).text()
	}
	return w.get(key).text()
}

// times compares when it happened with today, the patient's life, and the encounter.
func (w *Worker) times(e *event, who person, known bool) {
	for _, ends := range e.ends {
		start, end := w.textAt(ends[0]), w.textAt(ends[1])
		if start != "" && end != "" {
			w.says(endBeforeStart, !spanOf(end).before(spanOf(start)), "", end+" < "+start)
		}
	}
	var key, date string
	for _, key = range e.when {
		if date = w.textAt(key); date != "" {
			break
		}
	}
	when := w.spanOf(date)
	if !when.known {
		return
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
	if stay, ok := w.stayOf(w.reference("encounter")); ok && !e.lasting {
		w.says(eventOutsideEncounter, when.last >= stay.first-7 && when.first <= stay.last+7, key, date)
	}
}

// spanOf is spanOf for a date that is often that of the resource before, and finds the count of its month.
func (w *Worker) spanOf(date string) span {
	if w.when.is(date) {
		return w.when.value
	}
	w.when.keep(date, spanOf(date))
	w.month = nil
	if at, ok := monthOf(date); ok {
		of := month{w.typ, at}
		if w.month = w.months[of]; w.month == nil {
			w.month = new(int64)
			w.months[of] = w.month
		}
	}
	return w.when.value
}

// stayOf returns the days of an encounter that was checked before.
func (w *Worker) stayOf(reference string) (span, bool) {
	if w.encounter.is(reference) {
		return w.encounter.value, true
	}
	days, ok := w.checker.stays.get(reference)
	if ok {
		w.encounter.keep(reference, days)
	}
	return days, ok
}

// stays are the days of the encounters seen so far, by the hash of their reference.
type stays struct {
	mu   sync.RWMutex
	byID map[uint64]span
}

func (s *stays) get(reference string) (span, bool) {
	if reference == "" {
		return span{}, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, ok := s.byID[hash(reference)]
	return found, ok
}

func (s *stays) put(reference string, days span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[hash(reference)] = days
}

// checkEncounter remembers when an Encounter was.
func (w *Worker) checkEncounter(e *event) {
	w.says(encounterWithoutPatient, w.patientOf(e) != "", "subject", "")
	start, end := spanOf(w.textAt("period.start")), spanOf(w.textAt("period.end"))
	if !start.known {
		return
	}
	if !end.known {
		end.last = w.checker.today + 1 // it is still going on, or its end is not known
	}
	w.checker.stays.put(w.resource.Ref(), span{start.first, max(start.last, end.last), true})
}
