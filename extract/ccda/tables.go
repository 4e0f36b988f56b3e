package ccda

import "slices"

// shape is a table with its columns behind the keys.
type shape struct {
	name    string
	keys    []string
	columns []column
}

// documentKeys begin the tables of the header, sectionKeys those of sections,
// statementKeys those of entries.
func documentKeys() []string { return []string{"_document", "_patient", "_key", "_parent"} }

func sectionKeys() []string {
	return []string{"_document", "_patient", "_section", "_key", "_parent"}
}

func statementKeys() []string {
	return []string{"_document", "_patient", "_section", "_section_code", "_entry", "_key", "_parent", "_table"}
}

// negatedSuffix ends the names of the tables of what is denied.
const negatedSuffix = "_negated"

// shapes lists all tables in the order of a document.
func shapes() []shape {
	all := headerShapes()
	for _, p := range parties() {
		all = append(all, shape{p.name, documentKeys(), p.columns})
	}
	all = append(all, shape{"sections", sectionKeys(), sectionColumns()}, shape{"body", documentKeys(), bodyColumns()})
	for _, s := range entryShapes() {
		denied := s
		denied.name += negatedSuffix
		all = append(all, s, denied)
	}
	return all
}

func sectionColumns() []column {
	return slices.Concat(codeColumns("code", "code"), []column{
		{"title", "title", "", leafText},
		{"templates", "", "", leafTemplates},
		{"null", "", "", "@nullFlavor"},
		{"id", "id", "", leafID},
		{"language", "languageCode", "", "@code"},
	})
}

func bodyColumns() []column {
	return []column{
		{"media_type", "text", "", "@mediaType"},
		{"representation", "text", "", "@representation"},
		{"language", "text", "", "@language"},
		{"content", "text", "", leafText},
		{"reference", "text/reference", "", "@value"},
	}
}

// coreColumns are those that every clinical statement has.
func coreColumns() []column {
	return slices.Concat([]column{
		{"class", "", "", leafElement},
		{"mood", "", "", "@moodCode"},
		{"negated", "", "", "@negationInd"},
		{"null", "", "", "@nullFlavor"},
		{"templates", "", "", leafTemplates},
	}, idColumns("id", "id"), []column{
		{"id_2", "id[2]", "", leafID},
		{"status", "statusCode", "", "@code"},
		{"text", "text", "", leafReference},
	}, codeColumns("code", "code"), timeColumns("time", mainTime), actorColumns("performer", "performer/assignedEntity"),
		actorColumns("author", "author/assignedAuthor"), []column{
			{"author_time", "author/time", "", "@value"},
			{"comment", "entryRelationship/act[" + entryTemplate + "64]/text", "", leafReference},
		})
}

// mainTime is when something was, not how often: medications have an
// effectiveTime for each.
const mainTime = "effectiveTime[@xsi:type!=PIVL_TS][@xsi:type!=EIVL_TS]"

// entryTemplate is how the templates of entries in C-CDA begin.
const entryTemplate = templateRoot + "10.20.22.4."

// around are the columns of the organizer, or of the act, that holds a row's
// statement.
func around(name string) []column {
	const outer = "../.."
	return slices.Concat(idColumns(name+"_id", outer+"/id"), []column{{name + "_status", outer + "/statusCode", "", "@code"}},
		codeColumns(name+"_code", outer+"/code"), timeColumns(name+"_time", outer+"/effectiveTime"))
}

// related is the column block of an observation that qualifies a statement.
func related(name, template string) []column {
	return codeColumns(name, "entryRelationship/observation["+entryTemplate+template+"]/value")
}

