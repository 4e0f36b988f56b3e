package mllp

import "encoding/json"

// The structs of this file are FHIR R4's data types and resources, as far as a
// message carries them.

type coding struct {
	System  string `json:"system"`
	Code    string `json:"code"`
	Display string `json:"display"`
}

type concept struct {
	Coding []coding `json:"coding"`
	Text   string   `json:"text"`
}

type quantity struct {
	Value      json.Number `json:"value"` // as it is written: 70.50 is not 70.5
	Comparator string      `json:"comparator"`
	Unit       string      `json:"unit"`
	System     string      `json:"system"`
	Code       string      `json:"code"`
}

type period struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type reference struct {
	Reference string `json:"reference"`
	Display   string `json:"display"`
}

type note struct {
	Text string `json:"text"`
}

type identifier struct {
	Use    string  `json:"use"`
	Type   concept `json:"type"`
	System string  `json:"system"`
	Value  string  `json:"value"`
}

type humanName struct {
	Use    string   `json:"use"`
	Text   string   `json:"text"`
	Family string   `json:"family"`
	Given  []string `json:"given"`
	Prefix []string `json:"prefix"`
	Suffix []string `json:"suffix"`
}

type telecom struct {
	System string `json:"system"`
	Value  string `json:"value"`
	Use    string `json:"use"`
}

type address struct {
	Use        string   `json:"use"`
	Text       string   `json:"text"`
	Line       []string `json:"line"`
	City       string   `json:"city"`
	District   string   `json:"district"`
	State      string   `json:"state"`
	PostalCode string   `json:"postalCode"`
	Country    string   `json:"country"`
}

type patient struct {
	ID            string       `json:"id"`
	Active        *bool        `json:"active"`
	Identifier    []identifier `json:"identifier"`
	Name          []humanName  `json:"name"`
	Telecom       []telecom    `json:"telecom"`
	Gender        string       `json:"gender"`
	BirthDate     string       `json:"birthDate"`
	Dead          *bool        `json:"deceasedBoolean"`
	Died          string       `json:"deceasedDateTime"`
	Address       []address    `json:"address"`
	MaritalStatus concept      `json:"maritalStatus"`
	Multiple      *bool        `json:"multipleBirthBoolean"`
	BirthOrder    json.Number  `json:"multipleBirthInteger"`
	Language      []struct {
		Language  concept `json:"language"`
		Preferred bool    `json:"preferred"`
	} `json:"communication"`
	Link []struct {
		Type string `json:"type"`
	} `json:"link"`
	Meta meta `json:"meta"`
}

type meta struct {
	LastUpdated string `json:"lastUpdated"`
}

// value is value[x] of an Observation or one of its components.
type value struct {
	Quantity *quantity    `json:"valueQuantity"`
	Concept  *concept     `json:"valueCodeableConcept"`
	String   *string      `json:"valueString"`
	Boolean  *bool        `json:"valueBoolean"`
	Integer  *json.Number `json:"valueInteger"`
	DateTime *string      `json:"valueDateTime"`
	Time     *string      `json:"valueTime"`
	Period   *period      `json:"valuePeriod"`
	Range    *struct {
		Low  quantity `json:"low"`
		High quantity `json:"high"`
	} `json:"valueRange"`
	Ratio *struct {
		Numerator   quantity `json:"numerator"`
		Denominator quantity `json:"denominator"`
	} `json:"valueRatio"`
	Sampled json.RawMessage `json:"valueSampledData"`

	Absent         *concept   `json:"dataAbsentReason"`
	Interpretation []concept  `json:"interpretation"`
	Ranges         []refRange `json:"referenceRange"`
}

type refRange struct {
	Low  *quantity `json:"low"`
	High *quantity `json:"high"`
	Text string    `json:"text"`
}

type observation struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Category  []concept `json:"category"`
	Code      concept   `json:"code"`
	Subject   reference `json:"subject"`
	Encounter reference `json:"encounter"`
	Effective string    `json:"effectiveDateTime"`
	Period    period    `json:"effectivePeriod"`
	Instant   string    `json:"effectiveInstant"`
	Issued    string    `json:"issued"`
	Method    concept   `json:"method"`
	Note      []note    `json:"note"`
	value
	Component []struct {
		Code concept `json:"code"`
		value
	} `json:"component"`
}

// report is a DiagnosticReport.
type report struct {
	ID        string      `json:"id"`
	Status    string      `json:"status"`
	Code      concept     `json:"code"`
	Subject   reference   `json:"subject"`
	Encounter reference   `json:"encounter"`
	Effective string      `json:"effectiveDateTime"`
	Period    period      `json:"effectivePeriod"`
	Issued    string      `json:"issued"`
	Result    []reference `json:"result"`
	Text      string      `json:"conclusion"`
}

type immunization struct {
	ID            string    `json:"id"`
	Status        string    `json:"status"`
	StatusReason  concept   `json:"statusReason"`
	Vaccine       concept   `json:"vaccineCode"`
	Patient       reference `json:"patient"`
	Encounter     reference `json:"encounter"`
	Occurrence    string    `json:"occurrenceDateTime"`
	PrimarySource *bool     `json:"primarySource"`
	Manufacturer  reference `json:"manufacturer"`
	Lot           string    `json:"lotNumber"`
	Expires       string    `json:"expirationDate"`
	Site          concept   `json:"site"`
	Route         concept   `json:"route"`
	Dose          quantity  `json:"doseQuantity"`
}
