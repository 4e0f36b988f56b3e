package mappings

import (
	"slices"
	"strconv"
	"strings"
)

// Check is a demand on a row: where That is false (not where it is unknown),
// the finding check-failed says Else, and Policy is applied. Rule is what At
// names, nil where it names nothing.
type Check struct {
	Address string
	That    *Predicate
	Else    string
	Policy  Policy // never Inherit
	Rule    *Rule
}

func checkKeys() []keyDoc {
	return []keyDoc{
		{"that", "text", "SQL condition on the row; where it is false the check fails. NULL passes."},
		{"else", "text", "What the finding says."},
		{"at", "text", "Element that the finding is about, such as period.end or name[0].family."},
		{"policy", "check policy", "omit-element (leaves out what at names), reject-resource, reject-row, stop-run or warn; the map's bad_value if not given."},
	}
}

// checkPolicies are the words that stand for the policy of a check.
func checkPolicies() map[string]Policy {
	return map[string]Policy{
		"omit-element": OmitElement, "reject-resource": RejectResource, "reject-row": RejectRow, "stop-run": StopRun, "warn": Warn,
	}
}

// checks compiles the checks of a map. It needs the map's rules.
func (c *compiler) checks(m *Map, n *node, s scope) {
	for i, item := range c.list2(n) {
		if !c.section(item, "check") {
			continue
		}
		k := Check{
			Address: m.Name + ".check[" + strconv.Itoa(i) + "]", That: c.predicate(item.get("that"), s),
			Else: c.constant(item.get("else")), Policy: m.Policy.BadValue,
		}
		if k.That == nil && item.get("that") == nil || k.Else == "" {
			c.add("E0105", item.pos, `a check is { that: "STOP IS NULL OR STOP >= START", else: what is wrong }`)
		}
		if p := item.get("policy"); p != nil {
			k.Policy = c.checkPolicy(p)
		}
		if at := item.get("at"); at != nil {
			k.Rule = c.ruleAt(m, at)
		} else if k.Policy == OmitElement {
			c.add("E0105", item.pos, "say which element is left out where the check fails: at: ELEMENT, or another policy")
		}
		if k.Rule != nil {
			k.Address = k.Rule.Address
			if k.Policy == OmitElement {
				k.Rule.Checks = append(k.Rule.Checks, len(m.Checks))
			}
		}
		m.Checks = append(m.Checks, k)
	}
}

func (c *compiler) checkPolicy(n *node) Policy {
	names := checkPolicies()
	p, ok := names[c.text(n)]
	if !ok {
		c.suggest("E0107", n.pos, "a check's policy is one of "+strings.Join(keysOf(names), ", "), nearest(n.text, keysOf(names)))
	}
	return p
}

// ruleAt returns the rule of the map that writes the element.
func (c *compiler) ruleAt(m *Map, n *node) *Rule {
	var found *Rule
	var all []string
	prefix := m.Name + "."
	walk(m.Root, func(r *Rule) {
		address, below := strings.CutPrefix(r.Address, prefix)
		if below && !slices.Contains(all, address) {
			all = append(all, address)
			if address == n.text {
				found = r
			}
		}
	})
	if found == nil && m.Root != nil {
		c.suggest("E0120", n.pos, "no rule of this map writes "+strconv.Quote(n.text)+"; at names an element as findings do: period.end, name[0].family", nearest(n.text, all))
	}
	return found
}

// walk calls do for r and every rule below it, outer ones first.
func walk(r *Rule, do func(*Rule)) {
	if r == nil {
		return
	}
	do(r)
	for _, m := range r.Rules {
		walk(m, do)
	}
	for _, b := range r.Cases {
		walk(b.Then, do)
	}
	if r.Each != nil {
		walk(r.Each.Item, do)
	}
}

// EachPipe calls do for every pipe of the map's rules, lookups and id with the
// address of its rule.
func (m *Map) EachPipe(do func(rule string, p *Pipe)) {
	if m.Updated != nil {
		do(m.Name+".updated", m.Updated)
	}
	if m.ID != nil {
		do(m.Name+".id", m.ID)
	}
	for _, l := range m.Lookups {
		for _, on := range l.On {
			do(m.Name+".lookup."+l.Alias, on.Value)
		}
	}
	walk(m.Root, func(r *Rule) {
		if r.Pipe == nil {
			return
		}
		do(r.Address, r.Pipe)
		if r.Pipe.Ref != nil {
			for _, k := range r.Pipe.Ref.Keys {
				do(r.Address, k)
			}
		}
	})
}