func entryShapes() []shape {
	kinds := []shape{
		{name: "problems", columns: problemColumns()},
		{name: "allergies", columns: allergyColumns()},
		{name: "medications", columns: drugColumns()},
		{name: "immunizations", columns: drugColumns()},
		{name: "results", columns: slices.Concat(observationColumns(), around("organizer"))},
		{name: "vital_signs", columns: slices.Concat(observationColumns(), around("organizer"))},
		{name: "procedures", columns: slices.Concat(procedureColumns(), valueColumns("value", "value"))},
		{name: "encounters", columns: encounterColumns()},
		{name: "social_history", columns: slices.Concat(observationColumns(), around("organizer"))},
		{name: "plan", columns: slices.Concat(procedureColumns(), valueColumns("value", "value"), productColumns(), doseColumns("approach_site"))},
		{name: "family_history", columns: familyColumns()},
		{name: "functional_status", columns: slices.Concat(observationColumns(), around("organizer"))},
		{name: "medical_equipment", columns: slices.Concat(procedureColumns(), productColumns(), around("organizer"))},
		{name: "other_entries", columns: slices.Concat(observationColumns(), productColumns(), doseColumns("approach_site"), participantColumns(), around("organizer"))},
		{name: "organizers", columns: specimenColumns()},
		{name: "related_entries", columns: relatedColumns()},
	}
	for i := range kinds {
		kinds[i].keys = statementKeys()
		kinds[i].columns = slices.Concat(coreColumns(), kinds[i].columns)
	}
	return kinds
}

func problemColumns() []column {
	return slices.Concat(valueColumns("value", "value"), siteColumns(), related("problem_status", "6"),
		related("severity", "8"), []column{
			{"onset_age", "entryRelationship/observation[" + entryTemplate + "31]/value", "", "@value"},
			{"onset_age_unit", "entryRelationship/observation[" + entryTemplate + "31]/value", "", "@unit"},
		}, around("concern"))
}

// siteColumns tell where on the body, and with what qualifier, such as left.
func siteColumns() []column {
	return append(codeColumns("site", "targetSiteCode"), codeColumns("site_qualifier", "targetSiteCode/qualifier/value")...)
}

func allergyColumns() []column {
	const reaction = "entryRelationship/observation[" + entryTemplate + "9]"
	return slices.Concat(valueColumns("value", "value"), participantColumns(),
		codeColumns("reaction", reaction+"/value"), timeColumns("reaction_time", reaction+"/effectiveTime"),
		codeColumns("reaction_severity", reaction+"/entryRelationship/observation["+entryTemplate+"8]/value"),
		related("severity", "8"), related("criticality", "145"), related("allergy_status", "28"), around("concern"))
}

// participantColumns tell to what someone is allergic.
func participantColumns() []column {
	const entity = "participant[@typeCode=CSM]/participantRole/playingEntity"
	return append(codeColumns("substance", entity+"/code"), column{"substance_name", entity + "/name", "", leafText})
}

// drugColumns are those of medications and immunizations.
func drugColumns() []column {
	const dispense = "entryRelationship/supply[@moodCode=EVN]"
	const order = "entryRelationship/supply[@moodCode=INT]"
	return slices.Concat(productColumns(), doseColumns("site"), []column{
		{"instructions", "entryRelationship/act[" + entryTemplate + "20]", "text", leafReference},
		{"dispense_id", dispense, "id", leafID},
		{"dispense_time", dispense, "effectiveTime", "@value"},
		{"dispense_quantity", dispense, "quantity", "@value"},
		{"dispense_unit", dispense, "quantity", "@unit"},
		{"order_id", order, "id", leafID},
		{"order_quantity", order, "quantity", "@value"},
		{"order_unit", order, "quantity", "@unit"},
		{"order_repeats", order, "repeatNumber", "@value"},
	}, codeColumns("indication", "entryRelationship/observation["+entryTemplate+"19]/value"),
		codeColumns("reaction", "entryRelationship/observation["+entryTemplate+"9]/value"),
		codeColumns("refusal", "entryRelationship/observation["+entryTemplate+"53]/code"))
}

// productColumns are those of a drug, a vaccine, or what a supply is of.
func productColumns() []column {
	const product = "consumable|product/manufacturedProduct"
	return slices.Concat(codeColumns("product", product+"/manufacturedMaterial/code"), []column{
		{"product_id", product, "id", leafID},
		{"product_name", product + "/manufacturedMaterial/name", "", leafText},
		{"lot", product + "/manufacturedMaterial/lotNumberText", "", leafText},
		{"manufacturer", product + "/manufacturerOrganization/name", "", leafText},
		{"quantity", "quantity", "", "@value"},
		{"quantity_unit", "quantity", "", "@unit"},
	})
}

