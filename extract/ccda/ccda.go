// Package ccda reads clinical documents: C-CDA R2.1, its forerunners, and what
// else is CDA R2. Each kind of section is a table with a row for each problem,
// result, medication.
//
// Read [Source] first, then shapes in tables.go for the tables with their
// columns. These are the same for every document, so that a mapping fits all;
// Tables lists those that have rows.
//
// The header gives document, patient (and patient_id, patient_name,
// patient_address, patient_telecom, patient_race, patient_language, which have
// a row for each), author, custodian, participant, performer, related_document,
// encompassing_encounter, encounter_participant. The tables practitioner and
// organization have a row for each time that the header or an entry names one
// with a role, the same ones again and again. A body that is not XML is the
// table body. The table sections has every section with its narrative as text.
// Sections are known by template id or LOINC code; the entries of those that
// are not are other_entries. A row is an observation, not the organizer or
// concern around it, whose columns (organizer_code, concern_status) the row
// repeats; organizers has a row for each organizer. What hangs on a statement,
// such as the second reaction, is in related_entries.
//
// What is denied (negationInd, also further out) is never in these tables but
// in those named allergies_negated, problems_negated …, with the same columns:
// a mapping that does not think of it makes no allergy of "no known allergy".
//
// Keys: _document (root^extension of the document's id, or the file's name),
// _patient (the same of the patient's first id that has an extension or is a
// UUID, else the document's key; a root alone would be everybody's), _section,
// _entry (place in its section, from 1), _key and _parent. An element has the
// same _key in every table; _parent is the _key of the statement around it, or
// else of its section.
//
// Columns called key, performer_key … name a person or an organization as
// _patient does, so that they can be merged on it and referred to by it; an
// organization whose id has no extension is told by its name as well.
//
// The columns of a code called X are X, X_system (OID), X_display, X_text (the
// originalText, taken from the narrative where it refers to it), X_null
// (nullFlavor), X_alt, X_alt_system, X_alt_display (the first translation).
// Times are as written: X, X_low, X_high, each with its _null. A column is NULL
// where the element or attribute is absent, whatever the nullFlavor in the
// column beside it says, and "" where the document has it empty. Where an
// element repeats, the first without nullFlavor counts. Options.Columns may
// name further columns of entries by a path such as
// entryRelationship/supply/quantity/@value.
//
//	src, err := extract.Open(ctx, []extract.Format{ccda.Format()}, "summary.xml", extract.Options{})
//	for batch, err := range src.Read(ctx, "problems", report) { … }
package ccda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Format returns the format named ccda.
func Format() extract.Format {
	known := sync.OnceValues(newCatalog)
	return extract.Format{
		Name:  "ccda",
		Doc:   "a clinical document (C-CDA, CDA R2) in XML; each kind of section entry is a table",
		Sniff: sniff,
		Open: func(_ context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
			c, err := known()
			if err != nil {
				return nil, err
			}
			return open(c, in, o)
		},
	}
}

