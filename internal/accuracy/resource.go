package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// resource has the elements of all types that are compared.
type resource struct {
	ResourceType      string      `json:"resourceType"`
	ID                string      `json:"id"`
	Status            string      `json:"status"`
	Intent            string      `json:"intent"`
	Gender            string      `json:"gender"`
	BirthDate         string      `json:"birthDate"`
	DeceasedDateTime  string      `json:"deceasedDateTime"`
	OnsetDateTime     string      `json:"onsetDateTime"`
	AbatementDateTime string      `json:"abatementDateTime"`
	RecordedDate      string      `json:"recordedDate"`
	AuthoredOn        string      `json:"authoredOn"`
	OccurrenceDate    string      `json:"occurrenceDateTime"`
	EffectiveDateTime string      `json:"effectiveDateTime"`
	Started           string      `json:"started"`
	LotNumber         string      `json:"lotNumber"`
	SerialNumber      string      `json:"serialNumber"`
	DistinctID        string      `json:"distinctIdentifier"`
	Name              nameOrNames `json:"name"`
	Kind              typeOrTypes `json:"type"`
	Category          []flexible  `json:"category"`
	Class             coding      `json:"class"`
	ClinicalStatus    concept     `json:"clinicalStatus"`
	Verification      concept     `json:"verificationStatus"`
	Code              concept     `json:"code"`
	Medication        concept     `json:"medicationCodeableConcept"`
	MedicationRef     reference   `json:"medicationReference"`
	VaccineCode       concept     `json:"vaccineCode"`
	MaritalStatus     concept     `json:"maritalStatus"`
	ProcedureCode     []concept   `json:"procedureCode"`
	ReasonCode        []concept   `json:"reasonCode"`
	ReasonReference   []reference `json:"reasonReference"`
	Addresses         []reference `json:"addresses"`
	Subject           reference   `json:"subject"`
	Patient           reference   `json:"patient"`
	Encounter         reference   `json:"encounter"`
	Requester         reference   `json:"requester"`
	ServiceProvider   reference   `json:"serviceProvider"`
	Period            period      `json:"period"`
	PerformedPeriod   period      `json:"performedPeriod"`
	Extension         []extension `json:"extension"`
	Identifier        []ident     `json:"identifier"`
	Telecom           []struct {
		Value string `json:"value"`
	} `json:"telecom"`
	Address     []address `json:"address"`
	Participant []struct {
		Individual reference `json:"individual"`
	} `json:"participant"`
	Reaction []struct {
		Manifestation []concept `json:"manifestation"`
		Severity      string    `json:"severity"`
	} `json:"reaction"`
	Activity []struct {
		Detail struct {
			ReasonCode []concept `json:"reasonCode"`
		} `json:"detail"`
	} `json:"activity"`
	UDICarrier []struct {
		DeviceIdentifier string `json:"deviceIdentifier"`
		CarrierHRF       string `json:"carrierHRF"`
	} `json:"udiCarrier"`
	SuppliedItem struct {
		Quantity quantity `json:"quantity"`
		Item     concept  `json:"itemCodeableConcept"`
	} `json:"suppliedItem"`
	Series []series `json:"series"`
	bill
	part
	Component []component `json:"component"`
}

// part is the value of an Observation or of one of its components.
type part struct {
	ValueQuantity *quantity `json:"valueQuantity"`
	ValueConcept  *concept  `json:"valueCodeableConcept"`
	ValueString   string    `json:"valueString"`
}

type component struct {
	Code concept `json:"code"`
	part
}

type coding struct {
	System  string `json:"system"`
	Code    string `json:"code"`
	Display string `json:"display"`
}

type concept struct {
	Coding []coding `json:"coding"`
	Text   string   `json:"text"`
}

func (c concept) code() string {
	if len(c.Coding) == 0 {
		return ""
	}
	return c.Coding[0].Code
}

type quantity struct {
	Value  json.Number `json:"value"`
	Unit   string      `json:"unit"`
	System string      `json:"system"`
	Code   string      `json:"code"`
}

