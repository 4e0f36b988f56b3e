package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"chartlift/fhir"
)

// lanes is a loader's fixed setting.
type lanes struct {
	at, entries int
	kind        loadKind
	form        loadForm
}

// loadForm is how entries are written.
type loadForm int

const (
	puts    loadForm = iota // a transaction of updates with ids of ours
	posts                   // a transaction of creates, as simple loaders do: sent twice they are there twice
	batched                 // updates that do not stand or fall together
)

func (l lanes) String() string { return fmt.Sprintf("%d at once, %d entries", l.at, l.entries) }

// resource is the n-th of a load: families are a patient and three observations
// of her.
func loadResource(prefix string, k loadKind, n int) fhir.Resource {
	patient := n
	if k == families {
		patient = n - n%4
	}
	if k != families || n%4 == 0 {
		id := fmt.Sprintf("%sp%d", prefix, patient)
		return fhir.Resource{Type: "Patient", ID: id, JSON: fmt.Appendf(nil, `{"resourceType":"Patient","id":%q,"active":true,"address":[{"city":"Lakeside","line":["%d Mill Road"],"postalCode":"0%04d"}],`+
			`"birthDate":"19%02d-0%d-1%d","gender":"female","identifier":[{"system":"urn:example:mrn","value":%q}],"name":[{"family":"Testperson%d","given":["Ada","Bea"],"use":"official"}],`+
			`"telecom":[{"system":"phone","use":"home","value":"555-%04d"}]%s}`, id, n%300, n%10000, 20+n%80, 1+n%9, n%10, id, n, n%10000, narrative(k))}
	}
	id := fmt.Sprintf("%so%d", prefix, n)
	return fhir.Resource{Type: "Observation", ID: id, JSON: fmt.Appendf(nil, `{"resourceType":"Observation","id":%q,"category":[{"coding":[{"code":"vital-signs","system":"http://terminology.hl7.org/CodeSystem/observation-category"}]}],`+
		`"code":{"coding":[{"code":"29463-7","display":"Body weight","system":"http://loinc.org"}]},"effectiveDateTime":"2020-0%d-1%d","status":"final","subject":{"reference":"Patient/%sp%d"},`+
		`"valueQuantity":{"code":"kg","system":"http://unitsofmeasure.org","unit":"kg","value":%d.5}}`, id, 1+n%9, n%10, prefix, patient, 40+n%60)}
}

// narrative makes a resource as large as one with a photograph or a long text.
func narrative(k loadKind) string {
	if k != bulky {
		return ""
	}
	return `,"text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>` + strings.Repeat("A long text. ", 2300) + `</p></div>","status":"additional"}`
}

// writeLoad writes n resources as files, in a folder of their own.
func writeLoad(dir, prefix string, k loadKind, n int) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files := map[string]*bufio.Writer{}
	var err error
	for i := range n {
		r := loadResource(prefix, k, i)
		out := files[r.Type]
		if out == nil {
			f, failed := os.OpenFile(filepath.Join(dir, r.Type+".ndjson"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
			if failed != nil {
				return failed
			}
			defer f.Close()
			out = bufio.NewWriter(f)
			files[r.Type] = out
		}
		_, _ = out.Write(append(r.JSON, '\n')) // Flush tells what went wrong
	}
	for _, out := range files {
		err = errors.Join(err, out.Flush())
	}
	return err
}

// fixed loads transactions of PUTs by lanes, without a journal, patience or
// anything else: the floor of a loader. A family is never cut.
func (b *loadBench) fixed(ctx context.Context, base string, l lanes, n int) (loadTurn, error) {
	prefix := b.prefix()
	size := l.entries - l.entries%4
	client := plainClient(l.at)
	defer client.CloseIdleConnections()
	before, began := b.pids.spent(), time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(l.at)
	for from := 0; from < n; from += size {
		g.Go(func() error {
			return request(ctx, client, http.MethodPost, base+"/fhir", l.bundle(prefix, from, min(n, from+size)))
		})
	}
	err := g.Wait()
	return loadTurn{resources: n, took: time.Since(began), server: b.pids.spent() - before}, err
}

// bundle makes a request of resources from one number up to another.
func (l lanes) bundle(prefix string, from, to int) []byte {
	var entries []fhir.BundleEntry
	for i := from; i < to; i++ {
		r := loadResource(prefix, l.kind, i)
		e := fhir.BundleEntry{Method: http.MethodPut, URL: r.Ref(), Resource: r.JSON}
		if l.form == posts {
			e.Method, e.URL = http.MethodPost, r.Type
		}
		entries = append(entries, e)
	}
	typ := "transaction"
	if l.form == batched {
		typ = "batch"
	}
	return fhir.AppendTransaction(nil, typ, entries)
}

// oneByOne puts one resource after the other over one connection, as simple
// loaders do.
func (b *loadBench) oneByOne(ctx context.Context, base string, n int) (loadTurn, error) {
	prefix := b.prefix()
	client := plainClient(1)
	defer client.CloseIdleConnections()
	before, began := b.pids.spent(), time.Now()
	for i := range n {
		r := loadResource(prefix, families, i)
		if err := request(ctx, client, http.MethodPut, base+"/fhir/"+r.Ref(), r.JSON); err != nil {
			return loadTurn{}, err
		}
	}
	return loadTurn{resources: n, took: time.Since(began), server: b.pids.spent() - before}, nil
}

func plainClient(connections int) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = connections
	return &http.Client{Transport: t}
}

// request sends a body and wants success.
func request(ctx context.Context, client *http.Client, method, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Prefer", "return=minimal")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("the server answered %s", res.Status)
	}
	return nil
}
