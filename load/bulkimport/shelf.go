package bulkimport

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// shelf offers files to the server for the time of one job, below a path that
// nobody can guess. It listens where it is told to and nowhere else.
type shelf struct {
	address string
	token   string
	files   map[string]string // name to path
	http    *http.Server
	serving sync.WaitGroup

	mu    sync.Mutex
	asked map[string]bool // files that were asked for
}

// newToken returns 128 bits of chance.
func newToken() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// openShelf listens. Close ends it.
func openShelf(ctx context.Context, address, token string, files map[string]string) (*shelf, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("offer files: %w", err)
	}
	s := &shelf{address: l.Addr().String(), token: token, files: files, asked: map[string]bool{}}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.serving.Go(func() { _ = s.http.Serve(l) }) // returns ErrServerClosed at Close
	return s, nil
}

// ServeHTTP gives out a file under TOKEN/NAME and knows nothing else.
func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	path, known := s.files[name]
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 || !known {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer f.Close()
	s.mu.Lock()
	s.asked[name] = true
	s.mu.Unlock()
	// HAPI gives up on any other type, after minutes.
	w.Header().Set("Content-Type", "application/fhir+ndjson")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// met reports whether anything was asked for: the server reaches us.
func (s *shelf) met() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked) > 0
}

// Close stops listening, after a moment for what is being given out.
func (s *shelf) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.serving.Wait()
	if err != nil {
		return fmt.Errorf("offer files: %w", err)
	}
	return nil
}
