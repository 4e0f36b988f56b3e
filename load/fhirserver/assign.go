package fhirserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

// prepare makes the request for items. Where the server gives ids itself,
// references are rewritten to them, and items that refer to what is not there
// are left out: they get their outcome here.
func (d delivery) prepare(items []item) ([]item, request, error) {
	items = slices.Clone(items)
	assigned := false
	for i := range items {
		items[i].put = d.sink.way(items[i].entry.Resource.Type) == Put
		assigned = assigned || !items[i].put
	}
	by := make([]rewritten, len(items))
	if !assigned && !d.sink.assigns() {
		for i, it := range items {
			by[i].json = it.entry.Resource.JSON
			if len(it.without) > 0 {
				var err error
				if by[i], err = (rewrite{id: it.entry.Resource.ID, without: it.without, rename: same}).of(it.entry.Resource.JSON); err != nil {
					return nil, request{}, fmt.Errorf("rewrite one %s: %w", it.entry.Resource.Type, err)
				}
			}
		}
		return items, d.request(items, by), nil
	}
	naming := d.sink.client.fall.naming.Load()
	items, by, err := d.resolve(items)
	if err != nil || len(items) == 0 {
		return nil, request{}, err
	}
	r := d.request(items, by)
	r.naming = &naming
	return items, r, nil
}

func same(ref string) (string, bool) { return ref, true }

// assigns reports whether the server gives the ids of any type itself.
func (s *Sink) assigns() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taught.noIDs {
		return true
	}
	for typ := range s.client.capability.types {
		if w := s.client.capability.way(typ, s.taught); w != Put && w != Refused {
			return true
		}
	}
	return false
}

// resolve rewrites items, again and again until none is left that refers to one
// that cannot be sent.
func (d delivery) resolve(items []item) ([]item, []rewritten, error) {
	known, err := d.sink.ids.Lookup(wanted(items))
	if err != nil {
		return nil, nil, fmt.Errorf("look up server ids: %w", err)
	}
	for {
		n := d.names(items, known)
		kept, by := items[:0:0], make([]rewritten, 0, len(items))
		for _, it := range items {
			w := rewrite{rename: n.rename, without: it.without}
			if it.put {
				w.id = it.entry.Resource.ID
			} else {
				w.identifier = identifierOf(it.entry.Resource)
			}
			out, err := w.of(it.entry.Resource.JSON)
			if err != nil {
				return nil, nil, fmt.Errorf("rewrite one %s: %w", it.entry.Resource.Type, err)
			}
			if out.missing != "" {
				*it.out = dangling(it.entry, out.missing)
				continue
			}
			kept, by = append(kept, it), append(by, out)
		}
		if len(kept) == len(items) {
			return kept, by, d.announce(kept, known)
		}
		items = kept
	}
}

// announce writes down what is about to be created: where the answer is lost,
// the next run knows what was sent.
func (d delivery) announce(items []item, known map[string]Known) error {
	var sent []Known
	for i, it := range items {
		was, there := known[it.ref()]
		items[i].before = was.Hash
		if !it.put && !there {
			sent = append(sent, Known{Ref: it.ref(), Hash: hashOf(it.entry.Resource.JSON)})
		}
	}
	if len(sent) == 0 {
		return nil
	}
	if err := d.sink.ids.Save(sent...); err != nil {
		return fmt.Errorf("write down what is sent: %w", err)
	}
	return nil
}

// wanted lists what items are and refer to.
func wanted(items []item) []string {
	var refs []string
	for _, it := range items {
		refs = append(refs, it.ref())
		refs = slices.AppendSeq(refs, fhir.References(it.entry.Resource.JSON))
	}
	return refs
}

// names is what resources are called in a request.
type names struct {
	sink     *Sink
	together map[string]bool // those in the request whose ids the server will give
	known    map[string]Known
}

func (d delivery) names(items []item, known map[string]Known) names {
	n := names{sink: d.sink, together: map[string]bool{}, known: known}
	if d.strategy == Single {
		return n
	}
	for _, it := range items {
		if !it.put {
			n.together[it.ref()] = true
		}
	}
	return n
}

// rename returns what ref is called on the server; false where it is not there.
// What is said to be there by its own id stays as it is, and so does all that
// is no reference to a resource of ours.
func (n names) rename(ref string) (string, bool) {
	if theirs, own := strings.CutPrefix(ref, n.sink.client.target+"/"); own && relative(theirs) != "" {
		return theirs, true
	}
	typ := relative(ref)
	if typ == "" || slices.ContainsFunc(n.sink.external, func(prefix string) bool { return strings.HasPrefix(ref, prefix) }) {
		return ref, true
	}
	if n.sink.found.isTheirs(ref) { // where it is ours as well, nobody can tell which is meant
		return ref, !n.together[ref] && n.known[ref].ID == ""
	}
	if n.together[ref] {
		return urn(ref), true
	}
	if k := n.known[ref]; k.ID != "" {
		return typ + "/" + k.ID, true
	}
	// Where we choose the ids it may be there from an earlier run; the server
	// looks. Elsewhere an id of ours is nobody's, or worse, somebody else's.
	return ref, n.sink.way(typ) == Put
}

