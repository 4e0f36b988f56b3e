package clean_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"chartlift/extract"
	"chartlift/extract/xlsx"
	"chartlift/transform/clean"
)

// ucumTail is what follows the unit of a coded quantity.
const ucumTail = `"system":"http://unitsofmeasure.org","code":`

func TestQuantitiesAreCanonicalJSON(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "quantity $U ucum", in: "6.20", columns: []string{"mg/dL"}, want: `{"value":6.20,"unit":"mg/dL",` + ucumTail + `"mg/dL"}`},
		{pipe: "quantity $U ucum", in: "6.2", columns: []string{""}, want: `{"value":6.2}`},
		{pipe: "quantity $U", in: "6.2", columns: []string{`5" line \ x`}, want: `{"value":6.2,"unit":"5\" line \\ x"}`},
		{pipe: "quantity $U", in: "6.2", columns: []string{"a\tb\x01\n\r"}, want: `{"value":6.2,"unit":"a\tb\u0001\n\r"}`},
		{pipe: "quantity $U", in: "1,234.50", columns: []string{"mL"}, want: `{"value":1234.50,"unit":"mL"}`},
		{pipe: "quantity $U", in: "120/80", columns: []string{"mmHg"}, want: null, code: "bad-number"},
		{pipe: "quantity $U", in: "5 mg", columns: []string{"mg"}, want: null, code: "bad-number"},
		{pipe: "quantity 'mm[Hg]' ucum", in: "120", want: `{"value":120,"unit":"mm[Hg]",` + ucumTail + `"mm[Hg]"}`},
		{pipe: "quantity $U ucum", in: "3", columns: []string{"{score}"}, want: `{"value":3,"unit":"{score}",` + ucumTail + `"{score}"}`},
	})
	refuses(t, "quantity 'blobs' ucum", `quantity: the unit "blobs" has no UCUM code`)
	refuses(t, "quantity $U loinc", `quantity: behind the unit only the word ucum may stand, not "loinc"`)
	refuses(t, "quantity", "quantity needs UNIT [ucum]")
}

func TestComparatorsAreKept(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<5": `"<"`, "< 5": `"<"`, "<=5": `"<="`, "≤5": `"<="`, "=<5": `"<="`, ">5": `">"`, ">= 5": `">="`, "≥ 5": `">="`, "=>5": `">="`,
	} {
		out, problem := compile(t, "quantity 'mg' ucum")(clean.Of(in), nil)
		if full := `{"value":5,"comparator":` + want + `,"unit":"mg",` + ucumTail + `"mg"}`; out.Text != full || problem != nil {
			t.Errorf("quantity of %q gives %s, want %s", in, out.Text, full)
		}
	}
	checkRows(t, []row{{pipe: "quantity 'mg'", in: "<", want: null, code: "bad-number"}, {pipe: "quantity 'mg'", in: "~5", want: null, code: "bad-number"}})
}

func TestUnitsOfChartsGetTheirUCUMCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// as they are
		"mg/dL": "mg/dL", "10*3/uL": "10*3/uL", "10^3/uL": "10^3/uL", "%": "%", "mm[Hg]": "mm[Hg]", "/min": "/min", "kg/m2": "kg/m2", "a": "a", "/a": "/a",
		"{INR}": "{INR}", "mL/min/{1.73_m2}": "mL/min/{1.73_m2}", "m[IU]/L": "m[IU]/L", "[degF]": "[degF]", "10*12/L": "10*12/L", "/[HPF]": "/[HPF]",
		"g.m/s2": "g.m/s2", "(24.h)": "(24.h)", "kat": "kat", "mmol/kg{creat}": "mmol/kg{creat}", "[in_i'H2O]": "[in_i'H2O]", "cal_[15]": "cal_[15]",
		// as people write them
		"mcg": "ug", "mcg/mL": "ug/mL", "µg/mL": "ug/mL", "μg/dL": "ug/dL", "MG/DL": "mg/dL", "Mg/dL": "mg/dL", "G/DL": "g/dL", "gm/dl": "g/dl",
		"mmHg": "mm[Hg]", "mm Hg": "mm[Hg]", "MMHG": "mm[Hg]", "cm H2O": "cm[H2O]", "lbs": "[lb_av]", "LB": "[lb_av]", "oz": "[oz_av]", "in": "[in_i]",
		"inches": "[in_i]", "ft": "[ft_i]", "kgs": "kg", "KG": "kg", "KG/M2": "kg/m2", "kg/m²": "kg/m2", "kg/m^2": "kg/m2", "C": "Cel", "°C": "Cel",
		"deg F": "[degF]", "F": "[degF]", "bpm": "{beats}/min", "beats/min": "{beats}/min", "breaths/min": "{breaths}/min", "BPM": "{beats}/min",
		"K/uL": "10*3/uL", "k/ul": "10*3/ul", "M/uL": "10*6/uL", "K/mm3": "10*3/mm3", "x10^3/uL": "10*3/uL", "10e3/uL": "10*3/uL", "thou/mcL": "10*3/uL",
		"X10E3/UL": "10*3/uL", "x10(9)/L": "10*9/L", "#/uL": "{#}/uL", "cells/uL": "{cells}/uL", "copies/mL": "{copies}/mL", "mEq/L": "meq/L", "MEQ/L": "meq/L",
		"IU/L": "[iU]/L", "mIU/mL": "m[iU]/mL", "uIU/mL": "u[iU]/mL", "U/l": "U/l", "u/L": "U/L", "mOsm/kg": "mosm/kg", "pH": "[pH]", "score": "{score}",
		"percent": "%", "sec": "s", "hr": "h", "hours": "h", "yrs": "a", "years": "a", "days": "d", "/hpf": "/[HPF]", "/HPF": "/[HPF]", "mL/min/1.73m2": "mL/min/{1.73_m2}",
		"mL/min/1.73 m2": "mL/min/{1.73_m2}", "mg/24hr": "mg/(24.h)", "tab": "{tbl}", "puffs": "{puff}", "gtt/min": "[drp]/min", "PG": "pg", "ratio": "{ratio}",
		"umol/L": "umol/L", "cc": "mL", "cc/hr": "mL/h", "fl oz": "[foz_us]", "ppm": "[ppm]", "INR": "{INR}", "K": "K", "100 WBC": "100{WBCs}", "L/min": "L/min",
	} {
		out, problem := compile(t, "ucum")(clean.Of(in), nil)
		if out.Text != want || problem != nil {
			t.Errorf("ucum of %q gives %q (%q), want %q", in, result(out), codeOf(problem), want)
		}
	}
}

