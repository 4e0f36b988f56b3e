package cmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/console"
	"chartlift/internal/courier"
	"chartlift/internal/disk"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/tables"
	"chartlift/load/handover"
	"chartlift/reports"
)

// usualLoad is the memory of a load by which its garbage collector is paced:
// its heap is an index without pointers and what is under way, and has no use
// for more.
const usualLoad memory = 112 << 20

// loadOptions are the flags of load.
type loadOptions struct {
	targetOptions
	yes     bool
	plan    bool
	full    bool
	without []string
	changed bool
	failOn  string
	resumes string
	bulk    bulkOptions
}

func newLoad(s *settings) *cobra.Command {
	c, _ := loadCommand(s)
	return c
}

// loadCommand returns the command with the options that its flags fill.
func loadCommand(s *settings) (*cobra.Command, *loadOptions) {
	o := &loadOptions{}
	c := &cobra.Command{
		Use:   "load FOLDER|FILE… --to URL",
		Short: "Deliver NDJSON and bundles that were written earlier, by chartlift or others",
		Long: `Reads NDJSON, bundles and single resources, plain or gzip, and delivers them to a FHIR server: what others refer to first, each
resource once. Files are tables of the ledger, their resources its rows. It is safe to stop and to start again.`,
		Example: `  chartlift load out/ --to https://fhir.example.org/r4 --plan
  chartlift load out/ --to https://fhir.example.org/r4 --token-file token.txt
  chartlift load Patient.ndjson.gz bundles/ --to sandbox:`,
		Args: cobra.MinimumNArgs(1),
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		s.kept = keptFlags(c)
		return loadFiles(c.Context(), s, *o, args)
	}
	f := c.Flags()
	f.StringVar(&o.to, "to", "sandbox:", "the address of a FHIR server, mllp://HOST:PORT for HL7 v2 messages, or sandbox: for the embedded server")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask before sending to another machine")
	f.BoolVar(&o.plan, "plan", false, "say what would be sent and how, then stop")
	f.BoolVar(&o.full, "full", false, "send everything, also what the server holds from an earlier run of this project")
	f.StringSliceVar(&o.without, "without", nil, "resource types that may be refused by the target, and what refers to them; without this a type that it does not take stops the run")
	f.BoolVar(&o.changed, "allow-changed", false, "load a folder of chartlift's also where files are not what was written there")
	f.StringVar(&o.failOn, "fail-on", "rejected", "exit with 3 when there are: rejected resources, or never")
	f.StringVar(&o.resumes, "resumes", "", "the run that this one goes on with")
	_ = f.MarkHidden("resumes") // resume sets it
	o.serverFlags(f)
	o.bulk.bulkFlags(f)
	return c, o
}

// loading is a load put together.
type loading struct {
	*migration
	o       loadOptions
	set     *handover.Set
	sources []int64 // of the files, in the run database
	files   readTables
	hashed  func() (map[string]fileSum, error)
	opened  func() (*target, error) // waits for the target; nil where that is opened when it is needed
	cancel  context.CancelFunc      // ends what opened waits for
}

func loadFiles(ctx context.Context, s *settings, o loadOptions, paths []string) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	defer paceGC(ctx, usualLoad)()
	l := &loading{migration: &migration{s: s}, o: o}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := l.workspace(running); err != nil {
		return err
	}
	if err := l.unchanged(ctx, paths); err != nil {
		return err
	}
	o.reading = o.plan
	opened := l.open(ctx, o.targetOptions)
	if l.set, err = handover.Open(ctx, paths, l.temp); err != nil {
		return fileError(err)
	}
	for _, i := range l.unread() {
		s.message("%s %s %s", i.Severity, i.Code, i.Message)
	}
	if _, elsewhere, _ := l.set.Sought(); elsewhere > 0 && o.bulk.on {
		return refuse("reference-unresolved", "%s by a search lead to none of the files' resources, and an import would store them as they stand; load without --bulk, which looks on the server",
			issue.Count(int64(elsewhere), "reference"))
	}
	if !o.plan {
		l.hash(ctx) // while the server is asked what it takes
		if err := l.confirm(); err != nil {
			return err
		}
	}
	if l.target, err = opened(); err != nil {
		return err
	}
	if done, err := l.plan(ctx); done || err != nil {
		return err
	}
	if err := l.begin(ctx, paths); err != nil {
		return err
	}
	sum, err := l.deliver(ctx)
	return l.finish(ctx, sum, err)
}

