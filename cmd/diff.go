package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/mappingdiff"
	"chartlift/internal/pipeline"
	"chartlift/reports"
	"chartlift/transform"
)

func newMappingsDiff(s *settings) *cobra.Command {
	sample := 100
	c := &cobra.Command{
		Use:   "diff OLD NEW --source FOLDER|FILE",
		Short: "Compare two mappings by the resources that they make",
		Long: `Maps a sample of the rows with both mappings and prints which elements differ, by rule, with examples. The sample of a
table is the same every time. References are taken for granted, and nothing is validated or sent.
Ends with 4 where anything differs.`,
		Example: "  chartlift mappings diff synthea-csv mine.yaml --source legacy/ --sample 1000",
		Args:    usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			return diffMappings(c.Context(), s, args, sample)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&s.sources, "source", "s", nil, "folder or file to read; may be given several times")
	f.StringToStringVar(&s.set, "set", nil, "set a param of both mappings: NAME=VALUE")
	f.IntVar(&sample, "sample", sample, "rows of each table to map; 0: all")
	return c
}

func diffMappings(ctx context.Context, s *settings, names []string, sample int) error {
	var made [2][]mappingdiff.Made
	var files [2]mappingFile
	for i, name := range names {
		one := *s
		one.mapping, one.quiet = name, true
		var err error
		if made[i], files[i], err = madeBy(ctx, &one, sample); err != nil {
			return err
		}
	}
	report, err := mappingdiff.Compare(made[0], made[1])
	if err != nil {
		return err
	}
	if s.json {
		err = json.NewEncoder(s.streams.Out).Encode(diffJSONOf(report, s.showValues))
	} else {
		_, err = s.streams.Out.Write([]byte(diffText(report, files, s.showValues)))
	}
	if err == nil && report.Differs() {
		return &exitError{code: exitDiffers, said: true}
	}
	return err
}

// madeBy returns what a mapping makes of the sample.
func madeBy(ctx context.Context, s *settings, sample int) (made []mappingdiff.Made, file mappingFile, err error) {
	m, err := plan(ctx, s, telling)
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return nil, m.file, err
	}
	r, err := m.wholly(ctx)
	if err != nil {
		return nil, m.file, err
	}
	if err := r.fillLookups(ctx); err != nil {
		return nil, m.file, err
	}
	for _, def := range slices.Concat(m.tables.Tables, m.tables.Views) {
		t := sampling{m: m, def: def, size: sample}
		list, err := t.made(ctx, r.engine)
		if err != nil {
			return nil, m.file, fmt.Errorf("map a sample of %s: %w", def.Source.Name, err)
		}
		made = append(made, list...)
	}
	return made, m.file, nil
}

// sampling maps a sample of one table.
type sampling struct {
	m    *migration
	def  *pipeline.Table
	size int // 0: all rows

	chosen map[rowName]bool
	worker *transform.Worker
	groups []*transform.Groups
	out    []mappingdiff.Made
}

// rowName names a row.
type rowName struct {
	source, table string
	row           int64
}

func nameOf(o issue.Origin) rowName { return rowName{o.Source, o.Table, o.Row} }

// made maps the rows of the sample, and every group to which one of them
// belongs.
func (t *sampling) made(ctx context.Context, engine *transform.Engine) (out []mappingdiff.Made, err error) {
	if t.chosen, err = t.choose(ctx); err != nil {
		return nil, err
	}
	b, err := engine.Bind(t.def.Source, t.def.Inputs[0].Schema)
	if err != nil {
		return nil, err
	}
	t.worker = b.Worker(transform.Hooks{Report: silent})
	for i := range b.Grouped() {
		t.groups = append(t.groups, b.NewGroups(i, transform.SpillOptions{Dir: t.m.temp}))
	}
	defer func() {
		for _, g := range t.groups {
			err = errors.Join(err, g.Close())
		}
	}()
	if err := eachRecord(ctx, t.def, t.row); err != nil {
		return nil, err
	}
	for i, g := range t.groups {
		for rows, err := range g.All() {
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(rows, func(rec extract.Record) bool { return t.chosen[nameOf(rec.Origin)] }) {
				t.keep(t.worker.Group(i, rows).Built, rows[0].Origin)
			}
		}
	}
	return t.out, t.worker.Err()
}

