package reports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// browser returns a headless browser, or skips the test where there is none:
// apt-get install chromium.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CHARTLIFT_AXE") != "" {
		t.Fatal("CHARTLIFT_AXE is set, but there is no browser")
	}
	t.Skip("SKIPPED: no chromium here, so no browser has looked at the page")
	return ""
}

// shown opens a page in the browser with more arguments and returns what it
// prints.
func shown(t *testing.T, page string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args = append([]string{"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + filepath.Join(dir, "profile")}, args...)
	cmd := exec.CommandContext(ctx, browser(t), append(args, "file://"+file)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%.2000s", err, said.String())
	}
	return out.String()
}

// scripted runs a script in the page, which the page itself does not allow, and
// returns the JSON that it leaves.
func scripted(t *testing.T, page, script string, into any) {
	t.Helper()
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "")
	page = strings.Replace(page, "</body>", `<pre id="told"></pre><script>const told = x => document.getElementById("told").textContent = JSON.stringify(x);`+script+`</script></body>`, 1)
	dom := shown(t, page, "--virtual-time-budget=60000", "--dump-dom")
	found := regexp.MustCompile(`(?s)<pre id="told">(.*?)</pre>`).FindStringSubmatch(dom)
	if found == nil {
		t.Fatalf("the page says nothing: %.500s", dom)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), into); err != nil {
		t.Fatalf("%v: %.500s", err, found[1])
	}
}

// full is the sample's page with every section there is.
func full(t *testing.T) string {
	t.Helper()
	db, _ := sample(t, reports.Options{})
	later(t, db)
	return page(t, db, reports.PageOptions{Charts: chart()})
}

// chart is a sample of one patient.
func chart() *reports.Charts {
	return &reports.Charts{Seed: 42, Asked: 1, Sampled: []reports.Chart{{
		Patient: "p1", Stratum: "by chance", Resources: 3,
		Entries: []reports.ChartEntry{{
			Type: "Patient", ID: "p1", Source: "patients.csv", Table: "patients", Row: 7,
			Cells:  []reports.ChartValue{{Name: "DOB", Value: "01/02/1980"}, {Name: "MRN", Value: "007", Same: true}},
			Fields: []reports.ChartValue{{Name: "birthDate", Value: "1980-02-01"}, {Name: "identifier.value", Value: "007", Same: true}},
		}},
	}}}
}

func TestABrowserShowsThePageWithoutScrollingSidewaysAndWithAllItsLinks(t *testing.T) {
	t.Parallel()
	browser(t)
	for _, width := range []int{1280, 480} {
		var got struct {
			Wide, Scroll, Sections int
			Dead                   []string
		}
		scripted(t, strings.Replace(full(t), "<main>", fmt.Sprintf(`<main style="width:%dpx">`, width), 1), `told({
			wide: document.querySelector("main").clientWidth, scroll: document.querySelector("main").scrollWidth, sections: document.querySelectorAll("section").length,
			dead: [...document.querySelectorAll("a")].filter(a => !document.querySelector(a.getAttribute("href"))).map(a => a.getAttribute("href"))})`, &got)
		if got.Scroll > got.Wide || got.Sections < 8 || len(got.Dead) > 0 {
			t.Errorf("at %d: %+v", width, got)
		}
	}
}

func TestTenThousandKindsOfFindingsDoNotFreezeABrowser(t *testing.T) {
	t.Parallel()
	browser(t)
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 10_000}})
	for n := range int64(10_000) {
		rec.Issue(patients, issue.Issue{Severity: issue.Warning, Code: "bad-date", Rule: fmt.Sprintf("p.rule[%d]", n), Column: "C", Message: "this day does not exist", Value: "31.02.1980", Origin: issue.Origin{Row: n + 1}})
	}
	finish(t, rec, reports.Succeeded)
	var got struct {
		Rows         int
		Shown, Moved float64
	}
	scripted(t, page(t, db, reports.PageOptions{}), `addEventListener("load", () => {
		const shown = performance.now(); document.body.getBoundingClientRect();
		const start = performance.now(); document.querySelectorAll("details").forEach(d => d.open = true); document.body.getBoundingClientRect(); scrollTo(0, 1e6); document.body.getBoundingClientRect();
		told({rows: document.querySelectorAll("tbody tr").length, shown, moved: performance.now() - start}) })`, &got)
	t.Logf("shown after %.0f ms, unfolded and scrolled in %.0f ms", got.Shown, got.Moved)
	if got.Rows < 10_000 || got.Moved > 10_000 {
		t.Errorf("%+v: the page froze, or lacks findings", got)
	}
}

