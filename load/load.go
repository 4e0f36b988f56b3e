// Package load is the contract of delivery: bundles of resources go into a
// sink, and every entry comes back with its own outcome.
//
// Read [Sink] and [Outcome] first. The sinks are load/fhirserver (any FHIR
// server by HTTP) and load/ndjson (files); load/sandbox is a FHIR server of
// our own to rehearse against. Every sink passes load/loadtest.
package load

import (
	"context"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Entry is one resource on its way, with the source row that it came from.
type Entry struct {
	Resource fhir.Resource
	Origin   issue.Origin
}

// Bundle is a group of entries that are sent together. Seq counts the bundles
// of a run from 1. Atomic asks for a transaction where the target has them.
type Bundle struct {
	Seq     int64
	Atomic  bool
	Entries []Entry
}

// Outcome is what became of one entry. Status is the HTTP status for that entry
// (201 created, 200 updated or unchanged, 4xx refused; files answer 201).
// Issues say why it was refused; their Message is safe to print, what the
// server wrote is in Value. Attempts is the number of requests that the entry's
// bundle took, repetitions and halves included; 0 counts as 1.
type Outcome struct {
	Status   int
	Attempts int
	Created  bool
	Same     bool   // it was there before with this content, as the target proves
	Version  string // the server's version id, "" where it has none
	Issues   []issue.Issue
}

// OK reports whether the target holds the resource.
func (o Outcome) OK() bool { return o.Status >= 200 && o.Status < 300 }

// Output is what a sink left behind, as one hash: SHA-256 of the lines "sha256
// name" of its files, by name, as sha256sum writes them.
type Output struct {
	SHA256    string
	Resources int64
}

// Sealed is a Sink whose output can be hashed. Output is asked after Commit.
type Sealed interface {
	Output() Output
}

// Copying is a Sink that, where Copies says so, keeps nothing of a bundle when
// Send has returned: its memory may be written again.
type Copying interface {
	Copies() bool
}

// Queueing is a Sink that keeps bundles that are sent at the same time from
// getting in each other's way: what refers to a resource waits for it. Queue
// tells it of a bundle whose Send will come, in the order that counts; several
// senders, and what each does before it sends, do not keep it. It is called by
// one goroutine.
type Queueing interface {
	Queue(b *Bundle)
}

// Restoring is a Sink whose target may fall, and come back without what it had
// acknowledged. Restored returns, each once, the resources that it was sent
// again for that since Restored was asked last, without their JSON; it is safe
// for concurrent use. They are in the outcomes of no bundle.
type Restoring interface {
	Restored() []Entry
}

// Sink takes bundles.
type Sink interface {
	// Send delivers the bundle and returns one Outcome for each entry, in
	// order. It retries what can be retried. An error means that delivery
	// cannot go on: the target is gone, refuses the credentials, or ctx is
	// done.
	Send(ctx context.Context, b *Bundle) ([]Outcome, error)
	// Commit makes everything sent so far final (files get their names). It is
	// called once, after the last Send.
	Commit() error
	// Close frees the sink. Without Commit before it, a file sink leaves no
	// finished file behind.
	Close() error
}
