package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

// How much of a run goes into a SARIF file: viewers take 5,000 results of one
// run and no more
// (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
const (
	sarifGroups   = 500
	sarifExamples = 10
	sarifResults  = 5_000
)

// The parts of SARIF 2.1.0 that are written
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		Automation sarifID       `json:"automationDetails"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"semanticVersion,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID    string     `json:"id"`
		Short sarifText  `json:"shortDescription"`
		Help  *sarifText `json:"help,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Occurrences  int64             `json:"occurrenceCount,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int64 `json:"startLine"`
		Column int64 `json:"startColumn,omitempty"`
	}
)

// sarifGroup is a group of findings with the places that are shown.
type sarifGroup struct {
	id                                                       int64
	severity, code, rule, source, table, column, at, message string
	n                                                        int64
}

// SARIF writes the findings for a viewer of code: what is wrong with the
// mapping stands at its line there, what is wrong with rows at the lines of
// their file, the first ten of each kind. It holds no value of a source. codes
// document the rules.
func (db *DB) SARIF(ctx context.Context, run string, w io.Writer, codes []issue.Code) error {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	var groups []sarifGroup
	err = db.each(ctx, `SELECT g.group_id, g.severity, g.code, g.rule, coalesce(s.source, ''), coalesce(s.table_or_sheet, ''), g.column_name, g.mapping_at, g.message, g.n_findings
		FROM finding_group g LEFT JOIN source s ON s.source_id = g.source_id WHERE g.run_id = ?
		ORDER BY `+findingOrder+` LIMIT ?`,
		[]any{id, sarifGroups}, func(scan scanner) error {
			var g sarifGroup
			err := scan(&g.id, &g.severity, &g.code, &g.rule, &g.source, &g.table, &g.column, &g.at, &g.message, &g.n)
			groups = append(groups, g)
			return err
		})
	out := sarifRun{Automation: sarifID{"chartlift/" + id}, Results: []sarifResult{}}
	out.Tool.Driver = sarifDriver{Name: "chartlift", Rules: sarifRules(groups, codes)}
	for _, g := range groups {
		if err == nil && len(out.Results) < sarifResults {
			var more []sarifResult
			more, err = db.sarifResults(ctx, g)
			out.Results = append(out.Results, more...)
		}
	}
	if err == nil {
		err = db.sql.QueryRowContext(ctx, "SELECT tool_version FROM run WHERE run_id = ?", id).Scan(&out.Tool.Driver.Version)
	}
	if err == nil {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		err = enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{out}})
	}
	if err != nil {
		return fmt.Errorf("write SARIF of run %s: %w", id, err)
	}
	return nil
}

// sarifRules documents the codes that occur, each once.
func sarifRules(groups []sarifGroup, codes []issue.Code) []sarifRule {
	known := map[string]issue.Code{}
	for _, c := range codes {
		known[c.Code] = c
	}
	rules, seen := []sarifRule{}, map[string]bool{}
	for _, g := range groups {
		if seen[g.code] {
			continue
		}
		seen[g.code] = true
		r := sarifRule{ID: g.code, Short: sarifText{g.code}}
		if c, ok := known[g.code]; ok {
			r.Short, r.Help = sarifText{c.Title}, &sarifText{c.Fix}
		}
		rules = append(rules, r)
	}
	return rules
}

// sarifResults gives a result for each of the first rows of a group, or one for
// the mapping where no row is known.
func (db *DB) sarifResults(ctx context.Context, g sarifGroup) ([]sarifResult, error) {
	one := sarifResult{RuleID: g.code, Level: g.level(), Fingerprints: map[string]string{"chartlift/v1": strings.Join([]string{g.code, g.rule, g.table, g.column}, "|")}}
	mapping := mappingLocation(g.at)
	var out []sarifResult
	err := db.each(ctx, "SELECT row_no, line, message FROM finding WHERE group_id = ? AND row_no > 0 ORDER BY row_no, finding_id LIMIT ?", []any{g.id, sarifExamples}, func(scan scanner) error {
		var row, line int64
		var message string
		err := scan(&row, &line, &message)
		r := one
		r.Message = sarifText{g.place(row) + message}
		r.Locations = []sarifLocation{sourceLocation(g.source, line)}
		if mapping != nil {
			r.Related = []sarifLocation{*mapping}
		}
		r.Fingerprints = map[string]string{"chartlift/v1": one.Fingerprints["chartlift/v1"] + "|" + strconv.FormatInt(row, 10)}
		out = append(out, r)
		return err
	})
	if len(out) > 0 || err != nil {
		if int64(len(out)) < g.n && err == nil {
			out[0].Message.Text += fmt.Sprintf(" (%d times in all)", g.n)
		}
		return out, err
	}
	one.Message, one.Occurrences = sarifText{g.message}, g.n
	if mapping != nil {
		one.Locations = []sarifLocation{*mapping}
	} else if g.source != "" {
		one.Locations = []sarifLocation{sourceLocation(g.source, 0)}
	}
	return []sarifResult{one}, nil
}

// level is SARIF's word for the severity.
func (g sarifGroup) level() string {
	switch g.severity {
	case "fatal", "error":
		return "error"
	case "warning":
		return "warning"
	}
	return "note"
}

// place names the row before the message: viewers show lines, people look for
// rows.
func (g sarifGroup) place(row int64) string {
	text := g.table + " row " + strconv.FormatInt(row, 10)
	if g.column != "" {
		text += ", column " + g.column
	}
	return text + ": "
}

// sourceLocation is a line of a source file. URIs are written with slashes,
// without what would change their meaning.
func sourceLocation(source string, line int64) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{uriPath(source)}}}
	if line > 0 {
		l.Physical.Region = &sarifRegion{Line: line}
	}
	return l
}

// uriPath escapes a path for a URI reference.
func uriPath(path string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "#", "%23", "?", "%3F", `\`, "/", ":", "%3A").Replace(path)
}

// mappingLocation reads a position as the run database has it:
// file:line:column, file:line or file.
func mappingLocation(at string) *sarifLocation {
	if at == "" {
		return nil
	}
	file, numbers := at, []int64{}
	for len(numbers) < 2 {
		cut := strings.LastIndexByte(file, ':')
		if cut < 0 {
			break
		}
		n, err := strconv.ParseInt(file[cut+1:], 10, 64)
		if err != nil || n < 1 {
			break
		}
		file, numbers = file[:cut], append([]int64{n}, numbers...)
	}
	l := sourceLocation(file, 0)
	if len(numbers) > 0 {
		l.Physical.Region = &sarifRegion{Line: numbers[0]}
	}
	if len(numbers) > 1 {
		l.Physical.Region.Column = numbers[1]
	}
	return &l
}
