package mllp

import "fmt"

// vaccination is the message that tells of an immunization (section 4.17; CVX
// and the codes of NIP001 as in CDC's guide 1.5).
func vaccination(i *immunization, pid string) (message, error) {
	at := timestamp(i.Occurrence)
	if at == "" {
		return message{}, fmt.Errorf("%w: RXA-3 needs a day and Immunization.occurrenceDateTime has none; a day that is told in words cannot be sent", errNotCarried)
	}
	given, action, err := given(i)
	if err != nil {
		return message{}, err
	}
	dose, doseUnit := "999", "" // not recorded
	if i.Dose.Value != "" {
		dose, doseUnit = i.Dose.Value.String(), unit(i.Dose)
	}
	segments := []string{
		pid,
		segment("ORC", field{1, "RE"}, field{3, order(i.ID)}),
		segment("RXA", field{1, "0"}, field{2, "1"}, field{3, at}, field{4, at}, field{5, coded(i.Vaccine)}, field{6, dose}, field{7, doseUnit},
			field{9, source(i.PrimarySource)}, field{15, escape(i.Lot)}, field{16, timestamp(i.Expires)}, field{17, components("", i.Manufacturer.Display)},
			field{18, coded(i.StatusReason)}, field{20, given}, field{21, action}),
	}
	if route, site := coded(i.Route), coded(i.Site); route != "" || site != "" {
		segments = append(segments, segment("RXR", field{1, route}, field{2, site}))
	}
	return message{event: "VXU^V04^VXU_V04", at: at, segments: segments}, nil
}

// given returns completion (table 0322) and action (table 0323).
func given(i *immunization) (completion, action string, err error) {
	switch i.Status {
	case "completed":
		return "CP", "A", nil
	case "not-done":
		return "NA", "A", nil // whether it was refused tells the reason, if anything
	case "entered-in-error":
		return "CP", "D", nil
	}
	return "", "", fmt.Errorf("%w: Immunization.status has no code in HL7 table 0322; map it to another status or leave the row out", errNotCarried)
}

// source says who knows of the immunization, by CDC's NIP001.
func source(primary *bool) string {
	switch {
	case primary == nil:
		return ""
	case *primary:
		return "00^New immunization record^NIP001"
	}
	return "01^Historical information - source unspecified^NIP001"
}
