package sandbox

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed" // page.html
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

//go:embed page.html
var pageText string

// arrivals is what the page shows: counts and ids, no contents.
type arrivals struct {
	As             string
	Total, Deleted int64
	Types          []arrivedType
	Answers        []answered
	Latest         []arrived
}

type arrivedType struct {
	Type           string
	Count, Changed int64
	Last           string
}

type arrived struct {
	Ref, Updated string
	Version      int64
}

type answered struct {
	Status string
	Count  int64
}

// answers counts answers by their status.
type answers struct {
	mu sync.Mutex
	by map[int]int64
}

func (a *answers) add(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by == nil {
		a.by = map[int]int64{}
	}
	a.by[status]++
}

// list is sorted by status. Status 0 is a connection that was cut.
func (a *answers) list() []answered {
	a.mu.Lock()
	defer a.mu.Unlock()
	var statuses []int
	for status := range a.by {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	var list []answered
	for _, status := range statuses {
		name := strconv.Itoa(status) + " " + http.StatusText(status)
		if status == 0 {
			name = "cut"
		}
		list = append(list, answered{name, a.by[status]})
	}
	return list
}

// page shows what arrived, for a person. Only this machine can see it, as the
// server listens on loopback.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	found, err := s.store.arrivals(r.Context())
	if err != nil {
		write(w, broken(err))
		return
	}
	found.As, found.Answers = s.profile.Name, s.answered.list()
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		write(w, broken(err))
		return
	}
	var b bytes.Buffer
	if err := t.Execute(&b, found); err != nil {
		write(w, broken(err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(b.Bytes()) // the reader is gone: nobody is left to tell
}

func (s *store) arrivals(ctx context.Context) (a arrivals, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.each(ctx, `SELECT type, count(*), sum(version > 1), max(updated) FROM resource WHERE body IS NOT NULL GROUP BY type ORDER BY type`, func(rows *sql.Rows) error {
		var t arrivedType
		err := rows.Scan(&t.Type, &t.Count, &t.Changed, &t.Last)
		a.Total += t.Count
		a.Types = append(a.Types, t)
		return err
	})
	if err != nil {
		return a, err
	}
	err = s.each(ctx, `SELECT type || '/' || id, updated, version FROM resource WHERE body IS NOT NULL ORDER BY updated DESC, seq DESC LIMIT 20`, func(rows *sql.Rows) error {
		var one arrived
		err := rows.Scan(&one.Ref, &one.Updated, &one.Version)
		a.Latest = append(a.Latest, one)
		return err
	})
	if err != nil {
		return a, err
	}
	if err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM resource WHERE body IS NULL`).Scan(&a.Deleted); err != nil {
		return a, fmt.Errorf("count what arrived: %w", err)
	}
	return a, nil
}

// each calls row for each row of a query.
func (s *store) each(ctx context.Context, query string, row func(*sql.Rows) error) error {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("count what arrived: %w", err)
	}
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("count what arrived: %w", errors.Join(err, rows.Close()))
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("count what arrived: %w", err)
	}
	return nil
}

// counted is an answer whose status is counted.
type counted struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (c *counted) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// countAnswers notes the status of each answer of next.
func (s *Server) countAnswers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &counted{ResponseWriter: w}
		next.ServeHTTP(c, r)
		s.answered.add(c.status)
	})
}
