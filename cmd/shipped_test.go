package cmd_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shipped says what a mapping that comes along must make of the data set of its
// system.
type shipped struct {
	mapping, set string
	joined       []string // files of the set that are one dump: one creates the tables, the other fills them
	more         []string // further flags
	exit         int      // 3 where the set holds rows that must be refused
	total        ledgerTotal
	resources    map[string]int
}

type ledgerTotal struct{ Read, Loaded, Merged, Filtered, Rejected int }

func shippedMappings() []shipped {
	return []shipped{openHospital(), openEMR()}
}

// openEMR counts what becomes of the database of a new OpenEMR with its 14
// example patients, who have nothing but their demographics: 9 of them have an
// occupation, 3 something in the old field of race and ethnicity. The other
// rows read are list_options.
func openEMR() shipped {
	return shipped{
		mapping: "openemr-mysql", set: "openemr-mysql", joined: []string{"database.sql.gz", "example_patient_data.sql"},
		total:     ledgerTotal{Read: 4235, Loaded: 15, Filtered: 4220},
		resources: map[string]int{"Location": 1, "Observation": 12, "Organization": 1, "Patient": 14},
	}
}

// openHospital counts what becomes of the demo database. Filtered are 4 deleted
// patients and the placeholder, 53 consents of patients who are gone, 2 deleted
// admissions, 4 rows of deleted patients, and 665 rows that only name codes.
// The two rejected rows belong to an examination and a visit that are not
// there.
func openHospital() shipped {
	return shipped{
		mapping: "openhospital-mariadb", set: "openhospital-mariadb", exit: 3,
		total: ledgerTotal{Read: 3135, Loaded: 2404, Filtered: 729, Rejected: 2},
		resources: map[string]int{
			"Appointment":         42,
			"Condition":           1044, // 604 of 456 admissions (456 on admission, 148 on discharge), 418 of 402 visits, 22 ticked in histories
			"Consent":             510,
			"DiagnosticReport":    312,
			"Encounter":           858, // 456 admissions, 402 visits
			"FamilyMemberHistory": 24,  // 10 parents known to be alive or dead, 14 histories with something ticked
			"Immunization":        30,
			"Location":            6,
			"MedicationDispense":  3,
			"MedicationRequest":   11,
			"Observation":         1150, // 141 of patients (98 blood groups, 31 occupations, 12 facts), 48 pregnancies, 319 of the laboratory, 559 of examinations, 83 of histories
			"Organization":        1,
			"Patient":             510,
			"Practitioner":        4,
			"Procedure":           2,
			"Specimen":            33,
		},
	}
}

func TestShippedMappingsConvertTheDataSetsOfTheirSystems(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(legacySets); err != nil {
		t.Skipf("the data sets are not here: %v", err)
	}
	for _, s := range shippedMappings() {
		t.Run(s.mapping, func(t *testing.T) {
			t.Parallel()
			total, first := convertSet(t, s)
			if diff := cmp.Diff(s.total, total); diff != "" {
				t.Errorf("the ledger (-want +got):\n%s", diff)
			}
			got := map[string]int{}
			for name, text := range first {
				got[strings.TrimSuffix(name, ".ndjson")] = bytes.Count(text, []byte("\n"))
			}
			if diff := cmp.Diff(s.resources, got); diff != "" {
				t.Errorf("resources (-want +got):\n%s", diff)
			}
			s.more = []string{"--validate", "full"}
			again, second := convertSet(t, s)
			if diff := cmp.Diff(total, again); diff != "" {
				t.Errorf("validating every resource changes the ledger:\n%s", diff)
			}
			for name := range first {
				if !bytes.Equal(first[name], second[name]) {
					t.Errorf("a second run, which validates every resource, writes another %s", name)
				}
			}
		})
	}
}

// convertSet runs the mapping over its set, and validates what it writes. It
// returns the ledger's total and the files.
func convertSet(t *testing.T, s shipped) (ledgerTotal, map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	args := []string{"run", "--mapping", s.mapping, "--source", s.source(t), "--project", dir, "--to", out, "--json", "--quiet"}
	code, printed, said := chartlift(t, append(args, s.more...)...)
	if code != s.exit {
		t.Fatalf("exit code %d, want %d\n%s%s", code, s.exit, printed, said)
	}
	var ledger struct {
		Balanced bool          `json:"balanced"`
		Tables   []ledgerTotal `json:"tables"`
	}
	if err := json.Unmarshal([]byte(printed), &ledger); err != nil || !ledger.Balanced {
		t.Fatalf("the ledger does not balance: %v\n%s", err, printed)
	}
	var total ledgerTotal
	for _, row := range ledger.Tables {
		total.Read += row.Read
		total.Loaded += row.Loaded
		total.Merged += row.Merged
		total.Filtered += row.Filtered
		total.Rejected += row.Rejected
	}
	names, err := filepath.Glob(filepath.Join(out, "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		files[filepath.Base(name)] = []byte(read(t, out, filepath.Base(name)))
	}
	if code, printed, said := chartlift(t, append([]string{"validate", "--quiet"}, names...)...); code != 0 {
		t.Errorf("the validator finds errors: exit code %d\n%s%s", code, printed, said)
	}
	return total, files
}

// source returns the folder of the set, or one with its files joined.
func (s shipped) source(t *testing.T) string {
	t.Helper()
	if len(s.joined) == 0 {
		return legacySets + s.set
	}
	dir := t.TempDir()
	var dump bytes.Buffer
	for _, name := range s.joined {
		f, err := os.Open(filepath.Join(legacySets, s.set, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var r io.Reader = f
		if strings.HasSuffix(name, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := dump.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "openemr.sql"), dump.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
