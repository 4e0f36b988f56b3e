package ccda

import (
	"strings"

	"chartlift/extract"
)

// collapse makes one line of text: XML's line ends and indentation mean nothing
// in CDA.
func collapse(text string) string { return strings.Join(strings.Fields(text), " ") }

// content returns all text in n in one line.
func content(n *node) string {
	var b strings.Builder
	var add func(*node)
	add = func(n *node) {
		if n.name == "br" {
			b.WriteByte(' ')
		}
		b.WriteString(n.text)
		for _, c := range n.nodes {
			add(c)
			if breaks(c.name) != "" {
				b.WriteByte(' ')
			}
		}
	}
	add(n)
	return collapse(b.String())
}

// textOf is the value of an element that holds text. Without any it is NULL
// where it has a nullFlavor, else "".
func textOf(n *node) extract.Value {
	text := content(n)
	if _, null := n.attr("nullFlavor"); text == "" && null {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: text, Kind: extract.Text}
}

// partsOf joins the parts of a name or an address, or takes its text where it
// has none.
func partsOf(n *node) extract.Value {
	var parts []string
	for _, c := range n.nodes {
		if text := content(c); text != "" && c.name != "useablePeriod" && c.name != "validTime" {
			parts = append(parts, text)
		}
	}
	if _, null := n.attr("nullFlavor"); len(parts) == 0 && null {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: strings.Join(parts, " "), Kind: extract.Text}
}

// breaks returns what parts an element of the narrative from the next one (CDA
// R2, 4.3.5).
func breaks(name string) string {
	switch name {
	case "paragraph", "item", "list", "table", "tr", "br", "caption", "title", "text":
		return "\n"
	case "td", "th":
		return "\t"
	}
	return ""
}

// narrative writes the text of a section: a line for each paragraph, item and
// row of a table, cells parted by tabs.
func narrative(n *node) string {
	var b strings.Builder
	var add func(*node)
	add = func(n *node) {
		b.WriteString(spaces(n.text))
		for _, c := range n.nodes {
			add(c)
			b.WriteString(breaks(c.name))
		}
	}
	add(n)
	lines := strings.Split(b.String(), "\n")
	kept := lines[:0]
	for _, line := range lines {
		cells := strings.Split(line, "\t")
		for i := range cells {
			cells[i] = collapse(cells[i])
		}
		if line = strings.TrimRight(strings.Join(cells, "\t"), "\t"); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// spaces makes spaces of the line ends and tabs of the file.
func spaces(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, text)
}

// anchors lists the elements of a narrative that have an ID.
func anchors(n *node, into map[string]*node) {
	if id, ok := n.attr("ID"); ok {
		if _, twice := into[id]; !twice {
			into[id] = n
		}
	}
	for c := range n.elements {
		anchors(c, into)
	}
}
