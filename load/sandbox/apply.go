package sandbox

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// action is one thing to do: an entry of a bundle, or a request by itself.
type action struct {
	method, typ, id string // id is "" for a POST until name gives one
	fullURL         string
	ifNoneExist     string
	doc             *document // nil for DELETE
	patched         bool      // a PUT that stands for a PATCH

	matched bool     // a conditional create that found its resource: nothing to write
	status  int      // what was done: 200, 201, 204
	row     row      // what is stored now
	refused *refusal // why nothing was done
}

// apply does all actions, in one transaction of the database. Where atomic, the
// first refusal undoes everything and is returned; otherwise each action keeps
// its own refusal.
func (s *Server) apply(actions []*action, base string, atomic bool) *refusal {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if err := exec(s.store.begin); err != nil {
		return broken(err)
	}
	if atomic {
		if r := s.run(actions, base); r != nil {
			return s.undo(r)
		}
	} else {
		for _, a := range actions {
			if r := s.runOne(a, base); r != nil {
				return s.undo(r)
			}
		}
	}
	if err := exec(s.store.commit); err != nil {
		return s.undo(broken(err))
	}
	return nil
}

// exec does a statement without arguments or answer.
func exec(q *sql.Stmt) error {
	_, err := q.Exec()
	return err
}

// undo ends the transaction of the database without a trace and returns r.
// Where the disk is full, SQLite has ended it by itself, and what it says of a
// second end would hide why (https://www.sqlite.org/lang_transaction.html
// section 3.1).
func (s *Server) undo(r *refusal) *refusal {
	if err := exec(s.store.rollback); err != nil && r.status < http.StatusInternalServerError {
		return broken(err)
	}
	return r
}

// runOne does one action of a batch; what a refused one did is undone. What it
// returns ends the batch.
func (s *Server) runOne(a *action, base string) *refusal {
	if err := exec(s.store.mark); err != nil {
		return broken(err)
	}
	if a.refused == nil {
		a.refused = s.run([]*action{a}, base)
	}
	if a.refused != nil {
		if a.refused.status == http.StatusInsufficientStorage { // the others fare no better, and the savepoint is gone
			return a.refused
		}
		if err := exec(s.store.back); err != nil {
			return broken(err)
		}
	}
	if err := exec(s.store.end); err != nil {
		return broken(err)
	}
	return nil
}

// run does the actions in the order of FHIR R4 section 3.1.0.11.2: names are
// given first, so that references can be resolved; then DELETE, POST and PUT;
// references are looked after when all is there.
func (s *Server) run(actions []*action, base string) *refusal {
	names := map[string]string{}
	for _, a := range actions {
		if r := s.name(a, names); r != nil {
			return r
		}
	}
	for _, a := range actions {
		if r := s.prepare(a, names, base); r != nil {
			return r
		}
	}
	now := s.options.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	for _, method := range []string{http.MethodDelete, http.MethodPost, http.MethodPut} {
		for _, a := range actions {
			if a.method != method {
				continue
			}
			if r := s.perform(a, now); r != nil {
				return r
			}
		}
	}
	return s.checkReferences(actions)
}

// name finds out which resource a is about, and notes it under its fullUrl.
func (s *Server) name(a *action, names map[string]string) *refusal {
	if a.refused != nil {
		return a.refused
	}
	if r := s.checkTarget(a); r != nil {
		return r
	}
	if !s.profile.Conditional {
		a.ifNoneExist = "" // a header that a server does not know is no error
	}
	if a.ifNoneExist != "" {
		rows, r := s.match(a.typ, a.ifNoneExist)
		switch {
		case r != nil:
			return r
		case len(rows) > 1:
			return refuse(http.StatusPreconditionFailed, "multiple-matches", "If-None-Exist matches more than one "+a.typ)
		case len(rows) == 1:
			a.matched, a.status, a.id, a.row = true, http.StatusOK, rows[0].id, rows[0]
		case names[a.typ+"?"+a.ifNoneExist] != "":
			return refuse(http.StatusBadRequest, "duplicate", "two entries have the same ifNoneExist")
		}
	}
	if a.method == http.MethodPost && !a.matched {
		a.id = newID()
	}
	ref := a.typ + "/" + a.id
	if _, twice := names["="+ref]; twice && !a.matched {
		return refuse(http.StatusBadRequest, "duplicate", "the bundle has "+ref+" more than once")
	}
	names["="+ref] = ref
	if a.ifNoneExist != "" {
		names[a.typ+"?"+a.ifNoneExist] = ref // what a conditional reference to it says
	}
	if a.fullURL != "" {
		names[a.fullURL] = ref
	}
	return nil
}

