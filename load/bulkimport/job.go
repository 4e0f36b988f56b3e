package bulkimport

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"chartlift/load/fhirserver"
)

const (
	pollFirst = time.Second      // after which progress is asked for, where the server says nothing
	pollMost  = 30 * time.Second // to which that grows
)

// Import has the server import the level and returns when its job has ended. A job that an earlier run began with the same level is gone on with. An
// error means that delivery cannot go on: the server does not take jobs, never fetched a file, or is gone; or ctx is done, and the job goes
// on over there.
func (l *Level) Import(ctx context.Context) (Report, error) {
	i := l.importer
	defer func() { _ = l.discard() }()
	inputs, err := l.finish()
	if err != nil {
		return Report{}, err
	}
	r := Report{Files: len(inputs), Imported: -1, Errors: -1}
	for _, in := range inputs {
		r.Resources += in.n
	}
	if len(inputs) == 0 {
		return r, nil
	}
	began := time.Now()
	err = i.run(ctx, hex.EncodeToString(l.key.Sum(nil)[:16]), inputs, &r)
	r.Took = time.Since(began)
	if i.options.Storage == "" { // a storage is the user's own
		for _, in := range inputs {
			err = errors.Join(err, os.Remove(in.path))
		}
	}
	return r, err
}

// run goes on with the job of the key, or begins it, and waits for its end.
func (i *Importer) run(ctx context.Context, key string, inputs []input, r *Report) error {
	resumed := i.state.Key == key && i.state.Status != ""
	if !resumed {
		i.state = job{Key: key}
	}
	prefix, s, err := i.offer(ctx, inputs)
	if err != nil {
		return err
	}
	if s != nil {
		defer s.Close()
	}
	if resumed {
		lost, err := i.wait(ctx, r)
		if err != nil || !lost && !r.Failed {
			r.Resumed = err == nil
			return err
		}
		// The server does not know it any more, or could not fetch the rest from us: once more from the beginning, which changes nothing that is there.
		*r = Report{Files: r.Files, Resources: r.Resources, Imported: -1, Errors: -1}
	}
	if err := i.begin(ctx, prefix, inputs); err != nil {
		return err
	}
	lost, err := i.wait(ctx, r)
	if err != nil {
		return err
	}
	if r.Failed && !lost && s != nil && !s.met() {
		return i.notFetched(prefix, r)
	}
	return nil
}

func (i *Importer) notFetched(prefix string, r *Report) error {
	where := prefix[:strings.LastIndexByte(prefix, '/')] // the path before is what nobody may know
	e := &fhirserver.Error{
		Code: "import-not-fetched", Target: i.options.Server.Target(), Status: r.Status,
		Message: "the server took the job and never asked for a file at " + where + "; see that it reaches that address, or name another one (--bulk-listen, --bulk-reach), or a storage (--bulk-storage)",
	}
	return errors.Join(e, i.Forget())
}

// offer makes the files reachable and returns the address before their names. The shelf is nil where a storage holds them.
func (i *Importer) offer(ctx context.Context, inputs []input) (prefix string, s *shelf, err error) {
	if i.options.Storage != "" {
		return strings.TrimRight(i.options.Storage, "/"), nil, nil
	}
	files := map[string]string{}
	for _, in := range inputs {
		files[in.name] = in.path
	}
	if i.state.Token != "" { // a job under way knows this address
		if s, err = openShelf(ctx, i.state.Address, i.state.Token, files); err == nil {
			return i.options.reachOf(s.address) + "/" + s.token, s, nil
		}
	}
	if s, err = openShelf(ctx, i.options.Listen, newToken(), files); err != nil {
		return "", nil, err
	}
	i.state.Address, i.state.Token = s.address, s.token
	return i.options.reachOf(s.address) + "/" + s.token, s, nil
}

