// Package mappingtest runs the tests of a mapping: rows given by their author
// go through the engine, the lookups, the groups and the validator that a run
// uses, and what comes out is compared with what the author expects.
//
// Read [Run] and [Result] first.
//
//	result, err := mappingtest.Run(prog, test)
//	for _, d := range result.Differences { fmt.Println(d) }
package mappingtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/validate"
)

// Result is what became of a test.
type Result struct {
	Test        *mappings.Test
	Outcome     mappings.Outcome // Made, Rejected or Filtered
	Resources   []fhir.Resource  // of the test's map, in the order in which they were made
	Issues      []issue.Issue    // warnings and errors that concern the test's map
	Differences []Difference     // none: the test passed
}

// Passed reports whether everything was as expected.
func (r Result) Passed() bool { return len(r.Differences) == 0 }

// Difference is one place where the result is not what the test expects.
type Difference struct {
	Path   string         // name[0].family; expect, expect_count and expect_issues for the whole
	Want   string         // as the test has it
	Got    string         // as the mapping language would write it; "absent" where there is nothing
	Rule   string         // address of the rule that makes the element, "" where none does
	RuleAt issue.Position // the rule's place in the mapping
	edit   mappings.Edit  // what makes the test expect what it got
}

// Run runs one test. References to what maps of other sources make are taken
// for granted where the test gives no rows of that source; otherwise a row with
// that key must be among those given.
func Run(prog *mappings.Program, t *mappings.Test) (Result, error) {
	r := &rehearsal{test: t, engine: transform.New(prog, nil), result: Result{Test: t}}
	r.check = validate.New(validate.Options{Resolve: r.engine.Accepted, Guide: prog.Guide, WarnProfiles: true, Letter: true})
	for _, m := range prog.Maps {
		if !r.given(m.From) {
			r.engine.TrustIn(m)
		}
	}
	if err := r.prepare(prog); err != nil {
		return r.result, fmt.Errorf("test %q: %w", t.Name, err)
	}
	if err := r.rows(); err != nil {
		return r.result, fmt.Errorf("test %q: %w", t.Name, err)
	}
	r.conclude()
	r.result.compare()
	return r.result, nil
}

// rehearsal is a test under way.
type rehearsal struct {
	test    *mappings.Test
	engine  *transform.Engine
	check   *validate.Validator
	binding *transform.Binding // of the source of the test's map
	records []extract.Record
	result  Result
}

// prepare fills the lookups and announces the keys of all rows given.
func (r *rehearsal) prepare(prog *mappings.Program) error {
	prog = concerned(prog, r.test.Map)
	silent := func(issue.Issue) {}
	var tables []givenRows
	for _, g := range r.test.Given {
		schema := &extract.Schema{Source: g.Source.Path, Table: g.Source.Name, Columns: columnsOf(g), Line: 1}
		tables = append(tables, givenRows{source: g.Source, schema: schema, records: records(g, schema)})
	}
	views, err := r.views(prog, tables)
	if err != nil {
		return err
	}
	tables = append(tables, views...)
	bound := make([]*transform.Binding, len(tables))
	for i, t := range tables {
		b, err := r.engine.Bind(t.source, t.schema)
		if err != nil {
			return err
		}
		bound[i] = b
		if t.source == r.test.Map.From {
			r.binding, r.records = b, t.records
		}
		if filler := b.Filler(func(*mappings.Map) bool { return true }, silent); filler != nil {
			for j := range t.records {
				if err := filler.Add(&t.records[j]); err != nil {
					return err
				}
			}
		}
	}
	for i, b := range bound { // conditions may look things up: not before all lookups are filled
		w := b.Worker(transform.Hooks{Report: silent})
		for j := range tables[i].records {
			w.Expect(&tables[i].records[j], prog.Maps)
		}
	}
	return nil
}

// concerned returns the program with the map that is tested and those it refers
// to: the views of others need not be made, and a mapping of thirty maps over
// forty views would be tested for minutes.
func concerned(prog *mappings.Program, m *mappings.Map) *mappings.Program {
	some := *prog
	some.Maps = []*mappings.Map{m}
	for _, other := range m.Refs {
		if other != m {
			some.Maps = append(some.Maps, other)
		}
	}
	return &some
}

