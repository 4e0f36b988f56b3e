package sandbox_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

func TestAFullDiskIsInsufficientStorageAndNothingOfTheRequestIsKept(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox.db"), sandbox.Options{})
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
	c := client{t, server.URL + "/fhir"}
	c.want(201, "PUT", "/Patient/before", patient("before"))
	if err := sandbox.LimitPages(s, 20); err != nil {
		t.Fatal(err)
	}
	var entries []string
	for n := range 100 {
		long := fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"text":%q}]}`, n, strings.Repeat("long ", 1000))
		entries = append(entries, put(fmt.Sprintf("Patient/p%d", n), long))
	}
	for range 2 { // the second finds no transaction left open by the first
		for _, kind := range []string{"transaction", "batch"} {
			got := c.want(507, "POST", "", `{"resourceType":"Bundle","type":"`+kind+`","entry":[`+strings.Join(entries, ",")+`]}`)
			if len(got.Issue) != 1 || got.Issue[0].Code != "no-store" || !strings.Contains(got.Issue[0].Diagnostics, "disk of the sandbox is full") {
				t.Errorf("%s: %s", kind, got.body)
			}
		}
	}
	if n := c.count("Patient"); n != 1 {
		t.Errorf("%d patients, want the one from before", n)
	}
	c.want(201, "PUT", "/Patient/small", patient("small"))
}
