package httppost_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/httppost"
)

// many is a bundle of n patients whose ids begin with a letter.
func many(letter string, n int) *load.Bundle {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint(letter, i))
	}
	return patients(ids...)
}

// refusing answers 422 to every bundle in which it finds the text.
func refusing(l *listener, text string) {
	l.fault = func(_ int, w http.ResponseWriter, body string) bool {
		if !strings.Contains(body, text) {
			return false
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, "channel ADT has no destination for Peter")
		return true
	}
}

func TestAListenerThatRefusesEverythingEndsTheRunAndIsGoneOnWithLater(t *testing.T) {
	t.Parallel()
	l, address := listen(t)
	refusing(l, "entry")
	s := open(t, httppost.Options{Address: address})
	_, err := s.Send(t.Context(), many("a", 100))
	var e *httppost.Error
	if !errors.As(err, &e) || e.Code != "target-refuses" || e.Status != 422 {
		t.Fatalf("want target-refuses, got %v", err)
	}
	for _, want := range []string{"the last 20 resources (Patient) were all refused with status 422, and nothing was taken before", "chartlift resume"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "Peter") || strings.Contains(err.Error(), "secret") {
		t.Errorf("it says too much: %v", err)
	}
	if n := len(l.bodies); n > 50 {
		t.Errorf("%d requests were sent before it was noticed", n)
	}
	l.fault = nil
	out, err := s.Send(t.Context(), many("a", 100))
	if err != nil || len(l.kept()) != 100 || !out[99].OK() {
		t.Errorf("when the channel is mended: %v, %d arrived", err, len(l.kept()))
	}
}

func TestAListenerThatTookSomethingMayRefuseMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*testing.T, *httppost.Sink)
		bad    int
		ends   bool
	}{
		"in an earlier run":        {func(_ *testing.T, s *httppost.Sink) { s.Took() }, 150, false},
		"before":                   {take, 150, false},
		"before, and no more":      {take, 250, true},
		"nothing, and few are bad": {func(*testing.T, *httppost.Sink) {}, 19, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, address := listen(t)
			refusing(l, `"id":"bad`)
			s := open(t, httppost.Options{Address: address})
			c.before(t, s)
			out, err := s.Send(t.Context(), many("bad", c.bad))
			var e *httppost.Error
			if ended := errors.As(err, &e) && e.Code == "target-refuses" && strings.Contains(err.Error(), "the last 200 resources (Patient) were all refused with status 422:"); ended != c.ends {
				t.Fatalf("it ends with %v", err)
			}
			if c.ends {
				return
			}
			for _, o := range out {
				if o.OK() || o.Issues[0].Code != "refused-by-listener" {
					t.Fatalf("%+v", o)
				}
			}
		})
	}
}

// take has the sink deliver something that the listener takes.
func take(t *testing.T, s *httppost.Sink) {
	t.Helper()
	if out, err := s.Send(t.Context(), patients("good")); err != nil || !out[0].OK() {
		t.Fatal(err, out)
	}
}

// Every tenth is taken: those in between never make a row.
func TestBadResourcesAmongGoodOnesNeverEndTheRun(t *testing.T) {
	t.Parallel()
	l, address := listen(t)
	refusing(l, `"id":"bad`)
	s := open(t, httppost.Options{Address: address})
	refused := 0
	for i := range 40 {
		b := many(fmt.Sprint("bad", i, "-"), 9)
		b.Entries = append(b.Entries, patients(fmt.Sprint("good", i)).Entries...)
		out, err := s.Send(t.Context(), b)
		if err != nil {
			t.Fatalf("after %d refusals: %v", refused, err)
		}
		for _, o := range out {
			if !o.OK() {
				refused++
			}
		}
	}
	if refused != 360 || len(l.kept()) != 40 {
		t.Errorf("%d refused, %d arrived", refused, len(l.kept()))
	}
}
