package plausible

import (
	"strings"
	"sync"
	"time"
)

// person is what is remembered of a patient.
type person struct {
	birth, death span
	sex          byte // 'm', 'f', or 0 for all others
}

// people are the patients seen so far, by the hash of their reference.
type people struct {
	mu   sync.RWMutex
	byID map[uint64]person
}

func (p *people) get(reference string) (person, bool) {
	if reference == "" {
		return person{}, false
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	found, ok := p.byID[hash(reference)]
	return found, ok
}

func (p *people) put(reference string, who person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byID[hash(reference)] = who
}

// hash is FNV-1a, the same in every run. Two references with one hash among a hundred million are less likely than one in a thousand.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// personOf returns what is known of a patient who was checked before.
func (w *Worker) personOf(reference string) (person, bool) {
	if w.patient.is(reference) {
		return w.patient.value, true
	}
	who, known := w.checker.people.get(reference)
	if known {
		w.patient.keep(reference, who)
	}
	return who, known
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
	w.checker.people.put(w.resource.Ref(), who)
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

// isTestName knows the family names that systems give to people who do not exist.
func isTestName(family string) bool {
	upper := strings.ToUpper(family)
	for _, prefix := range []string{"ZZTEST", "ZZZ", "XXTEST", "TESTPATIENT", "TEST PATIENT", "TEST-PATIENT", "DO NOT USE"} {
		if strings.HasPrefix(upper, prefix) {
			return true
		}
	}
	return upper == "TEST" || upper == "DUMMY"
}
