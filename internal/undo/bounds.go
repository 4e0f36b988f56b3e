package undo

import (
	"fmt"
	"net/http"
	"slices"
)

// Abilities are what a server does with the resources of a type, as its
// statement has it.
type Abilities struct {
	Deletes func(resourceType string) bool
	Updates func(resourceType string) bool // takes the whole resource in place of what is there
}

// byStatement says where it is known from before anything is tried: a statement
// may be wrong, and then it is the statement that is to be mended.
const byStatement = ", by its capability statement"

// Bound leaves out the steps that the server does not do for anybody: a plan
// must not promise them. What the steps that are left need of them, the server
// says itself when they are done.
func (p *Plan) Bound(by Abilities) {
	p.Steps = slices.DeleteFunc(p.Steps, func(s Step) bool {
		switch {
		case s.Before == nil && !by.Deletes(s.Type):
			r := s.undeletable()
			r.Why += byStatement
			p.Refused = append(p.Refused, r)
		case s.Before != nil && !by.Updates(s.Type):
			r := s.unchangeable()
			r.Why += byStatement
			p.Refused = append(p.Refused, r)
		default:
			return false
		}
		return true
	})
}

func (s Step) undeletable() Refusal {
	return Refusal{s.Type, s.ID, notDeleted, "the server deletes no " + s.Type}
}

func (s Step) unchangeable() Refusal {
	return Refusal{s.Type, s.ID, notChanged, "the server takes no changes of a " + s.Type + ", so what stood there before cannot be put back"}
}

// left is why the server left a step undone, by the status that refused it
// alone. Only a conflict says that others refer to it (FHIR R4 section
// 3.1.0.7); 405 and 501 say that it does such a thing for nobody; what else it
// may mean only the server knows.
func (s Step) left() Refusal {
	switch s.status {
	case http.StatusConflict:
		why := "the server refuses it: others refer to it"
		if s.bare {
			why += "; it stays without its references to those that were taken back"
		}
		return Refusal{s.Type, s.ID, stillUsed, why}
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		if s.Before != nil {
			return s.unchangeable()
		}
		return s.undeletable()
	}
	why := fmt.Sprintf("the server refuses it with status %d", s.status)
	if s.bare {
		why += "; it stays without its references to those that were taken back"
	}
	return Refusal{s.Type, s.ID, refused, why}
}
