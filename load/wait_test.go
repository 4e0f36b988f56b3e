package load_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"chartlift/load"
)

func TestASleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := load.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := load.Sleep(t.Context(), time.Nanosecond); err != nil {
		t.Errorf("slept: %v", err)
	}
}

func TestOnlyThisMachineIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true,
		"": false, "localhost.example.org": false, "10.0.0.1": false, "0.0.0.0": false, "127.0.0.1.example.org": false, "::": false,
	} {
		if got := load.Loopback(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func TestAClockHasTheRealThingForWhatIsNil(t *testing.T) {
	t.Parallel()
	filled := load.Clock{}.OrReal()
	if since := time.Since(filled.Now()); since < 0 || since > time.Minute {
		t.Errorf("it is %v late", since)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := filled.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a sleep that is stopped ends with %v", err)
	}
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if seam := (load.Clock{Now: func() time.Time { return then }}).OrReal(); !seam.Now().Equal(then) || seam.Sleep == nil {
		t.Error("what is given is not kept")
	}
}
