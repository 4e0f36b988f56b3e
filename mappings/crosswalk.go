package mappings

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"chartlift/internal/issue"
)

// maxCrosswalkBytes bounds a crosswalk file.
const maxCrosswalkBytes = 256 << 20

// Crosswalk translates local codes. Target is keyed by the source code; several
// source systems are not told apart.
type Crosswalk struct {
	Name         string
	Pos          issue.Position
	Target       map[string]Target
	SourceSystem string
	Unmapped     Policy // Inherit: the policy of the rule decides
	Use          Target // with UseCode
}

// Target is the code that a source code is translated to.
type Target struct {
	System, Code, Display string
}

func (c *compiler) crosswalk(key, n *node) {
	if !c.section(n, "crosswalk") {
		return
	}
	x := &Crosswalk{Name: key.text, Pos: key.pos, Target: map[string]Target{}, SourceSystem: c.constant(n.get("source_system"))}
	c.crosswalks[x.Name] = x
	c.prog.Crosswalks = append(c.prog.Crosswalks, x)
	system := c.constant(n.get("system"))
	c.unmapped(x, n.get("unmapped"), system)
	switch {
	case n.get("inline") != nil:
		c.each(n.get("inline"), func(from, to *node) {
			if code := c.text(to); code != "" { // a gap that the user left to be filled, as in a file
				x.Target[from.text] = Target{System: system, Code: code}
			}
		})
	case n.get("csv") != nil:
		c.crosswalkCSV(x, n, system)
	case n.get("conceptmap") != nil:
		c.conceptMap(x, n, system)
	default:
		c.add("E0105", n.pos, "a crosswalk needs inline, csv or conceptmap")
	}
}

func (c *compiler) unmapped(x *Crosswalk, n *node, system string) {
	if n == nil {
		return
	}
	if n.kind == scalar {
		x.Unmapped = c.policy(n)
		return
	}
	use := n.get("use")
	if use == nil {
		c.add("E0105", n.pos, "write unmapped: keep-text (or another policy), or unmapped: { use: CODE }")
		return
	}
	x.Unmapped = UseCode
	x.Use = Target{System: system, Code: c.text(use), Display: c.constant(n.get("display"))}
	if s := n.get("system"); s != nil {
		x.Use.System = c.constant(s)
	}
}

// beside reads a file that the mapping names relative to the file in which the name stands.
func (c *compiler) beside(n *node) []byte {
	from := c.files[n.pos.File]
	name := path.Join(path.Dir(from.name), c.text(n))
	info, err := fs.Stat(from.fs, name)
	if err == nil && info.Size() > maxCrosswalkBytes {
		c.add("E0402", n.pos, "this file is larger than 256 MiB")
		return nil
	}
	text, err := fs.ReadFile(from.fs, name)
	if err != nil {
		c.add("E0402", n.pos, "the file "+strconv.Quote(n.text)+" cannot be read beside the mapping: "+pathCause(err))
		return nil
	}
	c.sum.Write(text)
	return text
}

func (c *compiler) crosswalkCSV(x *Crosswalk, n *node, system string) {
	file := n.get("csv")
	text := c.beside(file)
	if text == nil {
		return
	}
	if !utf8.Valid(text) {
		c.add("E0402", file.pos, "the crosswalk is not UTF-8 text; save it as CSV UTF-8")
		return
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	header, err := r.Read()
	if err != nil {
		c.notCSV(file, err)
		return
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t|") {
		c.add("E0402", file.pos, "the crosswalk's columns are not parted by commas; save it as CSV with commas")
		return
	}
	from, to, display := c.header2(header, n, "from"), c.header2(header, n, "to"), c.header2(header, n, "display")
	if from < 0 || to < 0 {
		return
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			c.notCSV(file, err)
			return
		}
		t := Target{System: system, Code: strings.TrimSpace(row[to])}
		if display >= 0 {
			t.Display = strings.TrimSpace(row[display])
		}
		source := strings.TrimSpace(row[from])
		if source == "" || t.Code == "" {
			continue // an empty target is a gap that the user left to be filled
		}
		if before, ok := x.Target[source]; ok && before != t {
			line, _ := r.FieldPos(from)
			c.add("E0403", file.pos, "line "+strconv.Itoa(line)+" gives the code "+strconv.Quote(source)+" a second, different target; keep one")
		}
		x.Target[source] = t
	}
}

func (c *compiler) notCSV(file *node, err error) {
	message := "the crosswalk is empty; its first line names the columns"
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		message = "the crosswalk's line " + strconv.Itoa(pe.Line) + " is not CSV: " + pe.Err.Error()
	}
	c.add("E0402", file.pos, message)
}

// header2 returns the index of the column that the key of the crosswalk names, -1 where none is.
func (c *compiler) header2(header []string, n *node, key string) int {
	name := n.get(key)
	if name == nil {
		if key != "display" {
			c.add("E0105", n.pos, "say which column of the file holds the code: "+key+": COLUMN")
		}
		return -1
	}
	i := slices.Index(header, c.text(name))
	if i < 0 {
		c.suggest("E0402", name.pos, "the crosswalk file has no column "+strconv.Quote(name.text)+"; it has "+strings.Join(header, ", "), nearest(name.text, header))
	}
	return i
}

// conceptMapFile is the part of a FHIR ConceptMap that a crosswalk needs.
type conceptMapFile struct {
	ResourceType string `json:"resourceType"`
	Group        []struct {
		Source  string `json:"source"`
		Target  string `json:"target"`
		Element []struct {
			Code   string `json:"code"`
			Target []struct {
				Code        string `json:"code"`
				Display     string `json:"display"`
				Equivalence string `json:"equivalence"`
			} `json:"target"`
		} `json:"element"`
	} `json:"group"`
}

func (c *compiler) conceptMap(x *Crosswalk, n *node, system string) {
	file := n.get("conceptmap")
	text := c.beside(file)
	if text == nil {
		return
	}
	var cm conceptMapFile
	if err := json.Unmarshal(text, &cm); err != nil || cm.ResourceType != "ConceptMap" {
		c.add("E0402", file.pos, "this is not a FHIR ConceptMap in JSON")
		return
	}
	accepted := []string{"equivalent", "equal", "wider", "relatedto"}
	if e := n.get("equivalence"); e != nil {
		accepted = c.texts(e)
	}
	for _, g := range cm.Group {
		if x.SourceSystem == "" {
			x.SourceSystem = g.Source
		}
		for _, e := range g.Element {
			for _, t := range e.Target {
				if t.Code == "" || t.Equivalence != "" && !slices.Contains(accepted, t.Equivalence) {
					continue
				}
				target := Target{System: g.Target, Code: t.Code, Display: t.Display}
				if target.System == "" {
					target.System = system
				}
				if _, ok := x.Target[e.Code]; !ok { // the first target accepted is the map's choice
					x.Target[e.Code] = target
				}
			}
		}
	}
}
