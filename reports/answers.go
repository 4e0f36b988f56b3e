package reports

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// Answer is one of the four questions that a reader has, answered in a line and by at most so many points. Level is good, warn or bad.
type Answer struct {
	Question, Level, Text string
	Points                []AnswerPoint
}

// AnswerPoint is a point with the id of the section that tells more.
type AnswerPoint struct{ Text, Section string }

// answerPoints is how many points an answer has: more are not read in ten seconds.
const answerPoints = 6

// answers says what a medical director asks first: did everything arrive, what did not, why, and what is to be decided.
func (s Summary) answers(people *pageMatching, codes map[string]issue.Code) []Answer {
	all := []Answer{s.arrived(), s.missing(), s.why(codes), s.decide(people)}
	for i := range all {
		if n := len(all[i].Points); n > answerPoints {
			all[i].Points = append(all[i].Points[:answerPoints-1], AnswerPoint{fmt.Sprintf("and %d more", n-answerPoints+1), "acceptance"})
		}
	}
	return all
}

// madeOf counts what was built and what the target took.
func (s Summary) madeOf() (built, loaded int64) {
	for _, r := range s.Resources {
		built, loaded = built+r.Built, loaded+r.Loaded
	}
	return built, loaded
}

func (s Summary) arrived() Answer {
	built, loaded := s.madeOf()
	a := Answer{Question: "Did everything arrive?", Level: "good"}
	critical := s.criticalLost()
	switch {
	case !s.Ledger.Balanced:
		a.Level, a.Text = "bad", "It cannot be said: rows are not accounted for."
	case s.Ledger.Status == "running" || s.Ledger.Status == Interrupted || s.Ledger.Status == Failed:
		a.Level, a.Text = "bad", "Not yet: the run did not come to its end."
	case s.Ledger.Total().Rejected > 0 || loaded < built || critical > 0:
		a.Level, a.Text = "warn", "Not everything."
	case s.Completeness.Lost > 0:
		a.Level, a.Text = "warn", "Every row did, but not every value."
	case !s.Run.atServer():
		a.Text = "Yes, into files; no server has it yet."
	default:
		a.Text = "Yes, everything that the mapping covers."
	}
	arrived := fmt.Sprintf("%s of %s resources were delivered", thousands(loaded), thousands(built))
	if !s.Run.atServer() {
		arrived = fmt.Sprintf("%s of %s resources were written to files", thousands(loaded), thousands(built))
	}
	t := s.Ledger.Total()
	a.Points = []AnswerPoint{
		{fmt.Sprintf("%s read: %s became resources, %s were read for reference", counted(t.Read, "row"), thousands(t.Loaded), thousands(s.rowsOf("filtered", true))), "flow"},
		{arrived, "flow"},
	}
	if t.Merged > 0 {
		a.Points = append(a.Points, AnswerPoint{counted(t.Merged, "row") + plural(t.Merged, " was a duplicate of another, and is in it", " were duplicates of others, and are in them"), "ledger"})
	}
	a.Points = append(a.Points, AnswerPoint{s.acceptanceText(), "acceptance"})
	return a
}

// atServer reports whether a FHIR server got the resources, and not files only.
func (r RunFacts) atServer() bool {
	return !r.DryRun && (strings.Contains(r.Target, "://") || strings.HasPrefix(r.Target, "sandbox"))
}

// criticalLost counts the values of safety-critical elements that did not come through.
func (s Summary) criticalLost() (lost int64) {
	for _, f := range s.Completeness.Fields {
		if f.Critical {
			lost += f.Lost
		}
	}
	return lost
}

func (s Summary) missing() Answer {
	a := Answer{Question: "What did not?", Level: "good"}
	add := func(n int64, one, many, section string) {
		if n == 1 {
			a.Points = append(a.Points, AnswerPoint{"1 " + one, section})
		} else if n > 1 {
			a.Points = append(a.Points, AnswerPoint{thousands(n) + " " + many, section})
		}
	}
	built, loaded := s.madeOf()
	critical := s.criticalLost()
	add(s.Ledger.Total().Rejected, "row was rejected", "rows were rejected", "ledger")
	add(built-loaded, "resource was refused", "resources were refused", "resources")
	add(critical, "value of a safety-critical element was lost", "values of safety-critical elements were lost", "completeness")
	if len(a.Points) > 0 {
		a.Level = "warn"
	}
	add(s.Completeness.Lost-critical, "other value did not come through", "other values did not come through", "completeness")
	if tables, rows := s.Ledger.behind(); tables > 0 {
		a.Level = "warn"
		a.Points = append(a.Points, AnswerPoint{fmt.Sprintf("%s with %s left behind: %s", counted(tables, "table"), counted(rows, "row"), s.Ledger.firstLeft()), "left"})
	}
	add(s.rowsOf("filtered", false), "row was left out by the mapping's conditions", "rows were left out by the mapping's conditions", "ledger")
	add(int64(len(s.Completeness.Unnamed)), "column with values is read by no rule", "columns with values are read by no rule", "completeness")
	a.Text = "Nothing that the mapping covers."
	if len(a.Points) > 0 {
		a.Text = strings.TrimSuffix(a.Points[0].Text, "…") + "."
		if strings.HasSuffix(a.Points[0].Text, "…") {
			a.Text = a.Points[0].Text
		}
		a.Points = a.Points[1:]
	}
	return a
}

