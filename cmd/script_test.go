package cmd_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts plays the stories of testdata/scripts. Each finds the smallest
// clinic there is in its folder: clinic.yaml, legacy/patients.csv and
// legacy/visits.csv.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:   "../testdata/scripts",
		Setup: clinic, Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "ledger": ledger, "replace": replace, "bytes": writeBytes, "gzip": gzipFile, "damage": damageFile, "zip": zipFiles, "tar": tarFiles, "empty": emptyFolder, "workbook": workbook,
			"same": same, "fhir": startFHIR, "stored": stored, "requests": requests, "mend": mend, "put": put, "drop": drop, "held": held, "tmpfs": tmpfs, "findings": findings, "waitfor": waitFor, "hold": hold,
			"fill": fillCells,
		},
	})
}

// clinic copies testdata/clinic, leaving what the story brings itself, and
// tells where the demo is.
func clinic(env *testscript.Env) error {
	demo, err := filepath.Abs("../testdata/demo")
	if err != nil {
		return err
	}
	env.Setenv("DEMO", demo)
	if err := install(env); err != nil {
		return err
	}
	env.Setenv("PROJECT", ".")
	env.Values[double{}] = &double{}
	from := os.DirFS("../testdata/clinic")
	return fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		to := filepath.Join(env.WorkDir, path)
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(to, 0o700))
		}
		if _, err := os.Stat(to); err == nil {
			return nil
		}
		text, err := fs.ReadFile(from, path)
		return errors.Join(err, os.WriteFile(to, text, 0o600))
	})
}

// install puts this test binary under the name chartlift where the story finds
// it.
func install(env *testscript.Env) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bin := filepath.Join(env.WorkDir, ".bin")
	env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
	return errors.Join(os.Mkdir(bin, 0o700), os.Symlink(self, filepath.Join(bin, "chartlift")))
}

// exits CODE PROGRAM ARGS…: the program ends with this code, and never with a
// stack trace.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, _ := strconv.Atoi(args[0]); got != want {
		ts.Fatalf("exit code is %d, want %d", got, want)
	}
	said := ts.ReadFile("stderr")
	for _, trace := range []string{"goroutine ", "panic:", ".go:", "%!"} {
		if strings.Contains(said, trace) {
			ts.Fatalf("what is said to the user holds %q", trace)
		}
	}
}

// ledger [TABLE read=N loaded=N …] …: the ledger of the latest run balances and
// has these figures. A figure not named is 0.
func ledger(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("chartlift", "report", "ledger", "--json", "--project", ts.Getenv("PROJECT")))
	var l ledgerJSON
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &l))
	ts.Check(l.check())
	if len(l.Tables) == 0 {
		ts.Fatalf("the ledger has no table")
	}
	if len(args) == 0 {
		return
	}
	for _, t := range l.Tables {
		if t.Table != args[0] {
			continue
		}
		got := fmt.Sprint(t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected)
		want := map[string]int{}
		for _, figure := range args[1:] {
			name, n, _ := strings.Cut(figure, "=")
			count, err := strconv.Atoi(n)
			ts.Check(err)
			want[name] = count
		}
		if w := fmt.Sprint(want["read"], want["loaded"], want["merged"], want["filtered"], want["rejected"]); got != w {
			ts.Fatalf("%s: read, loaded, merged, filtered, rejected are %s, want %s", args[0], got, w)
		}
		return
	}
	ts.Fatalf("the ledger has no table %s", args[0])
}

// findings CODE=N …: the latest run has this many findings of each code.
func findings(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("chartlift", "report", "findings", "--format", "csv", "--project", ts.Getenv("PROJECT")))
	lines, err := csv.NewReader(strings.NewReader(ts.ReadFile("stdout"))).ReadAll()
	ts.Check(err)
	got := map[string]int{}
	for _, line := range lines[1:] {
		n, err := strconv.Atoi(line[slices.Index(lines[0], "findings")])
		ts.Check(err)
		got[line[slices.Index(lines[0], "code")]] += n
	}
	for _, arg := range args {
		code, n, _ := strings.Cut(arg, "=")
		if strconv.Itoa(got[code]) != n {
			ts.Fatalf("there are %d findings %s, want %s", got[code], code, n)
		}
	}
}
