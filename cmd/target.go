package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/internal/tables"
	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/mllp"
	"chartlift/load/ndjson"
	"chartlift/load/sandbox"
	"chartlift/load/serverids"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/validate"
)

// target is where a run delivers to.
type target struct {
	sink      load.Sink
	server    *fhirserver.Sink // the same, where it is a FHIR server; else nil
	ids       *serverids.File  // of servers that give ids themselves; nil where none can
	idsPath   string           // the file of these ids, there when there are some
	engine    *mllp.Sink       // the same, where it is an interface engine; else nil
	key       string           // as the journal knows it: the same whatever folder the command is started in
	name      string           // as it is shown and written down
	senders   int
	files     bool // nothing is there before Commit
	posts     bool // it is posted bundles and tells nothing of itself
	lines     bool // of the files: they know no bundles
	rehearsal bool // a dry run
	closers   []func() error
}

// targetOptions are the flags of commands that deliver.
type targetOptions struct {
	to          string
	format      string
	compress    string
	dryRun      bool
	insecure    []string
	external    []string
	senders     int
	rate        float64
	giveUpAfter time.Duration
	bundles     mappings.Output // what the mapping says of them
	sender      string
	receiver    string
	outlet      string
	headerFile  string
	reading     bool // nothing is written: a plan, or a comparison
	credentialOptions
}

// serverFlags declares the flags of commands that speak to a server.
func (o *targetOptions) serverFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.insecure, "insecure", nil, "hosts that may be spoken to without TLS")
	o.credentialFlags(f)
	o.engineFlags(f)
	f.IntVar(&o.senders, "max-concurrency", 8, "requests to the server at the same time, at most; how many it gets on with is found out")
	f.DurationVar(&o.giveUpAfter, "give-up-after", 15*time.Minute, "stop when the server takes nothing for so long")
	f.Float64Var(&o.rate, "rate", 0, "requests a second, at most; 0: as many as the server takes")
}

// openTarget opens the sink that --to names: a folder, the address of a FHIR
// server or of an interface engine, or sandbox:.
func openTarget(ctx context.Context, s *settings, o targetOptions) (*target, error) {
	dir, err := s.folder()
	if err != nil {
		return nil, err
	}
	files, err := o.files()
	if err != nil {
		return nil, err
	}
	if err := o.checkOutlet(); err != nil {
		return nil, err
	}
	if err := o.checkScheme(); err != nil {
		return nil, err
	}
	switch {
	case o.dryRun:
		t, err := folderTarget(filepath.Join(dir, "dry-run"), files, o.reading)
		if err == nil {
			t.rehearsal = true
		}
		return t, err
	case o.to == "sandbox":
		return nil, usage("--to sandbox would be a folder of that name; write --to sandbox: for the embedded server, --to ./sandbox for the folder")
	case o.to == "" || o.to == "sandbox:":
		return sandboxTarget(ctx, dir, o)
	case strings.HasPrefix(o.to, "mllp://"), strings.HasPrefix(o.to, "mllps://"), o.outlet == "hl7":
		return engineTarget(ctx, dir, o)
	case o.outlet == "http":
		return listenerTarget(o)
	case strings.Contains(o.to, "://"):
		return s.serverTarget(ctx, dir, o)
	}
	for _, source := range s.sources {
		if tables.Absolute(source) == tables.Absolute(o.to) {
			return nil, usage("--to %s is the folder that is read; name another one", o.to)
		}
	}
	return folderTarget(o.to, files, o.reading)
}

// checkScheme refuses addresses of kinds that nothing is delivered to, before
// anybody is asked whether to send there.
func (o targetOptions) checkScheme() error {
	scheme, _, is := strings.Cut(o.to, "://")
	if is && !o.dryRun && !slices.Contains([]string{"http", "https", "mllp", "mllps"}, strings.ToLower(scheme)) {
		return refuse("bad-address", "--to %s: nothing is delivered by %s; write https://HOST/PATH, mllps://HOST:PORT, sandbox: or a folder", o.shown(), scheme)
	}
	if o.toFolder() && !o.dryRun && mistyped(o.to, ".") {
		return refuse("bad-address", "--to %s looks like an address, and would be a folder of that name; write https://HOST/PATH or mllps://HOST:PORT for a server, ./NAME for a folder", o.to)
	}
	return nil
}

// files returns how files are written, where the target is a folder.
func (o *targetOptions) files() (ndjson.Options, error) {
	files := ndjson.Options{Format: ndjson.Lines}
	switch o.format {
	case "", "ndjson":
	case "bundle":
		files.Format = ndjson.Bundles
	default:
		return files, usage("--format %s is not known; use ndjson or bundle", o.format)
	}
	switch files.Compress = ndjson.Compression(o.compress); {
	case o.compress == "none":
		files.Compress = ndjson.Plain
	case o.compress != "" && files.Compress != ndjson.Gzip && files.Compress != ndjson.Zstd:
		return files, usage("--compress %s is not known; use gzip, zstd or none", o.compress)
	case o.compress != "" && files.Format == ndjson.Bundles:
		return files, usage("--compress is for --format ndjson: files of bundles are read by loaders that take them as they are")
	}
	if files.Compress != ndjson.Plain && !o.dryRun && !o.toFolder() {
		return files, usage("--compress is for files: name a folder with --to")
	}
	return files, nil
}

