package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"chartlift/fhir"
	"chartlift/load"
)

// charts are the patients whose resources refer to those of other patients: a
// newborn to the mother, a transplant to the donor. A server that looks after
// references refuses a chart that comes before what it refers to.
type charts struct {
	refers map[int32]map[int32]bool // patients by patient, but for themselves and nobody
	depth  map[int32]int            // 0 of those that refer to no other chart
}

// divide sorts what was put aside so that each chart comes after those that it
// refers to, and returns how deep each lies. Charts that refer to each other in
// a circle become one.
func (p *patients) divide() (charts, error) {
	c := charts{refers: map[int32]map[int32]bool{}, depth: map[int32]int{}}
	if err := p.adopt(); err != nil {
		return c, err
	}
	for _, k := range p.kept {
		refs, err := p.references(k)
		if err != nil {
			return c, err
		}
		for _, ref := range refs {
			if to := p.owner[ref]; to > 0 && k.owner > 0 && to != k.owner {
				c.refer(k.owner, to)
			}
		}
	}
	c.join(p)
	slices.SortStableFunc(p.kept, func(a, b kept) int {
		return cmp.Or(cmp.Compare(c.depth[a.owner], c.depth[b.owner]), cmp.Compare(a.owner, b.owner))
	})
	return c, nil
}

// refer notes that a chart refers to another.
func (c charts) refer(from, to int32) {
	if c.refers[from] == nil {
		c.refers[from] = map[int32]bool{}
	}
	c.refers[from][to] = true
}

// join gives the charts of a circle one owner, the first of them, and finds how
// deep each chart lies.
func (c charts) join(p *patients) {
	met := map[int32]bool{} // all others refer to none, and to them none
	for from, all := range c.refers {
		met[from] = true
		for to := range all {
			met[to] = true
		}
	}
	linked := slices.Sorted(maps.Keys(met))
	place := make(map[int32]int, len(linked))
	for i, owner := range linked {
		place[owner] = i
	}
	order, unit := load.Order(len(linked), func(i int) []int {
		var to []int
		for _, owner := range slices.Sorted(maps.Keys(c.refers[linked[i]])) {
			to = append(to, place[owner])
		}
		return to
	})
	first := map[int]int32{} // owner by unit
	for i, owner := range linked {
		if _, known := first[unit[i]]; !known {
			first[unit[i]] = owner
		}
	}
	for _, i := range order { // what is referred to comes first
		one := first[unit[i]]
		for to := range c.refers[linked[i]] {
			if other := first[unit[place[to]]]; other != one {
				c.depth[one] = max(c.depth[one], c.depth[other]+1)
			}
		}
	}
	for i := range p.kept {
		if at, ok := place[p.kept[i].owner]; ok {
			p.kept[i].owner = first[unit[at]]
		}
	}
}

// adopt gives what belonged to nobody when it was put aside, because what it
// refers to came later, to the patient of that. What is left to nobody is sent
// first, and may refer to no patient.
func (p *patients) adopt() error {
	waiting := map[string][]int{} // places of nobody's resources that refer to nobody's
	var found []int
	for i, k := range p.kept {
		if k.owner != 0 {
			continue
		}
		refs, err := p.references(k)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			if owner := p.owner[ref]; owner > 0 {
				p.give(i, owner)
				found = append(found, i)
				break
			}
			waiting[ref] = append(waiting[ref], i)
		}
	}
	for len(found) > 0 {
		k := p.kept[found[0]]
		found = found[1:]
		for _, i := range waiting[k.typ+"/"+k.id] {
			if p.kept[i].owner == 0 {
				p.give(i, k.owner)
				found = append(found, i)
			}
		}
	}
	return nil
}

// give makes a resource a patient's.
func (p *patients) give(at int, owner int32) {
	p.kept[at].owner = owner
	p.owner[p.kept[at].typ+"/"+p.kept[at].id] = owner
}

// references reads what a resource that was put aside refers to.
func (p *patients) references(k kept) ([]string, error) {
	json := make([]byte, k.length)
	if _, err := p.file.ReadAt(json, k.offset); err != nil {
		return nil, fmt.Errorf("read back resources that were put aside: %w", err)
	}
	return slices.Collect(fhir.References(json)), nil
}