func (s Summary) why(codes map[string]issue.Code) Answer {
	a := Answer{Question: "Why?", Level: "good", Text: "There is nothing to explain."}
	for _, r := range s.Reasons {
		if r.Outcome == "rejected" {
			a.Points = append(a.Points, AnswerPoint{fmt.Sprintf("%s rejected: %s", counted(r.Rows, "row"), titleOf(r.Reason, codes)), "fix"})
		}
	}
	for _, c := range s.causes(codes) {
		if len(a.Points) < answerPoints-1 {
			a.Points = append(a.Points, AnswerPoint{c, "fix"})
		}
	}
	if tables, _ := s.Ledger.behind(); tables > 0 {
		a.Points = append(a.Points, AnswerPoint{"tables left behind: no mapping names them", "left"})
	}
	if s.Findings.Errors > 0 {
		a.Level = "warn"
	}
	if len(a.Points) > 0 {
		a.Text = fmt.Sprintf("%s and %s say why.", counted(s.Findings.Errors, "error"), counted(s.Findings.Warnings, "warning"))
	}
	return a
}

// causes sums findings up by what they mean, errors first, then by how many there are. A check of the mapping speaks for itself.
func (s Summary) causes(codes map[string]issue.Code) []string {
	type cause struct {
		text   string
		tables []string
		n      int64
	}
	var all []*cause
	for _, g := range s.Findings.First {
		text := titleOf(g.Code, codes)
		if g.Code == "check-failed" {
			text = g.Message
		}
		at := slices.IndexFunc(all, func(c *cause) bool { return c.text == text })
		if g.Severity == "information" {
			continue
		} else if at < 0 {
			at, all = len(all), append(all, &cause{text: text})
		}
		all[at].n += g.Count
		if g.Table != "" && !slices.Contains(all[at].tables, g.Table) {
			all[at].tables = append(all[at].tables, g.Table)
		}
	}
	var out []string
	for _, c := range all {
		text := fmt.Sprintf("%s × %s", thousands(c.n), c.text)
		if len(c.tables) > 0 {
			text += " (" + strings.Join(c.tables[:min(3, len(c.tables))], ", ") + ")"
		}
		out = append(out, text)
	}
	return out
}

// countOf is how many findings have a code, of those that the summary lists.
func (s Summary) countOf(code string) (n int64) {
	for _, g := range s.Findings.First {
		if g.Code == code {
			n += g.Count
		}
	}
	return n
}

// titleOf says what a code means, or the code where nobody says.
func titleOf(code string, codes map[string]issue.Code) string {
	if c, ok := codes[code]; ok && c.Title != "" {
		return c.Title
	}
	return code
}

func (s Summary) decide(people *pageMatching) Answer {
	a := Answer{Question: "What must a person decide?", Level: "warn"}
	add := func(section, format string, args ...any) {
		a.Points = append(a.Points, AnswerPoint{fmt.Sprintf(format, args...), section})
	}
	for _, c := range s.Acceptance {
		if c.Status == NotMet && c.Name != "codes-unmapped" && c.Name != "plausibility-failed" {
			add("acceptance", "accept or mend: %s, %s of %s", strings.ToLower(c.Title[:1])+c.Title[1:], thousands(c.Actual), thousands(c.Of))
		}
	}
	if n := people.doubtful(); n > 0 {
		add("people", "whether %s of records "+plural(n, "is", "are")+" one person", counted(n, "pair"))
	}
	if s.Codes.Codes > 0 {
		add("codes", "what %s without a target "+plural(s.Codes.Codes, "means", "mean")+" (%s)", counted(s.Codes.Codes, "code"), counted(s.Codes.Uses, "use"))
	}
	if n := s.countOf("check-failed"); n > 0 {
		add("fix", "what is right where %s "+plural(n, "fails", "fail")+" a check of the mapping", counted(n, "row"))
	}
	if s.Plausibility.Failed > 0 {
		add("plausibility", "what of %s of implausible facts is true", counted(s.Plausibility.Failed, "kind"))
	}
	if tables, _ := s.Ledger.behind(); tables > 0 {
		add("left", "whether %s may stay behind", counted(tables, "table"))
	}
	if n := len(s.Completeness.Unnamed); n > 0 {
		add("completeness", "whether %s may stay behind", counted(n, "column"))
	}
	a.Text = fmt.Sprintf("%d things, then sign.", len(a.Points))
	switch len(a.Points) {
	case 0:
		a.Level, a.Text = "good", "Nothing but to sign."
	case 1:
		a.Text = "One thing, then sign."
	}
	a.Points = append(a.Points, AnswerPoint{"sign, or say why not", "sign"})
	return a
}

// counted returns a number as a person reads it with its noun: 1 row, 2,118 rows.
func counted[N int | int64](n N, noun string) string {
	_, nouns, _ := strings.Cut(issue.Count(n, noun), " ")
	return thousands(int64(n)) + " " + nouns
}

// plural returns one where there is one, else many.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