func TestAUnitThatIsAnotherOneInUCUMByAccidentIsNotTakenForIt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// concentrations, not lengths
		"mM": "mmol/L", "uM": "umol/L", "µM": "umol/L", "nM": "nmol/L", "pM": "pmol/L", "MM": "mm", "um": "um",
		// shift keys, not gauss, peta, mega and exa
		"mG/dL": "mg/dL", "kG": "kg", "uG/mL": "ug/mL", "pG": "pg", "Pg/mL": "pg/mL", "Ml": "mL", "Mmol/L": "mmol/L", "Meq/L": "meq/L", "EA": "{each}",
		"EU/mL": "[EU]/mL", "ph": "[pH]", "PH": "[pH]", "Pt": "[pt_us]", "Cal": "[Cal]", "cal": "cal", "Gal": "[gal_us]",
		"grain": "[gr]", "[gr]": "[gr]", "sec": "s", "h": "h", "s": "s",
	} {
		out, problem := compile(t, "ucum")(clean.Of(in), nil)
		if out.Text != want || problem != nil {
			t.Errorf("ucum of %q gives %q (%q), want %q", in, result(out), codeOf(problem), want)
		}
	}
	for _, in := range []string{"gr", "H", "S", "PT", "TU", "'", "''", "mM/h", "mg/H", "gr/dL"} {
		if out, problem := compile(t, "ucum")(clean.Of(in), nil); out.Set || codeOf(problem) != "unknown-unit" {
			t.Errorf("ucum of %q gives %q: it may mean several things", in, out.Text)
		}
	}
	checkRows(t, []row{{pipe: "quantity $U ucum", in: "5", columns: []string{"gr"}, want: `{"value":5,"unit":"gr"}`, code: "unknown-unit"}})
}

func TestAUnitThatNobodyKnowsHasNoCode(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"blobs", "mg//dL", "mg/", "n/a", "UNITS", "mg dL", "{open", "open}", "[x]", "(mg", "mg)", "()", "{a{b}}", "{ü}", "mg/dL/", "10*3/", "kmmol", "..", "/",
		"mgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmgmg", "((((((((((m))))))))))", "m[H", "%%",
	} {
		out, problem := compile(t, "ucum")(clean.Of(in), nil)
		if out.Set || codeOf(problem) != "unknown-unit" {
			t.Errorf("ucum of %q gives %q", in, out.Text)
		}
	}
}

func TestNumbersAreConvertedBetweenUnitsOfAKind(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "convert lb kg", in: "150", want: "68.0389"},
		{pipe: "convert [lb_av] kg 8", in: "1", want: "0.45359237"},
		{pipe: "convert kg lb 1", in: "68.0388555", want: "150.0"},
		{pipe: "convert in cm 2", in: "70", want: "177.80"},
		{pipe: "convert ft m 4", in: "6", want: "1.8288"},
		{pipe: "convert F C 2", in: "98.6", want: "37.00"},
		{pipe: "convert Cel [degF] 1", in: "-40", want: "-40.0"},
		{pipe: "convert K Cel 2", in: "310.15", want: "37.00"},
		{pipe: "convert mmHg kPa 1", in: "120", want: "16.0"},
		{pipe: "convert L mL 0", in: "1.5", want: "1500"},
		// what is small does not become zero, or another number
		{pipe: "convert ug kg", in: "5", want: "0.000000005"},
		{pipe: "convert mg kg", in: "-149", want: "-0.000149"},
		{pipe: "convert g kg", in: "5", want: "0.0050"},
		{pipe: "convert F Cel", in: "32", want: "0.0000"},
		{pipe: "convert mg kg", in: "0", want: "0.0000"},
		{pipe: "convert mg kg", in: "1e-60", want: null, code: "bad-number"},
		{pipe: "convert mg kg 4", in: "5", want: null, code: "bad-number"},
		{pipe: "convert mg kg 4", in: "149", want: "0.0001"},
	})
	refuses(t, "convert kg cm", "convert: kg can not be converted to cm (mass to length)")
	refuses(t, "convert blobs kg", `convert: the unit "blobs" is not known; use scale with a factor`)
	refuses(t, "convert kg mol", `convert: the unit "mol" is not known; use scale with a factor`)
}

