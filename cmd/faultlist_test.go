package cmd_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// faults lists the catalogue. The columns of the tables are in testdata/faults.
func faults() []fault {
	return []fault{
		{
			name: "shifted column", what: "A comma inside a name is not quoted: the cells of that row move one column to the right.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "patients.csv", 5, 5, func(r []string) []string { return slices.Insert(r, 2, "Jr.") })
			},
			caught: []string{"run: bad-date patients", "run: unmapped-code patients"},
			person: "Look at the rows named; quote the comma in the source.",
		},
		{
			name: "shifted column, same width", what: "One cell of a row is there twice and the last one is gone: every cell stands under its neighbour's title.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "patients.csv", 5, 5, func(r []string) []string { return slices.Insert(r, 2, "Jr.")[:len(r)] })
			},
			caught: []string{"run: bad-date patients", "run: unmapped-code patients"},
			person: "Look at the rows named. A shift among columns of one kind (two names, two numbers) is not seen.",
		},
		{
			name: "swapped columns", what: "Two columns of one kind have each other's title: first_name and last_name.",
			plant: func(_ *testing.T, f map[string]string) {
				f["patients.csv"] = strings.Replace(f["patients.csv"], "last_name,first_name", "first_name,last_name", 1)
			},
			person: "Compare five rows with the screen of the old system, column by column, before the first load. `report row FILE:N --show-values` shows a row beside its resources.",
		},
		{
			name: "swapped columns of two kinds", what: "Two columns of different kinds have each other's title: birth_date and sex.",
			plant: func(_ *testing.T, f map[string]string) {
				f["patients.csv"] = strings.Replace(f["patients.csv"], "sex,birth_date", "birth_date,sex", 1)
			},
			caught: []string{"run: bad-date patients", "run: unmapped-code patients"},
			person: "See why nearly all rows have the same finding.",
		},
		{
			name: "day and month swapped in a column", what: "A whole column was written by a program that puts the day before the month: 1995-13-03.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "patients.csv", 1, -1, func(r []string) []string { r[4] = swapDayAndMonth(r[4]); return r })
			},
			caught: []string{"run: bad-date patients"},
			person: "Only days above 12 are found. The other dates of the column are wrong, too: many bad dates in one column are a reason to stop. Name the format of the file (`DD` before `MM`); where several are possible `check` counts which the values decide for (`ambiguous-date`).",
		},
		{
			name: "day and month swapped in one row", what: "One date, whose day is 12 at most, was typed the other way round: 1993-09-07 is 1993-07-09.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "patients.csv", 4, 4, func(r []string) []string { r[4] = swapDayAndMonth(r[4]); return r })
			},
			person: "Nothing in the file tells. Compare with a second source: another system, the card of the insurance, `chartlift dedupe` over both.",
		},
		{
			name: "a date of another century", what: "Somebody born in 1938 was born in 2038: two digits of the year were guessed.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "patients.csv", 2, 2, func(r []string) []string { r[4] = "20" + r[4][2:]; return r })
			},
			caught: []string{"run: birth-in-future patients", "run: event-before-birth allergies, conditions, medications, results, visits"},
			person: "Look at the rows named. A birth in the past of the wrong century is found by events before it only. Write `| not_future 2026-01-31`, the day of the export, behind dates that cannot lie ahead: `future-date`.",
		},
		{
			name: "blank-cell slide", what: "A cell was deleted in a spreadsheet and the ones below moved up: from there on everybody has the next one's birth date.",
			plant:  func(t *testing.T, f map[string]string) { slide(t, f, "patients.csv", 4) },
			caught: []string{"check: blank-at-end"},
			person: "`check` sees it while the blanks are at the end and nowhere else. A column that must be filled is declared with `!` (`birth_date: string!`): its blanks are refused, wherever they are. Ask for an export that no spreadsheet has touched.",
		},
		{
			name: "blank-cell slide of a required column", what: "The same with the numbers of patients: from there on every result belongs to the next row's patient.",
			plant:  func(t *testing.T, f map[string]string) { slide(t, f, "results.csv", 1) },
			caught: []string{"check: blank-at-end", "run: check-failed results", "run: reference-empty results", "ledger: rejected 15 results"},
			person: "Only results that contradict their visit are refused; the others of the column are wrong, too. Stop, and ask for the file again.",
		},
		{
			name: "column sorted alone", what: "One column of a spreadsheet was sorted and the others were not: nearly every result has another one's value.",
			plant: func(t *testing.T, f map[string]string) {
				values := []string{}
				cells(t, f, "results.csv", 1, -1, func(r []string) []string { values = append(values, r[5]); return r })
				slices.Sort(values)
				at := -1
				cells(t, f, "results.csv", 1, -1, func(r []string) []string { at++; r[5] = values[at]; return r })
			},
			caught: []string{"run: bad-number results", "ledger: rejected 9 results"},
			person: "Only words among numbers are found. Many findings of one kind are a reason to stop; compare rows with the old system.",
		},
		{
			name: "id collision", what: "Two patients have one number.",
			plant: func(_ *testing.T, f map[string]string) {
				f["patients.csv"] = strings.Replace(f["patients.csv"], "P-1003", "P-1002", 1)
			},
			caught: []string{"run: duplicate-key patients", "run: reference-missing conditions, results, visits", "ledger: rejected 1 patients, 2 visits, 1 conditions, 4 results"},
			person: "The first patient is kept. Which of the two the rows of other tables belong to, nobody can tell from the files: ask.",
		},
		{
			name: "id collision of results", what: "Numbers of results began anew after a restart: two results have one number.",
			plant: func(_ *testing.T, f map[string]string) {
				f["results.csv"] = strings.Replace(f["results.csv"], "R-9,", "R-1,", 1)
			},
			caught: []string{"run: duplicate-key results", "ledger: rejected 1 results"},
			person: "Take a key that tells them apart: `key: [result_id, taken]`.",
		},
		{
			name: "ids as a spreadsheet shows them", what: "Long numbers were saved as 1.0E+11.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "patients.csv", 1, -1, func(r []string) []string { r[0] = "1.0E+11"; return r })
			},
			caught: []string{"check: damaged-key", "run: damaged-key patients", "run: duplicate-key patients", "run: reference-missing allergies, conditions, medications, results, visits", "ledger: rejected 15 patients, 32 visits, 16 conditions, 64 results, 11 medications, 7 allergies"},
			person: "Ask for the export anew; what the spreadsheet dropped is gone.",
		},
		{
			name: "lost leading characters of ids", what: "One table has the numbers of patients without their prefix.",
			plant: func(_ *testing.T, f map[string]string) {
				f["results.csv"] = strings.ReplaceAll(f["results.csv"], "P-", "")
			},
			caught: []string{"run: check-failed results", "run: reference-missing results", "ledger: rejected 64 results"},
			person: "Mend the column in the mapping: `$patient_id | prefix P-`.",
		},
		{
			name: "wrong join", what: "Results were joined to the wrong patients: each belongs to a visit of somebody else.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "results.csv", 1, -1, swapPatients)
			},
			caught: []string{"run: check-failed results", "ledger: rejected 8 results"},
			person: "The check of the starter compares patient and visit; write such checks for every table that repeats what another says.",
		},
		{
			name: "wrong join where nothing contradicts", what: "The same in a table that does not say to which visit a result belongs.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "results.csv", 1, -1, func(r []string) []string {
					r[2] = ""
					return swapPatients(r)
				})
			},
			known:  []string{"run: value-missing results", "ledger: rejected 64 results"},
			person: "A column that must be filled (`visit_id: string!`) keeps such rows out. Ask for a column that repeats something of the patient (a name, a birth date), and compare it in a `check:`. Without one, compare some rows with the old system.",
		},
		{
			name: "truncated file", what: "The copy of a file ended in the middle of a row.",
			plant:  func(_ *testing.T, f map[string]string) { f["results.csv"] = f["results.csv"][:len(f["results.csv"])/2] },
			caught: []string{"check: blank-at-end", "run: ragged-row results", "ledger: rejected 1 results"},
			person: "Get the file again, with its size or hash.",
		},
		{
			name: "truncated at the end of a row", what: "The last rows of a table that no other refers to are missing.",
			plant: func(_ *testing.T, f map[string]string) {
				half := f["results.csv"][:len(f["results.csv"])/2]
				f["results.csv"] = half[:strings.LastIndex(half, "\n")+1]
			},
			known:  []string{"check: row-count", "run: row-count results"},
			person: "Ask for the number of rows of every table and write it down as `rows:`, the control total: `row-count`.",
		},
		{
			name: "truncated table of patients", what: "The last rows of the table of patients are missing.",
			plant: func(_ *testing.T, f map[string]string) {
				half := f["patients.csv"][:len(f["patients.csv"])/2]
				f["patients.csv"] = half[:strings.LastIndex(half, "\n")+1]
			},
			caught: []string{"run: reference-missing allergies, conditions, medications, results, visits", "ledger: rejected 18 visits, 9 conditions, 36 results, 6 medications, 3 allergies"},
			person: "The same; here the tables that refer to it tell.",
		},
		{
			name: "empty file", what: "A table has its header and no rows.",
			plant: func(_ *testing.T, f map[string]string) {
				f["allergies.csv"] = f["allergies.csv"][:strings.Index(f["allergies.csv"], "\n")+1]
			},
			caught: []string{"run: no-rows allergies"},
			person: "Ask whether the table is empty in the old system.",
		},
		{
			name: "missing file", what: "A table was not handed over.",
			plant:  func(_ *testing.T, f map[string]string) { delete(f, "allergies.csv") },
			caught: []string{"check: W0207"},
			person: "Ask for it, or delete the source and its maps.",
		},
		{
			name: "missing header", what: "A table has no header: its first row is taken for it.",
			plant: func(_ *testing.T, f map[string]string) {
				f["results.csv"] = f["results.csv"][strings.Index(f["results.csv"], "\n")+1:]
			},
			caught: []string{"check: E0203", "check: W0203", "run: does not start"},
			person: "Ask for a header, or write `header: none` and `rename: { \"1\": result_id }`.",
		},
		{
			name: "encoding mix-up in one row", what: "One row of a UTF-8 file was pasted in Latin-1.",
			plant: func(t *testing.T, f map[string]string) {
				f["patients.csv"] = strings.Replace(f["patients.csv"], "Müller", latin1(t, "Müller"), 1)
			},
			caught: []string{"check: garbled-text", "run: bad-bytes patients", "run: reference-missing allergies, conditions, medications, results, visits", "ledger: rejected 1 patients, 2 visits, 1 conditions, 4 results, 1 medications, 1 allergies"},
			person: "Repair the row in the source.",
		},
		{
			name: "encoding mix-up of a file", what: "A UTF-8 file was read as Windows-1252 and saved again: GarcÃ\u00ada.",
			plant: func(t *testing.T, f map[string]string) {
				text, err := charmap.Windows1252.NewDecoder().String(f["patients.csv"])
				if err != nil {
					t.Fatal(err)
				}
				f["patients.csv"] = text
			},
			caught: []string{"check: garbled-text", "run: garbled-text patients"},
			person: "Export again as UTF-8, or `| fix_mojibake`. `check --source` says it before the run, of the first 100,000 rows.",
		},
		{
			name: "letters lost", what: "A program wrote a question mark for every letter that it does not know: Garc?a.",
			plant: func(_ *testing.T, f map[string]string) {
				f["patients.csv"] = strings.Map(func(r rune) rune {
					if r > 127 {
						return '?'
					}
					return r
				}, f["patients.csv"])
			},
			caught: []string{"check: garbled-text", "run: garbled-text patients"},
			person: "Export again as UTF-8; a question mark does not tell which letter it was. `check --source` says it before the run.",
		},
		{
			name: "duplicated file", what: "A file was copied into the folder twice.",
			plant:  func(_ *testing.T, f map[string]string) { f["results (1).csv"] = f["results.csv"] },
			caught: []string{"ledger: merged 64 results"},
			person: "Nothing is doubled. Delete the copy, so that it does not grow old.",
		},
		{
			name: "an older copy of a file", what: "An older copy of a file, in which a value is another, lies beside it.",
			plant: func(_ *testing.T, f map[string]string) {
				f["results_old.csv"] = strings.Replace(f["results.csv"], "15.9", "14.9", 1)
			},
			caught: []string{"run: duplicate-key results_old", "ledger: merged 63 results_old", "ledger: rejected 1 results_old"},
			person: "Name the file in `path:` instead of a pattern; see which of the values is right.",
		},
		{
			name: "duplicated rows with new numbers", what: "Rows were exported twice with numbers of their own: every result is there twice.",
			plant: func(_ *testing.T, f map[string]string) {
				_, rows, _ := strings.Cut(f["results.csv"], "\n")
				f["results.csv"] += strings.ReplaceAll(rows, "R-", "S-")
			},
			known:  []string{"check: row-count", "run: row-count results"},
			person: "`dedupe: { on: [patient_id, test_code, value, taken], keep: first }` merges them. A control total (`rows:`) finds them.",
		},
		{
			name: "decimal comma", what: "Numbers have a comma where the others have a point.",
			plant: func(t *testing.T, f map[string]string) {
				cells(t, f, "results.csv", 2, 2, func(r []string) []string { r[5] = `"` + strings.Replace(r[5], ".", ",", 1) + `"`; return r })
			},
			caught: []string{"run: bad-number results", "ledger: rejected 1 results"},
			person: "`| decimal sep=,` reads such columns; a column with both is to be asked about.",
		},
		{
			name: "lost decimal point", what: "15.9 became 159.",
			plant: func(_ *testing.T, f map[string]string) {
				f["results.csv"] = strings.Replace(f["results.csv"], "15.9", "159", 1)
			},
			known:  []string{"run: check-failed results", "ledger: rejected 1 results"},
			person: "A `check:` with limits of what is possible: `that: \"test_code <> 'HB' OR value BETWEEN 2 AND 25\"`.",
		},
		{
			name: "another unit", what: "Values are in mg/dL and the column says mmol/L.",
			plant: func(_ *testing.T, f map[string]string) {
				f["results.csv"] = strings.ReplaceAll(f["results.csv"], "mmol/L", "mg/dL")
			},
			known:  []string{"run: check-failed results", "ledger: rejected 17 results"},
			person: "The same: limits for each test and unit. A value that is 18 times what it should be has its unit wrong.",
		},
	}
}

