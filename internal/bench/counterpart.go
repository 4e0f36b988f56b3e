package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"chartlift/fhir"
)

// counterpart is a FHIR server in this process, for bars that are about what a
// server says and not about how it works. Of resources it keeps the number in
// which their ids end, so that a million of them take 128 KB: this process is
// to stay small (see measure). Within its limits it answers as HAPI does.
type counterpart struct {
	each      time.Duration // that an entry takes; two requests are worked on at a time, as by a server with two processors
	perSecond int           // requests that it takes in a second, then 429 with Retry-After: 1; 0: all
	entries   int           // of a transaction at most, else 400; 0: any number
	bytes     int           // of a request at most, else 413; 0: any number
	assigns   bool          // it gives ids itself, and creates on conditions
	bad       string        // Type/id that it refuses, with the transaction in which it comes
	life      time.Duration // of the tokens that it wants to see; 0: it wants none

	now    func() time.Time // nil: time.Now
	server *httptest.Server
	slots  chan struct{}

	mu     sync.Mutex
	got    arrivals
	window time.Time // in which requests are counted
	inside int       // requests of that window
	resume time.Time // nobody may come before, by the last Retry-After
	said   time.Time // since when requests are sent away
	token  time.Time // when the last token was given
}

// arrivals are what a counterpart has seen.
type arrivals struct {
	writes      int // requests that hold something to store
	wasted      int // of these, those that it refused for what they hold
	delayed     int // of these, those that it asked to come later
	early       int // requests between such an answer and the time that it named
	tokens      int
	denied      int // requests without a good token
	first, last time.Time
	held        []uint64 // bits, by the number of the resource
}

// stored is how many resources are there.
func (a arrivals) stored() int {
	n := 0
	for _, word := range a.held {
		n += bits.OnesCount64(word)
	}
	return n
}

// hold notes a resource and reports whether it was there before.
func (a *arrivals) hold(n int) (before bool) {
	for len(a.held) <= n/64 {
		a.held = append(a.held, make([]uint64, 1+len(a.held))...)
	}
	mask := uint64(1) << (n % 64)
	before = a.held[n/64]&mask != 0
	a.held[n/64] |= mask
	return before
}

// start serves it. Whoever starts it must call Close.
func (c *counterpart) start() string {
	c.slots = make(chan struct{}, 2)
	if c.now == nil {
		c.now = time.Now
	}
	c.server = httptest.NewServer(c)
	return c.server.URL
}

// Close ends it.
func (c *counterpart) Close() { c.server.Close() }

// seen is what has come until now.
func (c *counterpart) seen() arrivals {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got
}

const statementHead = `{"resourceType":"CapabilityStatement","status":"active","date":"2026-01-01","kind":"instance","fhirVersion":"4.0.1","format":["json"],"rest":[{"mode":"server",` +
	`"interaction":[{"code":"transaction"}],"resource":[`

// statement is the CapabilityStatement. It is silent about limits, as those of
// real servers are.
func (c *counterpart) statement() string {
	var types []string
	for _, typ := range []string{"Patient", "Observation"} {
		types = append(types, fmt.Sprintf(`{"type":%q,"interaction":[{"code":"read"},{"code":"create"},{"code":"update"},{"code":"search-type"}],"updateCreate":%t,"conditionalCreate":true,`+
			`"searchParam":[{"name":"identifier","type":"token"}]}`, typ, !c.assigns))
	}
	return statementHead + strings.Join(types, ",") + "]}]}"
}

func (c *counterpart) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		c.giveToken(w)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	switch {
	case !c.known(r):
		outcome(w, http.StatusUnauthorized, "login")
	case strings.HasSuffix(r.URL.Path, "/metadata"):
		_, _ = io.WriteString(w, c.statement())
	case r.Method == http.MethodGet:
		outcome(w, http.StatusNotFound, "not-found")
	default:
		c.write(w, r, body)
	}
}

