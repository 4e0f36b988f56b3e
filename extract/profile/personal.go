package profile

import (
	"slices"
	"strings"
)

// The kinds of personal data, as they stand in Column.Personal.
const (
	personName    = "name"
	personAddress = "address"
	personPhone   = "phone"
	personEmail   = "e-mail"
	personSSN     = "social security number"
	personPapers  = "identity document"
	personBirth   = "birth date"
	personDeath   = "death date"
	personNumber  = "record number"
	personText    = "free text"
)

// personalByName tells what a column's name gives away, "" for nothing.
func personalByName(name string) string {
	w := Words(name)
	joined := strings.Join(w, "")
	for i := range w { // WorkPhone1 and WorkPhone2 are telephones
		if bare := strings.TrimRight(w[i], "0123456789"); len(bare) > 2 {
			w[i] = bare
		}
	}
	for _, k := range []struct {
		kind string
		is   func(w []string, joined string) bool
	}{
		{personEmail, isEmail},
		{personSSN, isSSN},
		{personPapers, isPapers},
		{personBirth, isBirth},
		{personDeath, isDeath},
		{personPhone, isPhone},
		{personName, isPersonName},
		{personAddress, isAddress},
		{personNumber, namesPatient},
	} {
		if len(w) > 0 && k.is(w, joined) {
			return k.kind
		}
	}
	return ""
}

// ofPeople reports whether a table with these columns is about people: things
// have neither birth dates nor phones of their own.
func ofPeople(columns []string) bool {
	return slices.ContainsFunc(columns, func(name string) bool {
		return slices.Contains([]string{personBirth, personDeath, personSSN, personEmail, personName}, personalByName(name)) ||
			has(Words(name), "sex", "gender")
	})
}

// isBareName takes a column that is called name and nothing more: in a table of
// people it is theirs.
func isBareName(column string) bool {
	return slices.Contains([]string{"name", "names", "nm"}, strings.Join(Words(column), ""))
}

// isEmail takes email, e_mail and mail.
func isEmail(w []string, joined string) bool {
	return has(w, "mail") || strings.Contains(joined, "email")
}

// isSSN takes ss of OpenEMR and soc_sec_id of Febrl too.
func isSSN(w []string, joined string) bool {
	return has(w, "ssn", "ss") || strings.Contains(joined, "socialsec") || strings.Contains(joined, "socsec")
}

// isPapers takes the other numbers by which a state knows a person.
func isPapers(w []string, joined string) bool {
	return has(w, "passport", "license", "licence", "drivers", "nid", "taxcode", "nhs", "nino", "cpf", "curp", "aadhaar", "personnummer", "bsn", "ppsn") ||
		joined == "nationalid" || strings.HasPrefix(joined, "nhsn")
}

// isDeath takes the date, not the cause.
func isDeath(w []string, _ string) bool {
	return has(w, "dod", "died", "deathdate", "deceased") || has(w, "death") && has(w, "date", "time")
}

// isBirth leaves out what else is said of a birth: its place, its weight.
func isBirth(w []string, joined string) bool {
	return has(w, "dob", "born", "birthdate", "birthday", "bdate", "dateofbirth") || strings.Contains(joined, "birthdat") || strings.HasPrefix(joined, "dateofbirth") ||
		anyIn(joined, "geburtsdat", "geburtstag", "gebdat", "nacimiento", "naissance", "nascita", "nascimento", "geboortedat") && !has(w, "lugar", "lieu", "luogo", "local") ||
		has(w, "birth") && !has(w, "place", "country", "city", "order", "weight", "estimated", "state")
}

// isPhone takes HomePhone and phone_cell.
func isPhone(w []string, joined string) bool {
	return has(w, "phone", "tel", "tele", "telephone", "mobile", "cell", "fax", "cellphone", "homephone", "workphone", "handy", "tlf", "celular") ||
		strings.HasSuffix(joined, "phone") || anyIn(joined, "telefon", "teléfono", "téléphone")
}

