package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tokens are those that the sandbox has given out, as the authorization server
// that it is where tokens go stale.
type tokens struct {
	life time.Duration
	now  func() time.Time

	mu   sync.Mutex
	till map[string]time.Time
}

func newTokens(life time.Duration, now func() time.Time) *tokens {
	return &tokens{life: life, now: now, till: map[string]time.Time{}}
}

// live reports whether a request brings a token that has not expired.
func (t *tokens) live(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t.mu.Lock()
	defer t.mu.Unlock()
	return ok && t.now().Before(t.till[token])
}

// serve gives a token to whoever asks for one by client credentials: this
// server is for rehearsals, on loopback.
func (t *tokens) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.PostForm.Get("grant_type") != "client_credentials" {
		writeJSON(w, http.StatusBadRequest, []byte(`{"error":"unsupported_grant_type"}`))
		return
	}
	token := newID()
	t.mu.Lock()
	for old, till := range t.till {
		if t.now().After(till) {
			delete(t.till, old)
		}
	}
	t.till[token] = t.now().Add(t.life)
	t.mu.Unlock()
	seconds := strconv.FormatFloat(t.life.Seconds(), 'f', -1, 64)
	writeJSON(w, http.StatusOK, []byte(`{"access_token":"`+token+`","token_type":"Bearer","expires_in":`+seconds+`}`))
}

// configuration is what SMART App Launch wants at
// .well-known/smart-configuration.
func (t *tokens) configuration(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, []byte(`{"token_endpoint":"http://`+r.Host+`/token","grant_types_supported":["client_credentials"],`+
		`"token_endpoint_auth_methods_supported":["private_key_jwt","client_secret_basic"],"capabilities":["client-confidential-asymmetric"]}`))
}
