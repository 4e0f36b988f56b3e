package fhirserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"chartlift/load"
)

// Job is an operation that a server works on after it has answered (FHIR
// asynchronous request pattern, R5 section 3.2.6; servers of R4 do the same).
type Job struct {
	Status string    // address to ask for its progress
	Began  time.Time // by the server's clock, in whole seconds; zero where it tells none
}

// Progress is what a server says of a job.
type Progress struct {
	Done   bool          // the job has ended, well or not
	Lost   bool          // the server does not know the job
	Status int           // the HTTP status: 202 while it works, 200 where it ended well; 403 where the job was forbidden something, such as to read its files
	Share  string        // how much is done, such as 45.3%; "" where that is not told
	Wait   time.Duration // how long the server wishes not to be asked, 0 where it does not say
	Body   []byte        // of the last answer; it may hold data of patients
	Number string        // HAPI's number of the last message, such as HAPI-2056; "" where there is none
}

// percent finds the share in X-Progress, whose words are the server's own.
var percent = load.Pattern(`\b(?:100|[0-9]{1,2})(?:[.,][0-9]+)?\s?%`)

// Begin posts a body to an operation below the base, such as $import, and asks
// for an answer at once. ok is false where the server does not take it; answer
// says why, in the form of a refusal.
func (c *Client) Begin(ctx context.Context, operation string, body []byte) (job Job, refusal Refusal, err error) {
	a, v, err := c.send(ctx, request{method: http.MethodPost, path: operation, body: body, prefer: "respond-async"}, 0)
	if err != nil {
		return Job{}, Refusal{}, fmt.Errorf("begin %s: %w", operation, err)
	}
	if v != accepted {
		return Job{}, Refusal{Status: a.status, Number: hapiNumber().FindString(a.text())}, nil
	}
	where, ours := c.within(a.header.Get("Content-Location"))
	if a.header.Get("Content-Location") == "" {
		return Job{}, Refusal{}, c.fail("bad-answer", a.status, "the server took "+operation+" and does not say where to ask for its progress (Content-Location)")
	}
	if !ours {
		// Credentials would go along with each question.
		return Job{}, Refusal{}, c.fail("redirected", a.status, "the server wants to be asked for progress at another address than its own, "+bare(a.header.Get("Content-Location"))+
			"; give that address with --to if you trust it")
	}
	job.Status = c.target + "/" + where
	if strings.HasPrefix(where, "?") {
		job.Status = c.target + where
	}
	if at, err := http.ParseTime(a.header.Get("Date")); err == nil {
		job.Began = at
	}
	return job, Refusal{}, nil
}

// Refusal is why a server does not take an operation. Status is 0 where it took
// it.
type Refusal struct {
	Status int
	Number string // HAPI's number of the message, "" where there is none
}

// Ask asks for the progress of a job, with the patience of any request.
func (c *Client) Ask(ctx context.Context, job Job) (Progress, error) {
	where, ours := c.within(job.Status)
	if !ours || !strings.HasPrefix(job.Status, c.target) {
		return Progress{}, c.fail("redirected", 0, "the job is another server's")
	}
	a, _, err := c.send(ctx, request{method: http.MethodGet, path: where, job: true}, 0)
	if err != nil {
		return Progress{}, fmt.Errorf("ask for progress: %w", err)
	}
	p := Progress{Status: a.status, Body: a.body, Share: percent().FindString(a.header.Get("X-Progress")), Number: hapiNumber().FindString(a.text())}
	p.Wait, _ = retryAfter(a.header, c.options.Clock.Now())
	p.Lost = a.status == http.StatusNotFound || a.status == http.StatusGone
	p.Done = a.status != http.StatusAccepted
	return p, nil
}

// Offers reports whether the server's statement lists an operation of the whole
// system, such as import. Not every server lists what it does.
func (c Capability) Offers(operation string) bool { return c.operations[operation] }
