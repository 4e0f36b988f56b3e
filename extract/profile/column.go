package profile

import (
	"strings"
	"unicode/utf8"

	"chartlift/extract"
)

// The bounds of one column's memory.
const (
	mostCounted = 16 << 10 // values that are counted one by one
	mostSampled = 32 << 10 // of the others: hashes kept once a value came twice
	mostUnique  = 1 << 20  // hashes kept while every value is another
)

// column gathers what the values of one column are like. Values are counted one
// by one up to mostCounted; those that come later are counted by sketches.
type column struct {
	missing [3]int64 // absent, NULL, ""
	padded  int64
	values  int64 // that are there
	last    latest

	known   dictionary
	beyond  *beyond // nil while the dictionary holds all
	extreme extremes
}

// The places in column.missing.
const (
	absent = iota
	null
	empty
)

// batch takes a column's values of a batch, and notes the hash of each cell
// as it is written; 0 where the row has no such cell. Cells of a row with a
// fault may have shifted: they are not looked at.
func (c *column) batch(records []extract.Record, at int, hashes []uint64) {
	for i := range records {
		r := &records[i]
		switch {
		case r.Fault != nil:
		case at < len(r.Values):
			hashes[i] = c.add(&r.Values[at])
		default:
			c.missing[absent]++
			hashes[i] = 0
		}
	}
	c.endRun()
	c.last.hold()
}

// add takes the next value, and returns the hash of the cell as it is written.
// It runs once for each cell, so it does no more than find the value again.
func (c *column) add(v *extract.Value) uint64 {
	if v.Kind <= extract.Null || v.Text == "" {
		return c.lack(v)
	}
	s := v.Text
	if s[0] <= ' ' || s[len(s)-1] <= ' ' {
		return c.addPadded(s)
	}
	return c.addText(s)
}

// addPadded takes a value with white space at its ends, if there is one
// between.
func (c *column) addPadded(s string) uint64 {
	if text := strings.TrimSpace(s); text != "" {
		c.padded++
		c.addText(text)
	} else {
		c.missing[empty]++
	}
	return hash(s)
}

// addText takes a text and returns its hash.
func (c *column) addText(s string) uint64 {
	c.values++
	// Rows of one patient stand together more often than not.
	if s == c.last.text {
		c.last.again++
		return c.last.hash
	}
	c.endRun()
	h := hash(s)
	if c.beyond == nil || c.beyond.known.may(h) {
		if at := c.known.find(h, s); at >= 0 {
			c.known.entries[at].count++
			c.found(at)
			return h
		}
	}
	c.meet(h, s)
	return h
}

// lack counts a cell without a value, and returns what stands for its hash.
func (c *column) lack(v *extract.Value) uint64 {
	switch v.Kind {
	case extract.Absent:
		c.missing[absent]++
		return hashAbsent
	case extract.Null:
		c.missing[null]++
		return hashNull
	}
	c.missing[empty]++
	return hashEmpty
}

// meet takes a value that is not in the dictionary.
func (c *column) meet(h uint64, s string) {
	v := see(s)
	if len(c.known.entries) < mostCounted {
		c.extreme.add(s, v)
		c.known.insert(h, s, v.look)
		c.found(len(c.known.entries) - 1)
		return
	}
	if c.beyond == nil {
		c.overflow()
	}
	c.extreme.add(s, v)
	c.beyond.add(h, s, v.look)
	l := &c.last
	l.text, l.hash, l.look, l.at, l.held = s, h, v.look, beyondKnown, false
}

// latest is the value that came last. What came again right behind it is
// counted at the end of the run: most columns say for several rows what they
// said in the first of them.
type latest struct {
	text  string // "" where nothing came, or more than is kept of it
	hash  uint64
	at    int   // place among the dictionary's entries, or beyondKnown
	look  look  // of a value beyond the dictionary
	again int64 // how often it came again
	held  bool  // text is not part of a read buffer
}

// beyondKnown is the place of a value that the dictionary does not have.
const beyondKnown = -1

// found notes that the entry came last.
func (c *column) found(at int) {
	e, l := &c.known.entries[at], &c.last
	l.hash, l.at, l.held, l.text = e.hash, at, true, e.text
	if len(e.text) != e.size {
		l.text = ""
	}
}

// hold keeps a copy of the text where it is part of a read buffer: a column
// without values from here on would keep that in memory.
func (l *latest) hold() {
	switch {
	case l.held:
	case len(l.text) > keptText:
		l.text = ""
	default:
		l.text, l.held = strings.Clone(l.text), true
	}
}

// endRun counts what came again.
func (c *column) endRun() {
	if c.last.again > 0 {
		c.countRun(&c.last)
	}
}

func (c *column) countRun(l *latest) {
	if l.at == beyondKnown {
		c.beyond.again(l)
	} else {
		c.known.entries[l.at].count += l.again
	}
	l.again = 0
}

// overflow begins the sketches.
func (c *column) overflow() {
	c.beyond = &beyond{sample: newSample(mostUnique), frequent: newFrequent()}
	for i := range c.known.entries {
		c.beyond.known.add(c.known.entries[i].hash)
		c.beyond.different.add(c.known.entries[i].hash)
		if c.known.entries[i].count > 1 {
			c.beyond.sample.most = mostSampled
		}
	}
}

