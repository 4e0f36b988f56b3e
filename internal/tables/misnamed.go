package tables

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// apart returns the patterns by which the names of dumps tell tables of one
// name apart, each with its sources: two systems of one hospital both have a
// table person. They are in the order of the mapping; there are none where all
// dumps may have any name.
func (t *Set) apart() (patterns []string, sources map[string][]*mappings.Source) {
	needed := slices.DeleteFunc(slices.Clone(t.prog.Needed()), func(s *mappings.Source) bool { return s.Format != "sql_dump" })
	sources = map[string][]*mappings.Source{}
	for _, s := range needed {
		rival := func(o *mappings.Source) bool {
			return o.Path != s.Path && strings.EqualFold(o.Read.Table, s.Read.Table)
		}
		if !slices.ContainsFunc(needed, rival) {
			continue
		}
		if sources[s.Path] == nil {
			patterns = append(patterns, s.Path)
		}
		sources[s.Path] = append(sources[s.Path], s)
	}
	return patterns, sources
}

// misnamed refuses dumps whose names do not tell of which system they are,
// before one is opened: their other tables would be mixed. A pattern that no
// file has is no mistake where every dump has another's: one system may have
// nothing to give.
func (t *Set) misnamed(files []string) bool {
	patterns, sources := t.apart()
	if len(patterns) == 0 {
		return false
	}
	var strange, missing []string
	for _, f := range files {
		matches := func(s *mappings.Source) bool { return s.Format == "sql_dump" && s.MatchesFile(f) }
		told := slices.ContainsFunc(patterns, func(p string) bool { return matches(sources[p][0]) })
		if !told && slices.ContainsFunc(t.prog.Needed(), matches) {
			strange = append(strange, filepath.Base(f))
		}
	}
	for _, p := range patterns {
		if !slices.ContainsFunc(files, sources[p][0].MatchesFile) {
			missing = append(missing, p)
		}
	}
	if len(strange) == 0 || len(missing) == 0 {
		return false
	}
	more := ""
	if n := len(strange) - mostLookedFor; n > 0 {
		strange, more = strange[:mostLookedFor], fmt.Sprintf(" and %d more", n)
	}
	t.Findings = append(t.Findings, issue.Issue{
		Severity: issue.Error, Code: "E0214", Type: "not-found", At: sources[missing[0]][0].Pos,
		Message: fmt.Sprintf("the names of the dumps must tell of which system they are: the mapping looks for %s, no file is called %s, and --source has %s; rename the files, or extend the mapping and write other paths",
			strings.Join(patterns, " and "), strings.Join(missing, " or "), strings.Join(strange, ", ")+more),
	})
	return true
}

// exchanged refuses dumps whose names are those of each other: each lacks a
// table that its name promises, or the key of that, and the other has it.
func (t *Set) exchanged() bool {
	patterns, sources := t.apart()
	first := map[[2]string]*mappings.Source{} // by the file of the source's name and the one that has its table
	for _, p := range patterns {
		for _, s := range sources[p] {
			own, other := t.holders(s)
			if own == "" || other == "" {
				continue
			}
			if first[[2]string{own, other}] == nil {
				first[[2]string{own, other}] = s
			}
			if before := first[[2]string{other, own}]; before != nil {
				t.Findings = append(t.Findings, issue.Issue{
					Severity: issue.Error, Code: "E0214", Type: "not-found", At: before.Pos,
					Message: fmt.Sprintf("the table %s with the key %s is not in %s but in %s, and %s the other way round; are the names exchanged?", before.Read.Table, strings.Join(before.Key, ", "), other, own, s.Read.Table),
				})
				return true
			}
		}
	}
	return false
}

// holders returns a file that has the source's name but not its table or not
// the key of that, and one of another name that has both; "" where there is no
// such file.
func (t *Set) holders(s *mappings.Source) (own, other string) {
	for path, schemas := range t.schemas {
		var found *extract.Schema
		for _, schema := range schemas {
			if s.MatchesTable(schema.Table) {
				found = schema
			}
		}
		whole := found != nil && hasKey(found, s.Key)
		switch named := s.MatchesFile(path); {
		case named == whole: // its own, or nobody's
		case named:
			own = filepath.Base(path)
		default:
			other = filepath.Base(path)
		}
	}
	return own, other
}

// hasKey reports whether a table has all columns of a key.
func hasKey(schema *extract.Schema, key []string) bool {
	for _, k := range key {
		if k != mappings.LineKey && !slices.ContainsFunc(schema.Columns, func(c string) bool { return strings.EqualFold(c, k) }) {
			return false
		}
	}
	return true
}
