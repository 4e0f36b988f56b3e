package profile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"chartlift/extract/profile"
)

// The names are those of exports in several languages, and what HIPAA takes
// away from a record that nobody may be known by (45 CFR 164.514(b)(2)(i)). A
// column that is not known as personal stands in a report with its values.
func TestPersonalColumnsAreKnownInOtherLanguagesAndCountries(t *testing.T) {
	t.Parallel()
	for kind, names := range map[string]string{
		"birth date":             "Geburtsdatum GEBDAT Geb.-Dat. fecha_nacimiento FechaNacimiento date_naissance DateNaissance data_nascita dt_nascimento geboortedatum PatientDOB Birth_Date birthDateTime",
		"phone":                  "Telefon Telefonnummer TELEFON_PRIVAT telefono teléfono Handy Mobile_No telephone téléphone tlf celular WorkPhone1 FAX",
		"name":                   "Nachname VORNAME prenom Prénom apellidos Apellido1 cognome achternaam voornaam Patient_Name Emergency_Contact_Name next_of_kin Mother_Maiden_Name",
		"address":                "Strasse Straße Hausadresse PLZ Wohnort Geburtsort direccion Dirección domicilio indirizzo endereco Address_Line_1 Postal_Code ZipCode",
		"identity document":      "NHSNumber NHS_No nhs_number NINO cpf CURP Aadhaar_No Passport_No Drivers_License personnummer BSN",
		"record number":          "Medical_Record_Number MedicalRecordNo ChartNumber chart_no AccountNumber acct_no SubscriberID Medicare_No medicaid_id InsuranceNumber insured_id Beneficiary_Id hospnum MRN Member_ID",
		"social security number": "SSN patient_ssn SocialSecurityNumber",
		"e-mail":                 "Email E_Mail_Address mail",
	} {
		for name := range strings.FieldsSeq(names) {
			if got := profile.PersonalByName(name); got != kind {
				t.Errorf("%s is personal as %q, want %q", name, got, kind)
			}
		}
	}
	for name := range strings.FieldsSeq("medicare_flag insurance_type account_status chart_type hospital_id lieu_naissance lugar_nacimiento diagnosis_code result unit lab_no drug_name status visit_type telemetry handle adrenaline") {
		if got := profile.PersonalByName(name); got != "" {
			t.Errorf("%s is personal as %q", name, got)
		}
	}
}

// What identifies somebody must not stand in a report, wherever in the table it
// is and whatever the column is called.
func TestWhatIdentifiesSomebodyIsInNoReport(t *testing.T) {
	t.Parallel()
	lines := []string{"Geburtsdatum,NHSNumber,Medical_Record_Number,x1,x2,x3,Bemerkung,Wert"}
	var secrets []string
	for i := range 12 {
		day, nhs, mrn := fmt.Sprintf("%02d.03.19%02d", 10+i, 40+i), fmt.Sprintf("943 476 59%02d", 10+i), fmt.Sprintf("MR-77%02d1", i)
		phone, mail, ssn := fmt.Sprintf("(617) 555-01%02d", i), fmt.Sprintf("quill%02d@example.org", i), fmt.Sprintf("212-55-98%02d", i)
		note := fmt.Sprintf("Frau Quillfeather%c kam am Montag mit starken Schmerzen im linken Knie", 'a'+i)
		secrets = append(secrets, day, nhs, mrn, phone, mail, ssn, note)
		lines = append(lines, strings.Join([]string{day, nhs, mrn, phone, mail, ssn, note, fmt.Sprint(5 + i%3)}, ","))
	}
	report := &profile.Report{Tables: tables(t, profile.Options{}, table{"daten.csv", lines})}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q stands in the report", secret)
		}
	}
	if c := report.Tables[0].Columns[7]; c.Personal != "" || len(c.Top) == 0 {
		t.Errorf("what identifies nobody is hidden: %+v", c)
	}
}
