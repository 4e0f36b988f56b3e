package fhirserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"chartlift/fhir"
)

// update brings a resource that was there before to what it is now, under the
// server's id.
func (d delivery) update(ctx context.Context, it item) error {
	d.strategy = Single
	a, _ := d.sink.client.capability.of(it.entry.Resource.Type)
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
	if !a.update && !a.patch {
		return d.unchangeable(ctx, it, k, r)
	}
	if !a.update {
		var ok bool
		if r, ok, err = d.patch(ctx, r, a.read); err != nil {
			return err
		}
		if !ok {
			*it.out = notUpdated(it.entry)
			return nil
		}
	}
	return d.change(ctx, it, k, r)
}

// unchangeable gives the outcome of a resource of which the server takes no
// changes: it is delivered where the server holds what an update, r, would make
// of it.
func (d delivery) unchangeable(ctx context.Context, it item, k Known, r request) error {
	*it.out = notCompared(it.entry)
	if it.before != "" { // what was sent then is known to be another form
		*it.out = notUpdated(it.entry)
	}
	if a, _ := d.sink.client.capability.of(it.entry.Resource.Type); !a.read {
		return nil
	}
	got, v, err := d.sink.client.send(ctx, request{method: http.MethodGet, path: r.path, tries: d.requests}, 1)
	if err != nil || v != accepted {
		return err
	}
	// Also where the request was sent twice: a busy server may have turned the
	// first one away, and then an earlier form is there.
	if !sameContent(got.body, r.body) {
		*it.out = notUpdated(it.entry)
		return nil
	}
	*it.out = success(http.StatusOK, versionIn(got))
	k.Hash = hashOf(it.entry.Resource.JSON)
	if err := d.sink.ids.Save(k); err != nil {
		return fmt.Errorf("write down server ids: %w", err)
	}
	return nil
}

// change sends an update and gives its outcome.
func (d delivery) change(ctx context.Context, it item, k Known, r request) error {
	a, v, err := d.sink.client.send(ctx, r, 1)
	if err != nil {
		return err
	}
	if v == refused {
		if err := d.walled(ctx, r, a); err != nil {
			return err
		}
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

// identifierOf is our id where the resource can carry it as an identifier, else
// "".
func identifierOf(r fhir.Resource) string {
	if identifiable(r.Type) {
		return r.ID
	}
	return ""
}

// patch makes an update a JSON Patch, for servers that take no PUT. What a PUT
// would take away must be taken away by name, so the resource is read before;
// where that cannot be done, ok is false: a chart that keeps what the source
// has taken back is a wrong one.
func (d delivery) patch(ctx context.Context, r request, mayRead bool) (patched request, ok bool, err error) {
	if !mayRead {
		return r, false, nil
	}
	a, v, err := d.sink.client.send(ctx, request{method: http.MethodGet, path: r.path, tries: d.requests}, 1)
	if err != nil || v != accepted {
		return r, false, err
	}
	body, ok := replaceAll(a.body, r.body)
	r.method, r.media, r.body = http.MethodPatch, "application/json-patch+json", body
	return r, ok, nil
}

// replaceAll is a JSON Patch (RFC 6902) that makes the elements of a server's
// resource those of ours: "add" replaces what is there, and what only the
// server has is removed, but for its narrative. ok is false where what the
// server holds cannot be read.
func replaceAll(theirs, ours []byte) (patch []byte, ok bool) {
	var now, t fhir.Tree
	if now.Parse(theirs) != nil || t.Parse(ours) != nil {
		return nil, false
	}
	b := []byte{'['}
	op := func(format string, args ...any) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, format, args...)
	}
	for c := now.First(0); c != 0; c = now.Next(c) {
		if key := now.Key(c); !serversOwn(key) && key != "text" && t.Find(0, key) == 0 {
			op(`{"op":"remove","path":%s}`, fhir.AppendString(nil, "/"+pointer.Replace(key)))
		}
	}
	for c := t.First(0); c != 0; c = t.Next(c) {
		if key := t.Key(c); !serversOwn(key) {
			op(`{"op":"add","path":"/%s","value":%s}`, key, t.Raw(c))
		}
	}
	return append(b, ']'), true
}

// pointer escapes a name for a JSON Pointer (RFC 6901 section 3).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// serversOwn are the elements that a patch leaves as they are.
func serversOwn(key string) bool { return key == "resourceType" || key == "id" || key == "meta" }
