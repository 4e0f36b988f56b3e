package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"chartlift/internal/issue"
	"chartlift/load/auth"
)

// authority gives out tokens T1, T2, … and remembers what it was asked.
type authority struct {
	*httptest.Server
	life   int
	before func(n int, w http.ResponseWriter, r *http.Request) bool // answers itself, where it returns true

	mu    sync.Mutex
	asked []*http.Request
	forms []map[string][]string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{life: 100}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/.well-known/smart-configuration"):
			_, _ = fmt.Fprintf(w, `{"token_endpoint":%q}`, a.URL+"/token")
		case r.URL.Path == "/token":
			_ = r.ParseForm()
			a.mu.Lock()
			a.asked, a.forms = append(a.asked, r), append(a.forms, r.PostForm)
			n := len(a.asked)
			a.mu.Unlock()
			if a.before != nil && a.before(n, w, r) {
				return
			}
			_, _ = fmt.Fprintf(w, `{"access_token":"T%d","token_type":"Bearer","expires_in":%d}`, n, a.life)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked)
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func client(t *testing.T, o auth.Options) *auth.Client {
	t.Helper()
	c, err := auth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func token(t *testing.T, c *auth.Client, refused string) string {
	t.Helper()
	got, err := c.Token(context.Background(), refused)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantError(t *testing.T, err error, code string) {
	t.Helper()
	var e *auth.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func TestAnAssertionIsSignedAsSMARTAsks(t *testing.T) {
	t.Parallel()
	rsaK, ecK := rsaKey(t, 2048), ecKey(t, elliptic.P384())
	jwk, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: rsaK.Public(), KeyID: "public"}, {Key: ecK, KeyID: "other"}, {Key: rsaK, KeyID: "mine"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name, kid string
		key       []byte
		public    any
		alg       string
	}{
		{"RSA as PEM", "k1", pkcs8(t, rsaK), rsaK.Public(), "RS384"},
		{"EC as PEM", "k2", pkcs8(t, ecK), ecK.Public(), "ES384"},
		{"set of keys, chosen by id", "mine", jwk, rsaK.Public(), "RS384"},
		{"set of keys, the first that can sign", "", jwk, ecK.Public(), "ES384"},
	}
	for _, row := range rows {
		a := newAuthority(t)
		now := &clock{now: time.Now()}
		c := client(t, auth.Options{Base: a.URL + "/fhir/", ClientID: "acme", Key: row.key, KeyID: row.kid, Now: now.Now})
		if got := token(t, c, ""); got != "T1" {
			t.Errorf("%s: token %q", row.name, got)
		}
		token(t, c, "T1")
		var ids []string
		for i, form := range a.forms {
			if form["grant_type"][0] != "client_credentials" || form["scope"][0] != auth.DefaultScope ||
				form["client_assertion_type"][0] != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
				t.Errorf("%s: asked with %v", row.name, form)
			}
			if a.asked[i].Header.Get("Authorization") != "" {
				t.Errorf("%s: an assertion and a secret at once", row.name)
			}
			jws, err := jose.ParseSignedCompact(form["client_assertion"][0], []jose.SignatureAlgorithm{jose.RS384, jose.ES384})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := jws.Verify(row.public)
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			h := jws.Signatures[0].Header
			if h.Algorithm != row.alg || h.ExtraHeaders["typ"] != "JWT" || h.KeyID == "" || row.kid != "" && h.KeyID != row.kid {
				t.Errorf("%s: header %+v", row.name, h)
			}
			var got struct {
				Iss, Sub, Aud, Jti string
				Iat, Exp           int64
			}
			if err := json.Unmarshal(payload, &got); err != nil {
				t.Fatal(err)
			}
			if got.Iss != "acme" || got.Sub != "acme" || got.Aud != a.URL+"/token" || got.Iat != now.now.Unix() || got.Exp != got.Iat+60 {
				t.Errorf("%s: claims %+v", row.name, got)
			}
			ids = append(ids, got.Jti)
		}
		if len(ids) != 2 || ids[0] == ids[1] || len(ids[0]) < 16 {
			t.Errorf("%s: assertion ids %v", row.name, ids)
		}
	}
}

func TestAKeyWithoutAnIDIsKnownByItsThumbprint(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P384())
	a := newAuthority(t)
	token(t, client(t, auth.Options{Base: a.URL, ClientID: "x", Key: pkcs8(t, key)}), "")
	jws, err := jose.ParseSignedCompact(a.forms[0]["client_assertion"][0], []jose.SignatureAlgorithm{jose.ES384})
	if err != nil || len(jws.Signatures[0].Header.KeyID) != 43 {
		t.Errorf("kid %q, %v", jws.Signatures[0].Header.KeyID, err)
	}
}

