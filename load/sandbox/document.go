package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

var (
	idForm     = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
	digitsOnly = regexp.MustCompile(`^[0-9]+$`)
)

// document is a resource as it was sent, with what the server looks at.
type document struct {
	typ, id     string
	body        []byte
	identifiers []identifier
	references  []reference
	hasID       bool
	idAt        span // of the id's text, or where an id can be put
}

type identifier struct{ system, value string }

// reference is one Reference.reference: the top-level element it stands in, and
// where its text is in the body.
type reference struct {
	element, target string
	at              span
}

type span struct{ start, end int }

// readDocument reads the resource at node i of t, which was parsed from text.
func readDocument(t *fhir.Tree, i int, text []byte) (document, *refusal) {
	n := t.Node(i)
	if n.Kind != fhir.Object {
		return document{}, refuse(400, "structure", "the resource is not a JSON object")
	}
	start := int(n.Start)
	d := document{body: text[start:n.End]}
	for c := t.First(i); c != 0; c = t.Next(c) {
		switch key := t.Key(c); {
		case key == "resourceType" && t.Kind(c) == fhir.String:
			d.typ = strings.Clone(t.Text(c))
			if !d.hasID {
				d.idAt = span{int(t.Node(c).End) + 1 - start, int(t.Node(c).End) + 1 - start}
			}
		case key == "id" && t.Kind(c) == fhir.String:
			d.id, d.hasID = strings.Clone(t.Text(c)), true
			d.idAt = span{int(t.Node(c).Start) - start, int(t.Node(c).End) - start}
		case key == "id":
			return d, refuse(400, "structure", "the id is not a string")
		case key == "identifier":
			d.readIdentifiers(t, c)
			d.readReferences(t, c, "identifier", start)
		default:
			d.readReferences(t, c, key, start)
		}
	}
	if d.typ == "" {
		return d, refuse(400, "structure", "the resource has no resourceType")
	}
	return d, nil
}

// readIdentifiers reads a list of identifiers, or the one of a type that has no
// list (QuestionnaireResponse).
func (d *document) readIdentifiers(t *fhir.Tree, i int) {
	one := func(i int) {
		if t.Kind(i) == fhir.Object {
			d.identifiers = append(d.identifiers, identifier{strings.Clone(t.FindText(i, "system")), strings.Clone(t.FindText(i, "value"))})
		}
	}
	one(i)
	if t.Kind(i) == fhir.Array {
		for c := t.First(i); c != 0; c = t.Next(c) {
			one(c)
		}
	}
}

// readReferences notes every element reference below node i. A version in it is
// left out: what is referred to is the resource.
func (d *document) readReferences(t *fhir.Tree, i int, element string, start int) {
	for c := t.First(i); c != 0; c = t.Next(c) {
		if t.Kind(c) == fhir.String {
			if t.Kind(i) == fhir.Object && t.Key(c) == "reference" {
				n := t.Node(c)
				at := span{int(n.Start) - start, int(n.End) - start}
				target, _, _ := strings.Cut(t.Text(c), "/_history/")
				d.references = append(d.references, reference{strings.Clone(element), strings.Clone(target), at})
			}
			continue
		}
		d.readReferences(t, c, element, start)
	}
}

// edit replaces a span of a body.
type edit struct {
	at   span
	text string
}

// applyEdits returns body with the edits, which do not overlap. It never
// changes body itself: that is the request, or what is stored.
func applyEdits(body []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return a.at.start - b.at.start })
	out, from := make([]byte, 0, len(body)+64), 0
	for _, e := range edits {
		out = append(append(out, body[from:e.at.start]...), e.text...)
		from = e.at.end
	}
	return append(out, body[from:]...)
}

// editID is the edit that gives d the id.
func (d *document) editID(id string) edit {
	if d.hasID {
		return edit{d.idAt, id}
	}
	return edit{d.idAt, `,"id":"` + id + `"`}
}

// rename is the edit that makes reference i lead to another target.
func (d *document) rename(i int, target string) edit {
	d.references[i].target = target
	return edit{d.references[i].at, target}
}

// withMeta returns body with the version and time that the server gave it (FHIR
// R4 section 2.27.3).
func withMeta(t *fhir.Tree, r row) []byte {
	if t.Parse(r.body) != nil {
		return r.body
	}
	stamp := `"versionId":"` + strconv.FormatInt(r.version, 10) + `","lastUpdated":"` + r.updated + `"`
	meta := t.Find(0, "meta")
	if meta == 0 || t.Kind(meta) != fhir.Object {
		after := t.Find(0, "id")
		if after == 0 {
			return r.body
		}
		end := int(t.Node(after).End) + 1
		return applyEdits(r.body, []edit{{span{end, end}, `,"meta":{` + stamp + `}`}})
	}
	var b strings.Builder
	b.WriteString("{" + stamp)
	for c := t.First(meta); c != 0; c = t.Next(c) {
		if key := t.Key(c); key != "versionId" && key != "lastUpdated" {
			b.WriteString("," + string(fhir.AppendString(nil, key)) + ":" + t.Raw(c))
		}
	}
	b.WriteByte('}')
	return applyEdits(r.body, []edit{{span{int(t.Node(meta).Start), int(t.Node(meta).End)}, b.String()}})
}
