package worksheet

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Pair is two records that may be one person, with what speaks for and against
// it.
type Pair struct {
	ID          string // what the pair is found by when the workbook comes back
	Left, Right Record
	Grade       string
	Probability float64
	Bits        float64
	Joins       int64    // pairs of records that come together if these two are one person
	Vetoes      []string // why it may not be merged by itself, in words
	Earlier     string   // what was said of it before
	Start       float64  // bits before anything was compared
	Terms       []Term
}

// Record is one of two records. Values are in the order of the fields.
type Record struct {
	Source, Key string
	Values      []string
}

// Term is what one comparison adds to the evidence, in bits. Total is the
// evidence with all terms before it.
type Term struct {
	Name, Level         string
	Left, Right         string
	Bits, Rarity, Total float64
}

// The titles by which a workbook is read back.
const (
	titlePair     = "pair"
	titleDecision = "decision"
	titleComment  = "comment"
	titleBy       = "by"
	titleLeftKey  = "key A"
	titleRightKey = "key B"
)

// The words of the drop-down, in the order of the verdicts.
const (
	wordSame      = "same person"
	wordDifferent = "different persons"
	wordUnsure    = "don't know"
)

// PairsBook returns the workbook of pairs, in the order given: a sheet with a
// line for each pair and its two records side by side, and one that shows how
// the evidence of each pair comes about.
func PairsBook(fields []string, pairs []Pair) Book {
	return Book{
		Guide: []string{
			"Are these one person?",
			"Each line of the sheet Pairs holds two records, A and B, side by side. What differs is marked.",
			"Choose in the column decision: " + wordSame + ", " + wordDifferent + " or " + wordUnsure + ". Leave it empty if you did not look.",
			"Write why in the column comment, and your name in the column by if it is not the name given when the workbook is read back.",
			"The lines that are worth most stand first. Pairs that a rule keeps apart (column veto) stand last.",
			"Evidence is counted in bits: one more doubles the odds that the two are one person, one less halves them. The sheet Evidence shows it step by step.",
			"Lines may be filtered, added columns are ignored. Sort whole lines only, never one column: take the protection off first (there is no password).",
			"Then: chartlift review import THIS-FILE.xlsx --by \"YOUR NAME\"",
			"This file holds data of patients. Treat it as you treat a chart.",
		},
		Sheets: []Sheet{pairsSheet(fields, pairs), evidenceSheet(pairs)},
	}
}