// toFolder reports whether --to names a folder.
func (o *targetOptions) toFolder() bool {
	return o.to != "" && o.to != "sandbox:" && !strings.Contains(o.to, "://")
}

// folderTarget is a folder for files. To one that is only read nothing can be
// sent: it is not even made where it is not there.
func folderTarget(dir string, files ndjson.Options, reading bool) (*target, error) {
	if stat, err := os.Stat(dir); err == nil && !stat.IsDir() {
		return nil, usage("--to %s is a file; name a folder, which is made where it is not there", dir)
	}
	t := &target{name: dir, key: tables.Absolute(dir), senders: 1, files: true, lines: files.Format == ndjson.Lines}
	if reading {
		return t, nil
	}
	lock, err := lockTarget(dir)
	if err != nil {
		return nil, err
	}
	sink, err := ndjson.Open(dir, files)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), lock.Close())
	}
	t.sink, t.closers = sink, []func() error{lock.Close}
	return t, nil
}

// sandboxTarget starts the embedded server, which checks what it is given as a
// strict server would.
func sandboxTarget(ctx context.Context, dir string, o targetOptions) (*target, error) {
	server, err := startSandbox(filepath.Join(dir, "sandbox.db"), sandbox.Options{})
	if err != nil {
		return nil, err
	}
	base, err := server.Start("127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	sink, err := fhirserver.Open(ctx, o.server(base))
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return &target{sink: sink, server: sink, key: "sandbox:", name: "sandbox:", senders: max(1, o.senders), closers: []func() error{server.Close}}, nil
}

func startSandbox(path string, o sandbox.Options) (*sandbox.Server, error) {
	v := validate.New(validate.Options{WarnProfiles: true, WarnCodes: true}) // as servers do that know R4 alone
	check := func(r fhir.Resource) []issue.Issue {
		var found []issue.Issue
		v.Check(r, issue.Origin{}, func(i issue.Issue) { found = append(found, i) })
		return found
	}
	o.Check = check
	server, err := sandbox.Open(path, o)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	return server, nil
}

func (s *settings) serverTarget(ctx context.Context, dir string, o targetOptions) (*target, error) {
	options := o.server(o.to)
	options.Insecure, options.External = o.insecure, o.external
	options.MaxConcurrency, options.Rate, options.GiveUpAfter = o.senders, o.rate, o.giveUpAfter
	options.Waiting = s.waiting
	if err := o.credentials(&options); err != nil {
		return nil, err
	}
	idsPath := filepath.Join(dir, "targets", addressKey(o.to)+".db")
	ids := serverids.Open(idsPath)
	options.IDs = ids
	sink, err := fhirserver.Open(ctx, options)
	if err == nil {
		err = sink.Client().CheckAccess(ctx, !o.reading)
	}
	if err != nil {
		return nil, errors.Join(err, ids.Close())
	}
	return &target{sink: sink, server: sink, ids: ids, idsPath: idsPath, key: serverKey(o.to), name: o.to, senders: max(1, o.senders), closers: []func() error{ids.Close}}, nil
}

// waiting tells whoever looks at the terminal that the run is not hung: the
// server takes nothing.
func (s *settings) waiting(w fhirserver.Waiting) {
	why := "no answer"
	if w.Status != 0 {
		why = fmt.Sprintf("it answers %d", w.Status)
	}
	s.message("the server has taken nothing for %s (%s); trying for another %s (--give-up-after)", w.For.Round(time.Second), why, w.Left.Round(time.Second))
}

// restoredLine says how much the server had lost by a fall and was given again,
// "" where that is nothing.
func restoredLine(n int64) string {
	if n == 0 {
		return ""
	}
	return "restored      " + reports.RestoredText(n)
}

// addressKey is a file name for a server's address, the same however its end is
// written.
func addressKey(address string) string {
	sum := sha256.Sum256([]byte(strings.TrimRight(address, "/")))
	return hex.EncodeToString(sum[:8])
}

// server returns how a server at the address base is spoken to, as far as the
// mapping says.
func (o targetOptions) server(base string) fhirserver.Options {
	out := fhirserver.Options{Base: base, UserAgent: "chartlift/" + version, MaxEntries: o.bundles.MaxEntries}
	if o.bundles.BundleType == "batch" {
		out.Strategy = fhirserver.Batch
	}
	return out
}

// remote reports whether the target is another machine: the user is asked
// before anything is sent there.
func (o targetOptions) remote() bool {
	return !o.dryRun && strings.Contains(o.to, "://") && !loopback(o.to)
}

// serverKey is the address of a server without what may be written in two ways.
func serverKey(base string) string {
	if u, err := url.Parse(base); err == nil {
		u.Scheme, u.Host, u.User = strings.ToLower(u.Scheme), strings.ToLower(u.Host), nil
		base = u.String()
	}
	return strings.TrimRight(base, "/")
}

// shown returns the target as it may be printed: without a password.
func (o targetOptions) shown() string {
	if u, err := url.Parse(o.to); err == nil {
		return u.Redacted()
	}
	return "an address that cannot be read"
}

func loopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && load.Loopback(u.Hostname())
}

// Close closes the sink and what stands behind it.
func (t *target) Close() error {
	var err error
	if t.sink != nil {
		err = t.sink.Close()
	}
	for _, c := range t.closers {
		err = errors.Join(err, c())
	}
	return err
}

// removeFolder removes a temporary folder.
func removeFolder(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	return nil
}
