package mllp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/mllp"
)

func TestTheSinkKeepsTheContractOfSinks(t *testing.T) {
	t.Parallel()
	loadtest.Run(t, func(t *testing.T) loadtest.Target {
		l := listen(t)
		return loadtest.Target{
			Sink: open(t, mllp.Options{Address: l.address()}), Server: true,
			Stored: func(*testing.T) map[string]string {
				l.mu.Lock()
				defer l.mu.Unlock()
				return maps.Clone(l.stored)
			},
		}
	})
}

// quick is a clock that has no patience: waiting costs no time and is taken
// down.
func quick(waited *time.Duration) load.Clock {
	now := time.Unix(0, 0)
	return load.Clock{
		Now: func() time.Time { return now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			*waited += d
			now = now.Add(d)
			return ctx.Err()
		},
	}
}

func send(t *testing.T, s *mllp.Sink, entries ...load.Entry) []load.Outcome {
	t.Helper()
	out, err := s.Send(t.Context(), &load.Bundle{Seq: 1, Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAMessageWithoutAnswerGoesAgainWithTheSameControlID(t *testing.T) {
	t.Parallel()
	strange := func(answers ...string) func(int, string) (string, bool) {
		return func(n int, _ string) (string, bool) {
			if n <= len(answers) {
				return answers[n-1], true
			}
			return "", false
		}
	}
	for name, fault := range map[string]func(int, string) (string, bool){
		"the connection is cut":               strange("", "", "", "", ""),
		"the answer is about another message": strange(frame(ack("AA", "another")), frame(ack("AA", ""))),
		"the answer is no frame":              strange("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"the frame ends wrongly":              strange("\x0b" + ack("AA", "x") + "\x1c\n"),
		"the answer is no acknowledgment":     strange(frame("hello")),
		"the answer has an unknown code":      strange(frame(ack("ZZ", "x"))),
		"the answer has no end":               strange("\x0b" + strings.Repeat("x", 2<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			l.fault = fault
			var waited time.Duration
			s := open(t, mllp.Options{Address: l.address(), Clock: quick(&waited)})
			if o := send(t, s, loadtest.Patient("a"))[0]; !o.OK() || !o.Created || o.Attempts < 2 {
				t.Errorf("got %+v", o)
			}
			all := l.messages()
			for _, m := range all {
				if m != all[0] {
					t.Errorf("another message was sent:\n%q\n%q", m, all[0])
				}
			}
			if len(all) < 2 || len(at(all[0], "MSH", 9)) != 16 || waited == 0 {
				t.Errorf("%d messages after %v: %q", len(all), waited, all[0])
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	for code, answer := range map[string]string{"engine-gave-up": "", "bad-acknowledgment": frame("hello")} {
		l := listen(t)
		l.fault = func(int, string) (string, bool) { return answer, true }
		var waited time.Duration
		s := open(t, mllp.Options{Address: l.address(), GiveUpAfter: time.Minute, Clock: quick(&waited)})
		_, err := s.Send(t.Context(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a")}})
		var e *mllp.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("want %s, got %v", code, err)
		}
		if waited > 2*time.Minute {
			t.Errorf("%s after %v", code, waited)
		}
	}
}

func TestAReceiverThatNeverAnswersIsNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	l := listen(t)
	silence := make(chan struct{})
	t.Cleanup(func() { close(silence) })
	l.fault = func(n int, m string) (string, bool) {
		if n == 1 {
			go func() { <-silence }()
			return "\x0b", true // the beginning of an answer, and no more
		}
		return "", false
	}
	var waited time.Duration
	s := open(t, mllp.Options{Address: l.address(), Timeout: time.Second, Clock: quick(&waited)})
	if o := send(t, s, loadtest.Patient("a"))[0]; !o.OK() || o.Attempts < 2 {
		t.Errorf("got %+v", o)
	}
	if l.mu.Lock(); len(l.ids) != 1 || len(l.got) < 2 {
		t.Errorf("%d messages were taken of %d that came", len(l.ids), len(l.got))
	}
	l.mu.Unlock()
}

func TestRefusedMessagesAreToldWithTheReceiversWords(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{"AE": 422, "AR": 400, "CE": 422, "CR": 400} {
		l := listen(t)
		l.fault = func(_ int, m string) (string, bool) {
			return frame(ack(code, at(m, "MSH", 9), "ERR||PID^1^7|101^Required field missing|E")), true
		}
		o := send(t, open(t, mllp.Options{Address: l.address()}), loadtest.Patient("a"))[0]
		if o.Status != status || len(o.Issues) != 1 || o.Attempts != 1 {
			t.Fatalf("%s: %+v", code, o)
		}
		i := o.Issues[0]
		if i.Code != "refused-by-engine" || !strings.Contains(i.Message, code) || !strings.Contains(i.Value, "101^Required field missing") || i.Origin.Source != "test.csv" {
			t.Errorf("%s: %+v", code, i)
		}
		if strings.Contains(i.Message, "101") {
			t.Errorf("the message holds the receiver's words: %s", i.Message)
		}
	}
}

func TestOneBadResultOfFortyIsFoundByHalving(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.fault = func(_ int, m string) (string, bool) {
		if strings.Contains(m, "|o-17^FHIR") && strings.Contains(m, "ORU^R01") && strings.Contains(m, "OBX|") && obxOf(m, "o-17") {
			return frame(ack("AE", at(m, "MSH", 9))), true
		}
		return "", false
	}
	entries := []load.Entry{loadtest.Patient("a")}
	for i := range 40 {
		entries = append(entries, loadtest.Observation("o-"+string(rune('0'+i/10))+string(rune('0'+i%10)), "a"))
	}
	for i, o := range send(t, open(t, mllp.Options{Address: l.address()}), entries...) {
		if id := entries[i].Resource.ID; o.OK() == (id == "o-17") {
			t.Errorf("%s: %+v", id, o)
		}
	}
	if n := len(l.messages()); n > 14 {
		t.Errorf("%d messages were sent", n)
	}
	if len(l.stored) != 40 {
		t.Errorf("%d resources arrived, want 40", len(l.stored))
	}
}

func obxOf(m, id string) bool {
	for _, x := range segments(m, "OBX") {
		if strings.HasSuffix(x, "|"+id+"^FHIR") {
			return true
		}
	}
	return false
}

func TestALaterRunKnowsWhomTheReceiverHas(t *testing.T) {
	t.Parallel()
	l := listen(t)
	path := filepath.Join(t.TempDir(), "targets", "x.people")
	first := open(t, mllp.Options{Address: l.address(), People: path})
	if o := send(t, first, loadtest.Patient("a"))[0]; !o.Created {
		t.Errorf("got %+v", o)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// The run was killed while it wrote about another patient.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("Patient/b\tPID|1|"); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	second := open(t, mllp.Options{Address: l.address(), People: path})
	got := send(t, second, loadtest.Observation("o1", "a"), loadtest.Observation("o2", "b"), loadtest.Patient("a"), loadtest.Patient("c"))
	if !got[0].OK() || got[1].OK() || !got[2].OK() || got[2].Created || !got[3].Created {
		t.Errorf("got %+v", got)
	}
	var events []string
	for _, m := range l.messages() {
		events = append(events, part(at(m, "MSH", 8), 0, 2)+" "+part(at(m, "PID", 3), 0, 1))
	}
	if diff := cmp.Diff([]string{"A28 a", "A31 a", "A28 c", "R01 a"}, events); diff != "" {
		t.Error(diff)
	}
	if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != 0o600 {
		t.Error(stat, err)
	}
}

func TestOnlyOurOwnMachineIsSpokenToInClearText(t *testing.T) {
	t.Parallel()
	for address, code := range map[string]string{
		"mllp://engine.example.org:2575":    "insecure-engine",
		"mllp://192.0.2.1:2575":             "insecure-engine",
		"mllp://127.0.0.1":                  "bad-engine-address",
		"mllp://user:secret@127.0.0.1:2575": "bad-engine-address",
		"mllp://127.0.0.1:2575/path":        "bad-engine-address",
		"mllp://127.0.0.1:2575?x=1":         "bad-engine-address",
		"ftp://127.0.0.1:2575":              "bad-engine-address",
		"mllp://127.0.0.1:1":                "engine-down",
		"mllps://127.0.0.1:1":               "engine-down",
		"mllp://\x7f":                       "bad-engine-address",
	} {
		_, err := mllp.Open(t.Context(), mllp.Options{Address: address, Timeout: 30 * time.Second})
		var e *mllp.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: want %s, got %v", address, code, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
}

func TestTLSIsNotTalkedToSomebodyWhoHasNone(t *testing.T) {
	t.Parallel()
	l := listen(t)
	address := strings.Replace(l.address(), "mllp:", "mllps:", 1)
	_, err := mllp.Open(t.Context(), mllp.Options{Address: address, TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Timeout: 30 * time.Second})
	var e *mllp.Error
	if !errors.As(err, &e) || e.Code != "engine-down" || len(l.messages()) != 0 {
		t.Errorf("got %v", err)
	}
}
