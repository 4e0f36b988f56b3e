package draft

import (
	"slices"
	"strings"
)

// role is what a column holds, whatever its name is.
type role string

// The roles of columns. Most are named after the element that they become.
const (
	family, given, middle, fullName, prefix, suffix, maiden, preferred role = "family name", "given name", "middle name", "full name", "prefix", "suffix", "maiden name", "preferred name"

	birthDate, deathDate, sex, marital, language, race, ethnicity role = "birth date", "death date", "sex", "marital status", "language", "race", "ethnicity"

	ssn, recordNumber, licence, passport, npi role = "social security number", "record number", "driver's licence", "passport", "NPI"

	phone, mobile, workPhone, fax, email role = "phone", "mobile phone", "work phone", "fax", "e-mail"

	street, street2, city, county, state, zip, country role = "street", "second address line", "city", "county", "state", "postal code", "country"

	subject, start, stop, status, verification, class, code, display, note role = "patient", "start", "end", "status", "certainty", "class", "code", "text of the code", "note"

	value, unit, category, reason, reasonText, severity, lot, dose role = "value", "unit", "category", "reason", "text of the reason", "severity", "lot number", "dose"

	name, specialty, reaction, reactionText, allergyType, body role = "name", "specialty", "reaction", "text of the reaction", "type of allergy", "body site"
)

// synonym is the spellings of one role in the tables of some kinds.
type synonym struct {
	group string // the kinds that share it: see groups
	role  role
	names string // joined words in lower case, without those of the table's own name; the likeliest first
}

