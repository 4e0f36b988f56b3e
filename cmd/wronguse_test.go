package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryWrongUseIsOneClearSentence goes through the commands with no
// argument, a wrong one, files that are not there, folders for files and values
// that no flag takes: exit code 2, a stable code, one sentence, and nothing of
// what the libraries below say to programmers.
func TestEveryWrongUseIsOneClearSentence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"table.csv": "id,given\n1,a\n", "fields.yaml": "given: given\n", "empty.csv": "", "empty.yaml": "", "m.yaml": "x: ["} {
		writeText(t, filepath.Join(dir, name), text)
	}
	for _, folder := range []string{"none", "sub"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	raw := regexp.MustCompile(`arg\(s\)|strconv|invalid (argument|syntax|duration)|unknown (shorthand )?flag|needs an argument|formatted as|\[[a-z]+ [a-z ]+\]|no such file or directory|<nil>|%!`)
	for line, want := range wrongUses() {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(strings.ReplaceAll(line, "@", dir+"/"))
			if !strings.Contains(line, "--project") {
				args = append(args, "--project", filepath.Join(dir, "none"))
			}
			code, out, errs := chartlift(t, args...)
			said := regexp.MustCompile(`(?m)^chartlift: error ([a-z-]+): (.*)$`).FindAllStringSubmatch(errs, -1)
			if code != 2 || len(said) != 1 || said[0][1] != want[0] || !strings.Contains(strings.ReplaceAll(said[0][2], dir+"/", "@"), want[1]) {
				t.Errorf("exit code %d, want 2 with %s: …%s…\n%s%s", code, want[0], want[1], out, errs)
			}
			if found := raw.FindString(errs); found != "" {
				t.Errorf("%q is not our words: %s", found, errs)
			}
		})
	}
}