// checkTarget compares the address with the resource.
func (s *Server) checkTarget(a *action) *refusal {
	switch {
	case !s.offers(a.typ):
		return refuse(http.StatusNotFound, "not-supported", fmt.Sprintf("unknown resource type %q", a.typ))
	case !s.profile.does(a.typ, map[string]string{http.MethodPost: "c", http.MethodPut: "u", http.MethodDelete: "d"}[a.method]) && !a.patched:
		return refuse(http.StatusMethodNotAllowed, "not-supported", a.method+" of "+a.typ+" is not offered")
	case a.method == http.MethodDelete:
		return nil
	case a.doc == nil:
		return refuse(http.StatusBadRequest, "required", "a resource is required")
	case a.doc.typ != a.typ:
		return refuse(http.StatusBadRequest, "structure", fmt.Sprintf("the resource is a %q, the address says %s", a.doc.typ, a.typ))
	case a.method == http.MethodPost:
		return nil
	case a.doc.id != a.id:
		return refuse(http.StatusBadRequest, "value", "the id of the resource is not that of the address")
	case !idForm.MatchString(a.id):
		return refuse(http.StatusBadRequest, "value", "the id is not 1 to 64 letters, digits, dots and hyphens")
	case digitsOnly.MatchString(a.id):
		return refuse(http.StatusBadRequest, "value", "an id given by the client must have at least one character that is not a digit")
	}
	return nil
}

// newID is a random UUID (version 4), which always has a hyphen: never digits
// only.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// prepare writes the id and the resolved references into the resource and asks
// the validator.
func (s *Server) prepare(a *action, names map[string]string, base string) *refusal {
	if a.doc == nil || a.matched {
		return nil
	}
	var edits []edit
	if a.method == http.MethodPost {
		edits = append(edits, a.doc.editID(a.id))
		a.doc.id = a.id
	}
	for i, ref := range a.doc.references {
		target, r := s.resolve(ref.target, names, base)
		if r != nil {
			return r
		}
		if target != ref.target {
			edits = append(edits, a.doc.rename(i, target))
		}
	}
	if len(edits) > 0 {
		a.doc.body = applyEdits(a.doc.body, edits)
	}
	return s.validate(a)
}

// validate asks the check that the sandbox was opened with, after references
// are resolved.
func (s *Server) validate(a *action) *refusal {
	if s.options.Check == nil {
		return nil
	}
	found := s.options.Check(fhir.Resource{Type: a.typ, ID: a.id, JSON: a.doc.body})
	if slices.ContainsFunc(found, func(i issue.Issue) bool { return i.Severity >= issue.Error }) {
		return &refusal{http.StatusUnprocessableEntity, found}
	}
	return nil
}

// resolve returns the relative reference that target stands for.
func (s *Server) resolve(target string, names map[string]string, base string) (string, *refusal) {
	if ref, ok := names[target]; ok {
		return ref, nil
	}
	if rest, own := strings.CutPrefix(target, base); own {
		return rest, nil
	}
	typ, query, conditional := strings.Cut(target, "?")
	switch {
	case strings.HasPrefix(target, "urn:uuid:"), strings.HasPrefix(target, "urn:oid:"):
		return "", refuse(http.StatusBadRequest, "not-found", "no entry has the fullUrl "+target)
	case !conditional || !s.types[typ]:
		return target, nil
	}
	rows, r := s.match(typ, query)
	if r != nil {
		return "", r
	}
	if len(rows) != 1 {
		return "", refuse(http.StatusPreconditionFailed, "multiple-matches", fmt.Sprintf("a conditional reference to %s matches %d resources", typ, len(rows)))
	}
	return typ + "/" + rows[0].id, nil
}

