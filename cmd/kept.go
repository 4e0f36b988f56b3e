package cmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chartlift/internal/tables"
	"chartlift/reports"
)

// notKept are flags that are written down otherwise, that belong to one call
// alone, or whose value may be a secret: the address of a webhook often has its
// key in the path.
func notKept() []string {
	return []string{"mapping", "source", "set", "ig", "yes", "plan", "resumes", "project", "json", "quiet", "log-level", "log-format", "show-values", "help", "shards", "whole", "webhook"}
}

// keptFlags returns the flags of a command that have another value than without
// them, for [runArgs]. Files get their absolute path, so that the run can be
// resumed from another folder.
func keptFlags(c *cobra.Command) map[string][]string {
	kept := map[string][]string{}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(notKept(), f.Name) || !f.Changed && f.Value.String() == f.DefValue {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		} else if named, err := c.Flags().GetStringToString(f.Name); err == nil {
			values = pairs(named) // its String is in brackets, which are no part of any value
		}
		if isFile(f.Name) || f.Name == "to" && values[0] != "sandbox:" && !strings.Contains(values[0], "://") {
			for i := range values {
				values[i] = tables.Absolute(values[i])
			}
		}
		kept[f.Name] = values
	})
	return kept
}

// pairs returns NAME=VALUE, by name, as a flag takes each: in the quotes of CSV
// where it would be cut at its commas else.
func pairs(named map[string]string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		p := name + "=" + named[name]
		if strings.ContainsAny(p, ",\"\n") && strings.Count(p, "=") > 1 {
			p = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
		all = append(all, p)
	}
	return all
}

// arguments returns the command line that a run was started with.
func (a runArgs) arguments(command string) []string {
	args := []string{command}
	one := func(name, value string) { args = append(args, "--"+name+"="+value) }
	if a.Mapping != "" {
		one("mapping", a.Mapping)
	}
	for _, p := range pairs(a.Set) {
		one("set", p)
	}
	for _, guide := range a.Guides {
		one("ig", guide)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Flags)) {
		for _, v := range a.Flags[name] {
			one(name, v)
		}
	}
	for _, source := range a.Sources {
		if command == "load" {
			args = append(args, source)
		} else {
			one("source", source)
		}
	}
	return args
}

// typed returns what a run was started with as somebody would type it, for
// people to read; what the arguments are not known of stays as it is.
func typed(command, args string) string {
	a, err := argsOf(reports.RunInfo{Args: args})
	if err != nil {
		return strings.TrimSpace(command + " " + args)
	}
	line := []string{"chartlift"}
	for _, arg := range a.arguments(command) {
		if strings.ContainsAny(arg, " \t\n'\"\\$&;|<>()*?`") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		line = append(line, arg)
	}
	return strings.Join(line, " ")
}

// argsOf reads what a run was started with.
func argsOf(info reports.RunInfo) (runArgs, error) {
	var a runArgs
	if err := json.Unmarshal([]byte(info.Args), &a); err != nil {
		return a, fmt.Errorf("the run does not say what it read: %w", err)
	}
	for i, v := range a.Flags["accept"] { // earlier versions wrote the brackets in which pflag shows it
		a.Flags["accept"][i] = strings.TrimSuffix(strings.TrimPrefix(v, "["), "]")
	}
	return a, nil
}
