package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

func newShow(s *settings) *cobra.Command {
	effective := false
	c := &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print a mapping, to start your own from; with --effective what it comes to",
		Long: `Prints the text of a mapping. With --effective, everything that it extends is merged, and each rule is
printed with the file and line that it came from. With --json the mapping is printed as JSON, which is a mapping, too.`,
		Example: `  chartlift mappings show synthea-csv > mine.yaml
  chartlift mappings show acme.yaml --effective`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if effective {
				return showEffective(s, args[0])
			}
			return showMapping(s, args[0])
		},
	}
	c.Flags().BoolVar(&effective, "effective", false, "every rule after merging what the mapping extends, with file and line")
	return c
}

func showMapping(s *settings, name string) error {
	file, err := findMapping(name)
	if err != nil {
		return err
	}
	text, err := mappings.ReadFile(file.fs, file.name)
	if err != nil {
		return fmt.Errorf("show mapping: %w", err)
	}
	if s.json {
		var wrong []issue.Issue
		if text, wrong = mappings.JSON(file.name, text); text == nil {
			file.printFindings(s.streams.Err, wrong)
			return &exitError{code: exitUsage, said: true}
		}
	}
	_, err = s.streams.Out.Write(text)
	return err
}

// lineJSON is a line of the effective mapping.
type lineJSON struct {
	Address string `json:"address"`
	Value   string `json:"value"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Use     string `json:"use,omitempty"` // of a rule in a fragment: where that is used
}

func showEffective(s *settings, name string) error {
	file, err := findMapping(name)
	if err != nil {
		return err
	}
	prog, findings := file.compile(s.set)
	if prog == nil {
		file.printFindings(s.streams.Err, findings)
		return &exitError{code: exitUsage, said: true}
	}
	lines := []lineJSON{}
	wide := 0
	for _, l := range prog.Effective() {
		lines = append(lines, lineJSON{l.Address, l.Value, file.shown(l.At.File), l.At.Line, file.shown(l.At.Use)})
		wide = max(wide, min(len(l.Address), 48)) // a few long ones need not push all others away
	}
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(lines)
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%-*s = %s  (%s:%d%s)\n", wide, l.Address, l.Value, l.File, l.Line, usedIn(l.Use))
	}
	_, err = s.streams.Out.Write([]byte(b.String()))
	return err
}

// usedIn says where the fragment is used in which a rule stands, "" for a rule
// outside of fragments.
func usedIn(use string) string {
	if use == "" {
		return ""
	}
	return ", used in " + use
}
