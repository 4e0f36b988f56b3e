// Package sandbox is a FHIR R4 server to rehearse against: REST on loopback,
// resources in one SQLite file.
//
// Read [Open] and [Server] first. It refuses what the strictest real servers
// refuse (references to nowhere, ids of digits only, mismatched ids), and can
// be told to be slow, busy or forgetful by [Faults], so that a load that
// succeeds here is likely to succeed there.
//
//	server, err := sandbox.Open("rehearsal.db", sandbox.Options{})
//	…
//	base, err := server.Start("127.0.0.1:0") // http://127.0.0.1:40123/fhir
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Options say how the server behaves. The zero value is a server without
// faults.
type Options struct {
	// Check is asked for each resource before it is stored; an issue of
	// severity Error or Fatal refuses it. Nil checks no more than type, id and
	// references.
	Check  func(fhir.Resource) []issue.Issue
	Faults Faults
	As     Profile          // behave as the statement of this server says; zero: as the sandbox itself
	Now    func() time.Time // time of lastUpdated and of tokens, time.Now where nil
}

// Server is the sandbox. Its handler may be used by many clients at once.
type Server struct {
	options  Options
	types    map[string]bool
	profile  Profile
	tokens   *tokens // nil where it gives none out
	answered answers
	store    *store
	http     *http.Server
	serving  sync.WaitGroup
	trees    sync.Pool    // of *fhir.Tree
	count    atomic.Int64 // requests, for the faults
}

// Open opens the database at path, making it (for its owner only) where there
// is none.
func Open(path string, o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	st, err := openStore(path)
	if err != nil {
		return nil, fmt.Errorf("open sandbox %s: %w", path, err)
	}
	s := &Server{options: o, store: st, types: map[string]bool{}, profile: o.As}
	if o.Faults.TokenLife > 0 {
		s.tokens = newTokens(o.Faults.TokenLife, o.Now)
	}
	if s.profile.Name == "" {
		s.profile = own()
	}
	s.profile.NoTransaction = s.profile.NoTransaction || o.Faults.NoTransaction
	if o.Faults.NoClientIDs {
		s.profile.ClientIDs = No
	}
	s.trees.New = func() any { return new(fhir.Tree) }
	for _, t := range fhir.ResourceTypes() {
		s.types[t] = true
	}
	return s, nil
}

// Handler serves the FHIR endpoint below /fhir, and a page of what arrived at
// /.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/fhir/", s.serve)
	mux.HandleFunc("/fhir", s.serve)
	all := http.NewServeMux()
	all.Handle("/", s.countAnswers(s.withFaults(mux)))
	all.HandleFunc("/{$}", s.page)
	if s.tokens != nil {
		all.HandleFunc("/token", s.tokens.serve)
	}
	return all
}

// Start listens on addr, which must be a loopback address, and returns the
// base address of the endpoint. Close ends it.
func (s *Server) Start(addr string) (string, error) {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("start sandbox on %q: it listens on loopback only, such as 127.0.0.1:0", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("start sandbox: %w", err)
	}
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	s.serving.Go(func() { _ = s.http.Serve(l) }) // returns ErrServerClosed at Close
	return "http://" + l.Addr().String() + "/fhir", nil
}

// Close stops listening, waits a little for requests that are being served, and
// closes the database.
func (s *Server) Close() error {
	var stopped error
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			stopped = s.http.Close()
		}
		s.serving.Wait()
	}
	if err := errors.Join(stopped, s.store.close()); err != nil {
		return fmt.Errorf("close sandbox: %w", err)
	}
	return nil
}