// synonyms is the table of spellings, never changed. A new one is a word in its
// line. They were met in exports of real systems; words that mean different
// things in different tables stand in the line of their group only.
var synonyms = []synonym{
	{"person", family, "lastname last lname surname sname familyname family secondname patlname lastnm namelast nachname apellido apellidos cognome nom"},
	{"person", given, "firstname first fname givenname given forename patfname firstnm namefirst vorname nombre nombres prenom"},
	{"person", middle, "middlename middle mname middleinitial midname minitial"},
	{"person", fullName, "fullname patientname patname patnm name nm names personname providername displayname"},
	{"person", prefix, "prefix title salutation nameprefix honorific"},
	{"person", suffix, "suffix namesuffix familynamesuffix"},
	{"person", maiden, "maiden maidenname birthname birthsurname"},
	{"person", preferred, "preferredname nickname knownas calledname"},
	{"person", birthDate, "birthdate dob dateofbirth birthday bdate birth born birthdt birthdatetime dateborn geburtsdatum fechanacimiento"},
	{"person", deathDate, "deathdate dateofdeath dod died deceaseddate deathdatetime deceasedon"},
	{"person", sex, "sex gender sexcode gendercode gendersourcevalue administrativesex administrativegender geschlecht sexo"},
	{"person", marital, "marital maritalstatus marstat maritalstat maritalcode civilstatus"},
	{"person", language, "language lang preferredlanguage primarylanguage"},
	{"person", race, "race racedesc racecode racesourcevalue"},
	{"person", ethnicity, "ethnicity ethnicgroup ethnicitycode ethnicitysourcevalue"},
	{"person", ssn, "ssn ss socialsecuritynumber socialsecurity socsecid socsec socialsecno"},
	{"person", recordNumber, "mrn pubpid patno patientno patientnumber patientid chartno chartnumber medicalrecordnumber medrecno recid externalid identifier personsourcevalue registrationnumber hospitalnumber"},
	{"person", licence, "drivers driverslicense driverlicense driverslicence drivinglicence"},
	{"person", passport, "passport passportno passportnumber"},
	{"person", npi, "npi npinumber"},
	{"person", specialty, "specialty speciality specialtysourcevalue"},
	{"contact", phone, "phone homephone phonehome hometel tele tel telephone phonenumber phoneno phone1 contactnumber telephonenumber"},
	{"contact", mobile, "mobile cell cellphone phonecell mobilephone mobileno"},
	{"contact", workPhone, "workphone phonebiz businessphone phonework officephone"},
	{"contact", fax, "fax faxnumber faxno"},
	{"contact", email, "email emailaddress mail emailaddr"},
	{"contact", street, "address street addr address1 streetaddress addressline1 addr1 line1 street1 homeaddress"},
	{"contact", street2, "address2 addressline2 addr2 line2 street2"},
	{"contact", city, "city town cityvillage suburb village municipality"},
	{"contact", county, "county countydistrict district"},
	{"contact", state, "state province stateprovince region statecode"},
	{"contact", zip, "zip zipcode postalcode postcode zipcd plz postal"},
	{"contact", country, "country countrycode nation"},
	{"place", name, "name description desc title orgname facilityname"},
	{"clinical", subject, "patient patientid patid pid patno patientno mrn person personid subjectid clientid pat"},
	{"clinical", start, "start startdate date startdatetime datetime onsetdate onset begdate begindate datestarted servicedate effectivedate performeddate recordeddate opdate"},
	{"clinical", stop, "stop stopdate end enddate enddatetime datestopped abatementdate resolveddate"},
	{"clinical", code, "code codes sourcevalue itemcode"},
	{"clinical", display, "description desc name display text title label codedescription longname shortname"},
	{"clinical", note, "note notes comment comments remarks"},
	{"clinical", reason, "reasoncode"},
	{"clinical", reasonText, "reasondescription reason reasontext indication chiefcomplaint"},
	{"clinical", status, "status statuscode recordstatus"},
	{"encounter", status, "encounterstatus visitstatus"},
	{"condition", status, "clinicalstatus status problemstatus diagnosisstatus statuscode active isactive"},
	{"condition", verification, "verificationstatus verification certainty diagnosiscertainty dxcertainty"},
	{"allergy", status, "clinicalstatus status allergystatus statuscode active isactive"},
	{"allergy", verification, "verificationstatus verification certainty"},
	{"medication", status, "rxstatus orderstatus prescriptionstatus medstatus"},
	{"observation", status, "resultstatus resstatus obsstatus teststatus"},
	{"encounter", start, "admitdate admissiondate dateadm visitdate encounterdate encounterdatetime arrivaldate kinddate"},
	{"encounter", stop, "dischargedate datedis visitenddate departuredate"},
	{"encounter", class, "class encounterclass visitclass patientclass patclass"},
	{"encounter", code, "type kind visittype encountertype"},
	{"condition", code, "icd icd10 icd10code icd9 icdcode icd10cm diagnosiscode dxcode dx diagnosis snomed snomedcode problemcode"},
	{"condition", display, "diagnosis diagnosisdescription problem dxdescription dxtext dxname diagnosistext problemname"},
	{"condition", start, "diagnosisdate diagnosedon dateofonset"},
	{"allergy", code, "allergencode substancecode allergen"},
	{"allergy", display, "allergen substance allergy allergenname agent"},
	{"allergy", category, "category"},
	{"allergy", allergyType, "type"},
	{"allergy", reaction, "reaction1 reactioncode"},
	{"allergy", reactionText, "description1 reaction reactiondescription"},
	{"allergy", severity, "severity1 severity"},
	{"medication", code, "rxnorm rxcui rxnormcode drugcode ndc medicationcode productcode"},
	{"medication", display, "drug medication drugname medicationname product medicine"},
	{"medication", start, "prescribed prescribeddate orderdate exposurestartdate exposurestartdatetime dateprescribed"},
	{"medication", stop, "exposureenddate exposureenddatetime"},
	{"medication", dose, "sig dosage directions instructions dosinginstructions dosage_text"},
	{"observation", code, "loinc loinccode testcode test analyte resultcode obscode"},
	{"observation", display, "test testname analyte component resultname"},
	{"observation", start, "resultdate obsdatetime obsdate testdate collecteddate collectiondate colldate taken resulted measured datetaken"},
	{"observation", value, "value result res resultvalue valueasnumber valuenumeric valuequantity obsvalue numericvalue valuesourcevalue"},
	{"observation", unit, "units unit uom resultunit unitsourcevalue unitcode"},
	{"observation", category, "category"},
	{"immunization", code, "cvx cvxcode vaccinecode"},
	{"immunization", display, "vaccine vaccinename immunization"},
	{"immunization", start, "administereddate dateadministered vaccinationdate givendate shotdate"},
	{"immunization", lot, "lot lotnumber lotno"},
	{"procedure", code, "cpt cptcode cpt4 procedurecode operationcode"},
	{"procedure", display, "procedure procedurename operation operationname"},
	{"procedure", body, "bodysite site"},
	{"appointment", start, "apptdate appointmentdate starttime startdatetime"},
	{"appointment", stop, "endtime"},
}

