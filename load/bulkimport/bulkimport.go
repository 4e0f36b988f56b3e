// Package bulkimport delivers many resources by a server's $import: NDJSON
// files that the server fetches and works on by itself.
//
// Read [Importer], [Level] and [Sink] first. A job says little of the single
// resource, or nothing, so nothing is believed that was not read back: what the
// server has after its job counts as delivered, and what it has not goes to it
// by ordinary requests, which find out the guilty ones.
//
//	importer, err := bulkimport.New(bulkimport.Options{Server: sink, Folder: temp, State: "acme/.chartlift/targets/3f2a.import"})
//	level, err := importer.Level("Patient")
//	… level.Add(resource)
//	report, err := level.Import(ctx)
//	… importer.Sink() takes the same resources in bundles and tells what became of each
//	err = importer.Forget()
package bulkimport

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/fhirserver"
)

// Options say how files get to the server. Server and Folder are required.
type Options struct {
	Server *fhirserver.Sink
	Folder string // where the files are written, for its owner only
	State  string // file that remembers the job under way between runs; where empty it is forgotten at the end

	Listen   string   // address at which we offer the files for the time of a job, 127.0.0.1:0 where ""
	Reach    string   // the same as the server knows it, http://HOST:PORT; where "" that of Listen
	Insecure []string // hosts that Reach may name without TLS; loopback always may
	Storage  string   // address below which the server finds what is in Folder by other means; then nothing listens

	Mode  string        // InitialLoad or IncrementalLoad, for Azure Health Data Services; "" is not sent
	Poll  time.Duration // longest pause between two questions for progress; 0: as the server wishes
	Clock load.Clock
}

// Importer runs the jobs of one delivery, one at a time. It is for one
// goroutine; its Sink may be used by several.
type Importer struct {
	options Options
	client  *fhirserver.Client
	state   job
	sink    Sink
}

// New checks the options and reads what is known of an earlier job. Nothing is
// sent.
func New(o Options) (*Importer, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	o.Clock = o.Clock.OrReal()
	i := &Importer{options: o, client: o.Server.Client()}
	i.sink = Sink{server: o.Server, client: i.client}
	if err := i.checkAddresses(); err != nil {
		return nil, err
	}
	var err error
	i.state, err = readJob(o.State)
	return i, err
}

// checkAddresses refuses addresses by which patients would travel in clear
// text, or nothing would be found.
func (i *Importer) checkAddresses() error {
	o := i.options
	if o.Storage != "" {
		u, err := url.Parse(o.Storage)
		if err != nil || u.Scheme == "" || u.User != nil || u.RawQuery+u.Fragment != "" {
			return i.fail("bad-import-address", "write the address of the storage as https://HOST/PATH, without user or query: the server has its own right to read there")
		}
		return nil
	}
	reach := o.Reach
	if reach == "" {
		reach = "http://" + o.Listen
	}
	u, err := url.Parse(reach)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery+u.Fragment != "" {
		return i.fail("bad-import-address", "write the address by which the server reaches us as http://HOST:PORT")
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return i.fail("bad-import-address", "write the address to listen at as HOST:PORT, such as 127.0.0.1:0")
	}
	if u.Scheme == "http" && !load.Loopback(u.Hostname()) && !slices.Contains(o.Insecure, u.Hostname()) && !slices.Contains(o.Insecure, u.Host) {
		return i.fail("insecure-import", "patient data would travel from here to the server in clear text; put TLS before it and name that address, or allow this host by name")
	}
	return nil
}

func (i *Importer) fail(code, message string) error {
	return &fhirserver.Error{Code: code, Target: i.options.Server.Target(), Message: message}
}

// Carries reports whether resources of a type can go by a job: those that keep
// our ids. Others would be there again after every job.
func (i *Importer) Carries(typ string) bool { return i.options.Server.Way(typ) == fhirserver.Put }

// Sink tells what became of resources after their job. Closing it is left to
// the owner of the server's own.
func (i *Importer) Sink() *Sink { return &i.sink }

// Forget says that all resources of the last job were answered for: the next
// level, or the next run, begins a new one.
func (i *Importer) Forget() error {
	i.state = job{}
	i.sink.job = nil
	return i.state.write(i.options.State)
}

// Report tells how a job went.
type Report struct {
	Files     int
	Resources int64
	Resumed   bool          // an earlier run had begun it
	Failed    bool          // the server gave up; what it has is found out by the Sink
	Status    int           // of the server's last answer
	Number    string        // HAPI's number of its last message
	Imported  int64         // as the server counts, -1 where it does not
	Errors    int64         // the same
	Took      time.Duration // as we saw it
}

// Explain says in a line how the job went, without a word of the server's.
func (r Report) Explain() string {
	text := fmt.Sprintf("job of %s in %s", issue.Count(r.Resources, "resource"), issue.Count(int64(r.Files), "file"))
	if r.Resumed {
		text += ", begun by an earlier run,"
	}
	if r.Failed {
		text += fmt.Sprintf(" failed on the server (status %d", r.Status)
		if r.Number != "" {
			text += ", " + r.Number
		}
		text += ")"
	} else {
		text += " ended"
	}
	text += " after " + r.Took.Round(100*time.Millisecond).String()
	if r.Errors > 0 {
		text += fmt.Sprintf("; the server counts %s", issue.Count(r.Errors, "error"))
	}
	return text
}

// reachOf is the address by which the server gets what listens at address.
func (o Options) reachOf(address string) string {
	if o.Reach != "" {
		return strings.TrimRight(o.Reach, "/")
	}
	return "http://" + address
}
