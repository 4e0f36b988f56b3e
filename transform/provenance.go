package transform

import (
	"net/url"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/mappings"
)

// boundProvenance is what all Provenance resources of a map have in common
// (https://hl7.org/fhir/R4/provenance.html).
type boundProvenance struct {
	head   []byte // {"resourceType":"Provenance","id":"
	meta   []metaPart
	tail   []byte // ],"recorded":… to the end, or to the source's identifier
	system string // of the identifier
	id     []byte // of what ids are hashed behind
}

// provenance binds what output.provenance says to a map; nil where it says
// nothing.
func (b *binder) provenance(m *mappings.Map) (*boundProvenance, error) {
	prog := b.binding.engine.prog
	p := prog.Output.Provenance
	if p == nil {
		return nil, nil
	}
	stamp := &boundMap{def: &mappings.Map{Name: m.Name}} // the same meta, without the profiles
	if err := b.meta(stamp); err != nil {
		return nil, err
	}
	out := &boundProvenance{
		head: []byte(`{"resourceType":"Provenance","id":"`), meta: stamp.meta, id: idPrefix(prog.Site, &mappings.Map{Resource: "Provenance", Name: m.Name}),
		system: "urn:chartlift:source:" + url.PathEscape(prog.Site) + ":" + url.PathEscape(m.From.Name),
	}
	tail := append([]byte(`],"recorded":`), fhir.AppendString(nil, p.Recorded)...)
	tail = append(tail, `,"agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"assembler","display":"Assembler"}]},"who":{"display":`...)
	tail = append(fhir.AppendString(tail, p.Agent), "}}]"...)
	if p.Identify {
		tail = append(tail, `,"entity":[{"role":"source","what":{"identifier":{"system":`...)
		tail = append(fhir.AppendString(tail, out.system), `,"value":`...)
	}
	out.tail = tail
	return out, nil
}

// Provenances gives each of the resources that the row or group at hand became
// its Provenance, or the first of them one for all, as output.provenance says.
// What the validator refused is left out before. It must be called before the
// next Row or Group.
func (w *Worker) Provenances(built []Built) {
	if len(built) == 0 || w.b.engine.prog.Output.Provenance == nil {
		return
	}
	if w.b.engine.prog.Output.Provenance.PerRow {
		built[0].Provenance = w.provenance(built)
		return
	}
	for i := range built {
		built[i].Provenance = w.provenance(built[i : i+1])
	}
}

func (w *Worker) provenance(targets []Built) *fhir.Resource {
	var m *boundMap
	for _, other := range w.b.maps {
		if other.def == targets[0].Map {
			m = other
		}
	}
	p := m.provenance
	w.hash = append(w.hash[:0], p.id...)
	for _, t := range targets {
		w.hash = appendPart(w.hash, t.Resource.Ref())
	}
	made := uuid5(w.hash)
	id := w.ids.add(made[:])
	out := append(make([]byte, 0, 512), p.head...)
	out = append(append(out, id...), `",`...)
	for _, part := range p.meta {
		out = append(out, part.bytes...)
		if part.operand != nil {
			out = appendEscaped(out, part.operand(w).Text)
		}
	}
	for i, t := range targets {
		out = append(out, [2]string{`"target":[`, ","}[min(i, 1)]...)
		out = append(fhir.AppendString(append(out, `{"reference":`...), t.Resource.Ref()), '}')
	}
	out = append(out, p.tail...)
	if w.b.engine.prog.Output.Provenance.Identify {
		out = append(fhir.AppendString(out, w.sourceKey(m)), `},"display":`...)
		out = append(fhir.AppendString(out, w.rec.Origin.String()), "}}]"...)
	}
	return &fhir.Resource{Type: "Provenance", ID: id, JSON: append(out, '}')}
}

// sourceKey returns the key that the row has in the old system: the parts of
// the map's key. A row that is known by its place alone has that.
func (w *Worker) sourceKey(m *boundMap) string {
	var parts []string
	for _, get := range m.keyCols {
		if get == nil { // _line
			parts = append(parts, w.rec.Origin.Table, strconv.FormatInt(w.rec.Origin.Row, 10))
			continue
		}
		parts = append(parts, get(w).Text)
	}
	if key := strings.Join(parts, "|"); fhir.CheckPrimitive("string", key) == nil {
		return key
	}
	return w.rec.Origin.String()
}
