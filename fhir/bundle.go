package fhir

import (
	"errors"
	"strings"
)

// BundleEntry is one request of a transaction or batch. Empty fields are left
// out; Resource is JSON and is written as it is.
type BundleEntry struct {
	FullURL     string
	Method      string // POST, PUT, DELETE, GET, PATCH, HEAD
	URL         string
	IfNoneExist string // the search of a conditional create
	Resource    []byte
}

// AppendTransaction appends a Bundle of the type (transaction or batch) with
// the entries in their order.
func AppendTransaction(dst []byte, typ string, entries []BundleEntry) []byte {
	dst = append(dst, `{"resourceType":"Bundle","type":`...)
	dst = AppendString(dst, typ)
	for i := range entries {
		if i == 0 {
			dst = append(dst, `,"entry":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendEntry(dst, &entries[i])
	}
	if len(entries) > 0 {
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendEntry(dst []byte, e *BundleEntry) []byte {
	dst = append(dst, '{')
	if e.FullURL != "" {
		dst = append(AppendString(append(dst, `"fullUrl":`...), e.FullURL), ',')
	}
	if len(e.Resource) > 0 {
		dst = append(dst, `"resource":`...)
		dst = append(append(dst, e.Resource...), ',')
	}
	dst = AppendString(append(dst, `"request":{"method":`...), e.Method)
	dst = AppendString(append(dst, `,"url":`...), e.URL)
	if e.IfNoneExist != "" {
		dst = AppendString(append(dst, `,"ifNoneExist":`...), e.IfNoneExist)
	}
	return append(dst, '}', '}')
}

// ResponseEntry is what a server answers to one BundleEntry. Status is 0 where
// the server gives none that can be read.
type ResponseEntry struct {
	Status   int
	Location string
	ETag     string
	Meta     string // versionId in the meta of the resource that the server sent along
	Outcome  []OutcomeIssue
}

// Version returns the version id that the entry tells: of an ETag such as
// W/"3", else of a Location such as Patient/a/_history/3, else that of the
// resource itself. It is "" where there is none.
func (e ResponseEntry) Version() string {
	if v := strings.Trim(strings.TrimPrefix(e.ETag, "W/"), `"`); v != "" {
		return v
	}
	if _, v, ok := strings.Cut(e.Location, "/_history/"); ok && v != "" && !strings.Contains(v, "/") {
		return v
	}
	return e.Meta
}

// ErrNoResponse is ReadResponse's error for a tree that is no
// transaction-response or batch-response.
var ErrNoResponse = errors.New("the answer is no transaction-response or batch-response bundle")

// ReadResponse returns the entries of the response bundle in t, in their
// order, which is the order of the requests. Nothing returned refers to t.
func ReadResponse(t *Tree) ([]ResponseEntry, error) {
	if t.Len() == 0 || t.FindText(0, "resourceType") != "Bundle" {
		return nil, ErrNoResponse
	}
	if typ := t.FindText(0, "type"); typ != "transaction-response" && typ != "batch-response" {
		return nil, ErrNoResponse
	}
	list := t.Find(0, "entry")
	if list == 0 {
		return nil, nil
	}
	entries := make([]ResponseEntry, 0, t.Count(list))
	for c := t.First(list); c != 0; c = t.Next(c) {
		entries = append(entries, readEntry(t, c))
	}
	return entries, nil
}

// readEntry reads one entry; HAPI puts the outcome of a success into
// response.outcome, others into resource.
func readEntry(t *Tree, i int) ResponseEntry {
	var e ResponseEntry
	if response := t.Find(i, "response"); response != 0 {
		e.Status = statusOf(t.FindText(response, "status"))
		e.Location = kept(t.FindText(response, "location"))
		e.ETag = kept(t.FindText(response, "etag"))
		if outcome := t.Find(response, "outcome"); outcome != 0 {
			e.Outcome, _ = ReadOutcome(t, outcome)
		}
	}
	resource := t.Find(i, "resource")
	if resource == 0 {
		return e
	}
	if e.Outcome == nil {
		e.Outcome, _ = ReadOutcome(t, resource)
	}
	if meta := t.Find(resource, "meta"); meta != 0 && t.FindText(resource, "resourceType") != "OperationOutcome" {
		e.Meta = kept(t.FindText(meta, "versionId"))
	}
	return e
}

// statusOf reads the three digits that open a status such as "201 Created".
func statusOf(text string) int {
	if len(text) < 3 || digits(text[:3], 0) != 3 || len(text) > 3 && text[3] != ' ' {
		return 0
	}
	return int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0')
}
