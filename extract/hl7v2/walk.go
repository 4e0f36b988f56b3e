package hl7v2

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// message is what all segments of a message share.
type message struct {
	key      string // a.hl7#1: unique in a run
	id, kind string // MSH-10; MSH-9 as ADT^A01
	separators
	decoder
	headless bool // it began without MSH
	odd      bool // its separators are unusable
	stated   bool // MSH-18 names a character set
}

// patient is whom segments of a message are about.
type patient struct {
	key    string // of the PID
	person string // its PID-3 with the authority: 77^A
}

// segment is one segment with what it belongs to. text is valid until the next
// one is read.
type segment struct {
	id      string
	place   place
	parent  place
	text    []byte
	line    int64
	joined  int     // lines that were put behind it
	long    bool    // it is longer than maxSegment
	cut     bool    // the file ends inside its MLLP frame
	patient patient // the one that was named last in the message
	*message
}

// walker reads the segments of a file, message by message.
type walker struct {
	lines    *lineReader
	source   string
	fallback decoder // of messages that name no character set
	tree     tree
	laws     map[string]law
	kinds    map[[3]byte]*kind // of segments seen

	line     line
	held     bool // line is still to be taken
	current  segment
	full     bool // current holds a segment
	blank    int  // empty lines since it
	message  *message
	patient  patient
	messages int
	framed   bool // inside an MLLP frame
	frames   int
	closed   int // frames that were closed
	done     error

	skipped     int // lines that belong to no segment
	skippedLine int64
}

func newWalker(r io.Reader, source string, fallback decoder, laws map[string]law) *walker {
	return &walker{
		lines: newLineReader(r), source: source, fallback: fallback, laws: laws, kinds: map[[3]byte]*kind{},
	}
}

// next returns the next segment, or io.EOF, or why the file cannot be read on.
// A segment that such an error cuts is not returned.
func (w *walker) next() (*segment, error) {
	for w.done == nil {
		if !w.held {
			if w.line, w.done = w.lines.next(); w.done != nil {
				break
			}
		}
		if w.held = w.take(); w.held {
			w.full = false
			return &w.current, nil
		}
	}
	if w.full && errors.Is(w.done, io.EOF) {
		w.full = false
		// Senders that never end a frame exist; a file that ends some frames
		// has lost the rest of this one.
		w.current.cut = w.framed && (w.closed > 0 || w.frames == 1)
		return &w.current, nil
	}
	if !errors.Is(w.done, io.EOF) {
		return nil, fmt.Errorf("line %d, in or after message %d: %w", w.lines.number, w.messages, w.done)
	}
	return nil, w.done
}

// take adds the line to the segment at hand or begins one with it; it returns
// true where the segment at hand is complete and has to be given out first.
func (w *walker) take() bool {
	s := usual()
	if w.message != nil {
		s = w.message.separators
	}
	text := w.line.text
	if trimmed := bytes.TrimLeft(text, " \t"); len(trimmed) > 3 && header(trimmed[:3]) {
		text = trimmed
	}
	id := segmentID(text, s)
	if w.full && (id != nil || w.line.opens) {
		return true
	}
	if w.line.opens {
		w.message, w.framed = nil, true
		w.frames++
	}
	switch blank := len(bytes.TrimSpace(text)) == 0; {
	case id != nil:
		w.begin(id, text)
	case w.full && blank:
		w.blank++
	case w.full:
		// Texts with line ends of their own are common in OBX-5 and NTE-3: what
		// begins with no segment belongs to them.
		w.join(text)
	case !blank:
		if w.skipped++; w.skipped == 1 {
			w.skippedLine = w.line.number
		}
	}
	if w.line.closes {
		return w.closeFrame()
	}
	return false
}

// closeFrame ends the message; it returns what take does.
func (w *walker) closeFrame() bool {
	if w.framed {
		w.closed++
	}
	w.framed, w.message = false, nil
	if !w.full {
		return false
	}
	w.line = line{number: w.line.number} // taken already
	return true
}

// join puts a line that is no segment behind the one at hand: somebody wrote a
// line end into a text.
func (w *walker) join(text []byte) {
	s := &w.current
	if len(s.text)+w.blank+len(text) >= maxSegment || w.line.long {
		s.long = true
		return
	}
	for range w.blank + 1 {
		s.text = append(s.text, '\n')
	}
	s.text = append(s.text, text...)
	s.joined++
	w.blank = 0
}

