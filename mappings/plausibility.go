package mappings

import (
	"slices"
	"strconv"

	"chartlift/validate/plausible"
)

func plausibilityKeys() []keyDoc {
	return []keyDoc{
		{"off", "text", "Why the rule is silent for this site. The reason is printed in every report."},
		{"threshold", "text", "Share of violations that pass, such as 2%."},
	}
}

// plausibility compiles what the site says about rules of plausibility, by
// their names.
func (c *compiler) plausibility(n *node) {
	c.prog.Plausibility = map[string]plausible.Setting{}
	var names []string
	for _, r := range plausible.Rules() {
		names = append(names, r.Name)
	}
	c.each(n, func(key, value *node) {
		if !slices.Contains(names, key.text) {
			c.suggest("E0103", key.pos, "no rule of plausibility is called "+strconv.Quote(key.text), nearest(key.text, names))
			return
		}
		if !c.section(value, "plausibility") {
			return
		}
		s := plausible.Setting{Off: c.constant(value.get("off"))}
		if off := value.get("off"); off != nil && s.Off == "" {
			c.add("E0105", off.pos, "say why the rule is silent here: off: REASON")
		}
		if t := value.get("threshold"); t != nil {
			percent := c.percent(t)
			s.Threshold = &percent
		}
		c.prog.Plausibility[key.text] = s
	})
}
