package clean_test

import (
	"testing"

	"chartlift/transform/clean"
)

func TestCodesHaveTheFormOfTheirSystem(t *testing.T) {
	t.Parallel()
	for system, codes := range map[string][]string{
		"loinc": {"8480-6", "85354-9", "4548-4", "2708-6", "72514-3", "718-7"}, "snomed": {"73211009", "195967001", "10509002"},
		"icd10cm": {"I10", "E11.9", "S72.001A", "Z3A.20", "C7A.00", "U07.1", "M1A.0110"}, "icd11": {"5A11", "1A00", "BA00.0", "2C25.5", "8B20", "NC72.3Z", "5A11&XS5W", "NC72.3/PA10&XK8G"}, "icd9cm": {"250", "250.0", "250.00", "V70.0", "V30.01", "E888.9", "E888", "45.13", "99"},
		"rxnorm": {"197361", "1", "12345678"}, "ndc": {"0002-7597-01", "50242-040-62", "60574-4114-1", "00002-7597-01", "00002759701"},
		"cvx": {"08", "140", "207"}, "cpt": {"99213", "0001F", "0042T", "0001U", "0004M", "0001A"}, "hcpcs": {"J1815", "A0425", "V5299"},
	} {
		run := compile(t, "check "+system)
		for _, code := range codes {
			if out, problem := run(clean.Of(code), nil); problem != nil || out.Text != code {
				t.Errorf("check %s refuses %s: %v", system, code, problem)
			}
		}
	}
	for system, codes := range map[string][]string{
		"loinc": {"8480", "08480-6", "8480-", "-6", "8480-66", "12345678-9", "LP1234-5", "8480 6"}, "snomed": {"73211", "073211009", "73211009a", "1234567890123456789", "680946014"},
		"icd10cm": {"E119", "e11.9", "11.9", "E1", "E11.", "E11.99999", "E1C.9"}, "icd11": {"511", "5I11", "5AA1", "XK8G", "5A11&", "5A11.", "5A11.123", "5a11", "0A11", "5A11&X"}, "icd9cm": {"25000", "2500.0", "V7", "E88.9", "E888.99", "250.000"},
		"rxnorm": {"0197361", "123456789", "RX1", "-1"}, "ndc": {"0002759701", "0002-7597-1", "002-7597-01", "0002759701X"}, "cvx": {"8", "8a", "1234"},
		"cpt": {"9921", "0001X", "J1815", "992131"}, "hcpcs": {"W1234", "j1815", "J181", "99213"},
	} {
		run := compile(t, "check "+system)
		for _, code := range codes {
			if out, problem := run(clean.Of(code), nil); out.Set || codeOf(problem) != "bad-code" {
				t.Errorf("check %s of %s gives %v, %q", system, code, out, codeOf(problem))
			}
		}
	}
	refuses(t, "check lonic", `check: the systems are cpt, cvx, hcpcs, icd10cm, icd11, icd9cm, loinc, ndc, rxnorm, snomed, not "lonic"`)
}

func TestAWrongCodeIsToldTheRightForm(t *testing.T) {
	t.Parallel()
	_, problem := compile(t, "check cvx")(clean.Of("8"), nil)
	want := "this is not a code of cvx, which has the form: two or three digits; pad_left 2 0 puts a lost zero back"
	if problem == nil || problem.Message != want {
		t.Errorf("got %v, want %q", problem, want)
	}
}

func TestCodesAreWrittenInTheirUsualForm(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "icd_dot", in: "S72001A", want: "S72.001A"},
		{pipe: "icd_dot", in: "E11.9", want: "E11.9"},
		{pipe: "icd_dot", in: "e119", want: null, code: "bad-code"},
		{pipe: "icd_dot 9", in: "25000", want: "250.00"},
		{pipe: "icd_dot 9", in: "V700", want: "V70.0"},
		{pipe: "icd_dot 9", in: "E888", want: "E888"},
		{pipe: "icd_dot 9", in: "401", want: "401"},
		{pipe: "icd_dot 9", in: "ABC", want: null, code: "bad-code"},
		{pipe: "loinc_pad", in: "85354-9", want: "85354-9"},
		{pipe: "loinc_pad", in: "0008480-6", want: "8480-6"},
		{pipe: "loinc_pad", in: "853549", want: "85354-9"},
		{pipe: "loinc_pad", in: "6", want: null, code: "bad-code"},
		{pipe: "loinc_pad", in: "8480-", want: null, code: "bad-code"},
		{pipe: "ndc11", in: "00002759701", want: "00002759701"},
		{pipe: "ndc11", in: "00002-7597-01", want: "00002759701"},
		{pipe: "ndc11", in: "0002-7597-0", want: null, code: "bad-code"},
		{pipe: "map A=x B=y", in: "A", want: "x"},
		{pipe: "map A=x B=y", in: "C", want: null, code: "unmapped-value"},
		{pipe: "map A=x *=z", in: "A", want: "x"},
	})
	refuses(t, "icd_dot 11", `icd_dot: "11" is not one of ["10" "9"]`)
	refuses(t, "map A=x A=y", `map: "A" is given twice`)
	refuses(t, "map", "map needs VALUE=CODE …")
	refuses(t, "map A", `map: VALUE=CODE must be written KEY=VALUE, not "A"`)
}

func TestTheCodesOfSyntheaHoldTheirCheckDigits(t *testing.T) {
	t.Parallel()
	for table, system := range map[string]string{"conditions.csv.gz": "snomed", "procedures.csv.gz": "snomed", "immunizations.csv.gz": "cvx", "medications.csv.gz": "rxnorm"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			run := compile(t, "check "+system)
			pad := compile(t, "pad_left 2 0")
			codes, refused := map[string]bool{}, map[string]string{}
			eachRow(t, table, func(row map[string]string) {
				code := clean.Of(row["CODE"])
				if system == "cvx" {
					code, _ = pad(code, nil)
				}
				codes[code.Text] = true
				if _, problem := run(code, nil); problem != nil {
					refused[code.Text] = problem.Code
				}
			})
			// A few SNOMED codes of the sample are descriptions or made up.
			if len(codes) < 10 || len(refused)*20 > len(codes) {
				t.Errorf("of %d codes these are refused: %v", len(codes), refused)
			}
		})
	}
}
