package golden

import (
	"slices"
	"strings"

	"chartlift/fhir"
)

// Column is a column by which Patients are compared. Kind and Arg are those of
// a fields file of dedupe: given, dob, identifier(SYSTEM).
type Column struct{ Name, Kind, Arg string }

// Value is one value of a record. Its column is a name of [Columns], or where
// System is not empty the identifiers of that system.
type Value struct {
	Column string
	System string
	Text   string
	Type   bool // of an identifier: its type says that it is a person's for life
}

// How many values of one kind are compared: what a person has more of is hardly
// of use.
const (
	mostNames  = 3
	mostPhones = 3
	mostEmails = 2
)

// Columns lists the columns for these elements of Patient (name, birthDate,
// gender, address, telecom, deceased), identifiers apart.
func Columns(fields []string) []Column {
	var out []Column
	add := func(field string, columns ...Column) {
		if slices.Contains(fields, field) {
			out = append(out, columns...)
		}
	}
	for i := range mostNames {
		suffix := numbered(i)
		add("name", Column{"given" + suffix, "given", ""}, Column{"family" + suffix, "family", ""})
	}
	add("name", Column{"middle", "middle", ""}, Column{"suffix", "suffix", ""}, Column{"name", "full_name", ""})
	add("birthDate", Column{"birthDate", "dob", ""})
	add("gender", Column{"gender", "sex", ""})
	for i := range mostPhones {
		add("telecom", Column{"phone" + numbered(i), "phone", ""})
	}
	for i := range mostEmails {
		add("telecom", Column{"email" + numbered(i), "email", ""})
	}
	add("address", Column{"street", "street", ""}, Column{"city", "city", ""}, Column{"postalCode", "zip", ""}, Column{"state", "state", ""})
	add("deceased", Column{"deceased", "deceased", ""})
	return out
}

// numbered tells columns of one kind apart: "", " 2", " 3".
func numbered(i int) string { return []string{"", " 2", " 3"}[i] }

// Values returns what a Patient is compared by, identifiers included. It is nil
// where json is no JSON.
func Values(json []byte) []Value {
	var t fhir.Tree
	if t.Parse(json) != nil {
		return nil
	}
	r := reader{t: &t}
	r.names(t.Find(0, "name"))
	r.add("birthDate", wholeDay(t.FindText(0, "birthDate")))
	r.add("gender", strings.ReplaceAll(t.FindText(0, "gender"), "unknown", ""))
	r.telecoms(t.Find(0, "telecom"))
	r.address(t.Find(0, "address"))
	r.add("deceased", wholeDay(t.FindText(0, "deceasedDateTime")))
	r.identifiers(t.Find(0, "identifier"))
	return r.out
}

// wholeDay returns the day of a date, nothing where only the month or year is
// known: it could not be told from the first of January.
func wholeDay(date string) string {
	const day = len("2006-01-02")
	if len(date) < day {
		return ""
	}
	return date[:day]
}

type reader struct {
	t   *fhir.Tree
	out []Value
}

func (r *reader) add(column, text string) {
	if text != "" {
		r.out = append(r.out, Value{Column: column, Text: strings.Clone(text)})
	}
}

func (r *reader) names(list int) {
	n := 0
	for c := first(r.t, list); c != 0 && n < mostNames; c = r.t.Next(c) {
		family, given := r.t.FindText(c, "family"), texts(r.t, r.t.Find(c, "given"))
		if family == "" && len(given) == 0 {
			if n == 0 {
				r.add("name", r.t.FindText(c, "text"))
			}
			continue
		}
		r.add("family"+numbered(n), family)
		if len(given) > 0 {
			r.add("given"+numbered(n), given[0])
		}
		if n == 0 {
			r.add("middle", strings.Join(given[min(1, len(given)):], " "))
			r.add("suffix", strings.Join(texts(r.t, r.t.Find(c, "suffix")), " "))
		}
		n++
	}
}