// swapPatients gives a row of one of two patients to the other.
func swapPatients(r []string) []string {
	if other := (map[string]string{"P-1001": "P-1002", "P-1002": "P-1001"})[r[1]]; other != "" {
		r[1] = other
	}
	return r
}

// slide moves the cells of a column up by one from the fifth row on.
func slide(t *testing.T, f map[string]string, table string, column int) {
	t.Helper()
	var values []string
	cells(t, f, table, 6, -1, func(r []string) []string { values = append(values, r[column]); return r })
	values = append(values, "")
	at := -1
	cells(t, f, table, 5, -1, func(r []string) []string { at++; r[column] = values[at]; return r })
}

func latin1(t *testing.T, s string) string {
	t.Helper()
	out, err := charmap.ISO8859_1.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// cells edits the cells of the lines from first to last of a table; the header
// is line 0, last -1 is the end.
func cells(t *testing.T, f map[string]string, table string, first, last int, edit func(row []string) []string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(f[table], "\n"), "\n")
	if last < 0 {
		last = len(lines) - 1
	}
	for i := first; i <= last; i++ {
		lines[i] = strings.Join(edit(strings.Split(lines[i], ",")), ",")
	}
	f[table] = strings.Join(lines, "\n") + "\n"
}

func swapDayAndMonth(date string) string { return date[:4] + "-" + date[8:10] + "-" + date[5:7] }
