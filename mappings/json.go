package mappings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"chartlift/internal/issue"
)

// JSON returns the text of a mapping, as it stands in its file and without what it extends, as indented JSON with its keys in their order. The language knows
// no types: what is written without quotes as true, false or a whole number becomes that in JSON, everything else a string (a ZIP code 02108, a version 1.10).
// Read back as a mapping, it is the same one; comments are not part of it. Where the text is no mapping of the language, the issues say why.
func JSON(file string, text []byte) ([]byte, []issue.Issue) {
	var f findings
	n := parse(file, text, &f)
	if n == nil || f.failed() {
		return nil, f.list
	}
	var flat, out bytes.Buffer
	err := n.writeJSON(&flat, false)
	if err == nil {
		err = json.Indent(&out, flat.Bytes(), "", "  ")
	}
	if err != nil {
		f.add("E0101", n.pos, fmt.Sprintf("this mapping cannot be written as JSON: %v", err))
		return nil, f.list
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// writeJSON writes the node. A null that was written out in a list is a text there: NULL may be a null token.
func (n *node) writeJSON(out *bytes.Buffer, listed bool) error {
	switch {
	case n.kind == mapping:
		return n.writeObject(out)
	case n.kind == sequence:
		out.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := item.writeJSON(out, true); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case n.kind == null && (!listed || n.text == ""):
		out.WriteString("null")
		return nil
	case n.plain && typed(n.text):
		out.WriteString(n.text)
		return nil
	}
	return writeText(out, n.text)
}

func (n *node) writeObject(out *bytes.Buffer) error {
	out.WriteByte('{')
	for i, key := range n.keys {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeText(out, key.text); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := n.values[i].writeJSON(out, false); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// typed reports whether a text reads the same as a JSON value: 1.50 would become 1.5 in programs, and 02108 is none.
func typed(text string) bool {
	n, err := strconv.ParseInt(text, 10, 32)
	return text == "true" || text == "false" || err == nil && strconv.FormatInt(n, 10) == text
}

// writeText writes a JSON string, without the escapes for web pages: < and > are written as they stand in conditions.
func writeText(out *bytes.Buffer, text string) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the line end
	return nil
}
