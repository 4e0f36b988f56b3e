package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"chartlift/internal/courier"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/bulkimport"
	"chartlift/load/fhirserver"
	"chartlift/load/handover"
)

// bulkOptions are the flags of delivery by $import.
type bulkOptions struct {
	on      bool
	listen  string
	reach   string
	folder  string
	storage string
	mode    string
	poll    time.Duration
}

func (o *bulkOptions) bulkFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.on, "bulk", false, "deliver by the server's bulk import ($import): it fetches files from here and works on them by itself")
	f.StringVar(&o.listen, "bulk-listen", bulkListen, "with --bulk: address at which the files are offered to the server, for the time of a job")
	f.StringVar(&o.reach, "bulk-reach", "", "with --bulk: the same address as the server knows it, such as https://loader.example.org:8443")
	f.StringVar(&o.folder, "bulk-folder", "", "with --bulk-storage: folder where the files are written, such as a mounted storage container")
	f.StringVar(&o.storage, "bulk-storage", "", "with --bulk: address below which the server finds what is in --bulk-folder; nothing listens then")
	f.StringVar(&o.mode, "bulk-mode", "", "with --bulk: initial or incremental, for Azure Health Data Services")
	f.DurationVar(&o.poll, "bulk-poll", 0, "with --bulk: ask for progress at least so often; 0: as seldom as the server wishes (HAPI wishes 2 minutes)")
}

// importMode is the mode as Azure Health Data Services spells it.
func (o bulkOptions) importMode() (string, error) {
	modes := map[string]string{"": "", "initial": "InitialLoad", "incremental": "IncrementalLoad"}
	mode, known := modes[o.mode]
	if !known {
		return "", usage("--bulk-mode %s is not known; use initial or incremental", o.mode)
	}
	return mode, nil
}

// bulkListen is where files are offered unless the user says otherwise: to this
// machine alone, at a free port.
const bulkListen = "127.0.0.1:0"

// check refuses flags that do not go together.
func (o bulkOptions) check(t targetOptions) error {
	web := (strings.HasPrefix(t.to, "http://") || strings.HasPrefix(t.to, "https://")) && !t.listens()
	switch {
	case !o.on && (o.listen != bulkListen || o.reach+o.folder+o.storage+o.mode != "" || o.poll != 0):
		return usage("--bulk-listen, --bulk-reach, --bulk-folder, --bulk-storage, --bulk-mode and --bulk-poll need --bulk")
	case o.on && !web:
		return usage("--bulk needs --to with the address of a FHIR server")
	case (o.folder == "") != (o.storage == ""):
		return usage("--bulk-folder and --bulk-storage belong together: where the files are written, and where the server finds them")
	}
	if _, err := o.importMode(); err != nil {
		return err
	}
	if o.mode != "" && o.storage == "" {
		return usage("--bulk-mode is for Azure Health Data Services, which fetches files from its own storage alone: give --bulk-folder and --bulk-storage, too")
	}
	return nil
}

// importer puts together what delivers by $import, nil where that is not
// wanted.
func (l *loading) importer() (*bulkimport.Importer, error) {
	o := l.o.bulk
	if !o.on {
		return nil, nil
	}
	mode, err := o.importMode()
	if err != nil {
		return nil, err
	}
	dir, err := l.s.folder()
	if err != nil {
		return nil, err
	}
	folder := o.folder
	if folder == "" {
		folder = filepath.Join(l.temp, "import")
	}
	return bulkimport.New(bulkimport.Options{
		Server: l.target.server, Folder: folder, State: filepath.Join(dir, "targets", addressKey(l.o.to)+".import"),
		Listen: o.listen, Reach: o.reach, Insecure: l.o.insecure, Storage: o.storage, Mode: mode, Poll: o.poll,
	})
}

// importLevel has the server import a level, and reports whether there was
// anything to import. What became of it is found out by the round afterwards.
func (l *loading) importLevel(ctx context.Context, round *courier.Round, level *handover.Level, importer *bulkimport.Importer) (imported bool, err error) {
	if level.Chain || !slices.ContainsFunc(level.Types, importer.Carries) {
		return false, nil // a server works on files in any order: a circle of references would break
	}
	job := importer.Level()
	at := 0
	err = round.Stage(func() (courier.Parcel, bool, error) { return l.parcel(ctx, level, &at) },
		func(e load.Entry) error {
			if !importer.Carries(e.Resource.Type) {
				return nil
			}
			return job.Add(e.Resource)
		},
		func(e load.Entry) error {
			job.Known(e.Resource)
			return nil
		})
	if err != nil {
		return false, err
	}
	name := strings.Join(level.Types, ", ")
	if job.Len() > 0 {
		l.s.message("import of %s: %s in files; the server works on them", name, issue.Count(job.Len(), "resource"))
	}
	report, err := job.Import(ctx)
	if err != nil {
		return false, err
	}
	if report.Files > 0 {
		l.s.message("import of %s: %s", name, report.Explain())
	}
	if report.Failed || report.Errors > 0 {
		l.rec.Issue(0, issue.Issue{
			Severity: issue.Warning, Code: "import-incomplete", Type: "processing",
			Message: "the server did not import all of " + strings.Join(level.Types, ", ") + "; what it left out is sent by ordinary requests",
		})
	}
	return report.Files > 0, nil
}

// bulkPlan says how types go by $import, in place of requests.
func (l *loading) bulkPlan() {
	if !l.o.bulk.on || l.target.server == nil || l.s.json {
		return
	}
	offered := "its statement lists import"
	if !l.target.server.Client().Capability().Offers("import") {
		offered = "its statement does not list import; whether it is there shows at the first job"
	}
	var by []string
	for typ := range l.set.Counts() {
		if l.target.server.Way(typ) == fhirserver.Put {
			by = append(by, typ)
		}
	}
	slices.Sort(by)
	where := "offered at " + l.o.bulk.listen
	if l.o.bulk.storage != "" {
		where = "written to " + l.o.bulk.folder + ", fetched from " + l.o.bulk.storage
	}
	fmt.Fprintf(l.s.streams.Out, "  by $import first, a job for what may go together (%s): %s\n  files are %s; types in a circle of references go by requests\n", offered, strings.Join(by, ", "), where)
}
