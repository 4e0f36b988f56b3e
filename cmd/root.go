package cmd

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chartlift/internal/console"
)

// version is the program's version.
const version = "0.1.0"

// newRoot returns the root command with every command below it.
func newRoot(streams console.Streams) *cobra.Command {
	s := &settings{streams: streams}
	root := &cobra.Command{
		Use:           "chartlift",
		Short:         "Move legacy medical records into FHIR R4, with every row accounted for",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return s.prepare(c)
		},
		RunE: group,
	}
	root.SetFlagErrorFunc(wrongFlag)
	s.global(root.PersistentFlags())
	root.AddCommand(
		newArchive(s),
		newCheck(s),
		newDedupe(s),
		newExplain(s),
		newInit(s),
		newLoad(s),
		newMappings(s),
		newProfile(s),
		newReconcile(s),
		newReport(s),
		newResume(s),
		newRetry(s),
		newReview(s),
		newRun(s),
		newSandbox(s),
		newShards(s),
		newTest(s),
		newUndo(s),
		newValidate(s),
		newVerify(s),
	)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.Args = cobra.ArbitraryArgs // so that group sees what is no command
	return root
}

// group is what a command that only has commands below it does: print its help,
// or say that there is no such command.
func group(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	hint := ""
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %q?", near[0])
	}
	return usage("%s has no command %q%s (see %s --help)", c.CommandPath(), args[0], hint, c.CommandPath())
}

// fromEnvironment fills flags that were not given from CHARTLIFT_NAME.
func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "CHARTLIFT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if f.Changed || !ok || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = usage("environment: %s=%s: %s", name, value, valueWanted(f))
		}
	})
	return failed
}
