// Package extract is the contract of a legacy table: whatever the old vendor
// handed out is read as batches of records, each value with its NULL, "" and
// absent kept apart, each record with file, row and line.
//
// Read [Source] and [Record] first. A format is one folder below this one and
// one line in extract/formats; it must pass extract/extracttest.
//
//	src, err := extract.Open(ctx, formats.All(), "patients.csv.gz", extract.Options{})
//	for batch, err := range src.Read(ctx, "patients", report) { … }
package extract

import (
	"context"
	"iter"
	"strings"

	"chartlift/internal/issue"
)

// Kind says what a Value is. The zero Kind is Absent.
type Kind uint8

// The kinds of a value. Absent: the row had no such cell. Null: the source says
// NULL (an empty unquoted CSV cell, \N, SQL NULL, an empty spreadsheet cell).
// Text "" is an empty string that the source wrote as one. Number, Date and
// Bool are what a typed source (spreadsheet, SQL dump) declares; their Text is
// canonical: 12.50, 2019-03-07 or 2019-03-07T10:00:00, true or false.
const (
	Absent Kind = iota
	Null
	Text
	Number
	Date
	Bool
)

// Value is one cell.
type Value struct {
	Text string
	Kind Kind
}

// Missing reports whether v is absent or NULL.
func (v Value) Missing() bool { return v.Kind <= Null }

// Schema is a table's shape, shared by all its records. Columns are named
// as in the source, but for white space (see [ColumnName]); a table without
// header has columns named 1, 2, 3 ….
type Schema struct {
	Source  string // the file as the user named it
	Table   string
	Columns []string
	Line    int64 // physical line of the header, 0 where there is none
}

// ColumnName returns the name of the column with this title: white space at the
// ends is no part of it, and a line break inside is a blank, because it only
// says how wide the cell was drawn.
func ColumnName(title string) string {
	if strings.ContainsAny(title, "\r\n") {
		return strings.Join(strings.Fields(title), " ")
	}
	return strings.TrimSpace(title)
}

// Column returns the index of the column called name, or -1.
func (s *Schema) Column(name string) int {
	for i, c := range s.Columns {
		if c == name {
			return i
		}
	}
	return -1
}

// Record is one row. len(Values) equals len(Schema.Columns), missing cells
// being Absent. Where Fault is not nil the row could not be read for certain
// (too many cells, a quote never closed): Values holds what could be made of
// it, and the run rejects it with this issue.
type Record struct {
	Schema *Schema
	Values []Value
	Origin issue.Origin
	Fault  *issue.Issue

	// Plain says that no cell holds anything but ASCII, and neither & nor ?:
	// text that was damaged on its way has one of them. It is false where the
	// format does not know.
	Plain bool
}

// Batch is what moves between goroutines: up to a few hundred records in source
// order. Seq counts the batches of one table from 0. Share is the part of the
// file that was read so far, from 0 to 1, 0 where that is not known. The
// consumer owns the batch.
type Batch struct {
	Seq     int64
	Records []Record
	Share   float64

	// Spent, where it is not nil, takes Records and their Values back, to be
	// written again. Who owns the batch may call it once, when nobody will look
	// at them any more, unless he has given a record another Schema, other
	// Values or another Source or Table; texts stay as they are for ever.
	Spent func()
}

// Source is an opened legacy file. Its methods may be called from several
// goroutines; every Read starts from the beginning, so a table can be read
// twice.
type Source interface {
	// Tables lists the tables in the file, in its order.
	Tables(ctx context.Context) ([]*Schema, error)
	// Read yields the table's records in order. Trouble with one row is a Fault
	// or goes to report; an error ends the sequence: the file cannot be read
	// further.
	Read(ctx context.Context, table string, report issue.Reporter) iter.Seq2[*Batch, error]
	// Close frees what Open took, temporary files included.
	Close() error
}

// Rereader is a source whose file can be read in other ways without being
// looked through again.
type Rereader interface {
	Source
	// Again returns the source as Open would with these options; ok is false
	// where that differs in more than its tables and columns. Both share the
	// file: the caller closes both, and reads neither after that.
	Again(o Options) (src Source, ok bool)
}

// Format knows one kind of file.
type Format struct {
	Name string // "csv", the key of a source in the mapping: csv, xlsx, sql_dump
	Doc  string // one sentence for the user
	// Sniff reports whether the bytes look like this format. name is the file's
	// name without compression suffixes.
	Sniff func(name string, head []byte) bool
	Open  func(ctx context.Context, in *Input, o Options) (Source, error)
}

// Ragged says what happens with a row that has fewer cells than the header.
type Ragged uint8

// RaggedReject gives the row a Fault: its cells may have shifted. RaggedPad
// leaves the missing cells Absent and warns. Rows with more cells than the
// header are always a Fault, unless all cells too many are empty.
const (
	RaggedReject Ragged = iota
	RaggedPad
)

// Options steer the reading of one file. The zero value means: find out.
type Options struct {
	Name      string // name to use in Origin.Source instead of the path
	Encoding  string // IANA name such as windows-1252; "" or "auto": detect
	Delimiter string // one character; "" or "auto": detect; "tab" is accepted
	Quote     string // one character; "" : detect; "none": no quoting
	Escape    string // one character that escapes the quote; "": detect (doubling or backslash)
	Header    int    // line (CSV: record) number of the header, 1-based; 0: find it; -1: there is none
	SkipAfter int    // rows to leave out right after the header
	Ragged    Ragged
	Sheet     string // spreadsheet: "" means all sheets
	Range     string // spreadsheet: columns such as B:H
	Hidden    string // spreadsheet: sheets, rows and columns that are hidden: "" or "keep", with one warning for a sheet; "skip"
	Merged    string // spreadsheet: merged cells below the header: "" the first cell alone has the value; "fill": all have it
	Table     string // dump, database: only this table; "" means all
	Dialect   string // dump: mysql, …; "": detect
	TempDir   string // where standard input or a compressed file that needs seeking is spooled; "": the system's

	// Archives are shared by files that may be in the same archive; nil: this
	// one looks through its archive alone.
	Archives *Archives

	// Kept, shared by files, is where formats keep what was much work; nil:
	// they do it again for each table.
	Kept *Kept

	// Columns are the columns to give of messages, whether or not they occur in
	// the file; nil: those that occur.
	Columns []string
}
