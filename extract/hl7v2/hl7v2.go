// Package hl7v2 reads files of HL7 v2 messages: single ones, batches, whatever
// a feed was logged as. Each kind of segment is a table, each segment a row.
//
// Read [Source] first. A table begins with the key columns: _message (unique in
// a run), _message_id (MSH-10), _type (ADT^A01), _patient (_key of the PID that
// the row belongs to), _parent (_key of the segment on which it hangs: an OBX
// on its OBR), _set (the how manieth of its kind in the message) and _key. Then
// follow the places that occur in the file: PID-5 is the whole field, PID-5.1 a
// component of its first repetition, PID-5.1.2 a subcomponent. A field without
// components is its own first one. The table PID.3 has a row for each
// repetition of PID-3; it is there when it is asked for.
//
// An empty place is NULL, the "" of HL7 (to be deleted) an empty text, a place
// behind the end of the segment absent.
//
//	src, err := extract.Open(ctx, []extract.Format{hl7v2.Format()}, "adt.hl7", extract.Options{})
//	for batch, err := range src.Read(ctx, "PID", report) { … }
package hl7v2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Format returns the format named hl7v2.
func Format() extract.Format {
	known, made := sync.OnceValue(laws), &layouts{made: map[wish]layout{}}
	return extract.Format{
		Name:  "hl7v2",
		Doc:   "HL7 v2 messages (ER7), one or many in a file, plain, in batches or as logged from MLLP",
		Sniff: sniff,
		Open: func(_ context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
			return open(known(), made, in, o)
		},
	}
}

// sniff wants a header segment first; files named .hl7 may have lost it.
func sniff(name string, head []byte) bool {
	head = extract.HeadText(head)
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n\x0b\x1c")
	start = bytes.TrimPrefix(start, []byte(byteOrderMark))
	if id := segmentID(start, usual()); id != nil && header(id) && len(start) > 3 {
		return true
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".hl7", ".hl7v2", ".er7":
		for text := range bytes.FieldsFuncSeq(head, func(r rune) bool { return r == '\r' || r == '\n' || r == frameStart }) {
			if len(text) > 3 && segmentID(text, usual()) != nil {
				return true
			}
		}
	}
	return false
}

// Source is an opened file of messages, read in one way: with the tables and
// columns that its options ask for.
type Source struct {
	*file
	options extract.Options

	once sync.Once
	all  []*table
}

// file is what all ways of reading a file share: to find out what is in it
// takes a pass over the whole, and a mapping asks for some twenty tables.
type file struct {
	in      *extract.Input
	laws    map[string]law
	layouts *layouts
	decoder decoder

	mu     sync.Mutex
	survey *survey
}

func open(known map[string]law, made *layouts, in *extract.Input, o extract.Options) (extract.Source, error) {
	c, err := in.Charset(o)
	if err != nil {
		return nil, err
	}
	forced := o.Encoding != "" && o.Encoding != "auto" || strings.HasPrefix(c.Name, "utf-16")
	return &Source{file: &file{in: in, laws: known, layouts: made, decoder: decoder{charset: c, forced: forced}}, options: o}, nil
}

// Again implements extract.Rereader: other tables and columns of the same file.
func (s *Source) Again(o extract.Options) (extract.Source, bool) {
	mine, other := s.options, o
	mine.Table, mine.Columns, other.Table, other.Columns = "", nil, "", nil
	if !reflect.DeepEqual(mine, other) {
		return nil, false
	}
	return &Source{file: s.file, options: o}, true
}

// Describe returns what was found out about the file in one line for the user.
func (s *Source) Describe() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := "HL7 v2, " + s.decoder.charset.Name
	if s.survey != nil {
		text += ", " + strconv.Itoa(s.survey.messages) + " messages"
	}
	return text
}

// Close removes temporary files.
func (s *Source) Close() error { return s.in.Close() }

// walker opens the file from its beginning.
func (f *file) walker() (*walker, io.Closer, error) {
	r, err := f.in.Open()
	if err != nil {
		return nil, nil, err
	}
	body := io.Reader(r)
	if strings.HasPrefix(f.decoder.charset.Name, "utf-16") {
		if body, err = f.decoder.charset.Reader(r); err != nil {
			return nil, nil, errors.Join(err, r.Close())
		}
	}
	return newWalker(body, f.in.Name, f.decoder, f.laws), r, nil
}

// Tables lists the kinds of segments in the order in which they first occur, or
// the one table that the options ask for: a segment, or a field's repetitions
// as PID.3. The first call for a file reads it whole.
func (s *Source) Tables(ctx context.Context) ([]*extract.Schema, error) {
	v, err := s.surveyed(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.in.Name, err)
	}
	all := s.tables(v)
	schemas := make([]*extract.Schema, 0, len(all))
	for _, t := range all {
		schemas = append(schemas, t.schema)
	}
	return schemas, nil
}

// tables returns the tables that the options ask for.
func (s *Source) tables(v *survey) []*table {
	s.once.Do(func() { s.all = v.tables(s.options) })
	return s.all
}

// table returns the table of this name, nil where there is none.
func (s *Source) table(v *survey, name string) *table {
	for _, t := range s.tables(v) {
		if t.schema.Table == name {
			return t
		}
	}
	return nil
}

// Read yields the segments of one kind. A segment of a message without MSH,
// with bytes that are no characters, or cut by the end of the file has a Fault.
func (s *Source) Read(ctx context.Context, name string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*extract.Batch, error) bool) {
		err := s.read(ctx, name, report, func(b *extract.Batch) bool { return yield(b, nil) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, fmt.Errorf("read %s: %w", s.in.Name, err))
		}
	}
}

// Shortfall says of a compressed file, with the line, that it is damaged or was
// cut short, once Tables has looked at it.
func (s *Source) Shortfall() *issue.Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.survey == nil {
		return nil
	}
	return s.survey.short
}

// errEnough says that the consumer takes no more.
var errEnough = errors.New("the consumer has enough")

func (s *Source) read(ctx context.Context, name string, report issue.Reporter, yield func(*extract.Batch) bool) error {
	v, err := s.surveyed(ctx)
	if err != nil {
		return err
	}
	t := s.table(v, name)
	if t == nil {
		return fmt.Errorf("table %q: %w", name, extract.ErrNoTable)
	}
	for _, is := range v.notes {
		is.Origin.Table = name
		report(is)
	}
	w, closer, err := s.walker()
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	r := &rows{table: t, report: report, yield: yield, share: s.in.Share}
	return r.readAll(ctx, w)
}
