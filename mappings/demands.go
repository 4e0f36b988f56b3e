package mappings

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// What a profile asks for is compared with the rules of a map: required
// elements and slices, fixed values, and the elements that it must support.
// What a pipe makes as a whole (a CodeableConcept, a name) is not looked into:
// only the row knows.

// demands compares a map with the profiles that it names.
func (c *compiler) demands(m *Map, n *node) {
	for _, p := range c.list2(n) {
		def, ok := c.profile(p.text)
		if !ok || def.Type != m.Resource || m.Root == nil {
			continue
		}
		d := demands{c: c, m: m, profile: def.Title, at: p.pos}
		all := demandsOf(def.Root, nil)
		for i := range all {
			d.element(all, i)
		}
		d.note()
	}
}

// demands holds what is known of one profile of a map.
type demands struct {
	c       *compiler
	m       *Map
	profile string
	at      issue.Position
	unmet   []string // elements to support that no rule writes
}

// element looks at one demand. A slice is looked at as a whole, at its first
// line.
func (d *demands) element(all []demanded, i int) {
	e := &all[i]
	path, rest, sliced := strings.Cut(e.id, ":")
	if !sliced {
		d.plain(e)
		return
	}
	if strings.Contains(rest, ".") {
		return
	}
	inside := all[i:]
	for n := 1; n < len(inside); n++ {
		if !strings.HasPrefix(inside[n].id, e.id+".") {
			inside = inside[:n]
			break
		}
	}
	d.slice(path, inside)
}

// plain looks at an element that is not part of a slice.
func (d *demands) plain(e *demanded) {
	parent, name := "", e.id
	if i := strings.LastIndexByte(e.id, '.'); i >= 0 {
		parent, name = e.id[:i], e.id[i+1:]
	}
	around := rulesAt([]*Rule{d.m.Root}, parent)
	if len(around) == 0 {
		if top, _, _ := strings.Cut(parent, "."); e.mustSupport && len(d.m.Root.members(top)) == 0 {
			d.miss(top)
		}
		return
	}
	have := 0
	for _, r := range around {
		if members := r.members(name); len(members) > 0 {
			have++
			d.fixed(e, members)
		} else if r.opaque() {
			have++
		}
	}
	switch {
	case have == len(around):
	case e.min > 0 && baseRequires(around[0].Type, name): // said already
	case e.min > 0 && have == 0:
		d.c.add("E0121", d.at, d.profile+" requires "+e.id+", which no rule of this map writes; map it, or drop the profile")
	case e.min > 0:
		d.c.warn("W0121", d.at, d.profile+" requires "+e.id+", which "+strconv.Itoa(len(around)-have)+" of "+strconv.Itoa(len(around))+" entries lack")
	case e.mustSupport && have == 0:
		d.miss(e.id)
	}
}

// fixed compares constants with the value that the profile fixes.
func (d *demands) fixed(e *demanded, members []*Rule) {
	if e.system == "" && e.code == "" {
		return
	}
	for _, r := range entries(members) {
		if r.holds(e.system, e.code) == no {
			d.c.add("E0122", r.Pos, d.profile+" wants "+wish(e)+" in "+e.id)
		}
	}
}

// slice looks for an entry of path that meets the slice whose demands are
// lines.
func (d *demands) slice(path string, lines []demanded) {
	around := rulesAt([]*Rule{d.m.Root}, parentOf(path))
	candidates := rulesAt([]*Rule{d.m.Root}, path)
	for _, r := range around {
		if r.opaque() {
			return
		}
	}
	wanted := ""
	for i := range lines {
		if lines[i].system+lines[i].code != "" && wanted == "" {
			wanted = " with " + wish(&lines[i])
		}
	}
	if slices.ContainsFunc(candidates, func(r *Rule) bool { return meets(r, lines) }) {
		return
	}
	switch {
	case lines[0].min > 0 && len(candidates) > 0:
		d.c.add("E0121", d.at, d.profile+" requires an entry of "+path+wanted+", which no rule of this map writes; map it, or drop the profile")
	case lines[0].mustSupport && path == "extension":
		d.miss("extension(" + lines[0].code[strings.LastIndexByte(lines[0].code, '/')+1:] + ")")
	case lines[0].mustSupport:
		d.miss(path + wanted)
	}
}

