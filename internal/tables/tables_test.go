package tables_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/transform"
)

// people is a mapping of patients and their visits.
const people = `chartlift: 1
id: t
sources:
  patients: { csv: { path: "patients*.csv" }, key: [ID] }
  visits: { csv: { path: visits.csv }, key: [ID] }
maps:
  patient:
    from: patients
    resource: Patient
    elements: { gender: $SEX | gender }
  visit:
    from: visits
    resource: Encounter
    elements: { status: finished, class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: AMB }, subject: ref patient($PATIENT) }
`

// compile returns the program of a mapping's text.
func compile(t *testing.T, mapping string) *mappings.Program {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(mapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("the mapping has mistakes: %+v", findings)
	}
	return prog
}

// folder writes files, by their names below a new folder, and returns the
// folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// open finds the tables of a mapping in a folder of files.
func open(t *testing.T, mapping string, files map[string]string) *tables.Set {
	t.Helper()
	set, err := tables.Open(context.Background(), compile(t, mapping), []string{folder(t, files)}, tables.Options{TempDir: t.TempDir()})
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// lines are findings as severity, code and message.
func lines(list []issue.Issue) []string {
	out := []string{}
	for _, i := range list {
		out = append(out, fmt.Sprintf("%s %s %s", i.Severity, i.Code, i.Message))
	}
	return out
}

// names are the source files behind the tables, in their order.
func names(set *tables.Set) []string {
	out := []string{}
	for _, table := range set.Tables {
		for _, in := range table.Inputs {
			out = append(out, table.Source.Name+" "+in.Schema.Source)
		}
	}
	return out
}

func wantLine(t *testing.T, got []string, begins string) string {
	t.Helper()
	i := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, begins) })
	if i < 0 {
		t.Fatalf("no line begins with %q in\n%s", begins, strings.Join(got, "\n"))
	}
	return got[i]
}

