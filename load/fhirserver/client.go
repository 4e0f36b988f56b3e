package fhirserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"chartlift/fhir"
)

// Client is the connection to one server: address, credentials, patience. It is
// safe for concurrent use.
type Client struct {
	base       *url.URL
	target     string // base as it may be printed
	http       *http.Client
	options    Options
	capability Capability

	gate      *gate
	packing   atomic.Int32 // a packing
	failures  atomic.Int64 // requests in a row, of all senders, that came to nothing
	written   atomic.Bool  // something was stored
	forbidden atomic.Int64 // requests in a row that were forbidden after that
	wall      wall         // resources in a row that were refused by what is no FHIR server
	telling   atomic.Int32 // what answers to writes are asked for; see version.go
	unfound   atomic.Int32 // searches for versions that found nothing
	contended atomic.Bool  // a transaction met another one that writes the same
	notBefore atomic.Int64 // unix nanoseconds: a pause that the server asked of everybody
	progress  atomic.Int64 // unix nanoseconds of the last good answer
	fall      fall

	complained atomic.Int64 // unix nanoseconds of when it was told last that nothing gets through
}

// Connect checks the address, reads the capability statement and returns a
// client. Like Open it returns an *Error within seconds where the server is not
// there.
func Connect(ctx context.Context, o Options) (*Client, error) {
	base, err := checkAddress(o)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, target: shown(base), options: o.withDefaults()}
	c.http = c.newHTTP(o.HTTP)
	c.gate = newGate(c.options.Clock, c.options.MaxConcurrency, c.options.Rate)
	c.packing.Store(int32(c.newPacking()))
	if c.capability, err = c.readCapability(ctx); err != nil {
		return nil, err
	}
	c.progress.Store(c.options.Clock.Now().UnixNano())
	return c, nil
}

// Capability returns what the server said of itself at Connect.
func (c *Client) Capability() Capability { return c.capability }

func (o Options) withDefaults() Options {
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = 64 << 20
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = 2 * time.Minute
	}
	if o.GiveUpAfter <= 0 {
		o.GiveUpAfter = 15 * time.Minute
	}
	if o.Attempts <= 0 {
		o.Attempts = 12
	}
	if o.MaxConcurrency <= 0 {
		o.MaxConcurrency = 8
	}
	if o.UserAgent == "" {
		o.UserAgent = "chartlift"
	}
	o.Clock = o.Clock.withDefaults()
	return o
}

func (c *Client) newHTTP(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 64
		client.Transport = t
	}
	client.CheckRedirect = redirects(c.base)
	client.Jar = nil
	return client
}

// request is one HTTP request below the base address.
type request struct {
	method string
	path   string // relative to the base, may have a query
	body   []byte
	tries  *int // counts each time that it is sent; nil: nobody counts

	ifNoneExist string // the search of a conditional create
	encoding    string // of the body: gzip
	media       string // of the body, FHIR's JSON where ""
	prefer      string // what is asked of the server's answer, return=minimal where ""
	job         bool   // it asks for a job: a refusal in FHIR's words is how that ended
	once        bool   // it may not be repeated where it may have been done
	naming      *int64 // fall.naming when ids of the server were written into the body, nil where there are none

	entries int        // that it holds
	holds   []string   // types of these, each once; nil where path names the type
	limit   func() int // entries that the server takes, asked when its turn comes; nil: it is sent as it is
}

// answer is what came back, read to its end.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	issues  []fhir.OutcomeIssue // of a refusal
	outcome bool                // the refusal is an OperationOutcome
}

// errTooLong means that an answer exceeds Options.MaxAnswer.
var errTooLong = errors.New("the answer is longer than allowed")

// do sends r once. A refused token is asked for anew and r sent again, once.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	bearer, err := c.authorize(ctx, "")
	if err != nil {
		return answer{}, err
	}
	a, err := c.exchange(ctx, r, bearer)
	if err != nil || a.status != http.StatusUnauthorized || c.options.Token == nil {
		return a, err
	}
	fresh, err := c.authorize(ctx, bearer)
	if err != nil {
		return answer{}, err
	}
	return c.exchange(ctx, r, fresh)
}

// authorize returns the bearer token to use; refused is the one that the server
// did not take.
func (c *Client) authorize(ctx context.Context, refused string) (string, error) {
	if c.options.Token == nil {
		return "", nil
	}
	bearer, err := c.options.Token(ctx, refused)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", &Error{Code: "unauthorized", Target: c.target, Message: "no access token could be got; check the credentials", Err: err}
	}
	return bearer, nil
}

func (c *Client) roundTrip(ctx context.Context, r request, bearer string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.RequestTimeout)
	defer cancel()
	address := c.target
	if r.path != "" && r.path[0] != '?' {
		address += "/"
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	c.setHeaders(req, r, bearer)
	res, err := c.http.Do(req)
	if errors.Is(err, errRedirect) {
		return answer{}, c.fail("redirected", 0, "the server sends us to another address; give that address if you trust it")
	}
	if err != nil {
		return answer{}, withoutURL(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.options.MaxAnswer+1))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > c.options.MaxAnswer {
		return answer{}, errTooLong
	}
	a := answer{status: res.StatusCode, header: res.Header, body: body}
	if a.status >= 400 {
		a = a.parseOutcome()
	}
	return a, nil
}

func (c *Client) setHeaders(req *http.Request, r request, bearer string) {
	req.Header.Set("Accept", "application/fhir+json")
	req.Header.Set("User-Agent", c.options.UserAgent)
	if req.Method == http.MethodGet && r.path != metadataPath {
		req.Header.Set("Cache-Control", "no-cache") // HAPI answers a search of the last minute from memory; its statement it makes anew for that, in a fifth of a second
	}
	if len(r.body) > 0 {
		req.Header.Set("Content-Type", "application/fhir+json; charset=utf-8")
		if r.media != "" {
			req.Header.Set("Content-Type", r.media)
		}
		prefer := "return=minimal"
		if c.telling.Load() == tellWhole {
			prefer = "return=representation"
		}
		req.Header.Set("Prefer", cmp.Or(r.prefer, prefer))
	}
	if r.encoding != "" {
		req.Header.Set("Content-Encoding", r.encoding)
	}
	if r.ifNoneExist != "" {
		req.Header.Set("If-None-Exist", r.ifNoneExist)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if c.options.User != "" {
		req.SetBasicAuth(c.options.User, c.options.Password)
	}
}

// withoutURL drops the address from err: it may hold an id.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (c *Client) fail(code string, status int, message string) *Error {
	return &Error{Code: code, Target: c.target, Status: status, Message: message}
}

// forbids is the error for credentials that are known and may not do something.
func (c *Client) forbids(what string, status int) *Error {
	scopes := "write scopes"
	if strings.HasPrefix(what, http.MethodGet) {
		scopes = "scopes to read"
	}
	return c.fail("forbidden", status, "the server knows these credentials but does not allow "+what+"; ask for "+scopes)
}

func (c *Client) refusedCredentials(status int) *Error {
	if status == http.StatusForbidden {
		return c.forbids("this", status)
	}
	return c.fail("unauthorized", status, "the server does not accept the credentials; check the token or user")
}
