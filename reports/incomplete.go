package reports

import (
	"context"
	"strings"
)

// The codes of an export that was not read whole: a dump that ends too early,
// one without a byte, and a compressed file that is damaged. Such a run keeps
// the rows before the cut, ends with findings, and nobody may sign it: what
// stands behind the cut is not known, so no figure of the report is one of the
// old system.
const (
	DumpCut     = "dump-cut"
	EmptyFile   = "empty-file"
	FileDamaged = "file-damaged"
)

// mostIncomplete bounds the files that are named in one sentence.
const mostIncomplete = 3

// incomplete returns what is said of exports that are not whole. An empty file
// that is only warned of is an empty table among others.
func (db *DB) incomplete(ctx context.Context, run string) (texts []string, err error) {
	err = db.each(ctx, `SELECT message FROM finding_group WHERE run_id = ? AND severity = 'error'
		AND (source_id IS NULL AND code IN (?, ?) OR code = ?) ORDER BY group_id`,
		[]any{run, DumpCut, EmptyFile, FileDamaged}, func(scan scanner) error {
			var text string
			err := scan(&text)
			texts = append(texts, text)
			return err
		})
	return texts, err
}

func (db *DB) sumIncomplete(ctx context.Context, s *Summary) error {
	texts, err := db.incomplete(ctx, s.Run.ID)
	s.cut = int64(len(texts))
	s.Incomplete = strings.Join(texts[:min(len(texts), mostIncomplete)], "; ")
	return err
}

// incompleteText is the verdict's sentence: the files first, then what is said
// of missing patients, then the account of what was read.
func (s Summary) incompleteText() string {
	text := s.Incomplete + ". "
	if s.Bereft != "" {
		text += upperFirst(s.Bereft) + ". "
	}
	return text + s.accountText()
}
