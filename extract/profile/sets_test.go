package profile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"chartlift/extract/csvfile"
	"chartlift/extract/profile"
	"chartlift/extract/sqldump"
)

const data = "../../../shared/data/"

// rowCounts reads NAME, tab, ROWS.
func rowCounts(t *testing.T, path string) map[string]int64 {
	t.Helper()
	text, err := os.ReadFile(data + path)
	if err != nil {
		t.Skipf("the data sets are not here: %v", err)
	}
	counts := map[string]int64{}
	for _, line := range strings.Split(string(text), "\n") {
		name, rows, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if n, err := strconv.ParseInt(rows, 10, 64); ok && err == nil {
			counts[strings.TrimSuffix(name, ".csv")] = n
		}
	}
	return counts
}

// joined lists the joins as TABLE.COLUMN → TABLE.COLUMN.
func joined(list []*profile.Table) map[string]bool {
	all := map[string]bool{}
	for _, t := range list {
		for _, j := range t.Joins {
			all[fmt.Sprintf("%s.%s → %s.%s", t.Table, j.Column, j.ToTable, j.ToColumn)] = true
		}
	}
	return all
}

func TestDumpsAreCountedRightAndTheirJoinsFound(t *testing.T) {
	t.Parallel()
	for _, set := range []struct {
		counts, file string
		joins        []string
		never        []string
	}{
		{"openhospital-mariadb/ROWCOUNTS.tsv", "openhospital-mariadb/load_demo_data.sql.gz", []string{
			"oh_admission.ADM_PAT_ID → oh_patient.PAT_ID", "oh_opd.OPD_PAT_ID → oh_patient.PAT_ID", "oh_laboratory.LAB_EXA_ID_A → oh_exam.EXA_ID_A",
			"oh_laboratoryrow.LABR_LAB_ID → oh_laboratory.LAB_ID", "oh_therapies.THR_MDSR_ID → oh_medicaldsr.MDSR_ID", "oh_operationrow.OPER_OPE_ID_A → oh_operation.OPE_ID_A",
		}, []string{"oh_bills.BLL_IS_LST → oh_pricelists.LST_ID"}},
		{"openmrs-bahmni-mysql/ROWCOUNTS.tsv", "openmrs-bahmni-mysql/openmrs_backup_v0.92.sql.gz", []string{
			"obs.concept_id → concept.concept_id", "obs.person_id → person.person_id", "encounter.patient_id → patient.patient_id", "encounter.encounter_type → encounter_type.encounter_type_id",
			"drug_order.order_id → orders.order_id", "concept.class_id → concept_class.concept_class_id", "concept_name.concept_id → concept.concept_id",
		}, []string{"care_setting.care_setting_id → concept_set.concept_set_id"}},
	} {
		t.Run(set.file, func(t *testing.T) {
			t.Parallel()
			want := rowCounts(t, set.counts)
			list, err := profile.Tables(t.Context(), open(t, sqldump.Format(), data+set.file), profile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range list {
				if got.Rows != want[got.Table] || got.Faults > 0 || got.Stopped != "" {
					t.Errorf("%s has %d rows (%d faults), want %d", got.Table, got.Rows, got.Faults, want[got.Table])
				}
			}
			found := joined(list)
			for _, j := range set.joins {
				if !found[j] {
					t.Errorf("the join %s was not found", j)
				}
			}
			for _, j := range set.never {
				if found[j] {
					t.Errorf("the join %s is none", j)
				}
			}
		})
	}
}

func TestSyntheaIsProfiledAsItsAuthorsDescribeIt(t *testing.T) {
	t.Parallel()
	want := rowCounts(t, "synthea-ma/CSV_ROWS.tsv")
	delete(want, "claims_transactions") // the set holds its first 20,000 rows only
	var jobs []profile.Job
	for name := range want {
		if name == "observations" && testing.Short() {
			continue
		}
		jobs = append(jobs, open(t, csvfile.Format(), filepath.Join(data, "synthea-ma/csv", name+".csv.gz"))...)
	}
	list, err := profile.Tables(t.Context(), jobs, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for _, got := range list {
		if got.Rows != want[got.Table] {
			t.Errorf("%s has %d rows, want %d", got.Table, got.Rows, want[got.Table])
		}
		for _, c := range got.Columns {
			if c.Name == "CODE" && len(c.Codes) > 0 {
				codes[got.Table] = c.Codes[0].System
			}
		}
	}
	found := joined(list)
	for _, j := range []string{
		"conditions.PATIENT → patients.Id", "conditions.ENCOUNTER → encounters.Id", "encounters.ORGANIZATION → organizations.Id", "encounters.PROVIDER → providers.Id",
		"encounters.PAYER → payers.Id", "claims.APPOINTMENTID → encounters.Id", "claims.PATIENTID → patients.Id", "providers.ORGANIZATION → organizations.Id",
	} {
		if !found[j] {
			t.Errorf("the join %s was not found", j)
		}
	}
	for table, system := range map[string]string{"conditions": "SNOMED CT", "observations": "LOINC", "medications": "RxNorm", "immunizations": "CVX", "procedures": "SNOMED CT"} {
		if codes[table] != system && (table != "observations" || !testing.Short()) {
			t.Errorf("%s.CODE is taken for %q, want %s", table, codes[table], system)
		}
	}
}

func TestFebrlHasItsKnownFlaws(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(data + "febrl"); err != nil {
		t.Skipf("the data sets are not here: %v", err)
	}
	format := csvfile.Format()
	list, err := profile.Tables(t.Context(), open(t, format, data+"febrl/dataset4b.csv.gz"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list[0].Columns {
		if c.Name == "date_of_birth" && (c.Type != profile.TypeDate || c.Nulls+c.Empty != 199 || c.Misfits < 62 || c.Personal != "birth date" || !c.Masked) {
			t.Errorf("date_of_birth: %+v", c)
		}
		if c.Name == "given_name" && (c.Nulls+c.Empty != 234 || c.Padded == 0) {
			t.Errorf("given_name: %d missing, %d padded", c.Nulls+c.Empty, c.Padded)
		}
	}
}
