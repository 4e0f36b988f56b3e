package validate

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Item is one resource of a file: the file's only one, a line of NDJSON, an
// entry of a bundle, or a bundle itself without its entries' resources.
type Item struct {
	File     string
	Line     int64 // on which the resource starts, 1-based
	Entry    int   // index in the bundle, -1 outside one
	Bundle   bool  // this is the bundle itself; CheckItem leaves its entries alone
	Resource fhir.Resource

	entries *entries // of its bundle, nil outside one
	fullURL string   // of its entry
}

// Origin returns where the item stood. Row is the number of the entry in its
// bundle.
func (it *Item) Origin() issue.Origin {
	return issue.Origin{Source: it.File, Row: int64(it.Entry + 1), Line: it.Line}
}

// ErrTooLarge is in the chain of Read's error for a resource or bundle above
// fhir.MaxSize.
var ErrTooLarge = errors.New("a resource or bundle is larger than 64 MiB; split it, or write it as NDJSON")

// Read hands every resource of a file to each, in order: a JSON resource, a
// Bundle (first the bundle, then its entries) or NDJSON of those. Text that is
// not JSON comes as an Item too, for CheckItem to report. Memory holds one line
// or one JSON document at a time. name decides: .ndjson and .jsonl are NDJSON;
// otherwise the first line does.
func Read(ctx context.Context, name string, text io.Reader, each func(*Item)) error {
	r := reader{name: name, lines: bufio.NewReaderSize(text, 64<<10), each: each}
	if mark, err := r.lines.Peek(3); err == nil && string(mark) == "\ufeff" { // RFC 8259 lets readers skip it
		_, _ = r.lines.Discard(len(mark))
	}
	if err := r.read(ctx); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// reader is the state of one Read.
type reader struct {
	name  string
	lines *bufio.Reader
	each  func(*Item)
	tree  fhir.Tree
	line  int64 // number of the last line read
}

func (r *reader) read(ctx context.Context) error {
	first, err := r.nextLine()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !r.isNDJSON(first) {
		return r.document(first)
	}
	for {
		if line := bytes.TrimSpace(first); len(line) > 0 {
			r.resource(line, r.line)
		}
		if err != nil {
			return nil // the last line, without line feed
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if first, err = r.nextLine(); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// isNDJSON decides by the name, else by whether the first line is a whole
// object.
func (r *reader) isNDJSON(first []byte) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(r.name), ".gz"), ".zst")
	if strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl") {
		return true
	}
	return len(first) > 1 && first[0] == '{' && r.tree.Parse(first) == nil
}

// nextLine returns the next line as a slice of its own; io.EOF comes with the
// last one.
func (r *reader) nextLine() ([]byte, error) {
	var line []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		if len(line)+len(part) > fhir.MaxSize {
			return nil, fmt.Errorf("line %d: %w", r.line+1, ErrTooLarge)
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			r.line++
			return line, err
		}
	}
}

// document reads the rest of a file that is one JSON document.
func (r *reader) document(first []byte) error {
	rest, err := io.ReadAll(io.LimitReader(r.lines, int64(fhir.MaxSize-len(first)+1)))
	if err != nil {
		return err
	}
	text := append(first, rest...)
	if len(text) > fhir.MaxSize {
		return ErrTooLarge
	}
	r.resource(text, 1)
	return nil
}

// resource hands out one JSON text, a bundle with its entries.
func (r *reader) resource(text []byte, line int64) {
	it := Item{File: r.name, Line: line, Entry: -1, Resource: fhir.Resource{JSON: text}}
	if r.tree.Parse(text) != nil {
		r.each(&it)
		return
	}
	it.Resource = r.named(0, text)
	if it.Resource.Type != "Bundle" {
		r.each(&it)
		return
	}
	it.Bundle = true
	r.bundle(it, text)
}

// bundle hands out the bundle and then the resources of its entries.
func (r *reader) bundle(it Item, text []byte) {
	it.entries = newEntries(&r.tree, 0)
	r.each(&it)
	list := r.tree.Find(0, "entry")
	if list == 0 {
		return
	}
	before := it.Line - 1
	for i, n := 0, r.tree.First(list); n != 0; i, n = i+1, r.tree.Next(n) {
		at := r.tree.Find(n, "resource")
		if at == 0 || r.tree.Kind(at) != fhir.Object {
			continue
		}
		node := r.tree.Node(at)
		r.each(&Item{
			File: r.name, Line: before + int64(node.Line), Entry: i, entries: it.entries, fullURL: it.entries.home[at],
			Resource: r.named(at, text[node.Start:node.End]),
		})
	}
}

func (r *reader) named(node int, text []byte) fhir.Resource {
	return fhir.Resource{
		Type: strings.Clone(r.tree.FindText(node, "resourceType")),
		ID:   strings.Clone(r.tree.FindText(node, "id")),
		JSON: text,
	}
}