func TestRangesAndRatiosHaveTwoNumbers(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "range_low_high", in: "3.50 - 5", want: `{"low":{"value":3.50},"high":{"value":5}}`},
		{pipe: "range_low_high", in: "-5-10", want: `{"low":{"value":-5},"high":{"value":10}}`},
		{pipe: "range_low_high -", in: "-10", want: `{"high":{"value":10}}`},
		{pipe: "range_low_high to", in: "5 to", want: `{"low":{"value":5}}`},
		{pipe: "range_low_high to", in: "5 to 10", want: `{"low":{"value":5},"high":{"value":10}}`},
		{pipe: "range_low_high", in: "-", want: null, code: "bad-number"},
		{pipe: "range_low_high", in: "5", want: null, code: "bad-number"},
		{pipe: "ratio", in: "1 : 128", want: `{"numerator":{"value":1},"denominator":{"value":128}}`},
		{pipe: "ratio /", in: "20/40", want: `{"numerator":{"value":20},"denominator":{"value":40}}`},
		{pipe: "ratio", in: "1", want: null, code: "bad-number"},
	})
	refuses(t, "ratio ''", "ratio: the separator is empty")
	refuses(t, "range_low_high ''", "range_low_high: the separator is empty")
}

func FuzzQuantityIsJSON(f *testing.F) {
	f.Add("6.2", "mg/dL")
	f.Add("<5", "\"\\\x00")
	f.Add("1e3", "{é}")
	run := compile(f, "quantity $U ucum")
	f.Fuzz(func(t *testing.T, value, unit string) {
		out, _ := run(clean.Of(value), []clean.Value{clean.Of(unit)})
		if !out.Set {
			return
		}
		var q struct {
			Value      json.Number
			Unit, Code string
		}
		if err := json.Unmarshal([]byte(out.Text), &q); err != nil {
			t.Fatalf("quantity of %q and %q gives %s: %v", value, unit, out.Text, err)
		}
		if q.Code != "" && q.Unit == "" {
			t.Errorf("quantity of %q and %q has a code and no unit: %s", value, unit, out.Text)
		}
	})
}

func TestTheExamplesOfUCUMAreTheirOwnCodes(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "shared", "data", "spreadsheets", "ucum_example_units.xlsx")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the list of examples is not here: %v", err)
	}
	src, err := extract.Open(t.Context(), []extract.Format{xlsx.Format()}, path, extract.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	schemas, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(schemas[0].Columns, "UCUM_CODE")
	// In a chart these four are something else, or nobody knows what.
	others := map[string]string{"F": "[degF]", "H": null, "S": null, "Torr": "mm[Hg]"}
	run, n := compile(t, "ucum"), 0
	for batch, err := range src.Read(t.Context(), schemas[0].Table, nil) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Records {
			code := batch.Records[i].Values[at].Text
			want, other := others[code]
			if !other {
				want = code
			}
			if out, _ := run(clean.Of(code), nil); code != "" && result(out) != want {
				t.Errorf("%q gives %q, want %q", code, result(out), want)
			}
			n++
		}
	}
	if n < 840 {
		t.Errorf("only %d units", n)
	}
}

func TestTheUnitsOfSyntheaAreKnown(t *testing.T) {
	t.Parallel()
	unknown := map[string]int{}
	known := 0
	run := compile(t, "quantity $U ucum")
	eachRow(t, "observations.csv.gz", func(row map[string]string) {
		if row["UNITS"] == "" || row["TYPE"] != "numeric" {
			return
		}
		out, problem := run(clean.Of(row["VALUE"]), columns([]string{row["UNITS"]}))
		switch codeOf(problem) {
		case "unknown-unit":
			unknown[row["UNITS"]]++
		case "":
			known++
		default:
			t.Errorf("%s %s gives %v, %v", row["VALUE"], row["UNITS"], out, problem)
		}
	})
	delete(unknown, "n/a")
	delete(unknown, "UNITS")
	if len(unknown) > 0 || known < 50_000 {
		t.Errorf("%d quantities have a code; these units have none: %v", known, unknown)
	}
}

// eachRow calls f for each row of a table of the Synthea sample, which stands
// beside the repository.
func eachRow(t *testing.T, table string, f func(row map[string]string)) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "synthea-ma", "csv", table)
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not here", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(unzipped)
	header, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		row := make(map[string]string, len(header))
		for i, name := range header {
			row[name] = cells[i]
		}
		f(row)
	}
}
