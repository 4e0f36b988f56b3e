package cmd

import (
	"context"
	"errors"
	"slices"

	"chartlift/reports"
	"chartlift/reports/worksheet"
	"chartlift/transform/dedupe"
)

// exportRun writes the doubtful pairs of a run of the project into the
// workbook.
func exportRun(ctx context.Context, s *settings, f *reviewFlags) (err error) {
	db, err := openRuns(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	doubts, run, all, err := f.doubts(ctx, db)
	if err != nil {
		return err
	}
	offered := make([]reports.ReviewPair, len(doubts))
	for i, d := range doubts {
		offered[i] = reports.ReviewPair{Left: d.Left, Right: d.Right}
	}
	ids, err := db.OfferPairs(ctx, run, offered)
	if err != nil {
		return err
	}
	earlier, err := unsure(ctx, db)
	if err != nil {
		return err
	}
	fields := comparedFields(doubts)
	pairs := make([]worksheet.Pair, len(doubts))
	for i := range doubts {
		pairs[i] = runPair(&doubts[i], fields)
		pairs[i].ID, pairs[i].Earlier = ids[i], earlier[[2]reports.RecordRef{doubts[i].Left, doubts[i].Right}]
	}
	return f.writeBook(s, fields, pairs, all)
}

// doubts returns the pairs of a run that are to be asked, with their evidence,
// the run, and how many there are in all.
func (f *reviewFlags) doubts(ctx context.Context, db *reports.DB) (doubts []reports.Doubt, run string, all int, err error) {
	read := db.Doubts
	if f.merged {
		read = db.Together
	}
	doubts, run, err = read(ctx, f.run)
	if errors.Is(err, reports.ErrNoRun) {
		err = &exitError{code: exitUsage, stable: "no-such-report", err: err}
	}
	if err != nil {
		return nil, run, 0, err
	}
	all = len(doubts)
	if f.limit > 0 {
		doubts = doubts[:min(f.limit, all)]
	}
	return doubts, run, all, db.Explain(ctx, doubts)
}

// comparedFields are the comparisons in which any of the records has a value,
// in their order.
func comparedFields(doubts []reports.Doubt) []string {
	var names []string
	for _, d := range doubts {
		for _, t := range d.Terms {
			if t.Left+t.Right != "" && !slices.Contains(names, t.Name) {
				names = append(names, t.Name)
			}
		}
	}
	return names
}

// runPair is a pair of a run as the workbook shows it: the values are those
// that were compared.
func runPair(d *reports.Doubt, fields []string) worksheet.Pair {
	p := worksheet.Pair{
		Grade: d.Grade, Probability: d.Probability, Bits: d.Bits, Joins: d.Joins, Vetoes: vetoTexts(d.VetoCodes(), d.Whole),
		Left:  worksheet.Record{Source: d.Left.Source, Key: d.Left.Key, Values: make([]string, len(fields))},
		Right: worksheet.Record{Source: d.Right.Source, Key: d.Right.Key, Values: make([]string, len(fields))},
	}
	for i, t := range d.Terms {
		if i == 0 && t.Name == "start" {
			p.Start = t.Total
			continue
		}
		p.Terms = append(p.Terms, worksheet.Term{Name: t.Name, Level: t.Level, Left: t.Left, Right: t.Right, Bits: t.Bits, Rarity: t.Frequency, Total: t.Total})
		if at := slices.Index(fields, t.Name); at >= 0 {
			p.Left.Values[at], p.Right.Values[at] = t.Left, t.Right
		}
	}
	return p
}

// vetoTexts says in words why a pair may not be put together by itself.
func vetoTexts(codes []string, whole string) []string {
	var texts []string
	for _, v := range dedupe.Vetoes() {
		if slices.Contains(codes, v.Code) {
			texts = append(texts, v.Code+" "+v.Name+": "+v.Meaning)
		}
	}
	switch whole {
	case "large":
		texts = append(texts, "its cluster is larger than a person's records usually are")
	case "loose":
		texts = append(texts, "fewer than half of the pairs of its cluster agree")
	}
	return texts
}
