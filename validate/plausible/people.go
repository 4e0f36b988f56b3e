package plausible

import (
	"strings"
	"time"
)

// person is what is remembered of a patient.
type person struct {
	birth, death span
	sex          byte // 'm', 'f', or 0 for all others
}

// personOf returns what is known of the patient that an element of the resource
// at hand refers to, if that one was checked before.
func (w *Worker) personOf(element string) (person, bool) {
	text := string(w.get(element))
	if w.patient.is(text) {
		return w.patient.value, true
	}
	reference := referenceIn(raw(text))
	if reference == "" {
		return person{}, false
	}
	packed, known := w.checker.people.Get(hash(reference))
	if !known {
		return person{}, false
	}
	who := packed.person()
	w.patient.keep(text, who)
	return who, true
}

// checkPatient checks a Patient and remembers it.
func (w *Worker) checkPatient() {
	born, died := w.textAt("birthDate"), w.textAt("deceasedDateTime")
	who := person{birth: spanOf(born), death: spanOf(died)}
	switch w.textAt("gender") {
	case "male":
		who.sex = 'm'
	case "female":
		who.sex = 'f'
	}
	w.checker.people.Put(w.hashOf(w.resource.Type, "/", w.resource.ID), packPerson(who))
	w.names()
	w.identifiers()
	today := w.checker.today
	if who.death.known {
		w.says(deathInFuture, who.death.first <= today+1, "deceased", died)
	}
	if !who.birth.known {
		return
	}
	w.says(birthTooEarly, who.birth.last >= civil(1850, 1, 1), "birthDate", born)
	w.says(birthInFuture, who.birth.first <= today+1, "birthDate", born)
	w.says(placeholderBirth, born != "1900-01-01" && born != "1970-01-01", "birthDate", born)
	if len(born) == len("2006-01-02") {
		w.own.counts[januaryBirths].n++ // whether there are too many, Finish says
		if strings.HasSuffix(born, "-01-01") {
			w.january++
		}
	}
	dead := who.death.known || w.get("deceasedBoolean") == "true"
	if !dead {
		w.says(ageOver120, who.birth.last >= yearsBefore(today, 120), "birthDate", born)
	}
	if who.death.known {
		w.says(deathBeforeBirth, !who.death.before(who.birth), "deceased", died+" < "+born)
	}
}

func yearsBefore(d day, years int) day {
	t := time.Unix(int64(d)*86400, 0).UTC().AddDate(-years, 0, 0)
	return dayOf(t)
}

// names looks for test patients.
func (w *Worker) names() {
	for name := range w.get("name").items {
		if family := name.get("family").text(); family != "" {
			w.says(placeholderName, !isTestName(family), "name.family", family)
			return
		}
	}
}

// isTestName knows the family names that systems give to people who do not
// exist.
func isTestName(family string) bool {
	upper := strings.ToUpper(family)
	for _, prefix := range []string{"ZZTEST", "ZZZ", "XXTEST", "TESTPATIENT", "TEST PATIENT", "TEST-PATIENT", "DO NOT USE"} {
		if strings.HasPrefix(upper, prefix) {
			return true
		}
	}
	return upper == "TEST" || upper == "DUMMY"
}
