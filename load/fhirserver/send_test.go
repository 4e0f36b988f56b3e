package fhirserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"

	"github.com/google/go-cmp/cmp"
)

func bundle(entries []load.Entry) *load.Bundle {
	return &load.Bundle{Seq: 1, Atomic: true, Entries: entries}
}

func TestRequestsAreCutByEntriesAndBytes(t *testing.T) {
	t.Parallel()
	d := &double{}
	wantAllOK(t, send(t, open(t, start(t, d)), patients(250)))
	if got := d.requests(); !slices.Equal(got, []int{100, 100, 50}) {
		t.Errorf("requests of %v entries", got)
	}
	small := &double{}
	o := start(t, small)
	o.MaxBytes = 1000
	wantAllOK(t, send(t, open(t, o), patients(9)))
	if got := small.requests(); !slices.Equal(got, []int{3, 3, 3}) {
		t.Errorf("with 1000 bytes: requests of %v entries", got)
	}
}

func TestAnIDComesOnceInARequestAndTheLaterWins(t *testing.T) {
	t.Parallel()
	d := &double{}
	later := loadtest.Patient("p000")
	later.Resource.JSON = []byte(strings.Replace(string(later.Resource.JSON), "unknown", "male", 1))
	wantAllOK(t, send(t, open(t, start(t, d)), append(patients(2), later)))
	if got := d.requests(); !slices.Equal(got, []int{2, 1}) || !strings.Contains(d.stored["Patient/p000"], "male") {
		t.Errorf("requests of %v entries, stored %s", got, d.stored["Patient/p000"])
	}
}

func TestReferencesComeBeforeWhatRefersToThemWhenABundleIsCut(t *testing.T) {
	t.Parallel()
	d := &double{}
	d.fault = func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		for _, ref := range put {
			patient := "Patient/" + strings.TrimPrefix(ref, "Observation/")
			if strings.HasPrefix(ref, "Observation/") && !slices.Contains(put, patient) && d.stored[patient] == "" {
				return answer(w, 400, "processing", "HAPI-1094: not found")
			}
		}
		return false
	}
	o := start(t, d)
	o.MaxEntries = 4
	var entries []load.Entry
	for i := range 10 {
		id := fmt.Sprintf("x%d", i)
		entries = append([]load.Entry{loadtest.Observation(id, id)}, append(entries, loadtest.Patient(id))...)
	}
	wantAllOK(t, send(t, open(t, o), entries))
	if got := d.requests(); len(got) != 5 {
		t.Errorf("%d requests: %v", len(got), got)
	}
}

func TestOneBadEntryIsFoundWithFewRequests(t *testing.T) {
	t.Parallel()
	for _, guilty := range []int{0, 1, 49, 63, 99} {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
			if slices.Contains(put, fmt.Sprintf("Patient/p%03d", guilty)) {
				return answer(w, 422, "invariant", "HAPI-0450: birth date 1980-02-31 of Mr Secret")
			}
			return false
		}}
		got := send(t, open(t, start(t, d)), patients(100))
		for i, o := range got {
			if o.OK() == (i == guilty) {
				t.Errorf("guilty %d, entry %d: %+v", guilty, i, o)
			}
		}
		if n := len(d.requests()); n > 10 {
			t.Errorf("guilty %d: %d requests", guilty, n)
		}
		if len(d.stored) != 99 {
			t.Errorf("guilty %d: %d are stored", guilty, len(d.stored))
		}
		why := got[guilty].Issues[0]
		want := "the server refused this Patient with status 422 invariant (HAPI-0450); the server's own words are in the report; correct the row or the mapping"
		if why.Message != want || why.Code != "refused-by-server" || why.Type != "invariant" || !strings.Contains(why.Value, "Mr Secret") {
			t.Errorf("refused with %+v", why)
		}
	}
}

