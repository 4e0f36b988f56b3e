package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"chartlift/fhir"
)

// Profile makes the sandbox behave as the public capability statement of a
// server says. The zero Profile is the sandbox itself: everything that it can
// do, for all types.
type Profile struct {
	Name     string
	Software string // CapabilityStatement.software.name

	NoTransaction, NoBatch bool
	Conditional            bool // If-None-Exist is looked at; where it is not, it is ignored, as servers do
	ClientIDs              Said // PUT of an id that is not there
	MaxUpdates             int  // a transaction with more PUT entries is refused with 400, 0: none is
	MaxConditional         int  // a transaction with a conditional create and more entries is refused with 400, 0: none is

	Types []TypeProfile // nil: every type of R4, with all interactions
}

// Said is what a server does, and whether its statement says so.
type Said int

// The values of Said.
const (
	Yes      Said = iota // done, and stated
	Silently             // done, not stated (as HAPI does)
	No                   // not done, and stated
	Never                // not done, not stated (as HAPI does where client ids are switched off)
)

// TypeProfile is one type of a statement. Does has a letter for each
// interaction: c create, r read, u update, p patch, d delete, s search-type.
// Params are the search parameters, of those that the sandbox knows.
type TypeProfile struct {
	Type, Does, Params string
}

func (p *Profile) find(typ string) (TypeProfile, bool) {
	if p.Types == nil {
		return TypeProfile{typ, "cruds", "_id identifier patient subject"}, slices.Contains(fhir.ResourceTypes(), typ)
	}
	i := slices.IndexFunc(p.Types, func(t TypeProfile) bool { return t.Type == typ })
	if i < 0 {
		return TypeProfile{}, false
	}
	return p.Types[i], true
}

// does reports whether the interaction (its letter) is offered for the type.
func (p *Profile) does(typ, letter string) bool {
	t, ok := p.find(typ)
	return ok && strings.Contains(t.Does, letter)
}

func (p *Profile) searches(typ, param string) bool {
	t, _ := p.find(typ)
	return slices.Contains(strings.Fields(t.Params), param)
}

// limits refuses a transaction that is too large for the server, in the words
// of Medplum.
func (p *Profile) limits(kind string, actions []*action) *refusal {
	updates, conditional := 0, 0
	for _, a := range actions {
		if a.method == http.MethodPut {
			updates++
		}
		if a.ifNoneExist != "" {
			conditional++
		}
	}
	switch {
	case kind != "transaction":
	case p.MaxUpdates > 0 && updates > p.MaxUpdates:
		return refuse(http.StatusBadRequest, "invalid", "Transaction contains more update operations than allowed")
	case p.MaxConditional > 0 && conditional > 0 && len(actions) > p.MaxConditional:
		return refuse(http.StatusBadRequest, "invalid", "Transaction requires strict isolation but has too many entries")
	}
	return nil
}

// types lists the types offered, in the order of the statement.
func (p *Profile) types() []string {
	if p.Types == nil {
		return fhir.ResourceTypes()
	}
	var names []string
	for _, t := range p.Types {
		names = append(names, t.Type)
	}
	return names
}

// own is the sandbox as it is.
func own() Profile { return Profile{Name: "sandbox", Software: "chartlift sandbox", Conditional: true} }

// Profiles lists the servers that the sandbox can behave as, by name. What is
// known of each and from where stands in docs/targets.md; athenahealth is not
// among them, because no statement of it is at hand.
func Profiles() []Profile {
	return []Profile{
		{Name: "azure", Software: "Azure API for FHIR", NoTransaction: true, Conditional: true},
		{Name: "cerner", Software: "Oracle Health Millennium", NoTransaction: true, NoBatch: true, ClientIDs: No, Types: cernerTypes()},
		{Name: "epic", Software: "Epic", NoTransaction: true, NoBatch: true, ClientIDs: No, Types: epicTypes()},
		{Name: "hapi", Software: "HAPI FHIR Server", Conditional: true, ClientIDs: Silently},
		{Name: "meditech", Software: "Meditech", NoTransaction: true, NoBatch: true, ClientIDs: No, Types: readOnly(
			"AllergyIntolerance", "CarePlan", "Condition", "Device", "DiagnosticReport", "DocumentReference", "Goal", "Immunization",
			"MedicationStatement", "Observation", "Procedure")},
		{Name: "medplum", Software: "Medplum", Conditional: true, MaxUpdates: 50, MaxConditional: 8},
		{Name: "veradigm", Software: "Allscripts FHIR", NoTransaction: true, NoBatch: true, ClientIDs: No, Types: readOnly(
			"AllergyIntolerance", "CarePlan", "Condition", "Device", "DiagnosticReport", "DocumentReference", "Goal", "Immunization",
			"MedicationStatement", "Observation", "Procedure")},
	}
}

