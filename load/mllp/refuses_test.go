package mllp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/mllp"
)

// refusing answers with a code to every message of a kind.
func refusing(l *listener, code, kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = func(_ int, message string) (string, bool) {
		return frame(ack(code, at(message, "MSH", 9), "ERR|||207^no channel for Peter")), strings.HasPrefix(at(message, "MSH", 8), kind)
	}
}

// ward is n patients with a result each, of a kind that goes in a message of
// its own.
func ward(n int) *load.Bundle {
	b := &load.Bundle{Seq: 1}
	for i := range n {
		id := fmt.Sprint("p", i)
		b.Entries = append(b.Entries, loadtest.Patient(id), loadtest.Observation("o"+id, id))
	}
	return b
}

func TestAReceiverThatRefusesEverythingEndsTheRunAndIsGoneOnWithLater(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"AE", "AR", "CR"} {
		l := listen(t)
		refusing(l, code, "")
		s := open(t, mllp.Options{Address: l.address()})
		_, err := s.Send(t.Context(), ward(60))
		var e *mllp.Error
		if !errors.As(err, &e) || e.Code != "target-refuses" || !strings.Contains(err.Error(), "the last 20 resources (Patient) were all refused with "+code+", and nothing was taken before") {
			t.Fatalf("%s: want target-refuses, got %v", code, err)
		}
		if n := len(l.messages()); n != 20 || strings.Contains(err.Error(), "Peter") {
			t.Errorf("%s: after %d messages %v", code, n, err)
		}
		refusing(l, code, "nothing")
		if out, err := s.Send(t.Context(), ward(60)); err != nil || !out[119].OK() || len(l.stored) != 120 {
			t.Errorf("%s: when the channel is mended: %v, %d arrived", code, err, len(l.stored))
		}
	}
}

func TestAReceiverThatTakesOneKindAlone(t *testing.T) {
	t.Parallel()
	for results, ends := range map[int]bool{150: false, 250: true} {
		l := listen(t)
		refusing(l, "AE", "ORU")
		_, err := open(t, mllp.Options{Address: l.address()}).Send(t.Context(), ward(results))
		var e *mllp.Error
		if ended := errors.As(err, &e) && e.Code == "target-refuses"; ended != ends || ended && !strings.Contains(err.Error(), "the last 200 resources (Observation) were all refused with AE:") {
			t.Errorf("of %d results: %v", results, err)
		}
	}
}

func TestWhatAReceiverRefusedTheNightBeforeMayBeAllThatIsSent(t *testing.T) {
	t.Parallel()
	l := listen(t)
	refusing(l, "AE", "")
	s := open(t, mllp.Options{Address: l.address()})
	s.Took()
	b := &load.Bundle{Seq: 1}
	for i := range 60 {
		b.Entries = append(b.Entries, loadtest.Patient(fmt.Sprint("p", i)))
	}
	out, err := s.Send(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		if o.OK() || o.Issues[0].Code != "refused-by-engine" {
			t.Fatalf("%+v", o)
		}
	}
}