func TestWhatTheServerSaysNeverReachesAMessage(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"jane-doe","diagnostics":"Jane Doe","expression":["Patient.where(name='Jane')"]}]}`,
		`{"resourceType":"OperationOutcome","issue":[{"severity":"error","details":{"text":"Jane Doe"}}]}`,
		`<html>Jane Doe</html>`,
		"\xff Jane Doe",
	}
	for _, body := range bodies {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(body))
			return true
		}}
		why := send(t, open(t, start(t, d)), patients(1))[0].Issues[0]
		if shown := strings.ToLower(why.Message + why.Type + why.Expression); strings.Contains(shown, "jane") {
			t.Errorf("%s is shown as %+v", body, why)
		}
		if !strings.Contains(why.Value, "Jane Doe") {
			t.Errorf("the server's words are lost: %q", why.Value)
		}
	}
}

func TestALimitOfEntriesIsLearntOnce(t *testing.T) {
	t.Parallel()
	for _, refuse := range []func(http.ResponseWriter) bool{
		func(w http.ResponseWriter) bool { return answer(w, 413, "processing", "HAPI-0528") },
		func(w http.ResponseWriter) bool {
			return answer(w, 400, "invalid", "Transaction contains more update operations than allowed (100, limit is 30)")
		},
		func(w http.ResponseWriter) bool { return answer(w, 400, "too-costly", "no") },
		func(w http.ResponseWriter) bool { w.WriteHeader(413); return true },
	} {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
			return len(put) > 30 && refuse(w)
		}}
		s := open(t, start(t, d))
		wantAllOK(t, send(t, s, patients(100)))
		wantAllOK(t, send(t, s, patients(50)))
		if got := d.requests(); !slices.Equal(got, []int{100, 50, 25, 25, 25, 25, 25, 25}) {
			t.Errorf("requests of %v entries", got)
		}
	}
}

func TestOneEntryThatIsTooMuchDoesNotTeachALimit(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		return slices.Contains(put, "Patient/p000") && answer(w, 413, "too-long", "request too large")
	}}
	s := open(t, start(t, d))
	got := send(t, s, patients(100))
	if got[0].OK() || got[0].Issues[0].Code != "too-large-for-server" {
		t.Errorf("the large one got %+v", got[0])
	}
	wantAllOK(t, got[1:])
	before := len(d.requests())
	wantAllOK(t, send(t, s, patients(101)[1:]))
	if after := d.requests()[before:]; !slices.Equal(after, []int{100}) {
		t.Errorf("the next bundle went in requests of %v entries", after)
	}
}

func TestWordsOfALimitAboutOneEntryDoNotTeachALimit(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		return slices.Contains(put, "Patient/p150") && answer(w, 400, "value", "Bundle.entry[50]: text exceeds the maximum length")
	}}
	s := open(t, start(t, d))
	for i, o := range send(t, s, patients(200)) {
		if o.OK() == (i == 150) {
			t.Errorf("entry %d: %+v", i, o)
		}
	}
	before := len(d.requests())
	wantAllOK(t, send(t, s, patients(100)))
	if after := d.requests()[before:]; !slices.Equal(after, []int{100}) {
		t.Errorf("the next bundle went in requests of %v entries", after)
	}
}

func TestRetryAfterIsHonouredByAllSenders(t *testing.T) {
	t.Parallel()
	for _, row := range [][2]string{ // Date by the server's clock, which is right, or an hour ahead, or behind
		{"Thu, 01 Jan 2026 00:00:00 GMT", "7"},
		{"Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:07 GMT"},
		{"Thu, 01 Jan 2026 01:00:00 GMT", "Thu, 01 Jan 2026 01:00:07 GMT"},
		{"Wed, 31 Dec 2025 23:00:00 GMT", "Wed, 31 Dec 2025 23:00:07 GMT"},
	} {
		date, header := row[0], row[1]
		d := &double{fault: func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Date", date)
			w.Header().Set("Retry-After", header)
			return answer(w, 429, "throttled", "slow down")
		}}
		s := open(t, start(t, d))
		wantAllOK(t, send(t, s, patients(1)))
		if took := d.at[len(d.at)-1].Sub(d.at[0]); took > time.Minute {
			t.Errorf("Retry-After %s at %s: it was asked again after %v", header, date, took)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _, _ = s.Send(context.Background(), bundle(patients(1))) })
		}
		all.Wait()
		begin := d.at[0]
		for i, at := range d.at[1:] {
			if at.Before(begin.Add(7 * time.Second)) {
				t.Errorf("Retry-After %s: request %d came %v after the first", header, i+2, at.Sub(begin))
			}
		}
	}
}

func TestBackOffGrowsFromHalfASecondToAMinute(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		return n <= 10 && answer(w, 503, "transient", "")
	}}
	wantAllOK(t, send(t, open(t, start(t, d)), patients(1)))
	want := []time.Duration{500 * time.Millisecond, 1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 60e9, 60e9, 60e9}
	if diff := cmp.Diff(want, d.clock.slept); diff != "" {
		t.Error(diff)
	}
}

func TestPassingTroubleIsRetriedUntilItPasses(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter) bool {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = c.Close()
		}
		return true
	}
	rows := map[string]func(http.ResponseWriter) bool{
		"429": func(w http.ResponseWriter) bool { return answer(w, 429, "throttled", "") },
		"502": func(w http.ResponseWriter) bool { w.WriteHeader(502); return true },
		"503": func(w http.ResponseWriter) bool { w.WriteHeader(503); return true },
		"504": func(w http.ResponseWriter) bool { w.WriteHeader(504); return true },
		"408": func(w http.ResponseWriter) bool { w.WriteHeader(408); return true },
		"409": func(w http.ResponseWriter) bool { return answer(w, 409, "conflict", "HAPI-0550") },
		"500": func(w http.ResponseWriter) bool { return answer(w, 500, "exception", "") },
		"cut": cut,
		"half": func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Length", "999")
			_, _ = w.Write([]byte("{"))
			return true
		},
		"in batch": func(w http.ResponseWriter) bool {
			_, _ = w.Write([]byte(responses("429 Too Many", "503 x", "201 Created")))
			return true
		},
	}
	for name, fault := range rows {
		d := &double{fault: func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool { return n <= 2 && fault(w) }}
		if name == "in batch" {
			d.fault = func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool { return n == 1 && fault(w) }
		}
		got := send(t, open(t, start(t, d)), patients(3))
		for i, o := range got {
			if !o.OK() {
				t.Errorf("%s: entry %d: %+v", name, i, o)
			}
		}
	}
}

func responses(statuses ...string) string {
	var all []string
	for _, s := range statuses {
		all = append(all, fmt.Sprintf(`{"response":{"status":%q,"outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"required"}]}}}`, s))
	}
	return `{"resourceType":"Bundle","type":"batch-response","entry":[` + strings.Join(all, ",") + `]}`
}

