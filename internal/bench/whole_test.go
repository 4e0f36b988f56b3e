package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAChainEndsWhereOneOfItsProgramsFails(t *testing.T) {
	t.Parallel()
	top := filepath.Join(t.TempDir(), "it's a folder")
	data, out := filepath.Join(top, "data"), filepath.Join(top, "out")
	for _, dir := range []string{data, out} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "a.ndjson"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	copying := peer{name: "cp", prepare: func(context.Context, *arena) ([]string, string, error) { return []string{"cp"}, "cp 1", nil }}
	for name, row := range map[string]struct {
		convert, validate string
		fails             bool
	}{
		"both work":           {"DATA/a.ndjson OUT", "grep -q {} OUT/a.ndjson", false},
		"nothing is written":  {"DATA/b.ndjson OUT", "true", true},
		"nothing is accepted": {"DATA/a.ndjson OUT", "grep -q Patient OUT/a.ndjson", true},
	} {
		validate := func(context.Context, *arena, options) (string, string, error) { return row.validate, "grep 1", nil }
		c, err := chain{name: name, how: "copied", converter: copying, convert: row.convert, validate: validate}.contender(t.Context(), &arena{}, options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := measure(t.Context(), c.args(data, out), nil); (err != nil) != row.fails {
			t.Errorf("%s: %v", name, err)
		}
		if c.how != "cp 1; copied; then grep 1" {
			t.Errorf("%s: how is %q", name, c.how)
		}
	}
}

// The reference validator ends with 1 both where it finds an error and where it
// cannot run.
func TestAReferenceValidatorThatDoesNotRunHasNotValidated(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		script string
		fails  bool
	}{
		"all are valid":   {`echo '{"resources":1,"valid":1}' >&2`, false},
		"one is not":      {`echo '{"resources":1,"valid":0}' >&2; exit 1`, false},
		"it has no class": {`echo 'Error: could not find the main class' >&2; exit 1`, true},
	} {
		shared, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		if err := errors.Join(os.Mkdir(filepath.Join(shared, "oracle"), 0o700), os.Mkdir(out, 0o700),
			os.WriteFile(filepath.Join(shared, "oracle", "validate"), []byte("#!/bin/sh\n"+row.script+"\n"), 0o700),
			os.WriteFile(filepath.Join(out, "a.ndjson"), []byte("{}\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		c, err := chain{converter: peer{prepare: func(context.Context, *arena) ([]string, string, error) { return []string{"true"}, "", nil }}, validate: referenceValidator}.
			contender(t.Context(), &arena{}, options{sets: filepath.Join(shared, "data")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := measure(t.Context(), c.args("", out), nil); (err != nil) != row.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := referenceValidator(t.Context(), nil, options{sets: t.TempDir()}); err == nil {
		t.Error("a validator that is not there can be had")
	}
}
