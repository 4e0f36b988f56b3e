package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// How many observations the whole job has: validators of others are slow, the
// reference one takes ten minutes for what the others need seconds for.
const (
	rowsOfWhole     = 50_000
	rowsOfReference = 5_000
)

// chain is the whole job by programs of others: one that matches and converts,
// and one that validates what it wrote.
type chain struct {
	name, how string
	rows      int
	converter peer
	convert   string // arguments of the converter's command
	validate  func(ctx context.Context, a *arena, o options) (command, version string, err error)
}

// chains lists them in the order of the page.
func chains() []chain {
	duckdb, pandas := peer{name: "duckdb", packages: []string{"duckdb"}}, peer{name: "pandas", packages: []string{"pandas", "orjson"}}
	hapi, jsonata := peer{name: "hapi", prepare: prepareHAPI}, peer{name: "jsonata", prepare: prepareJSONata}
	const bySQL, noMatch = "a script in SQL, people matched by exact values", "; nobody is matched"
	const sql = "PEERS/duckdb_run.py PEERS/duckdb_json.sql DATA OUT 2 PEERS/duckdb_match.sql"
	return []chain{
		{"DuckDB and fhir.resources", bySQL, rowsOfWhole, duckdb, sql, pythonValidator},
		{"pandas and fhir.resources", "a script in Python, people matched by exact values", rowsOfWhole, pandas, "PEERS/pandas_run.py DATA OUT match", pythonValidator},
		{"JSONata and fhir.resources", "one expression a table" + noMatch, rowsOfWhole, jsonata, "DATA OUT", pythonValidator},
		{"DuckDB and the reference validator", bySQL, rowsOfReference, duckdb, sql, referenceValidator},
		{"HAPI StructureMap and the reference validator", "FHIR Mapping Language" + noMatch, rowsOfReference, hapi, "PEERS/hapi DATA OUT", referenceValidator},
	}
}

// pythonValidator checks structure and formats. OUT stands for the folder of
// what is checked.
func pythonValidator(ctx context.Context, a *arena, _ options) (command, version string, err error) {
	python, version, err := a.install(ctx, peer{name: "fhir-resources", packages: []string{"fhir.resources"}})
	return "cat OUT/*.ndjson >OUT.ndjson && " + quote(python) + " " + quote(a.script("fhir_resources_validate.py")) + " OUT.ndjson 1 >/dev/null", version, err
}

// referenceValidator is that of HL7. It ends with 1 where it finds an error, and
// where it fails: only its summary tells that it has validated.
func referenceValidator(_ context.Context, _ *arena, o options) (command, version string, err error) {
	oracle, err := filepath.Abs(filepath.Join(filepath.Dir(o.sets), "oracle", "validate"))
	if err != nil {
		return "", "", err
	}
	if _, err := os.Stat(oracle); err != nil {
		return "", "", fmt.Errorf("the reference validator is not there: %w", err)
	}
	return "cat OUT/*.ndjson >OUT.ndjson && " + quote(oracle) + ` --quiet OUT.ndjson 2>&1 | grep '"resources":' >/dev/null`, "HL7's, virtual machine's start included", nil
}

// contender makes the chain one of those that take turns.
func (c chain) contender(ctx context.Context, a *arena, o options) (*contender, error) {
	command, version, err := a.ready(ctx, c.converter)
	if err != nil {
		return nil, err
	}
	validate, checker, err := c.validate(ctx, a, o)
	if err != nil {
		return nil, err
	}
	words := slices.Clone(command)
	for i, w := range words {
		words[i] = quote(w)
	}
	script := strings.Join(words, " ") + " " + c.convert + " && " + validate
	return &contender{name: c.name, how: version + "; " + c.how + "; then " + checker, converts: true, args: func(data, out string) []string {
		return []string{"sh", "-c", strings.NewReplacer("PEERS", quote(a.scripts), "DATA", quote(data), "OUT", quote(out)).Replace(script)}
	}}, nil
}

// wholeRun measures everything that a run does, matching included, beside
// scripts and validators of others that do as much of it as they can.
func wholeRun(ctx context.Context, a *arena, o options) (section, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "The job: the same tables, in which one patient of %d is registered twice, with another id, names in capitals and half of the encounters. "+
		"They become FHIR, each person once, references lead to who is left, and every resource is validated. "+
		"Chartlift finds the people by weights that it learns, and keeps what became of each row; the scripts know which columns to compare. Validators of others are slow: the fewer rows are for those beside the reference one, and go once.\n", twinEvery)
	for _, rows := range []int{rowsOfWhole, rowsOfReference} {
		own, err := a.at(fmt.Sprintf("whole-%d", rows), min(rows, a.rows))
		if err != nil {
			return section{}, err
		}
		twice := filepath.Join(own.work, "data")
		if err := registerTwice(own.data, twice); err != nil {
			return section{}, err
		}
		own.data = twice
		if err := own.whole(ctx, o, rows, &b); err != nil {
			return section{}, err
		}
		a.missing = append(a.missing, own.missing...)
	}
	return section{body: b.String()}, nil
}

// whole lets chartlift and the chains that get so many rows run by turns.
func (a *arena) whole(ctx context.Context, o options, rows int, b *strings.Builder) error {
	runs := o.runs
	if rows == rowsOfReference {
		runs = 1
	}
	a.mapping = filepath.Join(filepath.Dir(a.mapping), "whole.yaml")
	if err := os.WriteFile(a.mapping, []byte(wholeMapping), 0o600); err != nil {
		return err
	}
	all := a.ourselves("`chartlift run` with `match`: everything")
	for _, c := range chains() {
		if c.rows != rows || !slices.Contains(o.wanted(), c.converter.name) {
			continue
		}
		one, err := c.contender(ctx, a, o)
		if err != nil {
			a.leaveOut(c.name, "it could not be had here", err)
			continue
		}
		all = append(all, one)
	}
	if err := a.rounds(ctx, runs, all); err != nil {
		return err
	}
	fmt.Fprintf(b, "\n### %d observations\n\n", a.rows)
	costTable(b, float64(a.rows), all)
	ratioTable(b, all)
	correctness(b, a.rows, all)
	return nil
}
