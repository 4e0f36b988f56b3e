package plausible

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"chartlift/internal/issue"
)

// holder is a patient that has an identifier.
type holder struct {
	patient uint64
	origin  issue.Origin
}

// holders are the patients by the hash of their identifiers.
type holders struct {
	mu     sync.Mutex
	of     map[uint64][]holder
	person map[uint64]uint64 // which patient stands for another record of the same person
}

// same notes that patients are one person.
func (h *holders) same(ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.person == nil {
		h.person = map[uint64]uint64{}
	}
	first := hash("Patient/" + ids[0])
	for _, id := range ids[1:] {
		h.person[hash("Patient/"+id)] = first
	}
}

// who returns the person whose record a patient is.
func (h *holders) who(patient uint64) uint64 {
	if p, ok := h.person[patient]; ok {
		return p
	}
	return patient
}

// note remembers that the patient has the identifier.
func (h *holders) note(identifier uint64, by holder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.ContainsFunc(h.of[identifier], func(other holder) bool { return other.patient == by.patient }) {
		h.of[identifier] = append(h.of[identifier], by)
	}
}

const (
	ssnSystem = "http://hl7.org/fhir/sid/us-ssn"
	npiSystem = "http://hl7.org/fhir/sid/us-npi"
)

// identifiers checks the numbers of a patient or a provider. A patient's record that another one replaces shares its
// numbers with that one, rightly.
func (w *Worker) identifiers() {
	alone := w.resource.Type == "Patient" && w.get("active") != "false"
	me := holder{patient: hash(w.resource.Ref()), origin: w.origin}
	for i := range w.get("identifier").items {
		system, value := i.get("system").text(), i.get("value").text()
		if system == "" || value == "" {
			continue
		}
		w.number(system, value)
		if alone && i.get("use").text() != "old" {
			w.own.counts[identifierShared].n++ // who shares it, Finish finds
			w.checker.holders.note(hash(system+"|"+value), me)
		}
	}
}

// number checks what is known of the numbers of a system.
func (w *Worker) number(system, value string) {
	switch system {
	case ssnSystem:
		w.says(ssnImpossible, ssnPossible(value), "identifier", value)
	case npiSystem:
		w.says(npiCheckDigit, npiValid(value), "identifier", value)
	}
}

// ssnPossible knows the numbers that were never given to anybody.
func ssnPossible(s string) bool {
	s = strings.ReplaceAll(s, "-", "")
	if len(s) != 9 || digits(s) < 0 {
		return len(s) == 4 && digits(s) >= 0 // the last four are all that some systems keep
	}
	area, group, serial := s[:3], s[3:5], s[5:]
	return area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000" &&
		s != "123456789" && strings.Trim(s, s[:1]) != ""
}

// npiValid is the Luhn check over 80840 and the number (45 CFR 162.406, ISO 7812).
func npiValid(s string) bool {
	if len(s) != 10 || digits(s) < 0 {
		return false
	}
	sum := 24 // of the prefix 80840
	for i := range len(s) {
		d := int(s[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// sharedIdentifiers reports patients whose identifier an earlier row's patient has. Which row is the earlier one does not
// depend on the order in which workers saw them.
func (w *Worker) sharedIdentifiers() {
	var again [][2]holder // the later holder, and the first one
	for _, all := range w.checker.holders.of {
		slices.SortFunc(all, func(a, b holder) int { return compare(a.origin, b.origin) })
		for _, later := range all[1:] {
			if w.checker.holders.who(later.patient) != w.checker.holders.who(all[0].patient) {
				again = append(again, [2]holder{later, all[0]})
			}
		}
	}
	slices.SortFunc(again, func(a, b [2]holder) int {
		return cmp.Or(compare(a[0].origin, b[0].origin), compare(a[1].origin, b[1].origin))
	})
	for _, pair := range again {
		w.origin, w.resource.Type = pair[0].origin, "Patient"
		w.violates(identifierShared, w.tallyOf("Patient"), "identifier", "also of "+pair[1].origin.String())
	}
}

func compare(a, b issue.Origin) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Row, b.Row))
}
