package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed peers
var peerFiles embed.FS

// peer is a Python package with ways of doing the job.
type peer struct {
	name     string
	packages []string
	alone    bool // without what they depend on
	ways     []way
}

// way is one script of a peer with its arguments; DATA, OUT and the folder of the scripts (PEERS) are filled in.
type way struct{ name, how, args string }

// peerList returns the peers in the order of the report.
func peerList() []peer {
	return []peer{
		{name: "duckdb", packages: []string{"duckdb"}, ways: []way{
			{"DuckDB json_object", "SQL, 2 threads; the form whose output is valid FHIR", "PEERS/duckdb_run.py PEERS/duckdb_json.sql DATA OUT 2"},
			{"DuckDB structs", "SQL, `COPY … (FORMAT json)`, 2 threads", "PEERS/duckdb_run.py PEERS/duckdb_struct.sql DATA OUT 2"},
		}},
		{name: "pandas", packages: []string{"pandas", "orjson"}, ways: []way{
			{"pandas + orjson", "`to_dict` in chunks of 100,000 rows, Python functions, orjson", "PEERS/pandas_run.py DATA OUT"},
		}},
		{name: "polars", packages: []string{"polars"}, ways: []way{
			{"polars", "lazy scan, structs, `sink_ndjson`; all processors", "PEERS/polars_run.py DATA OUT"},
		}},
	}
}

// peers installs the peers that are wanted and returns their ways. One that cannot be installed is left out and named in missing.
func (a *arena) peers(ctx context.Context, want []string) []*contender {
	var all []*contender
	scripts := filepath.Join(a.work, "peers")
	if err := os.CopyFS(a.work, peerFiles); err != nil {
		a.missing = append(a.missing, "no peer ran: "+err.Error())
		return nil
	}
	for _, p := range peerList() {
		if !slices.Contains(want, p.name) {
			continue
		}
		python, version, err := a.install(ctx, p)
		if err != nil {
			a.missing = append(a.missing, fmt.Sprintf("%s is left out: it could not be installed here", p.name))
			fmt.Fprintf(os.Stderr, "bench: install %s: %v\n", p.name, err)
			continue
		}
		for _, w := range p.ways {
			all = append(all, &contender{name: w.name, how: version + "; " + w.how, converts: true, args: func(data, out string) []string {
				fill := strings.NewReplacer("PEERS", scripts, "DATA", data, "OUT", out)
				args := []string{python}
				for _, arg := range strings.Fields(w.args) {
					args = append(args, fill.Replace(arg))
				}
				return args
			}})
		}
	}
	return all
}

// install puts the peer's packages into a virtual environment in the cache and returns its Python and the versions.
func (a *arena) install(ctx context.Context, p peer) (python, version string, err error) {
	venv := filepath.Join(a.cache, "venv-"+p.name)
	python = filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(python); err != nil {
		if text, err := exec.CommandContext(ctx, "python3", "-m", "venv", venv).CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("make virtual environment: %w\n%s", err, text)
		}
	}
	args := []string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check"}
	if p.alone {
		args = append(args, "--no-deps")
	}
	args = append(args, p.packages...)
	if text, err := exec.CommandContext(ctx, python, args...).CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("install packages: %w\n%s", err, text)
	}
	names := make([]string, 0, len(p.packages))
	for _, name := range p.packages {
		text, err := exec.CommandContext(ctx, python, "-c", "import importlib.metadata as m; print(m.version('"+name+"'))").Output()
		if err != nil {
			return "", "", fmt.Errorf("ask for version: %w", err)
		}
		names = append(names, name+" "+strings.TrimSpace(string(text)))
	}
	return python, strings.Join(names, ", "), nil
}
