package reports

import "context"

// The codes of an export that was not read whole: a dump that ends too early, and one without a byte. Such a run keeps the rows before the cut, ends
// with findings, and nobody may sign it: what stands behind the cut is not known, so no figure of the report is one of the old system.
const (
	DumpCut   = "dump-cut"
	EmptyFile = "empty-file"
)

// mostIncomplete bounds the files that are named in one sentence.
const mostIncomplete = 3

// sumIncomplete reads what is said of exports that are not whole. An empty file that is only warned of is an empty table among others.
func (db *DB) sumIncomplete(ctx context.Context, s *Summary) error {
	return db.each(ctx, "SELECT message FROM finding_group WHERE run_id = ? AND severity = 'error' AND source_id IS NULL AND code IN (?, ?) ORDER BY group_id",
		[]any{s.Run.ID, DumpCut, EmptyFile}, func(scan scanner) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			if s.cut++; s.cut > mostIncomplete {
				return nil
			}
			if s.Incomplete != "" {
				s.Incomplete += "; "
			}
			s.Incomplete += text
			return nil
		})
}

// incompleteText is the verdict's sentence: the files first, then what is said of missing patients, then the account of what was read.
func (s Summary) incompleteText() string {
	text := s.Incomplete + ". "
	if s.Bereft != "" {
		text += upperFirst(s.Bereft) + ". "
	}
	return text + s.accountText()
}
