package loadtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Importer is a FHIR server with $import before one that has none: it fetches
// the files and writes what is in them to Next. Set its fields before it is
// used.
type Importer struct {
	Next http.Handler // serves /fhir

	Azure       bool // answer as Azure Health Data Services does (azure.go); else as HAPI does
	Polls       int  // questions that are answered with 202 before the job ends
	RetryAfter  string
	Unreachable bool // no file is ever fetched, and the job fails
	Refuse      int  // status that answers $import, 0: it is taken
	Forgetful   bool // the first job is not known any more when it is asked for
	Elsewhere   string

	InitialMode bool // of Azure: it takes initial loads, and no other writes
	Denied      bool // of Azure: it may not read the storage
	Full        bool // of Azure: its database has no room

	mu      sync.Mutex
	jobs    [][]importInput
	azure   []*azureJob
	bodies  []string // of $import
	asked   int
	skipped map[string]bool // resources that the jobs leave out
}

type importInput struct{ typ, url string }

// importBody is the body of $import.
type importBody struct {
	ResourceType string
	Parameter    []struct {
		Name        string
		ValueString string
		Part        []struct{ Name, ValueString, ValueURI string }
	}
}

// inputs are the files that the body names.
func (b importBody) inputs() []importInput {
	var all []importInput
	for _, one := range b.Parameter {
		var in importInput
		for _, part := range one.Part {
			switch part.Name {
			case "type":
				in.typ = part.ValueString
			case "url":
				in.url = part.ValueURI
			}
		}
		if one.Name == "input" {
			all = append(all, in)
		}
	}
	return all
}

// Skip makes jobs leave out a resource, and fail.
func (i *Importer) Skip(ref string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.skipped == nil {
		i.skipped = map[string]bool{}
	}
	i.skipped[ref] = true
}

// Bodies returns what was posted to $import so far, in order.
func (i *Importer) Bodies() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.bodies...)
}

// ServeHTTP answers $import and the questions for its progress, and leaves the
// rest to Next.
func (i *Importer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.Azure {
		i.serveAzure(w, r)
		return
	}
	switch r.URL.Path {
	case "/fhir/$import":
		i.begin(w, r)
	case "/fhir/$import-poll-status":
		i.progress(w, r)
	default:
		i.Next.ServeHTTP(w, r)
	}
}

func (i *Importer) begin(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var p importBody
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bodies = append(i.bodies, string(body))
	if i.Refuse != 0 || r.Header.Get("Prefer") != "respond-async" || json.Unmarshal(body, &p) != nil {
		answerOutcome(w, max(i.Refuse, http.StatusBadRequest), "HAPI-2048: not so")
		return
	}
	i.jobs, i.asked = append(i.jobs, p.inputs()), 0
	base := "http://" + r.Host
	if i.Elsewhere != "" {
		base = i.Elsewhere
	}
	w.Header().Set("Content-Location", fmt.Sprintf("%s/fhir/$import-poll-status?_jobId=%d", base, len(i.jobs)))
	w.WriteHeader(http.StatusAccepted)
}

func (i *Importer) progress(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var n int
	_, _ = fmt.Sscan(r.URL.Query().Get("_jobId"), &n)
	if n < 1 || n > len(i.jobs) || i.Forgetful && n == 1 {
		answerOutcome(w, http.StatusNotFound, "no such job")
		return
	}
	if i.asked++; i.asked <= i.Polls {
		w.Header().Set("X-Progress", "Job is in IN_PROGRESS state. Current completion: 45.3% and ETA is soon")
		if i.RetryAfter != "" {
			w.Header().Set("Retry-After", i.RetryAfter)
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	bad, err := 0, error(nil)
	if !i.Unreachable {
		bad, err = i.work(i.jobs[n-1])
	}
	switch {
	case err != nil || i.Unreachable:
		answerOutcome(w, http.StatusInternalServerError, "Job is in FAILED state. Last error: HAPI-2056: Received HTTP 404")
	case bad > 0:
		answerOutcome(w, http.StatusInternalServerError, "Job is in FAILED state. Last error: HAPI-2053: Peter Smith is bad")
	default:
		answerOutcome(w, http.StatusOK, "report")
	}
}

// work fetches the files and writes their resources, one by one. It returns how
// many were refused.
func (i *Importer) work(inputs []importInput) (bad int, err error) {
	for _, in := range inputs {
		res, err := http.Get(in.url)
		if err != nil {
			return bad, err
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/fhir+ndjson" {
			return bad, fmt.Errorf("fetch %s: status %d", in.typ, res.StatusCode)
		}
		for line := range strings.Lines(string(text)) {
			var r struct{ ResourceType, ID string }
			ref := func() string { return r.ResourceType + "/" + r.ID }
			if json.Unmarshal([]byte(line), &r) != nil || r.ResourceType != in.typ || i.skipped[ref()] || i.next(http.MethodPut, ref(), line) >= 300 {
				bad++
			}
		}
	}
	return bad, nil
}

func answerOutcome(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","diagnostics":%q}]}`, text)
}