// match returns up to two resources that the search finds.
func (s *Server) match(typ, query string) ([]row, *refusal) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid", "the condition is not a search")
	}
	q, r := s.parseSearch(typ, values)
	if r != nil {
		return nil, r
	}
	if len(q.where) == 0 {
		return nil, refuse(http.StatusBadRequest, "invalid", "the condition does not restrict anything")
	}
	rows, err := s.store.search(q, 0, 2)
	if err != nil {
		return nil, broken(err)
	}
	return rows, nil
}

// perform writes a.
func (s *Server) perform(a *action, now string) *refusal {
	if a.matched {
		return nil
	}
	old, known, err := s.store.find(a.typ, a.id)
	if err != nil {
		return broken(err)
	}
	if a.method == http.MethodDelete {
		return s.delete(a, old, now)
	}
	if a.method == http.MethodPut && !known && s.profile.ClientIDs == Never {
		return refuse(http.StatusNotFound, "processing", "HAPI-0959: No resource exists on this server with this id, and client-assigned IDs are not enabled.")
	}
	if a.method == http.MethodPut && !known && s.profile.ClientIDs == No {
		return refuse(http.StatusMethodNotAllowed, "not-supported", "client-assigned ids are not enabled")
	}
	a.status = http.StatusCreated
	if old.body != nil {
		a.status, a.row = http.StatusOK, old
		if bytes.Equal(old.body, a.doc.body) {
			return nil // the same content is no new version, as HAPI does
		}
		if err := s.unindex(a.typ, old); err != nil {
			return broken(err)
		}
	}
	if a.row, err = s.store.put(a.doc, old, now); err != nil {
		return broken(err)
	}
	return nil
}

// delete leaves a tombstone; what others refer to stays.
func (s *Server) delete(a *action, old row, now string) *refusal {
	a.status, a.row = http.StatusNoContent, old
	if old.body == nil {
		return nil
	}
	err := s.unindex(a.typ, old)
	if err != nil {
		return broken(err)
	}
	if a.row, err = s.store.remove(old, now); err != nil {
		return broken(err)
	}
	return nil
}

// unindex drops the rows by which the old version was found.
func (s *Server) unindex(typ string, old row) error {
	t := s.tree()
	defer s.trees.Put(t)
	if err := t.Parse(old.body); err != nil {
		return fmt.Errorf("read stored %s: %w", typ, err)
	}
	d, r := readDocument(t, 0, old.body)
	if r != nil {
		return fmt.Errorf("read stored %s: it is not a resource", typ)
	}
	return s.store.unindex(&d, old.seq)
}

// checkReferences refuses what leads nowhere now that all is written, as HAPI
// does (HAPI-1094).
func (s *Server) checkReferences(actions []*action) *refusal {
	there := map[string]bool{}
	for _, a := range actions {
		switch {
		case a.matched:
			continue
		case a.method == http.MethodDelete:
			held, err := s.store.has(s.store.referred, a.typ+"/"+a.id)
			if err != nil {
				return broken(err)
			}
			if held {
				return refuse(http.StatusConflict, "conflict", "another resource refers to "+a.typ+"/"+a.id)
			}
			continue
		}
		for _, ref := range a.doc.references {
			if there[ref.target] {
				continue
			}
			if r := s.leadsSomewhere(a.typ, ref); r != nil {
				return r
			}
			there[ref.target] = true
		}
	}
	return nil
}

// leadsSomewhere refuses a relative reference to what is not stored; others are
// not this server's to judge.
func (s *Server) leadsSomewhere(from string, ref reference) *refusal {
	typ, id, ok := strings.Cut(ref.target, "/")
	if !ok || !s.types[typ] {
		return nil
	}
	found, err := s.store.has(s.store.exists, typ, id)
	if err != nil {
		return broken(err)
	}
	if !found {
		return refuse(http.StatusBadRequest, "not-found", "resource "+ref.target+" not found, specified in path "+from+"."+ref.element)
	}
	return nil
}
