package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// client speaks to a sandbox of its own.
type client struct {
	t    testing.TB
	base string
}

func rehearse(t testing.TB, o sandbox.Options) client {
	t.Helper()
	return client{t, serve(t, filepath.Join(t.TempDir(), "sandbox.db"), o)}
}

func serve(t testing.TB, path string, o sandbox.Options) string {
	t.Helper()
	s, err := sandbox.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL + "/fhir"
}

// reply is an answer, with what the tests look at.
type reply struct {
	status int
	header http.Header
	body   string

	ResourceType string
	ID           string
	Meta         struct{ VersionID, LastUpdated, Source string }
	Subject      struct{ Reference string }
	Total        int
	Link         []struct{ Relation, URL string }
	Entry        []struct {
		FullURL  string
		Resource struct{ ID string }
		Response struct {
			Status, Location, Etag string
			Outcome                struct{ Issue []oneIssue }
		}
	}
	Issue []oneIssue
}

type oneIssue struct{ Severity, Code, Diagnostics string }

func (c client) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	r, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := reply{status: res.StatusCode, header: res.Header, body: string(b)}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &got); err != nil {
			c.t.Fatalf("%s %s answers %q: %v", method, path, b, err)
		}
	}
	return got
}

// want does a request and checks the status.
func (c client) want(status int, method, path, body string, headers ...string) reply {
	c.t.Helper()
	got := c.do(method, path, body, headers...)
	if got.status != status {
		c.t.Errorf("%s %s: status %d, want %d: %s", method, path, got.status, status, got.body)
	}
	if status >= 400 && (got.ResourceType != "OperationOutcome" || len(got.Issue) == 0 || got.Issue[0].Diagnostics == "") {
		c.t.Errorf("%s %s: the refusal is no OperationOutcome: %s", method, path, got.body)
	}
	return got
}

func (c client) count(search string) int {
	c.t.Helper()
	sep := "?"
	if strings.Contains(search, "?") {
		sep = "&"
	}
	return c.want(200, "GET", "/"+search+sep+"_summary=count", "").Total
}

func patient(id string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":"urn:mrn","value":"m-%s"}]}`, id, id)
}

func observation(id, subject string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"text":"x"},"subject":{"reference":%q}}`, id, subject)
}

// put, post and remove are entries of a bundle.
func put(ref, resource string) string {
	return fmt.Sprintf(`{"resource":%s,"request":{"method":"PUT","url":%q}}`, resource, ref)
}

func post(fullURL, typ, resource, ifNoneExist string) string {
	return fmt.Sprintf(`{"fullUrl":%q,"resource":%s,"request":{"method":"POST","url":%q,"ifNoneExist":%q}}`, fullURL, resource, typ, ifNoneExist)
}

func remove(ref string) string {
	return fmt.Sprintf(`{"request":{"method":"DELETE","url":%q}}`, ref)
}

func bundle(kind string, entries ...string) string {
	return fmt.Sprintf(`{"resourceType":"Bundle","type":%q,"entry":[%s]}`, kind, strings.Join(entries, ","))
}
