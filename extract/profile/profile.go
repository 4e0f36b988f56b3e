// Package profile finds out what is in legacy tables before anybody maps them:
// types, missing and different values, date formats with the proof of which
// part is the day, code systems, keys, joins, duplicates, and which columns
// hold personal data.
//
// Read [Tables] and [Column] first. A table is read once, as a stream; values
// are counted exactly up to a bound and by sketches above it, so memory does
// not grow with the rows. What was estimated says so.
//
//	tables, err := profile.Tables(ctx, []profile.Job{{Source: src, Schema: schema}}, profile.Options{})
package profile

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Options steer a profile. The zero value masks values of personal columns.
type Options struct {
	ShowValues bool                                          // show values of personal columns as they are
	Top        int                                           // values to list of each column; 0: ten
	Workers    int                                           // goroutines that look at columns of a table; 0: twice the cores
	Progress   func(table string, rows int64, share float64) // called for each batch, from several goroutines; may be nil
}

// Job is one table to be profiled.
type Job struct {
	Source extract.Source
	Schema *extract.Schema
	Format string // name of the file's format, repeated in the report
}

// Report is everything that was found. Its JSON is a stable form (product.md).
type Report struct {
	Tables   []*Table  `json:"tables"`
	Problems []Problem `json:"problems,omitempty"` // files that could not be read
}

// Problem is a file or table of which no profile, or only a part, could be
// made.
type Problem struct {
	Source  string `json:"source"`
	Code    string `json:"code,omitempty"` // one of extract.Codes
	Message string `json:"message"`
}

// notATable is the code of what is no table and was not meant as one.
const notATable = "not-a-table"

// Table is the profile of one table. Rows counts records; those with a fault
// (ragged, undecodable) are in Rows and in Faults, but not in the figures of
// the columns.
type Table struct {
	Source        string     `json:"source"`
	Table         string     `json:"table"`
	Format        string     `json:"format,omitempty"` // csv, xlsx, sql_dump …: the key of a source in a mapping
	Rows          int64      `json:"rows"`
	Reading       string     `json:"reading,omitempty"` // encoding and dialect, in words
	Faults        int64      `json:"faults"`
	DuplicateRows int64      `json:"duplicateRows"` // rows that are a copy of an earlier one
	Estimated     bool       `json:"estimated"`     // DuplicateRows is an estimate
	Keys          []Key      `json:"keys"`
	Joins         []Join     `json:"joins"`
	PairJoins     []PairJoin `json:"pairJoins,omitempty"`
	Warnings      []Warning  `json:"warnings"`
	Stopped       string     `json:"stopped,omitempty"` // why the table was not read to its end
	Columns       []*Column  `json:"columns"`
}

// Key is one column, or two, whose values name a row. Where nothing names every
// row, it is a column that does but for a few: Exceptions counts the rows that
// repeat a value or have none.
type Key struct {
	Columns    []string `json:"columns"`
	Exceptions int64    `json:"exceptions"`
	Proved     bool     `json:"proved"` // every row was compared; otherwise a sample of them
}

// Join is a column whose values are those of another table's key.
type Join struct {
	Column    string  `json:"column"`
	ToSource  string  `json:"toSource"`
	ToTable   string  `json:"toTable"`
	ToColumn  string  `json:"toColumn"`
	Contained float64 `json:"contained"` // share of this column's different values that the key has
	Used      float64 `json:"used"`      // share of the key's values that this column has
	Orphans   int64   `json:"orphans"`   // rows whose value the key does not have
	Estimated bool    `json:"estimated"`
	ByName    bool    `json:"byName"` // the names agree as well
}

// PairJoin is two columns whose values together are those of another table's
// key of two columns.
type PairJoin struct {
	Columns   []string `json:"columns"`
	ToSource  string   `json:"toSource"`
	ToTable   string   `json:"toTable"`
	ToColumns []string `json:"toColumns"`
	Contained float64  `json:"contained"`
	Used      float64  `json:"used"`
	Orphans   int64    `json:"orphans"`
	Estimated bool     `json:"estimated"`
}

// Warning is what the reader had to say, once for each code.
type Warning struct {
	Code     string         `json:"code"`
	Severity issue.Severity `json:"severity"`
	Count    int64          `json:"count"`
	Row      int64          `json:"row,omitempty"` // the first one
	Message  string         `json:"message"`
}

