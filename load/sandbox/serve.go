package sandbox

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// base is the address that the client uses for this endpoint.
func base(r *http.Request) string { return "http://" + r.Host + "/fhir/" }

func (s *Server) tree() *fhir.Tree { return s.trees.Get().(*fhir.Tree) }

// serve is the REST interface (FHIR R4 section 3.1.0): of the base, a type, or
// one resource.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	typ, id, _ := strings.Cut(strings.Trim(strings.TrimPrefix(r.URL.Path, "/fhir"), "/"), "/")
	of, historic := strings.CutSuffix(id, "/_history")
	switch {
	case typ == "metadata" && r.Method == http.MethodGet:
		writeJSON(w, http.StatusOK, s.statement())
	case typ == "" && r.Method == http.MethodPost:
		s.bundle(w, r)
	case !s.offers(typ):
		write(w, refuse(http.StatusNotFound, "not-supported", "unknown resource type "+strconv.Quote(typ)))
	case id == "":
		s.serveType(w, r, typ)
	case historic && r.Method == http.MethodGet:
		s.history(w, r, typ, of)
	default:
		s.serveOne(w, r, typ, id)
	}
}

// offers reports whether there is anything to do with a type here.
func (s *Server) offers(typ string) bool {
	_, ok := s.profile.find(typ)
	return ok
}

func (s *Server) serveType(w http.ResponseWriter, r *http.Request, typ string) {
	switch {
	case r.Method == http.MethodGet && s.profile.does(typ, "s"):
		s.search(w, r, typ)
	case r.Method == http.MethodPost:
		s.single(w, r, &action{method: r.Method, typ: typ, ifNoneExist: r.Header.Get("If-None-Exist")})
	default:
		write(w, notHere(r))
	}
}

func (s *Server) serveOne(w http.ResponseWriter, r *http.Request, typ, id string) {
	switch {
	case r.Method == http.MethodGet && s.profile.does(typ, "r"):
		s.read(w, typ, id)
	case r.Method == http.MethodPatch && s.profile.does(typ, "p"):
		s.patch(w, r, typ, id)
	case r.Method == http.MethodPut, r.Method == http.MethodDelete:
		s.single(w, r, &action{method: r.Method, typ: typ, id: id})
	default:
		write(w, notHere(r))
	}
}

func notHere(r *http.Request) *refusal {
	return refuse(http.StatusMethodNotAllowed, "not-supported", r.Method+" is not supported here")
}

// read answers GET /Type/id.
func (s *Server) read(w http.ResponseWriter, typ, id string) {
	s.store.mu.Lock()
	found, known, err := s.store.find(typ, id)
	s.store.mu.Unlock()
	switch {
	case err != nil:
		write(w, broken(err))
	case !known:
		write(w, refuse(http.StatusNotFound, "not-found", typ+"/"+id+" is not known"))
	case found.body == nil:
		write(w, refuse(http.StatusGone, "deleted", typ+"/"+id+" was deleted"))
	default:
		s.answerResource(w, http.StatusOK, found)
	}
}

// answerResource gives the resource with the version and time that it has here.
func (s *Server) answerResource(w http.ResponseWriter, status int, r row) {
	t := s.tree()
	defer s.trees.Put(t)
	w.Header().Set("ETag", etag(r))
	writeJSON(w, status, withMeta(t, r))
}

func etag(r row) string { return `W/"` + strconv.FormatInt(r.version, 10) + `"` }

// single answers create, update and delete.
func (s *Server) single(w http.ResponseWriter, r *http.Request, a *action) {
	t := s.tree()
	defer s.trees.Put(t)
	if a.method != http.MethodDelete {
		body, no := s.body(w, r, t)
		if no != nil {
			write(w, no)
			return
		}
		d, no := readDocument(t, 0, body)
		if no != nil {
			write(w, no)
			return
		}
		a.doc = &d
	}
	if no := s.apply([]*action{a}, base(r), true); no != nil {
		write(w, no)
		return
	}
	if a.method == http.MethodDelete {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Location", base(r)+location(a))
	if strings.Contains(r.Header.Get("Prefer"), "return=minimal") {
		w.Header().Set("ETag", etag(a.row))
		w.WriteHeader(a.status)
		return
	}
	s.answerResource(w, a.status, a.row)
}

// location is the version-specific address, relative to the base.
func location(a *action) string {
	return a.typ + "/" + a.id + "/_history/" + strconv.FormatInt(a.row.version, 10)
}

// body reads the request into memory and into t.
func (s *Server) body(w http.ResponseWriter, r *http.Request, t *fhir.Tree) ([]byte, *refusal) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/fhir+json" && media != "application/json" && media != patchMedia {
		return nil, refuse(http.StatusUnsupportedMediaType, "not-supported", "send application/fhir+json")
	}
	limit := s.options.Faults.MaxBytes
	if limit <= 0 {
		limit = maxRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "too-long", "the request is too large")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "incomplete", "the request ended early")
	}
	if err := t.Parse(body); err != nil {
		return nil, refuse(http.StatusBadRequest, "structure", "the body is not JSON: "+err.Error())
	}
	return body, nil
}
