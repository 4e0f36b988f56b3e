package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/auth"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// authorizationServer starts the real one of CHARTLIFT_E2E_SERVERS before the
// FHIR server at upstream. Its tokens live three seconds. It returns its
// address and the folder with its keys.
func authorizationServer(t *testing.T, port int, upstream string) (base, dir string) {
	t.Helper()
	servers := os.Getenv("CHARTLIFT_E2E_SERVERS")
	if servers == "" {
		t.Skip("SKIPPED: set CHARTLIFT_E2E_SERVERS to the folder of the real servers")
	}
	dir = t.TempDir()
	host := strings.TrimSuffix(strings.TrimPrefix(upstream, "http://"), "/fhir")
	start := exec.Command(filepath.Join(servers, "oidc", "start"), fmt.Sprint(port), dir, "ttl=3", "upstream="+host)
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("start authorization server: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command(filepath.Join(servers, "oidc", "stop"), dir).Run() })
	return fmt.Sprintf("http://127.0.0.1:%d/fhir", port), dir
}

// tokensAsked counts the requests for tokens.
type tokensAsked struct{ n atomic.Int64 }

func (c *tokensAsked) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		c.n.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A load outlives many tokens, and no resource fails for it.
func TestARealAuthorizationServerWithTokensOfThreeSeconds(t *testing.T) {
	if os.Getenv("CHARTLIFT_E2E_SERVERS") == "" {
		t.Skip("SKIPPED: set CHARTLIFT_E2E_SERVERS to the folder of the real servers")
	}
	server, err := sandbox.Open(filepath.Join(t.TempDir(), "s.db"), sandbox.Options{Faults: sandbox.Faults{Latency: 60 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	upstream, err := server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base, dir := authorizationServer(t, 21000+os.Getpid()%9000, upstream)
	keys, err := os.ReadFile(filepath.Join(dir, "jwks.json"))
	if err != nil {
		t.Fatal(err)
	}
	for id, o := range map[string]auth.Options{
		"jwt-RS384":     {Key: keys, KeyID: "test-RS384"},
		"jwt-ES384":     {Key: keys, KeyID: "test-ES384"},
		"secret-client": {Secret: "test-secret-not-for-use"},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			asked := &tokensAsked{}
			o.Base, o.ClientID, o.HTTP = base, id, asked
			tokens, err := auth.New(o)
			if err != nil {
				t.Fatal(err)
			}
			sink, err := fhirserver.Open(context.Background(), fhirserver.Options{Base: base, Token: tokens.Token, Strategy: fhirserver.Single})
			if err != nil {
				t.Fatal(err)
			}
			b := load.Bundle{Seq: 1}
			for i := range 120 {
				b.Entries = append(b.Entries, loadtest.Patient(fmt.Sprintf("%s-%d", id, i)))
			}
			began := time.Now()
			outcomes, err := sink.Send(context.Background(), &b)
			if err != nil {
				t.Fatal(err)
			}
			for i, out := range outcomes {
				if !out.OK() {
					t.Errorf("entry %d: %+v", i, out)
				}
			}
			lives := int64(time.Since(began)/(2400*time.Millisecond)) + 2
			t.Logf("%d resources in %v with %d tokens", len(outcomes), time.Since(began), asked.n.Load())
			if n := asked.n.Load(); n < 3 || n > lives {
				t.Errorf("%d tokens for %d lives", n, lives)
			}
		})
	}
}
