package cmd_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runFacts are queries of what a run came to, but for what tells runs apart:
// times, and numbers that SQLite gives. Ranges of rows are told row by row,
// because batches end elsewhere.
func runFacts() map[string]string {
	const source = "(SELECT source || '/' || table_or_sheet FROM source s WHERE s.source_id = t.source_id)"
	return map[string]string{
		"run":      "SELECT status, exit_code, mapping_sha256 FROM run t",
		"source":   "SELECT source, table_or_sheet, sha256, rows_read, rows_loaded, rows_merged, rows_filtered, rows_rejected FROM source t",
		"outcome":  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT " + source + ", first_row + i, outcome, reason, merged_into FROM row_outcome t JOIN n ON first_row + i <= last_row",
		"group":    "SELECT " + source + ", rule, code, column_name, severity, issue_type, message, n_findings, n_stored FROM finding_group t",
		"finding":  "SELECT " + source + ", rule, code, column_name, row_no, line, f.severity, expression, value, f.message, suggestion FROM finding f JOIN finding_group t USING (group_id)",
		"resource": "SELECT " + source + ", resource_type, n_built, n_valid, n_loaded, n_rejected FROM resource_count t",
		"code":     "SELECT crosswalk, source_system, source_code, source_display, n_records FROM code_map",
		"rule":     "SELECT rule, n_values FROM rule_use",
		"terms":    "SELECT crosswalk, n_uses FROM crosswalk_use",
		"support":  "SELECT profile, element, n_there, n_of FROM must_support",
		"field":    "SELECT table_name, column_name, rule, element, n_rows, n_filled, n_target_filled, n_lost FROM field_profile",
		"check":    "SELECT rule, scope, n_denominator, n_violated, status FROM check_result",
		"unit":     "SELECT seq, first_row, last_row, n_entries, n_ok, n_created, http_status FROM unit",
		"journal":  "SELECT seq, state, resources, hex(packed) FROM journal",
	}
}

// facts returns what the only run of a project came to. Long ranges are cut:
// runs of tests have fewer rows.
func facts(t *testing.T, project string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(project, ".chartlift", "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := map[string][]string{}
	for name, query := range runFacts() {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			out[name] = append(out[name], fmt.Sprintf("%q", values))
		}
		slices.Sort(out[name])
	}
	return out
}

// scattered is a run that is converted in shards.
type scattered struct {
	mapping, source string
	n               int
	flags           []string
	exit            int // of the run, and of the merge
}

func (s scattered) args(dir string) []string {
	return append([]string{"-q", "--project", dir, "--mapping", s.mapping, "--source", s.source, "--to", filepath.Join(dir, "out")}, s.flags...)
}

// whole is the same run in one process; it returns the project.
func (s scattered) whole(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run(t, s.exit, append([]string{"run"}, s.args(dir)...)...)
	return dir
}

// plan makes the plan and returns the project, whose folder parts holds it.
func (s scattered) plan(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run(t, 0, append([]string{"shards", "plan", filepath.Join(dir, "parts"), "--shards", strconv.Itoa(s.n)}, s.args(dir)...)...)
	return dir
}

func (s scattered) convert(t *testing.T, dir string) {
	t.Helper()
	for i := s.n; i > 0; i-- { // in any order
		run(t, 0, "shards", "run", "-q", filepath.Join(dir, "parts"), "--shard", fmt.Sprintf("%d/%d", i, s.n))
	}
}

func (s scattered) merge(t *testing.T, dir string) {
	t.Helper()
	run(t, s.exit, "shards", "merge", "-q", filepath.Join(dir, "parts"), "--project", dir)
}

