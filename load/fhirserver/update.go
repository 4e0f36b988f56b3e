package fhirserver

import (
	"context"
	"fmt"
	"net/http"

	"chartlift/fhir"
)

// update brings a resource that was there before to what it is now, under the server's id.
func (d delivery) update(ctx context.Context, it item) error {
	d.strategy = Single
	a, _ := d.sink.client.capability.of(it.entry.Resource.Type)
	if !a.update && !a.patch {
		// One of which nothing was known may be what an earlier try of this request has made.
		if it.before != "" || *d.requests < 2 {
			*it.out = notUpdated(it.entry)
		}
		return nil
	}
	known, err := d.sink.ids.Lookup(wanted([]item{it}))
	if err != nil {
		return fmt.Errorf("look up server ids: %w", err)
	}
	k := known[it.ref()]
	w := rewrite{id: k.ID, identifier: identifierOf(it.entry.Resource), rename: d.names(nil, known).rename}
	by, err := w.of(it.entry.Resource.JSON)
	if err != nil {
		return fmt.Errorf("rewrite one %s: %w", it.entry.Resource.Type, err)
	}
	if by.missing != "" {
		*it.out = dangling(it.entry, by.missing)
		return nil
	}
	r := request{method: http.MethodPut, path: it.entry.Resource.Type + "/" + k.ID, body: by.json, tries: d.requests}
	if !a.update {
		r.method, r.media, r.body = http.MethodPatch, "application/json-patch+json", replaceAll(by.json)
	}
	return d.change(ctx, it, k, r)
}

// change sends an update and gives its outcome.
func (d delivery) change(ctx context.Context, it item, k Known, r request) error {
	a, v, err := d.sink.client.send(ctx, r, 1)
	if err != nil {
		return err
	}
	if v != accepted {
		*it.out = refusal(it.entry, a)
		return nil
	}
	*it.out = success(http.StatusOK, versionIn(a))
	k.Hash = hashOf(it.entry.Resource.JSON)
	if err := d.sink.ids.Save(k); err != nil {
		return fmt.Errorf("write down server ids: %w", err)
	}
	return nil
}

// identifierOf is our id where the resource can carry it as an identifier, else "".
func identifierOf(r fhir.Resource) string {
	if identifiable(r.Type) {
		return r.ID
	}
	return ""
}

// replaceAll is a JSON Patch (RFC 6902) that makes a resource's elements those of json: "add" replaces what is there.
func replaceAll(resource []byte) []byte {
	var t fhir.Tree
	if t.Parse(resource) != nil {
		return nil // it was written by us a moment ago
	}
	b := []byte{'['}
	for c := t.First(0); c != 0; c = t.Next(c) {
		if key := t.Key(c); key != "resourceType" && key != "id" && key != "meta" {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `{"op":"add","path":"/%s","value":%s}`, key, t.Raw(c))
		}
	}
	return append(b, ']')
}
