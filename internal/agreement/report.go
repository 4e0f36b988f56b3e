package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// tally counts the trials of one row.
type tally struct {
	name                  string
	trials, agreed        int
	sound, falseAlarms    int // theirs valid; of these, ours invalid
	broken, misses        int // theirs invalid; of these, ours valid
	onPurpose             int // of false alarms and misses: for a reason of [differences]
	both, samePlace       int // both invalid; an error at the same place
	oursCount, theirCount int // errors where both are invalid
	named                 int // of samePlace: one of our message ids is one of theirs
}

func (t *tally) add(tr *trial) {
	t.trials++
	agrees, purpose := tr.agrees(), false
	if !agrees {
		purpose = onPurpose(tr) != ""
	}
	switch {
	case agrees:
		t.agreed++
	case purpose:
		t.onPurpose++
	}
	if tr.theirs.Valid {
		t.sound++
		if !agrees {
			t.falseAlarms++
		}
		return
	}
	t.broken++
	if !agrees {
		t.misses++
		return
	}
	t.both++
	if tr.samePlace() {
		t.samePlace++
		if tr.sameID() {
			t.named++
		}
	}
	t.oursCount += len(tr.errors())
	t.theirCount += len(tr.theirErrors())
}

func (t *tally) merge(o *tally) {
	t.trials += o.trials
	t.agreed += o.agreed
	t.sound += o.sound
	t.falseAlarms += o.falseAlarms
	t.broken += o.broken
	t.misses += o.misses
	t.onPurpose += o.onPurpose
	t.both += o.both
	t.samePlace += o.samePlace
	t.named += o.named
	t.oursCount += o.oursCount
	t.theirCount += o.theirCount
}

// report is what all trials came to.
type report struct {
	options options
	trials  []trial
	samples []*tally
	kinds   []*tally
}

func newReport(o options, trials []trial) *report {
	r := &report{options: o, trials: trials}
	rows := map[string]*tally{}
	for i := range trials {
		t := &trials[i]
		row := rows[t.row]
		if row == nil {
			row = &tally{name: t.row}
			rows[t.row] = row
			if t.mutant {
				r.kinds = append(r.kinds, row)
			} else {
				r.samples = append(r.samples, row)
			}
		}
		row.add(t)
	}
	return r
}

func total(name string, rows []*tally) *tally {
	sum := &tally{name: name}
	for _, row := range rows {
		sum.merge(row)
	}
	return sum
}

// The bars of issue 7, as shares.
const (
	leastAgreement = 0.98
	mostAlarms     = 0.003
	leastSamePlace = 0.90
)

func (r *report) passed() bool {
	broken, samples := total("", r.kinds), total("", r.samples)
	return share(broken.agreed, broken.trials) >= leastAgreement && share(broken.samePlace, broken.both) >= leastSamePlace &&
		1-share(samples.sound+broken.sound-samples.falseAlarms-broken.falseAlarms, samples.sound+broken.sound) <= mostAlarms
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func (r *report) print(w io.Writer) {
	shown := map[string]int{}
	for i := range r.trials {
		t := &r.trials[i]
		if t.agrees() || onPurpose(t) != "" || shown[t.row] >= r.options.show {
			continue
		}
		shown[t.row]++
		fmt.Fprintf(w, "%s\n    ours   %s\n    theirs %s\n    %.1200s\n", t.row, oursText(t), theirsText(t), t.text)
	}
	fmt.Fprint(w, r.markdown())
}

func oursText(t *trial) string {
	var all []string
	for _, i := range t.errors() {
		all = append(all, fmt.Sprintf("%s (%s) %s", i.Code, i.Rule, place(i.Expression)))
	}
	return strings.Join(all, "; ")
}

func theirsText(t *trial) string {
	var all []string
	for _, i := range t.theirErrors() {
		all = append(all, fmt.Sprintf("%s %s %.160s", i.Code, place(i.Expression), i.Message))
	}
	return strings.Join(all, "; ")
}

const tableHead = "| | resources | agree | on purpose | false alarms | misses | same place | errors of ours | of theirs |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"

func (t *tally) line() string {
	perCause := func(n int) string {
		if t.both == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", float64(n)/float64(t.both))
	}
	place := ""
	if t.both > 0 {
		place = fmt.Sprintf("%.1f %%", 100*share(t.samePlace, t.both))
	}
	return fmt.Sprintf("| %s | %d | %.1f %% | %d | %d of %d | %d of %d | %s | %s | %s |\n", t.name, t.trials, 100*share(t.agreed, t.trials), t.onPurpose,
		t.falseAlarms, t.sound, t.misses, t.broken, place, perCause(t.oursCount), perCause(t.theirCount))
}

func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString("## Resources as they are\n\n" + tableHead)
	for _, t := range append(slices.Clone(r.samples), total("**all**", r.samples)) {
		b.WriteString(t.line())
	}
	b.WriteString("\n## Broken resources, by kind of mistake\n\n" + tableHead)
	for _, t := range append(slices.Clone(r.kinds), total("**all**", r.kinds)) {
		b.WriteString(t.line())
	}
	broken := total("", r.kinds)
	fmt.Fprintf(&b, "\nAgreement on broken resources, all differences counted: %.2f %%; those on purpose left out: %.2f %%. False alarms on all valid resources: %.2f %%. Of the resources with an error of both at one place, "+
		"%.1f %% have a finding that names the reference validator's message id.\n", 100*share(broken.agreed, broken.trials), 100*share(broken.agreed+broken.onPurpose, broken.trials),
		100*(1-share(broken.sound-broken.falseAlarms+total("", r.samples).sound-total("", r.samples).falseAlarms, broken.sound+total("", r.samples).sound)), 100*share(broken.named, broken.samePlace))
	return b.String()
}

// write leaves the report and the differing trials where the options want them.
func (r *report) write() error {
	if r.options.doc != "" {
		head := docHead
		if r.options.guide != "" {
			head = guideHead
		}
		text := head + r.markdown() + differencesMarkdown(r.trials) + suitesPart(r.options.doc)
		if err := os.WriteFile(r.options.doc, []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if r.options.out == "" {
		return nil
	}
	f, err := os.OpenFile(r.options.out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the differences: %w", err)
	}
	defer f.Close()
	e := json.NewEncoder(f)
	for i := range r.trials {
		t := &r.trials[i]
		if t.agrees() && (t.theirs.Valid || t.samePlace() && len(t.errors()) < 2) {
			continue
		}
		line := struct {
			Row, Why, Ours, Theirs, Text string
			Agrees                       bool
		}{t.row, onPurpose(t), oursText(t), theirsText(t), t.text, t.agrees()}
		if err := e.Encode(line); err != nil {
			return fmt.Errorf("write the differences: %w", err)
		}
	}
	return nil
}
