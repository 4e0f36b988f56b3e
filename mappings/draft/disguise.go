package draft

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"
	"unicode"

	"chartlift/extract/profile"
)

// disguise replaces the values of people in sampled rows. The same value
// becomes the same other one in every column, so that joins hold; dates move by
// one number of days, so that their order stays. What comes out depends on all
// rows sampled: nobody gets back without them.
type disguise struct {
	seed [sha256.Size]byte
	days int
}

// longestShift is how many days dates move at the most.
const longestShift = 1500

// newDisguise takes its secret from the rows themselves: the same sources give
// the same project.
func newDisguise(tables []*Table, rows map[*profile.Table]Rows) disguise {
	h := sha256.New()
	for _, t := range tables {
		for _, cells := range rows[t.Table].Cells {
			for _, c := range cells {
				h.Write([]byte(c))
				h.Write([]byte{0})
			}
		}
	}
	d := disguise{seed: [sha256.Size]byte(h.Sum(nil))}
	d.days = 30 + int(binary.BigEndian.Uint32(d.seed[:4])%(longestShift-30))
	return d
}

// value returns what stands in a test for a value of the column.
func (d disguise) value(c *column, v string) string {
	switch {
	case v == "" || c.kept():
		return v
	case c.Type == profile.TypeDate || c.Type == profile.TypeDateTime:
		if moved, ok := d.move(c, v); ok {
			return moved
		}
	}
	return d.shape(v, c.Type == profile.TypeUUID)
}

// kept tells columns that say nothing about a person: codes of which there are
// few, answers, lists.
func (c *column) kept() bool {
	if c.Personal != "" && c.Personal != "free text" {
		return false
	}
	if len(c.Codes) > 0 && c.join == nil && c.Personal == "" {
		return true
	}
	few := c.Distinct <= 20 && c.Type != profile.TypeText || c.Distinct*4 <= c.Values && (c.Type == profile.TypeCode || c.Distinct <= 50)
	return c.used != "key" && (c.join == nil || c.inList) && c.listable() && few || c.inList
}

// move shifts a date that is written in one of the column's formats.
func (d disguise) move(c *column, v string) (string, bool) {
	for _, f := range c.Formats {
		layout := goLayout(f.Format)
		if t, err := time.Parse(layout, v); err == nil {
			return t.AddDate(0, 0, -d.days).Format(layout), true
		}
	}
	return "", false
}

// goLayout translates a format of the mapping language into one of Go's. Longer
// words go before shorter ones.
func goLayout(format string) string {
	format, _, _ = strings.Cut(format, " or ")
	return strings.NewReplacer(
		"YYYY", "2006", "YY", "06", "MMM", "Jan", "MM", "01", "M", "1", "DD", "02", "D", "2", "HH", "15", "H", "15", "hh", "03", "h", "3",
		"mm", "04", "ss", "05", ".SSS", ".999999999", "A", "PM", "Z", "Z07:00",
	).Replace(format)
}

// shape replaces every letter by another letter and every digit by another
// digit.
func (d disguise) shape(v string, hex bool) string {
	stream := newStream(d.seed, v)
	var b strings.Builder
	first := true
	for _, r := range v {
		switch n := stream.next(); {
		case r >= '0' && r <= '9':
			b.WriteRune(otherDigit(r, n, first))
			first = false
		case unicode.IsNumber(r): // of another script, or ½: what it says is to go as well
			b.WriteRune('1' + n%9)
			first = false
		case hex && (r|0x20) >= 'a' && (r|0x20) <= 'f':
			b.WriteRune(r - (r | 0x20 - 'a') + (r|0x20-'a'+1+n%5)%6)
		case unicode.IsUpper(r):
			b.WriteRune('A' + (max(r-'A', 0)+1+n%25)%26)
		case unicode.IsLetter(r):
			b.WriteRune('a' + (max(r-'a', 0)+1+n%25)%26)
		case unicode.IsControl(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// otherDigit keeps numbers from beginning with a zero that they did not have.
func otherDigit(r rune, n rune, first bool) rune {
	out := '0' + (r-'0'+1+n%9)%10
	if first && out == '0' {
		out = '0' + (r-'0')%9 + 1
	}
	return out
}

// stream gives numbers that depend on the seed and a value.
type stream struct {
	block [sha256.Size]byte
	at    int
}

func newStream(seed [sha256.Size]byte, v string) *stream {
	return &stream{block: sha256.Sum256(append(slices.Clone(seed[:]), v...))}
}

func (s *stream) next() rune {
	if s.at == len(s.block) {
		s.block, s.at = sha256.Sum256(s.block[:]), 0
	}
	s.at++
	return rune(s.block[s.at-1])
}
