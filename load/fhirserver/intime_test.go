package fhirserver_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"chartlift/load/fhirserver"
)

// inTime runs a test with a time of its own, which passes while everybody waits
// and not otherwise: what takes 50 ms takes exactly that, however busy the
// machine is.
func inTime(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// startInTime is start for within inTime: the sink's clock is the real one
// there, and the network is pipes, at which who waits is seen to wait.
func startInTime(t *testing.T, d *double) fhirserver.Options {
	t.Helper()
	d.prepare()
	return serveInTime(t, d)
}

// serveInTime serves at pipes and returns options that lead there.
func serveInTime(t *testing.T, h http.Handler) fhirserver.Options {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server, client := &http.Server{Handler: h}, &http.Transport{DialContext: p.dial}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(p) })
	t.Cleanup(func() {
		client.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	return fhirserver.Options{Base: "http://127.0.0.1/fhir", HTTP: &http.Client{Transport: client}}
}

// pipes is a listener without a network.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