func TestASecretTravelsInTheHeaderEncoded(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	c := client(t, auth.Options{TokenURL: a.URL + "/token", ClientID: "a:b", Secret: "p ss%w:rd", Scope: "system/Patient.write"})
	token(t, c, "")
	user, password, ok := a.asked[0].BasicAuth()
	if !ok || user != "a%3Ab" || password != "p+ss%25w%3Ard" {
		t.Errorf("basic %q %q", user, password)
	}
	if form := a.forms[0]; form["scope"][0] != "system/Patient.write" || form["client_secret"] != nil {
		t.Errorf("asked with %v", form)
	}
}

func TestATokenIsKeptForFourFifthsOfItsLifeAndFetchedByOne(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	now := &clock{now: time.Now()}
	c := client(t, auth.Options{Base: a.URL, ClientID: "x", Secret: "s", Now: now.Now})
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if got, err := c.Token(context.Background(), ""); got != "T1" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	group.Wait()
	now.now = now.now.Add(79 * time.Second)
	if got := token(t, c, ""); got != "T1" {
		t.Errorf("at 79 %% of its life %q", got)
	}
	now.now = now.now.Add(time.Second)
	if got := token(t, c, ""); got != "T2" {
		t.Errorf("at 80 %% of its life %q", got)
	}
	for range 16 { // all were refused the first one: the second is there already
		group.Go(func() { _, _ = c.Token(context.Background(), "T1") })
	}
	group.Wait()
	for range 16 {
		group.Go(func() { _, _ = c.Token(context.Background(), "T2") })
	}
	group.Wait()
	if n := a.requests(); n != 3 {
		t.Errorf("%d requests for tokens", n)
	}
}

func TestTheTokenEndpointIsFoundInTheStatementOfOlderServers(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	fhir := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/r4/metadata" {
			_, _ = io.WriteString(w, "<html>log in</html>")
			return
		}
		_, _ = fmt.Fprintf(w, `{"rest":[{"security":{"extension":[{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
			"extension":[{"url":"authorize","valueUri":"x"},{"url":"token","valueUri":%q}]}]}}]}`, a.URL+"/token")
	}))
	defer fhir.Close()
	if got := token(t, client(t, auth.Options{Base: fhir.URL + "/r4", ClientID: "x", Secret: "s"}), ""); got != "T1" {
		t.Errorf("token %q", got)
	}
}

