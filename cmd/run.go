package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/reports"
)

// runOptions are the flags of run.
type runOptions struct {
	targetOptions
	matchOptions
	deltaOptions
	yes         bool
	workers     int
	memory      string
	limited     memory // what memory says
	maxRejected int64
	onInvalid   string
	validate    string
	onProfile   string
	failOn      string
	plausible   bool
	phi         string
	plan        bool
	without     []string
	accept      map[string]string
	limits      []reports.Limit // of accept
	webhook     webhookOptions
	hook        *webhook
	merge       string // folder of a plan whose shards are put together; "": everything is converted here
}

func newRun(s *settings) *cobra.Command {
	c, _ := runCommand(s)
	return c
}

// runCommand returns the command with the options that its flags fill.
func runCommand(s *settings) (*cobra.Command, *runOptions) {
	o := &runOptions{}
	c := &cobra.Command{
		Use:   "run --mapping NAME|FILE --source FOLDER|FILE [--to FOLDER|URL|sandbox:]",
		Short: "Read, clean, merge, convert, validate and load",
		Long: `Reads the sources, makes FHIR resources by the mapping, validates them and delivers them.
Every row of every table ends as loaded, merged, filtered or rejected; the ledger at the end adds up.
It is safe to stop at any moment and to run again: what is delivered already does not change.`,
		Example: `  chartlift run --mapping synthea-csv --source legacy/ --to out/
  chartlift run --mapping acme.yaml --source legacy.csv --dry-run
  chartlift run --mapping acme.yaml --source legacy/ --to https://fhir.example.org/r4 --token-file token.txt`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s.kept = keptFlags(c)
			return run(c.Context(), s, *o)
		},
	}
	f := c.Flags()
	s.mappingFlags(f)
	f.StringVar(&o.to, "to", "sandbox:", "a folder for files, the address of a FHIR server, mllp://HOST:PORT for HL7 v2 messages, or sandbox: for the embedded server")
	f.StringVar(&o.format, "format", "ndjson", "files: ndjson (one file a resource type) or bundle")
	f.StringVar(&o.compress, "compress", "none", "files of lines: gzip (Patient.ndjson.gz), zstd (Patient.ndjson.zst) or none")
	f.BoolVar(&o.dryRun, "dry-run", false, "do everything but the load; files go to the project folder")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask before sending to another machine")
	o.serverFlags(f)
	f.IntVar(&o.workers, "workers", 0, "goroutines that map and validate; 0: one a processor")
	f.StringVar(&o.memory, "memory", "", "how much memory the run should take, such as `512MB`: what can wait on the disk does; as much as it needs where nothing is said")
	f.Int64Var(&o.maxRejected, "max-rejected", -1, "stop when more rows than this are rejected; -1: no bound")
	f.StringVar(&o.validate, "validate", "new", "validate resources that differ from valid ones in more than checked values (new), or every single one (full)")
	f.StringVar(&o.onInvalid, "on-invalid", "reject", "invalid resources: reject, or warn and load them")
	f.StringVar(&o.onProfile, "on-profile", "warn", "resources that break a profile: warn and load them, or reject")
	f.StringVar(&o.failOn, "fail-on", "rejected", "exit with 3 when there are: rejected rows (or documents that cannot be read whole), warning, or never")
	f.StringVar(&o.phi, "phi", "keep", "values of patients in the run database: keep, or mask to keep their shape only")
	f.BoolVar(&o.plausible, "plausibility", true, "look for what is formally right but hardly true, such as a death before the birth")
	o.matchOptions.flags(f)
	f.BoolVar(&o.plan, "plan", false, "say what the target takes, how and how much will be written, then stop; everything is converted, nothing is sent")
	f.StringSliceVar(&o.without, "without", nil, "resource types that may be refused by the target, and what refers to them; without this a type that it does not take stops the run")
	o.deltaFlags(f)
	f.StringToStringVar(&o.accept, "accept", nil, "what the run is accepted by, in the report: CRITERION=NUMBER or =SHARE%, such as rows-rejected=0.1% (limit of all others: none)")
	o.webhook.flags(f)
	f.StringVar(&o.merge, "merge-shards", "", "folder of a plan of shards that is put together")
	_ = f.MarkHidden("merge-shards") // shards merge sets it
	f.StringSliceVar(&o.external, "external", nil, "prefixes of references that need not resolve within the run")
	return c, o
}

func (o *runOptions) check() error {
	var err error
	if o.limited, err = parseMemory(o.memory); err != nil {
		return err
	}
	if o.limits, err = reports.ParseLimits(o.accept); err != nil {
		return usage("--accept: %w", err)
	}
	switch {
	case o.validate != "new" && o.validate != "full":
		return usage("--validate %s is not known; use new or full", o.validate)
	case o.onInvalid != "reject" && o.onInvalid != "warn":
		return usage("--on-invalid %s is not known; use reject or warn", o.onInvalid)
	case o.onProfile != "reject" && o.onProfile != "warn":
		return usage("--on-profile %s is not known; use warn or reject", o.onProfile)
	case o.failOn != "rejected" && o.failOn != "warning" && o.failOn != "never":
		return usage("--fail-on %s is not known; use rejected, warning or never", o.failOn)
	case o.phi != "keep" && o.phi != "mask":
		return usage("--phi %s is not known; use keep or mask", o.phi)
	case o.delta && o.dryRun:
		return usage("--dry-run writes everything to look at, and --delta only what changed since an earlier rehearsal; give one of them. --plan says how much would be sent")
	}
	return errors.Join(o.deltaOptions.check(), o.matchOptions.check())
}

