// Package issue is the vocabulary of trouble: what is wrong with a value, a
// row, a resource, a mapping or a server's answer.
//
// A problem in the data is a value of type [Issue], handed to a [Reporter]. It
// is never a Go error: a Go error means that the run cannot go on. Read
// [Issue] and [Origin] first.
//
//	report(issue.Issue{
//		Severity: issue.Error, Code: "bad-date", Type: "value",
//		Rule: "patient.birthDate", Origin: rec.Origin, Column: "DOB", Value: "31/02/1980",
//		Message: "this day does not exist; correct the source or allow it by policy bad_value: omit-element",
//	})
package issue

import (
	"fmt"
	"strconv"
)

// Severity says how bad an issue is. The names are FHIR's issue-severity codes.
type Severity uint8

// The severities, from the mildest to the one that ends a run.
const (
	Information Severity = iota
	Warning
	Error
	Fatal
)

// String returns FHIR's code for s: information, warning, error or fatal.
func (s Severity) String() string {
	return [...]string{"information", "warning", "error", "fatal"}[s&3]
}

// MarshalText returns the same code as String, for JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Severity) UnmarshalText(text []byte) error {
	for i := Information; i <= Fatal; i++ {
		if i.String() == string(text) {
			*s = i
			return nil
		}
	}
	return fmt.Errorf("severity %q is not known", text)
}

// Origin is where a value stood in the legacy data. It travels unchanged from
// the row that was read to the report.
type Origin struct {
	Source string // the file as the user named it, relative to its --source
	Table  string // file name without extension, sheet, or table of a dump
	Row    int64  // 1 for the first data row; header and preamble are not counted
	Line   int64  // physical line of the file on which the row starts, 1-based; 0 unknown
}

// String returns "patients.csv row 12 (line 14)", leaving out what is unknown.
func (o Origin) String() string {
	s := o.Source
	if o.Row > 0 {
		s += " row " + strconv.FormatInt(o.Row, 10)
	}
	if o.Line > 0 {
		s += " (line " + strconv.FormatInt(o.Line, 10) + ")"
	}
	return s
}

// Position is a place in a text file that a person wrote: a mapping or a
// crosswalk. Line and Column are 1-based, Column counts runes; Length is the
// number of runes to underline, at least 1.
type Position struct {
	File   string
	Line   int
	Column int
	Length int
	Use    string // of a place in a fragment: where it is used, file:line:col; "" elsewhere
}

// String returns "file:line:col", or only the file where the line is unknown.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Issue is one finding. Code is stable and documented in docs/codes.md;
// scripts may rely on it. Message tells what is wrong and what to do, and
// never contains a value from the source, because messages reach logs; the
// value itself is in Value and is shown only where the user asked for it.
type Issue struct {
	Severity   Severity
	Code       string   // stable: "bad-date", "E0112"
	Type       string   // FHIR issue-type: value, required, structure, code-invalid, not-found, duplicate, processing, …
	Rule       string   // address of the mapping rule ("patient.name[0].family") or id of a validation rule
	Origin     Origin   // the source row, zero where none
	At         Position // place in the mapping, zero where none
	Column     string   // source column
	Expression string   // FHIRPath of the element in the resource
	Value      string   // what was found: patient data, masked in every output unless asked
	Message    string
	Suggestion string // the nearest right thing, for "did you mean"
	// Counterpart is the message id by which the HL7 reference validator
	// reports the same, "" where it has none.
	Counterpart string
}

// Reporter takes issues. Every Reporter is safe for concurrent use.
type Reporter func(Issue)

// Code documents one stable code. Every room lists its own in Codes().
type Code struct {
	Code  string // "bad-date"
	Title string // half a sentence: what it means
	Fix   string // what the user does about it
}
