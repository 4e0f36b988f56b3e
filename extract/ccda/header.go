package ccda

import "slices"

// headerTable is a table of the header: a row for each node that path finds.
// child tables have a row for each node below that one.
type headerTable struct {
	name     string
	path     string
	columns  []column
	children []headerTable
}

func headerTables() []headerTable {
	return []headerTable{
		{name: "document", columns: documentColumns()},
		{name: "patient", path: "recordTarget/patientRole", columns: patientColumns(), children: []headerTable{
			{name: "patient_id", path: "id", columns: append(idColumns("id", ""), column{"authority", "", "", "@assigningAuthorityName"}, column{"null", "", "", "@nullFlavor"})},
			{name: "patient_name", path: "patient/name", columns: append(nameColumns("name", ""), column{"null", "", "", "@nullFlavor"})},
			{name: "patient_address", path: "addr", columns: append(addressColumns("address", ""), column{"null", "", "", "@nullFlavor"})},
			{name: "patient_telecom", path: "telecom", columns: append(telecomColumns("telecom", ""), column{"null", "", "", "@nullFlavor"})},
			{name: "patient_race", path: "patient/raceCode|sdtc:raceCode", columns: codeColumns("race", "")},
			{name: "patient_guardian", path: "patient/guardian", columns: guardianColumns()},
			{name: "patient_language", path: "patient/languageCommunication", columns: languageColumns()},
		}},
		{name: "author", path: "author", columns: slices.Concat([]column{{"time", "time", "", "@value"}}, personColumns("assignedAuthor"))},
		{name: "custodian", path: "custodian/assignedCustodian/representedCustodianOrganization", columns: organizationColumns("organization", "")},
		{name: "participant", path: "participant|dataEnterer|informant|informationRecipient|legalAuthenticator|authenticator", columns: participationColumns()},
		{name: "performer", path: "documentationOf/serviceEvent/performer", columns: participationColumns()},
		{name: "related_document", path: "relatedDocument", columns: relatedDocumentColumns()},
		{name: "encompassing_encounter", path: "componentOf/encompassingEncounter", columns: stayColumns(), children: []headerTable{
			{name: "encounter_participant", path: "responsibleParty|encounterParticipant", columns: participationColumns()},
		}},
	}
}

func headerShapes() []shape {
	var all []shape
	for _, t := range headerTables() {
		all = append(all, shape{t.name, documentKeys(), t.columns})
		for _, child := range t.children {
			all = append(all, shape{child.name, documentKeys(), child.columns})
		}
	}
	return all
}

func documentColumns() []column {
	const event = "documentationOf/serviceEvent"
	return slices.Concat(idColumns("id", "id"), []column{
		{"title", "title", "", leafText},
		{"templates", "", "", leafTemplates},
		{"author", "author", "", leafElement},
	}, codeColumns("type", "code"), []column{
		{"time", "effectiveTime", "", "@value"},
		{"language", "languageCode", "", "@code"},
		{"confidentiality", "confidentialityCode", "", "@code"},
		{"set_id", "setId", "", leafID},
		{"version", "versionNumber", "", "@value"},
		{"realm", "realmCode", "", "@code"},
	}, codeColumns("service", event+"/code"), timeColumns("service_time", event+"/effectiveTime"))
}

func patientColumns() []column {
	const person = "patient"
	return slices.Concat(idColumns("id", "id"), nameColumns("name", person+"/name"), addressColumns("address", "addr"),
		telecomColumns("telecom", "telecom"), codeColumns("gender", person+"/administrativeGenderCode"), []column{
			{"birth_time", person + "/birthTime", "", "@value"},
			{"birth_time_null", person + "/birthTime", "", "@nullFlavor"},
			{"deceased", person + "/sdtc:deceasedInd", "", "@value"},
			{"deceased_time", person + "/sdtc:deceasedTime", "", "@value"},
		}, codeColumns("marital_status", person+"/maritalStatusCode"), codeColumns("religion", person+"/religiousAffiliationCode"),
		codeColumns("race", person+"/raceCode"), codeColumns("ethnicity", person+"/ethnicGroupCode"), []column{
			{"language", person + "/languageCommunication/languageCode", "", "@code"},
			{"guardian", person + "/guardian/guardianPerson/name", "", leafParts},
			{"guardian_telecom", person + "/guardian/telecom", "", "@value"},
		}, codeColumns("guardian_relation", person+"/guardian/code"), addressColumns("birthplace", person+"/birthplace/place/addr"),
		organizationColumns("provider", "providerOrganization"))
}

func guardianColumns() []column {
	return slices.Concat(idColumns("id", "id"), nameColumns("name", "guardianPerson/name"), codeColumns("role", "code"),
		telecomColumns("telecom", "telecom"), addressColumns("address", "addr"),
		organizationColumns("organization", "guardianOrganization"))
}

func languageColumns() []column {
	return []column{
		{"language", "languageCode", "", "@code"},
		{"mode", "modeCode", "", "@code"},
		{"proficiency", "proficiencyLevelCode", "", "@code"},
		{"preferred", "preferenceInd", "", "@value"},
	}
}

// personColumns are the columns of a person in a role.
func personColumns(role string) []column {
	return slices.Concat([]column{{"key", role, "", leafKey}}, idColumns("id", role+"/id"), []column{{"id_2", role + "/id[2]", "", leafID}, {"npi", role + "/" + npi, "", "@extension"}},
		nameColumns("name", role+"/"+assigned+"/name"), codeColumns("role", role+"/code"),
		telecomColumns("telecom", role+"/telecom"), addressColumns("address", role+"/addr"), []column{
			{"device", role + "/assignedAuthoringDevice/manufacturerModelName", "", leafText},
			{"software", role + "/assignedAuthoringDevice/softwareName", "", leafText},
		}, organizationColumns("organization", role+"/representedOrganization|scopingOrganization|receivedOrganization"))
}

func participationColumns() []column {
	return slices.Concat([]column{
		{"element", "", "", leafElement},
		{"role_element", anyRole, "", leafElement},
		{"type", "", "", "@typeCode"},
		{"function", "functionCode", "", "@code"},
	}, timeColumns("time", "time"), personColumns(anyRole))
}

// anyRole are the roles in which the header names people.
const anyRole = "assignedEntity|associatedEntity|relatedEntity|intendedRecipient"

func relatedDocumentColumns() []column {
	return slices.Concat([]column{{"relation", "", "", "@typeCode"}}, idColumns("id", "parentDocument/id"), []column{
		{"set_id", "parentDocument/setId", "", leafID},
		{"version", "parentDocument/versionNumber", "", "@value"},
	}, codeColumns("type", "parentDocument/code"))
}

func stayColumns() []column {
	const facility = "location/healthCareFacility"
	return slices.Concat(idColumns("id", "id"), codeColumns("code", "code"), timeColumns("time", "effectiveTime"),
		codeColumns("discharge_disposition", "dischargeDispositionCode"), idColumns("facility_id", facility+"/id"),
		codeColumns("facility", facility+"/code"), []column{{"facility_name", facility + "/location/name", "", leafText}},
		addressColumns("facility_address", facility+"/location/addr"))
}