func TestALostAnswerIsSentAgainAndDoublesNothing(t *testing.T) {
	t.Parallel()
	d := &double{}
	d.fault = func(n int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		if n%3 != 1 {
			return false
		}
		d.mu.Lock()
		for _, ref := range put {
			d.stored[ref] = "done, but the answer is lost"
		}
		d.mu.Unlock()
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = c.Close()
		}
		return true
	}
	o := start(t, d)
	o.MaxEntries = 10
	for i, out := range send(t, open(t, o), patients(40)) {
		if !out.OK() {
			t.Errorf("entry %d: %+v", i, out)
		}
	}
	if len(d.stored) != 40 {
		t.Errorf("%d are stored", len(d.stored))
	}
}

func TestInnerRefusalsOfABatchAreOutcomes(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		_, _ = w.Write([]byte(responses("201 Created", "422 Unprocessable Entity", "200 OK")))
		return true
	}}
	o := start(t, d)
	o.Strategy = fhirserver.Batch
	got := send(t, open(t, o), patients(3))
	if got[0].Status != 201 || !got[0].Created || got[2].Status != 200 || got[2].Created {
		t.Errorf("the good ones: %+v, %+v", got[0], got[2])
	}
	if got[1].Status != 422 || got[1].Issues[0].Type != "required" {
		t.Errorf("the refused one: %+v", got[1])
	}
}

func TestAnAnswerThatIsNoBundleEndsTheRun(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<html>", `{}`, responses("201 Created")} {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			_, _ = w.Write([]byte(body))
			return true
		}}
		_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(2)))
		wantError(t, err, "bad-answer")
	}
}

func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		for r.Context().Err() == nil && written.Load() < 1<<30 {
			n, err := w.Write(make([]byte, 1<<16))
			if written.Add(int64(n)); err != nil {
				break
			}
		}
		return true
	}}
	o := start(t, d)
	o.MaxAnswer = 1 << 20
	_, err := open(t, o).Send(context.Background(), bundle(patients(2)))
	wantError(t, err, "bad-answer")
	if n := written.Load(); n > 64<<20 {
		t.Errorf("%d bytes were read", n)
	}
}