// records returns the rows as a file would give them.
func records(g mappings.GivenTable, schema *extract.Schema) []extract.Record {
	out := make([]extract.Record, 0, len(g.Rows))
	for i, row := range g.Rows {
		rec := extract.Record{
			Schema: schema, Values: make([]extract.Value, len(schema.Columns)),
			Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: int64(i + 1), Line: int64(i + 2)},
		}
		for _, c := range row.Cells {
			v := extract.Value{Kind: extract.Text, Text: c.Text}
			if c.Null {
				v = extract.Value{Kind: extract.Null}
			}
			at := g.Source.UseIndex(c.Column)
			if at < 0 {
				at = schema.Column(c.Column) // only a view reads it
			}
			rec.Values[at] = v
		}
		out = append(out, rec)
	}
	return out
}

// rows sends the rows of the test's source through the engine, duplicates and
// groups included.
func (r *rehearsal) rows() error {
	w := r.binding.Worker(transform.Hooks{Report: r.report})
	twins := r.duplicates()
	for i := range r.records {
		if twins != nil && twins.KeepLast() {
			twins.See(r.binding, &r.records[i], int64(i+1))
		}
	}
	index := slices.Index(r.binding.Grouped(), r.test.Map)
	groups := r.binding.NewGroups(index, transform.SpillOptions{})
	defer groups.Close()
	for i := range r.records {
		if twins != nil {
			other, verdict := twins.Check(r.binding, &r.records[i], int64(i+1))
			if verdict == transform.Conflict {
				r.conflict(other, r.records[i].Origin)
			}
			if verdict != transform.Unique {
				continue
			}
		}
		row := w.Row(&r.records[i])
		r.keep(row.Built, r.records[i].Origin)
		if index >= 0 && slices.Contains(row.Groups, index) {
			if err := groups.Add(&r.records[i]); err != nil {
				return err
			}
		}
	}
	if index < 0 {
		return nil
	}
	for rows, err := range groups.All() {
		if err != nil {
			return err
		}
		r.keep(w.Group(index, rows).Built, rows[0].Origin)
	}
	return nil
}

// duplicates returns what finds duplicates among the rows, nil where nothing
// does: a view's rows are what its SQL makes them.
func (r *rehearsal) duplicates() *transform.Duplicates {
	if r.test.Map.From.View != nil {
		return nil
	}
	return r.binding.NewDuplicates()
}

func (r *rehearsal) conflict(other int64, origin issue.Origin) {
	r.report(issue.Issue{
		Severity: issue.Error, Code: "duplicate-key", Type: "duplicate", Rule: r.test.Map.From.Name, Origin: origin,
		Message: "row " + strconv.FormatInt(other, 10) + " has the same key but other values",
	})
}

// keep takes the resources of the test's map that the validator lets through.
func (r *rehearsal) keep(built []transform.Built, origin issue.Origin) {
	for _, b := range built {
		if b.Map != r.test.Map {
			continue
		}
		resource := b.Resource
		resource.JSON = slices.Clone(resource.JSON)
		if !r.check.Check(resource, origin, r.found) {
			continue
		}
		if !r.engine.Accept(b.Map, resource.ID) {
			r.report(issue.Issue{
				Severity: issue.Error, Code: "duplicate-key", Type: "duplicate", Rule: b.Map.Name, Origin: origin,
				Message: "an earlier row made the resource with this key",
			})
			continue
		}
		r.result.Resources = append(r.result.Resources, resource)
	}
}

// report takes the engine's findings that concern the test's map: its own, and
// those of the row as a whole.
func (r *rehearsal) report(i issue.Issue) {
	m := r.test.Map
	if i.Rule == "" || i.Rule == m.Name || i.Rule == m.From.Name || strings.HasPrefix(i.Rule, m.Name+".") {
		r.found(i)
	}
}

// found takes a finding. Information is not worth a test.
func (r *rehearsal) found(i issue.Issue) {
	if i.Severity > issue.Information {
		r.result.Issues = append(r.result.Issues, i)
	}
}

// conclude says what became of the rows as a whole.
func (r *rehearsal) conclude() {
	failed := slices.ContainsFunc(r.result.Issues, func(i issue.Issue) bool { return i.Severity >= issue.Error })
	switch {
	case len(r.result.Resources) > 0:
		r.result.Outcome = mappings.Made
	case failed:
		r.result.Outcome = mappings.Rejected
	default:
		r.result.Outcome = mappings.Filtered
	}
}
