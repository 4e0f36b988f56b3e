// Package auth proves to a server who we are: a bearer token that is given or
// fetched, a user with a password, a certificate.
//
// Read [Options] and [Client] first. Tokens are fetched by OAuth 2.0 client
// credentials (RFC 6749 section 4.4), with a secret or with a signed assertion
// as SMART Backend Services asks for
// (https://hl7.org/fhir/smart-app-launch/backend-services.html). They are kept
// in memory only, fetched anew when four fifths of their life are over, and by
// one of all who ask at the same time.
//
//	transport, err := auth.Transport(auth.TLS{CA: ca})
//	…
//	client, err := auth.New(auth.Options{Base: "https://fhir.example.org/r4", ClientID: "acme", Key: jwk, HTTP: transport})
//	…
//	token, err := client.Token(ctx, "")
package auth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"chartlift/load"
)

// Options say how tokens are got. Base is required for discovery, ClientID and
// either Key or Secret always.
type Options struct {
	Base     string   // the FHIR endpoint; its discovery documents name the token endpoint
	TokenURL string   // the token endpoint; "" asks for it at Base
	Insecure []string // hosts that may be spoken to without TLS; loopback always may
	Scope    string   // scopes asked for, DefaultScope where ""

	ClientID string
	Secret   string // client credentials by a secret
	Key      []byte // client credentials by a signed assertion: a private key as JWK, JWK set or PEM
	KeyID    string // which key of the set, or the kid of a PEM key

	HTTP  http.RoundTripper // http.DefaultTransport where nil
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// DefaultScope lets a backend service write and read everything. The first form
// is that of SMART 2, the second that of SMART 1; servers ignore what they do
// not know (RFC 6749 section 3.3).
const DefaultScope = "system/*.cruds system/*.read system/*.write"

// Error says why no token could be got. It never holds a secret, a token or
// words of the server.
type Error struct {
	Code    string // stable, listed by Codes
	Message string // what to do
	Err     error
}

// Error returns code, what to do and the cause.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Message
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Client fetches tokens and keeps the last one. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
	signer  *signer // nil with a secret

	mu       sync.Mutex // held while a token is fetched: all others wait for it
	endpoint string
	token    string
	renew    time.Time
	skew     time.Duration // the authorization server's clock less ours
}

// New checks key, secret and addresses. Nothing is sent before the first Token.
func New(o Options) (*Client, error) {
	if o.ClientID == "" {
		return nil, &Error{Code: "bad-credentials", Message: "a client id is needed, as the server's administrator registered it"}
	}
	if (o.Secret == "") == (len(o.Key) == 0) {
		return nil, &Error{Code: "bad-credentials", Message: "give the client either a key or a secret"}
	}
	if o.Scope == "" {
		o.Scope = DefaultScope
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = load.Sleep
	}
	c := &Client{options: o, endpoint: o.TokenURL}
	if c.endpoint != "" {
		if err := c.checkEndpoint(c.endpoint); err != nil {
			return nil, err
		}
	}
	if len(o.Key) > 0 {
		s, err := newSigner(o.Key, o.KeyID)
		if err != nil {
			return nil, err
		}
		c.signer = s
	}
	// An assertion or a secret goes to the endpoint itself and nowhere that it
	// points to.
	c.http = &http.Client{Transport: o.HTTP, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

// Token returns a token that is good for now. refused is a token that the
// server did not take, "" otherwise: where it is the one that is kept, a new
// one is fetched.
func (c *Client) Token(ctx context.Context, refused string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.token != refused && c.options.Now().Before(c.renew) {
		return c.token, nil
	}
	if err := c.fetch(ctx); err != nil {
		return "", err
	}
	return c.token, nil
}

// checkEndpoint refuses addresses to which a secret may not be sent.
func (c *Client) checkEndpoint(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return &Error{Code: "bad-token-url", Message: "the token endpoint is no address; write https://host/path"}
	}
	if u.Scheme == "http" && !load.Loopback(u.Hostname()) && !slices.Contains(c.options.Insecure, u.Hostname()) {
		return &Error{Code: "bad-token-url", Message: "credentials would travel in clear text; the token endpoint must be https"}
	}
	return nil
}

// Static returns a source of one token that never changes, in the form of
// Client.Token.
func Static(token string) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) { return token, nil }
}

// File returns a source that calls read for the token, and again when the
// server has refused it: somebody may have put a new one there. It has the form
// of Client.Token.
func File(read func() (string, error)) func(context.Context, string) (string, error) {
	var mu sync.Mutex
	var kept string
	return func(_ context.Context, refused string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if kept != "" && kept != refused {
			return kept, nil
		}
		text, err := read()
		kept = strings.TrimSpace(text)
		return kept, err
	}
}
