package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrBadLimit says that a limit of acceptance is none.
var ErrBadLimit = errors.New("not a limit of acceptance")

// Limit is how much of something a signed run may have: AtMost of the things
// that the criterion counts, or per cent of what it counts them in.
type Limit struct {
	Criterion string
	AtMost    float64
	Percent   bool
}

// Criterion is one line of what a run is accepted by. Status is met, not met or
// not measured; Actual and Of are the figures, Of 0 where the criterion counts
// without a whole.
type Criterion struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Limit  string `json:"limit"`
	Actual int64  `json:"actual"`
	Of     int64  `json:"of,omitempty"`
	Status string `json:"status"`
	Why    string `json:"why,omitempty"` // why it is not measured, where to look, or how far a sample speaks for the whole
}

// The states of a criterion.
const (
	Met         = "met"
	NotMet      = "not met"
	NotMeasured = "not measured"
)

// measured is what a criterion looks at. Its limit is 0 unless the run was
// given another.
type measured struct {
	name, title, unit string
	count             func(Summary) (actual, of int64)
	unknown           func(Summary) string // why it cannot be told; "" where it can
	see               string               // where to look when it is not met
}

// confirmedCriterion is met when the server was asked and has everything.
const confirmedCriterion = "resources-unconfirmed"

// criteria lists what a run is judged by, in the order of the page.
func criteria() []measured {
	always := func(Summary) string { return "" }
	return []measured{
		{"rows-unaccounted", "Every row that was read has one outcome", "rows", func(s Summary) (int64, int64) {
			t := s.Ledger.Total()
			return max(t.Difference(), -t.Difference()) + t.Twice, t.Read
		}, always, "report ledger"},
		{"rows-rejected", "Rows rejected", "rows", func(s Summary) (int64, int64) { return s.Ledger.Total().Rejected, s.Ledger.Total().Read }, always, "report rejected"},
		{"resources-refused", "Resources that the target did not take", "resources", func(s Summary) (int64, int64) { return s.Delivery.Refused, s.Delivery.Entries }, Summary.undelivered, "report dead-letters"},
		{confirmedCriterion, "Resources that the server does not hold as they were delivered", "resources", func(s Summary) (int64, int64) { return s.Confirmed.Unconfirmed, s.Confirmed.Compared }, Summary.unconfirmed, "report reconcile"},
		{"critical-lost", "Values of safety-critical elements that did not come through", "values", func(s Summary) (lost, filled int64) {
			for _, f := range s.Completeness.Fields {
				if f.Critical {
					lost, filled = lost+f.Lost, filled+f.Filled
				}
			}
			return lost, filled
		}, func(s Summary) string {
			if len(s.Completeness.Fields) == 0 {
				return "no value was counted"
			}
			return ""
		}, "report completeness"},
		{"codes-unmapped", "Uses of codes that no crosswalk maps", "uses", func(s Summary) (int64, int64) { return s.Codes.Uses, s.Codes.Looked }, func(s Summary) string {
			if s.Codes.Looked == 0 {
				return "no crosswalk was used"
			}
			return ""
		}, "report unmapped-codes"},
		{"plausibility-failed", "Plausibility rules that failed", "rules", func(s Summary) (int64, int64) { return s.Plausibility.Failed, s.Plausibility.Checks }, func(s Summary) string {
			if s.Plausibility.Checks == 0 {
				return "no rule found anything to look at"
			}
			return ""
		}, "report plausibility"},
	}
}

// undelivered says why the delivery cannot be judged.
func (s Summary) undelivered() string {
	switch {
	case s.Run.DryRun:
		return "a dry run delivers nothing"
	case s.Delivery.Bundles == 0:
		return "nothing was delivered"
	}
	return ""
}

