package plausible

import "strings"

// What only women or only men have, as prefixes of codes without dots. The
// chapters are those of ICD-10(-CM) and ICD-9-CM. From SNOMED CT, whose
// hierarchy is not at hand, only the concepts themselves that the records of
// many hospitals hold.
const (
	icd9   = "http://hl7.org/fhir/sid/icd-9-cm"
	icd10  = "http://hl7.org/fhir/sid/icd-10"
	snomed = "http://snomed.info/sct"
)

func onlyWomen() map[string][]string {
	return map[string][]string{
		icd10: {
			"O", "C51", "C52", "C53", "C54", "C55", "C56", "C57", "C58", "D06", "D25", "D26", "D27", "D28", "N70", "N71", "N72", "N73", "N74",
			"N75", "N76", "N77", "N80", "N81", "N82", "N83", "N84", "N85", "N86", "N87", "N88", "N89", "N90", "N91", "N92", "N93", "N94", "N95", "N96", "N97", "N98",
			"Z32", "Z33", "Z34", "Z35", "Z36", "Z37", "Z39", "Z3A",
		},
		icd9: {
			"179", "180", "181", "182", "183", "184", "218", "219", "220", "221", "614", "615", "616", "617", "618", "619", "62", "63", "64", "65", "66",
			"670", "671", "672", "673", "674", "675", "676", "677", "678", "679", "V22", "V23", "V24", "V27", "V28",
		},
		snomed: {
			"72892002", "77386006", "398254007", "198992004", "11687002", "19169002", "35999006", "79586000", "47200007", "363354003", "363443007", "156073000",
		},
	}
}

func onlyMen() map[string][]string {
	return map[string][]string{
		icd10: {
			"C60", "C61", "C62", "C63", "D29", "D40", "N40", "N41", "N42", "N43", "N44", "N45", "N46", "N47", "N48", "N49", "N50", "N51", "N52", "N53",
			"Q53", "Q54", "Q55", "Z125",
		},
		icd9:   {"185", "186", "187", "222", "600", "601", "602", "603", "604", "605", "606", "607", "608"},
		snomed: {"126906006", "92691004", "399068003", "266569009", "314994000", "254900004"},
	}
}

// sexes compares a diagnosis or procedure with the patient's sex.
func (w *Worker) sexes(who person) {
	if who.sex == 0 {
		return
	}
	for c := range w.get("code").get("coding").items {
		system, value := strings.TrimSuffix(c.get("system").text(), "-cm"), c.get("code").text()
		if system == strings.TrimSuffix(icd9, "-cm") {
			system = icd9
		}
		needs, ok := w.checker.sexes.of(system, value)
		if !ok {
			continue
		}
		w.says(sexConflict, needs == 0 || needs == who.sex, "code", value)
		return
	}
}

// sexCodes knows which sex a code needs.
type sexCodes map[string]map[string]byte

func newSexCodes() sexCodes {
	all := sexCodes{}
	add := func(codes map[string][]string, sex byte) {
		for system, prefixes := range codes {
			if all[system] == nil {
				all[system] = map[string]byte{}
			}
			for _, p := range prefixes {
				all[system][p] = sex
			}
		}
	}
	add(onlyWomen(), 'f')
	add(onlyMen(), 'm')
	return all
}

// of returns the sex that a code needs, 0 where both may have it. It does not
// know systems that are not listed.
func (s sexCodes) of(system, code string) (sex byte, known bool) {
	codes, known := s[system]
	if !known {
		return 0, false
	}
	if system == snomed {
		return codes[code], true
	}
	bare := strings.ReplaceAll(strings.ToUpper(code), ".", "")
	for n := min(4, len(bare)); n > 0; n-- {
		if sex, ok := codes[bare[:n]]; ok {
			return sex, true
		}
	}
	return 0, true
}
