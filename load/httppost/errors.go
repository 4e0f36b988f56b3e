package httppost

import (
	"strconv"

	"chartlift/internal/issue"
)

// Error means that delivery cannot go on. Code is stable and listed by [Codes];
// the text holds no resource and no header.
type Error struct {
	Code    string
	Target  string // the address without its query
	Status  int    // the HTTP status that decided, 0 without an answer
	Message string // what to do
	Err     error
}

// Error returns target, code, status, what to do and the cause.
func (e *Error) Error() string {
	text := e.Target + ": " + e.Code
	if e.Status != 0 {
		text += " (status " + strconv.Itoa(e.Status) + ")"
	}
	text += ": " + e.Message
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Codes lists the stable codes of this package, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "bad-listener-address", Title: "the address of an HTTP listener cannot be used", Fix: "write https://HOST/PATH, and credentials into the file of headers"},
		{Code: "insecure-listener", Title: "patient data would travel to the HTTP listener in clear text", Fix: "use https, or allow the host by name"},
		{Code: "listener-closed", Title: "the HTTP listener takes nothing there, wants other credentials, sends us elsewhere, or a web page answers for it", Fix: "check path, headers and credentials"},
		{Code: "listener-gave-up", Title: "the HTTP listener took nothing for the time allowed", Fix: "run again when it is well"},
		{Code: "refused-by-listener", Title: "the HTTP listener refused the resource", Fix: "read its words in the report; correct the row or the mapping, or the channel"},
	}
}