func TestThePageCanBePrintedAndSeenInBothThemes(t *testing.T) {
	t.Parallel()
	browser(t)
	text := full(t)
	dir := t.TempDir()
	shown(t, text, "--no-pdf-header-footer", "--print-to-pdf="+filepath.Join(dir, "page.pdf"))
	pdf, err := os.ReadFile(filepath.Join(dir, "page.pdf"))
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 20_000 {
		t.Errorf("%d bytes on paper, %v", len(pdf), err)
	}
	var light, dark string
	script := `told(getComputedStyle(document.body).backgroundColor)`
	scripted(t, text, script, &light)
	scripted(t, strings.ReplaceAll(text, "(prefers-color-scheme: dark)", "(min-width: 0)"), script, &dark)
	if light == dark {
		t.Errorf("both themes are %s", light)
	}
}

func TestFoldedListsArePrintedAndOnlyThey(t *testing.T) {
	t.Parallel()
	browser(t)
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 700}})
	for n := range int64(700) {
		rec.Issue(patients, issue.Issue{Severity: issue.Warning, Code: "bad-date", Rule: fmt.Sprintf("p.rule[%d]", n), Column: "C", Message: "this day does not exist", Origin: issue.Origin{Row: n + 1}})
	}
	finish(t, rec, reports.Succeeded)
	text := page(t, db, reports.PageOptions{})
	// What a browser lays out for paper: every media query for print holds,
	// those for a screen do not.
	paper := strings.ReplaceAll(text, "@media print", "@media all")
	seen := `const tall = n => n.checkVisibility({contentVisibilityAuto: false}) && n.getBoundingClientRect().height > 0; const rows = [...document.querySelectorAll("details .chunk tbody tr")];
		told({folded: rows.length, shown: rows.filter(tall).length, note: [...document.querySelectorAll(".paper")].filter(tall).map(n => n.textContent)})`
	var onScreen, onPaper struct {
		Folded, Shown int
		Note          []string
	}
	scripted(t, text, seen, &onScreen)
	scripted(t, paper, seen, &onPaper)
	if onScreen.Folded != 680 || onScreen.Shown != 0 || len(onScreen.Note) != 0 {
		t.Errorf("on a screen: %+v", onScreen)
	}
	if onPaper.Folded != 680 || onPaper.Shown != 500 || len(onPaper.Note) != 1 || !strings.HasPrefix(onPaper.Note[0], "180 more kinds of findings are not printed") {
		t.Errorf("on paper: %+v", onPaper)
	}
}

func TestEveryControlIsReachedByKeyboardAndShowsThatItIs(t *testing.T) {
	t.Parallel()
	browser(t)
	for scheme, query := range map[string]string{"light": "(max-width: 0)", "dark": "(min-width: 0)"} {
		var got struct {
			Controls, Rings int
			Skipped, Unseen []string
		}
		// Every control takes the focus, and has a ring that is not of the
		// colour of what is behind it. A class stands for :focus-visible: a
		// headless browser whose window has no focus at the moment shows no
		// ring.
		text := strings.ReplaceAll(full(t), "(prefers-color-scheme: dark)", query)
		if !strings.Contains(text, ":focus-visible") {
			t.Fatal("the page has no style for what the keyboard has reached")
		}
		scripted(t, strings.ReplaceAll(text, ":focus-visible", ".ringed"), `
			document.querySelectorAll("details").forEach(d => d.open = true);
			const out = {controls: 0, rings: 0, skipped: [], unseen: []};
			for (const e of document.querySelectorAll("a[href], summary, button, input, select, textarea, [tabindex]")) {
				out.controls++;
				e.focus(); e.classList.add("ringed");
				if (document.activeElement !== e || e.tabIndex < 0) { out.skipped.push(e.outerHTML.slice(0, 120)); continue; }
				const look = getComputedStyle(e);
				if (look.outlineStyle === "none" || parseFloat(look.outlineWidth) < 1 || look.outlineColor === getComputedStyle(document.body).backgroundColor) out.unseen.push(e.outerHTML.slice(0, 120)); else out.rings++;
			}
			told(out)`, &got)
		if got.Controls < 15 || got.Rings != got.Controls || len(got.Skipped)+len(got.Unseen) > 0 {
			t.Errorf("%s: %+v", scheme, got)
		}
	}
}

// axe is what axe-core says of a page.
type axe []struct {
	ID, Impact, Help string
	Nodes            []string
}

func TestThePageHasNoBarrierThatAxeKnows(t *testing.T) {
	t.Parallel()
	path := os.Getenv("CHARTLIFT_AXE")
	if path == "" {
		t.Skip("SKIPPED: CHARTLIFT_AXE names no axe.min.js (npm pack axe-core), so nobody looked for barriers; make e2e does")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	run := string(script) + `;axe.run(document, {resultTypes: ["violations"]}).then(r => told(r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 200))}))), e => told([{id: String(e)}]))`
	text := full(t)
	for scheme, query := range map[string]string{"light": "(max-width: 0)", "dark": "(min-width: 0)"} {
		var found axe
		scripted(t, strings.ReplaceAll(strings.ReplaceAll(text, "(prefers-color-scheme: dark)", query), "<details>", "<details open>"), run, &found)
		for _, v := range found {
			t.Errorf("%s: %s (%s): %s\n%s", scheme, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
		}
	}
}