type reference struct {
	Reference string `json:"reference"`
}

type period struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type ident struct {
	System string  `json:"system"`
	Value  string  `json:"value"`
	Type   concept `json:"type"`
}

type address struct {
	Line       []string    `json:"line"`
	City       string      `json:"city"`
	State      string      `json:"state"`
	PostalCode string      `json:"postalCode"`
	Country    string      `json:"country"`
	Extension  []extension `json:"extension"`
}

type extension struct {
	URL          string      `json:"url"`
	Extension    []extension `json:"extension"`
	ValueString  string      `json:"valueString"`
	ValueCode    string      `json:"valueCode"`
	ValueDecimal json.Number `json:"valueDecimal"`
	ValueCoding  coding      `json:"valueCoding"`
	ValueAddress address     `json:"valueAddress"`
}

type series struct {
	UID      string `json:"uid"`
	Started  string `json:"started"`
	Modality coding `json:"modality"`
	BodySite coding `json:"bodySite"`
	Instance []struct {
		UID      string `json:"uid"`
		SOPClass coding `json:"sopClass"`
		Title    string `json:"title"`
	} `json:"instance"`
}

type humanName struct {
	Use    string   `json:"use"`
	Family string   `json:"family"`
	Given  []string `json:"given"`
	Prefix []string `json:"prefix"`
	Suffix []string `json:"suffix"`
}

// nameOrNames is the name of an Organization, or the names of a person.
type nameOrNames struct {
	Text  string
	Names []humanName
}

// UnmarshalJSON takes a text or a list of HumanName.
func (n *nameOrNames) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &n.Text)
	}
	return json.Unmarshal(text, &n.Names)
}

// typeOrTypes is AllergyIntolerance.type, Device.type or Encounter.type.
type typeOrTypes struct {
	Code     string
	Concepts []concept
}

// UnmarshalJSON takes a code, a CodeableConcept or a list of them.
func (t *typeOrTypes) UnmarshalJSON(text []byte) error {
	switch text[0] {
	case '"':
		return json.Unmarshal(text, &t.Code)
	case '[':
		return json.Unmarshal(text, &t.Concepts)
	}
	t.Concepts = make([]concept, 1)
	return json.Unmarshal(text, &t.Concepts[0])
}

// flexible is a category: a code in AllergyIntolerance, a CodeableConcept
// elsewhere.
type flexible struct{ concept }

// UnmarshalJSON takes a code or a CodeableConcept.
func (f *flexible) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		f.Coding = make([]coding, 1)
		return json.Unmarshal(text, &f.Coding[0].Code)
	}
	return json.Unmarshal(text, &f.concept)
}

// patient returns the id of the patient that the resource is about, "" for
// none.
func (r *resource) patient() string {
	if r.ResourceType == "Patient" {
		return r.ID
	}
	if r.Subject.Reference != "" {
		return id(r.Subject.Reference)
	}
	return id(r.Patient.Reference)
}

// payer reports whether an Organization is one that pays, of which the truth
// has none.
func (r *resource) payer() bool {
	return r.ResourceType == "Organization" && slices.ContainsFunc(r.Kind.Concepts, func(c concept) bool { return c.code() == "pay" })
}

// eachQuantity calls do with the code and the value, as it is written, of
// the Observation's quantity or of those of its components.
func (r *resource) eachQuantity(do func(code, value string)) {
	r.eachPart(func(code concept, p part) {
		if p.ValueQuantity != nil {
			do(code.code(), p.ValueQuantity.Value.String())
		}
	})
}

func (r *resource) eachPart(do func(code concept, p part)) {
	if len(r.Component) == 0 {
		do(r.Code, r.part)
	}
	for _, c := range r.Component {
		do(c.Code, c.part)
	}
}

// id returns what stands behind the last slash, colon or bar of a reference.
func id(ref string) string {
	return ref[strings.LastIndexAny(ref, "/:|")+1:]
}
