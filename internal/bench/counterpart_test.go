package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chartlift/fhir"
)

// asked sends a request to a counterpart and returns status, answer and
// headers.
func asked(t *testing.T, method, url, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func serve(t *testing.T, c *counterpart) string {
	t.Helper()
	base := c.start() + "/fhir"
	t.Cleanup(c.Close)
	return base
}

// timer is a time that only a test lets pass.
type timer struct {
	mu sync.Mutex
	at time.Time
}

func newTimer() *timer { return &timer{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *timer) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *timer) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// transaction is a request of families, from one number up to another.
func transaction(from, to int) string {
	return string(lanes{}.bundle("x-", from, to))
}

func answersIn(text string) ([]fhir.ResponseEntry, error) {
	var tree fhir.Tree
	if err := tree.Parse([]byte(text)); err != nil {
		return nil, err
	}
	return fhir.ReadResponse(&tree)
}

func TestACounterpartAnswersForEachEntryAndKnowsWhatItHas(t *testing.T) {
	t.Parallel()
	c := &counterpart{}
	base := serve(t, c)
	status, text, _ := asked(t, "POST", base, transaction(0, 6))
	answers, err := answersIn(text)
	if status != 200 || err != nil || len(answers) != 6 || answers[0].Status != 201 || answers[1].Location != "Observation/x-o1/_history/1" {
		t.Fatalf("%d %v %+v", status, err, answers)
	}
	_, text, _ = asked(t, "POST", base, transaction(4, 8))
	if answers, err = answersIn(text); err != nil || answers[0].Status != 200 || answers[2].Status != 201 {
		t.Errorf("sent again: %+v %v", answers, err)
	}
	if status, _, header := asked(t, "PUT", base+"/Patient/x-p130", `{}`); status != 201 || header.Get("Location") != "Patient/x-p130/_history/1" {
		t.Errorf("a single one: %d %v", status, header)
	}
	if got := c.seen(); got.stored() != 9 || got.writes != 3 || got.wasted != 0 {
		t.Errorf("it has seen %+v", got)
	}
	if status, _, _ := asked(t, "POST", base, `{"resourceType":"Bundle"`); status != 400 {
		t.Errorf("half a bundle: %d", status)
	}
	if status, _, _ := asked(t, "GET", base+"/Patient/x-p0", ""); status != 404 {
		t.Errorf("a reading: %d", status)
	}
}

func TestACounterpartRefusesWhatItsLimitsSay(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		c      *counterpart
		n      int
		status int
	}{
		"as many as it takes": {&counterpart{entries: 8}, 8, 200},
		"one more":            {&counterpart{entries: 8}, 9, 400},
		"bytes":               {&counterpart{bytes: 1000}, 4, 413},
		"few bytes":           {&counterpart{bytes: 1000}, 1, 200},
		"a bad one":           {&counterpart{bad: "Observation/x-o3"}, 4, 422},
		"none that is bad":    {&counterpart{bad: "Observation/x-o3"}, 3, 200},
	} {
		base := serve(t, row.c)
		status, text, _ := asked(t, "POST", base, transaction(0, row.n))
		seen := row.c.seen()
		if status != row.status || seen.wasted != min(1, max(0, status-200)) {
			t.Errorf("%s: %d %s, %+v", name, status, text, seen)
		}
		if stored := seen.stored(); (status == 200) != (stored == row.n) || status != 200 && stored != 0 {
			t.Errorf("%s: %d are stored", name, stored)
		}
	}
}

func TestACounterpartThatGivesIDsCreatesOnConditions(t *testing.T) {
	t.Parallel()
	c := &counterpart{assigns: true}
	base := serve(t, c)
	if _, text, _ := asked(t, "GET", base+"/metadata", ""); strings.Count(text, `"updateCreate":false`) != 2 || !strings.Contains(text, `"conditionalCreate":true`) {
		t.Errorf("it says %s", text)
	}
	for i, want := range []int{201, 200} {
		status, _, header := asked(t, "POST", base+"/Patient", `{}`, "If-None-Exist", "identifier=urn:x|Patient/c-p17")
		if status != want || header.Get("Location") != "Patient/s17/_history/1" {
			t.Errorf("time %d: %d %v", i+1, status, header)
		}
	}
}