// doseColumns tell how much is given, how often and where on the body, which
// the columns site say.
func doseColumns(site string) []column {
	const periodic = "effectiveTime[@xsi:type=PIVL_TS]"
	return slices.Concat(amountColumns("dose", "doseQuantity"), amountColumns("rate", "rateQuantity"), []column{
		{"max_dose", "maxDoseQuantity/numerator", "", "@value"},
		{"max_dose_unit", "maxDoseQuantity/numerator", "", "@unit"},
		{"repeat_number", "repeatNumber", "", "@value"},
		{"frequency_period", periodic, "period", "@value"},
		{"frequency_period_unit", periodic, "period", "@unit"},
		{"frequency_period_low", periodic, "period/low", "@value"},
		{"frequency_period_high", periodic, "period/high", "@value"},
		{"frequency_institution_specified", periodic, "", "@institutionSpecified"},
		{"frequency_event", "effectiveTime[@xsi:type=EIVL_TS]/event", "", "@code"},
	}, codeColumns("route", "routeCode"), codeColumns(site, "approachSiteCode"),
		codeColumns("form", "administrationUnitCode"), codeColumns("precondition", "precondition/criterion/value"))
}

func observationColumns() []column {
	const reference = "referenceRange/observationRange"
	return slices.Concat(valueColumns("value", "value"), codeColumns("interpretation", "interpretationCode"), []column{
		{"reference_text", reference, "text", leafReference},
		{"reference_low", reference, "value/low", "@value"},
		{"reference_low_unit", reference, "value/low", "@unit"},
		{"reference_high", reference, "value/high", "@value"},
		{"reference_high_unit", reference, "value/high", "@unit"},
		{"reference_value", reference, "value", leafScalar},
	}, codeColumns("method", "methodCode"), codeColumns("site", "targetSiteCode"), specimenColumns())
}

func specimenColumns() []column {
	return append(codeColumns("specimen", "specimen/specimenRole/specimenPlayingEntity/code"),
		column{"specimen_id", "specimen/specimenRole/id", "", leafID})
}

func procedureColumns() []column {
	const device = "participant[@typeCode=DEV|PRD]/participantRole"
	return slices.Concat(codeColumns("method", "methodCode"), siteColumns(), codeColumns("priority", "priorityCode"),
		codeColumns("indication", "entryRelationship/observation["+entryTemplate+"19]/value"), locationColumns(), specimenColumns(),
		[]column{{"device_id", device, "id", leafID}}, codeColumns("device", device+"/playingDevice/code"))
}

func locationColumns() []column {
	const location = "participant[@typeCode=LOC]/participantRole"
	return slices.Concat(codeColumns("location", location+"/code"), []column{
		{"location_id", location, "id", leafID},
		{"location_name", location, "playingEntity/name", leafText},
	}, telecomColumns("location_telecom", location+"/telecom"), addressColumns("location_address", location+"/addr"))
}

func encounterColumns() []column {
	const diagnosis = "entryRelationship/act[" + entryTemplate + "80]/entryRelationship/observation"
	return slices.Concat(locationColumns(), codeColumns("diagnosis", diagnosis+"/value"), timeColumns("diagnosis_time", diagnosis+"/effectiveTime"),
		codeColumns("indication", "entryRelationship/observation["+entryTemplate+"19]/value"),
		codeColumns("discharge_disposition", "sdtc:dischargeDispositionCode"), codeColumns("priority", "priorityCode"))
}

func familyColumns() []column {
	const person = "../../subject/relatedSubject"
	return slices.Concat(valueColumns("value", "value"), codeColumns("relative", person+"/code"),
		codeColumns("relative_gender", person+"/subject/administrativeGenderCode"), []column{
			{"relative_birth_time", person + "/subject/birthTime", "", "@value"},
			{"relative_deceased", person + "/subject/sdtc:deceasedInd", "", "@value"},
			{"onset_age", "entryRelationship/observation[" + entryTemplate + "31]/value", "", "@value"},
			{"onset_age_unit", "entryRelationship/observation[" + entryTemplate + "31]/value", "", "@unit"},
		}, related("death_cause", "47"), around("organizer"))
}

func relatedColumns() []column {
	return slices.Concat([]column{{"relation", "..", "", "@typeCode"}, {"inverted", "..", "", "@inversionInd"}, {"holder_templates", "../..", "", leafTemplates}},
		related("severity", "8"),
		valueColumns("value", "value"), productColumns(), doseColumns("site"), codeColumns("interpretation", "interpretationCode"))
}
