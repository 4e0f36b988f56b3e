package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswer   = 1 << 20
	tries       = 5                      // of a token endpoint that does not answer
	firstPause  = 500 * time.Millisecond // doubled after each
	maxPause    = 30 * time.Second
	defaultLife = 5 * time.Minute // where the server does not say (RFC 6749 section 5.1)
	badClock    = 30 * time.Second
)

var (
	// plainError is an error code of RFC 6749 section 5.2 or like one. Anything
	// else might repeat what was sent.
	plainError = regexp.MustCompile(`^[a-z_]{1,40}$`)
	// bearer is b64token of RFC 6750 section 2.1: it goes into a header.
	bearer = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)
)

// granted is the answer of a token endpoint, good (RFC 6749 section 5.1) or bad
// (5.2).
type granted struct {
	Token   string      `json:"access_token"`
	Type    string      `json:"token_type"`
	Expires json.Number `json:"expires_in"`
	Error   string      `json:"error"`
}

// fetch gets a new token. The caller holds mu.
func (c *Client) fetch(ctx context.Context) error {
	if err := c.discover(ctx); err != nil {
		return err
	}
	pause, corrected := firstPause, false
	for try := 1; ; try++ {
		status, g, err := c.ask(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && status == http.StatusOK:
			return c.keep(g)
		case err == nil && status < 500 && status != http.StatusTooManyRequests:
			// An assertion of a clock that is wrong looks like one that is
			// forged; the answer says what time it is.
			if c.skew.Abs() > badClock && c.signer != nil && !corrected {
				corrected = true
				continue
			}
			return c.refusedBy(status, g)
		case try == tries:
			return c.gaveUp(status, err)
		}
		if err := c.options.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxPause)
	}
}

// ask sends one request for a token.
func (c *Client) ask(ctx context.Context) (int, granted, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {c.options.Scope}}
	if c.signer != nil {
		assertion, err := c.signer.assertion(c.options.ClientID, c.endpoint, c.options.Now().Add(c.skew))
		if err != nil {
			return 0, granted{}, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, granted{}, errors.New("make token request")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if c.signer == nil {
		// RFC 6749 section 2.3.1: both are form-encoded before they become a
		// user and a password.
		req.SetBasicAuth(url.QueryEscape(c.options.ClientID), url.QueryEscape(c.options.Secret))
	}
	var g granted
	status, err := c.do(req, &g)
	return status, g, err
}

// do sends req and reads JSON into out. A body that is no JSON leaves out as it
// is.
func (c *Client) do(req *http.Request, out any) (int, error) {
	res, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // an address may hold more than is to be shown
		}
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		if skew := at.Sub(c.options.Now()); skew.Abs() > badClock {
			c.skew = skew
		} else {
			c.skew = 0 // the header has whole seconds, and travelling takes time
		}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	_ = json.Unmarshal(body, out)
	return res.StatusCode, nil
}

// keep takes a token over.
func (c *Client) keep(g granted) error {
	if !bearer.MatchString(g.Token) || g.Type != "" && !strings.EqualFold(g.Type, "bearer") {
		return &Error{Code: "no-token", Message: "the token endpoint answered with something else than a bearer token (a web page?); check the address of the token endpoint"}
	}
	life := defaultLife
	if seconds, err := strconv.ParseFloat(g.Expires.String(), 64); err == nil && seconds > 0 && seconds < 1e9 {
		life = time.Duration(seconds * float64(time.Second))
	}
	c.token, c.renew = g.Token, c.options.Now().Add(life*4/5)
	return nil
}

func (c *Client) refusedBy(status int, g granted) error {
	what := "status " + strconv.Itoa(status)
	if plainError.MatchString(g.Error) {
		what += ", " + g.Error
	}
	if status >= 300 && status < 400 {
		return &Error{Code: "no-token", Message: "the token endpoint sends us to another address; give that by --token-url if you trust it", Err: errors.New(what)}
	}
	advice := "check client id, key or secret, and the scopes that were granted to the client"
	if c.skew.Abs() > badClock {
		advice += fmt.Sprintf("; the clock here and that of the server differ by %v", c.skew.Abs().Round(time.Second))
	}
	return &Error{Code: "no-token", Message: "the authorization server refuses: " + advice, Err: errors.New(what)}
}

func (c *Client) gaveUp(status int, err error) error {
	if err == nil {
		err = fmt.Errorf("status %d", status)
	}
	return &Error{Code: "no-token", Message: "the authorization server does not answer; try again when it is up", Err: err}
}