// isPersonName keeps apart names of people and of things: a table has columns
// of both.
func isPersonName(w []string, joined string) bool {
	if anyIn(joined, "firstname", "lastname", "middlename", "givenname", "familyname", "fullname", "patientname", "maidenname", "mothername", "fathername", "surname", "nachname", "vorname", "apellido",
		"nextkin", "nextofkin", "forename", "middleinitial", "preferredname", "knownas", "nickname", "calledname", "aliasname", "prenom", "prénom", "cognome", "achternaam", "voornaam") {
		return true
	}
	return has(w, "fname", "lname", "mname", "sname", "given", "family", "maiden", "first", "last", "surname", "patnm", "middle") && !has(w, "date", "visit", "seen", "update", "updated", "id", "number", "history", "code", "time") ||
		has(w, "nm", "name") && has(w, "patient", "pat", "person", "mother", "father", "guardian", "contact", "emergency", "spouse")
}

// isAddress takes the city too: with a name it finds a person.
func isAddress(w []string, joined string) bool {
	return has(w, "address", "addr", "street", "zip", "zipcode", "postcode", "postal", "suburb", "village", "lat", "lon", "latitude", "longitude", "address1", "address2", "birthplace") ||
		strings.HasPrefix(joined, "address") || has(w, "city", "plz", "wohnort", "geburtsort") ||
		anyIn(joined, "postalcode", "strasse", "straße", "adresse", "dirección", "direccion", "domicilio", "indirizzo", "endereco", "endereço")
}

// namesPatient takes numbers of people, not what is counted of them:
// patient_id, not patient_count.
func namesPatient(w []string, _ string) bool {
	numbered := has(w, "id", "no", "nr", "num", "number", "key", "uuid", "guid", "identifier")
	if has(w, "mrn", "pid", "pubpid", "patno", "patid", "patientid", "patientno", "personid", "rec", "chartno", "chartnum", "hospnum", "hospno") {
		return true
	}
	// Numbers that HIPAA names beside those of records: of accounts and of
	// health plans (45 CFR 164.514(b)(2)(i)).
	if numbered && (has(w, "chart", "account", "acct", "subscriber", "medicare", "medicaid", "beneficiary", "insured", "insurance") || has(w, "medical") && has(w, "record")) {
		return true
	}
	if !has(w, "patient", "pat", "person", "subject", "member", "policy") {
		return false
	}
	return len(w) == 1 && w[0] != "pat" && w[0] != "policy" && w[0] != "subject" || numbered
}

// anyIn reports whether the name has one of the parts in it: languages that
// write words together have no other place to look.
func anyIn(joined string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(joined, part) })
}

// leastPersonal is the share of different values that makes a column personal
// by its content.
const leastPersonal = 0.6

// contents counts the different values of a column that look like personal
// data.
type contents struct{ all, email, phone, ssn, street, name int64 }

// add counts a value that stands for so many.
func (n *contents) add(e *entry, times int64) {
	switch s := e.text; {
	case e.look.kind == placeholder:
		return
	case e.look.kind == date, e.look.kind == datetime:
	case looksLikeEmail(s):
		n.email += times
	case looksLikeSSN(s):
		n.ssn += times
	case looksLikePhone(s):
		n.phone += times
	case e.look.kind != word:
	case looksLikeStreet(s):
		n.street += times
	case hasGivenName(s):
		n.name += times
	}
	n.all += times
}

// personalByContent tells what the values give away.
func personalByContent(c *column, free bool) string {
	var n contents
	for e, times := range c.examined() {
		n.add(e, times)
	}
	for _, k := range []struct {
		kind  string
		found int64
	}{{personEmail, n.email}, {personSSN, n.ssn}, {personPhone, n.phone}, {personAddress, n.street}} {
		if k.found >= 2 && float64(k.found) >= leastPersonal*float64(n.all) {
			return k.kind
		}
	}
	switch {
	case free:
		return personText
	case n.name >= 3 && n.name*4 >= n.all: // the list has the commonest names only
		return personName
	}
	return ""
}

