package fhirserver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

// parseResponse returns the inner answers of a transaction-response or
// batch-response (FHIR R4 section 3.1.0.11.3), in the order of the requests.
func parseResponse(body []byte, want int) ([]fhir.ResponseEntry, error) {
	var t fhir.Tree
	if err := t.Parse(body); err != nil {
		return nil, errors.New("read response bundle: not JSON") // the cause may quote the body
	}
	inner, err := fhir.ReadResponse(&t)
	if err != nil {
		return nil, fmt.Errorf("read response bundle: %w", err)
	}
	if len(inner) != want {
		return nil, fmt.Errorf("read response bundle: %d entries for %d sent", len(inner), want)
	}
	return inner, nil
}

// innerAnswer is one entry's answer in the form of a request's own. An entry
// without a status decides nothing: it is sent again, as after a bad gateway.
func innerAnswer(e fhir.ResponseEntry) answer {
	if e.Status == 0 {
		e.Status = http.StatusBadGateway
	}
	return answer{status: e.Status, issues: e.Outcome, outcome: e.Outcome != nil}
}

func success(status int, version string) load.Outcome {
	return load.Outcome{Status: status, Created: status == http.StatusCreated, Version: version}
}

var (
	// hapiNumber is HAPI's number of a message: the text behind it holds
	// patient data, the number does not.
	hapiNumber = load.Pattern(`HAPI-[0-9]{3,5}`)
	// plainPath is a FHIRPath without string literals, which could hold data.
	plainPath = load.Pattern(`^[A-Za-z][A-Za-z0-9_.\[\]()]{0,200}$`)
	// tooMany is about a request as a whole: Medplum, Azure and Google each
	// have their own words.
	tooMany  = load.Pattern(`(?i)(too (many|large|big)|exceed|more .{0,40}than allowed|maximum|limit)`)
	aboutAll = load.Pattern(`(?i)(entries|bundle|transaction|batch|request|payload|body|operations)`)
	referred = load.Pattern(`(?i)HAPI-0515|\brefer(s|red|ences|enced|ence)?\b`)
	noIDs    = load.Pattern(`(?i)HAPI-0959|client.?(assigned|defined|supplied).{0,20}id|(does|is) not (support|allow).{0,40}(update.?as.?create|create)`)
)

// maxServerText bounds what is kept of the server's words.
const maxServerText = 2000

// parseOutcome reads the OperationOutcome that the body of a refusal should be.
func (a answer) parseOutcome() answer {
	var t fhir.Tree
	if t.Parse(a.body) == nil {
		a.issues, a.outcome = fhir.ReadOutcome(&t, 0)
	}
	return a
}

// text is all that the server says, in protected form: it may hold patient
// data.
func (a answer) text() string {
	if !a.outcome {
		return strings.ToValidUTF8(string(a.body[:min(len(a.body), maxServerText)]), "")
	}
	var all []string
	for _, i := range a.issues {
		for _, s := range []string{i.Details, i.Diagnostics} {
			if s != "" {
				all = append(all, s)
			}
		}
	}
	text := strings.Join(all, "\n")
	return strings.ToValidUTF8(text[:min(len(text), maxServerText)], "")
}

// tooMany reports whether the answer is about the size of the request.
func (a answer) tooMany() bool {
	if !a.outcome {
		return false
	}
	for _, i := range a.issues {
		if i.Code == "too-costly" {
			return true
		}
	}
	text := a.text()
	return tooMany().MatchString(text) && aboutAll().MatchString(text)
}

// stillReferred reports whether a conflict is that others refer to what is to
// be deleted, as HAPI says it (HAPI-0515). Waiting does not cure it.
func (a answer) stillReferred() bool { return a.outcome && referred().MatchString(a.text()) }

func (a answer) noClientIDs() bool { return a.outcome && noIDs().MatchString(a.text()) }

// refusal is the outcome of an entry that the server did not take.
func refusal(e load.Entry, a answer) load.Outcome {
	out := issue.Issue{
		Severity: issue.Error, Type: "processing", Origin: e.Origin, Value: a.text(),
		Expression: e.Resource.Type,
	}
	for _, i := range a.issues {
		if i.Severity != "error" && i.Severity != "fatal" {
			continue
		}
		if issueTypes[i.Code] {
			out.Type = i.Code
		}
		if len(i.Expression) > 0 && plainPath().MatchString(i.Expression[0]) {
			out.Expression = i.Expression[0]
		}
		break
	}
	hapi := hapiNumber().FindString(out.Value)
	var advice string
	out.Code, advice = classify(a.status, out.Type, hapi)
	out.Message = "the server refused this " + e.Resource.Type + " with status " + strconv.Itoa(a.status) + " " + out.Type
	if hapi != "" {
		out.Message += " (" + hapi + ")"
	}
	if a.status == http.StatusRequestEntityTooLarge {
		out.Message += fmt.Sprintf("; it has %d bytes", len(e.Resource.JSON))
	}
	out.Message += "; " + advice
	return load.Outcome{Status: a.status, Issues: []issue.Issue{out}}
}

// classify names the refusal. HAPI tells a missing reference by number only.
func classify(status int, outcomeType, hapi string) (code, advice string) {
	switch {
	case hapi == "HAPI-1094", outcomeType == "not-found" && (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity):
		return "reference-not-found", "load what it refers to first, or see why that was refused"
	case status == http.StatusRequestEntityTooLarge:
		return "too-large-for-server", "raise the server's size limit or make the resource smaller"
	case status == http.StatusForbidden:
		return "type-forbidden", "ask for scopes that allow to write this type"
	case status == http.StatusPreconditionFailed:
		return "duplicates-on-server", "delete there what is too many, then run again"
	case status == http.StatusConflict:
		return "conflict-on-server", "another client writes the same resource; run again when it has ended"
	case status >= 500, status == 0, status == http.StatusRequestTimeout:
		return "server-error", "look into the server's log, then run again"
	}
	return "refused-by-server", "the server's own words are in the report; correct the row or the mapping"
}

// issueTypes are the codes of http://hl7.org/fhir/ValueSet/issue-type (FHIR
// R4). A code of another spelling is not repeated: it could hold anything.
var issueTypes = map[string]bool{
	"invalid": true, "structure": true, "required": true, "value": true, "invariant": true,
	"security": true, "login": true, "unknown": true, "expired": true, "forbidden": true, "suppressed": true,
	"processing": true, "not-supported": true, "duplicate": true, "multiple-matches": true, "not-found": true,
	"deleted": true, "too-long": true, "code-invalid": true, "extension": true, "too-costly": true,
	"business-rule": true, "conflict": true, "transient": true, "lock-error": true, "no-store": true,
	"exception": true, "timeout": true, "incomplete": true, "throttled": true, "informational": true,
}
