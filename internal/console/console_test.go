package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chartlift/internal/console"
)

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func started(quiet bool) (*console.Progress, *bytes.Buffer, *clock) {
	var out bytes.Buffer
	c := &clock{at: time.Date(2024, 5, 1, 8, 0, 0, 0, time.UTC)}
	p := console.NewProgress(&out, quiet)
	p.SetClock(c.now)
	p.Start("patients")
	return p, &out, c
}

func TestWithoutATerminalAStageSaysALineEveryFiveSeconds(t *testing.T) {
	t.Parallel()
	p, out, c := started(false)
	c.at = c.at.Add(4 * time.Second)
	p.Add("patients", 8000, 0.2)
	if out.Len() > 0 {
		t.Errorf("after 4 s it says %q", out)
	}
	c.at = c.at.Add(time.Second)
	p.Add("patients", 2000, 0.25)
	if want := "patients: 10000 rows, 2000 rows/s, 25 % read, 15s left\n"; out.String() != want {
		t.Errorf("after 5 s it says %q, want %q", out, want)
	}
	out.Reset()
	c.at = c.at.Add(4 * time.Second)
	p.Add("patients", 1, 0.5)
	if out.Len() > 0 {
		t.Errorf("4 s later it says %q", out)
	}
	p.End("patients")
	if want := "patients: 10001 rows in 9s\n"; out.String() != want {
		t.Errorf("at its end it says %q, want %q", out, want)
	}
}

func TestAStageWhoseLengthIsNotKnownSaysNoTimeLeft(t *testing.T) {
	t.Parallel()
	p, out, c := started(false)
	c.at = c.at.Add(10 * time.Second)
	p.Add("patients", 500, 0)
	if want := "patients: 500 rows, 50 rows/s\n"; out.String() != want {
		t.Errorf("it says %q, want %q", out, want)
	}
}

func TestAStageOfNoTimeHasNoInfiniteRate(t *testing.T) {
	t.Parallel()
	p, out, _ := started(false)
	p.Add("patients", 3, 1)
	p.End("patients")
	if want := "patients: 3 rows in 0s\n"; out.String() != want {
		t.Errorf("it says %q, want %q", out, want)
	}
}

func TestQuietSaysNothing(t *testing.T) {
	t.Parallel()
	p, out, c := started(true)
	c.at = c.at.Add(time.Hour)
	p.Add("patients", 1, 0.5)
	p.End("patients")
	if out.Len() > 0 {
		t.Errorf("it says %q", out)
	}
}

func TestAStageThatWasNotStartedIsNoTrouble(t *testing.T) {
	t.Parallel()
	p, out, _ := started(false)
	p.Add("nobody", 1, 1)
	p.End("nobody")
	p.End("patients")
	p.Add("patients", 1, 1)
	p.End("patients")
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("it says %q", out)
	}
}

func TestManyMayCountTogether(t *testing.T) {
	t.Parallel()
	p, out, _ := started(false)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				p.Add("patients", 1, 0)
			}
		})
	}
	wg.Wait()
	p.End("patients")
	if want := "patients: 800 rows in 0s\n"; out.String() != want {
		t.Errorf("it says %q, want %q", out, want)
	}
}

func TestOnATerminalABarIsDrawn(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("SKIPPED: there are no pseudo terminals here")
	}
	defer func() { _ = terminal.Close() }()
	if !console.Terminal(terminal) {
		t.Skip("SKIPPED: this pseudo terminal is none")
	}
	p := console.NewProgress(terminal, false)
	p.Start("patients")
	p.Add("patients", 2, 0.5)
	p.Add("patients", 1, 1)
	p.End("patients")
	// The terminal echoes what is written to its other end.
	got := make([]byte, 64<<10)
	n, err := terminal.Read(got)
	if err != nil {
		t.Skip("SKIPPED: this pseudo terminal does not echo: ", err)
	}
	if text := string(got[:n]); !strings.Contains(text, "patients") {
		t.Errorf("it shows %q", text)
	}
}

func TestABufferOrAFileIsNoTerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if console.Terminal(f) || console.Terminal(&bytes.Buffer{}) || console.Terminal(nil) {
		t.Error("a file, a buffer or nothing is taken for a terminal")
	}
}

func TestTheStandardStreamsAreThoseOfTheProcess(t *testing.T) {
	t.Parallel()
	s := console.Standard()
	if s.In != os.Stdin || s.Out != os.Stdout || s.Err != os.Stderr {
		t.Errorf("the streams are %v", s)
	}
}

func TestTheLogKeepsToItsLevel(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]int{"debug": 4, "info": 3, "warn": 2, "error": 1, "disabled": 0} {
		var out bytes.Buffer
		log, err := console.NewLog(&out, console.LogOptions{Level: level, Format: "json"})
		if err != nil {
			t.Fatal(err)
		}
		log.Debug().Msg("one")
		log.Info().Msg("two")
		log.Warn().Msg("three")
		log.Error().Msg("four")
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("at %s there are %d lines, want %d", level, got, want)
		}
	}
}

func TestTheLogIsJSONWhereAskedFor(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := console.NewLog(&out, console.LogOptions{Level: "info", Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	log.Info().Str("run", "r1").Msg("run begins")
	var line struct{ Level, Run, Message, Time string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "info" || line.Run != "r1" || line.Message != "run begins" || line.Time == "" {
		t.Errorf("the line is %+v", line)
	}
}

func TestTheLogHasNoColoursInAFile(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"", "text"} {
		var out bytes.Buffer
		log, err := console.NewLog(&out, console.LogOptions{Level: "info", Format: format})
		if err != nil {
			t.Fatal(err)
		}
		log.Warn().Str("table", "patients").Msg("slow")
		if got := out.String(); !strings.HasSuffix(got, " WRN slow table=patients\n") || strings.Contains(got, "\x1b") {
			t.Errorf("the line is %q", got)
		}
	}
}

func TestAnUnknownLevelOrFormatIsRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	for _, o := range []console.LogOptions{{Level: "loud"}, {Level: "info", Format: "xml"}} {
		_, err := console.NewLog(&bytes.Buffer{}, o)
		if err == nil || !strings.Contains(err.Error(), "use ") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func ExampleProgress() {
	p := console.NewProgress(os.Stdout, true) // quiet: says nothing
	p.Start("patients")
	p.Add("patients", 43, 1)
	p.End("patients")
	fmt.Println("done")
	// Output: done
}
