package fhirserver

import (
	"strings"

	"chartlift/fhir"
)

// rewrite says how a resource of ours becomes one of the server's.
type rewrite struct {
	id         string                          // its id there; "" leaves the id out
	identifier string                          // our id, added as an identifier; "" adds none
	rename     func(ref string) (string, bool) // what a reference is called there; false: it is not there
	without    map[string]bool                 // references that are left out, with the element that holds them
}

// rewritten is the result.
type rewritten struct {
	json    []byte
	missing string   // a reference that is not there; the resource cannot be sent
	left    []string // top-level elements that lost something
}

// of rewrites canonical or other JSON of a resource. Its members stay in their
// order.
func (w rewrite) of(json []byte) (rewritten, error) {
	var t fhir.Tree
	if err := t.Parse(json); err != nil {
		return rewritten{}, err
	}
	out := rewritten{json: make([]byte, 0, len(json)+160)}
	ours := ""
	if w.identifier != "" {
		ours = `{"system":"` + IdentifierSystem + `","value":` + string(fhir.AppendString(nil, w.identifier)) + `}`
	}
	for c := t.First(0); c != 0; c = t.Next(c) {
		text := ""
		switch key := t.Key(c); {
		case key == "id":
			if w.id != "" {
				text = `"` + w.id + `"`
			}
		case key == "identifier" && ours != "" && t.Kind(c) == fhir.Array:
			inner := w.value(&t, c, &out)
			text, ours = "["+ours, ""
			if inner != "[]" {
				text += "," + inner[1:]
			} else {
				text += "]"
			}
		default:
			text = w.member(&t, c, &out)
		}
		if text != "" {
			out.member(t.Key(c), text)
		}
	}
	if ours != "" {
		out.member("identifier", "["+ours+"]")
	}
	out.json = append(out.json, '}')
	return out, nil
}

func (r *rewritten) member(key, text string) {
	separator := byte(',')
	if len(r.json) == 0 {
		separator = '{'
	}
	r.json = append(fhir.AppendString(append(r.json, separator), key), ':')
	r.json = append(r.json, text...)
}

// member is a top-level element, "" where nothing of it is left. What must be
// left out takes the whole element with it, or the one item of a list: half an
// element may be worse than none.
func (w rewrite) member(t *fhir.Tree, c int, out *rewritten) string {
	if len(w.without) == 0 || !w.holds(t, c) {
		return w.value(t, c, out)
	}
	if t.Kind(c) != fhir.Array {
		out.left = append(out.left, strings.Clone(t.Key(c)))
		return ""
	}
	var kept []string
	for item := t.First(c); item != 0; item = t.Next(item) {
		if !w.holds(t, item) {
			kept = append(kept, w.value(t, item, out))
		}
	}
	out.left = append(out.left, strings.Clone(t.Key(c)))
	if len(kept) == 0 {
		return ""
	}
	return "[" + strings.Join(kept, ",") + "]"
}

// holds reports whether node i holds a reference that is left out.
func (w rewrite) holds(t *fhir.Tree, i int) bool {
	for c := t.First(i); c != 0; c = t.Next(c) {
		if isReference(t, i, c) && w.without[t.Text(c)] || w.holds(t, c) {
			return true
		}
	}
	return false
}

// value is the JSON text of node i with its references renamed.
func (w rewrite) value(t *fhir.Tree, i int, out *rewritten) string {
	var b strings.Builder
	from := int(t.Node(i).Start)
	raw := t.Raw(i)
	if t.Kind(i) == fhir.String {
		from--
	}
	done := 0
	var walk func(i int)
	walk = func(i int) {
		for c := t.First(i); c != 0; c = t.Next(c) {
			if !isReference(t, i, c) {
				walk(c)
				continue
			}
			ref := t.Text(c)
			to, ok := w.rename(ref)
			switch {
			case !ok:
				out.missing = strings.Clone(ref)
			case to != ref:
				n := t.Node(c)
				b.WriteString(raw[done : int(n.Start)-from])
				b.WriteString(to)
				done = int(n.End) - from
			}
		}
	}
	walk(i)
	b.WriteString(raw[done:])
	return b.String()
}

func isReference(t *fhir.Tree, in, c int) bool {
	return t.Kind(c) == fhir.String && t.Kind(in) == fhir.Object && t.Key(c) == "reference"
}

// relative returns the type of a relative reference such as Patient/p1, "" for
// others.
func relative(ref string) string {
	typ, id, ok := strings.Cut(ref, "/")
	if !ok || strings.ContainsAny(id, "/?") || typ == "" || typ[0] < 'A' || typ[0] > 'Z' {
		return ""
	}
	return typ
}
