package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

const (
	pageDefault = 50
	pageMax     = 1000
)

// query is a search in SQL: conditions with their arguments.
type query struct {
	typ       string
	where     []string
	args      []any
	countOnly bool
	count     int
	after     int64 // the last seq of the page before
}

// parseSearch reads search parameters (FHIR R4 section 3.1.1). A parameter that
// is not known is refused: to leave it out would find too much.
func (s *Server) parseSearch(typ string, values url.Values) (query, *refusal) {
	q := query{typ: typ, count: pageDefault}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if paramTypes[name] != "" && !s.profile.searches(typ, name) {
			return q, refuse(http.StatusBadRequest, "not-supported", fmt.Sprintf("%s cannot be searched by %q", typ, name))
		}
		for _, value := range values[name] {
			if r := q.add(name, value); r != nil {
				return q, r
			}
		}
	}
	return q, nil
}

// add takes one parameter: a condition, or how to answer.
func (q *query) add(name, value string) *refusal {
	switch name {
	case "_id":
		q.oneOf(value, func(v string) (string, []any) { return "id = ?", []any{v} })
	case "identifier":
		q.oneOf(value, q.identifier)
	case "patient":
		q.oneOf(value, func(v string) (string, []any) { return q.reference(v, "'patient', 'subject'") })
	case "subject":
		q.oneOf(value, func(v string) (string, []any) { return q.reference(v, "'subject'") })
	case "_summary":
		q.countOnly = value == "count"
	case "_count":
		return q.number(value, func(n int64) { q.count = int(min(n, pageMax)) })
	case "_after":
		return q.number(value, func(n int64) { q.after = n })
	case "_tag":
		q.oneOf(value, func(v string) (string, []any) {
			system, code, _ := strings.Cut(v, "|")
			return "EXISTS (SELECT 1 FROM json_each(CAST(body AS TEXT), '$.meta.tag') WHERE value ->> 'system' = ? AND value ->> 'code' = ?)", []any{system, code}
		})
	case "_format", "_pretty", "_total", "_elements":
	default:
		return refuse(http.StatusBadRequest, "not-supported", fmt.Sprintf("unknown search parameter %q", name))
	}
	return nil
}

// oneOf adds the alternatives that commas part.
func (q *query) oneOf(value string, condition func(v string) (string, []any)) {
	var any []string
	for v := range strings.SplitSeq(value, ",") {
		sql, args := condition(v)
		any = append(any, sql)
		q.args = append(q.args, args...)
	}
	q.where = append(q.where, "("+strings.Join(any, " OR ")+")")
}

// identifier is a token: system|value, |value (no system), system| or value.
func (q *query) identifier(v string) (string, []any) {
	const from = "seq IN (SELECT seq FROM identifier WHERE type = ? AND "
	system, value, both := strings.Cut(v, "|")
	switch {
	case !both:
		return from + "value = ?)", []any{q.typ, v}
	case value == "":
		return from + "system = ?)", []any{q.typ, system}
	}
	return from + "value = ? AND system = ?)", []any{q.typ, value, system}
}

// reference takes Type/id, or a bare id that means a patient.
func (q *query) reference(v, elements string) (string, []any) {
	if !strings.Contains(v, "/") {
		v = "Patient/" + v
	}
	return "seq IN (SELECT seq FROM reference WHERE target = ? AND type = ? AND element IN (" + elements + "))", []any{v, q.typ}
}

func (q *query) number(value string, take func(int64)) *refusal {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return refuse(http.StatusBadRequest, "value", "a count must be a number, 0 or more")
	}
	take(n)
	return nil
}

// condition is the search as SQL. Values never stand in it: they are bound.
func (q *query) condition() string {
	return " FROM resource WHERE " + strings.Join(append([]string{"type = ?", "body IS NOT NULL"}, q.where...), " AND ")
}

func (q *query) bound() []any { return append([]any{q.typ}, q.args...) }

// search returns up to limit rows after a seq, in the order of creation.
func (s *store) search(q query, after int64, limit int) ([]row, error) {
	sql := "SELECT seq, id, version, updated, body" + q.condition() + " AND seq > ? ORDER BY seq LIMIT ?"
	rows, err := s.conn.QueryContext(context.Background(), sql, append(q.bound(), after, limit)...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.seq, &r.id, &r.version, &r.updated, &r.body); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// total counts what is found on all pages.
func (s *store) total(q query) (n int64, err error) {
	row := s.conn.QueryRowContext(context.Background(), "SELECT count(*)"+q.condition(), q.bound()...)
	if err := row.Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}

// search answers GET /Type?…
func (s *Server) search(w http.ResponseWriter, r *http.Request, typ string) {
	q, no := s.parseSearch(typ, r.URL.Query())
	if no != nil {
		write(w, no)
		return
	}
	total, page, err := s.find(q)
	if err != nil {
		write(w, broken(err))
		return
	}
	more := len(page) > q.count
	page = page[:min(len(page), q.count)]
	b := []byte(`{"resourceType":"Bundle","type":"searchset","total":` + strconv.FormatInt(total, 10))
	b = append(b, `,"link":[{"relation":"self","url":`...)
	b = append(fhir.AppendString(b, base(r)+strings.TrimPrefix(r.URL.RequestURI(), "/fhir/")), '}')
	if more {
		values := r.URL.Query()
		values.Set("_after", strconv.FormatInt(page[len(page)-1].seq, 10))
		b = append(b, `,{"relation":"next","url":`...)
		b = append(fhir.AppendString(b, base(r)+typ+"?"+values.Encode()), '}')
	}
	b = append(b, ']')
	writeJSON(w, http.StatusOK, append(s.appendPage(b, page, base(r)+typ+"/"), '}'))
}

// find returns the total and one row more than the page has, so that a next
// page is seen.
func (s *Server) find(q query) (total int64, page []row, err error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if total, err = s.store.total(q); err != nil || q.countOnly || q.count == 0 {
		return total, nil, err
	}
	page, err = s.store.search(q, q.after, q.count+1)
	return total, page, err
}

// appendPage writes the entries of a searchset.
func (s *Server) appendPage(b []byte, page []row, prefix string) []byte {
	if len(page) == 0 {
		return b
	}
	t := s.tree()
	defer s.trees.Put(t)
	b = append(b, `,"entry":[`...)
	for i, r := range page {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"fullUrl":`...)
		b = fhir.AppendString(b, prefix+r.id)
		b = append(append(b, `,"resource":`...), withMeta(t, r)...)
		b = append(b, `,"search":{"mode":"match"}}`...)
	}
	return append(b, ']')
}
