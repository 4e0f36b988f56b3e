package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/transform/dedupe"
)

// dedupeFlags are the flags of dedupe and of dedupe explain.
type dedupeFlags struct {
	file, fields, table, name  string
	out, pairs, truth          string
	modelIn, modelOut, decided string
	profile, policy            string
	index, moved               string
	threshold                  float64
	home                       string // the project's folder
}

func newDedupe(s *settings) *cobra.Command {
	f := &dedupeFlags{}
	c := &cobra.Command{
		Use:   "dedupe FILE",
		Short: "Find records of one person in a table: clusters, graded pairs, the reasons for each",
		Long: `Compares the records of a table and says which are one person. FIELDS.yaml is a map of column to kind
(given_name: given, date_of_birth: dob(YYYYMMDD)); the column id names the record. Nothing is merged, and nothing
else need be told: the weights are learned from the data.

clusters.csv has every record once: id, cluster_id, grade. Grades are certain, probable and possible;
docs/matching.md says what they mean and which vetoes stand above every score.`,
		Example: `  chartlift dedupe patients.csv --fields fields.yaml --out clusters.csv --pairs pairs.csv
  chartlift dedupe explain 1001 1002 --file patients.csv --fields fields.yaml --show-values`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.file = args[0]
			return dedupeFile(c.Context(), s, f)
		},
	}
	f.common(c)
	c.Flags().StringVar(&f.out, "out", "", "write the clusters to this CSV file")
	c.Flags().StringVar(&f.pairs, "pairs", "", "write all pairs from a probability of 0.01 on to this CSV file")
	c.Flags().StringVar(&f.truth, "truth", "", "CSV file with id and cluster: print how right the clusters are")
	c.Flags().StringVar(&f.moved, "moved", "", "with --index: write the records of earlier batches whose cluster has changed to this CSV file")
	c.Flags().StringVar(&f.modelOut, "model-out", "", "write the weights to this JSON file")
	c.AddCommand(newDedupeExplain(s))
	return c
}

// common declares the flags that steer the matching.
func (f *dedupeFlags) common(c *cobra.Command) {
	c.Flags().StringVar(&f.fields, "fields", "", "YAML file: a map of column to kind")
	c.Flags().StringVar(&f.table, "table", "", "table of the file, where it has several; the first if not given")
	c.Flags().StringVar(&f.profile, "profile", "safe", "safe: clusters of certain and probable pairs; balanced: also of pairs more likely than not")
	c.Flags().StringVar(&f.policy, "policy", "weights", "weights: by what the data say; cms: certain are exact combinations of fields only, after the list of CMS")
	c.Flags().Float64Var(&f.threshold, "threshold", 0, "probability from which on records are put into one cluster, instead of the profile's")
	c.Flags().StringVar(&f.modelIn, "model-in", "", "use the weights of this JSON file instead of learning them")
	c.Flags().StringVar(&f.index, "index", "", "match against the records of earlier batches in this file, and keep these in it; made where it is not there")
	c.Flags().StringVar(&f.name, "name", "", "name under which the project keeps what people decide about these records; the file's path, seen from the project, if not given")
	c.Flags().StringVar(&f.decided, "decisions", "", "CSV file with id_l, id_r and decision (same or different): what people have decided")
}

func dedupeFile(ctx context.Context, s *settings, f *dedupeFlags) (err error) {
	// Matching keeps all records in a few large pieces of memory: collecting
	// garbage often costs next to nothing, and halves the peak.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	if f.index != "" && f.truth != "" || f.index == "" && f.moved != "" {
		return usage("--truth is for whole tables and --moved for batches: give --index with --moved, or without it --truth")
	}
	truth, err := readTruth(ctx, f.truth)
	if err != nil {
		return err
	}
	m, err := s.match(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.write(f); err != nil {
		return err
	}
	if m.linked != nil {
		if err := m.linked.Commit(ctx); err != nil {
			return err
		}
	}
	s.sayIssues(f, m)
	return s.printMatching(m, truth)
}

// options folds flags and files into the options of the linker.
func (f *dedupeFlags) options(ctx context.Context) (o dedupe.Options, fields *dedupe.Fields, err error) {
	if f.fields == "" {
		return o, nil, usage("say what the columns hold: --fields FIELDS.yaml with lines such as surname: family")
	}
	text, err := readWhole(f.fields)
	if err != nil {
		return o, nil, err
	}
	if fields, err = dedupe.ParseFields(text); err != nil {
		return o, nil, usage("%s: %w", f.fields, err)
	}
	o = dedupe.Options{Fields: fields.List, Profile: dedupe.Profile(f.profile), Policy: dedupe.Policy(f.policy), Threshold: f.threshold}
	if f.modelIn != "" {
		if o.Model, err = readModel(f.modelIn); err != nil {
			return o, nil, err
		}
	}
	o.Decisions, err = readDecisions(ctx, f.decided)
	return o, fields, err
}

func readModel(path string) (*dedupe.Model, error) {
	in, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	m, err := dedupe.ReadModel(in)
	if err != nil {
		return nil, usage("%s: %w", path, err)
	}
	return m, nil
}

// maxFieldsFile is far above what a person writes.
const maxFieldsFile = 4 << 20

func readWhole(path string) ([]byte, error) {
	stat, err := os.Stat(path)
	if err == nil && stat.Size() > maxFieldsFile {
		return nil, usage("%s: this is no fields file: it has %s", path, issue.Count(stat.Size(), "byte"))
	}
	in, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, refuse("unreadable", "%s cannot be read: %w", path, err)
	}
	return text, nil
}

// readRecords hands the id and the values of every row to add. A row that could
// not be read for certain keeps its id and loses its values, so that it is
// compared with no other.
func (s *settings) readRecords(ctx context.Context, f *dedupeFlags, fields *dedupe.Fields, add func(id string, values []string) error) (faulty []issue.Issue, err error) {
	columns := []string{fields.ID}
	for _, field := range fields.List {
		columns = append(columns, field.Column)
	}
	values := make([]string, len(columns))
	err = s.eachRow(ctx, tableRef{f.file, f.table}, columns, func(rec *extract.Record, at []int) error {
		for i, column := range at {
			values[i] = rec.Values[column].Text
		}
		if rec.Fault != nil {
			clear(values[1:])
			faulty = append(faulty, issue.Issue{
				Severity: issue.Warning, Code: "dedupe-faulty-row", Type: "structure", Origin: rec.Origin, Column: rec.Origin.String(),
				Message: "it is compared with no other: " + rec.Fault.Message,
			})
		}
		err := add(strings.TrimSpace(values[0]), values[1:])
		var id *dedupe.IDError
		if errors.As(err, &id) {
			return &exitError{code: exitFailed, stable: "bad-id", err: fmt.Errorf("%s: %w", rec.Origin, err)}
		}
		return err
	})
	return faulty, err
}
