package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"chartlift/fhir"
)

// versions returns all versions of a resource, the latest first.
func (s *store) versions(r row) ([]row, error) {
	all := []row{r}
	rows, err := s.conn.QueryContext(context.Background(), "SELECT version, updated, body FROM history WHERE seq = ? ORDER BY version DESC", r.seq)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		old := row{seq: r.seq, id: r.id}
		if err := rows.Scan(&old.version, &old.updated, &old.body); err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		all = append(all, old)
	}
	return all, rows.Err()
}

// history answers GET /Type/id/_history (FHIR R4 section 3.1.0.13), on one
// page.
func (s *Server) history(w http.ResponseWriter, r *http.Request, typ, id string) {
	s.store.mu.Lock()
	found, known, err := s.store.find(typ, id)
	var all []row
	if err == nil && known {
		all, err = s.store.versions(found)
	}
	s.store.mu.Unlock()
	if err != nil {
		write(w, broken(err))
		return
	}
	if !known {
		write(w, refuse(http.StatusNotFound, "not-found", typ+"/"+id+" is not known"))
		return
	}
	t := s.tree()
	defer s.trees.Put(t)
	b := []byte(`{"resourceType":"Bundle","type":"history","total":` + strconv.Itoa(len(all)) + `,"entry":[`)
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"fullUrl":`...)
		b = fhir.AppendString(b, base(r)+typ+"/"+id)
		method := "DELETE"
		if v.body != nil {
			method = "PUT"
			b = append(append(b, `,"resource":`...), withMeta(t, v)...)
		}
		b = append(b, `,"request":{"method":"`+method+`","url":"`+typ+"/"+id+`"},"response":{"status":"200","etag":`...)
		b = append(fhir.AppendString(b, etag(v)), `,"lastModified":"`+v.updated+`"}}`...)
	}
	writeJSON(w, http.StatusOK, append(b, `]}`...))
}