// ParseLimits reads limits such as rows-rejected=12 or codes-unmapped=0.5%, by
// criterion. It returns ErrBadLimit for what is none.
func ParseLimits(given map[string]string) ([]Limit, error) {
	var names []string
	for _, c := range criteria() {
		names = append(names, c.name)
	}
	var out []Limit
	for name, text := range given {
		number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		switch {
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("%w: %q; there are: %s", ErrBadLimit, name, strings.Join(names, ", "))
		case err != nil || n < 0 || percent && n > 100 || n != n:
			return nil, fmt.Errorf("%w: %s=%s; write a number such as 12, or a share such as 0.5%%", ErrBadLimit, name, text)
		}
		out = append(out, Limit{name, n, percent})
	}
	slices.SortFunc(out, func(a, b Limit) int { return strings.Compare(a.Criterion, b.Criterion) })
	return out, nil
}

// Accept records the limits that the run is judged by; criteria that are not
// named have the limit 0.
func (r *Recorder) Accept(limits []Limit) error {
	var rows [][]any
	for _, l := range limits {
		rows = append(rows, []any{r.id, l.Criterion, l.AtMost, l.Percent})
	}
	err := r.db.inTx(context.Background(), func(tx *sql.Tx) error {
		return insert(tx, "INSERT INTO acceptance VALUES", rows, "")
	})
	if err != nil {
		return fmt.Errorf("record acceptance: %w", err)
	}
	return nil
}

// sumAcceptance judges the run by its criteria. It comes after everything that
// they count.
func (db *DB) sumAcceptance(ctx context.Context, s *Summary) error {
	limits := map[string]Limit{}
	err := db.each(ctx, "SELECT criterion, at_most, percent FROM acceptance WHERE run_id = ?", []any{s.Run.ID}, func(scan scanner) error {
		var l Limit
		err := scan(&l.Criterion, &l.AtMost, &l.Percent)
		limits[l.Criterion] = l
		return err
	})
	for _, m := range criteria() {
		s.Acceptance = append(s.Acceptance, m.judge(*s, limits[m.name]))
	}
	if s.Incomplete != "" { // nobody can agree to so much being missing: how much is not known
		s.Acceptance = append(s.Acceptance, Criterion{Name: "exports-cut", Title: "Exports that were not read whole", Limit: "none", Actual: s.cut, Status: NotMet, Why: "report findings"})
	}
	return err
}

func (m measured) judge(s Summary, l Limit) Criterion {
	c := Criterion{Name: m.name, Title: m.title, Limit: l.text(), Status: Met}
	if c.Why = m.unknown(s); c.Why != "" {
		c.Status = NotMeasured
		return c
	}
	c.Actual, c.Of = m.count(s)
	most := l.AtMost
	if l.Percent {
		most = l.AtMost / 100 * float64(c.Of)
	}
	if float64(c.Actual) > most {
		c.Status, c.Why = NotMet, m.see
	} else if s.Ledger.Status == "running" || s.Ledger.Status == Interrupted || s.Ledger.Status == Failed {
		c.Status, c.Why = NotMeasured, "the run did not come to its end"
	} else if m.name == confirmedCriterion {
		c.Why = s.confirmation()
	}
	return c
}

// text shows a limit as it is written.
func (l Limit) text() string {
	text := strconv.FormatFloat(l.AtMost, 'f', -1, 64)
	if l.Percent {
		return "at most " + text + " %"
	}
	if l.AtMost == 0 {
		return "none"
	}
	return "at most " + text
}

// notMet counts the criteria that are not met.
func (s Summary) notMet() (n int) {
	for _, c := range s.Acceptance {
		if c.Status == NotMet {
			n++
		}
	}
	return n
}

// acceptanceText counts the criteria for a headline.
func (s Summary) acceptanceText() string {
	n := map[string]int{}
	for _, c := range s.Acceptance {
		n[c.Status]++
	}
	text := fmt.Sprintf("%d of %d criteria met", n[Met], len(s.Acceptance))
	if n[NotMet] > 0 {
		text += fmt.Sprintf(", %d not met", n[NotMet])
	}
	if n[NotMeasured] > 0 {
		text += fmt.Sprintf(", %d not measured", n[NotMeasured])
	}
	return text
}