// open returns what opens the target. Where nobody is asked before that, the
// server is asked what it takes while the files are read.
func (l *loading) open(ctx context.Context, o targetOptions) func() (*target, error) {
	work := func() (*target, error) { return openTarget(ctx, l.s, o) }
	if o.remote() && !l.o.yes && !l.o.plan {
		return work
	}
	ctx, l.cancel = context.WithCancel(ctx)
	l.opened = ahead(work)
	return l.opened
}

// hash lists the files and begins to hash them.
func (l *loading) hash(ctx context.Context) {
	l.sources = make([]int64, len(l.set.Files))
	for i, f := range l.set.Files {
		l.files = append(l.files, readTable{pathOnDisk(f.Path), reports.SourceInfo{Source: f.Name, Table: handover.TableOf(f.Name), Format: f.Kind, Mapped: true}, &l.sources[i]})
	}
	paths := l.files.paths()
	l.hashed = ahead(func() (map[string]fileSum, error) {
		sums := map[string]fileSum{}
		hashAll(ctx, sums, paths)
		return sums, nil
	})
}

// plan looks whether the target takes what is to be sent. With --plan it says
// so, and is done.
func (l *loading) plan(ctx context.Context) (done bool, err error) {
	counts, p := l.set.Counts(), planOptions{show: l.o.plan, without: l.o.without, refers: l.set.Refers()}
	if l.o.plan {
		l.printFiles(counts)
		if p.send, err = l.count(ctx); err != nil {
			return true, err
		}
		for typ := range counts {
			counts[typ] = 0
			if n := p.send.types[typ]; n != nil {
				counts[typ] = n.resources
			}
		}
	}
	if err := checkPlan(l.s, l.target, counts, p); err != nil {
		return true, err
	}
	if l.o.plan {
		l.bulkPlan()
	}
	return l.o.plan, nil
}

// check refuses flags that are wrong by themselves.
func (o loadOptions) check() error {
	if o.failOn != "rejected" && o.failOn != "never" {
		return usage("--fail-on %s is not known; use rejected or never", o.failOn)
	}
	if o.to != "" && o.to != "sandbox:" && !strings.Contains(o.to, "://") {
		return usage("--to %s is a folder; load delivers to servers", o.to)
	}
	return o.bulk.check(o.targetOptions)
}

// fileError makes a file that cannot be read a mistake of the caller.
func fileError(err error) error {
	if errors.Is(err, context.Canceled) || disk.Full(err) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("no-such-file", "%s: there is no such file", strings.TrimSuffix(err.Error(), ": "+fs.ErrNotExist.Error()))
	case errors.Is(err, handover.ErrTable), errors.Is(err, handover.ErrXML):
		return refuse("wrong-use", "%w", err)
	}
	return refuse("unreadable", "%w", err)
}

// Close closes the set beside what a migration has.
func (l *loading) Close() error {
	var err error
	if l.set != nil {
		err = l.set.Close()
	}
	if l.opened != nil {
		defer l.cancel()
		if l.target == nil { // nobody waited for it: something else has gone wrong, and is what is said
			l.cancel()
			l.target, _ = l.opened()
		}
	}
	return errors.Join(err, l.migration.Close())
}

// printFiles says what is in the files.
func (l *loading) printFiles(counts map[string]int64) {
	for _, f := range l.set.Files {
		l.s.message("  %s: %s", f.Name, issue.Count(f.Rows, "resource"))
	}
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		l.s.message("  %s: %d", typ, counts[typ])
	}
	if here, elsewhere, _ := l.set.Sought(); here+elsewhere > 0 {
		l.s.message("  references by identifier: %d lead to resources of the files, %d are looked for on the server", here, elsewhere)
	}
	if n := len(l.set.Left); n > 0 {
		l.s.message("  %d are duplicates or cannot be sent", n)
	}
}

