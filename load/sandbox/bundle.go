package sandbox

import (
	"net/http"
	"strings"

	"chartlift/fhir"
)

// bundle answers a transaction or batch (FHIR R4 section 3.1.0.11).
func (s *Server) bundle(w http.ResponseWriter, r *http.Request) {
	t := s.tree()
	defer s.trees.Put(t)
	body, no := s.body(w, r, t)
	if no != nil {
		write(w, no)
		return
	}
	kind := t.FindText(0, "type")
	if no := s.checkBundle(t, kind); no != nil {
		write(w, no)
		return
	}
	var actions []*action
	if list := t.Find(0, "entry"); list != 0 {
		for c := t.First(list); c != 0; c = t.Next(c) {
			actions = append(actions, readAction(t, c, body))
		}
	}
	no = s.profile.limits(kind, actions)
	if no == nil {
		no = s.apply(actions, base(r), kind == "transaction")
	}
	if no != nil {
		write(w, no)
		return
	}
	writeJSON(w, http.StatusOK, response(kind, actions))
}

// checkBundle looks at the bundle as a whole, before any entry.
func (s *Server) checkBundle(t *fhir.Tree, kind string) *refusal {
	f := s.options.Faults
	switch {
	case t.FindText(0, "resourceType") != "Bundle":
		return refuse(http.StatusBadRequest, "structure", "only a Bundle can be posted here")
	case kind != "transaction" && kind != "batch":
		return refuse(http.StatusBadRequest, "value", "the bundle is no transaction and no batch")
	case kind == "transaction" && s.profile.NoTransaction, kind == "batch" && s.profile.NoBatch:
		return refuse(http.StatusBadRequest, "not-supported", "this server has no "+kind+" interaction")
	}
	if list := t.Find(0, "entry"); f.MaxEntries > 0 && list != 0 && t.Count(list) > f.MaxEntries {
		return refuse(http.StatusRequestEntityTooLarge, "too-costly", "the bundle has too many entries")
	}
	return nil
}

// readAction reads one entry; what is wrong with it stands in refused.
func readAction(t *fhir.Tree, i int, body []byte) *action {
	a := &action{fullURL: strings.Clone(t.FindText(i, "fullUrl"))}
	request := t.Find(i, "request")
	if request == 0 {
		a.refused = refuse(http.StatusBadRequest, "required", "an entry has no request")
		return a
	}
	a.method = strings.Clone(t.FindText(request, "method"))
	a.ifNoneExist = strings.Clone(t.FindText(request, "ifNoneExist"))
	a.typ, a.id, _ = strings.Cut(strings.Clone(t.FindText(request, "url")), "/")
	named := a.id != ""
	switch a.method {
	case http.MethodPut, http.MethodDelete:
		if !named {
			a.refused = refuse(http.StatusBadRequest, "not-supported", a.method+" needs Type/id; conditional update and delete are not offered")
		}
	case http.MethodPost:
		if named {
			a.refused = refuse(http.StatusBadRequest, "value", "POST needs the type only")
		}
	default:
		a.refused = refuse(http.StatusBadRequest, "not-supported", "the method of an entry is POST, PUT or DELETE")
	}
	if resource := t.Find(i, "resource"); resource != 0 && a.refused == nil && a.method != http.MethodDelete {
		d, no := readDocument(t, resource, body)
		a.doc, a.refused = &d, no
	}
	return a
}

// response is the answer, entry by entry in the order of the request.
func response(kind string, actions []*action) []byte {
	b := make([]byte, 0, 128+160*len(actions))
	b = append(b, `{"resourceType":"Bundle","type":"`+kind+`-response"`...)
	for i, a := range actions {
		if i == 0 {
			b = append(b, `,"entry":[`...)
		} else {
			b = append(b, ',')
		}
		if a.refused != nil {
			b = append(b, `{"response":{"status":"`+statusLine(a.refused.status)+`","outcome":`...)
			b = append(append(b, a.refused.outcome()...), `}}`...)
			continue
		}
		b = append(b, `{"response":{"status":"`+statusLine(a.status)+`"`...)
		if a.method != http.MethodDelete {
			b = append(b, `,"location":"`+location(a)+`","etag":`...)
			b = fhir.AppendString(b, etag(a.row))
			b = append(b, `,"lastModified":"`+a.row.updated+`"`...)
		}
		b = append(b, `}}`...)
	}
	if len(actions) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}