// groups are the lines of synonyms that hold for a kind, the closest first.
func groups(k Kind) []string {
	switch k {
	case Patient:
		return []string{"person", "contact"}
	case Practitioner:
		return []string{"practitioner", "person", "contact"}
	case Organization, Location:
		return []string{"place", "contact"}
	case Left:
		return nil
	}
	return []string{string(k), "clinical"}
}

// spellings returns the names of a role in tables of a kind, the likeliest
// first.
func spellings(k Kind, r role) []string {
	var list []string
	for _, g := range groups(k) {
		for _, s := range synonyms {
			if s.group == g && s.role == r {
				list = append(list, strings.Fields(s.names)...)
			}
		}
	}
	return list
}

// tableWords says what a table's name tells of its kind. The later word of a
// name decides: patient_visits are visits.
func tableWords() []struct {
	kind  Kind
	words string
} {
	return []struct {
		kind  Kind
		words string
	}{
		{Patient, "patient person people client member demographic registration pat"},
		{Encounter, "encounter visit admission opd ipd stay attendance consultation"},
		{Condition, "condition diagnosis diagnose problem dx problemlist"},
		{Allergy, "allergy allergie allergyintolerance"},
		{Medication, "medication prescription rx therapy therapie exposure meds med"},
		{Observation, "observation obs result lab laboratory labresult labres measurement vital"},
		{Immunization, "immunization immunisation vaccination vaccine imm"},
		{Procedure, "procedure operation surgery surgerie operationrow"},
		{Practitioner, "provider practitioner doctor physician clinician"},
		{Organization, "organization organisation facility hospital clinic"},
		{Location, "location ward department"},
		{Appointment, "appointment"},
	}
}

// leftWords are words of tables that no chart is made of, with the reason that
// is given.
func leftWords() []struct{ words, reason string } {
	return []struct{ words, reason string }{
		{"claim claims transaction bill bills billing billitem billitems billpayment billpayments payment payments payer payers price prices priceother pricelist expense expenses fee insurance invoice revenue transition ledger", "billing, not clinical"},
		{"log logs audit changelog liquibasechangelog databasechangelog event events history_log quartz scheduler migration liquibasechangeloglock databasechangeloglock", "a log of the old program"},
		{"user users usergroup permission permissions privilege role roles password session menu menuitem groupmenu grouppermission gacl setting settings config configuration property version registry module modules template layout sequence sequences seq", "users and settings of the old program"},
		{"stock stockmov inventory lot warehouse medicaldsrinventory medicaldsrlot medicaldsrstockmov", "stock, not clinical"},
		{"provenance rowcounts readme", "about the files, not about patients"},
		{"device devices", "devices have no proposal yet"},
		{"employee employees staff customer customers supplier suppliers shipper shippers", "people or firms that are no patients; staff who treat patients are Practitioner"},
		{"map relationship era", "links codes to each other, or derived"},
	}
}

// wordOf finds the kind of a word of a table's name; patientvaccine is written
// without a break.
func wordOf(w string) (Kind, bool) {
	for _, k := range tableWords() {
		words := strings.Fields(k.words)
		if slices.Contains(words, w) || slices.Contains(words, strings.TrimSuffix(w, "s")) {
			return k.kind, true
		}
	}
	for _, k := range tableWords() {
		for _, known := range strings.Fields(k.words) {
			if len(known) >= 6 && len(w) > len(known) && strings.HasSuffix(strings.TrimSuffix(w, "s"), known) {
				return k.kind, true
			}
		}
	}
	return Left, false
}
