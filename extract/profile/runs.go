package profile

import "strings"

// run is a value that stands in so many rows of a batch, one behind the other:
// most columns say for several rows what they said in the first of them, and
// what is true of a value has to be found out once for all of them.
type run struct {
	text string // without white space at its ends
	hash uint64
	rows int64
}

// runs are the values of a column in one batch, in their order.
type runs struct {
	list    []run
	touched uint64 // keeps the compiler from leaving out reading ahead
}

// add takes the next value and returns its hash.
func (r *runs) add(text string) uint64 {
	if n := len(r.list); n > 0 {
		if l := &r.list[n-1]; l.text == text {
			l.rows++
			return l.hash
		}
	}
	h := hash(text)
	r.list = append(r.list, run{text: text, hash: h, rows: 1})
	return h
}

// isPadded reports whether there is white space at the ends of a text that is
// not empty, or other signs that may be such.
func isPadded(s string) bool { return s[0] <= ' ' || s[len(s)-1] <= ' ' }

// addPadded takes a value with white space at its ends, if there is one
// between, and returns the hash of the cell as it is written.
func (c *column) addPadded(s string, r *runs) uint64 {
	if text := strings.TrimSpace(s); text != "" {
		c.values++
		c.padded++
		r.add(text)
	} else {
		c.missing[empty]++
	}
	return hash(s)
}

// leastReadAhead is how many values a dictionary has that no longer fits into
// the processor's nearest memory.
const leastReadAhead = 256

// readAhead reads where the values of the runs stand in the dictionary and in
// the sample, in a bare loop: the processor waits for memory once for many of
// them, and not once for each.
func (c *column) readAhead(r *runs) {
	sum := r.touched
	if d := &c.known; len(d.entries) > leastReadAhead {
		mask := uint64(len(d.slots) - 1)
		for i := range r.list {
			h := r.list[i].hash
			if c.beyond != nil && !c.beyond.known.may(h) {
				continue
			}
			if at := d.slots[h&mask]; at > 0 {
				sum += uint64(d.entries[at-1].text[0])
			}
		}
	}
	if c.beyond != nil {
		for i := range r.list {
			sum += c.beyond.sample.read(r.list[i].hash)
		}
	}
	r.touched = sum
}
