package mappings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// JSON returns the text of a mapping, as it stands in its file and without what
// it extends, as indented JSON with its keys in their order. The language knows
// no types: what is written without quotes as true, false or a whole number
// becomes that in JSON, everything else a string (a ZIP code 02108, a version
// 1.10). Read back as a mapping, it is the same one; comments are not part of
// it. Where the text is no mapping of the language, the issues say why.
func JSON(file string, text []byte) ([]byte, []issue.Issue) {
	var f findings
	n := parse(file, text, &f)
	if n == nil || f.failed() {
		return nil, f.list
	}
	var out bytes.Buffer
	if err := json.Indent(&out, n.appendJSON(nil, false), "", "  "); err != nil {
		f.add("E0101", n.pos, fmt.Sprintf("this mapping cannot be written as JSON: %v", err))
		return nil, f.list
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// appendJSON appends the node. A null that was written out in a list is a text
// there: NULL may be a null token.
func (n *node) appendJSON(dst []byte, listed bool) []byte {
	switch {
	case n.kind == mapping:
		return n.appendObject(dst)
	case n.kind == sequence:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst, true)
		}
		return append(dst, ']')
	case n.kind == null && (!listed || n.text == ""):
		return append(dst, "null"...)
	case n.plain && typed(n.text):
		return append(dst, n.text...)
	}
	return fhir.AppendString(dst, n.text)
}

func (n *node) appendObject(dst []byte) []byte {
	dst = append(dst, '{')
	for i, key := range n.keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(fhir.AppendString(dst, key.text), ':')
		dst = n.values[i].appendJSON(dst, false)
	}
	return append(dst, '}')
}

// typed reports whether a text reads the same as a JSON value: 1.50 would
// become 1.5 in programs, and 02108 is none.
func typed(text string) bool {
	n, err := strconv.ParseInt(text, 10, 32)
	return text == "true" || text == "false" || err == nil && strconv.FormatInt(n, 10) == text
}
