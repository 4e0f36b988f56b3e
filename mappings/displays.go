package mappings

import (
	"chartlift/fhir"
)

// displays reads the names of a code system's codes from a file of the user's.
func (c *compiler) displays(key, n *node) {
	if !c.section(n, "displays") {
		return
	}
	file, system := n.get("csv"), c.constant(n.get("system"))
	if file == nil || system == "" {
		c.add("E0105", n.pos, "name the file and its code system: { csv: FILE, code: COLUMN, display: COLUMN, system: URI }")
		return
	}
	t := c.csvFile(file)
	if t == nil {
		return
	}
	code, display := t.named(n, "code"), t.named(n, "display")
	if code < 0 || display < 0 {
		if n.get("display") == nil {
			c.add("E0105", n.pos, "say which column of the file holds the display: display: COLUMN")
		}
		return
	}
	x := c.names[system]
	if x == nil {
		x = &Crosswalk{Name: "displays " + key.text, Pos: key.pos, Target: map[string]Target{}, Unmapped: OmitElement, Silent: true}
		c.names[system] = x
	}
	t.each(func(row []string, _ int) {
		if from, to := cell(row, code), cell(row, display); from != "" && to != "" {
			x.Target[from] = Target{Code: to}
		}
	})
}

// nameTargets gives the targets of a crosswalk their displays, where it has
// none of its own.
func (c *compiler) nameTargets(x *Crosswalk) {
	for source, t := range x.Target {
		if names := c.names[t.System]; names != nil && t.Display == "" {
			t.Display = names.Target[t.Code].Code
			x.Target[source] = t
		}
	}
	if names := c.names[x.Use.System]; names != nil && x.Use.Display == "" {
		x.Use.Display = names.Target[x.Use.Code].Code
	}
}

// nameCoding adds the display to a Coding of a known system that has a code and
// no display.
func (c *compiler) nameCoding(r *Rule) {
	system, code := r.members("system"), r.members("code")
	if r.Type != "Coding" || len(system) != 1 || len(code) != 1 || len(r.members("display")) > 0 || system[0].Kind != Const {
		return
	}
	names := c.names[system[0].Const]
	def, _ := fhir.LookupType("Coding")
	element, at, ok := def.Element("display")
	if names == nil || !ok {
		return
	}
	add := &Rule{Address: r.Address + ".display", Name: "display", Pos: code[0].Pos, Type: "string", Element: element, Policy: r.Policy, When: code[0].When}
	switch m := code[0]; m.Kind {
	case Const:
		add.Kind, add.Const = Const, names.Target[m.Const].Code
		if add.Const == "" {
			return
		}
	case PipeOf:
		pipe := *m.Pipe
		pipe.Stages = append(pipe.Stages[:len(pipe.Stages):len(pipe.Stages)], Stage{Kind: CodeStage, Name: "displays", Crosswalk: names, Pos: m.Pos})
		pipe.Type = "string"
		add.Kind, add.Pipe, add.Fed, add.Shadow = PipeOf, &pipe, true, true
	default:
		return
	}
	place := 0
	for place < len(r.Rules) {
		if _, i, _ := def.Element(r.Rules[place].Name); i > at {
			break
		}
		place++
	}
	r.Rules = append(r.Rules[:place], append([]*Rule{add}, r.Rules[place:]...)...)
}

func displaysKeys() []keyDoc {
	return []keyDoc{
		{"csv", "text", "CSV file of the names, beside the mapping."},
		{"code", "text", "Column of the code."},
		{"display", "text", "Column of its name."},
		{"system", "text", "Code system URI of the codes."},
	}
}
