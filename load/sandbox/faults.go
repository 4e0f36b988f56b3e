package sandbox

import (
	"crypto/subtle"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Faults make the server as awkward as real ones. Numbers that say "every"
// count the requests other than for metadata; 0 is never.
type Faults struct {
	RateLimit429Every int           // answer 429 with Retry-After
	RetryAfter        time.Duration // of the 429, whole seconds
	Fail503Every      int           // answer 503
	DropAnswerEvery   int           // do the work, then cut the connection
	Latency           time.Duration // before each answer
	MaxEntries        int           // more entries in a bundle are refused with 413
	MaxBytes          int64         // a larger request is refused with 413
	NoTransaction     bool          // neither offered nor done
	NoClientIDs       bool          // PUT of an unknown id is refused with 405
	Token             string        // the bearer token without which all is 401

	// How likely a request meets a fault, from 0 to 1; see ParseFaults.
	Chance429, Chance503, ChanceDrop, ChanceCut float64
	// TokenLife makes the sandbox its own authorization server: tokens are
	// given out at /token, live so long, and are asked for. 0: none are.
	TokenLife time.Duration
}

// maxRequest bounds a request where Faults.MaxBytes does not.
const maxRequest = 64 << 20

// withFaults stands before the endpoint. The token is asked for everywhere;
// metadata is spared the other faults, because a client that is refused there
// gives up at once, rightly.
func (s *Server) withFaults(next http.Handler) http.Handler {
	f := s.options.Faults
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.tokens != nil && strings.HasSuffix(r.URL.Path, "/.well-known/smart-configuration") {
			s.tokens.configuration(w, r)
			return
		}
		if !f.allowed(r) || s.tokens != nil && !metadata(r) && !s.tokens.live(r) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			write(w, refuse(http.StatusUnauthorized, "login", "a bearer token is required"))
			return
		}
		if metadata(r) {
			next.ServeHTTP(w, r)
			return
		}
		n := s.count.Add(1)
		if f.Latency > 0 && !wait(r, f.Latency) {
			return
		}
		switch f.draw(n, rand.Float64()) {
		case throttled:
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
			write(w, refuse(http.StatusTooManyRequests, "throttled", "too many requests"))
		case resting:
			write(w, refuse(http.StatusServiceUnavailable, "transient", "the server rests"))
		case unanswered:
			next.ServeHTTP(&unheard{header: http.Header{}}, r)
			cut(w)
		case halfAnswered:
			half := &unheard{header: w.Header(), to: w}
			next.ServeHTTP(half, r)
			half.send()
			cut(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func metadata(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/metadata") }

func (f Faults) allowed(r *http.Request) bool {
	given := []byte(r.Header.Get("Authorization"))
	return f.Token == "" || subtle.ConstantTimeCompare(given, []byte("Bearer "+f.Token)) == 1
}

// every counts from 1: with 3, requests 3, 6, 9 fail.
func every(n int64, each int) bool { return each > 0 && n%int64(each) == 0 }

// wait reports whether the client is still there afterwards.
func wait(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
}

// unheard is the answer that never arrives, or only its first half.
type unheard struct {
	header http.Header
	to     http.ResponseWriter // nil: nobody
	status int
	body   []byte
}

func (u *unheard) Header() http.Header    { return u.header }
func (u *unheard) WriteHeader(status int) { u.status = status }

func (u *unheard) Write(b []byte) (int, error) {
	if u.to != nil {
		u.body = append(u.body, b...)
	}
	return len(b), nil
}

// send writes the first half of the answer. Its length was announced whole.
func (u *unheard) send() {
	if u.status == 0 {
		u.status = http.StatusOK
	}
	u.to.WriteHeader(u.status)
	_, _ = u.to.Write(u.body[:len(u.body)/2])
	_ = http.NewResponseController(u.to).Flush()
}