func TestACounterpartTellsWhoComesTooEarly(t *testing.T) {
	t.Parallel()
	now := newTimer()
	c := &counterpart{perSecond: 2, now: now.time}
	base := serve(t, c)
	var got []int
	for range 3 {
		status, _, header := asked(t, "POST", base, transaction(0, 1))
		if got = append(got, status); status == 429 && header.Get("Retry-After") != "1" {
			t.Errorf("it says %v", header)
		}
	}
	if got[0] != 200 || got[1] != 200 || got[2] != 429 {
		t.Errorf("answers %v", got)
	}
	now.pass(150 * time.Millisecond) // by then whoever was sent away knows of it
	asked(t, "POST", base, transaction(0, 1))
	now.pass(time.Second)
	if status, _, _ := asked(t, "POST", base, transaction(0, 1)); status != 200 {
		t.Errorf("who comes at the time that was named gets %d", status)
	}
	if seen := c.seen(); seen.early != 1 || seen.delayed != 2 || seen.writes != 5 {
		t.Errorf("it has seen %+v", seen)
	}
}

func TestACounterpartWantsATokenThatIsAlive(t *testing.T) {
	t.Parallel()
	now := newTimer()
	c := &counterpart{life: time.Second, now: now.time}
	base := serve(t, c)
	if status, _, _ := asked(t, "GET", base+"/metadata", ""); status != 401 {
		t.Errorf("without a token: %d", status)
	}
	_, text, _ := asked(t, "POST", strings.TrimSuffix(base, "/fhir")+"/token", "")
	_, rest, _ := strings.Cut(text, `"access_token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	if status, _, _ := asked(t, "GET", base+"/metadata", "", "Authorization", "Bearer "+token); status != 200 {
		t.Errorf("with a token: %d", status)
	}
	now.pass(time.Second)
	if status, _, _ := asked(t, "GET", base+"/metadata", "", "Authorization", "Bearer "+token); status != 401 {
		t.Errorf("with an old one: %d", status)
	}
	if seen := c.seen(); seen.tokens != 1 || seen.denied != 2 {
		t.Errorf("it has seen %+v", seen)
	}
}

// The bars that need no waiting, through the program itself.
func TestBarsAreMeasuredAgainstCounterparts(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	tool, err := buildTool(t.Context(), work)
	if err != nil {
		t.Fatal(err)
	}
	b := &loadBench{options: options{loadMemory: 4000}, work: work, tool: tool}
	if _, _, err := b.deliver(t.Context(), &counterpart{bad: "Patient/c-p900"}, visit{name: "none", kind: patientsOnly, n: 200}); err == nil || !strings.Contains(err.Error(), "200 of 199 resources are stored") {
		t.Errorf("a bad resource that is stored is no error: %v", err)
	}
	seen, spent, err := b.deliver(t.Context(), &counterpart{entries: 30}, visit{name: "few", kind: families, n: 800})
	if err != nil || seen.wasted == 0 || seen.wasted > 7 || spent.RSS == 0 {
		t.Errorf("%+v %+v %v", seen, spent, err)
	}
	memory, err := b.million(t.Context())
	if err != nil || memory.what != "memory of a load of 4000 resources" || !strings.Contains(memory.measured, " MB (") {
		t.Errorf("%+v %v", memory, err)
	}
	if left, err := filepath.Glob(filepath.Join(work, "*.project")); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v %v", left, err)
	}
	page := (&loadBench{bars: []bar{memory}}).markdown(&report{})
	if !strings.Contains(page, "| memory of a load of 4000 resources | ≤ 150 MB | ") {
		t.Errorf("the page has no such bar:\n%s", page)
	}
}

func TestBothKindsOfSendersInThisProcessStoreEverything(t *testing.T) {
	t.Parallel()
	b := &loadBench{work: t.TempDir()}
	for _, kept := range []bool{true, false} {
		c := &counterpart{}
		base := serve(t, c)
		took, err := b.inside(t.Context(), strings.TrimSuffix(base, "/fhir"), 700, kept)
		if err != nil || took <= 0 || c.seen().stored() != 700 {
			t.Errorf("with a journal %v: %v, %d stored, %v", kept, took, c.seen().stored(), err)
		}
	}
}
