package reports

import (
	"context"
	"strings"
)

// ReasonFacts says how many rows have an outcome for one reason. Reason is a
// code; Reference says that the rows are read for others (by a view, a lookup),
// which is no loss.
type ReasonFacts struct {
	Outcome   string `json:"outcome"`
	Reason    string `json:"reason"`
	Reference bool   `json:"reference"`
	Rows      int64  `json:"rows"`
}

// isReference reports whether rows with this reason serve others: the reason of
// rows that views read is "view:" with their names.
func isReference(reason string) bool {
	return strings.HasPrefix(reason, "view:") || reason == "lookup-only"
}

// sumReasons counts the rows that were not loaded by reason, the most frequent
// first. What views read is one reason, whichever views.
func (db *DB) sumReasons(ctx context.Context, s *Summary) error {
	s.Reasons, s.reference = []ReasonFacts{}, map[[2]string]int64{}
	err := db.each(ctx, `SELECT outcome, iif(reason LIKE 'view:%', 'view:', reason), sum(last_row - first_row + 1) FROM row_outcome o JOIN source s USING (source_id)
		WHERE s.run_id = ? AND outcome <> 'loaded' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`, []any{s.Run.ID}, func(scan scanner) error {
		var r ReasonFacts
		err := scan(&r.Outcome, &r.Reason, &r.Rows)
		r.Reference = isReference(r.Reason)
		s.Reasons = append(s.Reasons, r)
		return err
	})
	if err != nil {
		return err
	}
	return db.each(ctx, `SELECT source, table_or_sheet, sum(last_row - first_row + 1) FROM row_outcome o JOIN source s USING (source_id)
		WHERE s.run_id = ? AND (reason LIKE 'view:%' OR reason = 'lookup-only') GROUP BY s.source_id`, []any{s.Run.ID}, func(scan scanner) error {
		var key [2]string
		var rows int64
		err := scan(&key[0], &key[1], &rows)
		s.reference[key] = rows
		return err
	})
}

// rowsOf adds up the rows with an outcome, those for reference or the others.
func (s Summary) rowsOf(outcome string, reference bool) (rows int64) {
	for _, r := range s.Reasons {
		if r.Outcome == outcome && r.Reference == reference {
			rows += r.Rows
		}
	}
	return rows
}

// LedgerParts are the tables of a ledger by what they are for: exports have a
// hundred, of which few hold what a reader looks for.
type LedgerParts struct {
	Shown     []LedgerTable // made or should have made something
	Reference []LedgerTable // every row is read for others only
	Empty     []LedgerTable // have no rows
}

// ledgerParts divides the ledger. A table that does not balance is always
// shown.
func (s Summary) ledgerParts() LedgerParts {
	var p LedgerParts
	for _, t := range s.Ledger.Tables {
		switch reference := s.reference[[2]string{t.Source, t.Table}]; {
		case t.Read == 0 && t.Balanced():
			p.Empty = append(p.Empty, t)
		case reference == t.Read && t.Balanced():
			p.Reference = append(p.Reference, t)
		default:
			p.Shown = append(p.Shown, t)
		}
	}
	return p
}
