package extract

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"

	"chartlift/internal/issue"
)

// DumpCut is the code of the finding that a dump ends too early. A run has it
// once for the file; a Source that is read alone reports it with each table.
const DumpCut = "dump-cut"

// FileDamaged is the code of the finding that a compressed file could not be
// read to its end.
const FileDamaged = "file-damaged"

// ErrCut says that a dump ends in the middle of a statement. Everything before
// is whole and was handed over.
var ErrCut = errors.New("the dump ends inside a statement; it was cut short")

// Short is a Source that looks through its file before any row is read, and so
// can say then that it is not whole.
type Short interface {
	// Shortfall says of the file that it ends too early or is damaged, once
	// Tables has looked at it; nil where it is whole.
	Shortfall() *issue.Issue
}

// BeforeCut yields the batches of a table before [ErrCut] or [ErrDamaged] and
// then ends without it: what stands before is worth having. It tells report,
// which may be nil, of damage with the last row before it, unless the source is
// [Short]: of such a file the user is told before it is read.
func BeforeCut(ctx context.Context, src Source, table string, report issue.Reporter) iter.Seq2[*Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*Batch, error) bool) {
		var last issue.Origin
		for b, err := range src.Read(ctx, table, report) {
			switch {
			case errors.Is(err, ErrCut):
				return
			case errors.Is(err, ErrDamaged):
				if s, ok := src.(Short); !ok || s.Shortfall() == nil {
					report(Damage(lastOf(ctx, src, table, last), err))
				}
				return
			case err == nil && len(b.Records) > 0:
				last = b.Records[len(b.Records)-1].Origin
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// lastOf returns the place of the last row; that of the table where it has
// none.
func lastOf(ctx context.Context, src Source, table string, last issue.Origin) issue.Origin {
	if last.Source != "" {
		return last
	}
	schemas, _ := src.Tables(ctx)
	for _, s := range schemas {
		if s.Table == table {
			return issue.Origin{Source: s.Source, Table: table, Line: s.Line}
		}
	}
	return issue.Origin{Table: table}
}

// Damage is the finding that a compressed file could be read up to last and no
// further, because of err ([ErrDamaged]). Where the file merely ends too early,
// what stands before is as it was written; where bytes were changed, a
// decompressor may take long to notice, so nothing before is certain.
func Damage(last issue.Origin, err error) issue.Issue {
	message := last.Source + ": the compressed file was cut short"
	behind := "; the rows behind are missing: copy it again and run again with all of it"
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		message = last.Source + ": the compressed file is damaged"
		behind = "; the rows behind are missing, and values before may be changed, too: copy it again and run again with all of it"
	}
	switch {
	case last.Row > 0:
		message += " behind row " + strconv.FormatInt(last.Row, 10) + " (line " + strconv.FormatInt(last.Line, 10) + ")"
	case last.Line > 0:
		message += " at or behind line " + strconv.FormatInt(last.Line, 10)
	}
	last.Row = 0 // it is of the file: that row is sound
	return issue.Issue{Severity: issue.Error, Code: FileDamaged, Type: "incomplete", Origin: last, Message: message + behind}
}
