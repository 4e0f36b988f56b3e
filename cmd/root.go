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
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &flagError{err} })
	s.global(root.PersistentFlags())
	root.AddCommand(
		newCheck(s),
		newMappings(s),
		newReport(s),
		newRun(s),
		newSandbox(s),
		newValidate(s),
	)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	return root
}

// usageArgs marks what cobra says about arguments as wrong use.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(c, args); err != nil {
			return &flagError{fmt.Errorf("%w; see chartlift %s --help", err, c.Name())}
		}
		return nil
	}
}

// fromEnvironment fills flags that were not given from CHARTLIFT_NAME.
func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv("CHARTLIFT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		if f.Changed || !ok || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = &flagError{fmt.Errorf("environment: %w", err)}
		}
	})
	return failed
}