func run(ctx context.Context, s *settings, o runOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	if o.hook, err = openWebhook(ctx, s, o.webhook, o.insecure); err != nil {
		return err
	}
	parts, err := s.planToMerge(o.merge)
	if err != nil {
		return err
	}
	form := ahead(s.readyReports)
	m, err := plan(ctx, s, running)
	m.form = form
	defer func() { err = errors.Join(err, m.Close()) }()
	defer func() { o.hook.ended(ctx, m, err) }()
	if err != nil {
		return err
	}
	if err := o.matchOptions.asked(m.prog); err != nil {
		return err
	}
	if err := m.openShards(o.merge, parts); err != nil {
		return err
	}
	if !o.plan {
		if err := m.confirm(o); err != nil {
			return err
		}
	}
	o.bundles, o.reading = m.prog.Output, o.plan
	if m.target, err = openTarget(ctx, s, o.targetOptions); err != nil {
		return err
	}
	m.sayDelta(o.deltaOptions)
	if err := m.asDelivered(ctx, o.deltaOptions); err != nil {
		return err
	}
	if err := m.checkPlan(ctx, o); err != nil || o.plan {
		return err
	}
	if err := m.begin(ctx, o); err != nil {
		return err
	}
	if err := m.rec.Accept(o.limits); err != nil {
		return err
	}
	o.hook.begun(m.rec.ID())
	s.log.Info().Str("run", m.rec.ID()).Str("mapping", m.prog.ID).Str("target", m.target.name).Msg("run begins")
	sum, err := m.deliver(ctx, o)
	return m.finish(ctx, o, sum, err)
}

// deliver runs the job. What changed since an earlier run is sent, or
// everything.
func (m *migration) deliver(ctx context.Context, o runOptions) (sum pipeline.Summary, err error) {
	job := m.job(o)
	if job.Match, err = m.matching(ctx, o); err != nil {
		return sum, err
	}
	job.Delivery, job.Letters = m.delivery(o.deltaOptions), m.letters()
	defer func() { err = errors.Join(err, job.Letters.Close()) }()
	defer o.limited.limit()()
	defer paceGC(ctx, o.limited)()
	if job.Held, err = m.held(ctx, o.deltaOptions); err != nil {
		return sum, err
	}
	if sum, err = pipeline.Run(ctx, job); err != nil {
		return sum, err
	}
	return sum, m.vanished(ctx, o.deltaOptions, job, &sum)
}

// confirm prints the plan and asks, where the target is another machine. Not
// even the credentials are sent before.
func (m *migration) confirm(o runOptions) error {
	if err := o.checkScheme(); err != nil || !o.remote() || o.yes {
		return err
	}
	fmt.Fprintf(m.s.streams.Err, "Plan: mapping %s, target %s\n", m.prog.ID, o.shown())
	for _, t := range m.tables.Tables {
		for _, in := range t.Inputs {
			fmt.Fprintf(m.s.streams.Err, "  %s → %s\n", in.Schema.Source, strings.Join(m.resourcesOf(t), ", "))
		}
	}
	return ask(m.s, "Send to this server?")
}

// resourcesOf returns the types that a table's rows become.
func (m *migration) resourcesOf(t *pipeline.Table) []string {
	var out []string
	for _, def := range m.prog.Maps {
		if def.From == t.Source {
			out = append(out, def.Resource)
		}
	}
	if len(out) == 0 && len(t.Source.ReadBy) > 0 {
		return []string{"read for the view " + strings.Join(t.Source.ReadBy, ", ")}
	}
	if len(out) == 0 {
		return []string{"looked up only"}
	}
	return out
}

// finish closes the run in the database, prints ledger and places, and decides
// the exit code.
func (m *migration) finish(ctx context.Context, o runOptions, sum pipeline.Summary, runErr error) error {
	ctx = context.WithoutCancel(ctx) // an interrupted run is written down, too
	status, code := verdict(o, sum, runErr)
	if code == exitOK && o.failOn != "never" && m.tables != nil && m.tables.Damaged() {
		status, code = reports.Findings, exitFindings
	}
	for _, i := range sum.Damaged { // with --quiet as well, as of a dump that is cut
		fmt.Fprintf(m.s.streams.Err, "%s %s %s\n", i.Severity, i.Code, i.Message)
	}
	if runErr != nil && m.sums != nil {
		_ = m.sums() // for what was read until then; the error that ended the run counts
	}
	if err := m.rec.Finish(ctx, status, code); err != nil && runErr == nil {
		runErr, code = fmt.Errorf("finish run: %w", err), exitFailed
	}
	if code == exitFindings && runErr == nil {
		m.s.message("%s", findingsLine(sum, m.tables.Unwhole()+len(sum.Damaged)))
	}
	if err := m.results(ctx, sum, runErr == nil); err != nil && runErr == nil {
		return err
	}
	if runErr != nil {
		if code == exitFindings {
			return &exitError{code: code, err: runErr}
		}
		return runErr
	}
	if code != exitOK {
		return &exitError{code: code, said: true}
	}
	return nil
}

