package loadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// What is answered here is what Microsoft documents of $import ("Import FHIR
// data", learn.microsoft.com/azure/healthcare-apis/fhir/import-data). Where
// that says nothing it is what the source of Microsoft's FHIR server does
// (github.com/microsoft/fhir-server: ImportController, GetImportRequestHandler,
// InitialImportLockMiddleware), and marked so.

// azureJob is one registration. The same body yields the same one, whatever
// became of it.
type azureJob struct {
	key       string
	inputs    []importInput
	initial   bool
	asked     int
	cancelled bool
	status    int // of the end, 0 while there is none
	end       string
}

// azurePath is where a job is asked for (source: KnownRoutes).
const azurePath = "/fhir/_operations/import/"

func (i *Importer) serveAzure(w http.ResponseWriter, r *http.Request) {
	id, job := strings.CutPrefix(r.URL.Path, azurePath)
	switch {
	case r.URL.Path == "/fhir/$import" && r.Method == http.MethodPost:
		i.register(w, r)
	case job && (r.Method == http.MethodGet || r.Method == http.MethodDelete):
		i.azureStatus(w, id, r.Method == http.MethodDelete)
	case i.InitialMode && r.Method != http.MethodGet: // source: 423, and a body that is no OperationOutcome
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusLocked)
		_, _ = io.WriteString(w, `{"severity":"Error","code":"Locked","diagnostics":"Service is locked for initial import mode."}`)
	default:
		i.Next.ServeHTTP(w, r)
	}
}

// register takes a job, or names the one that the same body was registered as
// before.
func (i *Importer) register(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bodies = append(i.bodies, string(body))
	j, why := i.readAzure(r, body)
	if why != "" || i.Refuse != 0 {
		answerOutcome(w, max(i.Refuse, http.StatusBadRequest), why)
		return
	}
	n := slices.IndexFunc(i.azure, func(old *azureJob) bool { return old.key == j.key })
	if n < 0 {
		i.azure, n = append(i.azure, j), len(i.azure)
	}
	base := "http://" + r.Host
	if i.Elsewhere != "" {
		base = i.Elsewhere
	}
	w.Header().Set("Content-Location", fmt.Sprintf("%s%s%d", base, azurePath, n+1))
	w.WriteHeader(http.StatusAccepted)
}

// readAzure reads the body of $import, or says why it is refused.
func (i *Importer) readAzure(r *http.Request, body []byte) (*azureJob, string) {
	var p importBody
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Header.Get("Prefer") != "respond-async" || media != "application/fhir+json" || json.Unmarshal(body, &p) != nil || p.ResourceType != "Parameters" {
		return nil, "headers or body are not those of an import"
	}
	j := &azureJob{inputs: p.inputs()}
	for _, one := range p.Parameter {
		switch one.Name {
		case "inputFormat":
			if one.ValueString != "application/fhir+ndjson" {
				return nil, "inputFormat"
			}
			j.key = "ndjson "
		case "mode":
			if j.initial = one.ValueString == "InitialLoad"; !j.initial && one.ValueString != "IncrementalLoad" {
				return nil, "mode"
			}
		case "storageDetail": // source: any other is refused
			if len(one.Part) == 0 || one.Part[0].ValueString != "azure-blob" {
				return nil, "storageDetail"
			}
		}
	}
	if j.key == "" || len(j.inputs) == 0 || len(j.inputs) > 10_000 || j.initial && !i.InitialMode {
		return nil, "Initial import mode is not enabled, or what an import needs is missing"
	}
	for _, in := range j.inputs {
		if u, err := url.Parse(in.url); err != nil || !u.IsAbs() || u.RawQuery != "" || in.typ == "" || strings.Contains(j.key, in.url+" ") {
			return nil, "input"
		}
		j.key += in.typ + " " + in.url + " "
	}
	j.key += fmt.Sprint(j.initial)
	return j, ""
}