// row maps a row of the sample. Where there are grouped maps, every row is
// looked at: it may share a group with one of the sample.
func (t *sampling) row(rec *extract.Record) error {
	chosen := t.chosen[nameOf(rec.Origin)]
	if !chosen && len(t.groups) == 0 {
		return nil
	}
	row := t.worker.Row(rec)
	if chosen {
		t.keep(row.Built, rec.Origin)
	}
	for _, g := range row.Groups {
		if err := t.groups[g].Add(rec); err != nil {
			return err
		}
	}
	return t.worker.Err()
}

func (t *sampling) keep(built []transform.Built, o issue.Origin) {
	for _, r := range built {
		r.Resource.JSON = slices.Clone(r.Resource.JSON)
		t.out = append(t.out, mappingdiff.Made{Map: r.Map, Origin: o, Resource: r.Resource})
	}
}

// choose picks the rows whose numbers have the smallest hashes: spread over the
// table, and the same for every mapping.
func (t *sampling) choose(ctx context.Context) (map[rowName]bool, error) {
	type ranked struct {
		rowName
		rank uint64
	}
	var list []ranked
	shorten := func() {
		slices.SortFunc(list, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.row, b.row)) })
		list = list[:min(len(list), t.size)]
	}
	err := eachRecord(ctx, t.def, func(rec *extract.Record) error {
		h := fnv.New64a()
		h.Write([]byte(rec.Origin.Source + "\x00" + rec.Origin.Table + "\x00" + strconv.FormatInt(rec.Origin.Row, 10)))
		list = append(list, ranked{nameOf(rec.Origin), h.Sum64() * 0x9e3779b97f4a7c15}) // the last digit alone moves few bits of FNV
		if t.size > 0 && len(list) > 4*t.size+1000 {
			shorten()
		}
		return nil
	})
	if t.size > 0 {
		shorten()
	}
	chosen := make(map[rowName]bool, len(list))
	for _, r := range list {
		chosen[r.rowName] = true
	}
	return chosen, err
}

// diffJSON is a comparison as mappings diff --json prints it.
type diffJSON struct {
	Same    int          `json:"same"`
	Changed int          `json:"changed"`
	Added   int          `json:"added"`
	Removed int          `json:"removed"`
	Changes []diffedJSON `json:"changes"`
}

type diffedJSON struct {
	Kind     string        `json:"kind"`
	Rule     string        `json:"rule"`
	Count    int           `json:"count"`
	Examples []exampleJSON `json:"examples"`
}

type exampleJSON struct {
	Source   string `json:"source"`
	Table    string `json:"table"`
	Row      int64  `json:"row"`
	Resource string `json:"resource"`
	Path     string `json:"path,omitempty"`
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
}

func diffJSONOf(r mappingdiff.Report, show bool) diffJSON {
	out := diffJSON{Same: r.Same, Changed: r.Changed, Added: r.Added, Removed: r.Removed, Changes: []diffedJSON{}}
	for _, c := range r.Changes {
		d := diffedJSON{Kind: c.Kind.String(), Rule: c.Rule, Count: c.Count}
		for _, e := range c.Examples {
			d.Examples = append(d.Examples, exampleJSON{e.Origin.Source, e.Origin.Table, e.Origin.Row, e.Reference, e.Path, masked(e.Old, show || c.Constant), masked(e.New, show || c.Constant)})
		}
		out.Changes = append(out.Changes, d)
	}
	return out
}

// masked returns the shape of a value, unless values may be shown.
func masked(text string, show bool) string {
	if show || text == "" {
		return text
	}
	return reports.Shape(text)
}

// diffText is a comparison for a terminal. Rules that are gone stand in the old
// mapping, all others in the new one.
func diffText(r mappingdiff.Report, files [2]mappingFile, show bool) string {
	var b strings.Builder
	for _, c := range r.Changes {
		file := files[1]
		if c.Kind == mappingdiff.ResourceRemoved {
			file = files[0]
		}
		fmt.Fprintf(&b, "%-8s %6d  %s  (%s:%d)\n", c.Kind, c.Count, c.Rule, file.shown(c.At.File), c.At.Line)
		for _, e := range c.Examples {
			fmt.Fprintf(&b, "    %s  %s", e.Origin, e.Reference)
			if e.Path != "" {
				fmt.Fprintf(&b, "  %s  %s → %s", e.Path, orNothing(masked(e.Old, show || c.Constant)), orNothing(masked(e.New, show || c.Constant)))
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%s the same, %d changed, %d added, %d removed\n", issue.Count(r.Same, "resource"), r.Changed, r.Added, r.Removed)
	return b.String()
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
