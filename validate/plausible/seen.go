package plausible

import (
	"github.com/zeebo/xxh3"

	"chartlift/fhir"
)

// hash is XXH3, the same in every run. Two references with one hash among a
// hundred million are less likely than one in a thousand.
func hash(s string) uint64 { return xxh3.HashString(s) }

// hashOf is hash of three texts in a row: a reference, or an identifier.
func (w *Worker) hashOf(a, b, c string) uint64 {
	w.hashed = append(append(append(w.hashed[:0], a...), b...), c...)
	return xxh3.Hash(w.hashed)
}

// ahead is what resources that will be checked soon ask for, by hash.
type ahead struct {
	people, stays   []uint64
	subject, within []byte // the last patient and encounter that was asked for, as JSON
}

// Ahead tells of a resource that CheckMembers will be asked for soon, in this
// order. What is remembered of patients and encounters is then fetched from
// memory for many resources at once. Nothing depends on it but time.
func (w *Worker) Ahead(r fhir.Resource, members []fhir.Member) {
	switch r.Type {
	case "Patient":
		w.ahead.people = append(w.ahead.people, w.hashOf(r.Type, "/", r.ID))
		return
	case "Encounter":
		w.ahead.stays = append(w.ahead.stays, w.hashOf(r.Type, "/", r.ID))
	}
	e := w.event
	if r.Type != w.typ {
		e = w.checker.events[r.Type]
	}
	if e == nil {
		return
	}
	text := rawOf(r.JSON)
	for i := range members {
		switch m := &members[i]; {
		case m.Name == e.patient:
			w.ahead.people, w.ahead.subject = asked(w.ahead.people, w.ahead.subject, text[m.Start:m.End])
		case m.Name == "encounter" && !e.lasting:
			w.ahead.stays, w.ahead.within = asked(w.ahead.stays, w.ahead.within, text[m.Start:m.End])
		}
	}
}

// asked adds what a Reference leads to, unless it is the last one that was
// asked for.
func asked(list []uint64, last []byte, element raw) ([]uint64, []byte) {
	if string(last) == string(element) {
		return list, last
	}
	if to := referenceIn(element); to != "" {
		list = append(list, hash(to))
	}
	return list, append(last[:0], element...)
}

// fetch asks for what Ahead told of.
func (w *Worker) fetch() {
	if len(w.ahead.people) > 0 {
		w.checker.people.Ahead(w.ahead.people)
		w.ahead.people = w.ahead.people[:0]
	}
	if len(w.ahead.stays) > 0 {
		w.checker.stays.packed.Ahead(w.ahead.stays)
		w.ahead.stays = w.ahead.stays[:0]
	}
}
