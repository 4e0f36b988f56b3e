package handover

import (
	"cmp"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// sought is a conditional reference of the set (Patient?identifier=…), with
// what was found for it.
type sought struct {
	by    fhir.Conditional
	from  []int32 // rows that have it
	found int32   // a row that bears the identifier
	times int     // how many rows do
}

// seek notes the conditional references of a row. Those that ask for something
// else than an identifier mean nothing of the set.
func (s *Set) seek(row int32, json []byte) {
	for ref := range fhir.References(json) {
		by, conditional, ok := fhir.ParseConditional(ref)
		if !conditional {
			continue
		}
		if !ok {
			by = fhir.Conditional{}
		}
		w := s.sought[ref]
		if w == nil {
			w = &sought{by: by}
			s.sought[strings.Clone(ref)] = w
		}
		w.from = append(w.from, row)
	}
}

// settle resolves conditional references within the set, when all of it is
// read: a reference may come before what it means. Rows whose reference means
// several resources are not sent: each could be the wrong chart.
func (s *Set) settle() error {
	if len(s.sought) == 0 {
		return nil
	}
	if err := s.lookUp(); err != nil {
		return err
	}
	names := map[string]string{}
	for ref, w := range s.sought {
		switch {
		case w.times > 1:
			for _, row := range w.from {
				s.ambiguous(row)
			}
		case w.times == 1:
			to, err := s.item(s.rows.at(w.found))
			if err != nil {
				return err
			}
			names[ref] = to.Resource.Ref()
			for _, row := range w.from {
				s.edges[[2]int16{s.rows.at(row).typ, s.rows.at(w.found).typ}] = true
			}
		}
	}
	s.names = names
	slices.SortFunc(s.Left, func(a, b Left) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row)) })
	return nil
}

// lookUp reads the resources of the types that are meant, and counts who bears
// the identifiers.
func (s *Set) lookUp() error {
	byValue := map[[2]string][]*sought{}
	types := map[string]bool{}
	for _, w := range s.sought {
		key := [2]string{w.by.Type, w.by.Value}
		byValue[key], types[w.by.Type] = append(byValue[key], w), true
	}
	for i, e := range s.rows.all() {
		typ := s.typeOf(i)
		if !types[typ] {
			continue
		}
		item, err := s.item(e)
		if err == nil {
			err = s.tree.Parse(item.Resource.JSON)
		}
		if err != nil {
			return err
		}
		met := map[*sought]bool{}
		for value := range s.identifiers() {
			for _, w := range byValue[[2]string{typ, value}] {
				if !met[w] && w.by.Names(&s.tree, 0) {
					met[w], w.found, w.times = true, i, w.times+1
				}
			}
		}
	}
	return nil
}

// identifiers returns the values of the identifiers of the resource in the
// tree.
func (s *Set) identifiers() map[string]bool {
	values := map[string]bool{}
	list := s.tree.Find(0, "identifier")
	if list == 0 {
		return values
	}
	if s.tree.Kind(list) == fhir.Object {
		values[s.tree.FindText(list, "value")] = true
		return values
	}
	for n := s.tree.First(list); n != 0; n = s.tree.Next(n) {
		values[s.tree.FindText(n, "value")] = true
	}
	return values
}

// ambiguous leaves a row out, once.
func (s *Set) ambiguous(row int32) {
	e := s.rows.at(row)
	if e.left {
		return
	}
	e.left = true
	s.Left = append(s.Left, Left{File: int64(e.file), Row: int64(e.row), Issue: issue.Issue{
		Severity: issue.Error, Code: "ambiguous-reference", Type: "multiple-matches", Origin: s.origin(e.file, int64(e.row), int64(e.line)), Expression: s.typeOf(row),
		Message: "a reference asks for the resource with an identifier, and several of the files bear it: each could be the wrong one; name it by type and id",
	}})
}

// Sought returns how many conditional references mean a resource of the set,
// how many different ones mean none, which a target may have, and how many
// several.
func (s *Set) Sought() (here, elsewhere, ambiguous int) {
	for _, w := range s.sought {
		switch {
		case w.times == 1:
			here++
		case w.times == 0:
			elsewhere++
		default:
			ambiguous++
		}
	}
	return here, elsewhere, ambiguous
}