// deliveredLine says what the target has got.
func (m *migration) deliveredLine(sum pipeline.Summary) string {
	done := "delivered to " + m.target.name
	if m.target.rehearsal {
		done = "written to " + m.target.name + " (a rehearsal: nothing was sent)"
	}
	same := ""
	if sum.Unchanged > 0 {
		same = fmt.Sprintf(" (%d more are there unchanged, and were not sent)", sum.Unchanged)
	}
	return fmt.Sprintf("%s %s%s, %d refused; %s, %s", issue.Count(sum.Resources, "resource"), done, same, sum.Refused,
		issue.Count(sum.Errors, "error"), issue.Count(sum.Warnings, "warning"))
}

func findingsLine(sum pipeline.Summary, unwhole int) string {
	more := ""
	if unwhole > 0 {
		more = issue.Count(int64(unwhole), "file") + " not read whole, "
	}
	if sum.Untraced > 0 {
		more += issue.Count(sum.Untraced, "row") + " of views refused, "
	}
	if sum.Miscounted > 0 {
		more += issue.Count(sum.Miscounted, "table") + " with another number of rows than its control total, "
	}
	return fmt.Sprintf("exit code 3: %s rejected, %s%s refused, %s; see chartlift report findings (--fail-on steers this)",
		issue.Count(sum.Rejected, "row"), more, issue.Count(sum.Refused, "resource"), issue.Count(sum.Warnings, "warning"))
}

// verdict returns the status that the run database keeps, and the exit code.
func verdict(o runOptions, sum pipeline.Summary, err error) (status string, code int) {
	switch {
	case err != nil && errors.Is(err, context.Canceled):
		return reports.Interrupted, exitInterrupted
	case errors.Is(err, pipeline.ErrStopped):
		return reports.Findings, exitFindings
	case err != nil:
		return reports.Failed, codeOf(err)
	case o.failOn != "never" && (sum.Rejected > 0 || sum.Refused > 0 || sum.Untraced > 0 || sum.Miscounted > 0 || len(sum.Damaged) > 0),
		o.failOn == "warning" && sum.Warnings > 0:
		return reports.Findings, exitFindings
	}
	return reports.Succeeded, exitOK
}

// resultsJSON is what --json prints at the end of a run: its ledger, and what a
// server lost by a fall.
type resultsJSON struct {
	reports.Ledger
	Restored int64 `json:"restored,omitempty"` // resources that it had acknowledged, and was sent again
}

// results prints the ledger, and where report and database are. A page that
// cannot be written costs no ledger.
func (m *migration) results(ctx context.Context, sum pipeline.Summary, complete bool) error {
	ledger, err := m.db.Ledger(ctx, m.rec.ID())
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	restored, err := m.db.CountRestored(ctx, m.rec.ID())
	if err != nil {
		return err
	}
	path := m.s.page()
	noPage := m.writePage(ctx, path)
	if m.s.json {
		return errors.Join(json.NewEncoder(m.s.streams.Out).Encode(resultsJSON{ledger, restored}), ledger.Check(), noPage)
	}
	m.s.message("")
	if m.target.files && !complete {
		m.s.message("the files in %s are as they were, and the ledger counts no rows: new files take their place when a run is complete", m.target.name)
	} else {
		m.s.message("%s", m.deliveredLine(sum))
	}
	for _, line := range []string{m.target.uncarriedLine(), restoredLine(restored)} {
		if line != "" {
			m.s.message("%s", line)
		}
	}
	for _, text := range m.incomplete(sum) {
		m.s.message("DECIDE FIRST  the run is not complete: %s", text)
	}
	if m.tables != nil && m.tables.Alone != "" {
		m.s.message("DECIDE FIRST  %s", m.tables.Alone)
	}
	if people, ok, err := m.db.MatchFigures(ctx, m.rec.ID()); err != nil {
		return err
	} else if ok {
		m.s.message("people        %s", people.Text())
	}
	if noPage == nil {
		m.s.message("report        %s", path)
	}
	m.s.message("run database  %s (run %s)", m.s.database(), m.rec.ID())
	m.s.message("")
	fmt.Fprintln(m.s.streams.Out, strings.TrimRight(ledger.Text(), "\n"))
	return errors.Join(ledger.Check(), noPage)
}

// incomplete returns what is said of files that were not read to their end.
func (m *migration) incomplete(sum pipeline.Summary) (all []string) {
	if m.tables != nil {
		all = m.tables.Incomplete()
	}
	for _, i := range sum.Damaged {
		all = append(all, i.Message)
	}
	return all
}

// allCodes gathers the documentation of every stable code.
func allCodes() []issue.Code {
	var all []issue.Code
	for _, list := range CodeLists() {
		all = append(all, list...)
	}
	return all
}
