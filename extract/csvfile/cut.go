package csvfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/zeebo/xxh3"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// stretch reads a file on disk between two places, counts, and sums up what it
// reads where sum is there.
type stretch struct {
	io.Reader
	io.Closer
	read int64
	sum  *xxh3.Hasher
}

func (s *stretch) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.read += int64(n)
	if s.sum != nil {
		_, _ = s.sum.Write(p[:n])
	}
	return n, err
}

// UTF8 reports whether the file was found, or said, to be UTF-8: who opens it
// again with that encoding need not look for it.
func (s *Source) UTF8() bool { return s.charset.UTF8() }

// begins returns where the text begins in the file, behind a byte order mark;
// ok is false where a place in the text is none in the file.
func (s *Source) begins() (at int64, ok bool) {
	at, same := s.charset.BOM(s.in.Head)
	return at, same && s.in.Direct()
}

// between opens the file from one place to another; to below 0 is its end.
func (s *Source) between(from, to int64) (*stretch, error) {
	f, err := s.in.OpenAt(from)
	if err != nil {
		return nil, err
	}
	if to < 0 {
		return &stretch{Reader: f, Closer: f}, nil
	}
	return &stretch{Reader: io.LimitReader(f, to-from), Closer: f}, nil
}

// text opens a part, summed up, behind the mark before the text where the part
// has it.
func (s *Source) text(from, to, start int64) (*stretch, error) {
	body, err := s.between(from, to)
	if err != nil {
		return nil, err
	}
	body.sum = xxh3.New()
	if _, err := io.CopyN(io.Discard, body, max(0, start-from)); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, body.Close())
	}
	return body, nil
}

// Cut cuts the table at ends of records, which it finds as Read does: with the
// quotes, and with what becomes of a quote that is never closed.
func (s *Source) Cut(ctx context.Context, table string, places []int64) (parts []extract.Part, err error) {
	if table != s.schema.Table {
		return nil, fmt.Errorf("cut %s: table %q: %w", s.in.Name, table, extract.ErrNoTable)
	}
	start, ok := s.begins()
	if !ok {
		return nil, nil
	}
	body, err := s.text(0, -1, start)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	c := &cutter{reader: s.newReader(body, func(issue.Issue) {}), body: body, start: start, places: places, sum: body.sum, summed: start}
	body.read, body.sum = 0, nil // it is summed up part by part
	c.skipped, c.open = s.layout.skip, extract.Part{Row: 1, Line: 1}
	if err := c.cut(ctx); err != nil {
		return nil, fmt.Errorf("cut %s: %w", s.in.Name, err)
	}
	return c.parts, nil
}

// cutter is a pass over the file that looks for places to cut at, and at
// nothing else.
type cutter struct {
	*reader
	body   *stretch
	start  int64 // of the text in the file
	places []int64
	open   extract.Part // under way
	rows   int64        // so far
	parts  []extract.Part
	sum    *xxh3.Hasher // of the part under way
	summed int64        // up to which place of the file
}

// cutEvery is after how many records a pass looks whether it is to end.
const cutEvery = 1 << 14

func (c *cutter) cut(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%cutEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if c.skip {
			c.dropRest(c.more)
		}
		c.reset()
		c.lines()
		switch st := c.next(); {
		case st == complete:
			c.record(c.scanner.rows[0].trouble == tooLong)
		case st == finished:
			return c.close(true)
		case c.reader.failed != nil:
			return c.reader.failed
		default:
			c.more()
		}
	}
}

// more reads on behind what was seen.
func (c *cutter) more() {
	c.sumUp()
	c.load()
}

// sumUp sums up what was seen since the last time, which is in the buffer until
// more is read.
func (c *cutter) sumUp() {
	at := c.at()
	_, _ = c.sum.Write(c.buf[c.pos-int(at-c.summed) : c.pos])
	c.summed = at
}

// lines counts the records at hand that are lines, up to the first quote and
// the last line end in the buffer: without quotes each line is a record, unless
// it is blank, and nobody needs its cells here.
func (c *cutter) lines() {
	if c.skip {
		return
	}
	nl := c.dialect.Newline
	text := c.buf[c.pos:]
	if c.dialect.Quote != 0 {
		if i := bytes.IndexByte(text, c.dialect.Quote); i >= 0 {
			text = text[:i]
		}
	}
	for text = text[:bytes.LastIndexByte(text, nl)+1]; len(text) > 0; {
		n := bytes.IndexByte(text, nl) + 1
		blank := n == 1 || n == 2 && text[0] == '\r' // see skipBlank
		text = text[n:]
		c.pos += n
		c.line++
		if !blank {
			c.record(false)
		}
	}
}

// record counts a record, and cuts behind it where the next place is reached.
// Behind one that is too long its rest is still to come.
func (c *cutter) record(long bool) {
	c.skip = long
	if c.skipped > 0 {
		c.skipped--
	} else {
		c.rows++
	}
	if len(c.places) > 0 && !c.skip && c.rows >= c.open.Row && c.at() >= c.places[0] {
		_ = c.close(false) // only the last one is read again
	}
}

// at returns the place in the file behind the last record.
func (c *cutter) at() int64 { return c.start + c.body.read - int64(len(c.buf)-c.pos) }

// close ends the part at hand.
func (c *cutter) close(last bool) error {
	at := c.at()
	for len(c.places) > 0 && c.places[0] <= at {
		c.places = c.places[1:]
	}
	c.open.To, c.open.Rows, c.open.Last = at, c.rows-c.open.Row+1, last
	c.sumUp()
	if n := len(c.parts); last && n > 0 && c.open.Rows == 0 { // what is left is no row, and belongs to the last one
		c.parts[n-1].To, c.parts[n-1].Last = at, true
		return c.again(&c.parts[n-1])
	}
	c.open.Sum = extract.PartSum(c.sum)
	c.parts = append(c.parts, c.open)
	c.open = extract.Part{From: at, Row: c.rows + 1, Line: c.line}
	c.sum.Reset()
	return nil
}

// again sums up a part that became longer.
func (c *cutter) again(p *extract.Part) error {
	body, err := c.source.between(p.From, p.To)
	if err != nil {
		return err
	}
	body.sum = xxh3.New()
	if _, err = io.Copy(io.Discard, body); err == nil {
		p.Sum = extract.PartSum(body.sum)
	}
	return errors.Join(err, body.Close())
}

// ReadPart yields the rows of a part.
func (s *Source) ReadPart(ctx context.Context, table string, part extract.Part, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		start, ok := s.begins()
		if table != s.schema.Table || !ok {
			yield(nil, fmt.Errorf("read part of %s: table %q: %w", s.in.Name, table, extract.ErrNoTable))
			return
		}
		body, err := s.text(part.From, part.To, start)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = body.Close() }()
		r := s.newReader(body, report)
		r.row, r.line = part.Row-1, part.Line
		if part.From == 0 {
			r.skipped = s.layout.skip
			s.reportFile(report)
		}
		r.middle = !part.Last
		left := false
		err = r.each(ctx, func(b *extract.Batch, err error) bool {
			left = !yield(b, err)
			return !left
		})
		if err == nil && !left {
			err = body.compare(part.Sum)
		}
		if err != nil {
			yield(nil, fmt.Errorf("read %s: %w", s.in.Name, err))
		}
	}
}

// compare compares what was read, to its end, with the sum, where there is one.
func (s *stretch) compare(sum string) error {
	if sum == "" {
		return nil
	}
	if _, err := io.Copy(io.Discard, s); err != nil {
		return err
	}
	if extract.PartSum(s.sum) != sum {
		return extract.ErrChanged
	}
	return nil
}
