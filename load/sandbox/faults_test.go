package sandbox_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chartlift/load/sandbox"
)

func TestEveryNthRequestIsRefusedAsTold(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{RateLimit429Every: 3, RetryAfter: 7 * time.Second, Fail503Every: 2}})
	want := []int{200, 503, 429, 503, 200, 429}
	for i, status := range want {
		c.want(200, "GET", "/metadata", "")
		got := c.want(status, "GET", "/Patient", "")
		if after := got.header.Get("Retry-After"); (after == "7") != (status == 429) {
			t.Errorf("request %d: Retry-After %q", i+1, after)
		}
	}
}

func TestADroppedAnswerIsAnAnswerToWorkThatWasDone(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{DropAnswerEvery: 2}})
	c.want(200, "GET", "/Patient", "")
	r, err := http.NewRequest("PUT", c.base+"/Patient/a", strings.NewReader(patient("a")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/fhir+json")
	if res, err := http.DefaultClient.Do(r); err == nil {
		_ = res.Body.Close()
		t.Errorf("answered with %d", res.StatusCode)
	}
	c.want(200, "GET", "/Patient/a", "")
}

func TestLimitsOfEntriesAndBytes(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{MaxEntries: 2, MaxBytes: 1000}})
	a, b, x := put("Patient/a", patient("a")), put("Patient/b", patient("b")), put("Patient/x", patient("x"))
	if got := c.want(413, "POST", "", bundle("transaction", a, b, x)); got.Issue[0].Code != "too-costly" {
		t.Errorf("refused with %+v", got.Issue)
	}
	c.want(200, "POST", "", bundle("transaction", a, b))
	if got := c.want(413, "PUT", "/Patient/x", patient("x")+strings.Repeat(" ", 1000)); got.Issue[0].Code != "too-long" {
		t.Errorf("refused with %+v", got.Issue)
	}
}

func TestServersThatLackAnInteractionRefuseIt(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{NoTransaction: true, NoClientIDs: true}})
	c.want(400, "POST", "", bundle("transaction", put("Patient/a", patient("a"))))
	c.want(405, "PUT", "/Patient/a", patient("a"))
	c.want(201, "POST", "/Patient", patient("a"))
}

func TestWithoutTheTokenNothingIsGiven(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{Token: "sesame"}})
	c.want(401, "GET", "/metadata", "")
	c.want(401, "GET", "/Patient", "", "Authorization", "Bearer other")
	c.want(200, "GET", "/Patient", "", "Authorization", "Bearer sesame")
}

func TestLatencyDelaysTheAnswer(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sandbox.Options{Faults: sandbox.Faults{Latency: 30 * time.Millisecond}})
	began := time.Now()
	c.want(200, "GET", "/Patient", "")
	if d := time.Since(began); d < 30*time.Millisecond {
		t.Errorf("answered after %v", d)
	}
}

const victim = "CHARTLIFT_TEST_SANDBOX_VICTIM"

// TestMain lets the test program be the server that is killed.
func TestMain(m *testing.M) {
	path := os.Getenv(victim)
	if path == "" {
		os.Exit(m.Run())
	}
	s, err := sandbox.Open(path, sandbox.Options{})
	if err == nil {
		var base string
		if base, err = s.Start("127.0.0.1:0"); err == nil {
			fmt.Println(base)
			_, _ = io.Copy(io.Discard, os.Stdin) // which ends with whoever started it
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestWhatWasAnsweredSurvivesAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "killed.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(self)
	server.Env = append(os.Environ(), victim+"="+path)
	if _, err := server.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	base, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	for ; ; answered++ {
		if answered == 5 { // from here on it dies in the middle of something, or between two
			time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = server.Process.Kill() })
		}
		body := bundle("transaction", put(fmt.Sprintf("Patient/p%d", answered), patient(fmt.Sprintf("p%d", answered))),
			put(fmt.Sprintf("Observation/o%d", answered), observation(fmt.Sprintf("o%d", answered), fmt.Sprintf("Patient/p%d", answered))))
		res, err := http.Post(strings.TrimSpace(base), "application/fhir+json", strings.NewReader(body))
		if err != nil {
			break
		}
		_ = res.Body.Close()
		if res.StatusCode != 200 {
			t.Fatalf("status %d", res.StatusCode)
		}
	}
	_ = server.Wait()
	c := client{t, serve(t, path, sandbox.Options{})}
	patients, observations := c.count("Patient"), c.count("Observation")
	if answered < 5 || patients < answered || patients > answered+1 || observations != patients {
		t.Errorf("%d transactions were answered, %d patients and %d observations survive", answered, patients, observations)
	}
}
