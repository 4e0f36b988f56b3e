package mappings

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

// maxCrosswalkBytes bounds a crosswalk file.
const maxCrosswalkBytes = 256 << 20

// Crosswalk translates local codes. Target is keyed by the source code; several
// source systems are not told apart. A Silent one only adds displays: what it
// does not know is not counted.
type Crosswalk struct {
	Name         string
	Pos          issue.Position
	Target       map[string]Target
	SourceSystem string
	Unmapped     Policy // Inherit: the policy of the rule decides
	Use          Target // with UseCode
	Silent       bool
}

// Target is the code that a source code is translated to. Equivalence is how
// the two relate, as a code of FHIR R4's ConceptMapEquivalence; "" where the
// crosswalk does not say.
type Target struct {
	System, Code, Display string
	Equivalence           string
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
	r := &walkReader{compiler: c, x: x, n: n, system: system, accepted: []string{"equivalent", "equal", "wider", "relatedto"}}
	if e := n.get("equivalence"); e != nil {
		r.accepted = c.equivalences(e)
	}
	r.read()
	for _, file := range c.list2(n.get("worklist")) {
		r.worklist(file)
	}
	c.nameTargets(x)
}

// walkForms are the keys that say where a crosswalk's targets stand.
func walkForms() []string { return []string{"inline", "csv", "conceptmap", "gem", "rf2"} }

// walkReader reads the targets of one crosswalk.
type walkReader struct {
	*compiler
	x        *Crosswalk
	n        *node
	system   string
	accepted []string // equivalences
}

func (r *walkReader) read() {
	given := ""
	for _, form := range walkForms() {
		at := r.n.get(form)
		switch {
		case at == nil:
			continue
		case given != "":
			r.add("E0107", at.pos, "a crosswalk is one of "+strings.Join(walkForms(), ", ")+", not two of them")
			continue
		}
		given = form
		switch form {
		case "inline":
			r.each(at, func(from, to *node) {
				if code := r.text(to); code != "" { // a gap that the user left to be filled, as in a file
					r.x.Target[from.text] = Target{System: r.system, Code: code}
				}
			})
		case "csv":
			for _, file := range r.list2(at) {
				r.csv(file)
			}
		case "conceptmap":
			r.conceptMap(at)
		case "gem":
			r.gem(at)
		case "rf2":
			r.rf2(at)
		}
	}
	if given == "" && r.n.get("worklist") == nil {
		r.add("E0105", r.n.pos, "a crosswalk needs "+strings.Join(walkForms(), ", ")+" or worklist")
	}
}

// put adds a target; line is where the file gives it.
func (r *walkReader) put(file *node, line int, source string, t Target) {
	if before, ok := r.x.Target[source]; ok && before != t {
		r.add("E0403", file.pos, "line "+strconv.Itoa(line)+" gives the code "+strconv.Quote(source)+" a second, different target; keep one")
	}
	r.x.Target[source] = t
}

// equivalences reads a list of FHIR's words for how two codes relate.
func (c *compiler) equivalences(n *node) []string {
	words := []string{"relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact"}
	for _, item := range c.list2(n) {
		if !slices.Contains(words, item.text) {
			c.suggest("E0107", item.pos, "an equivalence is one of "+strings.Join(words, ", "), nearest(item.text, words))
		}
	}
	return c.texts(n)
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

// beside reads a file that the mapping names relative to the file in which the
// name stands.
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