var (
	rootElement = regexp.MustCompile(`<(?:[A-Za-z_][\w.-]*:)?ClinicalDocument[\s/>]`)
	declared    = regexp.MustCompile(`^<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)
)

func sniff(_ string, head []byte) bool {
	head = extract.HeadText(head)
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(start, []byte("<")) && rootElement.Match(start)
}

// Source is an opened document.
type Source struct {
	in      *extract.Input
	options extract.Options
	charset extract.Charset
	known   *catalog
	tables  map[string]*table

	mu    sync.Mutex
	found map[string]bool // tables that have rows; nil until the document was read once
	end   error           // what is wrong behind these rows, nil for a sound document
	kept  *kept           // the rows of a sound document; nil where they are not kept
}

func open(known *catalog, in *extract.Input, o extract.Options) (extract.Source, error) {
	c, err := charsetOf(in, o)
	if err != nil {
		return nil, err
	}
	s := &Source{in: in, options: o, charset: c, known: known}
	if s.tables, err = makeTables(known, in.Name, o.Columns); err != nil {
		return nil, err
	}
	if o.Table != "" && s.tables[o.Table] == nil {
		return nil, fmt.Errorf("table %q: %w", o.Table, extract.ErrNoTable)
	}
	return s, nil
}

// charsetOf takes the encoding that the user, the bytes of UTF-16 or the XML
// declaration name, else UTF-8 (XML 1.0, 4.3.3).
func charsetOf(in *extract.Input, o extract.Options) (extract.Charset, error) {
	if o.Encoding != "" && o.Encoding != "auto" {
		return extract.LookupCharset(o.Encoding)
	}
	if c := extract.DetectCharset(in.Head); strings.HasPrefix(c.Name, "utf-16") {
		return c, nil
	}
	m := declared.FindSubmatch(bytes.TrimPrefix(in.Head, []byte("\xef\xbb\xbf")))
	if m == nil || strings.HasPrefix(strings.ToLower(string(m[1])), "utf-16") {
		return extract.LookupCharset("utf-8") // UTF-16 was not what the bytes are
	}
	return extract.LookupCharset(string(m[1]))
}

// Tables lists the tables that have rows in this document, or the one that the
// options ask for. The first call reads the whole document; one that is broken
// has the tables before the break.
func (s *Source) Tables(ctx context.Context) ([]*extract.Schema, error) {
	found, err := s.survey(ctx)
	if err != nil {
		return nil, s.openError(err)
	}
	var all []*extract.Schema
	for _, t := range s.known.tables {
		if s.options.Table == t.name || s.options.Table == "" && found[t.name] {
			all = append(all, s.tables[t.name].schema)
		}
	}
	return all, nil
}

// survey finds out which tables have rows.
func (s *Source) survey(ctx context.Context) (map[string]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found != nil {
		return s.found, nil
	}
	w, closer, err := s.walker()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	found, keep := map[string]bool{}, s.newPacker()
	x := newExpander(s.known, func(r row) {
		found[r.table] = true
		keep.add(r)
	})
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := w.next()
		if err != nil && !errors.Is(err, io.EOF) && len(found) == 0 {
			return nil, err
		}
		if err != nil {
			x.finish(w.document)
			if s.found = found; errors.Is(err, io.EOF) {
				s.kept = keep.finish()
			} else {
				s.end = err
			}
			return found, nil
		}
		x.expand(p, w.document)
	}
}

// walker opens the document from its beginning.
func (s *Source) walker() (*walker, io.Closer, error) {
	r, err := s.in.Open()
	if err != nil {
		return nil, nil, err
	}
	body, err := s.charset.Reader(r)
	if err != nil {
		return nil, nil, errors.Join(err, r.Close())
	}
	return newWalker(body, s.in.Name), r, nil
}

// Read yields the rows of one table. A table that this document has no rows for
// yields none. Where the document is broken the rows before are yielded, and
// what is broken is reported, as bad-xml with its line; without a reporter it
// is an error. Tables of the header are read no further than that.
func (s *Source) Read(ctx context.Context, name string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		err := s.read(ctx, name, func(b *extract.Batch) bool { return yield(b, nil) })
		var broken *brokenError
		switch {
		case err == nil, errors.Is(err, errEnough):
		case errors.As(err, &broken) && report != nil:
			report(s.brokenIssue(name, broken))
		default:
			yield(nil, s.openError(err))
		}
	}
}

// openError gives what is wrong with the document its code.
func (s *Source) openError(err error) error {
	var broken *brokenError
	if !errors.As(err, &broken) {
		return fmt.Errorf("read %s: %w", s.in.Name, err)
	}
	return &extract.OpenError{Code: "bad-xml", Path: s.in.Name, Message: broken.Error(), Err: broken.err}
}

func (s *Source) brokenIssue(table string, broken *brokenError) issue.Issue {
	return issue.Issue{
		Severity: issue.Error, Code: "bad-xml", Type: "structure",
		Origin:  issue.Origin{Source: s.in.Name, Table: table, Line: broken.line},
		Message: broken.Error() + "; what the table has behind is not read, what it has before is kept",
	}
}

func (s *Source) read(ctx context.Context, name string, yield func(*extract.Batch) bool) error {
	t := s.tables[name]
	if t == nil {
		return fmt.Errorf("table %q: %w", name, extract.ErrNoTable)
	}
	r := &rows{table: t, yield: yield, share: s.in.Share}
	if done, err := s.readKept(ctx, r); done || err != nil {
		return err
	}
	w, closer, err := s.walker()
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	return r.readAll(ctx, w, s.known)
}

// Unread says why the document cannot be read to its end, nil where it can or
// before Tables was called. What stands before is read all the same.
func (s *Source) Unread() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		return nil
	}
	return s.openError(s.end)
}

// Describe returns what was found out about the file in one line for the user.
func (s *Source) Describe() string {
	return "clinical document (CDA), " + s.charset.Name
}

// Close removes temporary files.
func (s *Source) Close() error { return s.in.Close() }
