package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// proxy stands between a loader and the server.
type proxy struct {
	base string
	stop func()
}

// Close ends it.
func (p *proxy) Close() { p.stop() }

// delaying is a network: what goes in on one side comes out on the other half
// the delay later, both ways, however much is under way.
func delaying(base string, delay time.Duration) (*proxy, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("read address: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				time.Sleep(delay) // the handshake goes there and back
				far, err := net.Dial("tcp", u.Host)
				if err != nil {
					_ = near.Close()
					return
				}
				group.Go(func() { carryLate(far, near, delay/2) })
				carryLate(near, far, delay/2)
			})
		}
	})
	return &proxy{base: "http://" + l.Addr().String(), stop: func() { _ = l.Close() }}, nil
}

// packet is some bytes with the time at which they come out.
type packet struct {
	at   time.Time
	text []byte
}

// carryLate copies from one side to the other, each piece so much later.
func carryLate(to, from net.Conn, delay time.Duration) {
	under := make(chan packet, 1024)
	go func() {
		defer close(under)
		for {
			buf := make([]byte, 32<<10)
			n, err := from.Read(buf)
			if n > 0 {
				under <- packet{time.Now().Add(delay), buf[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range under {
		time.Sleep(time.Until(p.at))
		if _, err := to.Write(p.text); err != nil {
			_ = from.Close() // the reader ends, and with it the channel
		}
	}
	_ = to.Close()
}

// faulty is a proxy that spoils a share of the requests: a third each is
// answered with 503 at once, with 429, or cut after the server did its work.
func faulty(base string, share float64) (*proxy, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("read address: %w", err)
	}
	next := httputil.NewSingleHostReverseProxy(u)
	next.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		if !errors.Is(err, io.EOF) {
			w.WriteHeader(http.StatusBadGateway)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chance := rand.Float64() / share
		switch {
		case r.Method == http.MethodGet || chance >= 1:
			next.ServeHTTP(w, r)
		case chance < 1.0/3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case chance < 2.0/3:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
	}))
	return &proxy{base: server.URL, stop: server.Close}, nil
}
