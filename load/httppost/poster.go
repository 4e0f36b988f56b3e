package httppost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Poster posts to one address, with the user's own headers and without
// following redirects. It is what this package's Sink and that of HL7 v2
// messages (load/mllp) share. It is safe for concurrent use.
type Poster struct {
	options Options
	target  string // the address as it may be printed
	client  *http.Client
}

// NewPoster checks the address. Nothing is sent: a listener has nothing to be
// asked.
func NewPoster(o Options) (*Poster, error) {
	u, err := checkAddress(o)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Minute
	}
	return &Poster{options: o, target: shown(u), client: &http.Client{
		Transport: o.HTTP,
		// A redirect would take patients and headers to where the user did not
		// send them.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Target returns the address without its query, which may hold a key.
func (p *Poster) Target() string { return p.target }

// Answer is what came back. Body is cut at the length asked for.
type Answer struct {
	Status int
	Body   []byte
	Page   bool          // it is a web page (HTML), which a listener for machines does not answer with
	Wait   time.Duration // Retry-After in seconds, bounded; 0 where there is none
}

// isPage reports whether an answer is HTML, by its media type or by its first
// words. An empty answer is none, whatever type the server gives to all that it
// says.
func isPage(media string, words []byte) bool {
	start := strings.ToLower(strings.TrimLeft(strings.ToValidUTF8(string(words), ""), "\ufeff \t\r\n"))
	kind, _, _ := strings.Cut(strings.ToLower(media), ";")
	return start != "" && (strings.TrimSpace(kind) == "text/html" || strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html"))
}

// Busy reports whether the answer says nothing about what was sent: the same is
// to be sent again, after Wait.
func (a Answer) Busy() bool {
	return a.Status >= 500 || a.Status == http.StatusTooManyRequests || a.Status == http.StatusRequestTimeout
}

// Post sends a body of a media type once and reads at most so many bytes of the
// answer. An error says that there was none.
func (p *Poster) Post(ctx context.Context, media string, body []byte, most int64) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.options.Address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("make request: %w", err)
	}
	req.Header = http.Header{"Content-Type": {media}, "Accept": {"*/*"}}
	maps.Copy(req.Header, p.options.Header) // the user's own win
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host // net/http takes it from here alone
	}
	res, err := p.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // it repeats the address, whose query may be a key
			err = u.Err
		}
		return Answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	words, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return Answer{Status: res.StatusCode, Body: words}, fmt.Errorf("read answer: %w", err)
	}
	a := Answer{Status: res.StatusCode, Body: words, Page: isPage(res.Header.Get("Content-Type"), words)}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.Wait = min(wishMost, time.Duration(min(seconds, 3600))*time.Second)
	}
	return a, nil
}

// Closed returns the *Error that is about the listener and not about what was
// sent, so that no other request would fare better; nil where there is none.
func (p *Poster) Closed(a Answer) error {
	switch s := a.Status; {
	case s == http.StatusUnauthorized || s == http.StatusForbidden || s == http.StatusNotFound || s == http.StatusMethodNotAllowed:
		return &Error{Code: "listener-closed", Target: p.target, Status: s, Message: "the listener takes nothing from us there; check path, headers and credentials"}
	case s < 200 || s >= 300 && s < 400:
		return &Error{Code: "listener-closed", Target: p.target, Status: s, Message: "the listener sends us elsewhere; give that address if you trust it"}
	}
	return nil
}

// Close ends idle connections. It may be called more than once.
func (p *Poster) Close() { p.client.CloseIdleConnections() }
