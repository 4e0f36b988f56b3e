package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/reports/archive"
	"chartlift/reports/charts"
)

// reportOptions are the flags of report.
type reportOptions struct {
	run, out, format string
	from             string // an archive
	charts           charts.Options
	terminology      terminologyOptions
}

func newReport(s *settings) *cobra.Command {
	o := &reportOptions{}
	c := &cobra.Command{
		Use:   "report [NAME] [FILE[/TABLE]:ROW]",
		Short: "Print what a run came to: its ledger, findings, one row's story, a page",
		Long: `Without a name: a summary of the latest run. Names:
  ledger         rows read = loaded + merged + filtered + rejected, for every table
  row FILE:N     the whole story of row N of a file (N counts data rows, the header is not one)
  row FILE/TABLE:N
                 the same for a file with several tables: a dump, workbook, database, message or document
  page           the report as one HTML file
  workbook       the same as a workbook, with worklists to fill in and the rejected rows (needs --out FILE.xlsx)
  diff [RUN [RUN]]
                 what changed since an earlier run (default: the one before with the same mapping)
  markdown, json, junit, sarif
                 the summary for a CI job's page, for programs, as tests, as findings at lines of mapping and sources
Lists from the run database:
` + lists(),
		Example: `  chartlift report ledger --json
  chartlift report row patients.csv:12
  chartlift report row dump.sql/person:12
  chartlift report page --out report.html
  chartlift report workbook --out report.xlsx
  chartlift report diff 3 4`,
		Args: cobra.ArbitraryArgs, // check tells each report what it takes
		RunE: func(c *cobra.Command, args []string) error { return report(c.Context(), s, *o, args) },
	}
	c.Flags().StringVar(&o.run, "run", "", "the run to report on (default: the latest)")
	c.Flags().StringVar(&o.out, "out", "", "file to write to (default: standard output)")
	c.Flags().StringVar(&o.from, "from", "", "an archive of chartlift archive, instead of the project's run database")
	c.Flags().IntVar(&o.charts.Patients, "charts", 0, "page: sample the charts of so many patients, before and after, by converting the sources again (values: --show-values)")
	c.Flags().Uint64Var(&o.charts.Seed, "seed", 1, "with --charts: chooses the patients")
	o.terminology.flags(c.Flags())
	c.Flags().StringVar(&o.format, "format", "", "ledger, diff and lists: text, json, csv or markdown; row: text or json; the others have one form (default: what --out ends in)")
	return c
}