// azureStatus tells how far a job is, or cancels it (source: 202, and then a
// failure).
func (i *Importer) azureStatus(w http.ResponseWriter, id string, cancel bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var n int
	if _, _ = fmt.Sscan(id, &n); n < 1 || n > len(i.azure) || i.Forgetful && n == 1 {
		answerOutcome(w, http.StatusNotFound, "no such job")
		return
	}
	j := i.azure[n-1]
	j.asked++
	switch {
	case cancel:
		j.cancelled = true
		w.WriteHeader(http.StatusAccepted)
	case j.cancelled:
		answerOutcome(w, http.StatusBadRequest, "User requested cancellation.")
	case j.asked <= i.Polls:
		w.WriteHeader(http.StatusAccepted)
	default:
		if j.status == 0 {
			j.status, j.end = i.azureWork(j)
		}
		if j.status != http.StatusOK {
			answerOutcome(w, j.status, j.end)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, j.end)
	}
}

// azureCount is what became of the resources of a file.
type azureCount struct {
	Type     string `json:"type"`
	Count    int    `json:"count"`
	InputURL string `json:"inputUrl"`
	URL      string `json:"url,omitempty"`
}

// azureWork does the job and returns the status and the body that tell of it,
// or why it failed.
func (i *Importer) azureWork(j *azureJob) (status int, said string) {
	const failed = "import operation failed for reason: "
	end := struct {
		TransactionTime string       `json:"transactionTime"`
		Request         string       `json:"request"`
		Output          []azureCount `json:"output"`
		Error           []azureCount `json:"error"`
	}{"2021-07-16T06:46:52.3873388+00:00", "https://fhir.example.org/$Import", []azureCount{}, []azureCount{}}
	for _, in := range j.inputs {
		switch {
		case i.Unreachable:
			return http.StatusBadRequest, failed + "No such host is known. (example.blob.core.windows.net:443)"
		case i.Denied:
			return http.StatusForbidden, failed + "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."
		case i.Full:
			return http.StatusInternalServerError, failed + "The database 'fhir' has reached its size quota."
		}
		res, err := http.Get(in.url)
		if err != nil {
			return http.StatusBadRequest, failed + "No such host is known."
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK { // source: the status of the storage
			return res.StatusCode, failed + "The specified blob does not exist."
		}
		done, bad := 0, 0
		for line := range strings.Lines(string(text)) {
			if i.azureTakes(j, in.typ, line) {
				done++
			} else {
				bad++
			}
		}
		end.Output = append(end.Output, azureCount{in.typ, done, in.url, ""})
		if bad > 0 {
			end.Error = append(end.Error, azureCount{"OperationOutcome", bad, in.url, "https://example.blob.core.windows.net/fhirlogs/" + in.typ + "06b88c69.ndjson"})
		}
	}
	body, _ := json.Marshal(end)
	return http.StatusOK, string(body)
}

// azureTakes writes one resource: all of a file have its type; the initial mode
// creates, and changes nothing that is there.
func (i *Importer) azureTakes(j *azureJob, typ, line string) bool {
	var r struct{ ResourceType, ID string }
	if json.Unmarshal([]byte(line), &r) != nil || r.ResourceType != typ || i.skipped[r.ResourceType+"/"+r.ID] {
		return false
	}
	ref := r.ResourceType + "/" + r.ID
	return !(j.initial && i.next(http.MethodGet, ref, "") == http.StatusOK) && i.next(http.MethodPut, ref, line) < 300
}

// next has the server behind do something with a resource, and returns the
// status.
func (i *Importer) next(method, ref, body string) int {
	req := httptest.NewRequest(method, "/fhir/"+ref, bytes.NewReader([]byte(body)))
	req.Header.Set("Content-Type", "application/fhir+json")
	w := httptest.NewRecorder()
	i.Next.ServeHTTP(w, req)
	return w.Code
}
