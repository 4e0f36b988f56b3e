package mappingtest

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// absent is how a difference calls what is not there.
const absent = "absent"

// compare notes every difference between what was expected and what became of
// the rows.
func (r *Result) compare() {
	t := r.Test
	switch t.Outcome {
	case mappings.Unwritten:
		r.differs("expect", t.Expect, "nothing yet (--update writes it)", r.whole())
	case mappings.Rejected, mappings.Filtered:
		if r.Outcome != t.Outcome {
			r.differs("expect", t.Expect, t.Outcome.String(), r.whole())
		}
	case mappings.Made:
		r.resources()
	}
	if t.Count >= 0 && t.Count != len(r.Resources) {
		r.differs("expect_count", t.CountAt, strconv.Itoa(t.Count), strconv.Itoa(len(r.Resources)))
	}
	if t.AsksFor {
		r.issues()
	}
}

func (r *Result) differs(path string, at mappings.Span, want, got string) {
	r.Differences = append(r.Differences, Difference{Path: path, Want: want, Got: got, edit: mappings.Edit{At: at, Text: got}})
}

// whole returns what expect would say of the result.
func (r *Result) whole() string {
	if r.Outcome != mappings.Made {
		return r.Outcome.String()
	}
	var list []string
	for _, res := range r.Resources {
		var t fhir.Tree
		if t.Parse(res.JSON) != nil {
			return absent
		}
		list = append(list, flow(&t, 0, "resourceType", "id", "meta"))
	}
	if len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func (r *Result) resources() {
	t := r.Test
	if r.Outcome != mappings.Made || t.Count < 0 && len(r.Resources) != len(t.Resources) {
		want := "a " + t.Map.Resource
		if n := len(t.Resources); n != 1 {
			want = strconv.Itoa(n) + " resources"
		}
		r.differs("expect", t.Expect, want, r.whole())
		return
	}
	for i, want := range t.Resources {
		if i >= len(r.Resources) {
			break // expect_count says so
		}
		var tree fhir.Tree
		if err := tree.Parse(r.Resources[i].JSON); err != nil {
			r.differs("expect", t.Expect, "a resource", "a text that is not JSON: "+err.Error())
			continue
		}
		path := ""
		if len(t.Resources) > 1 {
			path = "[" + strconv.Itoa(i) + "]"
		}
		c := comparison{result: r, tree: &tree}
		c.value(want, 0, path, "")
	}
}

// comparison compares one resource.
type comparison struct {
	result *Result
	tree   *fhir.Tree
}

// value compares the value at node with what is wanted. path is shown, address
// is the same within the resource.
func (c *comparison) value(w *mappings.Want, node int, path, address string) {
	switch w.Kind {
	case mappings.WantObject:
		if c.tree.Kind(node) != fhir.Object {
			break
		}
		for _, p := range w.Parts {
			c.member(p, node, join(path, p.Key), join(address, p.Key))
		}
		return
	case mappings.WantList:
		if c.tree.Kind(node) != fhir.Array || c.tree.Count(node) != len(w.Parts) {
			break
		}
		i := 0
		for n := c.tree.First(node); n != 0; n = c.tree.Next(n) {
			step := "[" + strconv.Itoa(i) + "]"
			c.value(w.Parts[i], n, path+step, address+step)
			i++
		}
		return
	case mappings.WantText:
		if k := c.tree.Kind(node); k != fhir.Object && k != fhir.Array && c.tree.Text(node) == w.Text {
			return
		}
	}
	c.differs(w, path, address, flow(c.tree, node))
}

func (c *comparison) member(w *mappings.Want, object int, path, address string) {
	if w.URL != "" {
		c.extension(w, object, path, address)
		return
	}
	node := c.tree.Find(object, w.Key)
	switch {
	case node == 0 && w.Kind == mappings.WantAbsent:
	case node == 0:
		c.differs(w, path, address, absent)
	default:
		c.value(w, node, path, address)
	}
}

// extension compares the extensions with one URL.
func (c *comparison) extension(w *mappings.Want, object int, path, address string) {
	var found []int
	for n := c.tree.First(c.tree.Find(object, "extension")); c.tree.Find(object, "extension") != 0 && n != 0; n = c.tree.Next(n) {
		if c.tree.FindText(n, "url") == w.URL {
			found = append(found, n)
		}
	}
	if len(found) != len(w.Parts) {
		c.differs(w, path, address, c.extensions(found))
		return
	}
	for i, n := range found {
		c.value(w.Parts[i], n, path, address)
	}
}

// extensions writes extensions of one URL as tests expect them: { valueCode: …
// } or parts by name.
func (c *comparison) extensions(nodes []int) string {
	var all []string
	for _, node := range nodes {
		if list := c.tree.Find(node, "extension"); list != 0 {
			var parts []string
			for n := c.tree.First(list); n != 0; n = c.tree.Next(n) {
				parts = append(parts, c.tree.FindText(n, "url")+": "+flow(c.tree, n, "url"))
			}
			all = append(all, "{ "+strings.Join(parts, ", ")+" }")
			continue
		}
		all = append(all, flow(c.tree, node, "url"))
	}
	switch len(all) {
	case 0:
		return absent
	case 1:
		return all[0]
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (c *comparison) differs(w *mappings.Want, path, address, got string) {
	text := got
	if got == absent {
		text = "null"
	}
	want := show(w)
	if w.Kind == mappings.WantText && got == strings.Trim(got, `"`) {
		want = w.Text // beside a number or code without quotes it has none either
	}
	d := Difference{Path: path, Want: want, Got: got, edit: mappings.Edit{At: w.At, Text: text}}
	if rule := c.result.Test.Map.RuleAt(address); rule != nil {
		d.Rule, d.RuleAt = rule.Address, rule.Pos
	}
	c.result.Differences = append(c.result.Differences, d)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// issues compares the findings, whatever their order.
func (r *Result) issues() {
	left := slices.Clone(r.Issues)
	var missing []mappings.WantIssue
	for _, w := range r.Test.Issues {
		at := slices.IndexFunc(left, func(i issue.Issue) bool { return matches(w, i) })
		if at < 0 {
			missing = append(missing, w)
			continue
		}
		left = slices.Delete(left, at, at+1)
	}
	if len(missing) == 0 && len(left) == 0 {
		return
	}
	var all []mappings.WantIssue
	for _, i := range r.Issues {
		all = append(all, mappings.WantIssue{Rule: i.Rule, Code: i.Code, Value: i.Value})
	}
	r.differs("expect_issues", r.Test.IssuesAt, showIssues(r.Test.Issues), showIssues(all))
}

func matches(w mappings.WantIssue, i issue.Issue) bool {
	return (w.Rule == "" || w.Rule == i.Rule) && (w.Code == "" || w.Code == i.Code) && (w.Value == "" || w.Value == i.Value)
}