func TestEveryFileOfATableIsOneOfItsInputsAndWhatNoSourceNamesIsLeft(t *testing.T) {
	set := open(t, people, map[string]string{
		"patients-1.csv": "ID,SEX\n1,F\n", "patients-2.csv": "ID,SEX\n2,M\n3,F\n", "visits.csv": "ID,PATIENT\n9,1\n",
		"billing.csv": "A,B\n1,2\n3,4\n", "README.md": "# What this is\n",
	})
	if diff := cmp.Diff([]string{"patients patients-1.csv", "patients patients-2.csv", "visits visits.csv"}, names(set)); diff != "" {
		t.Error(diff)
	}
	if len(set.Findings) != 0 || len(set.Absent) != 0 || set.Alone != "" {
		t.Errorf("findings %v, absent %v, alone %q", lines(set.Findings), set.Absent, set.Alone)
	}
	if err := set.CountLeft(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(set.Left) != 1 || set.Left[0].Schema.Source != "billing.csv" || set.Left[0].Rows != 2 || filepath.Base(set.Left[0].Path) != "billing.csv" {
		t.Errorf("left: %+v", set.Left)
	}
	if set.Damaged() || set.Unwhole() != 0 {
		t.Errorf("a README beside the tables is no damage: %v", lines(set.Unread))
	}
	if table, in := set.Input("patients-2.csv", set.Tables[0].Inputs[1].Schema.Table); table != set.Tables[0] || in != set.Tables[0].Inputs[1] || filepath.Base(set.Path(in)) != "patients-2.csv" {
		t.Errorf("the input of patients-2.csv is %v, at %q", in, set.Path(in))
	}
	if _, in := set.Input("billing.csv", "billing"); in != nil {
		t.Error("a table that no source names is no input")
	}
}

func TestFilesOfOneNameAreToldApartByTheirFolders(t *testing.T) {
	set := open(t, people, map[string]string{
		"north/patients.csv": "ID,SEX\n1,F\n", "south/patients.csv": "ID,SEX\n1,M\n", "visits.csv": "ID,PATIENT\n9,1\n",
	})
	if diff := cmp.Diff([]string{"patients north/patients.csv", "patients south/patients.csv", "visits visits.csv"}, names(set)); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatIsNamedTwiceIsReadOnce(t *testing.T) {
	dir := folder(t, map[string]string{"patients.csv": "ID,SEX\n1,F\n", "visits.csv": "ID,PATIENT\n9,1\n"})
	set, err := tables.Open(context.Background(), compile(t, people), []string{dir, filepath.Join(dir, "patients.csv")}, tables.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if diff := cmp.Diff([]string{"patients patients.csv", "visits visits.csv"}, names(set)); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsWithoutTheirPatientsAreSaidBeforeAnythingElse(t *testing.T) {
	set := open(t, people, map[string]string{"visits.csv": "ID,PATIENT\n9,1\n", "people.csv": "ID,SEX\n1,F\n"})
	got := lines(set.Findings)
	if len(got) != 2 || !strings.HasPrefix(got[0], "warning W0209 the patients are missing: patients cannot be made without patients*.csv, so visit would have no patient") {
		t.Fatalf("findings %v", got)
	}
	if !strings.Contains(wantLine(t, got, "warning W0207"), "no source names people.csv") {
		t.Errorf("the file that may be meant is not named: %v", got)
	}
	if set.Alone == "" {
		t.Error("nothing is kept of it for the end of the run")
	}
}

func TestAFileThatIsNotReadIsNamedWithItsReasonWhereNothingElseIsThere(t *testing.T) {
	set := open(t, people, map[string]string{"old.mdb": "\x00\x01\x00\x00Standard Jet DB\x00" + strings.Repeat("\x00\x01", 600)})
	got := strings.Join(lines(set.Findings), "\n")
	if !strings.Contains(got, "--source has no file that can be read (") || !strings.Contains(got, "mdb-export") {
		t.Errorf("the reason is not named: %s", got)
	}
}

func TestAMappingOfWhichNoTableIsThereIsRefusedInOneLine(t *testing.T) {
	set := open(t, people, map[string]string{"a.csv": "X\n1\n"})
	got := lines(set.Findings)
	want := "error E0207 none of the mapping's tables is in the sources given; it looks for patients*.csv, visits.csv, and --source has a.csv"
	if len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("findings %v", got)
	}
}

func TestColumnsThatAreMissingOrDifferAreFoundBeforeARowIsRead(t *testing.T) {
	set := open(t, people, map[string]string{"patients-1.csv": "ID,SEX\n1,F\n", "patients-2.csv": "ID,GENDER\n2,M\n", "visits.csv": "ID,PATIENT\n9,1\n"})
	got := lines(set.Findings)
	wantLine(t, got, "error E0208 patients-2.csv and patients-1.csv are both patients, but their columns differ")
	if !slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, "SEX") && strings.Contains(l, "patients-2.csv") }) {
		t.Errorf("nothing is said of the column SEX that patients-2.csv lacks: %v", got)
	}
}

func TestTwoSourcesOfOneTableAreRefused(t *testing.T) {
	set := open(t, strings.Replace(people, "visits.csv }, key: [ID] }", "visits.csv }, key: [ID] }\n  more: { csv: { path: \"visits*.csv\" }, key: [ID] }", 1)+`  more:
    from: more
    resource: Encounter
    elements: { status: planned, class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: AMB } }
`, map[string]string{"patients.csv": "ID,SEX\n1,F\n", "visits.csv": "ID,PATIENT\n9,1\n"})
	wantLine(t, lines(set.Findings), "error E0209 the sources visits and more both read the table")
}

func TestColumnsThatNothingUsesAreNoted(t *testing.T) {
	set := open(t, people, map[string]string{"patients.csv": "ID,SEX,FAX\n1,F,5\n", "visits.csv": "ID,PATIENT\n9,1\n"})
	got := lines(set.Unused())
	if len(got) != 1 || !strings.Contains(got[0], "FAX") || strings.Contains(got[0], "SEX") {
		t.Errorf("unused: %v", got)
	}
}

func TestAnEmptyFileAmongSeveralIsSaidAndTheOthersAreRead(t *testing.T) {
	set := open(t, people, map[string]string{"patients-1.csv": "ID,SEX\n1,F\n", "patients-2.csv": "", "visits.csv": "ID,PATIENT\n9,1\n"})
	if diff := cmp.Diff([]string{"patients patients-1.csv", "visits visits.csv"}, names(set)); diff != "" {
		t.Error(diff)
	}
	if got := lines(set.Unread); len(got) != 1 || !strings.HasPrefix(got[0], "warning empty-file") {
		t.Errorf("unread %v", got)
	}
	if set.Damaged() {
		t.Error("one of many tables may be empty")
	}
}

