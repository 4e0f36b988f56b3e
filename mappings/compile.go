package mappings

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"chartlift/internal/issue"
)

// Compile reads the mapping called name and the crosswalk files that it names
// from fsys, and checks it against the definitions of FHIR. All findings come
// at once; the Program is nil if any of them is an error.
func Compile(fsys fs.FS, name string, o Options) (*Program, []issue.Issue) {
	c := newCompiler(name, o)
	root := c.load(name, sourceFile{fsys, name}, issue.Position{File: name}, nil)
	if root == nil {
		return nil, c.list
	}
	c.compile(root)
	slices.SortStableFunc(c.list, func(a, b issue.Issue) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	c.list = folded(c.list)
	if c.failed() {
		return nil, c.list
	}
	c.prog.SHA256 = hex.EncodeToString(c.sum.Sum(nil))
	return c.prog, c.list
}

// Tables compiles a mapping in which Compile found errors once more, for what
// can still be looked at: whether its sources have the columns that views and
// rules name. It is nil where the sources or views themselves cannot be read.
// Maps of it may be incomplete.
func Tables(fsys fs.FS, name string, o Options) *Program {
	c := newCompiler(name, o)
	root := c.load(name, sourceFile{fsys, name}, issue.Position{File: name}, nil)
	if root == nil || root.kind != mapping {
		return nil
	}
	c.compile(root)
	if c.tablesFailed || len(c.prog.Sources) == 0 {
		return nil
	}
	return c.prog
}

func newCompiler(name string, o Options) *compiler {
	return &compiler{
		file: name, options: o, sum: sha256.New(), files: map[string]sourceFile{},
		sources: map[string]*Source{}, crosswalks: map[string]*Crosswalk{}, maps: map[string]*Map{},
		names: map[string]*Crosswalk{},
	}
}

// pathCause leaves the path out of an error of the file system: the finding
// names the file already.
func pathCause(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}

// compiler holds what is known while a mapping is compiled.
type compiler struct {
	findings
	file         string
	files        map[string]sourceFile // the mapping and what it extends, by the names that positions have
	options      Options
	sum          hash.Hash
	prog         *Program
	sources      map[string]*Source
	crosswalks   map[string]*Crosswalk
	maps         map[string]*Map
	names        map[string]*Crosswalk // displays, by code system
	current      *Map                  // the map whose rules are being compiled
	tablesFailed bool                  // sources or views have errors
	compared     bool                  // the column at hand stands where a condition would have a text: Sex = M
	missing      Policy                // what the place that is being compiled says of columns that are not there
}

func (c *compiler) compile(root *node) {
	c.prog = &Program{File: c.file, Params: map[string]string{}}
	if !c.section(root, "mapping") {
		return
	}
	c.header(root)
	c.packages(root.get("packages"))
	c.params(root.get("params"))
	c.prog.Site = c.prog.Params["site"]
	if c.prog.Site == "" {
		c.prog.Site = c.prog.ID
	}
	c.defaults(root.get("defaults"))
	c.each(root.get("sources"), c.source)
	c.declareViews(root.get("views"))
	c.tablesFailed = c.failed()
	c.each(root.get("displays"), c.displays)
	c.each(root.get("crosswalks"), c.crosswalk)
	c.output(root.get("output"))
	c.expandFragments(root)
	c.declareMaps(root.get("maps"))
	c.each(root.get("maps"), c.fillMap)
	c.match(root.get("match"))
	c.markMapped()
	c.order()
	c.plausibility(root.get("plausibility"))
	c.tests(root.get("tests"))
}

func (c *compiler) header(root *node) {
	version := root.get("chartlift")
	switch {
	case version == nil:
		c.add("E0105", root.pos, "the first key must be chartlift: 1, the version of the mapping language")
	case version.text != "1":
		c.add("E0106", version.pos, "this version of the mapping language is not known; this program reads version 1")
	}
	c.prog.ID, c.prog.Version, c.prog.Title = c.text(root.get("id")), c.text(root.get("version")), c.text(root.get("title"))
	if id := root.get("id"); id == nil || id.kind == scalar && id.text == "" || id.kind == null {
		c.add("E0105", root.pos, "the mapping needs an id, such as id: acme-emr")
	}
	if v := root.get("fhir"); v != nil && v.text != "4.0.1" {
		c.add("E0106", v.pos, "only FHIR 4.0.1 (R4) can be written")
	}
	if root.get("maps") == nil {
		c.add("E0105", root.pos, "the mapping has no maps: nothing would be written")
	}
	if root.get("sources") == nil {
		c.add("E0105", root.pos, "the mapping has no sources: nothing would be read")
	}
}

func (c *compiler) params(n *node) {
	c.each(n, func(key, value *node) { c.prog.Params[key.text] = c.text(value) })
	for _, name := range keysOf(c.options.Set) {
		if _, ok := c.prog.Params[name]; !ok {
			c.suggest("E0108", issue.Position{File: c.file}, "--set names the param "+strconv.Quote(name)+", which the mapping does not have",
				nearest(name, keysOf(c.prog.Params)))
			continue
		}
		c.prog.Params[name] = c.options.Set[name]
	}
}

func (c *compiler) defaults(n *node) {
	d := Defaults{
		Trim: true, Nulls: []string{""}, Dates: nil, Pivot: 30,
		Policy: Policies{BadValue: RejectResource, MissingColumn: StopRun, UnmappedCode: KeepText, MissingReference: RejectResource},
		Limit:  Limit{After: 500},
	}
	defer func() { c.prog.Defaults, c.missing = d, d.Policy.MissingColumn }()
	if n == nil || !c.section(n, "defaults") {
		return
	}
	d.Trim = c.boolean(n.get("trim"), true)
	if v := n.get("nulls"); v != nil {
		d.Nulls = c.texts(v)
	}
	if v := n.get("dates"); v != nil {
		d.Dates = c.dateFormats(v)
	}
	if v := n.get("timezone"); v != nil {
		name := c.constant(v)
		zone, err := time.LoadLocation(name)
		if err != nil || name == "Local" || name == "" {
			c.add("E0107", v.pos, "this time zone is not known; use an IANA name such as America/New_York")
		}
		d.Location = zone
	}
	if v := n.get("two_digit_year"); v != nil && c.section(v, "two_digit_year") {
		d.Pivot = c.integer(v.get("pivot"), 30)
	}
	if v := n.get("policy"); v != nil {
		d.Policy = c.policies(v).over(d.Policy)
		d.Limit = c.limit(v.get("limit"), d.Limit)
	}
}

// dateFormats reads the formats and asks the cleaner date, whose formats they
// are, about each: a format that it cannot read would stop the run only once it
// had begun, and at a rule that is not to blame.
func (c *compiler) dateFormats(n *node) []string {
	formats := c.texts(n)
	at := slices.IndexFunc(c.options.Cleaners, func(s Signature) bool { return s.Name == "date" })
	if at < 0 || c.options.Cleaners[at].Check == nil {
		return formats
	}
	for i, item := range c.list2(n) {
		if err := c.options.Cleaners[at].Check([]StageArg{{Text: formats[i]}}); err != nil {
			c.add("E0303", item.pos, strings.TrimPrefix(err.Error(), "date: "))
		}
	}
	return formats
}

// policies reads a policy section, or one word that stands for every kind of
// trouble.
func (c *compiler) policies(n *node) Policies {
	if n == nil {
		return Policies{}
	}
	if n.kind == scalar {
		p := c.policy(n)
		return Policies{BadValue: p, UnmappedCode: p, MissingReference: p}
	}
	if !c.section(n, "policy") {
		return Policies{}
	}
	return Policies{
		BadValue: c.policy(n.get("bad_value")), MissingColumn: c.policy(n.get("missing_column")),
		UnmappedCode: c.policy(n.get("unmapped_code")), MissingReference: c.policy(n.get("missing_reference")),
	}
}

func (c *compiler) policy(n *node) Policy {
	if n == nil {
		return Inherit
	}
	names := policyNames()
	p, ok := names[c.text(n)]
	if !ok {
		c.suggest("E0107", n.pos, "this policy is not known; use omit-element, reject-resource, reject-row or stop-run (for codes also keep-text, keep-source)",
			nearest(n.text, keysOf(names)))
	}
	return p
}

// over returns p with every Inherit filled from wider.
func (p Policies) over(wider Policies) Policies {
	pick := func(a, b Policy) Policy {
		if a != Inherit {
			return a
		}
		return b
	}
	return Policies{
		BadValue: pick(p.BadValue, wider.BadValue), MissingColumn: pick(p.MissingColumn, wider.MissingColumn),
		UnmappedCode: pick(p.UnmappedCode, wider.UnmappedCode), MissingReference: pick(p.MissingReference, wider.MissingReference),
	}
}

// noLimit refuses a limit where it would be of no effect: rows are counted by
// table.
func (c *compiler) noLimit(policy *node) {
	if l := policy.get("limit"); l != nil {
		c.add("E0107", l.pos, "a limit counts the rows of a table: write it in the policy of the source, or of defaults")
	}
}

func (c *compiler) limit(n *node, fallback Limit) Limit {
	if n == nil || !c.section(n, "limit") {
		return fallback
	}
	if v := n.get("rejected"); v != nil {
		fallback.Percent = c.percent(v)
	}
	fallback.After = int64(c.integer(n.get("after"), int(fallback.After)))
	return fallback
}

// percent returns the share that a text such as 2% states.
func (c *compiler) percent(n *node) float64 {
	p, err := strconv.ParseFloat(strings.TrimSuffix(c.text(n), "%"), 64)
	if err != nil || p < 0 || p > 100 {
		c.add("E0107", n.pos, "write a share of the whole, such as 2%")
	}
	return p
}

// list2 returns the items of a list, or the node itself where one stands for
// the list.
func (c *compiler) list2(n *node) []*node {
	switch {
	case n == nil || n.kind == null:
		return nil
	case n.kind == sequence:
		return n.items
	}
	return []*node{n}
}

// markMapped tells the sources whose rows make resources from those that only
// serve lookups or views.
func (c *compiler) markMapped() {
	for _, m := range c.prog.Maps {
		if m.From != nil {
			m.From.Mapped = true
		}
	}
	for _, v := range c.prog.UsedViews() {
		for _, t := range v.View.Tables {
			t.ReadBy = append(t.ReadBy, v.Name)
		}
	}
}

// order sorts the maps so that a map stands after those it refers to; maps that
// refer to each other keep the order of the file.
func (c *compiler) order() {
	const visiting, done = 1, 2
	state := map[*Map]int{}
	sorted := make([]*Map, 0, len(c.prog.Maps))
	var visit func(m *Map)
	visit = func(m *Map) {
		if state[m] != 0 {
			return
		}
		state[m] = visiting
		for _, r := range m.Refs {
			visit(r)
		}
		state[m] = done
		sorted = append(sorted, m)
	}
	for _, m := range c.prog.Maps {
		visit(m)
	}
	c.prog.Maps = sorted
}