func TestAnEntryThatFailsWhileOthersSucceedIsAnOutcome(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
			if slices.Contains(put, "Patient/p000") {
				w.WriteHeader(502)
				return true
			}
			return false
		}}
		o := startInTime(t, d)
		o.Attempts = 5
		s := open(t, o)
		ctx, cancel := context.WithCancel(context.Background())
		var others sync.WaitGroup
		others.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.Send(ctx, bundle([]load.Entry{loadtest.Patient("another")}))
				time.Sleep(10 * time.Millisecond)
			}
		})
		got := send(t, s, patients(2))
		cancel()
		others.Wait()
		if got[0].Status != 502 || got[0].Issues[0].Code != "server-error" || !got[1].OK() {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAServerWithoutClientIDsIsNamedByTheCapability(t *testing.T) {
	t.Parallel()
	for _, refuse := range []func(http.ResponseWriter) bool{
		func(w http.ResponseWriter) bool {
			return answer(w, 404, "processing", "HAPI-0959: No resource exists on this server resource with ID[x], and client-assigned IDs are not enabled.")
		},
		func(w http.ResponseWriter) bool { w.WriteHeader(405); return true },
		func(w http.ResponseWriter) bool { _, _ = w.Write([]byte(responses("405 No", "405 No"))); return true },
	} {
		d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if r.Method == http.MethodGet { // nor does it search
				return answer(w, 405, "not-supported", "no")
			}
			return refuse(w)
		}}
		_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(2)))
		if e := wantError(t, err, "no-update-as-create"); !strings.Contains(e.Error(), "updateCreate") {
			t.Errorf("got %v", e)
		}
	}
}

func TestABaseThatVanishesEndsTheRun(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool { http.NotFound(w, r); return true }}
	_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(2)))
	wantError(t, err, "not-a-fhir-server")
}

func TestARefusedTokenIsAskedForOnceMore(t *testing.T) {
	t.Parallel()
	valid, asked := "first", 0
	d := &double{fault: func(n int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		if n == 2 {
			valid = "second"
		}
		if r.Header.Get("Authorization") != "Bearer "+valid {
			w.WriteHeader(401)
			return true
		}
		return false
	}}
	o := start(t, d)
	kept := ""
	o.Token = func(_ context.Context, refused string) (string, error) {
		if kept == "" || kept == refused {
			asked++
			kept = []string{"first", "second", "third"}[asked-1]
		}
		return kept, nil
	}
	s := open(t, o)
	wantAllOK(t, send(t, s, patients(1)))
	wantAllOK(t, send(t, s, patients(1)))
	if asked != 2 {
		t.Errorf("asked for a token %d times", asked)
	}
	valid = "none"
	_, err := s.Send(context.Background(), bundle(patients(1)))
	if e := wantError(t, err, "unauthorized"); strings.Contains(e.Error(), "third") {
		t.Errorf("the error repeats the token: %v", e)
	}
}

func TestATokenThatCannotBeGotEndsTheRun(t *testing.T) {
	t.Parallel()
	o := start(t, &double{})
	cause := errors.New("the key file is missing")
	o.Token = func(context.Context, string) (string, error) { return "", cause }
	_, err := fhirserver.Open(context.Background(), o)
	if wantError(t, err, "unauthorized"); !errors.Is(err, cause) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestForbiddenInTheMiddleEndsTheRun(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		return answer(w, 403, "forbidden", "")
	}}
	_, err := open(t, start(t, d)).Send(context.Background(), bundle(patients(2)))
	wantError(t, err, "forbidden")
}

// Scopes that allow patients and not results reject the results, one by one,
// and not the run.
func TestATypeThatIsForbiddenDoesNotHoldBackOthers(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		if slices.ContainsFunc(put, func(ref string) bool { return strings.HasPrefix(ref, "Observation/") }) {
			return answer(w, 403, "forbidden", "no")
		}
		return false
	}}
	s := open(t, start(t, d))
	wantAllOK(t, send(t, s, patients(1)))
	entries := append(patients(9), loadtest.Observation("o1", "p001"), loadtest.Observation("o2", "p002"))
	for i, out := range send(t, s, entries) {
		if forbidden := i > 8; out.OK() == forbidden || forbidden && out.Issues[0].Code != "type-forbidden" {
			t.Errorf("entry %d: %+v", i, out)
		}
	}
	var err error
	for i := 0; err == nil && i < 400; i++ { // permissions that are gone
		_, err = s.Send(context.Background(), bundle([]load.Entry{loadtest.Observation(fmt.Sprintf("x%d", i), "p001")}))
	}
	wantError(t, err, "forbidden")
}