// distinct returns how many different values there are, and whether it is
// exact.
func (c *column) distinct() (n int64, exact bool) {
	switch {
	case c.beyond == nil:
		return int64(len(c.known.entries)), true
	case c.beyond.sample.shift == 0:
		return int64(len(c.known.entries) + c.beyond.sample.used), true
	}
	// An estimate must not be above what is possible.
	return min(c.beyond.different.estimate(), c.values), false
}

// repeats reports whether a value was seen twice.
func (c *column) repeats() bool {
	for i := range c.known.entries {
		if c.known.entries[i].count > 1 {
			return true
		}
	}
	return c.beyond != nil && c.beyond.sample.repeats() > 0
}

// set returns the column's values for comparison with other columns.
func (c *column) set() valueSet {
	shift := uint(0)
	if c.beyond != nil {
		shift = c.beyond.sample.shift
	}
	most := len(c.known.entries)
	if c.beyond != nil {
		most += c.beyond.sample.used
	}
	values := make([]counted, 0, most)
	for i := range c.known.entries {
		if e := &c.known.entries[i]; takes(e.hash, shift) {
			values = append(values, counted{e.hash, e.count})
		}
	}
	if c.beyond != nil {
		for i, h := range c.beyond.sample.slots {
			if h != 0 {
				values = append(values, counted{h, int64(c.beyond.sample.count(i))})
			}
		}
	}
	return newValueSet(shift, values)
}

// total adds up what the values look like.
func (c *column) total() tally {
	var t tally
	if c.beyond != nil {
		t = c.beyond.tally.clone()
	}
	for i := range c.known.entries {
		t.add(c.known.entries[i].look, c.known.entries[i].count)
	}
	return t
}

// extremes are the smallest and largest values in each way of comparing, and
// the lengths.
type extremes struct {
	seen            bool
	least, most     string
	hasNumber       bool
	lowest, highest number
	hasDate         bool
	first, last     [2]int64 // read day first and month first
	shortest        int
	longest         int
}

// number is a number as it was written.
type number struct {
	value float64
	text  string
}

// add compares a value that was not seen before; placeholders would be the ends
// of most columns.
func (x *extremes) add(s string, v sight) {
	if v.kind == placeholder {
		return
	}
	n := len(s)
	if v.kind == word { // all else is written in ASCII
		n = utf8.RuneCountInString(s)
	}
	switch {
	case !x.seen:
		x.seen, x.least, x.most, x.shortest, x.longest = true, strings.Clone(s), strings.Clone(s), n, n
	case s < x.least:
		x.least = strings.Clone(s)
	case s > x.most:
		x.most = strings.Clone(s)
	}
	x.shortest, x.longest = min(x.shortest, n), max(x.longest, n)
	if v.kind == integer || v.kind == decimal {
		x.addNumber(s, v.number)
	}
	if v.kind == date || v.kind == datetime || v.marks&compactDate != 0 {
		x.addDate(v.when)
	}
}

// addNumber keeps the text beside the number: 12.50 is not shown as 12.5.
func (x *extremes) addNumber(s string, n float64) {
	if !x.hasNumber || n < x.lowest.value {
		x.lowest = number{n, strings.Clone(s)}
	}
	if !x.hasNumber || n > x.highest.value {
		x.highest = number{n, strings.Clone(s)}
	}
	x.hasNumber = true
}

// addDate keeps the ends of both readings, as the proof of the order may still
// come.
func (x *extremes) addDate(when [2]int64) {
	if !x.hasDate {
		x.hasDate, x.first, x.last = true, when, when
		return
	}
	for i, w := range when {
		x.first[i], x.last[i] = min(x.first[i], w), max(x.last[i], w)
	}
}

// tally counts values by what they look like.
type tally struct {
	kinds     [kinds]int64
	zeroFront int64
	comma     int64
	compact   int64
	layouts   map[layout]*layoutCount
	latest    layout
	current   *layoutCount // of latest
}

// layoutCount counts the dates of one layout.
type layoutCount struct {
	values int64
	proofs [3]int64 // by proof
	narrow bool
}

// add counts n values of this look.
func (t *tally) add(l look, n int64) {
	t.kinds[l.kind] += n
	if l.marks != 0 {
		t.mark(l.marks, n)
	}
	if l.layout.order == 0 || l.kind == impossibleDate {
		return
	}
	if t.current == nil || t.latest != l.layout {
		t.switchTo(l.layout)
	}
	t.current.values += n
	t.current.proofs[l.proof] += n
	t.current.narrow = t.current.narrow || l.marks&notPadded != 0
}

// mark counts the small facts.
func (t *tally) mark(m marks, n int64) {
	if m&zeroInFront != 0 {
		t.zeroFront += n
	}
	if m&decimalComma != 0 {
		t.comma += n
	}
	if m&compactDate != 0 {
		t.compact += n
	}
}

// switchTo finds the count of a layout; a column hardly ever changes it, so
// that this is rare.
func (t *tally) switchTo(l layout) {
	if t.layouts == nil {
		t.layouts = map[layout]*layoutCount{}
	}
	if t.layouts[l] == nil {
		t.layouts[l] = &layoutCount{}
	}
	t.latest, t.current = l, t.layouts[l]
}

// clone returns a copy that can be added to.
func (t *tally) clone() tally {
	c := *t
	c.layouts, c.current = nil, nil
	for l, n := range t.layouts {
		c.switchTo(l)
		*c.current = *n
	}
	c.current = nil
	return c
}
