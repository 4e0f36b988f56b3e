package mllp

import (
	"chartlift/internal/issue"
)

// Error means that delivery cannot go on. Code is stable and listed by [Codes];
// the text holds nothing of a message.
type Error struct {
	Code    string // engine-down, engine-gave-up, …
	Target  string // mllp://host:port
	Message string // what to do
	Err     error  // the cause, nil where there is none
}

// Error returns target, code, what to do and the cause.
func (e *Error) Error() string {
	text := e.Target + ": " + e.Code + ": " + e.Message
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Codes lists the stable codes of this package, sorted: those of an [Error],
// which end a run, and those of an entry's issues.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "bad-acknowledgment", Title: "what answers is not an HL7 v2 acknowledgment of the message that was sent", Fix: "look whether an MLLP listener stands at the address; run again"},
		{Code: "bad-engine-address", Title: "the address of an interface engine cannot be used", Fix: "write mllp://HOST:PORT, or mllps://HOST:PORT for TLS"},
		{Code: "engine-down", Title: "nothing listens at the address of the interface engine", Fix: "check host and port and that the channel is started"},
		{Code: "engine-gave-up", Title: "the interface engine acknowledged nothing for the time allowed", Fix: "run again when it is well; the same content has the same control id"},
		{Code: "insecure-engine", Title: "patient data would travel to the interface engine in clear text", Fix: "use mllps, or allow the host by name"},
		{Code: "no-message", Title: "no HL7 v2 message carries resources of the type", Fix: "deliver the type elsewhere; --without lets the other types go"},
		{Code: "not-carried", Title: "a resource says something that no HL7 v2 message can say and that may not be left out", Fix: "read what it is; map it otherwise or deliver the resource elsewhere"},
		{Code: "refused-by-engine", Title: "the interface engine refused the message (AE or AR)", Fix: "read its words in the report; correct the row or the mapping, or the channel"},
	}
}
