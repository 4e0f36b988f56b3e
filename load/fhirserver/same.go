package fhirserver

import (
	"bytes"

	"chartlift/fhir"
)

// sameContent reports whether a server's resource has the content of ours. What
// servers write themselves does not count: version, time and source in meta,
// and the order of elements.
func sameContent(theirs, ours []byte) bool {
	a, err := contentOf(theirs)
	if err != nil {
		return false
	}
	b, err := contentOf(ours)
	return err == nil && bytes.Equal(a, b)
}

// contentOf is the canonical form without what a server writes.
func contentOf(resource []byte) ([]byte, error) {
	canonical, err := fhir.Canonical(resource)
	if err != nil {
		return nil, err
	}
	var t fhir.Tree
	if err := t.Parse(canonical); err != nil {
		return nil, err
	}
	var out rewritten
	for c := t.First(0); c != 0; c = t.Next(c) {
		text := t.Raw(c)
		if t.Key(c) == "meta" {
			text = ownMeta(&t, c)
		}
		if text != "" {
			out.member(t.Key(c), text)
		}
	}
	return append(out.json, '}'), nil
}

// ownMeta is meta without what a server writes, "" where nothing is left.
func ownMeta(t *fhir.Tree, meta int) string {
	var out rewritten
	for c := t.First(meta); c != 0; c = t.Next(c) {
		if key := t.Key(c); key != "versionId" && key != "lastUpdated" && key != "source" {
			out.member(key, t.Raw(c))
		}
	}
	if len(out.json) == 0 {
		return ""
	}
	return string(out.json) + "}"
}
