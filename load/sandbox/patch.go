package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"chartlift/fhir"
)

// patchMedia is the type of a JSON Patch (RFC 6902).
const patchMedia = "application/json-patch+json"

// patch answers PATCH /Type/id. Of JSON Patch it knows what concerns a whole
// element: add, replace and remove of /ELEMENT.
func (s *Server) patch(w http.ResponseWriter, r *http.Request, typ, id string) {
	t := s.tree()
	defer s.trees.Put(t)
	_, no := s.body(w, r, t)
	var set map[string]string
	if no == nil {
		set, no = readPatch(t)
	}
	if no != nil {
		write(w, no)
		return
	}
	s.store.mu.Lock()
	found, known, err := s.store.find(typ, id)
	s.store.mu.Unlock()
	switch {
	case err != nil:
		write(w, broken(err))
		return
	case !known || found.body == nil:
		write(w, refuse(http.StatusNotFound, "not-found", typ+"/"+id+" is not known"))
		return
	}
	whole := s.tree()
	defer s.trees.Put(whole)
	body, err := applyPatch(whole, found.body, set)
	if err != nil {
		write(w, broken(err))
		return
	}
	a := &action{method: http.MethodPut, typ: typ, id: id, patched: true}
	d, no := readDocument(whole, 0, body)
	if a.doc = &d; no == nil {
		no = s.apply([]*action{a}, base(r), true)
	}
	if no != nil {
		write(w, no)
		return
	}
	s.answerResource(w, a.status, a.row)
}

// readPatch returns the elements that a patch sets, as JSON; "" is one that it
// removes.
func readPatch(t *fhir.Tree) (map[string]string, *refusal) {
	set := map[string]string{}
	for c := t.First(0); c != 0; c = t.Next(c) {
		op, path, value := t.FindText(c, "op"), t.FindText(c, "path"), t.Find(c, "value")
		name, whole := strings.CutPrefix(path, "/")
		fits := (op == "add" || op == "replace") && value != 0 || op == "remove" && value == 0
		if !fits || !whole || name == "" || strings.ContainsAny(name, `/~"\`) {
			return nil, refuse(http.StatusUnprocessableEntity, "not-supported", "of JSON Patch only add, replace and remove of a whole element are known here")
		}
		set[strings.Clone(name)] = ""
		if value != 0 {
			set[strings.Clone(name)] = strings.Clone(t.Raw(value))
		}
	}
	return set, nil
}

// applyPatch sets and removes elements of a stored resource, and parses the
// result into t.
func applyPatch(t *fhir.Tree, body []byte, set map[string]string) ([]byte, error) {
	if err := t.Parse(body); err != nil {
		return nil, err
	}
	patched := []byte{'{'}
	member := func(name, value string) {
		if len(patched) > 1 {
			patched = append(patched, ',')
		}
		patched = append(append(fhir.AppendString(patched, name), ':'), value...)
	}
	for c := t.First(0); c != 0; c = t.Next(c) {
		name := t.Key(c)
		value, named := set[name]
		if delete(set, name); !named {
			value = t.Raw(c)
		}
		if value != "" {
			member(name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] != "" {
			member(name, set[name])
		}
	}
	patched = append(patched, '}')
	return patched, t.Parse(patched)
}
