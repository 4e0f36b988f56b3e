package cmd

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"chartlift/fhir/terms"
	"chartlift/internal/issue"
	"chartlift/load/handover"
	"chartlift/validate"
)

// termsFlags are the flags of validate that say where codes are looked up.
type termsFlags struct {
	codes      []string
	extensions string
	terminologyOptions
}

func (o *termsFlags) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.codes, "codes", nil, "codes of a system from a file, `SYSTEM=FILE` or SYSTEM=FILE#COLUMN: a column of a table (the first where not named); repeatable")
	f.StringVar(&o.extensions, "unknown-extensions", "ignore", "extensions that nobody defines: ignore, warn or error")
	o.terminologyOptions.flags(f)
}

// prepare fills in the options of the validator. The terminology server is nil
// where none is asked.
func (o *termsFlags) prepare(ctx context.Context, s *settings, options *validate.Options) (server *terminology, err error) {
	policies := map[string]validate.ExtensionPolicy{"ignore": validate.AllowUnknown, "warn": validate.WarnUnknown, "error": validate.RefuseUnknown}
	policy, known := policies[o.extensions]
	if !known {
		return nil, usage("--unknown-extensions %s is not known; use ignore, warn or error", o.extensions)
	}
	options.UnknownExtensions = policy
	options.Terms = terms.R4()
	for _, named := range o.codes {
		if err := addCodes(options.Terms, named); err != nil {
			return nil, err
		}
	}
	if o.address == "" {
		return nil, nil
	}
	if server, err = openTerminology(ctx, s, o.terminologyOptions); err != nil {
		return nil, err
	}
	options.Ask = func(system, code string) terms.Verdict {
		switch a := server.validate(ctx, system, code); {
		case a.Unknown:
			return terms.Unknown
		case a.Valid:
			return terms.Present
		}
		return terms.Absent
	}
	return server, nil
}

// maxCodesLine bounds a line of a file of codes; LOINC's have some thousand
// bytes.
const maxCodesLine = 1 << 20

// addCodes reads SYSTEM=FILE#COLUMN. The file is a table with tabs, bars,
// semicolons or commas between its columns; where it has none of these, what
// stands before the first blank is the code.
func addCodes(set *terms.Set, named string) error {
	system, file, ok := strings.Cut(named, "=")
	if !ok || system == "" || file == "" {
		return usage("--codes %s: write SYSTEM=FILE, such as http://hl7.org/fhir/sid/cvx=cvx.txt", named)
	}
	file, column, _ := strings.Cut(file, "#")
	f, err := openFile(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in, _, err := handover.Unpack(f)
	if err != nil {
		return usage("%s: %w", file, err)
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxCodesLine)
	t := codeTable{at: -1}
	var list []string
	for lines.Scan() {
		if code, ok := t.code(lines.Text(), column); ok {
			list = append(list, dotted(system, code))
		}
	}
	switch {
	case lines.Err() != nil:
		return fmt.Errorf("read %s: %w", file, lines.Err())
	case t.at < 0 && column != "":
		return usage("--codes %s: the first line of the file names no column %s", named, column)
	case len(list) == 0:
		return usage("--codes %s: there are no codes in the file", named)
	}
	set.Add(system, list...)
	return nil
}

// codeTable is a file of codes under way.
type codeTable struct {
	separator string
	at        int // column of the codes, -1 before the first line
}

// code returns the code of a line; ok is false for the header and for empty
// lines.
func (t *codeTable) code(line, column string) (code string, ok bool) {
	line = strings.TrimPrefix(line, "\ufeff")
	if t.at < 0 {
		for _, s := range []string{"\t", "|", ";", ","} {
			if t.separator == "" && strings.Contains(line, s) {
				t.separator = s
			}
		}
		if n, err := strconv.Atoi(column); err == nil && n > 0 {
			t.at = n - 1
		} else if column == "" {
			t.at = 0
		} else {
			t.at = slices.IndexFunc(t.cells(line), func(name string) bool { return strings.EqualFold(name, column) })
			return "", false
		}
	}
	cells := t.cells(line)
	if t.at >= len(cells) {
		return "", false
	}
	return cells[t.at], cells[t.at] != ""
}

func (t *codeTable) cells(line string) []string {
	cells := strings.SplitN(line, " ", 2)
	if t.separator != "" {
		cells = strings.Split(line, t.separator)
	}
	for i := range cells {
		cells[i] = strings.Trim(strings.TrimSpace(cells[i]), `"`)
	}
	return cells
}

// dotted puts the dot into codes of ICD-9-CM and ICD-10-CM, whose files are
// published without.
func dotted(system, code string) string {
	if len(code) > 3 && strings.HasPrefix(system, "http://hl7.org/fhir/sid/icd-") && !strings.Contains(code, ".") {
		return code[:3] + "." + code[3:]
	}
	return code
}

// maxUnchecked bounds the lines about what was not checked.
const maxUnchecked = 20

// conclude says how many resources are valid, and what was not checked: once
// for each system, not for each row.
func (w *validation) conclude(server *terminology) error {
	unchecked := w.v.NotChecked()
	for i, u := range unchecked {
		if i == maxUnchecked {
			w.s.message("not checked: %d more systems", len(unchecked)-i)
			break
		}
		w.s.message("not checked: %s (%s)", u.What, issue.Count(int(u.Count), "value"))
	}
	if server != nil {
		if server.silent != nil {
			w.s.message("the terminology server was not asked about everything: %v", server.silent)
		}
		if err := server.Close(); err != nil {
			return err
		}
	}
	if i, any := notValidated().told(w.passed); any {
		w.s.message("%s %s %s", i.Severity, i.Code, i.Message)
	}
	w.s.message("%s valid, %d invalid", issue.Count(w.good, "resource"), w.invalid)
	return nil
}