// confirm prints what is to be sent and asks, where the target is another
// machine.
func (l *loading) confirm() error {
	if err := l.o.checkScheme(); err != nil || !l.o.remote() || l.o.yes {
		return err
	}
	fmt.Fprintf(l.s.streams.Err, "Plan: target %s\n", l.o.shown())
	l.printFiles(l.set.Counts())
	return ask(l.s, "Send to this server?")
}

// ask puts a question to the person at the terminal. Without a yes nothing may
// be done.
func ask(s *settings, question string) error {
	fmt.Fprint(s.streams.Err, question+" [y/N] ")
	answer, err := bufio.NewReader(s.streams.In).ReadString('\n')
	if err != nil {
		fmt.Fprintln(s.streams.Err) // nobody pressed Enter: what is said next has a line of its own
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return refuse("not-confirmed", "nothing was sent; answer y, or give --yes")
	}
	return nil
}

// begin opens the run database and registers the files.
func (l *loading) begin(ctx context.Context, paths []string) (err error) {
	if l.db, err = reports.Open(l.s.database()); err != nil {
		return err
	}
	a := runArgs{Flags: l.s.kept}
	for _, p := range paths {
		a.Sources = append(a.Sources, tables.Absolute(p))
	}
	args, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write down arguments: %w", err)
	}
	l.rec, err = l.db.Begin(ctx, reports.RunInfo{Command: "load", ToolVersion: version, Target: l.target.name, Args: string(args)})
	if err != nil {
		return fmt.Errorf("begin run: %w", err)
	}
	sums, err := l.hashed()
	if err != nil {
		return err
	}
	if err := l.register(ctx, l.files, sums); err != nil {
		return err
	}
	for _, i := range l.unread() {
		l.rec.Issue(0, i)
	}
	return l.rec.Deliver(reports.Delivery{Target: l.target.key, Scope: "load", Resumes: l.o.resumes})
}

// deliver sends the levels one after the other.
func (l *loading) deliver(ctx context.Context) (sum pipeline.Summary, err error) {
	letters := l.letters()
	defer func() { err = errors.Join(err, letters.Close()) }()
	for _, i := range l.unread() {
		if i.Severity == issue.Warning {
			sum.Warnings++
		}
	}
	for _, left := range l.set.Left {
		l.leave(left, &sum)
	}
	held, err := l.held(ctx)
	if err != nil {
		return sum, err
	}
	importer, err := l.importer()
	if err != nil {
		return sum, err
	}
	progress := console.NewProgress(l.s.streams.Err, l.s.quiet)
	round := &courier.Round{
		Courier:    &courier.Courier{Sink: l.target.sink, Recorder: l.rec, Announce: true, Held: held, Letters: letters},
		MaxEntries: 100, Ledger: true,
	}
	if importer != nil {
		round.Sink = importer.Sink()
	}
	if err = l.levels(ctx, round, importer, progress); err == nil {
		err = errors.Join(l.target.sink.Commit(), l.rec.Complete())
	}
	got := round.Summary()
	sum.Resources, sum.Refused, sum.Unchanged = got.Delivered, got.Refused, got.Unchanged
	sum.Rejected += got.Refused
	sum.Errors += got.Errors
	sum.Warnings += got.Warnings
	return sum, err
}

// leave writes down a row that is not sent.
func (l *loading) leave(left handover.Left, sum *pipeline.Summary) {
	id := l.sources[left.File]
	row := reports.RowRange{First: left.Row, Last: left.Row, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: left.Into}
	if !left.Merged {
		row.Outcome, row.Reason = reports.Rejected, left.Issue.Code
		l.rec.Issue(id, left.Issue)
		sum.Rejected++
		sum.Errors++
	}
	l.rec.Rows(id, []reports.RowRange{row})
}

// finish closes the run as that of run is closed.
func (l *loading) finish(ctx context.Context, sum pipeline.Summary, err error) error {
	return l.migration.finish(ctx, runOptions{targetOptions: l.o.targetOptions, failOn: l.o.failOn}, sum, err)
}

// lettersPath returns where the dead letters of a run are.
func lettersPath(s *settings, run string) string {
	return filepath.Join(s.project, ".chartlift", "dead-letters", run+".ndjson")
}
