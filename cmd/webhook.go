package cmd

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"chartlift/internal/console"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/reports"
)

// What a message may cost a run at its end: three tries of five seconds with
// pauses between.
const (
	hookTries   = 3
	hookTimeout = 5 * time.Second
	hookPause   = time.Second
)

// webhookOptions are the flags of commands that tell somebody how they ended.
type webhookOptions struct {
	address    string
	stallAfter time.Duration
}

func (o *webhookOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.address, "webhook", "", "address that is told when the run ends, fails or stalls: figures, never a value of a patient (or CHARTLIFT_WEBHOOK)")
	f.DurationVar(&o.stallAfter, "stall-after", 10*time.Minute, "with --webhook: a run that moves no row for so long is said to stall")
}

// webhook tells an address how a run goes. A nil webhook tells nobody. It never
// stops a run: what cannot be told is a warning.
type webhook struct {
	s      *settings
	client *http.Client
	to     *url.URL
	beat   atomic.Int64 // when a row was last moved, in nanoseconds
	run    atomic.Value // its id, once it has one
	stop   context.CancelFunc
	done   chan struct{}
}

// hookMessage is what is sent. Text is what chat programs show.
type hookMessage struct {
	Event      string            `json:"event"` // ended, failed or stalled
	Text       string            `json:"text"`
	Run        string            `json:"run,omitempty"`
	Status     string            `json:"status,omitempty"`
	ExitCode   int               `json:"exit_code"`
	Code       string            `json:"code,omitempty"` // of the error that ended the run
	Rows       *hookRows         `json:"rows,omitempty"`
	Errors     int64             `json:"errors"`
	Warnings   int64             `json:"warnings"`
	Acceptance map[string]string `json:"acceptance,omitempty"`
}

type hookRows struct {
	Read     int64 `json:"read"`
	Loaded   int64 `json:"loaded"`
	Merged   int64 `json:"merged"`
	Filtered int64 `json:"filtered"`
	Rejected int64 `json:"rejected"`
	Balanced bool  `json:"balanced"`
}

// openWebhook checks the address and begins to watch for a stall. Clear text
// goes to this machine only, or to hosts that the user has named.
func openWebhook(ctx context.Context, s *settings, o webhookOptions, insecure []string) (*webhook, error) {
	if o.address == "" {
		return nil, nil
	}
	u, err := url.Parse(o.address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, usage("--webhook: write the address as https://host/path") // it may hold a secret: it is not repeated
	case u.User != nil:
		return nil, usage("--webhook: take the credentials out of the address")
	case u.Scheme == "http" && !load.Loopback(u.Hostname()) && !slices.Contains(insecure, u.Hostname()) && !slices.Contains(insecure, u.Host):
		return nil, refuse("insecure-address", "--webhook %s: use https, or allow this host by --insecure", u.Host)
	}
	h := &webhook{s: s, to: u, done: make(chan struct{})}
	h.client = &http.Client{
		Timeout:   hookTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the address redirects; give the one that it leads to")
		},
	}
	h.moved()
	ctx, h.stop = context.WithCancel(ctx)
	go h.watch(ctx, max(o.stallAfter, time.Second))
	return h, nil
}

// moved notes that the run goes on.
func (h *webhook) moved() {
	if h != nil {
		h.beat.Store(time.Now().UnixNano())
	}
}

// begun notes the run's id.
func (h *webhook) begun(run string) {
	if h != nil {
		h.run.Store(run)
	}
}

// watch tells once of each time that no row was moved for so long.
func (h *webhook) watch(ctx context.Context, after time.Duration) {
	defer close(h.done)
	tick := time.NewTicker(after / 4)
	defer tick.Stop()
	var told int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		beat := h.beat.Load()
		if beat == told || time.Since(time.Unix(0, beat)) < after {
			continue
		}
		told = beat
		run, _ := h.run.Load().(string)
		h.send(ctx, hookMessage{Event: "stalled", Run: run, Status: "running", Text: fmt.Sprintf("chartlift: run %s has moved no row for %s", run, after)})
	}
}

// ended tells how the run ended: with the figures of its summary where it came
// so far, else with the code of the error alone.
func (h *webhook) ended(ctx context.Context, m *migration, runErr error) {
	if h == nil {
		return
	}
	h.stop()
	<-h.done
	ctx = context.WithoutCancel(ctx) // an interrupted run is told, too
	msg := hookMessage{Event: "ended", ExitCode: codeOf(runErr)}
	if runErr != nil {
		msg.Code = stableCode(runErr)
	}
	if msg.ExitCode != exitOK && msg.ExitCode != exitFindings {
		msg.Event = "failed"
	}
	msg.Text = fmt.Sprintf("chartlift: the run did not begin (exit code %d)", msg.ExitCode)
	if m != nil && m.rec != nil {
		s, err := m.db.Summary(ctx, m.rec.ID())
		if err != nil {
			h.s.message("warning nobody was told by --webhook: %v", err)
			return
		}
		msg.fill(s)
	}
	h.send(ctx, msg)
}

// fill takes the figures of a summary: counts, never a value.
func (msg *hookMessage) fill(s reports.Summary) {
	t := s.Ledger.Total()
	msg.Run, msg.Status, msg.Errors, msg.Warnings = s.Run.ID, s.Ledger.Status, s.Findings.Errors, s.Findings.Warnings
	msg.Rows = &hookRows{t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected, s.Ledger.Balanced}
	msg.Acceptance = map[string]string{}
	for _, c := range s.Acceptance {
		msg.Acceptance[c.Name] = c.Status
	}
	msg.Text = fmt.Sprintf("chartlift run %s: %s. %d rows read = %d loaded + %d merged + %d filtered + %d rejected; %s, %s; exit code %d",
		msg.Run, s.Verdict.Title, t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected,
		issue.Count(msg.Errors, "error"), issue.Count(msg.Warnings, "warning"), msg.ExitCode)
}

// send posts the message, a few times if need be.
func (h *webhook) send(ctx context.Context, msg hookMessage) {
	text, err := json.Marshal(msg)
	for try := 0; try < hookTries && err == nil; try++ {
		if try > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(try) * hookPause):
			}
		}
		var again bool
		if again, err = h.post(ctx, text); err == nil {
			return
		}
		if !again {
			break
		}
		if try+1 < hookTries {
			err = nil
		}
	}
	if err != nil {
		h.s.message("warning nobody was told by --webhook %s: %v", h.to.Host, err)
	}
}

// post sends the message once and reports whether it is worth another try.
func (h *webhook) post(ctx context.Context, text []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.to.String(), bytes.NewReader(text))
	if err != nil {
		return false, errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "chartlift/"+version)
	answer, err := h.client.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) {
		return true, failed.Err // url.Error repeats the address, which may hold a secret
	}
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if answer.StatusCode/100 == 2 {
		return false, nil
	}
	retry := answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests
	return retry, errors.Join(fmt.Errorf("it answered %s", answer.Status), err)
}

// watched is a progress that the webhook's watch looks at.
type watched struct {
	*console.Progress
	hook *webhook
}

// Add notes that rows were moved.
func (w watched) Add(stage string, rows int64, share float64) {
	w.hook.moved()
	w.Progress.Add(stage, rows, share)
}
