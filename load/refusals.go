package load

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A target that refuses everything refuses one more row as well: each would
// become a dead letter, and tell nothing new.
const (
	RefusalsLook = 20  // so many resources in a row that were refused alike are a reason to look what is in the way
	RefusalsMost = 200 // so many are a reason to stop whatever was taken before
)

// Refusals counts resources that a target refused in a row. Its zero value is
// ready; it is safe for concurrent use.
type Refusals struct {
	mu   sync.Mutex
	took bool
	was  int // the status of the row
	row  Row
}

// Row is resources that were refused one after the other, with one status.
type Row struct {
	N     int
	Types []string // of these resources, each once
	First bool     // the target took nothing before them
}

// Refused counts a resource that was refused with a status, and returns the row
// that it is the last of.
func (r *Refusals) Refused(status int, resourceType string) Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	if status != r.was {
		r.was, r.row = status, Row{}
	}
	r.row.N++
	r.row.First = !r.took
	if !slices.Contains(r.row.Types, resourceType) {
		r.row.Types = append(slices.Clip(r.row.Types), resourceType) // rows handed out keep theirs
	}
	return r.row
}

// End ends the row: a refusal was about the one resource.
func (r *Refusals) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.row = Row{}
}

// Took ends the row: the target took something, now or in an earlier run.
func (r *Refusals) Took() {
	r.End()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = true
}

// String names the resources, such as the last 20 resources (Condition,
// Patient).
func (r Row) String() string {
	return fmt.Sprintf("the last %d resources (%s)", r.N, strings.Join(slices.Sorted(slices.Values(r.Types)), ", "))
}

// Ends reports whether a target that does not say in a known form why it
// refuses, as interface engines do not, is to be left alone after the row. What
// took something before may refuse single rows for good reasons, and is given
// more time.
func (r Row) Ends() bool { return r.First && r.N >= RefusalsLook || r.N >= RefusalsMost }

// Explain says for whoever reads why the run stopped what was refused, by which
// answer (a status, an acknowledgment), and what to do.
func (r Row) Explain(answer string) string {
	also := ""
	if r.First {
		also = ", and nothing was taken before"
	}
	return fmt.Sprintf("%s were all refused with %s%s: that is hardly about single rows. The log of the channel says why; mend it, then go on with chartlift resume: what was refused is sent again", r, answer, also)
}

// Refusing is a Sink that stops where its target refuses everything. Took tells
// it that this target took something in an earlier run.
type Refusing interface {
	Took()
}