// dangling is the outcome of an entry that refers to what was not loaded.
func dangling(e load.Entry, ref string) load.Outcome {
	return load.Outcome{Status: http.StatusUnprocessableEntity, Issues: []issue.Issue{{
		Severity: issue.Error, Code: "reference-not-found", Type: "not-found", Origin: e.Origin, Expression: e.Resource.Type, Value: ref,
		Message: "this " + e.Resource.Type + " refers to a " + relative(ref) + " that the server has not got from here; load that first, or see why it was refused",
	}}}
}

// stored gives items that a request has stored their outcomes, and remembers
// the ids that the server gave.
func (d delivery) stored(ctx context.Context, items []item, answers []fhir.ResponseEntry) error {
	var save []Known
	var behind []item
	for i, it := range items {
		id := locatedID(answers[i].Location, it.entry.Resource.Type)
		if it.put && id != "" && id != it.entry.Resource.ID {
			return d.sink.client.fail("lying-server", answers[i].Status, "the server stored a resource under another id than the one it was sent with; "+
				"its statement says that clients choose ids (updateCreate), and it does not keep to it")
		}
		d.sink.recent.add(d.sink.client.options.Clock.Now(), it)
		if *it.out = success(answers[i].Status, answers[i].Version()); it.put {
			continue
		}
		k, late, err := d.given(ctx, it, id)
		if err != nil {
			return err
		}
		if k.ID == "" {
			*it.out = inDoubt(it.entry)
			continue
		}
		if save = append(save, k); late {
			behind = append(behind, it)
		}
	}
	if len(save) > 0 {
		if err := d.sink.ids.Save(save...); err != nil {
			return fmt.Errorf("write down server ids: %w", err)
		}
	}
	for _, it := range behind {
		if err := d.update(ctx, it); err != nil {
			return err
		}
	}
	return d.learnVersions(ctx, items)
}

// given is what is known now of a resource to which the server gave the id;
// late says that what is stored is an earlier form of it. Where the answer
// names no id it is looked for: Medplum names none where If-None-Exist matched.
func (d delivery) given(ctx context.Context, it item, id string) (k Known, late bool, err error) {
	if id == "" {
		if id, err = d.lookUp(ctx, it); err != nil {
			return k, false, err
		}
	}
	k = Known{Ref: it.ref(), ID: id, Hash: hashOf(it.entry.Resource.JSON)}
	if it.out.Status == http.StatusCreated || it.before == k.Hash {
		return k, false, nil
	}
	k.Hash = it.before // until the change is there, too
	return k, true, nil
}

func notUpdated(e load.Entry) load.Outcome {
	return load.Outcome{Status: http.StatusMethodNotAllowed, Issues: []issue.Issue{{
		Severity: issue.Error, Code: "not-updated", Type: "not-supported", Origin: e.Origin, Expression: e.Resource.Type,
		Message: "the server holds another form of this " + e.Resource.Type + ", an earlier one or one without a reference, and takes no changes of the type; change it there by hand",
	}}}
}

// notCompared is the outcome of an entry of which something is there that
// nobody can read: also what a request of ours made whose answer was lost.
func notCompared(e load.Entry) load.Outcome {
	return load.Outcome{Status: http.StatusMethodNotAllowed, Issues: []issue.Issue{{
		Severity: issue.Error, Code: "not-compared", Type: "not-supported", Origin: e.Origin, Expression: e.Resource.Type,
		Message: "the server has this " + e.Resource.Type + " already, takes no changes of the type and lets nobody read it: whether it holds this form or an earlier one cannot be told; look there by hand",
	}}}
}

func inDoubt(e load.Entry) load.Outcome {
	return load.Outcome{Status: http.StatusConflict, Issues: []issue.Issue{{
		Severity: issue.Error, Code: "in-doubt", Type: "incomplete", Origin: e.Origin, Expression: e.Resource.Type,
		Message: "nobody can tell whether the server has this " + e.Resource.Type + ": it was sent, no answer named its id, and the server cannot be searched for it. It is not sent again; look there by hand",
	}}}
}

// located is a resource of ours where the server has it.
type located struct{ id, version string }

// matches returns the resources in a search's answer that bear the identifier.
// A server may answer with more than was asked for: unknown parameters are
// ignored (FHIR R4 section 3.1.1.1).
func matches(body []byte, id string) (all []located, next string, ok bool) {
	var found struct {
		ResourceType string `json:"resourceType"`
		Type         string `json:"type"`
		Entry        []struct {
			Resource struct {
				ID   string `json:"id"`
				Meta struct {
					Version string `json:"versionId"`
				} `json:"meta"`
				Identifier []struct {
					System string `json:"system"`
					Value  string `json:"value"`
				} `json:"identifier"`
			} `json:"resource"`
		} `json:"entry"`
		Link []struct {
			Relation string `json:"relation"`
			URL      string `json:"url"`
		} `json:"link"`
	}
	if json.Unmarshal(body, &found) != nil || found.ResourceType != "Bundle" || found.Type != "searchset" {
		return nil, "", false
	}
	for _, e := range found.Entry {
		for _, i := range e.Resource.Identifier {
			if i.System == IdentifierSystem && i.Value == id && fhir.CheckPrimitive("id", e.Resource.ID) == nil {
				all = append(all, located{e.Resource.ID, e.Resource.Meta.Version})
			}
		}
	}
	for _, l := range found.Link {
		if l.Relation == "next" {
			next = l.URL
		}
	}
	return all, next, true
}