// outputs are the files of a run, and what the run database says of it.
func outputs(t *testing.T, dir string) (map[string]string, map[string][]string) {
	t.Helper()
	files, err := tree(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return files, facts(t, dir)
}

// sameInShards runs it whole, and in so many shards, and compares everything.
func sameInShards(t *testing.T, s scattered, counts ...int) {
	t.Helper()
	wantFiles, wantFacts := outputs(t, s.whole(t))
	for _, s.n = range counts {
		dir := s.plan(t)
		s.convert(t, dir)
		s.merge(t, dir)
		gotFiles, gotFacts := outputs(t, dir)
		for name, want := range wantFiles {
			if gotFiles[name] != want {
				t.Errorf("%d shards: %s differs", s.n, name)
			}
		}
		if len(gotFiles) != len(wantFiles) || len(wantFiles) < 2 {
			t.Errorf("%d shards: %d files, not %d", s.n, len(gotFiles), len(wantFiles))
		}
		if diff := cmp.Diff(wantFacts, gotFacts); diff != "" {
			t.Errorf("%d shards: the run database differs:\n%s", s.n, diff)
		}
	}
}

func TestTheDemoInShardsIsTheDemo(t *testing.T) {
	t.Parallel()
	sameInShards(t, scattered{mapping: "../testdata/demo/lakeside.yaml", source: "../testdata/demo/legacy", exit: 3}, 1, 2, 7)
}

// wardOf writes tables in which everything happens that rows can do to each
// other: rows that duplicate others, keys that are taken, references forward,
// back, to the same table and to nothing, groups over all rows, lookups, cells
// of several lines, rows that cannot be read.
func wardOf(t *testing.T, n int) (mapping, dir string) {
	t.Helper()
	dir = t.TempDir()
	files := map[string]*strings.Builder{}
	for name, head := range map[string]string{"pat.csv": "ID,DOB,KIN", "tel.csv": "PID,NO", "enc.csv": "ID,PAT,PARENT", "obs1.csv": "ENC,PAT,CODE,VALUE", "obs2.csv": "ENC,PAT,CODE,VALUE", "note.csv": "NO,PAT,TEXT"} {
		files[name] = &strings.Builder{}
		fmt.Fprintln(files[name], head)
	}
	for i := range n {
		fmt.Fprintf(files["pat.csv"], "p%d,2000-0%d-11,p%d\np%d,2001-01-11,\n", i, i%10, i*7%n, i/3)
		fmt.Fprintf(files["tel.csv"], "p%d,555-%d\n", i%17, i)
		fmt.Fprintf(files["enc.csv"], "e%d,p%d,e%d\n", i, i*3%(n+5), (i+1)%n)
		fmt.Fprintf(files["obs1.csv"], "e%d,p%d,c%d,%d.%d\n", i*5%(n/2), i, i%200*20, i, i)
		fmt.Fprintf(files["obs2.csv"], "e%d,,c,%d\n", i%(n/3), i)
		fmt.Fprintf(files["note.csv"], "%d,p%d,\"a note\nof \"\"%d\"\"\"\n", i/2*2, i%(n+3), i%5)
	}
	files["note.csv"].WriteString("x,p1\n7,p1,\"never closed\n9,p2,the last")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return yaml(t, wardOfAll), dir
}

const wardOfAll = `chartlift: 1
id: ward
output: { bundle: { max_entries: 7 }, meta: { source: "urn:x:${source.file}:${source.row}:${source.line}" } }
sources:
  enc: { csv: { path: enc.csv }, key: [ID] }
  obs: { csv: { path: obs*.csv }, key: [_line] }
  pat: { csv: { path: pat.csv }, key: [ID], dedupe: { keep: last } }
  tel: { csv: { path: tel.csv } }
  note: { csv: { path: note.csv, header: 1 }, key: [NO] }
maps:
  panel: { from: obs, resource: DiagnosticReport, group: [ENC], elements: { status: final, code: { text: panel }, encounter: ref e($ENC), result: { each: $rows, item: { display: $rows.VALUE } } } }
  o: { from: obs, resource: Observation, elements: { status: final, code: { text: $CODE | max_len 3 reject }, valueQuantity: $VALUE | quantity kg, subject: ref? p($PAT) } }
  e: { from: enc, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: ref p($PAT), partOf: ref? e($PARENT) } }
  n: { from: note, resource: Communication, elements: { status: completed, subject: ref p($PAT), note: [{ text: $TEXT }], partOf: [ref? n($NO)] } }
  p:
    from: pat
    resource: Patient
    lookup: { tel: { in: tel, on: { PID: $ID }, many: true } }
    elements: { birthDate: $DOB | date YYYY-MM-DD, telecom: { each: $tel, item: { value: $tel.NO } }, link: [{ other: ref? p($KIN), type: seealso }] }
`

func yaml(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhateverRowsDoToEachOtherTheyDoInShards(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 300)
	sameInShards(t, scattered{mapping: mapping, source: dir, exit: 3}, 1, 2, 7, 40)
}

// The last of several files that tell of a patient counts, and the rows before
// are said to be of a file that the merge has not come to.
func TestARowThatALaterFileReplacesNamesItInShards(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 8 {
		text := "ID,DOB\n"
		for p := range 5 + i {
			text += fmt.Sprintf("p%d,2000-01-1%d\n", p, i)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("pat%d.csv", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mapping := yaml(t, `chartlift: 1
id: pats
sources:
  pat: { csv: { path: "pat*.csv" }, key: [ID], dedupe: { keep: last } }
maps:
  p: { from: pat, resource: Patient, elements: { birthDate: $DOB | date YYYY-MM-DD } }
`)
	sameInShards(t, scattered{mapping: mapping, source: dir}, 1, 3)
}

const groupedMapping = `chartlift: 1
id: grouped
sources:
  visits: { csv: { path: visits.csv }, key: [_line] }
  results: { csv: { path: results.csv }, key: [ID] }
maps:
  visit: { from: visits, resource: Encounter, group: [VISIT], where: "KIND <> 'X'", elements: { status: finished, class: { code: AMB }, reasonCode: { each: $rows, item: { text: $rows.WARD } } } }
  result: { from: results, resource: Observation, elements: { status: final, code: { text: $ID }, encounter: ref visit($VISIT) } }
`

// What refers to a group needs its id before the group is made again by the
// merge.
func TestWhatAGroupMakesIsReferredToFromShards(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	visits, results := "VISIT,KIND,WARD\n", "ID,VISIT\n"
	for i := range 200 {
		visits += fmt.Sprintf("v%d,%s,ward %d\n", i%50, []string{"A", "A", "X"}[i%50%3], i)
		results += fmt.Sprintf("r%d,v%d\n", i, i%60)
	}
	for name, text := range map[string]string{"visits.csv": visits, "results.csv": results} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sameInShards(t, scattered{mapping: yaml(t, groupedMapping), source: dir, exit: 3}, 4)
}

func TestShardsOfBundlesAreTheBundlesOfOneRun(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 60)
	sameInShards(t, scattered{mapping: mapping, source: dir, exit: 3, flags: []string{"--format", "bundle", "--phi", "mask"}}, 3)
}

func TestAPolicyStopsTheMergeWhereItWouldStopTheRun(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 60)
	s := scattered{mapping: mapping, source: dir, exit: 3, n: 3, flags: []string{"--max-rejected", "2"}}
	s.whole(t)
	project := s.plan(t)
	s.convert(t, project)
	s.merge(t, project)
	if files, err := tree(filepath.Join(project, "out")); err != nil || len(files) > 0 {
		t.Errorf("a stopped merge wrote %d files, %v", len(files), err)
	}
}

func TestASyntheaExportInShardsIsTheSame(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: it converts 560,000 rows")
	}
	tables, err := filepath.Glob("../../shared/data/synthea-ma/csv/*.csv.gz")
	if err != nil || len(tables) == 0 {
		t.Skip("SKIPPED: ../shared/data/synthea-ma is not there")
	}
	dir := t.TempDir()
	for _, packed := range tables { // compressed files are not cut
		gunzip(t, packed, filepath.Join(dir, strings.TrimSuffix(filepath.Base(packed), ".gz")))
	}
	s := scattered{mapping: "synthea-csv", source: dir, n: 7}
	project := s.plan(t)
	s.convert(t, project)
	s.merge(t, project)
	wantFiles, err := tree(filepath.Join(s.whole(t), "out"))
	if err != nil {
		t.Fatal(err)
	}
	gotFiles, err := tree(filepath.Join(project, "out"))
	if err != nil || len(wantFiles) < 15 || len(gotFiles) != len(wantFiles) {
		t.Fatalf("%d files, not %d: %v", len(gotFiles), len(wantFiles), err)
	}
	for name, want := range wantFiles {
		if gotFiles[name] != want {
			t.Errorf("%s differs", name)
		}
	}
	for _, l := range ledgers(t, project) {
		for _, table := range l.Tables {
			if table.Table == "observations" && (table.Read != 154793 || table.Loaded != 151502 || table.Filtered != 3291) {
				t.Errorf("%+v", table)
			}
		}
	}
}

// The plan knows the project; who merges need not name it again, and may name
// another.
func TestTheMergeWritesTheLedgerOfThePlansProject(t *testing.T) {
	t.Parallel()
	s := scattered{mapping: "../testdata/demo/lakeside.yaml", source: "../testdata/demo/legacy", exit: 3, n: 2}
	project := s.plan(t)
	s.convert(t, project)
	run(t, s.exit, "shards", "merge", "-q", filepath.Join(project, "parts"))
	if ledgers := ledgers(t, project); len(ledgers) != 1 {
		t.Errorf("%d ledgers in the plan's project", len(ledgers))
	}
	other := t.TempDir()
	run(t, s.exit, "shards", "merge", "-q", filepath.Join(project, "parts"), "--project", other)
	if len(ledgers(t, project)) != 1 || len(ledgers(t, other)) != 1 {
		t.Error("the second merge did not go to the project that it names")
	}
}

// A copy of the sources with another time is not another source: its bytes are
// compared.
func TestASourceThatWasOnlyTouchedIsTheSame(t *testing.T) {
	t.Parallel()
	mapping, dir := wardOf(t, 30)
	s := scattered{mapping: mapping, source: dir, exit: 3, n: 2}
	project := s.plan(t)
	s.convert(t, project)
	for _, name := range []string{"enc.csv", "obs1.csv"} {
		path := filepath.Join(dir, name)
		stat, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, stat.ModTime(), stat.ModTime().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	s.merge(t, project)
	path := filepath.Join(dir, "pat.csv") // as long as it was, and at another time
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-2] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	run(t, 2, "shards", "merge", "-q", filepath.Join(project, "parts"))
}
