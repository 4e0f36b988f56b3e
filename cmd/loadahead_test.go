package cmd_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The server is asked what it takes while files are read. Where these are
// damaged nobody waits for its answer.
func TestADamagedFileEndsALoadThoughTheServerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	asked, ended := make(chan struct{}), make(chan bool, 1)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		select {
		case <-r.Context().Done():
			ended <- true
		case <-time.After(20 * time.Second):
			ended <- false
		}
	}))
	t.Cleanup(web.Close)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for i := range 20_000 { // reading takes longer than asking
		fmt.Fprintf(z, `{"resourceType":"Patient","id":"p%d","name":[{"family":"Family %d"}]}`+"\n", i, i*i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Patient.ndjson.gz")
	if err := os.WriteFile(path, packed.Bytes()[:packed.Len()-9], 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, "load", path, "--to", web.URL+"/fhir", "--project", t.TempDir())
	if err := p.Run(); err == nil || !strings.Contains(p.err.String(), "Patient.ndjson.gz") {
		t.Fatalf("%v\n%s", err, &p.err)
	}
	select {
	case <-asked:
	default:
		t.Fatal("the server was not asked while the file was read")
	}
	if !<-ended {
		t.Error("the load waited for the server's answer")
	}
}
