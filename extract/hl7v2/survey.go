package hl7v2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// maxTables bounds the kinds of segments in one file; the standard has some 180.
const maxTables = 500

// checkEvery is how many segments pass between two looks at the context.
const checkEvery = 1024

// table is one kind of segment, or the repetitions of one of its fields.
type table struct {
	schema *extract.Schema
	id     string // PID
	field  int    // of the repetitions; 0: the table of the segments
	typ    string // XCN: the table of all values of a data type, which stand in the fields of
	of     map[string][]int
	parts  []part // in the order of the segment, with their columns
}

// takes reports whether segments of this kind make rows.
func (t *table) takes(id string) bool { return id == t.id || t.of[id] != nil }

// survey is what a pass over the whole file finds out.
type survey struct {
	source   string // name of the file
	shapes   map[string]*shape
	messages int
	notes    []issue.Issue
	short    *issue.Issue // why the file was not read to its end, nil where it was
	layouts  *layouts
}

// surveyed returns the survey of the file, which is made once.
func (f *file) surveyed(ctx context.Context) (*survey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.survey != nil {
		return f.survey, nil
	}
	w, closer, err := f.walker()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	found := &finder{file: f, shapes: map[string]*shape{}}
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		seg, err := w.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// What stands before the damage can be read; Read comes to the same
			// end.
			if len(found.shapes) == 0 {
				return nil, err
			}
			if errors.Is(err, extract.ErrDamaged) {
				is := extract.Damage(issue.Origin{Source: f.in.Name, Line: w.lines.number}, err)
				found.short = &is
			}
			break
		}
		if err := found.add(seg); err != nil {
			return nil, err
		}
	}
	f.survey = &survey{source: f.in.Name, shapes: found.shapes, messages: w.messages, notes: found.notes(w), short: found.short, layouts: f.layouts}
	return f.survey, nil
}

// finder gathers what occurs in a file.
type finder struct {
	file    *file
	shapes  map[string]*shape
	guessed bool // text that only the guess of the file's encoding explains
	odd     spot // messages with unusable separators
	batch   int  // messages since the last BHS
	open    spot // batches without trailer
	wrong   spot // batch trailers with another count
	short   *issue.Issue
}

// spot counts something and knows where it was first.
type spot struct {
	n    int
	line int64
}

func (p *spot) add(line int64) {
	if p.n++; p.n == 1 {
		p.line = line
	}
}

func (f *finder) add(seg *segment) error {
	h := f.shapes[seg.id]
	if h == nil {
		if len(f.shapes) == maxTables {
			return &extract.OpenError{Code: "unreadable", Path: f.file.in.Path, Message: "more than " + strconv.Itoa(maxTables) + " kinds of segments; this is hardly HL7 v2"}
		}
		h = &shape{order: len(f.shapes), line: seg.line}
		f.shapes[seg.id] = h
	}
	h.note(string(seg.text), seg.separators)
	if f.file.decoder.charset.Guessed && !seg.stated && !plainASCII(seg.text) && !multibyte(seg.text) {
		f.guessed = true
	}
	if seg.odd && header(seg.id) {
		f.odd.add(seg.line)
	}
	f.count(seg)
	return nil
}

// count compares batches with their trailers: BTS-1 is the number of messages.
func (f *finder) count(seg *segment) {
	switch seg.id {
	case "MSH":
		f.batch++
	case "BHS":
		f.open.add(seg.line)
		f.batch = 0
	case "BTS":
		f.open.n = max(0, f.open.n-1)
		n, err := strconv.Atoi(strings.TrimSpace(fieldOf(string(seg.text), 1, seg.separators)))
		if err == nil && n != f.batch {
			f.wrong.add(seg.line)
		}
	}
}

// tables returns the tables that the options ask for.
func (v *survey) tables(o extract.Options) []*table {
	ids := make([]string, 0, len(v.shapes))
	for id := range v.shapes {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(v.shapes[a].order, v.shapes[b].order) })
	if name := strings.ToUpper(o.Table); typedFields(name) != nil {
		if t := v.typedTable(name, o.Columns); t != nil {
			return []*table{t}
		}
		return nil
	}
	var all []*table
	id, text, repeats := strings.Cut(strings.ToUpper(o.Table), ".")
	field, err := strconv.Atoi(text)
	for _, known := range ids {
		switch {
		case id == "" || id == known && !repeats:
			all = append(all, v.table(known, 0, o.Columns))
		case id == known && err == nil && field > 0 && field <= maxFields:
			all = append(all, v.table(known, field, o.Columns))
		}
	}
	return all
}

// table makes the table of a kind of segment, or of the repetitions of a field
// of it; with the places that occur where none are asked for.
func (v *survey) table(id string, field int, asked []string) *table {
	name := id
	if field > 0 {
		name += "." + strconv.Itoa(field)
	}
	l := v.layouts.of(name, asked, func() layout {
		keys := keyColumns()
		if field > 0 {
			keys = append(keys, repColumn)
		}
		// Files of one feed differ in what they fill; a mapping wants the same
		// columns of all of them.
		parts := wanted(id, asked, field)
		if asked == nil {
			parts = v.shapes[id].parts(id, field)
		}
		return layOut(keys, parts, func(p part) string { return p.name(id) })
	})
	return &table{id: id, field: field, parts: l.parts, schema: &extract.Schema{Source: v.source, Table: name, Columns: l.columns}}
}

// notes returns what is remarkable about the file as a whole.
func (f *finder) notes(w *walker) []issue.Issue {
	var all []issue.Issue
	name := f.file.in.Name
	add := func(p spot, code, format string) {
		if p.n > 0 {
			all = append(all, issue.Issue{
				Severity: issue.Warning, Code: code, Type: "structure", Origin: issue.Origin{Source: name, Line: p.line}, Message: fmt.Sprintf(format, p.n),
			})
		}
	}
	if f.guessed {
		all = append(all, f.file.decoder.charset.Issue(name, ""))
	}
	add(spot{w.skipped, w.skippedLine}, "skipped-lines", "%d lines belong to no segment and were left out; see whether messages were damaged")
	add(f.odd, "odd-separators", "%d headers have no usable separators in MSH-1 and MSH-2; | ^ ~ \\ & were taken")
	add(f.open, "cut-short", "%d batches have no trailer (BTS); see whether the file was copied whole")
	add(f.wrong, "message-count", "%d batch trailers (BTS-1) give another number of messages than there are; see whether some were lost")
	return all
}