// The types of a column.
const (
	TypeEmpty    = "empty"
	TypeInteger  = "integer"
	TypeDecimal  = "decimal"
	TypeBoolean  = "boolean"
	TypeDate     = "date"
	TypeDateTime = "datetime"
	TypeTime     = "time"
	TypeUUID     = "uuid"
	TypeCode     = "code"
	TypeText     = "text"
)

// Column is the profile of one column. White space at the ends of values does
// not count. NULL, "" and absent cells are counted apart and in nothing else.
type Column struct {
	Name          string       `json:"name"`
	Type          string       `json:"type"`
	Nulls         int64        `json:"nulls"`
	Empty         int64        `json:"empty"`
	Absent        int64        `json:"absent"`
	Values        int64        `json:"values"`
	Distinct      int64        `json:"distinct"`
	DistinctExact bool         `json:"distinctExact"`
	Unique        bool         `json:"unique"`  // no value comes twice
	Misfits       int64        `json:"misfits"` // values that are not of the type; impossible dates are counted apart
	Impossible    int64        `json:"impossibleDates,omitempty"`
	Padded        int64        `json:"padded,omitempty"` // values with white space at their ends
	Min           string       `json:"min,omitempty"`
	Max           string       `json:"max,omitempty"`
	MinLength     int          `json:"minLength"` // in characters
	MaxLength     int          `json:"maxLength"`
	Top           []ValueCount `json:"top"`
	Formats       []DateFormat `json:"formats,omitempty"`
	Placeholders  []ValueCount `json:"placeholders,omitempty"`
	Codes         []CodeShare  `json:"codes,omitempty"`
	Personal      string       `json:"personal,omitempty"` // kind of personal data
	FreeText      bool         `json:"freeText"`
	Masked        bool         `json:"masked"` // values stand as their shape: 9 a digit, a and A letters
	set           valueSet     // for joins
}

// ValueCount is a value with the number of its rows. Error is by how much the
// count may be too high.
type ValueCount struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
	Error int64  `json:"error,omitempty"`
}

// DateFormat is a way in which a column's dates are written, in the words of
// the mapping language. For dates like 3/4/2017 Order says which part is the
// day, and the three counts are its proof.
type DateFormat struct {
	Format     string `json:"format"`
	Values     int64  `json:"values"`
	Order      string `json:"order,omitempty"`
	DayFirst   int64  `json:"dayFirst,omitempty"`   // values whose first part is above 12
	MonthFirst int64  `json:"monthFirst,omitempty"` // values whose second part is above 12
	Undecided  int64  `json:"undecided,omitempty"`
}

// What DateFormat.Order says.
const (
	OrderDayFirst   = "day first"
	OrderMonthFirst = "month first"
	OrderBoth       = "both occur"
	OrderUnknown    = "cannot be told"
)

// CodeShare says that values of a column are codes of a system.
type CodeShare struct {
	System    string  `json:"system"`
	Share     float64 `json:"share"`               // of the values, counted by rows
	Distinct  int64   `json:"distinct"`            // different codes
	Estimated bool    `json:"estimated,omitempty"` // Share and Distinct are those of a fair choice of the values
	By        string  `json:"by"`                  // what gave it away
}

// mostTables is how many tables are read at the same time.
const mostTables = 4

// Tables profiles tables and finds the joins between them. A table that cannot
// be read to its end says so in Stopped; the error is for a profile that was
// called off.
func Tables(ctx context.Context, jobs []Job, o Options) ([]*Table, error) {
	tables := make([]*Table, len(jobs))
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(min(mostTables, runtime.GOMAXPROCS(0)))
	for i, job := range jobs {
		group.Go(func() (err error) {
			if tables[i], err = One(reading, job.Source, job.Schema, o); err == nil {
				tables[i].Format = job.Format
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	relate(tables)
	pairs := pairCandidates(tables)
	forget(tables)
	if err := relatePairs(ctx, jobs, tables, pairs); err != nil {
		return nil, fmt.Errorf("compare pairs of columns: %w", err)
	}
	return tables, nil
}

// One profiles one table, without joins. A table that cannot be read to its end
// says so in Stopped.
func One(ctx context.Context, src extract.Source, schema *extract.Schema, o Options) (*Table, error) {
	systems, err := codeSystems()
	if err != nil {
		return nil, err
	}
	s := newScan(schema, o)
	err = s.run(ctx, src)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("profile %s: %w", schema.Source, ctx.Err())
	}
	t := s.table(systems)
	if d, ok := src.(interface{ Describe() string }); ok {
		t.Reading = d.Describe()
	}
	if err != nil {
		t.Stopped = err.Error()
	}
	return t, nil
}
