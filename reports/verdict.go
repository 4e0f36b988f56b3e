package reports

import (
	"fmt"
	"strings"
)

// Verdict is the first line of every report. Level is good, warn or bad.
type Verdict struct {
	Level string `json:"level"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// verdict judges the run: a ledger that does not balance outweighs all, then
// how the run ended, then what it is accepted by. The four answers of the page
// follow the same order, so that a reader never finds a green line beside a red
// one about the same thing.
func (s Summary) verdict() Verdict {
	if err := s.Ledger.Check(); err != nil {
		return Verdict{"bad", "Not balanced", err.Error() + ". Do not sign: report this as a fault."}
	}
	switch s.Ledger.Status {
	case "running":
		return Verdict{"warn", "Still running", "The figures below are those of the rows done so far."}
	case Interrupted, Failed:
		return s.stopped()
	}
	if s.Undone != nil {
		return s.Undone.verdict()
	}
	if s.Incomplete != "" {
		return Verdict{"bad", "Not complete: the export was not read whole", s.incompleteText()}
	}
	if s.Bereft != "" {
		return Verdict{"bad", "Do not sign: the patients are missing", upperFirst(s.Bereft) + ". " + s.accountText()}
	}
	text := s.accountText()
	if n := s.notMet(); n > 0 {
		return Verdict{"warn", fmt.Sprintf("Not ready to sign: %d of %d criteria not met", n, len(s.Acceptance)), text + " Not met: " + s.notMetText() + "."}
	}
	switch {
	case s.Run.DryRun:
		return Verdict{"warn", "Dry run: nothing was sent", text + " No criterion was missed; load before you sign."}
	case s.Ledger.Total().Rejected > 0:
		return Verdict{"warn", "Complete, with rejected rows", text + " That is within the limits that were agreed." + s.exitText()}
	case s.Findings.Errors > 0:
		return Verdict{"warn", "Complete, with errors", text + " " + counted(s.Findings.Errors, "error") + plural(s.Findings.Errors, " was", " were") + " found." + s.exitText()}
	case s.Ledger.Status == Findings:
		return Verdict{"warn", "Complete, over the limit of --fail-on", text + s.exitText()}
	}
	return Verdict{"good", "Complete", text}
}

// stopped is what is said of a run that did not come to its end.
func (s Summary) stopped() Verdict {
	none := s.Ledger.Total().Read == 0
	switch {
	case s.Ledger.Status == Interrupted && none:
		return Verdict{"warn", "Interrupted", "No row is counted: the run stopped before any had an outcome. chartlift resume goes on."}
	case s.Ledger.Status == Interrupted:
		return Verdict{"warn", "Interrupted", "Every row read so far is accounted for; chartlift resume goes on with the rest."}
	case none:
		return Verdict{"bad", "Stopped", "The run could not go on, and no row is counted: it stopped before any had an outcome."}
	}
	return Verdict{"bad", "Stopped", "The run could not go on. Every row read until then is accounted for."}
}

// accountText is the ledger in a sentence.
func (s Summary) accountText() string {
	t := s.Ledger.Total()
	switch {
	case t.Read == 0:
		return "No row was read."
	case t.Rejected == 0:
		return "Every one of " + thousands(t.Read) + " rows is accounted for; none was rejected."
	}
	return fmt.Sprintf("Every one of %s rows is accounted for; %s %s rejected.", thousands(t.Read), thousands(t.Rejected), plural(t.Rejected, "was", "were"))
}

// exitText says why a run within its criteria ended with an exit code all the
// same: the two limits are set by different people.
func (s Summary) exitText() string {
	if s.Ledger.Status != Findings {
		return ""
	}
	return " It ended with exit code 3, because --fail-on asks for more than the criteria do."
}

// notMetText lists the criteria that are not met, with their figures.
func (s Summary) notMetText() string {
	var list []string
	for _, c := range s.Acceptance {
		if c.Status == NotMet {
			list = append(list, fmt.Sprintf("%s (%s of %s)", lowerFirst(c.Title), thousands(c.Actual), thousands(c.Of)))
		}
	}
	return strings.Join(list, "; ")
}

// upperFirst makes a message a sentence.
func upperFirst(message string) string { return strings.ToUpper(message[:1]) + message[1:] }

// lowerFirst makes a title part of a sentence.
func lowerFirst(title string) string { return strings.ToLower(title[:1]) + title[1:] }
