package sandbox

import (
	"net/http"
	"strconv"

	"chartlift/fhir"
	"chartlift/internal/disk"
	"chartlift/internal/issue"
)

// refusal is an answer that says no, told as an OperationOutcome.
type refusal struct {
	status int
	issues []issue.Issue
}

// refuse makes a refusal with one issue; typ is its FHIR issue-type.
func refuse(status int, typ, diagnostics string) *refusal {
	return &refusal{status, []issue.Issue{{Severity: issue.Error, Type: typ, Message: diagnostics}}}
}

// broken is the refusal for trouble of the server's own. A full disk has a
// status of its own (RFC 4918 section 11.5): no repetition cures it.
func broken(err error) *refusal {
	if disk.Full(err) {
		return refuse(http.StatusInsufficientStorage, "no-store", "the disk of the sandbox is full; free space, then run again: "+err.Error())
	}
	return refuse(http.StatusInternalServerError, "exception", err.Error())
}

// outcome is the OperationOutcome (FHIR R4 section 2.33).
func (r *refusal) outcome() []byte {
	b := []byte(`{"resourceType":"OperationOutcome","issue":[`)
	for i, is := range r.issues {
		if i > 0 {
			b = append(b, ',')
		}
		typ := is.Type
		if typ == "" {
			typ = "processing"
		}
		b = append(b, `{"severity":"`+is.Severity.String()+`","code":`...)
		b = fhir.AppendString(b, typ)
		b = append(b, `,"diagnostics":`...)
		b = fhir.AppendString(b, is.Message)
		if is.Expression != "" {
			b = append(b, `,"expression":[`...)
			b = append(fhir.AppendString(b, is.Expression), ']')
		}
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

func statusLine(status int) string { return strconv.Itoa(status) + " " + http.StatusText(status) }

// write answers with a refusal.
func write(w http.ResponseWriter, r *refusal) { writeJSON(w, r.status, r.outcome()) }

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}
