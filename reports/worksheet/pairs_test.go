package worksheet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"chartlift/reports/worksheet"
)

// pair is a pair with two records of three values.
func pair(id string) worksheet.Pair {
	return worksheet.Pair{
		ID: id, Grade: "possible", Probability: .75, Bits: 1.6, Joins: 2, Vetoes: []string{"V2 relative"}, Earlier: "don't know (Ann)", Start: -3,
		Left:  worksheet.Record{Source: "patients.csv", Key: "01", Values: []string{"ANA", "GARCIA", ""}},
		Right: worksheet.Record{Source: "patients.csv", Key: "=2", Values: []string{" ana", "GARZIA", "1954"}},
		Terms: []worksheet.Term{
			{Name: "given", Level: "same", Left: "ANA", Right: "ANA", Bits: 6, Rarity: -1, Total: 2},
			{Name: "sex", Level: "same", Bits: .5, Total: 2.5},
			{Name: "family", Level: "one letter off", Left: "GARCIA", Right: "GARZIA", Bits: 7.5, Total: 10},
			{Name: "household", Level: "may be two members of one", Bits: -8.4, Total: 1.6},
		},
	}
}

func book(t *testing.T, ids ...string) []byte {
	t.Helper()
	var pairs []worksheet.Pair
	for _, id := range ids {
		pairs = append(pairs, pair(id))
	}
	return written(t, worksheet.PairsBook([]string{"first", "last", "born"}, pairs))
}

func TestRecordsStandSideBySideWithWhatDiffersMarked(t *testing.T) {
	t.Parallel()
	f := opened(t, book(t, "7f3a-1"))
	rows, err := f.GetRows("Pairs")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"pair", "decision", "comment", "by", "grade", "probability", "evidence", "joins", "veto", "what speaks loudest", "earlier", "source A", "key A", "source B", "key B", "first A", "first B", "last A", "last B", "born A", "born B"},
		{"7f3a-1", "", "", "", "possible", "0.7500", "1.6", "2", "V2 relative", "household: may be two members of one (-8.4); family: one letter off (+7.5); given: same (+5.0)", "don't know (Ann)", "patients.csv", "01", "patients.csv", "=2", "ANA", "ana", "GARCIA", "GARZIA", "", "1954"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for at, want := range map[string]bool{"P2": false, "Q2": false, "R2": true, "S2": true, "T2": false, "U2": false} {
		id, err := f.GetCellStyle("Pairs", at)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || style.Font.Bold != want || (len(style.Fill.Color) > 0) != want {
			t.Errorf("%s is marked: %v, want %v (%v)", at, !want, want, err)
		}
	}
}

func TestTheEvidenceOfAPairIsDrawnStepByStep(t *testing.T) {
	t.Parallel()
	rows, err := opened(t, book(t, "7f3a-1")).GetRows("Evidence")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows[1:] {
		got = append(got, strings.Join(r[1:7], "|"))
	}
	want := []string{
		"start|how rare duplicates are|-3.00||-3.00|◄■■■■■■■■■······························",
		"given|same|6.00|-1.00|2.00|■■■■■■■■■■■■■■■►························",
		"sex|same|0.50|0.00|2.50|···············■■►······················",
		"family|one letter off|7.50|0.00|10.00|·················■■■■■■■■■■■■■■■■■■■■■■►",
		"household|may be two members of one|-8.40|0.00|1.60|··············◄■■■■■■■■■■■■■■■■■■■■■■■■■",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBarsKeepInsideTheirWidth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to, least, most float64
		width                 int
		want                  string
	}{
		{0, 1, 0, 1, 4, "■■■►"},
		{1, 0, 0, 1, 4, "◄■■■"},
		{.5, .5, 0, 1, 5, "··►··"},
		{0, 0, 0, 0, 5, ""},
		{0, 1, 0, 1, 0, ""},
		{-9, 9, 0, 1, 3, "■■►"},
	} {
		if got := worksheet.Bar(c.from, c.to, c.least, c.most, c.width); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestDecisionsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	said := []struct{ text, want string }{
		{"same person", "same"},
		{" Same  Person ", "same"},
		{"SAME", "same"},
		{"different persons", "different"},
		{"Different", "different"},
		{"not the same.", "different"},
		{"don't know", "unsure"},
		{"don’t know", "unsure"},
		{"?", "unsure"},
		{"yes", ""},
		{"same person?", ""},
		{"1", ""},
	}
	var ids []string
	for i := range said {
		ids = append(ids, fmt.Sprintf("7f3a-%d", i+1))
	}
	text := saved(t, book(t, append(ids, "7f3a-99")...), func(f *excelize.File) error {
		for i, s := range said {
			if err := f.SetCellStr("Pairs", fmt.Sprintf("B%d", i+2), s.text); err != nil {
				return err
			}
		}
		return f.SetCellStr("Pairs", "D2", "Ben")
	})
	answers, err := worksheet.ReadPairs(bytes.NewReader(text))
	if err != nil || len(answers) != len(said) {
		t.Fatalf("%d answers, %v; the pair that nobody decided is none", len(answers), err)
	}
	for i, a := range answers {
		if a.Verdict != said[i].want || a.Pair != ids[i] || a.LeftKey != "01" || a.RightKey != "=2" {
			t.Errorf("%q: %+v", said[i].text, a)
		}
	}
	if a := answers[0]; a.By != "Ben" || a.DecisionPlace() != "Pairs!B2" || a.PairPlace() != "Pairs!A2" {
		t.Errorf("%+v at %s", a, a.DecisionPlace())
	}
}