// FindProfile returns the profile called name.
func FindProfile(name string) (Profile, bool) {
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return all[i], true
}

// readOnly is Patient and these types, found by their patient.
func readOnly(types ...string) []TypeProfile {
	all := []TypeProfile{{"Patient", "rs", "_id identifier"}}
	for _, t := range types {
		all = append(all, TypeProfile{t, "rs", "patient"})
	}
	return all
}

// epicTypes are those of the statement of Epic's release of February 2021. That
// is STU3; a statement of its R4 endpoint is not at hand.
func epicTypes() []TypeProfile {
	return []TypeProfile{
		{"AllergyIntolerance", "crs", "patient"},
		{"Appointment", "r", ""},
		{"Binary", "r", ""},
		{"Condition", "crs", "patient subject"},
		{"Coverage", "rs", "patient"},
		{"Device", "rs", "patient"},
		{"DiagnosticReport", "rs", "patient subject"},
		{"DocumentReference", "crs", "patient subject"},
		{"Encounter", "rs", "patient subject"},
		{"Endpoint", "r", ""},
		{"Goal", "crs", "patient subject"},
		{"Immunization", "rs", "patient"},
		{"List", "rs", "identifier"},
		{"Location", "r", ""},
		{"Medication", "r", ""},
		{"MedicationRequest", "rs", "patient subject"},
		{"MedicationStatement", "rs", "patient subject"},
		{"Observation", "crsu", "patient subject"},
		{"Organization", "r", ""},
		{"Patient", "crs", "identifier"},
		{"Practitioner", "rs", "identifier"},
		{"PractitionerRole", "rs", "identifier"},
		{"Procedure", "rs", "patient subject"},
		{"Schedule", "r", ""},
		{"Slot", "r", ""},
	}
}

// cernerTypes are those of the R4 statement of Oracle Health's public
// documentation.
func cernerTypes() []TypeProfile {
	return []TypeProfile{
		{"Account", "rs", "_id patient identifier"},
		{"AllergyIntolerance", "rscu", "_id patient"},
		{"Appointment", "rscp", "_id patient"},
		{"Basic", "c", ""},
		{"Binary", "r", ""},
		{"CarePlan", "rs", "_id patient"},
		{"CareTeam", "rs", "_id patient"},
		{"ChargeItem", "rs", "_id"},
		{"Communication", "rscp", "_id"},
		{"Condition", "rscu", "_id patient subject"},
		{"Consent", "rs", "_id patient"},
		{"Coverage", "scpd", "patient"},
		{"Device", "rs", "_id patient"},
		{"DiagnosticReport", "rs", "_id patient"},
		{"DocumentReference", "rscu", "_id patient"},
		{"Encounter", "rscp", "_id patient subject identifier"},
		{"FamilyMemberHistory", "rscu", "_id patient"},
		{"Goal", "rs", "_id patient"},
		{"Group", "", ""},
		{"Immunization", "rscu", "_id patient"},
		{"InsurancePlan", "rs", "_id"},
		{"Location", "rs", "_id identifier"},
		{"MedicationAdministration", "rs", "_id patient"},
		{"MedicationRequest", "rscp", "_id patient"},
		{"NutritionOrder", "rs", "_id patient"},
		{"Observation", "rscu", "_id patient subject"},
		{"Organization", "rsc", "_id identifier"},
		{"Patient", "rscp", "_id identifier"},
		{"Person", "rs", "_id identifier"},
		{"Practitioner", "rsc", "_id identifier"},
		{"Procedure", "rsc", "_id patient subject"},
		{"Provenance", "rsc", "_id"},
		{"Questionnaire", "rs", "_id"},
		{"QuestionnaireResponse", "rsu", "_id patient"},
		{"RelatedPerson", "rscp", "_id identifier patient"},
		{"Schedule", "rs", "_id"},
		{"ServiceRequest", "rs", "_id patient subject"},
		{"Slot", "rsp", "_id"},
	}
}
