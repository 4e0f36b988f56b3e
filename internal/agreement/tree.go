package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"chartlift/fhir"
)

// value is a JSON value that can be changed: unlike a map it keeps the order of
// the text, numbers digit by digit, and may hold a key twice.
type value struct {
	kind    valueKind
	text    string // of a string, unquoted; of the others, as it is written
	members []member
	items   []*value
}

type member struct {
	key   string
	value *value
}

type valueKind uint8

const (
	object valueKind = iota
	array
	text
	plain // a number, true, false, null, or anything that is to be written as it stands
)

func textOf(s string) *value { return &value{kind: text, text: s} }

func plainOf(s string) *value { return &value{kind: plain, text: s} }

func listOf(items ...*value) *value { return &value{kind: array, items: items} }

// objectOf returns an object of keys and values in turn; values are text, or
// JSON where they begin with a bracket.
func objectOf(pairs ...string) *value {
	v := &value{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.set(pairs[i], literal(pairs[i+1]))
	}
	return v
}

func literal(s string) *value {
	if s == "" || s[0] != '{' && s[0] != '[' {
		return textOf(s)
	}
	v, err := parse([]byte(s))
	if err != nil {
		return textOf(s)
	}
	return v
}

var errMoreText = errors.New("more text after the value")

func parse(json []byte) (*value, error) {
	d := newDecoder(json)
	v, err := read(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errMoreText
	}
	return v, nil
}

func newDecoder(b []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d
}

func read(d *json.Decoder) (*value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		return readNested(d, t)
	case string:
		return textOf(t), nil
	case json.Number:
		return plainOf(t.String()), nil
	case bool:
		return plainOf(strconv.FormatBool(t)), nil
	case nil:
		return plainOf("null"), nil
	}
	return nil, fmt.Errorf("token %v", t)
}

func readNested(d *json.Decoder, open json.Delim) (*value, error) {
	v := &value{kind: array}
	if open == '{' {
		v.kind = object
	}
	for d.More() {
		key := ""
		if v.kind == object {
			t, err := d.Token()
			if err != nil {
				return nil, err
			}
			key, _ = t.(string)
		}
		child, err := read(d)
		if err != nil {
			return nil, err
		}
		if v.kind == object {
			v.members = append(v.members, member{key, child})
		} else {
			v.items = append(v.items, child)
		}
	}
	_, err := d.Token()
	return v, err
}

// String returns the value as compact JSON.
func (v *value) String() string {
	var b bytes.Buffer
	v.write(&b)
	return b.String()
}

func (v *value) write(b *bytes.Buffer) {
	switch v.kind {
	case object:
		b.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				b.WriteByte(',')
			}
			writeText(b, m.key)
			b.WriteByte(':')
			m.value.write(b)
		}
		b.WriteByte('}')
	case array:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	case text:
		writeText(b, v.text)
	default:
		b.WriteString(v.text)
	}
}

func writeText(b *bytes.Buffer, s string) { b.Write(fhir.AppendString(b.AvailableBuffer(), s)) }

// get returns the value of a key, nil where there is none.
func (v *value) get(key string) *value {
	for _, m := range v.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

func (v *value) getText(key string) string {
	if found := v.get(key); found != nil && found.kind == text {
		return found.text
	}
	return ""
}

// set replaces the value of a key, or adds it at the end.
func (v *value) set(key string, to *value) {
	for i := range v.members {
		if v.members[i].key == key {
			v.members[i].value = to
			return
		}
	}
	v.members = append(v.members, member{key, to})
}

func (v *value) remove(key string) {
	kept := v.members[:0]
	for _, m := range v.members {
		if m.key != key {
			kept = append(kept, m)
		}
	}
	v.members = kept
}

func (v *value) rename(from, to string) {
	for i := range v.members {
		if v.members[i].key == from {
			v.members[i].key = to
		}
	}
}

// clone returns a copy that shares nothing.
func (v *value) clone() *value {
	c := &value{kind: v.kind, text: v.text}
	for _, m := range v.members {
		c.members = append(c.members, member{m.key, m.value.clone()})
	}
	for _, item := range v.items {
		c.items = append(c.items, item.clone())
	}
	return c
}
