package cmd

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"chartlift/internal/formula"
	"chartlift/internal/issue"
	"chartlift/transform/dedupe"
)

// write writes the files that were asked for.
func (m *matched) write(f *dedupeFlags) error {
	for _, file := range []struct {
		path string
		fill func(io.Writer) error
	}{{f.out, m.writeClusters}, {f.pairs, m.writePairs}, {f.moved, m.writeMoved}, {f.modelOut, m.result.Model.Write}} {
		if file.path == "" {
			continue
		}
		if err := writeFile(file.path, file.fill); err != nil {
			return fmt.Errorf("write %s: %w", file.path, err)
		}
	}
	return nil
}

// writeFile puts a file there whole or not at all.
func writeFile(path string, fill func(io.Writer) error) (err error) {
	part := path + ".tmp"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(fill(out), out.Close())
	if err == nil {
		return os.Rename(part, path)
	}
	return errors.Join(err, os.Remove(part))
}

// writeClusters writes every record of the file once, in its order; a record
// that is alone has a cluster of its own and no grade.
func (m *matched) writeClusters(out io.Writer) error {
	at := make([]int32, m.result.Records+1) // by row: its cluster, counted from 1
	grades := make([]dedupe.Grade, m.result.Records+1)
	for i, c := range m.result.Clusters {
		for _, member := range c.Members {
			at[member.Row], grades[member.Row] = int32(i+1), member.Grade
		}
	}
	w := csv.NewWriter(out)
	if err := w.Write([]string{"id", "cluster_id", "grade"}); err != nil {
		return err
	}
	row := 0
	for id := range m.result.IDs() {
		row++
		if !m.batch(id) {
			continue
		}
		cluster := dedupe.ClusterID(id)
		if m.linked != nil {
			cluster = m.linked.ClusterOf(id)
		}
		if at[row] > 0 {
			cluster = m.result.Clusters[at[row]-1].ID
		}
		if err := w.Write(formula.GuardAll([]string{id, cluster, grades[row].String()})); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// writePairs writes the pairs with the bits of every comparison behind them.
func (m *matched) writePairs(out io.Writer) error {
	w := csv.NewWriter(out)
	row := []string{"id_l", "id_r", "bits", "probability", "grade", "veto"}
	for _, name := range m.result.Comparisons() {
		row = append(row, "bits "+name)
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for p := range m.result.Pairs() {
		if !m.batch(p.L) && !m.batch(p.R) {
			continue // known from earlier batches
		}
		row = append(row[:0], p.L, p.R, short(p.Bits, 2), short(p.Probability, 6), p.Grade.String(), p.Vetoes)
		for _, bits := range p.Weights {
			row = append(row, short(bits, 2))
		}
		if err := w.Write(formula.GuardAll(row)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// writeMoved writes the records of earlier batches whose cluster has changed.
func (m *matched) writeMoved(out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write([]string{"id", "old_cluster_id", "cluster_id"}); err != nil {
		return err
	}
	for _, move := range m.linked.Moved {
		if err := w.Write(formula.GuardAll([]string{move.ID, move.From, move.To})); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func short(x float64, digits int) string { return strconv.FormatFloat(x, 'f', digits, 64) }

// matchingJSON is what dedupe --json prints.
type matchingJSON struct {
	Records int                 `json:"records"`
	Summary dedupe.Summary      `json:"summary"`
	Rules   []dedupe.RuleReport `json:"rules"`
	Notes   []string            `json:"notes"`
	Scores  *scoresJSON         `json:"scores,omitempty"`
	Index   *indexJSON          `json:"index,omitempty"`
}

// indexJSON says what of earlier batches was looked at, and what has changed.
type indexJSON struct {
	Earlier    int   `json:"earlier"`     // records of earlier batches that were looked at
	Again      int   `json:"again"`       // records of this batch that were known already
	Moved      int   `json:"moved"`       // records of earlier batches whose cluster has changed
	NotReached int64 `json:"not_reached"` // times that too many earlier records had a key for all to be looked at, each counted
}

// scoresJSON are the scores against the truth: of the clusters as written, and
// of the certain ones alone.
type scoresJSON struct {
	Clusters       dedupe.Scores `json:"clusters"`
	Certain        dedupe.Scores `json:"certain"`
	BlockingRecall float64       `json:"blocking_recall"` // true pairs among those with a probability of 0.01 and more
}

func (s *settings) printMatching(m *matched, truth map[string]string) error {
	v := matchingJSON{Records: m.result.Records, Summary: m.result.Summary, Rules: m.result.Rules, Notes: m.result.Model.Notes}
	if truth != nil {
		v.Scores = m.scores(truth)
	}
	if l := m.linked; l != nil {
		v.Records = len(l.IDs())
		v.Index = &indexJSON{Earlier: l.Earlier, Again: l.Again, Moved: len(l.Moved), NotReached: l.NotReached}
	}
	if s.json {
		e := json.NewEncoder(s.streams.Out)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	sum := v.Summary
	out := s.streams.Out
	fmt.Fprintf(out, "%s, %s compared\n", issue.Count(v.Records, "record"), issue.Count(sum.Compared, "pair"))
	fmt.Fprintf(out, "%s, %d probable, %d possible (%d of them by a veto); about %.1f of the certain and probable pairs are two persons\n",
		issue.Count(sum.Certain, "certain pair"), sum.Probable, sum.Possible, sum.Vetoed, sum.ExpectedFalse)
	fmt.Fprintf(out, "%s; %s that duplicate another\n", issue.Count(sum.Clusters, "cluster"), issue.Count(sum.Duplicates, "record"))
	if sum.NotReached > 0 {
		fmt.Fprintf(out, "%s with a key that so many others have that it was not compared; --json says by which rule\n", issue.Count(sum.NotReached, "pair"))
	}
	if sum.Unlinkable > 0 {
		fmt.Fprintf(out, "%s with too little to be linked to anything\n", issue.Count(sum.Unlinkable, "record"))
	}
	for _, note := range v.Notes {
		fmt.Fprintf(out, "note: %s\n", note)
	}
	if v.Index != nil {
		fmt.Fprintf(out, "%d records of earlier batches were looked at; %d of these came again, %d earlier ones are in another cluster now\n",
			v.Index.Earlier+v.Index.Again, v.Index.Again, v.Index.Moved)
	}
	if v.Scores != nil {
		printScores(out, v.Scores)
	}
	return nil
}

func printScores(out io.Writer, v *scoresJSON) {
	fmt.Fprintf(out, "\n%-9s %9s %9s %9s %9s %9s %7s %7s %7s\n", "", "precision", "recall", "F1", "B3 prec", "B3 rec", "mixed", "split", "exact")
	for _, line := range []struct {
		name string
		s    *dedupe.Scores
	}{{"clusters", &v.Clusters}, {"certain", &v.Certain}} {
		fmt.Fprintf(out, "%-9s %9.5f %9.5f %9.5f %9.5f %9.5f %7d %7d %7d\n", line.name, line.s.Precision, line.s.Recall, line.s.F1,
			line.s.BCubedPrec, line.s.BCubedRecall, line.s.Mixed, line.s.Split, line.s.Exact)
	}
	fmt.Fprintf(out, "true pairs reached by blocking: %.5f\n", v.BlockingRecall)
}

// scores compares the clusters with the truth.
func (m *matched) scores(truth map[string]string) *scoresJSON {
	all, certain := map[string]string{}, map[string]string{}
	for _, c := range m.result.Clusters {
		for _, member := range c.Members {
			all[member.ID] = c.ID
			if member.Grade == dedupe.Certain {
				certain[member.ID] = c.ID
			}
		}
	}
	v := &scoresJSON{Clusters: dedupe.Score(all, truth), Certain: dedupe.Score(certain, truth)}
	reached := 0.0
	for p := range m.result.Pairs() {
		if t, ok := truth[p.L]; ok && t == truth[p.R] {
			reached++
		}
	}
	v.BlockingRecall = reached / max(1, float64(v.Clusters.TruePairs))
	return v
}