func (r *reader) telecoms(list int) {
	phones, emails := 0, 0
	for c := first(r.t, list); c != 0; c = r.t.Next(c) {
		value := r.t.FindText(c, "value")
		switch system := r.t.FindText(c, "system"); {
		case value == "":
		case (system == "phone" || system == "sms") && phones < mostPhones:
			r.add("phone"+numbered(phones), value)
			phones++
		case system == "email" && emails < mostEmails:
			r.add("email"+numbered(emails), value)
			emails++
		}
	}
}

// address takes one address, because it is compared as one: that of the home
// before others, never an old one.
func (r *reader) address(list int) {
	best := 0
	for c := first(r.t, list); c != 0; c = r.t.Next(c) {
		use := r.t.FindText(c, "use")
		if use != "old" && (best == 0 || use == "home" && r.t.FindText(best, "use") != "home") {
			best = c
		}
	}
	if best == 0 {
		return
	}
	r.add("street", strings.Join(texts(r.t, r.t.Find(best, "line")), " "))
	r.add("city", r.t.FindText(best, "city"))
	r.add("postalCode", r.t.FindText(best, "postalCode"))
	r.add("state", r.t.FindText(best, "state"))
}

func (r *reader) identifiers(list int) {
	for c := first(r.t, list); c != 0; c = r.t.Next(c) {
		system, value := r.t.FindText(c, "system"), r.t.FindText(c, "value")
		if system != "" && value != "" {
			r.out = append(r.out, Value{System: strings.Clone(system), Text: strings.Clone(value), Type: governmentType(r.t, c)})
		}
	}
}

// Government reports whether identifiers of the system are known to be given to
// a person by a state, for life.
func Government(system string) bool {
	switch strings.TrimSuffix(strings.ToLower(system), "/") {
	case "http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1", // social security number, USA
		"http://hl7.org/fhir/sid/us-mbi", "http://hl7.org/fhir/sid/us-medicare", // Medicare
		"https://fhir.nhs.uk/id/nhs-number", "urn:oid:2.16.840.1.113883.2.1.4.1", // NHS number
		"http://ns.electronichealth.net.au/id/hi/ihi/1.0",          // IHI, Australia
		"https://standards.digital.health.nz/ns/nhi-id",            // NHI, New Zealand
		"https://healthid.ndhm.gov.in", "https://ndhm.in/healthid", // ABHA, India
		"urn:oid:1.2.752.129.2.1.3.1", "urn:oid:2.16.578.1.12.4.1.4.1", // Sweden, Norway
		"urn:oid:1.2.208.176.1.2", "urn:oid:1.2.246.21": // Denmark, Finland
		return true
	}
	return governmentName(system)
}

// governmentName reports whether the last part of a system is a word for the
// number that a state gives everybody: urn:ssn,
// http://hospital.example/national-id. Mappings name such systems themselves
// where no known one is at hand.
func governmentName(system string) bool {
	system = strings.TrimRight(strings.ToLower(system), "/")
	last := system[strings.LastIndexAny(system, ":/#")+1:]
	switch strings.NewReplacer("-", "", "_", "", ".", "").Replace(last) {
	case "ssn", "socialsecurity", "socialsecuritynumber", "nationalid", "nationalidentifier", "nationalidnumber", "nhsnumber", "aadhaar", "cpf", "curp":
		return true
	}
	return false
}

// governmentType reports whether an identifier's type says the same
// (http://terminology.hl7.org/CodeSystem/v2-0203).
func governmentType(t *fhir.Tree, identifier int) bool {
	codings := t.Find(t.Find(identifier, "type"), "coding")
	if t.Find(identifier, "type") == 0 {
		return false
	}
	for c := first(t, codings); c != 0; c = t.Next(c) {
		if t.FindText(c, "system") != "http://terminology.hl7.org/CodeSystem/v2-0203" {
			continue
		}
		switch code := t.FindText(c, "code"); {
		case code == "SS", code == "NI", code == "NH", code == "PPN", code == "CZ", code == "DL":
			return true
		case len(code) > 2 && strings.HasPrefix(code, "NN"): // national unique individual identifier, NNxxx
			return true
		}
	}
	return false
}
