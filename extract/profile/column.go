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
func (c *column) batch(records []extract.Record, at int, hashes []uint64, r *runs) {
	r.list = r.list[:0]
	for i := range records {
		record := &records[i]
		switch {
		case record.Fault != nil:
		case at < len(record.Values):
			hashes[i] = c.cell(&record.Values[at], r)
		default:
			c.missing[absent]++
			hashes[i] = 0
		}
	}
	c.readAhead(r)
	for i := range r.list {
		c.add(&r.list[i])
	}
}

// cell takes the next cell, and returns its hash as it is written.
func (c *column) cell(v *extract.Value, r *runs) uint64 {
	switch {
	case v.Kind <= extract.Null || v.Text == "":
		return c.lack(v)
	case isPadded(v.Text):
		return c.addPadded(v.Text, r)
	}
	c.values++
	return r.add(v.Text)
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

// add takes the next value. It does no more than find the value again.
func (c *column) add(r *run) {
	if c.beyond == nil || c.beyond.known.may(r.hash) {
		if at := c.known.find(r.hash, r.text); at >= 0 {
			c.known.entries[at].count += r.rows
			return
		}
	}
	c.meet(r)
}

// meet takes a value that is not in the dictionary.
func (c *column) meet(r *run) {
	v := see(r.text)
	c.extreme.add(r.text, v)
	if len(c.known.entries) < mostCounted {
		c.known.insert(r, v.look)
		return
	}
	if c.beyond == nil {
		c.overflow()
	}
	c.beyond.add(r, v.look)
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
