package reports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// Answer is one of the four questions that a reader has, answered in a line and
// by at most so many points. Level is good, warn or bad.
type Answer struct {
	Question, Level, Text string
	Points                []AnswerPoint
}

// AnswerPoint is a point with the id of the section that tells more.
type AnswerPoint struct{ Text, Section string }

// answerPoints is how many points an answer has: more are not read in ten
// seconds.
const answerPoints = 6

// answers says what a medical director asks first: did everything arrive, what
// did not, why, and what is to be decided.
func (s Summary) answers(people *pageMatching, codes map[string]issue.Code) []Answer {
	all := []Answer{s.arrived(), s.missing(), s.why(codes), s.decide(people)}
	for i := range all {
		if n := len(all[i].Points); n > answerPoints {
			all[i].Points = append(all[i].Points[:answerPoints-1], AnswerPoint{fmt.Sprintf("and %d more", n-answerPoints+1), all[i].Points[answerPoints-1].Section})
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

// ended reports whether the run came to its end: figures of one that did not
// are those so far.
func (s Summary) ended() bool {
	return s.Ledger.Status != "running" && s.Ledger.Status != Interrupted && s.Ledger.Status != Failed
}

func (s Summary) arrived() Answer {
	built, loaded := s.madeOf()
	a := Answer{Question: "Did everything arrive?", Level: "warn"}
	left, _ := s.Ledger.behind()
	switch {
	case !s.Ledger.Balanced:
		a.Level, a.Text = "bad", "It cannot be said: rows are not accounted for."
	case !s.ended():
		a.Level, a.Text = "bad", "Not yet: the run did not come to its end."
	case s.Undone != nil:
		a.Level, a.Text = "bad", "It was taken back since."
	case s.Incomplete != "":
		a.Level, a.Text = "bad", "No: the export was not read whole."
	case s.Bereft != "":
		a.Level, a.Text = "bad", "No: the patients are missing."
	case s.Ledger.Total().Read == 0:
		a.Text = "Nothing was read."
	case s.Run.DryRun:
		a.Text = "Not yet: a dry run sends nothing."
	case s.Ledger.Total().Rejected > 0 || loaded < built || s.criticalLost() > 0:
		a.Text = "Not everything."
	case s.Completeness.Lost > 0 || s.Codes.Uses > 0:
		a.Text = "Every row did, but not every value."
		if left > 0 {
			a.Text = "Every row that is mapped did, but not every value."
		}
	case left > 0:
		a.Text = "Everything that is mapped did; not all is mapped."
	default:
		a.Level, a.Text = "good", s.arrivedWhere()
	}
	t := s.Ledger.Total()
	read := fmt.Sprintf("%s read: %s became resources", counted(t.Read, "row"), thousands(t.Loaded))
	if n := s.rowsOf("filtered", true); n > 0 {
		read += fmt.Sprintf(", %s %s read for reference", thousands(n), plural(n, "was", "were"))
	}
	a.Points = []AnswerPoint{{read, "flow"}, {s.deliveredText(built, loaded), "flow"}}
	if t.Merged > 0 {
		a.Points = append(a.Points, AnswerPoint{counted(t.Merged, "row") + plural(t.Merged, " was a duplicate of another, and is in it", " were duplicates of others, and are in them"), "ledger"})
	}
	if c := s.Confirmed; c != nil {
		a.Points = append(a.Points, AnswerPoint{fmt.Sprintf("the server was asked for %s of them: %s %s", thousands(c.Compared), thousands(c.Differ), plural(c.Differ, "differs", "differ")), "server"})
	}
	a.Points = append(a.Points, AnswerPoint{s.acceptanceText(), "acceptance"})
	return a
}

// arrivedWhere says that all is there, and where that is: files and a rehearsal
// are not yet the new system.
func (s Summary) arrivedWhere() string {
	switch {
	case s.Run.rehearsed():
		return "Yes, in the rehearsal server; no other has it yet."
	case !s.Run.atServer():
		return "Yes, into files; no server has it yet."
	}
	return "Yes, everything."
}

// deliveredText counts the resources that the target took.
func (s Summary) deliveredText(built, loaded int64) string {
	done := "delivered"
	if !s.Run.atServer() {
		done = "written to files"
	}
	return fmt.Sprintf("%s of %s %s %s", thousands(loaded), thousands(built), plural(built, "resource was", "resources were"), done)
}

// rehearsed reports whether the target was the embedded server, which is there
// to practise with.
func (r RunFacts) rehearsed() bool { return !r.DryRun && strings.HasPrefix(r.Target, "sandbox") }

// atServer reports whether a FHIR server got the resources, and not files only.
func (r RunFacts) atServer() bool {
	return !r.DryRun && (strings.Contains(r.Target, "://") || strings.HasPrefix(r.Target, "sandbox"))
}

// answers reports whether the target can be asked what it holds: interface
// engines, by MLLP or at an --outlet, are told only.
func (r RunFacts) answers() bool {
	var args struct {
		Flags struct{ Outlet []string } // as cmd keeps the flags of a run
	}
	if json.Unmarshal([]byte(r.Args), &args) == nil {
		for _, outlet := range args.Flags.Outlet {
			if outlet != "fhir" {
				return false
			}
		}
	}
	return r.atServer() && !strings.HasPrefix(r.Target, "mllp")
}

// criticalLost counts the values of safety-critical elements that did not come
// through.
func (s Summary) criticalLost() (lost int64) {
	for _, f := range s.Completeness.Fields {
		if f.Critical {
			lost += f.Lost
		}
	}
	return lost
}

func (s Summary) missing() Answer {
	a := Answer{Question: "What did not?", Level: "warn"}
	add := func(n int64, one, many, section string) {
		if n == 1 {
			a.Points = append(a.Points, AnswerPoint{"1 " + one, section})
		} else if n > 1 {
			a.Points = append(a.Points, AnswerPoint{thousands(n) + " " + many, section})
		}
	}
	built, loaded := s.madeOf()
	critical, total := s.criticalLost(), s.Ledger.Total()
	add(max(total.Difference(), -total.Difference())+total.Twice, "row is not accounted for", "rows are not accounted for", "ledger")
	if !s.ended() {
		a.Points = append(a.Points, AnswerPoint{"all that the run did not come to", "facts"})
	}
	if s.Incomplete != "" {
		a.Level = "bad"
		a.Points = append(a.Points, AnswerPoint{"what stands behind the end of an export that is not whole", "fix"})
	}
	if s.Bereft != "" {
		a.Level = "bad"
		a.Points = append(a.Points, AnswerPoint{"the patients whom the records are about", "fix"})
	}
	add(total.Rejected, "row was rejected", "rows were rejected", "ledger")
	add(built-loaded, "resource was refused", "resources were refused", "resources")
	add(critical, "value of a safety-critical element was lost", "values of safety-critical elements were lost", "completeness")
	if tables, rows := s.Ledger.behind(); tables > 0 {
		a.Points = append(a.Points, AnswerPoint{fmt.Sprintf("%s with %s %s left behind: %s", counted(tables, "table"), counted(rows, "row"), plural(tables, "was", "were"), s.Ledger.firstLeft()), "left"})
	}
	add(s.countOf("W0207"), "table that the mapping reads was not given", "tables that the mapping reads were not given", "fix")
	add(s.Codes.Uses, "use of a code came without a standard code", "uses of codes came without a standard code", "codes")
	add(s.Completeness.Lost-critical, "other value did not come through", "other values did not come through", "completeness")
	if len(a.Points) == 0 {
		a.Level = "good"
	}
	add(s.rowsOf("filtered", false), "row was left out by the mapping's conditions", "rows were left out by the mapping's conditions", "ledger")
	add(int64(len(s.Completeness.Unnamed)), "column with values is read by nothing", "columns with values are read by nothing", "completeness")
	a.lead("Nothing that the mapping covers.")
	return a
}

// lead makes the first point the answer; none where there is no point. Names
// behind a colon stay a point of their own: the answer is read at a glance.
func (a *Answer) lead(none string) {
	if len(a.Points) == 0 {
		a.Text = none
		return
	}
	first := a.Points[0]
	text, names, named := strings.Cut(first.Text, ": ")
	a.Points = a.Points[1:]
	if named {
		a.Points = slices.Insert(a.Points, 0, AnswerPoint{names, first.Section})
	}
	a.Text = strings.ToUpper(text[:1]) + text[1:] + "."
}

// why gives the reasons for what did not arrive, in its order. Doubts about
// what did arrive are for a person to decide.
func (s Summary) why(codes map[string]issue.Code) Answer {
	a := Answer{Question: "Why?", Level: s.missing().Level}
	if !s.Ledger.Balanced {
		a.Points = append(a.Points, AnswerPoint{"a fault of chartlift", "ledger"})
	}
	if text := map[string]string{
		"running": "the run is under way", Interrupted: "the run was stopped from outside", Failed: "the run could not go on; its command said why",
	}[s.Ledger.Status]; text != "" {
		a.Points = append(a.Points, AnswerPoint{text, "facts"})
	}
	if s.Incomplete != "" {
		a.Points = append(a.Points, AnswerPoint{s.Incomplete, "fix"})
	}
	if s.Bereft != "" {
		a.Points = append(a.Points, AnswerPoint{"the tables of which patients are made were not given, or their file has another name", "fix"})
	}
	said := map[string]bool{titleOf(PatientsAbsent, codes): true} // it leads the answer
	if s.Incomplete != "" {
		said[titleOf(DumpCut, codes)], said[titleOf(FileDamaged, codes)] = true, true
	}
	for _, r := range s.Reasons {
		if r.Outcome == "rejected" {
			said[titleOf(r.Reason, codes)] = true
			a.Points = append(a.Points, AnswerPoint{fmt.Sprintf("%s rejected: %s", counted(r.Rows, "row"), titleOf(r.Reason, codes)), "fix"})
		}
	}
	behind := AnswerPoint{"no mapping names the tables left behind", "left"}
	tables, _ := s.Ledger.behind()
	built, loaded := s.madeOf()
	worse := s.criticalLost()+built-loaded+s.Ledger.Total().Rejected > 0 // these come first in what did not arrive
	if tables > 0 && !worse {
		a.Points = append(a.Points, behind)
	}
	for _, c := range s.causes(codes) {
		if !said[c.text] && len(a.Points) < answerPoints-1 {
			a.Points = append(a.Points, AnswerPoint{c.says(), "fix"})
		}
	}
	if tables > 0 && worse {
		a.Points = append(a.Points, behind)
	}
	if n := s.rowsOf("filtered", false); n > 0 && len(a.Points) == 0 {
		a.Points = append(a.Points, AnswerPoint{"the mapping's conditions leave rows out", "ledger"})
	}
	if len(a.Points) == 0 {
		a.Text = "There is nothing to explain."
		return a
	}
	a.Text = strings.ToUpper(a.Points[0].Text[:1]) + a.Points[0].Text[1:] + "."
	a.Points = append(a.Points[1:], AnswerPoint{fmt.Sprintf("%s and %s in all", counted(s.Findings.Errors, "error"), counted(s.Findings.Warnings, "warning")), "fix"})
	return a
}

func (s Summary) decide(people *pageMatching) Answer {
	a := Answer{Question: "What must a person decide?", Level: "warn"}
	add := func(section, format string, args ...any) {
		a.Points = append(a.Points, AnswerPoint{fmt.Sprintf(format, args...), section})
	}
	if s.Incomplete != "" {
		a.Level = "bad"
		add("fix", "where the whole export is: get it again, and run again")
	}
	if s.Bereft != "" {
		a.Level = "bad"
		add("fix", "where the file with the patients is: give it, and run again")
	}
	for _, c := range s.Acceptance {
		if c.Status == NotMet && c.Name != "codes-unmapped" && c.Name != "plausibility-failed" {
			add("acceptance", "accept or mend: %s, %s of %s", lowerFirst(c.Title), thousands(c.Actual), thousands(c.Of))
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
	s.conclude(&a)
	return a
}

// conclude says what the points of a decision lead to. Nobody is asked to sign
// what did not come to its end.
func (s Summary) conclude(a *Answer) {
	next, last := "sign", AnswerPoint{"sign, or say why not", "sign"}
	switch {
	case !s.Ledger.Balanced:
		a.Level, a.Text, a.Points = "bad", "Do not sign: rows are not accounted for.", []AnswerPoint{{"report this as a fault of chartlift", "ledger"}}
		return
	case s.Ledger.Status == "running":
		next, last = "wait for the end", AnswerPoint{"look again when the run has ended", "facts"}
	case s.Ledger.Status == Interrupted:
		next, last = "resume the run", AnswerPoint{"resume the run: chartlift resume", "facts"}
	case s.Ledger.Status == Failed:
		next, last = "mend what stopped the run", AnswerPoint{"mend what stopped the run, then start it again", "facts"}
	case s.Undone != nil:
		next, last = "run again", AnswerPoint{"do not sign: it was taken back", "facts"}
	case s.Incomplete != "":
		next, last = "run again", AnswerPoint{"do not sign: run again with the whole export", "facts"}
	case s.Bereft != "":
		next, last = "run again", AnswerPoint{"do not sign: run again with the patients", "facts"}
	case s.Run.DryRun:
		next, last = "load", AnswerPoint{"load it, and sign the report of the load", "sign"}
	}
	switch n := len(a.Points); {
	case n == 0 && next == "sign":
		a.Level, a.Text = "good", "Nothing but to sign."
	case n == 0:
		a.Text = strings.ToUpper(next[:1]) + next[1:] + "."
	case n == 1:
		a.Text = "One thing, then " + next + "."
	default:
		a.Text = fmt.Sprintf("%d things, then %s.", n, next)
	}
	a.Points = append(a.Points, last)
}

// counted returns a number as a person reads it with its noun: 1 row, 2,118
// rows.
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
