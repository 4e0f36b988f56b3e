package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"chartlift/internal/suites"
)

// runSuites judges by the suites that HL7 publishes. Without Maven it says that
// nothing was judged, and goes on.
func runSuites(ctx context.Context, o options, stdout io.Writer) error {
	archive, err := suites.Fetch(ctx, filepath.Dir(o.cache))
	if errors.Is(err, suites.ErrNoMaven) {
		fmt.Fprintln(os.Stderr, "SKIPPED: HL7's suites were not run:", err)
		return nil
	}
	if err != nil {
		return err
	}
	all, err := suites.Run(ctx, archive)
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range all {
		if r.Verdict == suites.Failed {
			failed++
			fmt.Fprintf(stdout, "%s %s\n    ours   %.1200s\n    theirs %.1200s\n", r.Suite, r.Name, r.Ours, r.Theirs)
		}
	}
	text := suites.Markdown(all)
	fmt.Fprint(stdout, text)
	if o.doc != "" {
		if err := replacePart(o.doc, text); err != nil {
			return err
		}
	}
	if failed > 0 {
		return errDisagree
	}
	return nil
}

// replacePart puts the part about the suites at the end of the report in place
// of the one that is there.
func replacePart(doc, part string) error {
	text, err := os.ReadFile(doc)
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	rest, _, _ := strings.Cut(string(text), "\n"+suites.Title)
	if err := os.WriteFile(doc, []byte(rest+"\n"+part), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// suitesPart returns the part about the suites that a report has, "" where it
// has none.
func suitesPart(doc string) string {
	text, err := os.ReadFile(doc)
	if err != nil {
		return ""
	}
	_, part, ok := strings.Cut(string(text), "\n"+suites.Title)
	if !ok {
		return ""
	}
	return "\n" + suites.Title + part
}