// giveToken is the token endpoint (RFC 6749 section 4.4). It looks at no
// credentials: what is measured is how often it is asked.
func (c *counterpart) giveToken(w http.ResponseWriter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got.tokens++
	c.token = c.now()
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"access_token":"%d","token_type":"Bearer","expires_in":%d}`, c.token.UnixNano(), int(c.life.Seconds()))
}

// known reports whether a request has the token it needs.
func (c *counterpart) known(r *http.Request) bool {
	if c.life == 0 {
		return true
	}
	at, err := strconv.ParseInt(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), 10, 64)
	if err == nil && c.now().Sub(time.Unix(0, at)) < c.life {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got.denied++
	return false
}

// written is one entry of a request.
type written struct {
	ref  string // Type/id, or the condition of a create
	typ  string
	post bool
}

// number is what the id ends with.
func (w written) number() int {
	digits := w.ref[len(strings.TrimRight(w.ref, "0123456789")):]
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// entriesOf reads what a request wants to be stored.
func entriesOf(r *http.Request, body []byte) (all []written, bundled bool, err error) {
	typ, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/fhir/"), "/")
	switch {
	case r.Method == http.MethodPut:
		return []written{{strings.TrimPrefix(r.URL.Path, "/fhir/"), typ, false}}, false, nil
	case r.URL.Path != "/fhir" && r.URL.Path != "/fhir/":
		return []written{{r.Header.Get("If-None-Exist"), typ, true}}, false, nil
	}
	var tree fhir.Tree
	if err := tree.Parse(body); err != nil {
		return nil, true, err
	}
	if list := tree.Find(0, "entry"); list != 0 {
		for n := tree.First(list); n != 0; n = tree.Next(n) {
			request := tree.Find(n, "request")
			url := strings.Clone(tree.FindText(request, "url"))
			typ, _, _ := strings.Cut(url, "/")
			e := written{url, typ, tree.FindText(request, "method") == http.MethodPost}
			if e.post {
				e.ref = strings.Clone(tree.FindText(request, "ifNoneExist"))
			}
			all = append(all, e)
		}
	}
	return all, true, nil
}

// write answers a request that stores.
func (c *counterpart) write(w http.ResponseWriter, r *http.Request, body []byte) {
	all, bundled, err := entriesOf(r, body)
	if err != nil {
		outcome(w, http.StatusBadRequest, "structure")
		return
	}
	if len(all) > 0 && !c.admit(w) {
		return
	}
	if why := c.refuses(all, len(body)); why != 0 {
		code := map[int]string{http.StatusBadRequest: "too-costly", http.StatusRequestEntityTooLarge: "too-long", http.StatusUnprocessableEntity: "invariant"}[why]
		outcome(w, why, code)
		return
	}
	c.slots <- struct{}{}
	time.Sleep(time.Duration(len(all)) * c.each)
	<-c.slots
	answers := make([]string, len(all))
	status := http.StatusOK
	for i, e := range all {
		s, location := c.store(e)
		status = s
		answers[i] = fmt.Sprintf(`{"response":{"status":"%d","location":"%s/_history/1","etag":"W/\"1\""}}`, s, location)
		w.Header().Set("Location", location+"/_history/1")
	}
	if !bundled {
		w.Header().Set("ETag", `W/"1"`)
		w.WriteHeader(status)
		return
	}
	_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"transaction-response","entry":[`+strings.Join(answers, ",")+"]}")
}

// admit counts a request, and sends it away where it comes too soon.
func (c *counterpart) admit(w http.ResponseWriter) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.got.writes++
	if c.got.last = now; c.got.first.IsZero() {
		c.got.first = now
	}
	if c.perSecond == 0 {
		return true
	}
	// What was under way when others were told to wait does not count as early.
	if now.Before(c.resume) && now.Sub(c.said) > 100*time.Millisecond {
		c.got.early++
	}
	if now.Sub(c.window) >= time.Second {
		c.window, c.inside = now, 0
	}
	if c.inside++; c.inside <= c.perSecond {
		return true
	}
	c.got.delayed++
	if now.After(c.resume) {
		c.said = now
	}
	c.resume = now.Add(time.Second)
	w.Header().Set("Retry-After", "1")
	outcome(w, http.StatusTooManyRequests, "throttled")
	return false
}

// refuses returns the status with which a request is refused for what it holds,
// 0 where it is not.
func (c *counterpart) refuses(all []written, size int) (status int) {
	switch {
	case c.bytes > 0 && size > c.bytes:
		status = http.StatusRequestEntityTooLarge
	case c.entries > 0 && len(all) > c.entries:
		status = http.StatusBadRequest
	default:
		for _, e := range all {
			if c.bad != "" && e.ref == c.bad {
				status = http.StatusUnprocessableEntity
			}
		}
	}
	if status != 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got.wasted++
	}
	return status
}

// store keeps an entry and returns its status and place.
func (c *counterpart) store(e written) (status int, location string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := e.number()
	before := c.got.hold(n)
	if location = e.ref; e.post {
		location = e.typ + "/s" + strconv.Itoa(n)
	}
	if before {
		return http.StatusOK, location
	}
	return http.StatusCreated, location
}

// outcome writes a refusal.
func outcome(w http.ResponseWriter, status int, code string) {
	quoted, _ := json.Marshal(code) // a string always can be
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":%s}]}`, quoted)
}