// meets reports whether an entry may be the slice: none of its constants says
// otherwise.
func meets(r *Rule, lines []demanded) bool {
	for i := range lines {
		e := &lines[i]
		if e.system == "" && e.code == "" {
			continue
		}
		places := []*Rule{r}
		if _, path, inner := strings.Cut(e.id[strings.IndexByte(e.id, ':'):], "."); inner {
			if strings.Contains(path, "[x]") {
				continue // what a value must be like does not tell slices apart
			}
			places = rulesAt(places, path)
		}
		if !slices.ContainsFunc(places, func(r *Rule) bool { return r.holds(e.system, e.code) != no }) && !r.opaque() {
			return false
		}
	}
	return true
}

func (d *demands) miss(element string) {
	if !slices.Contains(d.unmet, element) {
		d.unmet = append(d.unmet, element)
	}
}

// note lists what the profile must support and no rule writes. That is no
// mistake where the old system has no such thing.
func (d *demands) note() {
	if len(d.unmet) == 0 {
		return
	}
	d.c.prog.Notes = append(d.c.prog.Notes, issue.Issue{
		Severity: issue.Information, Code: "I0121", Type: "informational", At: d.at,
		Message: d.profile + " must support elements that no rule of " + d.m.Name + " writes: " + strings.Join(d.unmet, ", ") + "; map them if the source has them",
	})
}

func wish(e *demanded) string {
	switch {
	case e.system == "":
		return strconv.Quote(e.code)
	case e.code == "":
		return "the system " + e.system
	}
	return "the code " + e.code + " of " + e.system
}

func parentOf(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return ""
}

func baseRequires(typ, name string) bool {
	def, ok := fhir.LookupType(typ)
	if !ok {
		return false
	}
	choice, isChoice := strings.CutSuffix(name, "[x]")
	return slices.ContainsFunc(def.Elements, func(e fhir.Element) bool {
		return e.Min > 0 && (e.Name == name || isChoice && e.Choice == choice)
	})
}

// entries unwraps lists, rows and cases to the rules that make one value each.
func entries(rules []*Rule) []*Rule {
	var out []*Rule
	for _, r := range rules {
		switch r.Kind {
		case ListOf:
			out = append(out, entries(r.Rules)...)
		case Each:
			if r.Each.Item != nil {
				out = append(out, entries([]*Rule{r.Each.Item})...)
			}
		case Cases:
			for _, b := range r.Cases {
				if b.Then != nil {
					out = append(out, entries([]*Rule{b.Then})...)
				}
			}
		default:
			out = append(out, r)
		}
	}
	return out
}

// rulesAt returns the rules that write the path below rules. Rules that make
// the whole of something stand for what is inside it.
func rulesAt(rules []*Rule, path string) []*Rule {
	rules = entries(rules)
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		var next []*Rule
		for _, r := range rules {
			if r.opaque() {
				next = append(next, r)
				continue
			}
			next = append(next, entries(r.members(name))...)
		}
		rules = next
	}
	return rules
}

// members returns the rules of an object that write the element; name[x] is any
// branch of the choice.
func (r *Rule) members(name string) []*Rule {
	var out []*Rule
	choice, isChoice := strings.CutSuffix(name, "[x]")
	for _, m := range r.Rules {
		if m.Name == name || isChoice && m.Element != nil && m.Element.Choice == choice {
			out = append(out, m)
		}
	}
	return out
}

// opaque reports whether only the row knows what the value is made of.
func (r *Rule) opaque() bool { return r.Kind == PipeOf || r.Kind == Text }

// certainty is what can be said before a row is read.
type certainty uint8

const (
	no certainty = iota
	maybe
	yes
)

// holds reports whether the value is, or has, the code of the system; "" is
// any.
func (r *Rule) holds(system, code string) certainty {
	switch {
	case r.opaque():
		return maybe
	case r.Kind == Const:
		return sure(r.Const == code)
	case r.Type == "CodeableConcept":
		best := no
		for _, coding := range entries(r.members("coding")) {
			best = max(best, coding.holds(system, code))
		}
		return best
	case r.Type == "Extension":
		return memberHolds(r, "url", code)
	case r.Type == "Coding":
		return min(memberHolds(r, "system", system), memberHolds(r, "code", code))
	case r.Type == "Identifier":
		return memberHolds(r, "system", system)
	}
	return maybe
}

func memberHolds(r *Rule, name, want string) certainty {
	if want == "" {
		return yes
	}
	best := no
	for _, m := range entries(r.members(name)) {
		best = max(best, m.holds("", want))
	}
	return best
}

func sure(ok bool) certainty {
	if ok {
		return yes
	}
	return no
}
