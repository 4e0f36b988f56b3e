package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"chartlift/internal/issue"
)

// likeFindings is how many warnings or notes of one code are shown in full: an
// export of another version lacks dozens of columns, and what is worth reading
// must not drown in them. Errors are all shown.
const likeFindings = 3

// printFindings writes findings as a compiler does: place, code, message, the
// line, a caret. Of many warnings of one code it shows the first, and names
// what the others are about.
func (m mappingFile) printFindings(w io.Writer, list []issue.Issue) {
	count, shown := map[string]int{}, map[string]int{}
	for _, f := range list {
		count[f.Code]++
	}
	var rest []string
	words := map[string][]string{}
	for _, f := range list {
		if shown[f.Code]++; f.Severity > issue.Warning || shown[f.Code] <= likeFindings || count[f.Code] == likeFindings+1 {
			m.printFinding(w, f)
			continue
		}
		if words[f.Code] == nil {
			rest = append(rest, f.Code)
		}
		words[f.Code] = append(words[f.Code], m.word(f.At))
	}
	for _, code := range rest {
		fmt.Fprintf(w, "and %d more %s: %s (chartlift check --json lists all)\n", len(words[code]), code, wordsText(words[code]))
	}
}

// wordsText lists words, each once, a dozen of them at most.
func wordsText(words []string) string {
	const most = 12
	slices.Sort(words)
	words = slices.Compact(words)
	if more := len(words) - most; more > 0 {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(words, ", ")
}

// word returns what stands at a position of the mapping: the name that the
// caret points to.
func (m mappingFile) word(at issue.Position) string {
	line := []rune(m.line(at))
	from := at.Column - 1
	if from < 0 || from >= len(line) {
		return fmt.Sprintf("line %d", at.Line)
	}
	to := min(len(line), from+max(1, at.Length))
	for to < len(line) && (unicode.IsLetter(line[to]) || unicode.IsDigit(line[to]) || strings.ContainsRune("._", line[to])) {
		to++
	}
	return string(line[from:to])
}

// printFinding writes one finding.
func (m mappingFile) printFinding(w io.Writer, f issue.Issue) {
	at := f.At
	at.File = m.shown(at.File)
	fmt.Fprintf(w, "%s %s %s %s\n", at, f.Severity, f.Code, f.Message)
	if f.At.Use != "" {
		fmt.Fprintf(w, "      in the fragment as it is used in %s\n", m.shown(f.At.Use))
	}
	if f.Value != "" {
		fmt.Fprintf(w, "      = %s\n", f.Value)
	}
	hint := ""
	if f.Suggestion != "" {
		hint = " did you mean " + quoteName(f.Suggestion) + "?"
	}
	line := m.line(f.At)
	if line == "" {
		if hint != "" {
			fmt.Fprintf(w, "      |%s\n", hint)
		}
		return
	}
	before := []rune(line)
	column := min(max(f.At.Column-1, 0), len(before))
	fmt.Fprintf(w, "%5d | %s\n", f.At.Line, line)
	fmt.Fprintf(w, "      | %s%s%s\n", blanks(before[:column]), strings.Repeat("^", min(f.At.Length, max(1, len(before)-column))), hint)
}

// quoteName quotes the name at the start of a suggestion: birthDate (date,
// 0..1) → "birthDate" (date, 0..1).
func quoteName(s string) string {
	name, rest, found := strings.Cut(s, " (")
	if !found {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q (%s", name, rest)
}

// blanks keeps tabs, so that the caret stands below its word.
func blanks(text []rune) string {
	out := make([]rune, len(text))
	for i, r := range text {
		if out[i] = ' '; r == '\t' {
			out[i] = '\t'
		}
	}
	return string(out)
}

// findingJSON is a finding as check --json prints it.
type findingJSON struct {
	Code       string `json:"code"`
	Severity   string `json:"severity"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion"`
	Value      string `json:"value,omitempty"`
	Use        string `json:"use,omitempty"` // of a finding in a fragment: where that is used
}

func (m mappingFile) jsonFindings(w io.Writer, list []issue.Issue) error {
	out := struct {
		Findings []findingJSON `json:"findings"`
	}{Findings: []findingJSON{}}
	for _, f := range list {
		out.Findings = append(out.Findings, findingJSON{
			Code: f.Code, Severity: f.Severity.String(), File: m.shown(f.At.File), Line: f.At.Line, Column: f.At.Column,
			Message: f.Message, Suggestion: f.Suggestion, Value: f.Value, Use: m.shown(f.At.Use),
		})
	}
	return json.NewEncoder(w).Encode(out)
}

// worst reports whether any finding is an error.
func worst(list []issue.Issue) bool {
	for _, f := range list {
		if f.Severity >= issue.Error {
			return true
		}
	}
	return false
}
