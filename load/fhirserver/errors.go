package fhirserver

import (
	"strconv"
	"strings"
)

// Error means that delivery cannot go on. Code is stable and listed by Codes;
// the text holds no resource and no credentials.
type Error struct {
	Code    string // server-down, unauthorized, …
	Target  string // the base address
	Status  int    // the HTTP status that decided, 0 without an answer
	Message string // what to do
	Err     error  // the cause, nil where the status says it all
}

// Error returns target, code, status, cause and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Target + ": " + e.Code)
	if e.Status != 0 {
		b.WriteString(" (status " + strconv.Itoa(e.Status) + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
