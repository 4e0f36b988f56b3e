package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chartlift/fhir"
	"chartlift/mappings"
)

// Whatever is wrong with a command line is said in our words, with what to do:
// the libraries below speak to programmers.

// usageArgs says what a command needs where it got too few or too many
// arguments.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil || check(c, args) == nil {
			return nil
		}
		var said *exitError
		if err := check(c, args); errors.As(err, &said) {
			return err
		}
		// The library's errors are texts: that more arguments would have been
		// right shows what is wrong.
		for more := range 5 {
			if more > 0 && check(c, append(args[:len(args):len(args)], make([]string, more)...)) == nil {
				return usage("something is missing: write %s (see %s --help)", usageLine(c), c.CommandPath())
			}
		}
		return usage("%q is too much: write %s (see %s --help)", args[len(args)-1], usageLine(c), c.CommandPath())
	}
}

// usageLine is how a command is written, without the flags that every command
// has.
func usageLine(c *cobra.Command) string {
	if !c.HasParent() {
		return c.Use
	}
	return c.Parent().CommandPath() + " " + c.Use
}

// noArgs refuses what stands beside the flags.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" && f.NoOptDefVal != "true" { // its value is only taken behind =
			hint = fmt.Sprintf("; did you mean --%s=%s?", f.Name, args[0])
		}
	})
	if hint == "" {
		hint = "; what to read and where to write are flags, see " + c.CommandPath() + " --help"
	}
	return usage("%q stands by itself%s", args[0], hint)
}

// wrongFlag says what is wrong with a flag, by the kinds of errors that the
// library tells apart.
func wrongFlag(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &invalid):
		return &flagError{fmt.Errorf("--%s %s: %s", invalid.GetFlag().Name, invalid.GetValue(), valueWanted(invalid.GetFlag()))}
	case errors.As(err, &bare):
		return &flagError{fmt.Errorf("--%s needs a value: %s", bare.GetFlag().Name, valueWanted(bare.GetFlag()))}
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return &flagError{fmt.Errorf("there is no flag -%s; see %s --help", name, c.CommandPath())}
		}
		if c.Name() == "run" && strings.HasPrefix(name, "bulk") {
			return &flagError{errors.New("run has no --bulk: it takes two steps, chartlift run --to out, then chartlift load out --to URL --bulk (see chartlift load --help)")}
		}
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		hint := ""
		if near := mappings.Nearest(name, names); near != "" {
			hint = fmt.Sprintf("; did you mean --%s?", near)
		}
		return &flagError{fmt.Errorf("there is no flag --%s%s (see %s --help)", name, hint, c.CommandPath())}
	}
	return &flagError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
}

// valueWanted says what a flag takes.
func valueWanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64", "uint64", "uint":
		return "write a whole number"
	case "float64":
		return "write a number"
	case "duration":
		return "write a duration such as 30s, 10m or 2h"
	case "bool":
		return "write --" + f.Name + " by itself, or =true or =false behind it"
	case "stringToString":
		return "write NAME=VALUE"
	}
	return f.Usage
}

// checkOutput refuses a place to write to before any work is done for it. flag
// is the flag that names it; "" is no place.
func checkOutput(flag, path string) error {
	if path == "" {
		return nil
	}
	if stat, err := os.Stat(path); err == nil && stat.IsDir() {
		return refuse("is-a-directory", "--%s %s is a folder; name a file in it", flag, path)
	}
	dir := filepath.Dir(path)
	switch stat, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("no-such-file", "--%s %s: there is no folder %s; make it first", flag, path, dir)
	case errors.Is(err, fs.ErrPermission):
		return refuse("not-permitted", "--%s %s: the folder %s may not be looked into; name another, or change its permissions", flag, path, dir)
	case err == nil && !stat.IsDir(), errors.Is(err, syscall.ENOTDIR):
		return refuse("no-such-file", "--%s %s: %s is a file, not a folder", flag, path, dir)
	}
	return nil
}