// looksLikeEmail wants a dot behind the @.
func looksLikeEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && strings.IndexByte(s[at:], '.') > 1 && !strings.ContainsAny(s, " /")
}

// looksLikeSSN wants the dashes: nine digits alone may be anything.
func looksLikeSSN(s string) bool {
	return len(s) == 11 && s[3] == '-' && s[6] == '-' && countDigits(s) == 9
}

// looksLikePhone wants signs that only telephone numbers have: digits alone may
// be anything.
func looksLikePhone(s string) bool {
	if len(s) < 7 || len(s) > 25 || !strings.ContainsAny(s, "()-+. ") || strings.ContainsAny(s, ":/,") {
		return false
	}
	digits := countDigits(s)
	others := strings.Trim(strings.ToLower(s), "0123456789()-+. ")
	marked := s[0] == '+' || s[0] == '(' || strings.Count(s, "-")+strings.Count(s, ".")+strings.Count(s, " ") == 2
	return digits >= 7 && digits <= 15 && marked && (others == "" || others == "x" || others == "ext")
}

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// looksLikeStreet takes 12 Mill Road: a number, and a word for a street behind
// it.
func looksLikeStreet(s string) bool {
	w := strings.Fields(strings.ToLower(s))
	if len(w) < 3 || !isDigit(w[0][0]) || len(w) > 8 {
		return false
	}
	return slices.ContainsFunc(w[1:], func(part string) bool {
		switch strings.Trim(part, ".,") {
		case "street", "st", "avenue", "ave", "road", "rd", "lane", "ln", "drive", "dr", "court", "ct", "boulevard", "blvd", "way", "place", "pl", "terrace", "close", "highway", "hwy", "crescent", "parade":
			return true
		}
		return false
	})
}

// hasGivenName looks for one of the commonest given names among up to four
// words.
func hasGivenName(s string) bool {
	w := strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == ',' })
	if len(w) > 4 {
		return false
	}
	for _, part := range w {
		part = strings.ToLower(strings.TrimRight(part, "0123456789"))
		if _, ok := slices.BinarySearch(givenNames, part); ok {
			return true
		}
	}
	return false
}

// givenNames are frequent given names of several languages, sorted; words that
// are also names of things are left out.
var givenNames = []string{
	"abdul", "ahmed", "aisha", "alexander", "alice", "amanda", "amina", "andrea", "andrew", "angela", "anna", "anne", "anthony", "barbara", "benjamin",
	"brian", "carlos", "carol", "catherine", "charles", "christine", "christopher", "claudia", "daniel", "david", "deborah", "dennis", "diana", "donald", "dorothy",
	"edward", "elena", "elizabeth", "emily", "emma", "eric", "fatima", "francisco", "frank", "gary", "george", "giuseppe", "gregory", "hannah", "hans",
	"helen", "henry", "ibrahim", "isabella", "jacob", "james", "janet", "jason", "jean", "jeffrey", "jennifer", "jessica", "joan", "johann", "john",
	"jonathan", "jorge", "joseph", "joshua", "juan", "julia", "karen", "kathleen", "kenneth", "kevin", "kimberly", "larry", "laura", "linda", "lisa",
	"luis", "lukas", "margaret", "maria", "marie", "mario", "martha", "martin", "mary", "matthew", "maurice", "melissa", "michael", "michelle", "miguel",
	"mohamed", "mohammed", "nancy", "nicholas", "nicole", "olivia", "pamela", "patricia", "patrick", "paul", "pedro", "peter", "rachel", "rebecca", "richard",
	"robert", "ronald", "ruth", "ryan", "samantha", "samuel", "sandra", "sarah", "scott", "sharon", "sophia", "sophie", "stefan", "stephanie", "stephen",
	"steven", "susan", "teresa", "thomas", "timothy", "ursula", "virginia", "walter", "william", "wolfgang", "yusuf", "zachary",
}
