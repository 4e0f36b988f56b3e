package reports_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

func form(t *testing.T) *reports.PageForm {
	t.Helper()
	f, err := reports.NewPageForm()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What a form was made ready for must not decide what it draws: the functions
// of one run answer for that run alone.
func TestAPageIsTheSameWithAFormThatWasReady(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	ready := form(t)
	codes := []issue.Code{{Code: "bad-date", Title: "A day that does not exist", Fix: "Correct it in the old system."}}
	for name, o := range map[string]reports.PageOptions{
		"masked":       {},
		"with codes":   {Codes: codes},
		"with values":  {Codes: codes, ShowValues: true},
		"command line": {CommandLine: func(command, _ string) string { return "chartlift " + command + " <b>--to</b>" }},
	} {
		want := page(t, db, o)
		o.Form = ready
		if got := page(t, db, o); got != want {
			t.Errorf("%s: the page is another with a form that was ready", name)
		}
	}
}

func TestAFormOfAnEarlierPageKeepsNothingOfIt(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	ready := form(t)
	shown := page(t, db, reports.PageOptions{ShowValues: true, Form: ready})
	if !strings.Contains(shown, "31.02.1980") {
		t.Fatal("the page shows no value where it should")
	}
	if masked := page(t, db, reports.PageOptions{Form: ready}); strings.Contains(masked, "31.02.1980") {
		t.Error("a page that masks values shows one that the page before showed")
	}
}

func TestValuesAreEscapedWithAFormThatWasReady(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	got := page(t, db, reports.PageOptions{ShowValues: true, Form: form(t), CommandLine: func(string, string) string { return `<script>alert("x")</script>` }})
	if strings.Contains(got, "<script") || strings.Contains(got, "<b>PCN") || !strings.Contains(got, "&lt;b&gt;PCN&lt;/b&gt;") || !strings.Contains(got, "&lt;script&gt;") {
		t.Error("what comes from outside stands in the page as it came")
	}
}

// counting counts how often it is written to, and fails after so many bytes.
type counting struct {
	calls, bytes, room int
}

var errFull = errors.New("no space left")

func (c *counting) Write(p []byte) (int, error) {
	c.calls++
	if c.bytes += len(p); c.bytes > c.room {
		return 0, errFull
	}
	return len(p), nil
}

// A template writes a page in a thousand pieces, and each would be a call of
// the system.
func TestAPageIsWrittenInFewPieces(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	w := &counting{room: 1 << 30}
	if err := db.Page(context.Background(), "", w, reports.PageOptions{}); err != nil {
		t.Fatal(err)
	}
	if most := 2 + w.bytes>>15; w.calls > most {
		t.Errorf("%d bytes in %d pieces, want at most %d", w.bytes, w.calls, most)
	}
}

func TestAPageThatCannotBeWrittenWholeIsAnError(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	whole := len(page(t, db, reports.PageOptions{}))
	for _, room := range []int{0, 100, whole / 2, whole - 1} {
		if err := db.Page(context.Background(), "", &counting{room: room}, reports.PageOptions{}); !errors.Is(err, errFull) {
			t.Errorf("with room for %d of %d bytes: %v", room, whole, err)
		}
	}
}
