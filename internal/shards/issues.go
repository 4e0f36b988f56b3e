package shards

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"chartlift/internal/issue"
)

// MostIssues is how many issues of one kind are kept with their rows in a part: the run database keeps as many of a whole table.
const MostIssues = 1_000

// Issues are the issues of one kind: those that the run database counts together, for each severity.
type Issues struct {
	Like issue.Issue `json:"like"` // the first of them, without its value
	N    int64       `json:"n"`    // how many there were, the first MostIssues of which are kept

	kept   []kept
	stored []byte // the same, as they stand in a result
}

// kept is an issue.
type kept struct {
	Issue issue.Issue `json:"issue"`
	Raw   []byte      `json:"raw,omitempty"` // the issue's value where JSON would change it: bytes that are no text
}

// issueGroup tells kinds apart.
type issueGroup struct {
	rule, code, column string
	severity           issue.Severity
}

func groupOf(i issue.Issue) issueGroup { return issueGroup{i.Rule, i.Code, i.Column, i.Severity} }

func (g *Issues) add(i issue.Issue) {
	if g.N++; g.N > MostIssues {
		return
	}
	k := kept{Issue: i}
	if !utf8.ValidString(i.Value) {
		k.Raw, k.Issue.Value = []byte(i.Value), ""
	}
	g.kept = append(g.kept, k)
}

// sorted returns the issues in the order of their rows, which does not depend on which worker was first.
func (g *Issues) sorted() Issues {
	out := Issues{Like: g.Like, N: g.N, kept: slices.Clone(g.kept)}
	slices.SortStableFunc(out.kept, func(a, b kept) int { return cmp.Compare(a.Issue.Origin.Row, b.Issue.Origin.Row) })
	out.Like = without(out.kept[0].Issue)
	return out
}

// without returns an issue that may stand for others: what it says of its own row is left out.
func without(i issue.Issue) issue.Issue {
	i.Value, i.Suggestion = "", ""
	return i
}

func (g Issues) compare(o Issues) int {
	a, b := groupOf(g.Like), groupOf(o.Like)
	return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.code, b.code), cmp.Compare(a.column, b.column), cmp.Compare(a.severity, b.severity))
}

// Kept decodes the issues that are kept. ErrBroken says that they are not as they were written.
func (g Issues) Kept() ([]issue.Issue, error) {
	list := g.kept
	if g.stored != nil && json.Unmarshal(g.stored, &list) != nil {
		return nil, ErrBroken
	}
	out := make([]issue.Issue, len(list))
	for i, k := range list {
		if out[i] = k.Issue; k.Raw != nil {
			out[i].Value = string(k.Raw)
		}
	}
	return out, nil
}

// encode returns the content of a frame: the length of what stands for all, that, and those that are kept.
func (g Issues) encode() ([]byte, error) {
	head, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("write issues: %w", err)
	}
	list, err := json.Marshal(g.kept)
	if err != nil {
		return nil, fmt.Errorf("write issues: %w", err)
	}
	return slices.Concat(binary.AppendUvarint(nil, uint64(len(head))), head, list), nil
}

// decodeIssues undoes encode. Those that are kept stay as they are until somebody asks for them.
func decodeIssues(text []byte) (Issues, error) {
	var g Issues
	n, used := binary.Uvarint(text)
	if used <= 0 || n > uint64(len(text)-used) || json.Unmarshal(text[used:used+int(n)], &g) != nil {
		return g, ErrBroken
	}
	g.stored = text[used+int(n):]
	return g, nil
}
