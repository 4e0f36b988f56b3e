package mllp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/httppost"
	"chartlift/load/loadtest"
	"chartlift/load/mllp"
)

// channel takes messages by POST and answers as the MLLP double does, but for
// what reply answers itself.
type channel struct {
	listener
	reply  func(n int, w http.ResponseWriter, id string) bool
	header http.Header
	n      int
}

func postTo(t *testing.T) (*channel, string) {
	t.Helper()
	c := &channel{listener: listener{stored: map[string]string{}, ids: map[string]bool{}}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, server.URL + "/hl7?key=secret"
}

func (c *channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	c.n++
	n := c.n
	c.header = r.Header
	c.mu.Unlock()
	if c.reply != nil && c.reply(n, w, at(string(text), "MSH", 9)) {
		return
	}
	answer := c.take(string(text)) // framed, as channels answer that have an MLLP listener behind them
	w.Header().Set("Content-Type", "application/hl7-v2")
	_, _ = io.WriteString(w, answer)
}

func TestAListenerByHTTPKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	loadtest.Run(t, func(t *testing.T) loadtest.Target {
		c, address := postTo(t)
		return loadtest.Target{
			Sink: open(t, mllp.Options{Address: address}), Server: true,
			Stored: func(*testing.T) map[string]string {
				c.mu.Lock()
				defer c.mu.Unlock()
				return maps.Clone(c.stored)
			},
		}
	})
}

func TestMessagesByHTTPHaveTheirTypeAndTheUsersHeaders(t *testing.T) {
	t.Parallel()
	c, address := postTo(t)
	s := open(t, mllp.Options{Address: address, Header: http.Header{"X-Api-Key": {"k"}}})
	if out := send(t, s, loadtest.Patient("a")); !out[0].OK() || !out[0].Created {
		t.Fatalf("%+v", out)
	}
	if c.header.Get("Content-Type") != "application/hl7-v2; charset=UTF-8" || c.header.Get("X-Api-Key") != "k" {
		t.Errorf("headers %v", c.header)
	}
	if strings.Contains(s.Target(), "secret") {
		t.Errorf("the target is shown as %s", s.Target())
	}
}

func TestAnswersByHTTP(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) func(int, http.ResponseWriter, string) bool {
		return func(_ int, w http.ResponseWriter, id string) bool {
			w.Header().Set("Location", "http://192.0.2.1/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "ID", id))
			return true
		}
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   string // status and code of the outcome, or the code of the error
	}{
		{"an acknowledgment", 200, "MSH|^~\\&|\rMSA|AA|ID\r", "201"},
		{"a commit in a frame", 200, "\x0bMSH|^~\\&|\rMSA|CA|ID\r\x1c\r", "201"},
		{"an empty answer took it", 202, " \n", "201"},
		{"a refusal with 200", 200, "MSH|^~\\&|\rMSA|AE|ID|no such ward\r", "422 refused-by-engine"},
		{"a refusal with 500", 500, "MSH|^~\\&|\rMSA|AR|ID|wrong event\r", "400 refused-by-engine"},
		{"a refusal without a message", 415, "send XML", "415 refused-by-engine"},
		{"another's acknowledgment", 200, "MSH|^~\\&|\rMSA|AA|other\r", "bad-acknowledgment"},
		{"the page of a login", 200, "<html>log in", "bad-acknowledgment"},
		{"closed", 401, "", "listener-closed"},
		{"nothing there", 404, "<html>", "listener-closed"},
		{"elsewhere", 307, "", "listener-closed"},
		{"down for good", 503, "", "engine-gave-up"},
	} {
		double, address := postTo(t)
		double.reply = answer(c.status, c.body)
		var waited time.Duration
		out, err := open(t, mllp.Options{Address: address, Clock: quick(&waited)}).Send(t.Context(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
		got := ""
		var ended *mllp.Error
		var closed *httppost.Error
		switch {
		case errors.As(err, &ended):
			got = ended.Code
		case errors.As(err, &closed):
			got = closed.Code
		case err != nil:
			got = err.Error()
		default:
			if got = fmt.Sprint(out[0].Status); !out[0].OK() {
				got += " " + out[0].Issues[0].Code
			}
		}
		if got != c.want {
			t.Errorf("%s: want %s, got %s", c.name, c.want, got)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the key: %v", c.name, err)
		}
	}
}

func TestABusyListenerIsAskedAgainWithTheSameMessageAfterItsWish(t *testing.T) {
	t.Parallel()
	c, address := postTo(t)
	var ids []string
	c.reply = func(n int, w http.ResponseWriter, id string) bool {
		ids = append(ids, id)
		switch n {
		case 1:
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			panic(http.ErrAbortHandler)
		}
		return n < 3
	}
	var waited time.Duration
	out, err := open(t, mllp.Options{Address: address, Clock: quick(&waited)}).Send(context.Background(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
	if err != nil || !out[0].OK() || out[0].Attempts != 3 || waited < 9*time.Second {
		t.Fatalf("%+v, %v after %v", out, err, waited)
	}
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("control ids %v", ids)
	}
}
