package shards

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// MostIssues is how many issues of one kind are kept with their rows in a part:
// the run database keeps as many of a whole table.
const MostIssues = 1_000

// Issues are the issues of one kind: those that the run database counts
// together, for each severity.
type Issues struct {
	Like issue.Issue `json:"like"` // the first of them, without its value
	N    int64       `json:"n"`    // how many there were, the first MostIssues of which are kept

	alike  []issue.Issue // what issues say, but for the row and its value: of most kinds all say the same
	kept   []kept
	stored []byte // both, as they stand in a result
}

// kept is an issue: what it says, and of what.
type kept struct {
	row, line int64
	value     string
	says      int // index into alike
}

// issueGroup tells kinds apart.
type issueGroup struct {
	issue.Alike
	severity issue.Severity
}

func groupOf(i issue.Issue) issueGroup { return issueGroup{i.Alike(), i.Severity} }

func (g *Issues) add(i issue.Issue) {
	if g.N++; g.N > MostIssues {
		return
	}
	k := kept{row: i.Origin.Row, line: i.Origin.Line, value: strings.Clone(i.Value)} // the value would keep the text of its batch
	i.Origin.Row, i.Origin.Line, i.Value = 0, 0, ""
	k.says = g.saying(i)
	g.kept = append(g.kept, k)
}

// lookBack is among how many of the last different issues one that says the
// same is looked for.
const lookBack = 8

// saying returns where in alike the issue is, which has neither row nor value.
func (g *Issues) saying(i issue.Issue) int {
	for at := len(g.alike) - 1; at >= max(0, len(g.alike)-lookBack); at-- {
		if g.alike[at] == i {
			return at
		}
	}
	g.alike = append(g.alike, i)
	return len(g.alike) - 1
}

// sorted returns the issues in the order of their rows, which does not depend
// on which worker was first.
func (g *Issues) sorted() Issues {
	list := slices.Clone(g.kept)
	slices.SortStableFunc(list, func(a, b kept) int { return cmp.Compare(a.row, b.row) })
	out := Issues{N: g.N}
	for _, k := range list {
		k.says = out.saying(g.alike[k.says])
		out.kept = append(out.kept, k)
	}
	out.Like = without(out.issue(0))
	return out
}

// issue returns one of those that are kept.
func (g Issues) issue(n int) issue.Issue {
	k := g.kept[n]
	i := g.alike[k.says]
	i.Origin.Row, i.Origin.Line, i.Value = k.row, k.line, k.value
	return i
}

// without returns an issue that may stand for others: what it says of its own
// row is left out.
func without(i issue.Issue) issue.Issue {
	i.Value, i.Suggestion = "", ""
	return i
}

// compare puts kinds into the order of their first rows: the run database, which
// tells only so many apart by what they say, meets them in that order.
func (g Issues) compare(o Issues) int {
	a, b := groupOf(g.Like), groupOf(o.Like)
	return cmp.Or(cmp.Compare(g.kept[0].row, o.kept[0].row), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Column, b.Column), cmp.Compare(a.severity, b.severity),
		cmp.Compare(a.Element, b.Element), cmp.Compare(a.Says, b.Says))
}

// Kept decodes the issues that are kept. ErrBroken says that they are not as
// they were written.
func (g Issues) Kept() ([]issue.Issue, error) {
	if g.stored != nil && !g.decode() {
		return nil, ErrBroken
	}
	out := make([]issue.Issue, len(g.kept))
	for n := range g.kept {
		out[n] = g.issue(n)
	}
	return out, nil
}

// encode returns the content of a frame: what stands for all in JSON, then what
// issues say, then for each that is kept which of these it says, its row and
// line, counted from those of the one before, and its value, byte by byte: it
// need not be text.
func (g Issues) encode() ([]byte, error) {
	head, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("write issues: %w", err)
	}
	alike, err := json.Marshal(g.alike)
	if err != nil {
		return nil, fmt.Errorf("write issues: %w", err)
	}
	var out []byte
	for _, text := range [][]byte{head, alike} {
		out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
	}
	var row, line int64
	for _, k := range g.kept {
		out = binary.AppendUvarint(out, uint64(k.says))
		out = binary.AppendVarint(out, k.row-row)
		out = binary.AppendVarint(out, k.line-line)
		out = append(binary.AppendUvarint(out, uint64(len(k.value))), k.value...)
		row, line = k.row, k.line
	}
	return out, nil
}

// decodeIssues undoes encode. Those that are kept stay as they are until
// somebody asks for them.
func decodeIssues(text []byte) (Issues, error) {
	var g Issues
	c := cursor{text: text}
	if head := c.bytes(); c.bad || json.Unmarshal(head, &g) != nil {
		return g, ErrBroken
	}
	g.stored = c.text
	return g, nil
}

// decode reads what is stored; false says that it is not as it was written.
func (g *Issues) decode() bool {
	c := cursor{text: g.stored}
	if alike := c.bytes(); c.bad || json.Unmarshal(alike, &g.alike) != nil {
		return false
	}
	var row, line int64
	for len(c.text) > 0 {
		says := c.uint()
		row += c.int()
		line += c.int()
		value := c.bytes()
		if c.bad || says >= uint64(len(g.alike)) {
			return false
		}
		g.kept = append(g.kept, kept{row, line, string(value), int(says)})
	}
	return true
}