// begin posts the job and writes down where it is asked for, before anything else is done.
func (i *Importer) begin(ctx context.Context, prefix string, inputs []input) error {
	body, err := parameters(prefix, inputs, i.options.Mode)
	if err != nil {
		return err
	}
	begun, refusal, err := i.client.Begin(ctx, "$import", body)
	var known *fhirserver.Error
	switch {
	case errors.As(err, &known) && known.Code == "forbidden":
		known.Message = "the server does not allow $import to us; ask for the right to import (Azure: the role FHIR Data Importer), or load without --bulk"
		return err
	case err != nil:
		return err
	case refusal.Status != 0:
		return &fhirserver.Error{
			Code: "import-refused", Target: i.options.Server.Target(), Status: refusal.Status,
			Message: strings.TrimSpace("the server does not take this $import "+refusal.Number) + "; switch it on there (HAPI: register BulkDataImportProvider; Azure: configure import), or load without --bulk",
		}
	}
	i.state.Status, i.state.Began = begun.Status, begun.Began
	i.sink.job = &i.state
	return i.state.write(i.options.State)
}

// wait asks until the job has ended.
func (i *Importer) wait(ctx context.Context, r *Report) (lost bool, err error) {
	i.sink.job = &i.state
	job := fhirserver.Job{Status: i.state.Status, Began: i.state.Began}
	for pause := pollFirst; ; pause = min(2*pause, pollMost) {
		p, err := i.client.Ask(ctx, job)
		if err != nil {
			return false, err
		}
		if p.Done {
			r.Status, r.Number = p.Status, p.Number
			r.Failed = p.Status != 200
			r.count(p.Body)
			i.sink.failed = r.Failed || r.Errors > 0
			return p.Lost, nil
		}
		d := pause
		if p.Wait > 0 {
			d = p.Wait
		}
		if i.options.Poll > 0 {
			d = min(d, i.options.Poll)
		}
		if err := i.options.Clock.Sleep(ctx, d); err != nil {
			return false, err
		}
	}
}

// count reads the server's own counts, where it has them in the form that Azure documents.
func (r *Report) count(body []byte) {
	var told struct {
		Output []struct{ Count int64 } `json:"output"`
		Error  []struct{ Count int64 } `json:"error"`
	}
	if json.Unmarshal(body, &told) != nil || len(told.Output)+len(told.Error) == 0 {
		return
	}
	r.Imported, r.Errors = 0, 0
	for _, o := range told.Output {
		r.Imported += o.Count
	}
	for _, e := range told.Error {
		r.Errors += e.Count
	}
}

// parameter is one of a Parameters resource (FHIR R4 section 2.40).
type parameter struct {
	Name        string      `json:"name"`
	ValueString string      `json:"valueString,omitempty"`
	ValueURI    string      `json:"valueUri,omitempty"`
	Part        []parameter `json:"part,omitempty"`
}

// parameters is the body of $import, as HAPI reads it (BulkDataImportProvider) and Azure Health Data Services documents it. storageDetail is HAPI's
// alone, mode is Azure's.
func parameters(prefix string, inputs []input, mode string) ([]byte, error) {
	list := []parameter{{Name: "inputFormat", ValueString: "application/fhir+ndjson"}}
	if mode != "" {
		list = append(list, parameter{Name: "mode", ValueString: mode})
	} else {
		list = append(list, parameter{Name: "storageDetail", Part: []parameter{
			{Name: "type", ValueString: "https"},
			// A chunk is a transaction over there, and one bad resource takes its chunk with it.
			{Name: "maxBatchResourceCount", ValueString: "200"},
		}})
	}
	for _, in := range inputs {
		list = append(list, parameter{Name: "input", Part: []parameter{{Name: "type", ValueString: in.typ}, {Name: "url", ValueURI: prefix + "/" + in.name}}})
	}
	body, err := json.Marshal(struct {
		ResourceType string      `json:"resourceType"`
		Parameter    []parameter `json:"parameter"`
	}{"Parameters", list})
	if err != nil {
		return nil, fmt.Errorf("write parameters of $import: %w", err)
	}
	return body, nil
}
