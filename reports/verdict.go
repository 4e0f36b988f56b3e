package reports

import "fmt"

// Verdict is the first line of every report. Level is good, warn or bad.
type Verdict struct {
	Level string `json:"level"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// verdict judges the run: a ledger that does not balance outweighs all, then
// how the run ended, then what it found.
func (s Summary) verdict() Verdict {
	if err := s.Ledger.Check(); err != nil {
		return Verdict{"bad", "Not balanced", err.Error() + ". Do not sign: report this as a fault."}
	}
	rows := s.Ledger.Total()
	switch s.Ledger.Status {
	case "running":
		return Verdict{"warn", "Still running", "The figures below are those of the rows done so far."}
	case Interrupted:
		return Verdict{"warn", "Interrupted", "Every row read so far is accounted for; chartlift resume goes on with the rest."}
	case Failed:
		return Verdict{"bad", "Stopped", "The run could not go on. Every row read until then is accounted for."}
	case Findings:
		return Verdict{"warn", "Done, over the limit", "There are more findings than the policy allows: see what to fix first."}
	}
	if rows.Rejected > 0 {
		return Verdict{"warn", "Complete, with rejected rows", thousands(rows.Rejected) + " of " + thousands(rows.Read) + " rows were rejected; every row is accounted for."}
	}
	if s.Findings.Errors > 0 {
		return Verdict{"warn", "Complete, with errors", thousands(s.Findings.Errors) + " errors were found; every row is accounted for."}
	}
	if n := s.notMet(); n > 0 {
		return Verdict{"warn", "Complete, not yet accepted", fmt.Sprintf("Every one of %s rows is accounted for; none was rejected. Of %d criteria %d not met.", thousands(rows.Read), len(s.Acceptance), n)}
	}
	return Verdict{"good", "Complete", "Every one of " + thousands(rows.Read) + " rows is accounted for; none was rejected."}
}
