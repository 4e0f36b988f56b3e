package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chartlift/fhir/profile"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

// mappingFile is a mapping as the user named it.
type mappingFile struct {
	fs   fs.FS
	name string
	dir  string // folder as the user gave it, "" for shipped mappings
	// guide holds the implementation guides that the command line names; nil: none.
	guide *profile.Guide
}

// ownMapping finds the mapping that the flags name, and reads the guides.
func (s *settings) ownMapping() (mappingFile, error) {
	file, err := findMapping(s.mapping)
	if err != nil || len(s.guides) == 0 {
		return file, err
	}
	file.guide, err = openGuides(s.guides)
	return file, err
}

// findMapping looks for a file of that name first, then for a shipped mapping.
func findMapping(name string) (mappingFile, error) {
	if name == "" {
		return mappingFile{}, usage("name a mapping: --mapping FILE, or one of the shipped ones: %s", strings.Join(mappings.Names(), ", "))
	}
	stat, err := os.Stat(name)
	if err == nil && stat.IsDir() {
		return mappingFile{}, refuse("no-such-mapping", "--mapping %s is a folder; name the mapping file in it", name)
	}
	if err == nil {
		return besideProject(filepath.Dir(name), filepath.Base(name)), nil
	}
	if strings.ContainsAny(name, "/.") {
		return mappingFile{}, refuse("no-such-mapping", "--mapping %s: there is no such file", name)
	}
	dir, file, err := mappings.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return mappingFile{}, refuse("no-such-mapping", "--mapping %s is neither a file nor a shipped mapping; shipped are: %s", name, strings.Join(mappings.Names(), ", "))
	}
	return mappingFile{fs: dir, name: file}, err
}

// besideProject reads a mapping in a folder of a project with the project's folder as root, so that it
// may name files beside its own folder: ../terms/sex.csv.
func besideProject(dir, base string) mappingFile {
	parent := filepath.Join(dir, "..")
	if !exists(filepath.Join(parent, mappings.ProjectFile)) {
		return mappingFile{fs: worklists{os.DirFS(dir)}, name: base, dir: dir}
	}
	return mappingFile{fs: worklists{os.DirFS(parent)}, name: filepath.Base(absolute(dir)) + "/" + base, dir: parent}
}

// compile checks the mapping. Positions name files as the user would.
func (m mappingFile) compile(set map[string]string) (*mappings.Program, []issue.Issue) {
	return mappings.Compile(m.fs, m.name, mappings.Options{Cleaners: transform.Signatures(), Set: set, Guide: m.guide})
}

// line returns a line of a file of the mapping, for showing it.
func (m mappingFile) line(at issue.Position) string {
	text, err := mappings.ReadFile(m.fs, at.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[at.Line-1], "\r")
}

// shown returns the path of a mapping's file as the user would write it.
func (m mappingFile) shown(file string) string {
	if m.dir == "" || m.dir == "." || file == "" || strings.HasPrefix(file, mappings.ShippedPrefix) {
		return file
	}
	return filepath.Join(m.dir, file)
}

// printFindings writes findings as a compiler does: place, code, message, the line, a caret.
func (m mappingFile) printFindings(w io.Writer, list []issue.Issue) {
	for _, f := range list {
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
			continue
		}
		before := []rune(line)
		column := min(max(f.At.Column-1, 0), len(before))
		fmt.Fprintf(w, "%5d | %s\n", f.At.Line, line)
		fmt.Fprintf(w, "      | %s%s%s\n", blanks(before[:column]), strings.Repeat("^", min(f.At.Length, max(1, len(before)-column))), hint)
	}
}

// quoteName quotes the name at the start of a suggestion: birthDate (date, 0..1) → "birthDate" (date, 0..1).
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