func TestBasicCredentialsTravelInTheirHeader(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		u, p, _ := r.BasicAuth()
		if u != "ann" || p != "sesame" || r.Header.Get("Prefer") != "return=minimal" || r.UserAgent() != "chartlift/1" {
			return answer(w, 401, "login", "")
		}
		return false
	}}
	o := start(t, d)
	o.User, o.Password, o.UserAgent = "ann", "sesame", "chartlift/1"
	wantAllOK(t, send(t, open(t, o), patients(1)))
}

func TestAServerThatStaysDownIsGivenUp(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool { w.WriteHeader(503); return true }}
	o := start(t, d)
	o.GiveUpAfter = 10 * time.Minute
	_, err := open(t, o).Send(context.Background(), bundle(patients(2)))
	if e := wantError(t, err, "gave-up"); e.Status != 503 {
		t.Errorf("got %+v", e)
	}
	if waited := d.clock.Now().Sub(newClock().now); waited < 10*time.Minute || waited > 12*time.Minute {
		t.Errorf("gave up after %v", waited)
	}
}

func TestAnEntryThatBreaksTheServerIsAnOutcome(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		return slices.Contains(put, "Patient/p002") && answer(w, 500, "exception", "NullPointerException")
	}}
	got := send(t, open(t, start(t, d)), patients(4))
	for i, o := range got {
		if o.OK() == (i == 2) {
			t.Errorf("entry %d: %+v", i, o)
		}
	}
	if got[2].Status != 500 || got[2].Issues[0].Code != "server-error" {
		t.Errorf("the broken one: %+v", got[2])
	}
}

func TestAConflictThatStaysIsAnOutcome(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, put []string) bool {
		return slices.Contains(put, "Patient/p001") && answer(w, 409, "conflict", "")
	}}
	got := send(t, open(t, start(t, d)), patients(2))
	if !got[0].OK() || got[1].OK() || got[1].Issues[0].Code != "conflict-on-server" {
		t.Errorf("got %+v", got)
	}
}

func TestASlowServerGetsSmallerRequests(t *testing.T) {
	t.Parallel()
	d := &double{fault: func(_ int, w http.ResponseWriter, r *http.Request, put []string) bool {
		if len(put) > 2 {
			w.WriteHeader(504)
			return true
		}
		return false
	}}
	s := open(t, start(t, d))
	wantAllOK(t, send(t, s, patients(8)))
	before := len(d.requests())
	wantAllOK(t, send(t, s, patients(8)))
	if after := d.requests()[before:]; !slices.Equal(after, []int{2, 2, 2, 2}) {
		t.Errorf("the next bundle went in requests of %v entries", after)
	}
}

func TestAHangingRequestIsCutAndRepeated(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{fault: func(n int, _ http.ResponseWriter, r *http.Request, _ []string) bool {
			if n == 1 {
				<-r.Context().Done()
			}
			return n == 1
		}}
		o := startInTime(t, d)
		o.RequestTimeout = 100 * time.Millisecond
		wantAllOK(t, send(t, open(t, o), patients(1)))
	})
}

func TestCancellingEndsTheWaitForASlowServer(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := &double{fault: func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
			return true
		}}
		o := startInTime(t, d)
		s := open(t, o)
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := s.Send(ctx, bundle(patients(1)))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// The transaction of a killed run commits while the next run meets it with
// conflicts.
func TestAConflictOverWhatIsThereAlreadyIsNone(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		theirs string
		status int
	}{
		"the same, in another order": {`{"gender":"unknown","name":[{"given":["A"],"family":"Test"}],"resourceType":"Patient","id":"p000","identifier":[{"value":"p000","system":"urn:example:mrn"}],` +
			`"meta":{"versionId":"7","lastUpdated":"2026-01-01T00:00:00Z","source":"#x"}}`, 200},
		"another":     {`{"resourceType":"Patient","id":"p000","gender":"male"}`, 409},
		"a label":     {strings.Replace(string(patients(1)[0].Resource.JSON), `"name"`, `"meta":{"tag":[{"code":"x"}]},"name"`, 1), 409},
		"no resource": {"<html>", 409},
	}
	for name, row := range rows {
		d := &double{}
		d.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
			if r.Method == http.MethodGet {
				w.Header().Set("ETag", `W/"7"`)
				_, _ = w.Write([]byte(row.theirs))
				return true
			}
			return answer(w, 409, "conflict", "HAPI-0550")
		}
		got := send(t, open(t, start(t, d)), patients(1))[0]
		if got.Status != row.status || row.status == 200 && got.Version != "7" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
