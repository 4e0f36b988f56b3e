package main

import "strings"

// kind is a resource type with the way to pair its resources and the elements
// to compare.
type kind struct {
	typ    string
	counts bool // FHIR_COUNTS.tsv has it
	key    func(s *side, r *resource) string
	fields []field
}

// field is one element (or several that say one thing) that the CSV has a
// column for. Its values are compared as a multiset.
type field struct {
	name   string
	values func(s *side, r *resource) []string
}

func byID(_ *side, r *resource) string { return r.ID }

// day cuts a date-time down to its day, which is all that some columns have.
func day(t string) string { return t[:min(len(t), 10)] }

func byEvent(start func(*resource) string) func(*side, *resource) string {
	return func(s *side, r *resource) string {
		return strings.Join([]string{r.patient(), id(r.Encounter.Reference), s.code(r).code(), moment(start(r))}, " ")
	}
}

// byAllergen leaves out the encounter, which Synthea's FHIR does not have here.
func byAllergen(s *side, r *resource) string {
	return strings.Join([]string{r.patient(), s.code(r).code(), day(r.RecordedDate)}, " ")
}

// code returns what the resource is about; Synthea puts some drugs into a
// Medication of their own.
func (s *side) code(r *resource) concept {
	switch {
	case r.VaccineCode.code() != "":
		return r.VaccineCode
	case r.Medication.code() != "":
		return r.Medication
	case s.byReference[r.MedicationRef.Reference] != nil:
		return s.byReference[r.MedicationRef.Reference].Code
	case r.SuppliedItem.Item.code() != "":
		return r.SuppliedItem.Item
	case r.ResourceType == "Device" && len(r.Kind.Concepts) > 0:
		return r.Kind.Concepts[0]
	case r.ResourceType == "CarePlan" && len(r.Category) > 1:
		return r.Category[1].concept
	case r.ResourceType == "Encounter" && len(r.Kind.Concepts) > 0:
		return r.Kind.Concepts[0]
	case len(r.ProcedureCode) > 0:
		return r.ProcedureCode[0]
	}
	return r.Code
}

// reason returns the codes of the reasons: written out, or of the Conditions
// that are referred to.
func (s *side) reason(r *resource) []string {
	var out []string
	add := func(c concept) { out = append(out, c.code()) }
	for _, c := range r.ReasonCode {
		add(c)
	}
	for _, a := range r.Activity {
		for _, c := range a.Detail.ReasonCode {
			add(c)
		}
	}
	for _, ref := range append(r.ReasonReference, r.Addresses...) {
		if c := s.byReference[ref.Reference]; c != nil {
			add(c.Code)
		}
	}
	return distinct(out)
}

func distinct(in []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, v := range in {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// text is a field of one value that needs no other resource.
func text(name string, value func(*resource) string) field {
	return field{name, func(_ *side, r *resource) []string { return []string{value(r)} }}
}

func list(name string, values func(*resource) []string) field {
	return field{name, func(_ *side, r *resource) []string { return values(r) }}
}

func status() field { return text("status", func(r *resource) string { return r.Status }) }

func subject() field { return text("subject", (*resource).patient) }

func encounter() field {
	return text("encounter", func(r *resource) string { return id(r.Encounter.Reference) })
}

// codeFields compares code, system and text of what the resource is about.
func codeFields() []field {
	return []field{
		{"code", func(s *side, r *resource) []string { return []string{s.code(r).code()} }},
		{"code system", func(s *side, r *resource) []string {
			if c := s.code(r); len(c.Coding) > 0 {
				return []string{c.Coding[0].System}
			}
			return nil
		}},
		{"code text", func(s *side, r *resource) []string {
			c := s.code(r)
			if c.Text == "" && len(c.Coding) > 0 {
				return []string{c.Coding[0].Display}
			}
			return []string{c.Text}
		}},
	}
}

func reasons() field { return field{"reason", (*side).reason} }

func with(fields []field, more ...field) []field { return append(fields, more...) }

// kinds lists what is compared, in the order of the table.
func kinds() []kind {
	return []kind{
		{"Patient", false, byID, patientFields()},
		{"Organization", false, byID, organizationFields()},
		{"Practitioner", false, byID, practitionerFields()},
		{"Encounter", true, byID, encounterFields()},
		{"Condition", true, byEvent(func(r *resource) string { return day(r.OnsetDateTime) }), conditionFields()},
		{"AllergyIntolerance", true, byAllergen, allergyFields()},
		{"MedicationRequest", true, byEvent(func(r *resource) string { return r.AuthoredOn }), medicationFields()},
		{"Immunization", true, byEvent(func(r *resource) string { return r.OccurrenceDate }), immunizationFields()},
		{"Procedure", true, byEvent(func(r *resource) string { return r.PerformedPeriod.Start }), procedureFields()},
		{"CarePlan", true, byID, careplanFields()},
		{"Device", true, byEvent(udi), deviceFields()},
		{"SupplyDelivery", true, byEvent(func(r *resource) string { return day(r.OccurrenceDate) }), supplyFields()},
		{"ImagingStudy", true, byID, imagingFields()},
		{"Claim", true, byID, claimFields()},
		{"ExplanationOfBenefit", false, byClaim, benefitFields()},
		{"Observation", true, observationKey, observationFields()},
	}
}