// wrongUses are command lines, @ for the folder of the test's files, with code
// and a part of what is to be said.
func wrongUses() map[string][2]string {
	return map[string][2]string{
		"archive extra":                                        {"wrong-use", `"extra" stands by itself`},
		"archive --out @nowhere/a.zip":                         {"no-such-file", "there is no folder @nowhere; make it first"},
		"check --mapping @sub":                                 {"no-such-mapping", "is a folder; name the mapping file in it"},
		"check --mapping nothing":                              {"no-such-mapping", "neither a file nor a shipped mapping"},
		"check --maping x":                                     {"wrong-use", "did you mean --mapping?"},
		"dedupe":                                               {"wrong-use", "something is missing: write chartlift dedupe FILE"},
		"dedupe a b":                                           {"wrong-use", `"b" is too much: write chartlift dedupe FILE`},
		"dedupe @table.csv --fields @none.yaml":                {"no-such-file", "there is no such file"},
		"dedupe @table.csv --fields @empty.yaml":               {"wrong-use", "no column has a kind"},
		"dedupe @table.csv --fields @fields.yaml --out @sub":   {"is-a-directory", "is a folder; name a file in it"},
		"dedupe @table.csv --fields @fields.yaml --index @sub": {"is-a-directory", "--index @sub is a folder"},
		"dedupe explain 1":                                     {"wrong-use", "write chartlift dedupe explain ID ID"},
		"explain":                                              {"wrong-use", "write chartlift explain TYPE/ID [ELEMENT]"},
		"explain Patient":                                      {"wrong-use", "name the resource by type and id"},
		"explain a b c":                                        {"wrong-use", `"c" is too much`},
		"init":                                                 {"wrong-use", "write chartlift init SOURCE…"},
		"init @nowhere":                                        {"no-such-file", "there is no such file"},
		"load":                                                 {"wrong-use", "write chartlift load FOLDER|FILE… --to URL"},
		"load @nowhere --to http://127.0.0.1":                  {"no-such-file", "there is no such file"},
		"mappings diff bahmni":                                 {"wrong-use", "write chartlift mappings diff OLD NEW"},
		"mappings list x":                                      {"wrong-use", "stands by itself"},
		"mappings nothing":                                     {"wrong-use", `has no command "nothing"`},
		"profile":                                              {"wrong-use", "write chartlift profile SOURCE…"},
		"profile @empty.csv":                                   {"no-tables", "no table was found"},
		"profile @table.csv --out @table.csv/x.html":           {"no-such-file", "@table.csv is a file, not a folder"},
		"reconcile a b":                                        {"wrong-use", `"b" is too much`},
		"report --project @table.csv":                          {"wrong-use", "is a file; name the folder of the project"},
		"report ledger x":                                      {"wrong-use", `"x" is too much: report ledger takes no argument`},
		"report row a:1 b":                                     {"wrong-use", `"b" is too much: report row takes one row`},
		"report diff 1 2 3":                                    {"wrong-use", `"3" is too much: report diff takes two runs at the most`},
		"report page --format csv":                             {"wrong-use", "--format csv: report page is written as html only"},
		"report junit --json":                                  {"wrong-use", "--json: report junit is written as xml only"},
		"report ledger --format pdf":                           {"wrong-use", "--format pdf is not known; report ledger is written as text, json, csv or markdown"},
		"report workbook --out @report.csv":                    {"wrong-use", "report workbook is written as xlsx only"},
		"report markdown --format markdown --out @report.json": {"wrong-use", "--format markdown and --out @report.json contradict each other: the file would be opened as json"},
		"report ledger --json --out @ledger.csv":               {"wrong-use", "--json and --out @ledger.csv contradict each other"},
		"report ledger --format csv --out @LEDGER.JSON":        {"wrong-use", "would be opened as json"},
		"report markdown --json --out @report.md":              {"wrong-use", "would be opened as markdown"},
		"report sarif --format sarif --out @report.md":         {"wrong-use", "would be opened as markdown"},
		"report page --out @report.pdf":                        {"wrong-use", "print it from a browser"},
		"report findings --charts 3":                           {"wrong-use", "--charts goes with report page"},
		"report page --charts many":                            {"wrong-use", "--charts many: write a whole number"},
		"report page --from @nowhere.zip":                      {"no-such-file", "there is no such archive"},
		"report page --from @table.csv":                        {"not-an-archive", "is no archive of chartlift"},
		"resume":                                               {"no-run-database", "run chartlift run first"},
		"review import":                                        {"wrong-use", "write chartlift review import FILE.xlsx --by NAME"},
		"review import @table.csv --by me":                     {"not-a-worksheet", "save it as .xlsx"},
		"run --mapping synthea-csv":                            {"wrong-use", "name what to read: --source"},
		"run --source @table.csv":                              {"wrong-use", "name a mapping: --mapping FILE"},
		"run --match patients":                                 {"wrong-use", "did you mean --match=patients?"},
		"run --link-mode x --mapping synthea-csv":              {"wrong-use", "use links, seealso or single"},
		"run --workers many":                                   {"wrong-use", "--workers many: write a whole number"},
		"run --stall-after soon":                               {"wrong-use", "write a duration such as 30s, 10m or 2h"},
		"run --accept rows":                                    {"wrong-use", "--accept rows: write NAME=VALUE"},
		"run --yes=perhaps":                                    {"wrong-use", "write --yes by itself"},
		"run -z":                                               {"wrong-use", "there is no flag -z"},
		"run --project":                                        {"wrong-use", "--project needs a value"},
		"run --rate -5":                                        {"wrong-use", "--rate -5: write requests a second"},
		"run --rate NaN":                                       {"wrong-use", "--rate NaN: write requests a second"},
		"run --rate +Inf":                                      {"wrong-use", "--rate +Inf: write requests a second"},
		"run --max-vanished 200":                               {"wrong-use", "--max-vanished 200: write per cent, from 0 to 100"},
		"run --max-vanished -1":                                {"wrong-use", "--max-vanished -1: write per cent, from 0 to 100"},
		"run --workers -3":                                     {"wrong-use", "--workers -3: write 1 or more, or 0 for one a processor"},
		"run --max-rejected -2":                                {"wrong-use", "--max-rejected -2: write a number of rows, or -1 for no bound"},
		"run --max-concurrency 0":                              {"wrong-use", "--max-concurrency 0: write 1 or more"},
		"run --give-up-after 0s":                               {"wrong-use", "--give-up-after 0s: write a duration of more than 0"},
		"retry --give-up-after -1m":                            {"wrong-use", "--give-up-after -1m0s: write a duration of more than 0"},
		"load @sub --to x --without Patient,Encouter":          {"wrong-use", "--without Encouter: there is no such resource type; did you mean Encounter?"},
		"run --without zzzzzzzz":                               {"wrong-use", "--without zzzzzzzz: there is no such resource type; write types as FHIR R4 does"},
		"verify --wait -1s":                                    {"wrong-use", "--wait -1s: write a duration such as 10s"},
		"sandbox --faults x":                                   {"wrong-use", "use 429, 503"},
		"undo":                                                 {"wrong-use", "write chartlift undo RUN"},
		"validate":                                             {"wrong-use", "write chartlift validate FILE…"},
		"validate @nowhere.json":                               {"no-such-file", "there is no such file"},
		"validate @sub":                                        {"is-a-directory", "no .json, .ndjson or .jsonl files in this folder"},
		"verify a b":                                           {"wrong-use", `"b" is too much`},
	}
}
