package fhirserver

import (
	"slices"

	"chartlift/fhir"
)

// Way is how resources of one type are written so that each is there once.
type Way string

// The ways, from the best to none. A server's statement narrows them, its
// answers decide.
const (
	Put         Way = "put"         // PUT with our id: sending it again changes nothing
	Conditional Way = "conditional" // POST with If-None-Exist on an identifier of ours
	Searched    Way = "searched"    // a search for what is there already, then POST
	Journaled   Way = "journaled"   // POST, guarded only by what was written down of earlier ones: no search finds these
	Refused     Way = "refused"     // the server takes none
)

// ability is what a server does with one type.
type ability struct {
	create, update, patch, read, remove, search bool
	updateCreate, conditionalCreate             *bool           // nil: not told, as HAPI does
	params                                      map[string]bool // names of search parameters; nil: not told
}

// anything is what is taken for granted of a type of which the statement lists
// nothing.
func anything() ability {
	return ability{create: true, update: true, patch: false, read: true, remove: true, search: true}
}

// ability reads what is said of a type. Where a statement lists interactions of
// no type at all (silent), nothing follows from that.
func (s stated) ability(silent bool) ability {
	a := ability{updateCreate: s.UpdateCreate, conditionalCreate: s.ConditionalCreate}
	if silent {
		a = anything()
		a.updateCreate, a.conditionalCreate = s.UpdateCreate, s.ConditionalCreate
	}
	for _, i := range s.Interaction {
		switch i.Code {
		case "create":
			a.create = true
		case "update":
			a.update = true
		case "patch":
			a.patch = true
		case "read":
			a.read = true
		case "delete":
			a.remove = true
		case "search-type":
			a.search = true
		}
	}
	if len(s.SearchParam) > 0 {
		a.params = map[string]bool{}
		for _, p := range s.SearchParam {
			a.params[p.Name] = true
		}
	}
	return a
}

// of returns what the server does with a type; ok is false where the statement
// lists types and not this one.
func (c Capability) of(typ string) (a ability, ok bool) {
	if len(c.types) == 0 {
		return anything(), true
	}
	a, ok = c.types[typ]
	return a, ok
}

// learnt is what answers have taught against the statement.
type learnt struct {
	noIDs       bool            // a PUT of an id that is not there is refused
	noCondition bool            // If-None-Exist is not looked at
	blind       map[string]bool // types that a search does not find by the identifier that we gave them
}

// way chooses how a type is written.
func (c Capability) way(typ string, l learnt) Way {
	a, ok := c.of(typ)
	switch {
	case !ok:
		return Refused
	case a.update && !l.noIDs && (a.updateCreate == nil || *a.updateCreate):
		return Put
	case !a.create:
		return Refused
	case !identifiable(typ):
		return Journaled
	case a.conditionalCreate != nil && *a.conditionalCreate && !l.noCondition:
		return Conditional
	case a.search && a.finder() != "" && !l.blind[typ]:
		return Searched
	}
	return Journaled
}

// finder is the search parameter by which our resources are found again: their
// identifier, or where that cannot be searched for, their patient. "" where
// there is none.
func (a ability) finder() string {
	if a.params == nil {
		return "identifier"
	}
	for _, name := range []string{"identifier", "patient", "subject"} {
		if a.params[name] {
			return name
		}
	}
	return ""
}

// identifiable reports whether resources of the type can carry an identifier of
// ours beside their own.
func identifiable(typ string) bool {
	def, ok := fhir.LookupType(typ)
	if !ok {
		return false
	}
	e, _, ok := def.Element("identifier")
	return ok && e.Repeats()
}

// TypePlan says how resources of one type will be written.
type TypePlan struct {
	Type    string
	Count   int64 // resources, 0 where not known
	Way     Way
	Carrier Strategy // Transaction, Batch or Single
	Update  bool     // a later change can be written, too
}

// Plan says how resources of these types will be written, by the statement
// alone: nothing is sent. Types stand in the order of their names.
func (s *Sink) Plan(counts map[string]int64) []TypePlan {
	var plan []TypePlan
	for typ, n := range counts {
		a, _ := s.client.capability.of(typ)
		p := TypePlan{Type: typ, Count: n, Way: s.way(typ), Carrier: s.strategy, Update: a.update || a.patch}
		if p.Way == Searched || p.Way == Journaled || p.Way == Conditional && s.strategy == Batch {
			p.Carrier = Single
		}
		plan = append(plan, p)
	}
	slices.SortFunc(plan, func(a, b TypePlan) int {
		if a.Type < b.Type {
			return -1
		}
		return 1
	})
	return plan
}

// Explain says in a line how a type is written, for a person.
func (p TypePlan) Explain() string {
	how := map[Way]string{
		Put:         "with our ids (PUT)",
		Conditional: "created where our identifier is not there yet (If-None-Exist); the server gives the ids",
		Searched:    "searched for, then created where it is not there; the server gives the ids",
		Journaled:   "created once by what is written down here; the server gives the ids and cannot be searched for them",
		Refused:     "NOT TAKEN by this server",
	}[p.Way]
	switch {
	case p.Way == Refused:
		return how
	case p.Carrier == Single:
		how += ", one request each"
	default:
		how += ", in requests of many (" + string(p.Carrier) + ")"
	}
	if p.Way != Put && !p.Update {
		how += "; later changes are not taken"
	}
	return how
}

// Way returns how resources of a type are written, as far as it is known now.
func (s *Sink) Way(typ string) Way { return s.way(typ) }

// Target returns the base address, as it may be printed.
func (s *Sink) Target() string { return s.client.target }
