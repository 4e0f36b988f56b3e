// Package compare tells whether a server holds a resource as it was sent, and
// where not.
//
// Read [Changes] first.
package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// most bounds the paths of one resource: beyond it, it is simply another one.
const most = 50

// longest bounds what is kept of a value, in bytes: enough to tell two apart,
// not a copy of an attachment.
const longest = 200

// Change is a place where what a server holds differs from what was sent. Sent
// and Held are the values there, the text of a string or the JSON of anything
// else, at most 200 bytes of it; "" where one side has nothing there. They are
// data of a patient.
type Change struct{ Path, Sent, Held string }

// Paths returns where the changes are, without their values.
func Paths(changes []Change) []string {
	var paths []string
	for _, c := range changes {
		paths = append(paths, c.Path)
	}
	return paths
}

// Changes returns the FHIRPaths at which what a server holds differs from what
// was sent, such as Patient.name[0].given[1], sorted, with both values. What
// servers write themselves does not count: version, time and source in meta,
// the narrative, the order of elements, and how a number is written (1.50 is
// 1.5). Labels in meta are sets.
func Changes(sent, held []byte) ([]Change, error) {
	var a, b fhir.Tree
	if err := a.Parse(sent); err != nil {
		return nil, fmt.Errorf("parse what was sent: %w", err)
	}
	if err := b.Parse(held); err != nil {
		return nil, fmt.Errorf("parse what the server holds: %w", err)
	}
	c := comparison{a: &a, b: &b}
	c.object(a.FindText(0, "resourceType"), 0, 0)
	slices.SortStableFunc(c.found, func(x, y Change) int { return strings.Compare(x.Path, y.Path) })
	return slices.CompactFunc(c.found, func(x, y Change) bool { return x.Path == y.Path }), nil
}

// comparison walks two resources side by side.
type comparison struct {
	a, b  *fhir.Tree
	found []Change
}

// differs notes a place with the nodes on either side, 0 where there is none:
// the root is never compared as a whole.
func (c *comparison) differs(path string, a, b int) {
	if len(c.found) < most {
		c.found = append(c.found, Change{path, valueOf(c.a, a), valueOf(c.b, b)})
	}
}

// valueOf returns what stands at a node, cut between characters. It is a copy:
// the tree goes, the difference stays.
func valueOf(t *fhir.Tree, i int) string {
	if i == 0 {
		return ""
	}
	text := t.Raw(i)
	if t.Kind(i) == fhir.String {
		text = t.Text(i)
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return strings.Clone(text)
}

// written reports whether servers write the element themselves.
func written(path, key string) bool {
	switch {
	case !strings.Contains(path, "."):
		return key == "text"
	case strings.HasSuffix(path, ".meta") && strings.Count(path, ".") == 1:
		return key == "versionId" || key == "lastUpdated" || key == "source"
	}
	return false
}

func (c *comparison) object(path string, a, b int) {
	for x := c.a.First(a); x != 0; x = c.a.Next(x) {
		key := c.a.Key(x)
		if written(path, key) {
			continue
		}
		if y := c.b.Find(b, key); y != 0 {
			c.value(path+"."+key, x, y)
		} else if !c.empty(c.a, path+"."+key, x) {
			c.differs(path+"."+key, x, 0)
		}
	}
	for y := c.b.First(b); y != 0; y = c.b.Next(y) {
		key := c.b.Key(y)
		if !written(path, key) && c.a.Find(a, key) == 0 && !c.empty(c.b, path+"."+key, y) {
			c.differs(path+"."+key, 0, y)
		}
	}
}

// empty reports whether an element says nothing but what servers write.
func (c *comparison) empty(t *fhir.Tree, path string, i int) bool {
	if t.Kind(i) != fhir.Object {
		return false
	}
	for k := t.First(i); k != 0; k = t.Next(k) {
		if !written(path, t.Key(k)) {
			return false
		}
	}
	return true
}

func (c *comparison) value(path string, a, b int) {
	if c.a.Kind(a) != c.b.Kind(b) {
		c.differs(path, a, b)
		return
	}
	switch c.a.Kind(a) {
	case fhir.Object:
		c.object(path, a, b)
	case fhir.Array:
		if isLabel(path) {
			c.labels(path, a, b)
			return
		}
		c.array(path, a, b)
	case fhir.Number:
		if !sameNumber(c.a.Text(a), c.b.Text(b)) {
			c.differs(path, a, b)
		}
	default:
		if c.a.Text(a) != c.b.Text(b) {
			c.differs(path, a, b)
		}
	}
}

func (c *comparison) array(path string, a, b int) {
	x, y := c.a.First(a), c.b.First(b)
	for i := 0; x != 0 || y != 0; i++ {
		at := path + "[" + strconv.Itoa(i) + "]"
		if x == 0 || y == 0 {
			c.differs(at, x, y)
		} else {
			c.value(at, x, y)
		}
		if x != 0 {
			x = c.a.Next(x)
		}
		if y != 0 {
			y = c.b.Next(y)
		}
	}
}

// isLabel reports whether a list is one of the sets in meta.
func isLabel(path string) bool {
	_, key, ok := strings.Cut(path, ".meta.")
	return ok && strings.Count(path, ".") == 2 && (key == "tag" || key == "security" || key == "profile")
}

// labels compares sets of codings or URLs. A display that the server adds is no
// difference.
func (c *comparison) labels(path string, a, b int) {
	x, y := labelsOf(c.a, a), labelsOf(c.b, b)
	if !slices.Equal(x, y) {
		c.differs(path, a, b)
	}
}

func labelsOf(t *fhir.Tree, list int) []string {
	var all []string
	for i := t.First(list); i != 0; i = t.Next(i) {
		if t.Kind(i) == fhir.Object {
			all = append(all, t.FindText(i, "system")+"|"+t.FindText(i, "code"))
		} else {
			all = append(all, t.Text(i))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sameNumber compares JSON numbers by value, whatever their length.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	digitsA, expA, negA := decimal(a)
	digitsB, expB, negB := decimal(b)
	return digitsA == digitsB && (digitsA == "" || expA == expB && negA == negB)
}

// decimal returns a number as digits without zeros at either end, times ten to
// the power of exp; no digits for zero.
func decimal(s string) (digits string, exp int, negative bool) {
	s, negative = strings.CutPrefix(s, "-")
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	if power != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(power, "+"))
		if err != nil {
			n = math.MinInt32 // beyond what anybody writes
		}
		exp = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exp -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	return trimmed, exp + len(digits) - len(trimmed), negative
}
