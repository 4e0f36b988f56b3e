package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"
)

//go:embed peers
var peerFiles embed.FS

// peer is a program of others with ways of doing the job.
type peer struct {
	name     string
	packages []string // of Python, where it is made of such
	alone    bool     // without what they depend on
	// prepare makes the peer ready and returns its command with the versions; nil: packages are installed.
	prepare func(ctx context.Context, a *arena) (command []string, version string, err error)
	// sizes are the numbers of rows that it gets, ascending, where it would take
	// too long over all; nil: all. Its goal is judged by the most.
	sizes  []int
	absent string
	ways   []way
}

// way is one script of a peer with its arguments; DATA, OUT and the folder of the scripts (PEERS) are filled in.
type way struct{ name, goal, how, args string }

// How many rows the peers get that are too slow for all. With the fewest a good
// part of everybody's time is the start.
const (
	rowsOfEngines = 20_000
	rowsOfScripts = 200_000
	rowsOfSpark   = 500_000
	rowsOfMost    = 1_000_000
)

// peerList returns the peers of the conversion in the order of the report.
func peerList() []peer {
	return []peer{
		{name: "duckdb", packages: []string{"duckdb"}, ways: []way{
			{"DuckDB json_object", "1", "SQL, 2 threads; the form whose output is valid FHIR", "PEERS/duckdb_run.py PEERS/duckdb_json.sql DATA OUT 2"},
			{"DuckDB structs", "2", "SQL, `COPY … (FORMAT json)`, 2 threads", "PEERS/duckdb_run.py PEERS/duckdb_struct.sql DATA OUT 2"},
		}},
		{name: "pandas", packages: []string{"pandas", "orjson"}, ways: []way{
			{"pandas + orjson", "8b", "`to_dict` in chunks of 100,000 rows, Python functions, orjson", "PEERS/pandas_run.py DATA OUT"},
		}},
		{name: "polars", packages: []string{"polars"}, ways: []way{
			{"polars", "3", "lazy scan, structs, `sink_ndjson`; all processors", "PEERS/polars_run.py DATA OUT"},
		}},
		{name: "whistle", sizes: []int{rowsOfEngines}, absent: "its source is in no package registry", ways: []way{{name: "Whistle 2", goal: "4"}}},
		{name: "hapi", sizes: []int{rowsOfEngines}, prepare: prepareHAPI, ways: []way{
			{"HAPI StructureMap", "5", "FHIR Mapping Language, Java, start included; the rows are its logical model, ids are made outside of the maps", "PEERS/hapi DATA OUT"},
		}},
		{name: "jsonata", sizes: []int{rowsOfEngines, rowsOfScripts}, prepare: prepareJSONata, ways: []way{
			{"JSONata", "6", "Node.js, csv-parse, one expression a table", "DATA OUT"},
		}},
		{name: "csv-json", sizes: []int{rowsOfScripts, rowsOfMost}, prepare: preparePython, ways: []way{
			{"Python csv + json", "8a", "the standard library, one dict a row", "PEERS/csv_json_run.py DATA OUT"},
		}},
		{name: "miller", sizes: []int{rowsOfScripts, rowsOfMost}, prepare: prepareMiller, ways: []way{
			{"Miller", "8c", "its own language, one `put` a table", "PEERS/miller_run.sh DATA OUT"},
		}},
		{name: "go-maps", sizes: []int{rowsOfScripts}, prepare: prepareGo, ways: []way{
			{"Go, maps and encoding/json", "", "as it is written first: encoding/csv, a map a row", "DATA OUT"},
		}},
		{name: "pyspark", sizes: []int{rowsOfSpark}, packages: []string{"pyspark"}, ways: []way{
			{"PySpark", "7", "`local[2]`, columns and structs, the virtual machine's start included", "PEERS/pyspark_run.py DATA OUT"},
		}},
	}
}

// everybody lists the names that -peers knows.
func everybody() []string {
	all := []string{"floor"}
	for _, p := range peerList() {
		all = append(all, p.name)
	}
	return append(all, "mysql", "csv-trick", "python-calamine", "openpyxl", clusterName)
}

// gets reports whether a peer gets so many rows (0: all), and whether its goals
// are judged by them.
func (p peer) gets(rows int) (gets, judged bool) {
	if len(p.sizes) == 0 {
		return rows == 0, rows == 0
	}
	return slices.Contains(p.sizes, rows), rows == p.sizes[len(p.sizes)-1]
}

// peers returns the ways of the peers that are wanted, get so many rows (0: all)
// and can be had. Others are named in missing.
func (a *arena) peers(ctx context.Context, want []string, rows int) []*contender {
	var all []*contender
	for _, p := range peerList() {
		gets, judged := p.gets(rows)
		if !gets || !slices.Contains(want, p.name) {
			continue
		}
		if p.absent != "" {
			a.missing = append(a.missing, fmt.Sprintf("%s is left out: %s", p.ways[0].name, p.absent))
			continue
		}
		command, version, err := a.ready(ctx, p)
		if err != nil {
			a.missing = append(a.missing, fmt.Sprintf("%s is left out: it could not be installed here", p.name))
			fmt.Fprintf(os.Stderr, "bench: %s is left out, it could not be installed: %v\n", p.name, err)
			continue
		}
		for _, w := range p.ways {
			if !judged {
				w.goal = ""
			}
			all = append(all, &contender{name: w.name, goal: w.goal, how: version + "; " + w.how, converts: true, args: func(data, out string) []string {
				fill := strings.NewReplacer("PEERS", a.scripts, "DATA", data, "OUT", out)
				args := slices.Clone(command)
				for _, arg := range strings.Fields(w.args) {
					args = append(args, fill.Replace(arg))
				}
				return args
			}})
		}
	}
	return all
}

// ready makes a peer ready and returns its command and versions.
func (a *arena) ready(ctx context.Context, p peer) ([]string, string, error) {
	if p.prepare != nil {
		return p.prepare(ctx, a)
	}
	python, version, err := a.install(ctx, p)
	return []string{python}, version, err
}