func report(ctx context.Context, s *settings, o reportOptions, args []string) (err error) {
	name := "markdown"
	if len(args) > 0 {
		name = args[0]
	}
	if err := o.check(name, args); err != nil {
		return err
	}
	as, err := o.form(name, s.json)
	if err != nil {
		return err
	}
	db, closeRuns, err := runsFrom(s, o.from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRuns()) }()
	if o.from == "" {
		if err := noteKilled(ctx, s, db); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if o.run, err = s.reported(ctx, db, o.run, name); err == nil {
		err = reporter{s, o, db, &text, as}.write(ctx, name, args)
	}
	if err != nil {
		if errors.Is(err, reports.ErrNoReport) || errors.Is(err, reports.ErrNoRun) || errors.Is(err, reports.ErrNoSource) {
			return &exitError{code: exitUsage, stable: "no-such-report", err: err}
		}
		return err
	}
	if o.out == "" {
		_, err = s.streams.Out.Write(text.Bytes())
		return err
	}
	if err := os.WriteFile(o.out, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	s.message("%s", o.out)
	return nil
}

// runsFrom opens the run database of an archive, or the project's where none is
// named.
func runsFrom(s *settings, packed string) (db *reports.DB, closeRuns func() error, err error) {
	if packed != "" {
		db, closeRuns, err = archive.Open(packed)
		if errors.Is(err, archive.ErrForeign) {
			err = refuse("not-an-archive", "%w", err)
		}
		return db, closeRuns, err
	}
	if !exists(s.database()) {
		_, err := openRuns(s) // says what is missing
		return nil, nil, err
	}
	if db, err = reports.OpenReadOnly(s.database()); err != nil {
		return nil, nil, err
	}
	return db, db.Close, nil
}

// openRuns opens the project's run database; there must be one.
func openRuns(s *settings) (*reports.DB, error) {
	if _, err := os.Stat(s.database()); err != nil {
		return nil, refuse("no-run-database", "there is no run database in %s yet; run chartlift run first, or give --project", filepath.Dir(s.database()))
	}
	db, err := reports.Open(s.database())
	if err != nil {
		return nil, err
	}
	return db, nil
}

// lists names the lists with their titles, one a line.
func lists() string {
	var b strings.Builder
	for _, r := range reports.Reports() {
		fmt.Fprintf(&b, "  %-15s %s\n", r.Name, r.Title)
	}
	return strings.TrimRight(b.String(), "\n")
}

// listNames returns the names of the lists.
func listNames() string {
	var names []string
	for _, r := range reports.Reports() {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// reporter writes one report.
type reporter struct {
	s  *settings
	o  reportOptions
	db *reports.DB
	w  io.Writer
	as form
}

// write writes one report.
func (r reporter) write(ctx context.Context, name string, args []string) error {
	o, db, w := r.o, r.db, r.w
	switch name {
	case "ledger":
		return r.ledger(ctx)
	case "row":
		if len(args) != 2 {
			return usage("name the row: chartlift report row patients.csv:12, of a file with several tables chartlift report row dump.sql/person:12")
		}
		return r.row(ctx, args[1])
	case "page":
		return r.page(ctx)
	case "markdown":
		if r.as == formJSON {
			return db.JSON(ctx, o.run, w)
		}
		return db.Markdown(ctx, o.run, w)
	case "json":
		return db.JSON(ctx, o.run, w)
	case "junit":
		return db.JUnit(ctx, o.run, w)
	case "sarif":
		return db.SARIF(ctx, o.run, w, allCodes())
	case "workbook":
		return r.workbook(ctx)
	case "diff":
		return r.diff(ctx, args[1:])
	}
	return r.list(ctx, name)
}

func (r reporter) ledger(ctx context.Context) error {
	ledger, err := r.db.Ledger(ctx, r.o.run)
	if err != nil {
		return err
	}
	switch r.as {
	case formJSON:
		return json.NewEncoder(r.w).Encode(ledger)
	case formText:
		_, err = io.WriteString(r.w, strings.TrimRight(ledger.Text(), "\n")+"\n")
		return err
	}
	return r.table(ledger.Table())
}

func (r reporter) list(ctx context.Context, name string) error {
	query := r.db.Query
	if r.s.showValues {
		query = r.db.QueryValues
	}
	table, err := query(ctx, name, r.o.run)
	if errors.Is(err, reports.ErrNoReport) {
		return fmt.Errorf("%w; there are: ledger, row, page, workbook, diff, markdown, json, junit, sarif, %s", err, listNames())
	}
	if err != nil {
		return err
	}
	if r.o.terminology.address != "" {
		if err := r.suggest(ctx, &table); err != nil {
			return err
		}
	}
	return r.table(table)
}

// mostCharts is how many charts may be asked for: nobody reads more.
const mostCharts = 500

// page writes the page, with sampled charts where they are asked for.
func (r reporter) page(ctx context.Context) error {
	o := reports.PageOptions{Codes: allCodes(), CommandLine: typed, ShowValues: r.s.showValues}
	if n := r.o.charts.Patients; n < 0 || n > mostCharts {
		return usage("--charts %d: ask for 1 to %d", n, mostCharts)
	} else if n > 0 {
		sampled, err := sampleCharts(ctx, r.s, r.db, r.o.run, r.o.charts)
		if err != nil {
			return err
		}
		o.Charts = sampled
	}
	return r.db.Page(ctx, r.o.run, r.w, o)
}

// diff compares two runs: those named, or the latest with the one before.
func (r reporter) diff(ctx context.Context, runs []string) error {
	before, after := "", r.o.run
	switch {
	case len(runs) > 1:
		before, after = runs[0], runs[1]
	case len(runs) == 1:
		before = runs[0]
	}
	d, err := r.db.Diff(ctx, before, after)
	if err != nil {
		return err
	}
	// Which runs were compared is no column; JSON has it in its title, and CSV
	// is for programs that know.
	heading := ""
	switch r.as {
	case formMarkdown:
		heading = "### "
	case formText:
	default:
		return r.table(d.Table())
	}
	if _, err := fmt.Fprintf(r.w, "%s%s\n", heading, d.Headline()); err != nil || len(d.Changes) == 0 {
		return err
	}
	fmt.Fprintln(r.w)
	return r.table(d.Table())
}

// table writes a list in the form that was asked for.
func (r reporter) table(table reports.Table) error {
	switch r.as {
	case formJSON:
		return table.JSON(r.w)
	case formCSV:
		return table.CSV(r.w)
	case formMarkdown:
		return table.Markdown(r.w)
	}
	_, err := io.WriteString(r.w, table.Text())
	return err
}

// suggest fills the list of unmapped codes with what a terminology server
// offers.
func (r reporter) suggest(ctx context.Context, table *reports.Table) (err error) {
	server, err := openTerminology(ctx, r.s, r.o.terminology)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	filled := server.fill(ctx, table)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ask the terminology server: %w", err)
	}
	r.s.message("%d of %s with one equivalent target on the server; look at every one before you use the list", filled, issue.Count(len(table.Rows), "code"))
	if server.silent != nil {
		r.s.message("warning the server was not asked to the end: %v", server.silent)
	}
	return nil
}

// splitRow splits FILE:N or FILE/TABLE:N at the last colon.
func splitRow(arg string) (file string, row int64, err error) {
	at := strings.LastIndexByte(arg, ':')
	if at < 0 && resourceName.MatchString(arg) {
		return "", 0, usage("%s is a resource: chartlift explain %s tells which row it was made of", arg, arg)
	}
	if at < 0 {
		return "", 0, usage("write FILE:ROW, such as patients.csv:12; of a file with several tables FILE/TABLE:ROW, such as dump.sql/person:12")
	}
	row, err = strconv.ParseInt(arg[at+1:], 10, 64)
	if err != nil || row < 1 {
		return "", 0, usage("%q is not a row number; rows count from 1, the header is not one", arg[at+1:])
	}
	return arg[:at], row, nil
}

// resourceName is a reference by type and id, and no path of a file.
var resourceName = regexp.MustCompile(`^[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}$`)

// rowArgument names a row as report row takes it.
func rowArgument(o issue.Origin) string {
	file := o.Source
	if !strings.Contains(file, o.Table+".") { // a file of one table is called like it
		file += "/" + o.Table
	}
	return fmt.Sprintf("%s:%d", file, o.Row)
}