// begin makes the line the segment at hand.
func (w *walker) begin(id, text []byte) {
	k := w.kind(id)
	s := &w.current
	*s = segment{id: k.id, text: append(s.text[:0], text...), line: w.line.number, long: w.line.long}
	w.full, w.blank = true, 0
	if envelope(k.id) {
		w.beginOuter(s, k)
		return
	}
	// What follows the end of a frame or batch without MSH is a message that
	// lost it, not the rest of the one before.
	if k.id == "MSH" || w.message == nil {
		w.beginMessage(s)
	}
	s.message = w.message
	if k.message != w.messages {
		k.message, k.n = w.messages, 0
	}
	k.n++
	s.place = place{k.id, k.n}
	s.parent = w.tree.add(k)
	if k.id == "PID" {
		w.patient = patient{s.keyOf(s.place), s.identity(string(s.text))}
	}
	s.patient = w.patient
}

// kind returns what is known of the segments with this id, of three bytes.
func (w *walker) kind(id []byte) *kind {
	k := w.kinds[[3]byte(id)]
	if k == nil {
		k = &kind{law: w.laws[string(id)], id: string(id), notes: annotates(string(id))}
		w.kinds[[3]byte(id)] = k
	}
	return k
}

// beginOuter makes s a segment of the batch: what follows it belongs to no
// earlier message.
func (w *walker) beginOuter(s *segment, k *kind) {
	outer := &message{key: w.source + "#", separators: usual(), decoder: w.fallback}
	if header(s.id) {
		var ok bool
		outer.separators, ok = readSeparators(s.text)
		outer.odd = !ok
	} else if len(s.text) > 3 {
		outer.field = s.text[3]
	}
	s.message, w.message = outer, nil
	k.n++
	s.place = place{s.id, k.n}
}

// beginMessage begins a message with s, which should be MSH.
func (w *walker) beginMessage(s *segment) {
	w.messages++
	w.tree.reset()
	w.patient = patient{}
	m := &message{key: w.source + "#" + strconv.Itoa(w.messages), separators: usual(), decoder: w.fallback}
	w.message = m
	if s.id != "MSH" {
		m.headless = true
		return
	}
	var ok bool
	m.separators, ok = readSeparators(s.text)
	m.odd = !ok
	var kind, id, set string
	for n, field := range fields(string(s.text), m.separators) {
		switch n {
		case 9:
			kind = field
		case 10:
			id = field
		case 18: // it may repeat; its first repetition is what the message begins with
			set, _, _ = cutAt(field, m.repetition)
		}
	}
	if d, ok := declared(set); ok && !w.fallback.forced {
		m.decoder, m.stated = d, true
	}
	m.id, m.kind = m.plain(id), m.plain(firstTwo(kind, m.component))
}

// identity returns what tells a patient from others of the feed: the number of
// the first repetition of PID-3 with its assigning authority, because two
// hospitals number their patients alike. "" where there is no number.
func (m *message) identity(pid string) string {
	first, _, _ := cutAt(fieldOf(pid, 3, m.separators), m.repetition)
	var number, authority string
	for n, component := range pieces(first, m.component) {
		switch n {
		case 1:
			number = tidy(m.plain(component))
		case 4:
			authority = tidy(m.plain(component))
		}
	}
	switch {
	case number == `""`:
		return ""
	case number == "" || authority == "" || authority == `""`:
		return number
	}
	return number + "^" + authority
}

// tidy takes off what a number does not have, and what the columns beside it
// are rid of, too.
func tidy(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\x00", "")) }

// firstTwo returns the first two components of a field, joined by ^.
func firstTwo(field string, separator byte) string {
	first, rest, found := cutAt(field, separator)
	if !found {
		return first
	}
	second, _, _ := cutAt(rest, separator)
	return first + "^" + second
}

// plain decodes the text of one field.
func (m *message) plain(field string) string {
	text, _ := m.decode([]byte(field))
	return unescape(text, m.separators, m.decoder)
}

// keyOf returns the key of one segment of the message: a.hl7#1.OBX3; "" for the
// zero place.
func (m *message) keyOf(p place) string {
	if p.n == 0 {
		return ""
	}
	return m.key + "." + p.id + strconv.Itoa(p.n)
}
