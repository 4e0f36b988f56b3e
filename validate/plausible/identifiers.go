package plausible

import "strings"

const (
	ssnSystem = "http://hl7.org/fhir/sid/us-ssn"
	npiSystem = "http://hl7.org/fhir/sid/us-npi"
)

// identifiers checks the numbers of a patient or a provider. A patient's record
// that another one replaces shares its numbers with that one, rightly.
func (w *Worker) identifiers() {
	alone := w.resource.Type == "Patient" && w.get("active") != "false"
	me := w.hashOf(w.resource.Type, "/", w.resource.ID)
	for i := range w.get("identifier").items {
		system, value := i.get("system").text(), i.get("value").text()
		if system == "" || value == "" {
			continue
		}
		w.number(system, value)
		if alone && i.get("use").text() != "old" {
			w.own.counts[identifierShared].n++ // who shares it, Finish finds
			w.checker.holders.note(w.hashOf(system, "|", value), me, w.origin)
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

// npiValid is the Luhn check over 80840 and the number (45 CFR 162.406, ISO
// 7812).
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

// sharedIdentifiers reports patients whose identifier an earlier row's patient
// has.
func (w *Worker) sharedIdentifiers() error {
	h := &w.checker.holders
	all, err := h.shared()
	if err != nil {
		return err
	}
	for _, s := range all {
		w.origin, w.resource.Type = h.origin(s.later), "Patient"
		w.violates(identifierShared, w.tallyOf("Patient"), "identifier", "also of "+h.origin(s.first).String())
	}
	return h.Close()
}
