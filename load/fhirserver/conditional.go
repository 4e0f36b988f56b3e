package fhirserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

// mostFound bounds what is remembered of conditional references; beyond it,
// everything is asked for anew.
const mostFound = 10_000

// found remembers what conditional references lead to on the server. One that
// leads nowhere is asked for again: it may be there later.
type found struct {
	mu  sync.Mutex
	ids map[string]string // Type/id, or its address, by reference

	// theirs is what was called Type/id, by the server's id, before the server
	// was found out to give ids itself: references of ours look alike.
	theirs map[string]bool
}

func (f *found) isTheirs(ref string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.theirs[ref]
}

func (f *found) get(ref string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ids[ref]
}

func (f *found) put(ref, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ids == nil || len(f.ids) >= mostFound {
		f.ids = map[string]string{}
	}
	if f.ids[ref] = to; relative(to) != "" {
		if f.theirs == nil {
			f.theirs = map[string]bool{}
		}
		f.theirs[to] = true
	}
}

// Resolve returns canonical JSON of a resource with its conditional references
// (Patient?identifier=…) replaced by what the server has. Those that lead to
// nothing, or to several resources, stay: Send refuses such a resource rather
// than store a text that leads nowhere.
func (s *Sink) Resolve(ctx context.Context, text []byte) ([]byte, error) {
	out, _, err := s.resolved(ctx, text, nil)
	return out, err
}

// resolved is Resolve, with the fault of the first reference that stays. What
// is sent together comes before what the server has: nil where nothing is.
func (s *Sink) resolved(ctx context.Context, text []byte, together *bearing) (out []byte, why *unresolved, err error) {
	if !fhir.HasConditional(text) {
		return text, nil, nil
	}
	out = fhir.RenameReferences(text, func(ref string) (string, bool) {
		c, conditional, ok := fhir.ParseConditional(ref)
		if !conditional || err != nil {
			return "", false
		}
		to, fault := "", unresolved{code: "reference-unresolved", typ: c.Type, ref: ref}
		if ok {
			if to, fault.code = together.locate(ref, c); to == "" && fault.code == "" {
				to, fault.code, err = s.locate(ctx, ref, c)
			}
		}
		if to == "" && why == nil {
			why = &fault
		}
		return to, to != ""
	})
	return out, why, err
}

// unresolved is a conditional reference that cannot be sent.
type unresolved struct{ code, typ, ref string }

// locate returns the one resource of the server that a reference means, or why
// there is none.
func (s *Sink) locate(ctx context.Context, ref string, c fhir.Conditional) (to, code string, err error) {
	if to = s.found.get(ref); to != "" {
		return to, "", nil
	}
	a, known := s.client.capability.of(c.Type)
	if !known || !a.search || a.params != nil && !a.params["identifier"] {
		return "", "reference-unresolved", nil
	}
	ids, err := s.client.bearers(ctx, c)
	switch {
	case errors.Is(err, errOtherSearch):
		return "", "reference-unresolved", nil
	case err != nil:
		return "", "", fmt.Errorf("look for what a reference means: %w", err)
	case len(ids) == 0:
		return "", "reference-not-found", nil
	case len(ids) > 1:
		return "", "ambiguous-reference", nil
	}
	to = c.Type + "/" + ids[0]
	if s.assigns() { // there a reference such as Patient/1 would be to what has this id here
		to = s.client.target + "/" + to
	}
	s.found.put(ref, to)
	return to, "", nil
}

// errOtherSearch says that a server does not search for what it is asked for:
// it refuses, or answers with other resources.
var errOtherSearch = errors.New("the server does not search by identifier")

// errEnough ends the reading of a search.
var errEnough = errors.New("enough is known")

// bearers returns the ids of resources that bear the identifier, two at most.
func (c *Client) bearers(ctx context.Context, by fhir.Conditional) ([]string, error) {
	met := map[string]bool{}
	var ids []string
	ok, err := c.pages(ctx, url.PathEscape(by.Type)+"?"+by.Query, func(page searchset) error {
		for _, e := range page.Entry {
			if e.Search.Mode != "" && e.Search.Mode != "match" {
				continue
			}
			id, bears := bearer(by, e.Resource)
			if !bears {
				return errOtherSearch
			}
			if !met[id] {
				met[id], ids = true, append(ids, id)
			}
		}
		if len(ids) > 1 {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil && !ok {
		err = errOtherSearch
	}
	return ids, err
}

// bearer returns the id of a found resource where it bears the identifier: what
// a server answers is not believed.
func bearer(by fhir.Conditional, resource json.RawMessage) (id string, ok bool) {
	var t fhir.Tree
	if t.Parse(resource) != nil || !by.Names(&t, 0) {
		return "", false
	}
	id = string(append([]byte(nil), t.FindText(0, "id")...))
	return id, fhir.CheckPrimitive("id", id) == nil
}

// refusal is the outcome of an entry with such a reference.
func (u unresolved) refusal(e load.Entry) load.Outcome {
	o := load.Outcome{Status: http.StatusUnprocessableEntity}
	i := issue.Issue{Severity: issue.Error, Code: u.code, Type: "not-found", Origin: e.Origin, Expression: e.Resource.Type, Value: u.ref}
	switch u.code {
	case "ambiguous-reference":
		o.Status, i.Type = http.StatusPreconditionFailed, "multiple-matches"
		i.Message = "a reference asks for the " + u.typ + " with an identifier, and the server has several with it: each could be the wrong one; merge them there, or name one by its id"
	case "reference-not-found":
		i.Message = "a reference asks for the " + u.typ + " with an identifier, and neither what is loaded nor the server has one with it; load that first, then chartlift retry"
	default:
		i.Type = "not-supported"
		i.Message = "a reference asks for a " + u.typ + " by a search that cannot be answered for certain; name it by its id, or by one identifier that the server can be searched for"
	}
	o.Issues = []issue.Issue{i}
	return o
}
