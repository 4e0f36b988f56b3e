package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/mappings"
	"chartlift/transform/clean"
)

func newMappings(s *settings) *cobra.Command {
	c := &cobra.Command{Use: "mappings", Short: "Shipped mappings, the language's JSON Schema, its cleaners", RunE: group, Args: cobra.ArbitraryArgs}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the shipped mappings", Args: usageArgs(noArgs),
			RunE: func(*cobra.Command, []string) error { return listMappings(s) },
		},
		newMappingsDiff(s),
		newShow(s),
		&cobra.Command{
			Use: "schema", Short: "Print the JSON Schema of the language, for editors", Args: usageArgs(noArgs),
			RunE: func(*cobra.Command, []string) error {
				text, err := mappings.Schema()
				if err == nil {
					_, err = s.streams.Out.Write(text)
				}
				return err
			},
		},
		&cobra.Command{
			Use: "cleaners [NAME]", Short: "List the cleaners, or explain one with its examples", Args: usageArgs(cobra.MaximumNArgs(1)),
			RunE: func(_ *cobra.Command, args []string) error { return showCleaners(s, args) },
		},
	)
	return c
}

func listMappings(s *settings) error {
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(mappings.List())
	}
	for _, m := range mappings.List() {
		fmt.Fprintf(s.streams.Out, "%-20s %s\n", m.Name, m.Title)
	}
	return nil
}

func showCleaners(s *settings, args []string) error {
	list := clean.All()
	if len(args) == 0 && s.json {
		all := make([]cleanerDoc, len(list))
		for i, c := range list {
			all[i] = docOf(c)
		}
		return json.NewEncoder(s.streams.Out).Encode(all)
	}
	if len(args) == 0 {
		for _, c := range list {
			fmt.Fprintf(s.streams.Out, "%-12s %-18s %s\n", c.Group, usageOf(c), c.Doc)
		}
		return nil
	}
	c, ok := clean.Lookup(list, args[0])
	if !ok {
		return usage("there is no cleaner %q; chartlift mappings cleaners lists them", args[0])
	}
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(docOf(c))
	}
	fmt.Fprintf(s.streams.Out, "%s\n  %s\n  %s → %s\n", usageOf(c), c.Doc, c.In, c.Out)
	for _, e := range c.Examples {
		in, out := fmt.Sprintf("%q", e.In), fmt.Sprintf("%q", e.Out)
		if e.Null {
			in = "null"
		}
		if e.OutNull {
			out = "null"
		}
		if e.Issue != "" {
			out += " and " + e.Issue
		}
		fmt.Fprintf(s.streams.Out, "  %s | %s → %s\n", in, e.Pipe, out)
	}
	return nil
}

// cleanerDoc is a cleaner as --json tells it.
type cleanerDoc struct {
	Name     string           `json:"name"`
	Group    string           `json:"group"`
	Usage    string           `json:"usage"`
	Doc      string           `json:"doc"`
	In       []string         `json:"in"`
	Out      string           `json:"out"`
	Issues   []string         `json:"issues,omitempty"` // codes that it can raise
	Examples []cleanerExample `json:"examples"`
}

// cleanerExample is what comes out of a value; null is a nil.
type cleanerExample struct {
	Pipe  string  `json:"pipe"`
	In    *string `json:"in"`
	Out   *string `json:"out"`
	Issue string  `json:"issue,omitempty"`
}

func docOf(c clean.Cleaner) cleanerDoc {
	d := cleanerDoc{Name: c.Name, Group: c.Group, Usage: usageOf(c), Doc: c.Doc, Out: fmt.Sprint(c.Out), Issues: c.Issues, Examples: []cleanerExample{}}
	for _, in := range c.In {
		d.In = append(d.In, fmt.Sprint(in))
	}
	for _, e := range c.Examples {
		x := cleanerExample{Pipe: e.Pipe, Issue: e.Issue}
		if !e.Null {
			x.In = &e.In
		}
		if !e.OutNull {
			x.Out = &e.Out
		}
		d.Examples = append(d.Examples, x)
	}
	return d
}

func usageOf(c clean.Cleaner) string {
	words := []string{c.Name}
	for _, p := range c.Params {
		word := p.Name
		if p.Variadic {
			word += "…"
		}
		if p.Optional {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
