package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// element is a value of FHIR JSON with its name: a leaf with its text, or what
// has members. The members of a list are elements of one name. An extension has
// the end of its URL in its name: extension(us-core-race).
type element struct {
	name string
	text string
	kids []*element
}

func isLeaf(e *element) bool { return e == nil || e.kids == nil }

func (e *element) value() string {
	if e == nil {
		return ""
	}
	return e.text
}

// members returns the members of that name.
func (e *element) members(name string) []*element {
	if e == nil {
		return nil
	}
	var all []*element
	for _, k := range e.kids {
		if k.name == name {
			all = append(all, k)
		}
	}
	return all
}

// memberNames lists the names of the members of both, in their order, once.
func memberNames(elements ...*element) []string {
	var all []string
	for _, e := range elements {
		if e == nil {
			continue
		}
		for _, k := range e.kids {
			if !slices.Contains(all, k.name) {
				all = append(all, k.name)
			}
		}
	}
	return all
}

// all returns the texts at a path such as code.coding.code.
func (e *element) all(path string) []string {
	if path == "" {
		return []string{e.text}
	}
	name, rest, _ := strings.Cut(path, ".")
	var out []string
	for _, m := range e.members(name) {
		out = append(out, m.all(rest)...)
	}
	return out
}

// first returns the first text at a path, "" for none.
func (e *element) first(path string) string {
	if all := e.all(path); len(all) > 0 {
		return all[0]
	}
	return ""
}

// remove takes the members of that name out.
func (e *element) remove(name string) {
	e.kids = slices.DeleteFunc(e.kids, func(k *element) bool { return k.name == name })
}

// each calls do with e and all elements below it.
func (e *element) each(do func(*element)) {
	do(e)
	for _, k := range e.kids {
		k.each(do)
	}
}

// entry is one resource.
type entry struct {
	typ, id string
	url     string // fullUrl
	root    *element
}

// bundle is one side of a comparison.
type bundle struct{ entries []*entry }

// find returns the resource that a reference leads to, nil for none.
func (b *bundle) find(reference string) *entry {
	for _, e := range b.entries {
		if reference == e.typ+"/"+e.id || e.url != "" && reference == e.url {
			return e
		}
	}
	return nil
}

// has reports whether a resource has that text at a path.
func (b *bundle) has(path, text string) bool {
	return slices.ContainsFunc(b.entries, func(e *entry) bool { return slices.Contains(e.root.all(path), text) })
}

// parseBundle reads a Bundle.
func parseBundle(text []byte) (*bundle, error) {
	root, err := parseElement(text)
	if err != nil {
		return nil, err
	}
	b := &bundle{}
	for _, e := range root.members("entry") {
		for _, r := range e.members("resource") {
			b.add(r, e.first("fullUrl"))
		}
	}
	return b, nil
}

func (b *bundle) add(r *element, url string) {
	b.entries = append(b.entries, &entry{typ: r.first("resourceType"), id: r.first("id"), url: url, root: r})
}

// readFolder reads the NDJSON files of a run, in the order of their names.
func readFolder(folder string) (*bundle, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.ndjson"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no NDJSON in %s: %w", folder, errors.Join(err, os.ErrNotExist))
	}
	b := &bundle{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(text) {
			r, err := parseElement(line)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
			b.add(r, "")
		}
	}
	return b, nil
}

// parseElement reads one JSON object. Numbers keep their digits.
func parseElement(text []byte) (*element, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	root := &element{}
	if err := parseValue(d, token, "", root); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if len(root.kids) == 0 {
		return nil, fmt.Errorf("decode: %w", io.ErrUnexpectedEOF)
	}
	return root.kids[0], nil
}

// parseValue adds the value that token begins to the members of parent, under
// that name.
func parseValue(d *json.Decoder, token json.Token, name string, parent *element) error {
	switch token {
	case json.Delim('['):
		for d.More() {
			next, err := d.Token()
			if err != nil {
				return err
			}
			if err := parseValue(d, next, name, parent); err != nil {
				return err
			}
		}
		_, err := d.Token()
		return err
	case json.Delim('{'):
		return parseObject(d, name, parent)
	}
	if token != nil {
		parent.kids = append(parent.kids, &element{name: name, text: fmt.Sprint(token)})
	}
	return nil
}

func parseObject(d *json.Decoder, name string, parent *element) error {
	e := &element{name: name, kids: []*element{}}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		if err := parseValue(d, value, fmt.Sprint(key), e); err != nil {
			return err
		}
	}
	if name == "extension" || name == "modifierExtension" {
		url := e.first("url")
		e.name += "(" + url[strings.LastIndex(url, "/")+1:] + ")"
		e.remove("url")
	}
	parent.kids = append(parent.kids, e)
	_, err := d.Token()
	return err
}
