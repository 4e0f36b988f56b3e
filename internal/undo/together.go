package undo

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/load/fhirserver"
)

// mostTogether bounds a circle that is taken back in one transaction. What is
// cut from a larger one is refused by servers that watch over references, and
// told.
const mostTogether = 1000

// links returns what a resource refers to, as "Type/id". A server may answer
// with spaces between key and value, which fhir.References does not look for.
func links(resource []byte) []string {
	var compact bytes.Buffer
	if len(resource) == 0 || json.Compact(&compact, resource) != nil {
		return nil
	}
	return slices.Compact(slices.Collect(fhir.References(compact.Bytes())))
}

// refer notes by which name the server knows the resource of a step, and what
// it refers to by the names of the server: its own where it gives the ids.
func (s *Step) refer(current fhirserver.Stored) {
	text := current.JSON
	s.name = s.ref()
	if text == nil && current.Raw != nil {
		text = current.Raw
		var named struct{ ID string }
		if json.Unmarshal(text, &named) == nil && named.ID != "" {
			s.name = s.Type + "/" + named.ID
		}
	}
	s.links = links(text)
}

// arrange puts what refers to others before them. Those that refer to each
// other in a circle, as the records of one person do, get the same unit:
// servers that watch over references delete them in one transaction or not at
// all.
func (p *Plan) arrange() {
	n := len(p.Steps)
	at := make(map[string]int, n)
	for i, s := range p.Steps {
		at[s.name] = i
	}
	// The steps are counted from the last, which was delivered first: so
	// load.Order keeps the order of the delivery wherever references do not ask
	// for another.
	order, unit := load.Order(n, func(k int) []int {
		var to []int
		for _, ref := range p.Steps[n-1-k].links {
			if i, here := at[ref]; here {
				to = append(to, n-1-i)
			}
		}
		return to
	})
	sorted := make([]Step, 0, n)
	for _, k := range slices.Backward(order) {
		s := p.Steps[n-1-k]
		s.unit = unit[k]
		sorted = append(sorted, s)
	}
	for i := range sorted {
		if unitAt(sorted, i) == 1 && (i == 0 || sorted[i-1].unit != sorted[i].unit) {
			sorted[i].links = nil // only circles ask for them again
		}
	}
	p.Steps = sorted
}

func (s Step) ref() string { return s.Type + "/" + s.ID }

// parts cuts steps into those that are changed together: whole units, about
// chunk of them at a time.
func parts(steps []Step) iter.Seq[[]Step] {
	return func(yield func([]Step) bool) {
		for len(steps) > 0 {
			end := 0
			for end < len(steps) {
				next := end + unitAt(steps, end)
				if end > 0 && next > chunk {
					break
				}
				end = next
			}
			if !yield(steps[:end]) {
				return
			}
			steps = steps[end:]
		}
	}
}

// unitAt is how many steps the unit has that begins at one.
func unitAt(steps []Step, from int) int {
	n := 1
	for from+n < len(steps) && n < mostTogether && steps[from+n].unit == steps[from].unit {
		n++
	}
	return n
}

// middle is where steps are halved: between two units where there are several.
func middle(steps []Step) int {
	for end := 0; end < len(steps); {
		next := end + unitAt(steps, end)
		switch {
		case end > 0 && next > len(steps)/2:
			return end
		case next > len(steps)/2 && next < len(steps):
			return next
		}
		end = next
	}
	return len(steps) / 2
}
