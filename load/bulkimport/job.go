package bulkimport

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"chartlift/load/fhirserver"
)

const (
	pollFirst = time.Second      // after which progress is asked for, where the server says nothing
	pollMost  = 30 * time.Second // to which that grows
)

// Import has the server import the level and returns when its job has ended. A
// job that an earlier run began with the same level is gone on with. An error
// means that delivery cannot go on: the server does not take jobs, never
// fetched a file, or is gone; or ctx is done, and the job goes on over there.
func (l *Level) Import(ctx context.Context) (Report, error) {
	i := l.importer
	defer func() { _ = l.discard() }()
	if len(l.files) == 0 { // a job that is under way is another level's
		return Report{Imported: -1, Errors: -1}, nil
	}
	key := hex.EncodeToString(l.key.Sum(nil)[:16])
	mark, err := i.mark(key)
	if err != nil {
		return Report{}, err
	}
	inputs, err := l.finish(mark)
	if err != nil {
		return Report{}, err
	}
	r := Report{Files: len(inputs), Imported: -1, Errors: -1}
	for _, in := range inputs {
		r.Resources += in.n
	}
	began := time.Now()
	err = i.run(ctx, key, inputs, &r)
	r.Took = time.Since(began)
	if i.options.Storage == "" || errors.Is(err, errFailed) { // what is in a storage is the user's own; what no job will ask for again is nobody's
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
		fresh := job{Key: key}
		if i.options.Storage != "" {
			fresh.Token = i.state.Token // of the mark
		}
		i.state = fresh
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
		// The server does not know it any more, or could not fetch the rest
		// from us: once more from the beginning, which changes nothing that is
		// there.
		*r = Report{Files: r.Files, Resources: r.Resources, Imported: -1, Errors: -1}
	}
	if err := i.begin(ctx, prefix, inputs); err != nil {
		return err
	}
	lost, err := i.wait(ctx, r)
	switch {
	case err != nil || !r.Failed:
		return err
	case i.options.Mode != "" || r.Status < http.StatusInternalServerError && !lost:
		return errors.Join(i.jobFailed(r.Status), i.Forget())
	case !lost && s != nil && !s.met():
		return i.notFetched(prefix, r)
	}
	return nil
}

// mark is what names of files bear beside the hash of their content, "" where
// nothing is needed. Azure takes a body that it knows for the job that it was
// registered as, and answers with what became of that one, also where it had
// failed or what it brought was taken away since. So each attempt names files
// of its own, but for one that the process did not survive.
func (i *Importer) mark(key string) (string, error) {
	if i.options.Mode == "" || i.options.Storage == "" {
		return "", nil
	}
	if i.state.Key != key || len(i.state.Token) < markLength {
		i.state = job{Key: key, Token: newToken()}
		if err := i.state.write(i.options.State); err != nil {
			return "", err
		}
	}
	return "-" + i.state.Token[:markLength], nil
}

const markLength = 8

// errFailed is a job that came to nothing, by no fault of a single resource.
var errFailed = errors.New("the job failed")

// jobFailed says why a job may have failed, by the status that its server gives
// for it. Azure documents 400 and 403 for files that it cannot read, and 500
// for a database that is full; it answers 400 where somebody cancelled the job,
// and 404 for a file that is not there. A resource that is wrong fails no job.
func (i *Importer) jobFailed(status int) error {
	why := "look into its log"
	switch status {
	case http.StatusBadRequest:
		why = "it did not reach the files, or somebody cancelled the job: see that it reaches the storage"
	case http.StatusForbidden:
		why = "it may not read the files: give it the right (Azure: its managed identity needs the role Storage Blob Data Contributor)"
	case http.StatusNotFound, http.StatusGone:
		why = "a file was not where it looked: see that what is in --bulk-folder stands below --bulk-storage"
	case http.StatusInternalServerError:
		why = "its database may have no room left; look into its log"
	}
	return &fhirserver.Error{
		Code: "import-failed", Target: i.options.Server.Target(), Status: status, Err: errFailed,
		Message: "the server gave the job up; " + why + ". What it had taken by then stays; go on with chartlift resume, or load without --bulk",
	}
}

func (i *Importer) notFetched(prefix string, r *Report) error {
	where := prefix[:strings.LastIndexByte(prefix, '/')] // the path before is what nobody may know
	e := &fhirserver.Error{
		Code: "import-not-fetched", Target: i.options.Server.Target(), Status: r.Status,
		Message: "the server took the job and never asked for a file at " + where + "; see that it reaches that address, or name another one (--bulk-listen, --bulk-reach), or a storage (--bulk-storage)",
	}
	return errors.Join(e, i.Forget())
}

// offer makes the files reachable and returns the address before their names.
// The shelf is nil where a storage holds them.
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

// begin posts the job and writes down where it is asked for, before anything
// else is done.
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
			Message: strings.TrimSpace("the server does not take this $import "+refusal.Number) + "; switch it on there (HAPI: register BulkDataImportProvider; Azure: configure import, with its initialImportMode as --bulk-mode says, " +
				"and name the storage that it is configured for), or load without --bulk",
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
			r.Failed = p.Status != http.StatusOK
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

// count reads the server's own counts, where it has them in the form that Azure
// documents.
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

// parameters is the body of $import, as HAPI reads it (BulkDataImportProvider)
// and Azure Health Data Services documents it. storageDetail is HAPI's alone,
// mode is Azure's.
func parameters(prefix string, inputs []input, mode string) ([]byte, error) {
	list := []parameter{{Name: "inputFormat", ValueString: "application/fhir+ndjson"}}
	if mode != "" {
		list = append(list, parameter{Name: "mode", ValueString: mode})
	} else {
		list = append(list, parameter{Name: "storageDetail", Part: []parameter{
			{Name: "type", ValueString: "https"},
			// A chunk is a transaction over there, and one bad resource takes
			// its chunk with it.
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
