package shards

import "chartlift/internal/issue"

// EncodeIssues returns what stands in a result of the first kind of issues that
// was told.
func EncodeIssues(t *Teller) ([]byte, error) { return t.Told().Issues[0].encode() }

// DecodeIssues reads it back.
func DecodeIssues(text []byte) (Issues, []issue.Issue, error) {
	g, err := decodeIssues(text)
	if err != nil {
		return g, nil, err
	}
	kept, err := g.Kept()
	return g, kept, err
}