func pairsSheet(fields []string, pairs []Pair) Sheet {
	s := Sheet{Name: "Pairs", Frozen: 4, Columns: []Column{
		{Title: titlePair, Width: 13},
		{Title: titleDecision, Width: 18, Editable: true, Choices: []string{wordSame, wordDifferent, wordUnsure}},
		{Title: titleComment, Width: 30, Editable: true},
		{Title: titleBy, Width: 14, Editable: true},
		{Title: "grade", Width: 10},
		{Title: "probability", Width: 11},
		{Title: "evidence", Width: 9},
		{Title: "joins", Width: 7},
		{Title: "veto", Width: 30},
		{Title: "what speaks loudest", Width: 48},
		{Title: "earlier", Width: 24},
		{Title: "source A", Width: 16},
		{Title: titleLeftKey, Width: 14},
		{Title: "source B", Width: 16},
		{Title: titleRightKey, Width: 14},
	}}
	for _, f := range fields {
		s.Columns = append(s.Columns, Column{Title: f + " A", Width: 18}, Column{Title: f + " B", Width: 18})
	}
	for i := range pairs {
		p := &pairs[i]
		row := []Cell{
			Text(p.ID), Text(""), Text(""), Text(""), Text(p.Grade), Number(p.Probability, 4), Number(p.Bits, 1), Number(float64(p.Joins), 0),
			Text(strings.Join(p.Vetoes, "; ")), Text(p.loudest()), Text(p.Earlier),
			Text(p.Left.Source), Text(p.Left.Key), Text(p.Right.Source), Text(p.Right.Key),
		}
		for k := range fields {
			l, r := strings.TrimSpace(p.Left.Values[k]), strings.TrimSpace(p.Right.Values[k])
			differ := l != "" && r != "" && !strings.EqualFold(l, r) // a missing value says nothing
			row = append(row, Cell{Text: l, Marked: differ}, Cell{Text: r, Marked: differ})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// loudest names the terms that weigh most, for or against.
func (p *Pair) loudest() string {
	terms := slices.Clone(p.Terms)
	slices.SortStableFunc(terms, func(a, b Term) int { return cmp.Compare(math.Abs(b.sum()), math.Abs(a.sum())) })
	var parts []string
	for _, t := range terms[:min(4, len(terms))] {
		if math.Abs(t.sum()) >= 1 {
			parts = append(parts, fmt.Sprintf("%s: %s (%+.1f)", t.Name, t.Level, t.sum()))
		}
	}
	return strings.Join(parts, "; ")
}

// sum is what the term says in all.
func (t Term) sum() float64 { return t.Bits + t.Rarity }

// barWidth is how many characters the bars of a waterfall have.
const barWidth = 40

// evidenceSheet shows each pair as a waterfall, a line for each term. Its bars
// are characters: they look the same in every program, on paper and to those
// who do not tell colours apart.
func evidenceSheet(pairs []Pair) Sheet {
	s := Sheet{Name: "Evidence", Frozen: 3, Columns: []Column{
		{Title: titlePair, Width: 13},
		{Title: "comparison", Width: 16},
		{Title: "says", Width: 26},
		{Title: "bits", Width: 8},
		{Title: "rarity", Width: 8},
		{Title: "total", Width: 8},
		{Title: "waterfall", Width: barWidth + 2, Fixed: true},
		{Title: "A", Width: 24},
		{Title: "B", Width: 24},
	}}
	for i := range pairs {
		p := &pairs[i]
		least, most := p.span()
		bar := func(from, to float64) Cell { return Text(Bar(from, to, least, most, barWidth)) }
		s.Rows = append(s.Rows, []Cell{
			Text(p.ID), Text("start"), Text("how rare duplicates are"), Number(p.Start, 2), Text(""), Number(p.Start, 2), bar(0, p.Start), Text(""), Text(""),
		})
		before := p.Start
		for _, t := range p.Terms {
			s.Rows = append(s.Rows, []Cell{
				Text(p.ID), Text(t.Name), Text(t.Level), Number(t.Bits, 2), Number(t.Rarity, 2), Number(t.Total, 2), bar(before, t.Total), Text(t.Left), Text(t.Right),
			})
			before = t.Total
		}
	}
	return s
}

// span returns the lowest and the highest total of a pair, 0 included.
func (p *Pair) span() (least, most float64) {
	least, most = min(0, p.Start), max(0, p.Start)
	for _, t := range p.Terms {
		least, most = min(least, t.Total), max(most, t.Total)
	}
	return least, most
}

// Bar draws a step of a waterfall in so many characters: dots with a block from
// one total to the other, and an arrow head where it leads: "····■■■►·····". A
// step too small to be drawn is its head alone.
func Bar(from, to, least, most float64, width int) string {
	if most <= least || width < 1 {
		return ""
	}
	at := func(x float64) int {
		return min(max(int(math.Round((x-least)/(most-least)*float64(width-1))), 0), width-1)
	}
	bar := []rune(strings.Repeat("·", width))
	for i := min(at(from), at(to)); i <= max(at(from), at(to)); i++ {
		bar[i] = '■'
	}
	bar[at(to)] = '►'
	if to < from {
		bar[at(to)] = '◄'
	}
	return string(bar)
}

// Answer is what a person filled in for one pair. Verdict is empty where the
// decision is no word of the drop-down or near it: Text has what stands there.
// Rows without a decision are no answers.
type Answer struct {
	Pair              string
	Verdict           string // same, different or unsure
	Text, Comment, By string
	LeftKey, RightKey string // as they stand in the workbook now; nothing where their columns are gone
	Row               Row
}

// DecisionPlace names the cell of the decision, PairPlace that of the pair's
// id.
func (a Answer) DecisionPlace() string { return a.Row.Place(titleDecision) }

// PairPlace names the cell of the pair's id.
func (a Answer) PairPlace() string { return a.Row.Place(titlePair) }

// ReadPairs returns what was filled into a workbook of pairs, in the order of
// the file.
func ReadPairs(in io.Reader) ([]Answer, error) {
	rows, err := Read(in, []string{titlePair, titleDecision}, []string{titleComment, titleBy, titleLeftKey, titleRightKey})
	if err != nil {
		return nil, err
	}
	var all []Answer
	for _, r := range rows {
		text := r.Cells[titleDecision]
		if text == "" {
			continue
		}
		all = append(all, Answer{
			Pair: r.Cells[titlePair], Verdict: verdictOf(text), Text: text, Comment: r.Cells[titleComment], By: r.Cells[titleBy],
			LeftKey: r.Cells[titleLeftKey], RightKey: r.Cells[titleRightKey], Row: r,
		})
	}
	return all, nil
}

// verdictOf reads a decision as people write it; "" where it is none.
func verdictOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(text, "’", "'")), " "))
	switch strings.TrimRight(text, ".! ") {
	case wordSame, "same", "same persons", "one person", "match":
		return "same"
	case wordDifferent, "different", "different person", "two persons", "not the same", "no match":
		return "different"
	case wordUnsure, "dont know", "do not know", "don't know?", "unknown", "unsure", "not sure", "?":
		return "unsure"
	}
	return ""
}
