package main

import (
	"slices"
	"strings"
)

// hl7Others: what single types have otherwise.
func hl7Others() []bundleRule {
	return []bundleRule{
		{
			typ: "Patient", paths: []string{
				"extension(VeteranMilitaryStatus).valueCodeableConcept.text", "extension(VeteranMilitaryStatus).valueCodeableConcept.coding.code",
				"extension(VeteranMilitaryStatus).valueCodeableConcept.coding.display", "extension(VeteranMilitaryStatus).valueCodeableConcept.coding.system",
				"extension(patient-disabilityIndicator).valueBoolean", "extension(DisabilityPeriod).valuePeriod.start", "extension(DisabilityPeriod).valuePeriod.end",
			},
			reason: "Extensions of the converter's own for PID-27 and DB1, which stay behind.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Patient", paths: []string{"extension(patient-mothersMaidenName).valueString"},
			reason: "The mother's maiden name is her family name (PID-6.1); the converter joins all parts with --.",
			holds:  func(d leafDiff) bool { return d.got != "" && strings.HasPrefix(d.want, d.got+"--") },
		},
		{
			typ: "Patient", paths: []string{
				"extension(patient-religion).valueCodeableConcept.coding.code", "extension(patient-religion).valueCodeableConcept.coding.display",
				"extension(patient-religion).valueCodeableConcept.coding.system",
			},
			reason: "AME in PID-17 is no code of table 0006: the converter makes it African Religions (1002), we keep the sender's code and count it as unmapped.",
			holds:  func(d leafDiff) bool { return says(d.input, "AME", "PID") },
		},
		{
			typ: "Patient", paths: []string{
				"extension(patient-citizenship).extension(code).valueCodeableConcept.coding.code", "extension(patient-citizenship).extension(code).valueCodeableConcept.coding.display",
				"extension(patient-citizenship).extension(code).valueCodeableConcept.coding.system", "extension(patient-citizenship).extension(code).valueCodeableConcept.text",
			},
			reason: "PID-39 is the tribal citizenship; the converter writes it as one of a state.",
			holds: func(d leafDiff) bool {
				return d.got == "" && (fieldSays(d.input, "PID", "CA", 39) || fieldSays(d.input, "PID", d.want, 39))
			},
		},
		{
			typ: "Encounter", paths: []string{wholeResources},
			reason: "A PV1 without a visit number makes no Encounter with us: each message about the visit would make another one.",
			holds: func(d leafDiff) bool {
				return d.expected != nil && strings.Join(d.expected.root.all("identifier.value"), "") == ""
			},
		},
		{
			typ: "Encounter", paths: []string{"location.extension(temporary-location).valueBoolean", "meta.security.extension(access-restriction-range).valuePeriod.end", "meta.security.extension(access-restriction-range).valuePeriod.start"},
			reason: "An extension that says temporary of PV1-11 and PV1-43, and one of ARV.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Encounter", paths: []string{"location.status"},
			reason: "PV1-11 is where the patient is for the time being: active with us, planned with the converter.",
			holds:  func(d leafDiff) bool { return d.want == "planned" && d.got == "active" },
		},
		{
			typ: "Encounter", paths: []string{"hospitalization.destination.reference"},
			reason: "PV1-37 (discharged to) is a code, not a place; it stays behind.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Appointment", paths: []string{
				"participant.actor.reference", "participant.type.coding.code", "participant.type.coding.display", "participant.type.coding.system", "participant.status", "participant.period.start",
				"basedOn.reference", "supportingInformation.reference", "serviceType.coding.code", "serviceType.coding.display", "serviceType.coding.system",
			},
			reason: "Equipment (AIG) and the contacts in SCH-12 to SCH-20 stay behind. The service (AIS) is an order of its own to the converter and `serviceType` with us.",
			holds:  func(d leafDiff) bool { return d.got == "" || strings.Contains(d.want, "Device") || d.want == "" },
		},
		{
			typ: "Provenance", paths: []string{"activity.coding.display", "activity.coding.code", "activity.coding.system", "activity.text", "agent.who.reference", "agent.who.display"},
			reason: "What happened is the code of the event with us (A01 of table 0003), the whole MSH-9 with the converter. Who says so is the sending facility (MSH-4) with us, MSH-22 with the converter.",
			holds: func(d leafDiff) bool {
				return d.want == "" || d.got == "" || strings.HasPrefix(d.want, "Organization") && strings.HasPrefix(d.got, "Organization")
			},
		},
		{
			typ: "Condition", paths: []string{"clinicalStatus.coding.code", "clinicalStatus.coding.system", "category.coding.code", "category.coding.system", "encounter.reference", "recordedDate"},
			reason: "A diagnosis is active, of the category encounter-diagnosis (DG1) or problem-list-item (PRB), made at the visit and recorded at DG1-19 with us; the converter says nothing of it.",
			holds:  func(d leafDiff) bool { return d.want == "" },
		},
		{
			typ: "Encounter", paths: []string{"text.div", "text.status", "episodeOfCare.reference", "meta.security.code", "meta.security.display", "meta.security.system"},
			reason: "We write no narrative, no EpisodeOfCare, and no security labels: ARV (access restrictions) stays behind and is counted.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Patient", paths: []string{"meta.security.code", "meta.security.display", "meta.security.system", "meta.lastUpdated", "_birthDate.extension(patient-birthTime).valueDateTime"},
			reason: "`meta` is the server's; ARV stays behind. A time of birth would need an extension on birthDate, which the mapping language cannot write.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Patient", paths: []string{"identifier.type.coding.code", "identifier.type.coding.display", "identifier.type.coding.system"},
			reason: "The number in PID-19 is a social security number: SS with us, SB (social beneficiary identifier) with the converter. The type of a driver's license gets its system.",
			holds: func(d leafDiff) bool {
				return d.want == "SB" && d.got == "SS" || d.want == "" && d.got != "" || d.want == "Social Beneficiary Identifier" && d.got == "Social Security number"
			},
		},
		{
			typ: "Provenance", paths: []string{"text.div", "text.status", "entity.role", "entity.what.reference", "target.reference"},
			reason: "The converter's Provenance is about its own Bundle and names its template; ours is about the Patient.",
			holds:  func(d leafDiff) bool { return d.got == "" || strings.HasPrefix(d.got, "Patient") },
		},
		{
			typ: "Provenance", paths: []string{wholeResources},
			reason: "The converter makes one Provenance of MSH and one of EVN; ours is one, with the operator of EVN-5 as a second agent.",
			holds:  func(d leafDiff) bool { return d.expected != nil && d.expected.root.members("text") == nil },
		},
		{
			typ: "MedicationRequest", paths: []string{"medicationReference.reference"},
			reason: "The drug is a Medication of its own to the converter; we write its code (`medicationCodeableConcept`).",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Immunization", paths: []string{"doseQuantity.value"},
			reason: "RXA-6 = 999 says that the amount is not known (CDC's guide); the converter writes a dose of 999.",
			holds:  func(d leafDiff) bool { return d.want == "999" && d.got == "" },
		},
		{
			typ: "Immunization", paths: []string{"reportOrigin.coding.code", "reportOrigin.coding.display", "reportOrigin.coding.system"},
			reason: "FHIR has reportOrigin for reports that are not the primary source; 00 (new record) is `primarySource: true`.",
			holds: func(d leafDiff) bool {
				return d.got == "" && d.ours != nil && d.ours.root.first("primarySource") == "true"
			},
		},
		{
			typ: "Procedure", paths: []string{"performer.function.coding.code", "performer.function.coding.display", "performer.function.coding.system"},
			reason: "Codes of the converter's own for surgeon, anesthesiologist and procedure practitioner; we write the text, which it writes, too.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
	}
}

// hl7Absent: resources that we do not make, each with why.
func hl7Absent() []bundleRule {
	whole := func(reason string, types ...string) []bundleRule {
		var all []bundleRule
		for _, typ := range types {
			all = append(all, bundleRule{typ: typ, paths: []string{wholeResources}, reason: reason, holds: func(d leafDiff) bool { return d.got == "" }})
		}
		return all
	}
	fromSegment := func(typ, reason string, codes ...string) bundleRule {
		return bundleRule{typ: typ, paths: []string{wholeResources}, reason: reason, holds: func(d leafDiff) bool {
			return d.expected != nil && slices.ContainsFunc(codes, func(code string) bool { return slices.Contains(d.expected.root.all("code.coding.code"), code) })
		}}
	}
	return slices.Concat(
		whole("The envelope of the message (who sent it where, with which software) is no part of a chart; what of it says where data came from is in Provenance.", "MessageHeader", "Device"),
		whole("Charges, claims, trials, consents, episodes, reagents and links between records stay behind; docs/mappings/hl7v2-adt-oru.md says so by segment, and every run counts them.",
			"ChargeItem", "ClaimResponse", "ResearchStudy", "Consent", "EpisodeOfCare", "Substance", "Linkage", "NutritionOrder", "Task"),
		whole("See MedicationRequest: the drug is a code, not a resource.", "Medication"),
		[]bundleRule{
			fromSegment("Observation", "ACC (accident) and PDA (death and autopsy) stay behind.", "injury-incident", "death-certificate", "autopsy", "coroner"),
			fromSegment("Procedure", "PDA (death and autopsy) stays behind.", "death-certification", "autopsy-performed"),
			{
				typ: "Procedure", paths: []string{wholeResources},
				reason: "The converter makes procedures of charges (FT1-19, FT1-25) and one of the number in PR1-20 that says nothing but its number.",
				holds:  func(d leafDiff) bool { return d.expected != nil && !codeStandsIn(d, "PR1") },
			},
			{
				typ: "Observation", paths: []string{wholeResources},
				reason: "OBX of an MDM message are lines of the document: they are the content of our DocumentReference. Files (ED, RP) are attachments of report or DocumentReference.",
				holds: func(d leafDiff) bool {
					return d.expected != nil && (says(d.input, "MDM", "MSH") || says(d.input, "ED", "OBX") || says(d.input, "RP", "OBX")) && codeStandsIn(d, "OBX")
				},
			},
			{
				typ: "DiagnosticReport", paths: []string{wholeResources},
				reason: "The converter makes a DiagnosticReport of every file (OBX with ED or RP) and of orders without results; ours are of ORU and OUL, files of an order are DocumentReferences.",
				holds:  func(d leafDiff) bool { return d.expected != nil && d.ours == nil },
			},
			{
				typ: "Condition", paths: []string{wholeResources},
				reason: "Conditions of charges (FT1-19), of PDA-1 and of the parent diagnosis in DG1-22, which is a number only.",
				holds:  func(d leafDiff) bool { return d.expected != nil && !codeStandsIn(d, "DG1", "PRB") },
			},
			{
				typ: "ServiceRequest", paths: []string{wholeResources},
				reason: "The converter makes orders of the services in an appointment (AIS), of referrals (RF1), of charges (FT1) and of parent numbers; ours are of OBR. AIS is the serviceType of our Appointment.",
				holds:  func(d leafDiff) bool { return d.expected != nil && !codeStandsIn(d, "OBR") },
			},
			{
				typ: "Specimen", paths: []string{wholeResources},
				reason: "A Specimen that is nothing but the number of a parent (SPM-3) or of an order (OBR-2, OBR-3, OBR-15).",
				holds:  func(d leafDiff) bool { return d.expected != nil && len(d.expected.root.all("type.coding.code")) == 0 },
			},
			{
				typ: "MedicationDispense", paths: []string{wholeResources},
				reason: "Dispenses of charges (FT1-43); ours are of RXD.",
				holds: func(d leafDiff) bool {
					return d.expected != nil && says(d.input, d.expected.root.first("medicationCodeableConcept.coding.code"), "FT1")
				},
			},
			{
				typ: "Account", paths: []string{wholeResources},
				reason: "Accounts of BLG-3; ours are of PID-18.",
				holds:  func(d leafDiff) bool { return d.expected != nil && !codeStandsIn(d, "PID") },
			},
			{
				typ: "Organization", paths: []string{wholeResources},
				reason: "Organizations of charges, referrals, participations (PRT), laboratories of OBX-23 whose field is no XON, employers (GT1-16, IN2-3) and pharmacies (RXE-39, RXO-32).",
				holds: func(d leafDiff) bool {
					return d.expected != nil && !says(d.input, d.expected.root.first("name"), "PD1", "ORC", "OBX", "IN1", "ROL", "PV2")
				},
			},
		})
}

// codeStandsIn reports whether a code or number of the expected resource stands
// in one of the segments.
func codeStandsIn(d leafDiff, segments ...string) bool {
	texts := slices.Concat(d.expected.root.all("code.coding.code"), d.expected.root.all("code.coding.display"))
	if len(texts) == 0 && d.typ == "Account" {
		texts = d.expected.root.all("identifier.value")
	}
	return slices.ContainsFunc(texts, func(text string) bool { return says(d.input, text, segments...) })
}
