package profile

import (
	"cmp"
	"strings"
)

// The least that makes a join likely.
const (
	leastContained = 0.8 // of the different values
	namedContained = 0.5 // where the names agree well
	leastAffinity  = 0.6 // of the names, for values that are contained in anything
	leastTelling   = 10  // different values that say something without a name
)

// key is a column that other columns may refer to.
type key struct {
	table  *Table
	column *Column
	order  int // of the table
	name   named
}

// relate finds, for each column, the key whose values it holds.
func relate(tables []*Table) {
	parents := findKeys(tables)
	for order, t := range tables {
		for _, c := range t.Columns {
			if len(c.set.values) == 0 {
				continue
			}
			child := key{table: t, column: c, order: order, name: nameOf(t.Table, c.Name)}
			if j, ok := bestJoin(child, parents); ok {
				t.Joins = append(t.Joins, j)
			}
		}
	}
}

// forget frees the sets of the columns, which are the largest part of a
// profile.
func forget(tables []*Table) {
	for _, t := range tables {
		for _, c := range t.Columns {
			c.set = valueSet{}
		}
	}
}

// findKeys lists what can be referred to: keys of one column with at least two
// values.
func findKeys(tables []*Table) []key {
	var list []key
	for order, t := range tables {
		for _, k := range t.Keys {
			for _, c := range t.Columns {
				if len(k.Columns) == 1 && c.Name == k.Columns[0] && len(c.set.values) > 1 {
					list = append(list, key{table: t, column: c, order: order, name: nameOf(t.Table, c.Name)})
				}
			}
		}
	}
	return list
}

// couldJoin leaves out columns that cannot refer to a row.
func (c *Column) couldJoin() bool {
	switch c.Type {
	case TypeInteger, TypeCode, TypeText, TypeUUID:
		return !c.FreeText && c.MaxLength <= 80 && c.Values > 0
	}
	return false
}

// scored is a join with how likely it is.
type scored struct {
	join  Join
	score float64
}

// bestJoin takes the first of the best, in the order of the tables.
func bestJoin(child key, parents []key) (Join, bool) {
	var best scored
	for _, p := range parents {
		if s, ok := tryJoin(child, p); ok && s.score > best.score {
			best = s
		}
	}
	return best.join, best.score > 0
}

// tryJoin compares a column with a key. Small whole numbers are contained in
// any key that counts from one: there the names must agree as well.
func tryJoin(child, parent key) (scored, bool) {
	c, p := child.column, parent.column
	if c == p || (c.Type == TypeInteger) != (p.Type == TypeInteger) || (c.Type == TypeUUID) != (p.Type == TypeUUID) {
		return scored{}, false
	}
	name := affinity(child.name, parent.name)
	if !plausible(child, parent, name) || !c.set.resembles(p.set) {
		return scored{}, false
	}
	o := c.set.within(p.set)
	least := leastContained
	if name >= 0.9 && c.Type != TypeInteger {
		least = namedContained
	}
	if o.share() < least || o.found < 2 && name < leastAffinity || refersBack(child, parent, o) {
		return scored{}, false
	}
	used := p.set.within(c.set).share()
	return scored{
		join: Join{
			Column: c.Name, ToSource: parent.table.Source, ToTable: parent.table.Table, ToColumn: p.Name,
			Contained: round3(o.share()), Used: round3(used), Orphans: o.orphans, Estimated: !o.exact, ByName: name >= leastAffinity,
		},
		score: o.share() + name/2 + used/100,
	}, true
}

// plausible tells by names and types whether the values are worth comparing.
func plausible(child, parent key, name float64) bool {
	c := child.column
	telling := c.Type == TypeUUID || c.Distinct >= leastTelling && (c.Type == TypeCode || c.Type == TypeText && c.Personal == "")
	switch {
	case telling:
		return child.table != parent.table || name > 0 || c.Type == TypeUUID
	case name < leastAffinity, isOwnName(child.name) && !isPatientOf(child.name.mine, child.name.table, parent.name.table):
		return false
	case c.Type == TypeInteger:
		return c.Max != "0" && c.Max != "1" || c.Distinct == 1 && name >= 0.9
	}
	return c.Distinct > 2 || name >= 0.9 && strings.EqualFold(c.Name, parent.column.Name)
}

// refersBack tells that of two keys with the same values the other one is the
// child.
func refersBack(child, parent key, o overlap) bool {
	c, p := child.column, parent.column
	if !c.Unique || c.Values != child.table.Rows-child.table.Faults {
		return false
	}
	back := p.set.within(c.set)
	if order := cmp.Compare(o.share(), back.share()); order != 0 {
		return order < 0
	}
	there, here := affinity(child.name, parent.name), affinity(parent.name, child.name)
	if there != here {
		return there < here
	}
	if own := isOwnName(child.name); own != isOwnName(parent.name) {
		return own // people.Id is what passports.Person refers to
	}
	return child.order <= parent.order
}