// checkOutputs checks the flags that name a file to be written. The folder of
// init is made, not written to.
func checkOutputs(c *cobra.Command) error {
	var failed error
	c.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "out", "pairs", "moved", "model-out", "index", "junit":
			if failed == nil && c.Name() != "init" && c.Name() != "deidentify" {
				failed = checkOutput(f.Name, f.Value.String())
			}
		}
	})
	return failed
}

// bound is what a flag's number may be; a duration counts in seconds.
type bound struct {
	least, most float64
	wanted      string
}

// bounds are those of the numbers that would be taken for something else where
// they make no sense, such as for no bound at all. Only what somebody gave is
// held against them: some defaults mean that there is none.
func bounds() map[string]bound {
	none := math.MaxFloat64
	return map[string]bound{
		"bulk-poll":       {0, none, "write a duration, or 0 for as seldom as the server wishes"},
		"give-up-after":   {math.SmallestNonzeroFloat64, none, "write a duration of more than 0, such as 15m"},
		"limit":           {0, none, "write a whole number, or 0 for all"},
		"max-concurrency": {1, none, "write 1 or more"},
		"max-rejected":    {-1, none, "write a number of rows, or -1 for no bound"},
		"max-vanished":    {0, 100, "write per cent, from 0 to 100"},
		"rate":            {0, none, "write requests a second, or 0 for as many as the server takes"},
		"wait":            {0, none, "write a duration such as 10s, or 0 to ask once"},
		"workers":         {0, none, "write 1 or more, or 0 for one a processor"},
	}
}

// checkValues refuses values that are well written and make no sense, wherever
// they were given: command line, environment or project file.
func checkValues(flags *pflag.FlagSet) error {
	var failed error
	known := bounds()
	flags.Visit(func(f *pflag.Flag) {
		b, bounded := known[f.Name]
		value, is := number(f.Value)
		switch {
		case failed != nil:
		case bounded && is && (!(value >= b.least) || value > b.most): // written so that NaN is refused, too
			failed = usage("--%s %s: %s", f.Name, f.Value, b.wanted)
		case f.Name == "without":
			failed = checkTypes(f)
		}
	})
	return failed
}

// number reads the value of a flag that is a number or a duration.
func number(v pflag.Value) (float64, bool) {
	if v.Type() == "duration" {
		d, err := time.ParseDuration(v.String())
		return d.Seconds(), err == nil
	}
	n, err := strconv.ParseFloat(v.String(), 64)
	return n, err == nil
}

// checkTypes refuses names in a flag's list that are no resource types of R4:
// nothing would be left out for them.
func checkTypes(f *pflag.Flag) error {
	list, is := f.Value.(pflag.SliceValue)
	if !is {
		return nil
	}
	types := fhir.ResourceTypes()
	for _, name := range list.GetSlice() {
		if slices.Contains(types, name) {
			continue
		}
		hint := "write types as FHIR R4 does, such as Encounter"
		if near := mappings.Nearest(name, types); near != "" {
			hint = "did you mean " + near + "?"
		}
		return usage("--%s %s: there is no such resource type; %s", f.Name, name, hint)
	}
	return nil
}

// checkProject refuses a project folder that is a file.
func checkProject(path string) error {
	if stat, err := os.Stat(path); err == nil && !stat.IsDir() {
		return usage("--project %s is a file; name the folder of the project", path)
	}
	return nil
}

// fileCode is the stable code of an error of the file system, "" for another:
// reading and writing go on in all rooms.
func fileCode(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	if !errors.As(err, &path) && !errors.As(err, &link) {
		return ""
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "no-such-file"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "not-permitted"
	case errors.Is(err, syscall.EISDIR), errors.Is(err, fs.ErrExist):
		return "is-a-directory"
	}
	return "file-trouble"
}

// oneOf lists what may be given: a, b or c.
func oneOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