func TestNoEndpointNoToken(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"<html>", "{}", `{"token_endpoint":7}`} {
		fhir := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }))
		_, err := client(t, auth.Options{Base: fhir.URL, ClientID: "x", Secret: "s"}).Token(context.Background(), "")
		wantError(t, err, "no-token-endpoint")
		fhir.Close()
	}
	clear := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"token_endpoint":"http://evil.example/token"}`)
	}))
	defer clear.Close()
	_, err := client(t, auth.Options{Base: clear.URL, ClientID: "x", Secret: "s"}).Token(context.Background(), "")
	wantError(t, err, "bad-token-url")
}

func TestWhatIsWrongWithCredentialsIsSaidBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	rows := map[string]auth.Options{
		"bad-credentials": {ClientID: "", Secret: "s"},
		"bad-token-url":   {ClientID: "x", Secret: "s", TokenURL: "http://auth.example.org/token"},
	}
	for code, o := range rows {
		_, err := auth.New(o)
		wantError(t, err, code)
	}
	public, err := json.Marshal(jose.JSONWebKey{Key: rsaKey(t, 2048).Public()})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]auth.Options{
		"neither":    {ClientID: "x"},
		"both":       {ClientID: "x", Secret: "s", Key: []byte("k")},
		"nonsense":   {ClientID: "x", Key: []byte("not a key, but secret")},
		"public":     {ClientID: "x", Key: public},
		"short":      {ClientID: "x", Key: pkcs8(t, rsaKey(t, 1024))},
		"P-256":      {ClientID: "x", Key: pkcs8(t, ecKey(t, elliptic.P256()))},
		"encrypted":  {ClientID: "x", Key: pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})},
		"no such id": {ClientID: "x", KeyID: "k9", Key: []byte(`{"keys":[]}`)},
	} {
		_, err := auth.New(o)
		wantError(t, err, "bad-credentials")
		if strings.Contains(err.Error(), "secret") && name == "nonsense" {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}

func TestARefusalNamesItsCodeAndNothingElse(t *testing.T) {
	t.Parallel()
	rows := []struct {
		status     int
		body, want string
	}{
		{400, `{"error":"invalid_client","error_description":"secret s3cret of acme"}`, "status 400, invalid_client"},
		{401, `{"error":"S3cret!"}`, "status 401"},
		{403, "<html>s3cret</html>", "status 403"},
		{302, "", "--token-url"},
		{200, "<html>s3cret</html>", "something else than a bearer token"},
		{200, `{"access_token":"s3cret\r\nX: y","token_type":"bearer"}`, "something else than a bearer token"},
		{200, `{"access_token":"s3cret","token_type":"mac"}`, "something else than a bearer token"},
	}
	for _, row := range rows {
		a := newAuthority(t)
		a.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", "http://evil.example/")
			w.WriteHeader(row.status)
			_, _ = io.WriteString(w, row.body)
			return true
		}
		_, err := client(t, auth.Options{Base: a.URL, ClientID: "x", Secret: "s3cret"}).Token(context.Background(), "")
		wantError(t, err, "no-token")
		if !strings.Contains(err.Error(), row.want) || strings.Contains(strings.ToLower(err.Error()), "s3cret") {
			t.Errorf("%d: %v", row.status, err)
		}
		if a.requests() != 1 {
			t.Errorf("%d: %d requests", row.status, a.requests())
		}
	}
}

func TestATokenEndpointThatStumblesIsAskedAgain(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n < 4 {
			w.WriteHeader([]int{503, 429, 500}[n-1])
		}
		return n < 4
	}
	now := &clock{now: time.Now()}
	c := client(t, auth.Options{Base: a.URL, ClientID: "x", Secret: "s", Now: now.Now, Sleep: now.Sleep})
	if got := token(t, c, ""); got != "T4" {
		t.Errorf("token %q", got)
	}
	a.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true }
	_, err := c.Token(context.Background(), "T4")
	wantError(t, err, "no-token")
	if n := a.requests(); n != 9 {
		t.Errorf("%d requests", n)
	}
}

// A server that is asked with an assertion from the future refuses it; its Date
// header says what time it is there.
func TestAClockThatIsWrongIsCorrectedByTheServers(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P384())
	a := newAuthority(t)
	a.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		jws, err := jose.ParseSignedCompact(a.forms[n-1]["client_assertion"][0], []jose.SignatureAlgorithm{jose.ES384})
		if err != nil {
			t.Error(err)
		}
		payload, err := jws.Verify(key.Public())
		if err != nil {
			t.Error(err)
		}
		var got struct{ Iat, Exp int64 }
		_ = json.Unmarshal(payload, &got)
		if now := time.Now().Unix(); got.Iat > now+5 || got.Exp < now {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
			return true
		}
		return false
	}
	for _, wrong := range []time.Duration{2 * time.Hour, -10 * time.Minute} {
		ours := &clock{now: time.Now().Add(wrong)}
		c := client(t, auth.Options{TokenURL: a.URL + "/token", ClientID: "x", Key: pkcs8(t, key), Now: ours.Now})
		if got := token(t, c, ""); got == "" {
			t.Error("no token")
		}
	}
	if n := a.requests(); n != 4 {
		t.Errorf("%d requests", n)
	}
}

func TestACanceledContextEndsTheWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	a := newAuthority(t)
	a.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { cancel(); w.WriteHeader(503); return true }
	_, err := client(t, auth.Options{Base: a.URL, ClientID: "x", Secret: "s"}).Token(ctx, "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestATokenFileIsReadAgainWhenItsTokenIsRefused(t *testing.T) {
	t.Parallel()
	ctx, reads := context.Background(), 0
	f := auth.File(func() (string, error) { reads++; return fmt.Sprintf(" T%d\n", reads), nil })
	var got []string
	for _, refused := range []string{"", "", "T1", "T1", "T2"} {
		text, err := f(ctx, refused)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	if want := []string{"T1", "T1", "T2", "T2", "T3"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if text, err := auth.Static("S")(ctx, "S"); text != "S" || err != nil {
		t.Errorf("static: %q %v", text, err)
	}
}

func TestCodesAreSortedAndExplained(t *testing.T) {
	t.Parallel()
	codes := auth.Codes()
	if !slices.IsSortedFunc(codes, func(a, b issue.Code) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("codes are not sorted")
	}
	for _, c := range codes {
		if c.Title == "" || c.Fix == "" {
			t.Errorf("%s lacks a title or a fix", c.Code)
		}
	}
}
