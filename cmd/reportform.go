package cmd

import (
	"path/filepath"
	"slices"
	"strings"

	"chartlift/extract"
)

// form is what a report is written as.
type form string

// The forms. Each report has the first of its forms unless another is asked
// for.
const (
	formText     form = "text"
	formJSON     form = "json"
	formCSV      form = "csv"
	formMarkdown form = "markdown"
	formHTML     form = "html"
	formXLSX     form = "xlsx"
	formXML      form = "xml"
	formSARIF    form = "sarif"
)

// formsOf returns the forms of a report, the usual one first. What is not named
// here is a list.
func formsOf(name string) []form {
	switch name {
	case "page":
		return []form{formHTML}
	case "workbook":
		return []form{formXLSX}
	case "markdown":
		return []form{formMarkdown, formJSON}
	case "json":
		return []form{formJSON}
	case "junit":
		return []form{formXML}
	case "sarif":
		return []form{formSARIF, formJSON} // SARIF is JSON
	case "row":
		return []form{formText, formJSON}
	}
	return []form{formText, formJSON, formCSV, formMarkdown}
}

// formNamed returns the form that somebody calls so, by name or by the end of a
// file's name; "" for none.
func formNamed(name string) form {
	switch name = strings.ToLower(name); name {
	case "txt":
		return formText
	case "md":
		return formMarkdown
	case "htm":
		return formHTML
	}
	if slices.Contains([]form{formText, formJSON, formCSV, formMarkdown, formHTML, formXLSX, formXML, formSARIF}, form(name)) {
		return form(name)
	}
	return ""
}

// form settles what the report is written as: --format, else --json, else what
// --out ends in, else the usual form. A form that the report does not have is
// refused: another one under that name would be read as something that it is
// not.
func (o reportOptions) form(name string, asJSON bool) (form, error) {
	has := formsOf(name)
	var names []string
	for _, f := range has {
		names = append(names, string(f))
	}
	asked, by := form(""), ""
	end := strings.TrimPrefix(filepath.Ext(o.out), ".")
	switch {
	case o.format != "":
		if asked, by = formNamed(o.format), "--format "+o.format; asked == "" {
			return "", usage("--format %s is not known; report %s is written as %s", o.format, name, oneOf(names))
		}
	case asJSON:
		asked, by = formJSON, "--json"
	case formNamed(end) != "" && (len(has) > 1 || formNamed(end) != has[0]):
		asked, by = formNamed(end), "--out "+o.out
	case end == "pdf":
		return "", usage("--out %s: a report is not written as PDF; write report page --out report.html and print it from a browser", o.out)
	}
	if asked == "" {
		return has[0], nil
	}
	if !slices.Contains(has, asked) {
		return "", usage("%s: report %s is written as %s only", by, name, oneOf(names))
	}
	same := slices.Contains(has, formSARIF) // SARIF is JSON, whichever of the two it is called
	if named := formNamed(end); named != "" && named != asked && !(same && slices.Contains(has, named)) {
		return "", usage("%s and --out %s contradict each other: the file would be opened as %s; name it otherwise, or leave %s out", by, o.out, named, by)
	}
	return asked, nil
}

// check refuses flags and arguments that the report has no use for, and places
// that it cannot be written to: before any work is done.
func (o reportOptions) check(name string, args []string) error {
	takes := map[string]int{"row": 1, "diff": 2}[name]
	if len(args) > takes+1 {
		return usage("%q is too much: report %s takes %s", args[takes+1], name, map[int]string{0: "no argument; --run names the run", 1: "one row, such as patients.csv:12", 2: "two runs at the most"}[takes])
	}
	switch {
	case o.charts.Patients != 0 && name != "page":
		return usage("--charts goes with report page: charts are drawn on no other")
	case o.terminology.address != "" && name != "unmapped-codes":
		return usage("--terminology goes with report unmapped-codes")
	case o.from != "" && !exists(o.from):
		return &extract.OpenError{Code: "no-such-file", Path: o.from, Message: "there is no such archive"}
	}
	return nil
}
