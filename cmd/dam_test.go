package cmd_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come: for ever, as far as a
// busy machine goes.
const patience = time.Minute

// dam is the way to a server. When it is shut some more requests go through
// that write something; the others stay before it, and so does whoever sent
// them: what is done meanwhile is done in the middle of a run, however long it
// takes.
type dam struct {
	*server
	mu     sync.Mutex
	left   int           // writes that still go through, below 0: all
	full   chan struct{} // closed when a request stays
	opened chan struct{} // closed when none has to stay any more
}

// dammed puts an open dam before a server.
func dammed(t *testing.T, s *server) *dam {
	t.Helper()
	to, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	d := &dam{left: -1}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: to.Scheme, Host: to.Host})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // all of it, else nobody notices that the sender has gone
		r.Body = io.NopCloser(bytes.NewReader(body))
		if opened := d.stop(r.Method, string(body)); opened != nil {
			select {
			case <-opened:
			case <-r.Context().Done():
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	t.Cleanup(d.open) // the front waits for its requests
	d.server = newServer(front.URL + to.Path)
	return d
}

// stop returns what a request has to wait for, nil where it goes through.
func (d *dam) stop(method, body string) (opened chan struct{}) {
	writes := method == http.MethodPut || method == http.MethodDelete || strings.Contains(body, `"method":"P`) || strings.Contains(body, `"method":"DELETE"`)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !writes || d.left < 0:
		return nil
	case d.left > 0:
		d.left--
		return nil
	}
	select {
	case <-d.full:
	default:
		close(d.full)
	}
	return d.opened
}

// shut lets only so many writes more through.
func (d *dam) shut(through int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.full, d.opened = through, make(chan struct{}), make(chan struct{})
}

func (d *dam) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left >= 0 {
		close(d.opened)
	}
	d.left = -1
}

// waitFull waits until a request stays.
func (d *dam) waitFull(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	full := d.full
	d.mu.Unlock()
	select {
	case <-full:
	case <-time.After(patience):
		t.Fatal("no request comes to the dam")
	}
}

// until waits for what must come about.
func until(t *testing.T, what string, comes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !comes(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

// choke gives a program a standard error that is full: it stops at the first
// word that it wants to say, until the pipe is read.
func choke(t *testing.T, p *program) *os.File {
	t.Helper()
	said, full, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = said.Close() })
	// Down to the last byte: what is short may find room where what is long
	// does not. A process that is not given its turn finds a deadline passed
	// before it has tried to write, so that the last one is long.
	for _, step := range []struct {
		size    int
		waiting time.Duration
	}{{1 << 12, 10 * time.Millisecond}, {1, 2 * time.Second}} {
		for err = nil; err == nil; _, err = full.Write(bytes.Repeat([]byte("."), step.size)) {
			if err := full.SetWriteDeadline(time.Now().Add(step.waiting)); err != nil {
				t.Fatal(err)
			}
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	p.Stderr = full
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	_ = full.Close()
	return said
}