func TestASourceThatIsNotThereEndsTheSearch(t *testing.T) {
	set, err := tables.Open(context.Background(), compile(t, people), []string{filepath.Join(t.TempDir(), "nowhere")}, tables.Options{})
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error %v", err)
	}
	if err := set.Close(); err != nil {
		t.Error(err)
	}
}

func TestFirstRowsTellWhichPartOfADateIsTheDay(t *testing.T) {
	mapping := strings.Replace(people, "{ gender: $SEX | gender }", "{ birthDate: $BORN | date }", 1)
	mapping = strings.Replace(mapping, "sources:", "defaults: { dates: [D/M/YYYY, M/D/YYYY] }\nsources:", 1)
	set := open(t, mapping, map[string]string{"patients.csv": "ID,BORN\n1,03/04/1980\n2,05/06/1981\n", "visits.csv": "ID,PATIENT\n9,1\n"})
	found, err := set.Survey(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 || !strings.Contains(found[0].Message, "BORN") {
		t.Errorf("nothing is said of dates whose day could be the month: %v", lines(found))
	}
}

// silent takes what a reader reports of rows: here nothing is wrong with them.
func silent(issue.Issue) {}

// A file that another process found to be UTF-8 is not looked through again,
// and read as that.
func TestAFileThatIsKnownToBeUTF8IsNotGuessedAt(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"patients.csv": "ID,NAME\np1,M\xfcller\n", "visits.csv": "ID,PATIENT\nv1,p1\n"})
	path, err := filepath.Abs(filepath.Join(dir, "patients.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for known, want := range map[string]bool{"": false, path: true} {
		set, err := tables.Open(context.Background(), compile(t, people), []string{dir}, tables.Options{UTF8: map[string]bool{known: true}})
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range set.Tables {
			if table.Source.Name != "patients" {
				continue
			}
			if got := table.Inputs[0].Source.(interface{ UTF8() bool }).UTF8(); got != want {
				t.Errorf("%q is known: UTF-8 %v", known, got)
			}
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFilesAreToldApartFromTheRoot(t *testing.T) {
	t.Parallel()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"-": "-", "a/../b.csv": filepath.Join(dir, "b.csv"), "./b.csv": filepath.Join(dir, "b.csv"), "/legacy/x.csv": "/legacy/x.csv"} {
		if got := tables.Absolute(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestTablesThatAnotherProcessReadsAreNotOpened(t *testing.T) {
	t.Parallel()
	prog := compile(t, people)
	dir := folder(t, map[string]string{"patients.csv": "not, what it\nwas", "visits.csv": "ID,PATIENT\n1,7\n", "other.csv": "A,B\n1,2\n"})
	for what, row := range map[string]struct {
		known          tables.Known
		tables, absent []string
	}{
		"one of two":              {tables.Known{Read: []string{"visits"}}, []string{"visits"}, nil},
		"the other is not there":  {tables.Known{Read: []string{"visits"}, Absent: []string{"patients"}}, []string{"visits"}, []string{"patients"}},
		"nothing":                 {tables.Known{}, nil, nil},
		"one that lost a column":  {tables.Known{Read: []string{"patients"}}, []string{"patients"}, nil},
		"one that is read anyway": {tables.Known{Read: []string{"visits"}, Absent: []string{"visits"}}, []string{"visits"}, nil},
	} {
		set, err := tables.Open(t.Context(), prog, []string{dir}, tables.Options{Known: &row.known})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var got, absent []string
		for _, table := range set.Tables {
			got = append(got, table.Source.Name)
		}
		for _, s := range set.Absent {
			absent = append(absent, s.Name)
		}
		if diff := cmp.Diff([][]string{row.tables, row.absent}, [][]string{got, absent}); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		lost := slices.ContainsFunc(set.Findings, func(i issue.Issue) bool { return i.Severity == issue.Error })
		if lost != slices.Contains(row.tables, "patients") || len(set.Left) > 0 || set.Alone != "" {
			t.Errorf("%s: findings %+v, left %d, %q", what, set.Findings, len(set.Left), set.Alone)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}
}
