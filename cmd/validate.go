package cmd

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/load/handover"
	"chartlift/validate"
)

func newValidate(s *settings) *cobra.Command {
	var o validateFlags
	c := &cobra.Command{
		Use:     "validate FILE…|FOLDER…|-",
		Short:   "Check any FHIR R4 JSON, NDJSON or bundle file",
		Example: "  chartlift validate out/*.ndjson\n  chartlift validate --ig us-core out/*.ndjson\n  chartlift validate --ig hl7.fhir.us.core-7.0.0.tgz --profile us-core-patient patients.json",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return validateFiles(c.Context(), s, o, args) },
	}
	c.Flags().StringArrayVar(&o.guides, "ig", nil, "implementation guide whose profiles are checked: a package (`FILE`.tgz), a folder, a .json file, or us-core; repeatable")
	o.terms.flags(c.Flags())
	c.Flags().StringArrayVar(&o.profiles, "profile", nil, "`URL` or id of a profile that all resources of its type must follow; repeatable")
	c.Flags().BoolVar(&o.mustSupport, "must-support", false, "list at the end how often the elements were there that the profiles must support")
	c.Flags().BoolVar(&o.letter, "letter", false, "judge by the letter of R4, as run does, where HL7's validator is known to judge otherwise: what it only warns of is an error")
	return c
}

// validateFlags are the flags of validate.
type validateFlags struct {
	guides, profiles []string
	mustSupport      bool
	letter           bool
	terms            termsFlags
}

// verdictJSON is one resource as validate --json prints it. Index counts the
// resources of the file from 0, the entries of a bundle included; the bundle
// itself has -1.
type verdictJSON struct {
	File         string      `json:"file"`
	Index        int         `json:"index"`
	Line         int64       `json:"line"`
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id"`
	Valid        bool        `json:"valid"`
	Issues       []issueJSON `json:"issues"`
}

type issueJSON struct {
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	Expression string `json:"expression"`
	Message    string `json:"message"`
	Reference  string `json:"reference,omitempty"` // the reference validator's message id for the same
	Line       int64  `json:"line"`                // in the file: where text is no JSON, of the very place, else where the resource begins
}

// validation prints the verdicts of one command.
type validation struct {
	s             *settings
	v             *validate.Validator
	out           *bufio.Writer
	index         int
	good, invalid int
	read          int // resources whose text could be read: the others name nothing
	failed        error
	passed        []handover.Unread // files of folders that are not read
}

func validateFiles(ctx context.Context, s *settings, o validateFlags, files []string) error {
	guide, err := openGuides(o.guides)
	if err != nil {
		return err
	}
	profiles, err := findProfiles(guide, o.profiles)
	if err != nil {
		return err
	}
	options := validate.Options{Guide: guide, Profiles: profiles, Advice: true, Letter: o.letter}
	if o.mustSupport {
		options.MustSupport = new(validate.MustSupport)
	}
	server, err := o.terms.prepare(ctx, s, &options)
	if err != nil {
		return err
	}
	files, passed, err := resourceFiles(files)
	if err != nil {
		return err
	}
	w := &validation{s: s, v: validate.New(options), out: bufio.NewWriter(s.streams.Out), passed: passed}
	if err := w.files(ctx, files, options.MustSupport); err != nil {
		return err
	}
	if len(o.guides) > 0 && len(profiles) == 0 && w.read > 0 && w.v.ProfilesNamed() == 0 {
		s.message("warning no resource names a profile; see --profile: of the guides loaded nothing was checked, only R4 itself")
	}
	if err := w.conclude(server); err != nil {
		return err
	}
	if w.invalid > 0 {
		return &exitError{code: exitFindings, said: true}
	}
	return nil
}

// files validates all files and prints what was found. must is nil where nobody
// asked for it.
func (w *validation) files(ctx context.Context, files []string, must *validate.MustSupport) error {
	for _, f := range files {
		w.index = 0
		if err := w.file(ctx, f); err != nil {
			return errors.Join(err, w.out.Flush())
		}
	}
	if must != nil {
		if err := w.mustSupport(must); err != nil {
			return fmt.Errorf("write verdicts: %w", err)
		}
	}
	if err := errors.Join(w.notRead(), w.out.Flush()); err != nil {
		return fmt.Errorf("write verdicts: %w", err)
	}
	return nil
}

func (w *validation) file(ctx context.Context, name string) (err error) {
	in := w.s.streams.In
	if name != "-" {
		f, err := openFile(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	unpacked, _, err := handover.Unpack(in)
	if err != nil {
		return usage("%s: %w", name, err)
	}
	defer unpacked.Close()
	if err := validate.Read(ctx, name, unpacked, w.item); err != nil {
		return fmt.Errorf("validate %s: %w", name, err)
	}
	return w.failed
}

// openFile opens a file for reading, and says what to do about one that cannot
// be.
func openFile(name string) (*os.File, error) {
	stat, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse("no-such-file", "%s: there is no such file", name)
	case err == nil && stat.IsDir():
		return nil, refuse("is-a-directory", "%s: this is a folder; name a file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, refuse("unreadable", "%s cannot be read: %w", name, err)
	}
	return f, nil
}

func (w *validation) item(it *validate.Item) {
	var found []issue.Issue
	ok := w.v.CheckItem(it, func(i issue.Issue) { found = append(found, i) })
	if it.Bundle && len(found) == 0 {
		return // a bundle is shown by its entries, and by itself only where it is at fault
	}
	if it.Resource.Type != "" && !it.Bundle {
		w.read++
	}
	if ok {
		w.good++
	} else {
		w.invalid++
	}
	if w.s.json {
		w.json(it, found, ok)
	} else {
		w.text(it, found)
	}
	if !it.Bundle {
		w.index++
	}
}

func (w *validation) json(it *validate.Item, found []issue.Issue, ok bool) {
	index := w.index
	if it.Bundle {
		index = -1
	}
	v := verdictJSON{
		File: it.File, Index: index, Line: it.Line, ResourceType: it.Resource.Type, ID: it.Resource.ID, Valid: ok, Issues: []issueJSON{},
	}
	for _, i := range found {
		v.Issues = append(v.Issues, issueJSON{i.Severity.String(), i.Code, i.Expression, i.Message, i.Counterpart, cmp.Or(i.Origin.Line, it.Line)})
	}
	if err := json.NewEncoder(w.out).Encode(v); err != nil && w.failed == nil {
		w.failed = fmt.Errorf("write verdicts: %w", err)
	}
}

func (w *validation) text(it *validate.Item, found []issue.Issue) {
	for _, i := range found {
		value := ""
		if w.s.showValues && i.Value != "" {
			value = fmt.Sprintf(" (found %q)", i.Value)
		}
		fmt.Fprintf(w.out, "%s:%d: %s %s %s/%s %s: %s%s\n", it.File, cmp.Or(i.Origin.Line, it.Line), i.Severity, i.Code, it.Resource.Type, it.Resource.ID, i.Expression, i.Message, value)
	}
}
