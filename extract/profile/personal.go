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
	w := words(name)
	joined := strings.Join(w, "")
	switch {
	case len(w) == 0:
		return ""
	case has(w, "email", "mail") || strings.Contains(joined, "email"):
		return personEmail
	case has(w, "ssn", "ss") || strings.Contains(joined, "socialsec") || strings.Contains(joined, "socsec"):
		return personSSN
	case has(w, "passport", "license", "licence", "drivers", "nid", "taxcode") || joined == "nationalid":
		return personPapers
	case isBirth(w, joined):
		return personBirth
	case has(w, "dod", "died", "deathdate", "deceased") || has(w, "death") && has(w, "date", "time"):
		return personDeath
	case isPhone(w, joined):
		return personPhone
	case isPersonName(w, joined):
		return personName
	case isAddress(w, joined):
		return personAddress
	case has(w, "mrn", "pid", "pubpid", "patno", "patid", "patientid", "patientno", "personid", "rec") || namesPatient(w):
		return personNumber
	}
	return ""
}

func isBirth(w []string, joined string) bool {
	return has(w, "dob", "birthdate", "birthday", "bdate", "dateofbirth") || strings.Contains(joined, "birthdat") || strings.HasPrefix(joined, "dateofbirth") ||
		has(w, "birth") && !has(w, "place", "country", "city", "order", "weight", "estimated", "state")
}

func isPhone(w []string, joined string) bool {
	return has(w, "phone", "tel", "tele", "telephone", "mobile", "cell", "fax", "cellphone", "homephone", "workphone") || strings.HasSuffix(joined, "phone")
}

// isPersonName keeps apart names of people and of things: a table has columns of both.
func isPersonName(w []string, joined string) bool {
	for _, part := range []string{"firstname", "lastname", "middlename", "givenname", "familyname", "fullname", "patientname", "maidenname", "mothername", "fathername", "surname", "nextkin", "nextofkin", "forename", "middleinitial"} {
		if strings.Contains(joined, part) {
			return true
		}
	}
	return has(w, "fname", "lname", "mname", "sname", "given", "family", "maiden", "first", "last", "surname", "patnm", "middle") && !has(w, "date", "visit", "seen", "update", "updated", "id", "number", "history", "code", "time") ||
		has(w, "nm", "name") && has(w, "patient", "pat", "person", "mother", "father", "guardian", "contact", "emergency", "spouse")
}

func isAddress(w []string, joined string) bool {
	return has(w, "address", "addr", "street", "zip", "zipcode", "postcode", "postal", "suburb", "village", "lat", "lon", "latitude", "longitude", "address1", "address2", "birthplace") ||
		strings.HasPrefix(joined, "address") || has(w, "city") || strings.Contains(joined, "postalcode")
}

func namesPatient(w []string) bool {
	if !has(w, "patient", "pat", "person", "subject", "member", "policy") {
		return false
	}
	return len(w) == 1 && w[0] != "pat" && w[0] != "policy" && w[0] != "subject" || has(w, "id", "no", "nr", "num", "number", "key", "uuid", "guid", "identifier")
}

// leastPersonal is the share of different values that makes a column personal by its content.
const leastPersonal = 0.6

// personalByContent tells what the values give away.
func personalByContent(c *column, free bool) string {
	var n, email, phone, ssn, street, name int
	for i := range c.known.entries {
		e := &c.known.entries[i]
		if e.look.kind == placeholder {
			continue
		}
		n++
		switch s := e.text; {
		case e.look.kind == date || e.look.kind == datetime:
		case looksLikeEmail(s):
			email++
		case looksLikeSSN(s):
			ssn++
		case looksLikePhone(s):
			phone++
		case e.look.kind == word && looksLikeStreet(s):
			street++
		case e.look.kind == word && hasGivenName(s):
			name++
		}
	}
	enough := func(found int) bool { return found >= 2 && float64(found) >= leastPersonal*float64(n) }
	switch {
	case enough(email):
		return personEmail
	case enough(ssn):
		return personSSN
	case enough(phone):
		return personPhone
	case enough(street):
		return personAddress
	case name >= 3 && name*4 >= n && !free:
		return personName
	case free:
		return personText
	}
	return ""
}

func looksLikeEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && strings.IndexByte(s[at:], '.') > 1 && !strings.ContainsAny(s, " /")
}

func looksLikeSSN(s string) bool {
	return len(s) == 11 && s[3] == '-' && s[6] == '-' && countDigits(s) == 9
}

// looksLikePhone wants signs that only telephone numbers have: digits alone may be anything.
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

// hasGivenName looks for one of the commonest given names among up to four words.
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

// givenNames are frequent given names of several languages, sorted; words that are also names of things are left out.
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
