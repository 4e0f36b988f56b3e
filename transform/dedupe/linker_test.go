package dedupe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/population"
	"chartlift/transform/dedupe"
)

// linkRows links rows whose first cell is the id.
func linkRows(t *testing.T, o dedupe.Options, rows ...[]string) *dedupe.Result {
	t.Helper()
	l, err := dedupe.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := l.Add(r[0], r[1:]); err != nil {
			t.Fatal(err)
		}
	}
	r, err := l.Link(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// verdict is the grade and the vetoes of two records.
func verdict(t *testing.T, r *dedupe.Result, a, b string) string {
	t.Helper()
	e, ok := r.Explain(a, b)
	if !ok {
		t.Fatalf("%s or %s is not known", a, b)
	}
	text := e.Grade.String()
	for _, v := range e.Vetoes {
		text += " " + v.Code
	}
	return text
}

func plainFields(t *testing.T) []dedupe.Field {
	t.Helper()
	return fields(t, "given", "given", "family", "family", "dob", "dob", "ssn", "ssn", "zip", "zip")
}

func TestNothingAndOneRecordAreNoTrouble(t *testing.T) {
	t.Parallel()
	for n, rows := range [][][]string{{}, {{"1", "ANA", "GARCIA", "1954-03-07", "", ""}}, {{"1", "", "", "", "", ""}, {"2", "", "", "", "", ""}}} {
		r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, rows...)
		if r.Records != n || len(r.Clusters) != 0 {
			t.Errorf("%d rows: %d records, %d clusters", n, r.Records, len(r.Clusters))
		}
	}
}

func TestIdsMustBeThereAndUnique(t *testing.T) {
	t.Parallel()
	l, err := dedupe.New(dedupe.Options{Fields: plainFields(t)})
	if err != nil {
		t.Fatal(err)
	}
	empty := make([]string, 5)
	if err := l.Add("1", empty); err != nil {
		t.Fatal(err)
	}
	var id *dedupe.IDError
	if err := l.Add("1", empty); !errors.As(err, &id) || !id.Twice || id.Row != 2 {
		t.Errorf("an id twice: %v", err)
	}
	if err := l.Add("", empty); !errors.As(err, &id) || id.Twice {
		t.Errorf("no id: %v", err)
	}
	if err := l.Add("3", empty[:2]); err == nil {
		t.Error("a record with too few values was taken")
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	t.Parallel()
	f := plainFields(t)
	for name, o := range map[string]dedupe.Options{
		"no fields": {}, "profile": {Fields: f, Profile: "bold"}, "threshold": {Fields: f, Threshold: 1.5}, "not a number": {Fields: f, Threshold: math.NaN()},
	} {
		if _, err := dedupe.New(o); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprint("x", i), "other")
	}
	l, err := dedupe.New(dedupe.Options{Fields: fields(t, many...)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := l.Add(fmt.Sprint(i), strings.Fields(strings.Repeat("v ", 20))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Link(t.Context()); err == nil || !strings.Contains(err.Error(), "leave out columns") {
		t.Errorf("twenty columns of the kind other: %v", err)
	}
}

func TestFieldsFilesAreReadAndRefused(t *testing.T) {
	t.Parallel()
	got, err := dedupe.ParseFields([]byte("# people\nnr: id\n\"first name\": given\nborn: dob(MM/DD/YYYY)\nnhs: identifier(NHS)\nmrn: mrn(unique)\n"))
	want := &dedupe.Fields{ID: "nr", List: []dedupe.Field{
		{Column: "first name", Kind: dedupe.Given},
		{Column: "born", Kind: dedupe.DOB, Arg: "MM/DD/YYYY"},
		{Column: "nhs", Kind: dedupe.Identifier, Arg: "NHS"},
		{Column: "mrn", Kind: dedupe.MRN, Arg: "unique"},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for text, says := range map[string]string{
		"a: givn": "is no kind", "a: [given]": "must be one word", "": "no column has a kind", "a: dob(YYYY": "parenthesis", "a: dob(YYYY)": "needs year, month and day",
		"a: given(x)": "takes nothing", "a: mrn(x)": "unique or nothing", "a: id\nb: id\nc: given": "another column", "a: given\na: family": "", "- a": "map of column", "a: {": "",
	} {
		if _, err := dedupe.ParseFields([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func FuzzFieldsFiles(f *testing.F) {
	f.Add([]byte("a: given\nb: dob(YYYYMMDD)\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := dedupe.ParseFields(text)
		if (err == nil) == (got == nil) {
			t.Errorf("fields %v with error %v", got, err)
		}
	})
}

func FuzzRecordsOfAnyBytes(f *testing.F) {
	f.Add("José", "O'Neil", "07.03.1954", "999-99-9999", "12 Main St")
	f.Add("", ",", "\xff", "\x00", "PO Box")
	list := []dedupe.Field{
		{Column: "n", Kind: dedupe.FullName},
		{Column: "f", Kind: dedupe.Family},
		{Column: "d", Kind: dedupe.DOB, Arg: "DD.MM.YYYY"},
		{Column: "s", Kind: dedupe.SSN},
		{Column: "a", Kind: dedupe.Street},
		{Column: "e", Kind: dedupe.Email},
		{Column: "p", Kind: dedupe.Phone},
		{Column: "m", Kind: dedupe.Middle},
	}
	f.Fuzz(func(t *testing.T, a, b, c, d, e string) {
		l, err := dedupe.New(dedupe.Options{Fields: list, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range [][]string{{a, b, c, d, e, a, b, c}, {b, a, c, e, d, d, e, a}, {a, b, c, d, e, a, b, c}} {
			if err := l.Add(fmt.Sprint(i), row); err != nil {
				t.Fatal(err)
			}
		}
		r, err := l.Link(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x, _ := r.Explain("0", "1")
		y, _ := r.Explain("1", "0")
		if math.Abs(x.Bits-y.Bits) > 1e-9 || math.IsNaN(x.Bits) {
			t.Errorf("%v bits in one direction, %v in the other", x.Bits, y.Bits)
		}
	})
}

func TestAnExplanationAddsUpToTheBitsOfThePair(t *testing.T) {
	t.Parallel()
	r := link(t, dedupe.Options{}, population.Make(population.Options{Persons: 700, Seed: 21}))
	checked := 0
	for p := range r.Pairs() {
		e, ok := r.Explain(p.L, p.R)
		if !ok {
			t.Fatal("the pair is not known")
		}
		total, weights := e.Start, 0.0
		for i, term := range e.Terms {
			total += term.Bits + term.Frequency
			if math.Abs(total-term.Total) > 1e-6 {
				t.Fatalf("the total behind %s is %v, want %v", term.Name, term.Total, total)
			}
			if i < len(p.Weights) {
				weights += term.Bits + term.Frequency - p.Weights[i]
			}
		}
		if math.Abs(total-p.Bits) > 1e-4 || math.Abs(weights) > 1e-6 || e.Grade != p.Grade {
			t.Errorf("the terms add up to %v %s, the pair has %v %s", total, e.Grade, p.Bits, p.Grade)
		}
		checked++
	}
	if checked < 300 {
		t.Errorf("only %d pairs were there to look at", checked)
	}
	if _, ok := r.Explain("nobody", "else"); ok {
		t.Error("records that are not there were explained")
	}
}

func TestAModelIsWrittenReadAndUsedAgain(t *testing.T) {
	t.Parallel()
	records := population.Make(population.Options{Persons: 700, Seed: 22})
	first := link(t, dedupe.Options{}, records)
	var text bytes.Buffer
	if err := first.Model.Write(&text); err != nil {
		t.Fatal(err)
	}
	m, err := dedupe.ReadModel(bytes.NewReader(text.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Model, m); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first.Clusters, link(t, dedupe.Options{Model: m}, records).Clusters); diff != "" {
		t.Error(diff)
	}
	for change, with := range map[string]string{`"version": 2`: `"version": 9`, `"match": `: `"match": 7`, `"records"`: `"recods"`, `"stranger": `: `"stranger": -`} {
		if _, err := dedupe.ReadModel(strings.NewReader(strings.Replace(text.String(), change, with, 1))); err == nil {
			t.Errorf("a model with %s was taken", with)
		}
	}
	l, err := dedupe.New(dedupe.Options{Fields: plainFields(t), Model: &dedupe.Model{Match: .1, Household: .1, Twin: .1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add("1", []string{"ANA", "", "", "", ""}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Link(t.Context()); err == nil || !strings.Contains(err.Error(), "no weights for given") {
		t.Errorf("a model without weights: %v", err)
	}
}

func TestABetterLevelNeverWeighsLess(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		r := link(t, dedupe.Options{}, population.Make(population.Options{Persons: 500, Seed: 30 + seed}))
		for _, c := range r.Model.Comparisons {
			ranked := c.Levels
			if c.Name == "given" {
				ranked = ranked[:5]
			}
			if c.Name == "ssn" {
				ranked = ranked[:4]
			}
			for i := 1; i < len(ranked); i++ {
				better, worse := ranked[i-1].Match/ranked[i-1].Stranger, ranked[i].Match/ranked[i].Stranger
				if worse > better*1.001 {
					t.Errorf("%s: %q weighs %.3g, %q only %.3g", c.Name, ranked[i].Level, worse, ranked[i-1].Level, better)
				}
			}
		}
	}
}

func TestDecisionsStandAboveEveryScore(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"1", "GRETA", "VOSS", "1988-02-14", "611-22-3344", "01002"},
		{"2", "GRETA", "VOSS", "1988-02-14", "611-22-3344", "01002"},
		{"3", "ROSALIND", "UNDERHILL", "1944-01-31", "", "99501"},
		{"4", "MARK", "QUINN", "2011-06-01", "", "02140"},
	}
	o := dedupe.Options{Fields: plainFields(t), Decisions: []dedupe.Decision{{L: "2", R: "1"}, {L: "3", R: "4", Same: true}, {L: "3", R: "gone", Same: true}}}
	r := linkRows(t, o, rows...)
	if got := verdict(t, r, "1", "2"); got != "possible V8" {
		t.Errorf("decided to be different: %s", got)
	}
	if got := verdict(t, r, "3", "4"); !strings.HasPrefix(got, "certain") {
		t.Errorf("decided to be the same: %s", got)
	}
	if len(r.Clusters) != 1 || r.Clusters[0].Members[0].ID != "3" || r.Clusters[0].Members[1].ID != "4" {
		t.Errorf("the clusters are %+v", r.Clusters)
	}
}

func TestVetoesThatRestOnOtherColumns(t *testing.T) {
	t.Parallel()
	f := fields(t, "given", "given", "family", "family", "dob", "dob", "zip", "zip", "mrn", "mrn(unique)", "system", "source", "died", "deceased", "seen", "last_seen")
	greta := func(id string, rest ...string) []string {
		return append([]string{id, "GRETA", "VOSS", "1988-02-14", "01002"}, rest...)
	}
	r := linkRows(t, dedupe.Options{Fields: f},
		greta("1", "100", "north", "", ""), greta("2", "200", "north", "", ""), greta("3", "300", "south", "", ""),
		greta("4", "400", "west", "2019-05-01", ""), greta("5", "500", "east", "", "2020-01-01"),
		[]string{"6", "BABY GIRL", "VOSS", "1988-02-14", "01002", "600", "coast", "", ""},
	)
	for _, c := range []struct{ a, b, want string }{
		{"1", "2", "V6"}, {"4", "5", "V5"}, {"5", "4", "V5"}, {"1", "6", "V7"},
	} {
		if got := verdict(t, r, c.a, c.b); !strings.Contains(got, c.want) {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
	if got := verdict(t, r, "1", "3"); strings.Contains(got, "V") {
		t.Errorf("numbers of two systems: %s", got)
	}
	together := clusterOf(r, dedupe.Possible)
	if together["1"] == together["2"] && together["1"] != "" {
		t.Error("a third record brought two numbers of one system together")
	}
}

func TestAChainIsCutWhereItsEndsMustNotMeet(t *testing.T) {
	t.Parallel()
	f := fields(t, "given", "given", "family", "family", "dob", "dob", "ssn", "ssn", "street", "street", "zip", "zip", "phone", "phone", "suffix", "suffix")
	row := func(id, suffix, dob string) []string {
		return []string{id, "THADDEUS", "QUIMBY", dob, "", "12 Main St", "02108", "617-555-0101", suffix}
	}
	r := linkRows(t, dedupe.Options{Fields: f}, row("a", "SR", "1950-03-07"), row("b", "", ""), row("c", "JR", "1980-09-21"))
	if got := verdict(t, r, "a", "c"); !strings.Contains(got, "V3") {
		t.Fatalf("father and son: %s", got)
	}
	together := clusterOf(r, dedupe.Possible)
	if together["a"] != "" && together["a"] == together["c"] {
		t.Errorf("father and son are in one cluster: %v", together)
	}
}

func TestALargeClusterGoesToReviewAsAWhole(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i := range 12 {
		rows = append(rows, []string{fmt.Sprint(i), "GRETA", "VOSS", "1988-02-14", "611-22-3344", "01002"})
	}
	r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, rows...)
	if len(r.Clusters) != 1 || r.Clusters[0].Review != "large" || len(r.Clusters[0].Members) != 12 || r.Clusters[0].Members[3].Grade != dedupe.Possible {
		t.Errorf("the clusters are %+v", r.Clusters)
	}
	r = linkRows(t, dedupe.Options{Fields: plainFields(t), Largest: 20}, rows...)
	if len(r.Clusters) != 1 || r.Clusters[0].Review != "" || r.Clusters[0].Members[3].Grade != dedupe.Certain {
		t.Errorf("with 20 allowed the clusters are %+v", r.Clusters)
	}
}

func TestAHugeBlockIsBoundedAndWhatIsLeftOutIsCounted(t *testing.T) {
	t.Parallel()
	records := population.Make(population.Options{Persons: 1500, Seed: 6})
	known := len(records)
	for i := range 5000 { // what a desk enters when it knows nothing
		records = append(records, population.Record{ID: fmt.Sprint("nobody", i), Given: "ANA", Family: "GARCIA", Zip: "02108"})
	}
	r := link(t, dedupe.Options{}, records)
	if most := int64(len(records)) * 200; r.Summary.Compared > most {
		t.Errorf("%d pairs were compared, at most %d are affordable", r.Summary.Compared, most)
	}
	huge := false
	for _, rule := range r.Rules {
		huge = huge || rule.Huge > 0 && rule.Left > 10_000_000
	}
	if !huge || r.Summary.NotReached < 10_000_000 {
		t.Errorf("what was left out is not reported: %+v", r.Rules)
	}
	if s := dedupe.Score(clusterOf(r, dedupe.Possible), truthOf(records[:known])); s.Recall < .85 || s.Precision < .99 {
		t.Errorf("those outside of the block suffered: %+v", s)
	}
}

func TestDatesThatCannotBeReadAreCounted(t *testing.T) {
	t.Parallel()
	r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, []string{"1", "UNKNOWN", "B", "07/03/1954", "", ""}, []string{"2", "A", "B", "1954-03-07", "999-99-9999", ""})
	var codes []string
	for _, i := range r.Issues {
		codes = append(codes, i.Column+" "+i.Code)
		if strings.Contains(i.Message, "1954") {
			t.Errorf("the message shows a value: %s", i.Message)
		}
	}
	want := []string{"given dedupe-placeholder", "dob dedupe-unreadable", "ssn dedupe-placeholder"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
}

func TestScoresFollowTheirFormulas(t *testing.T) {
	t.Parallel()
	truth := map[string]string{"1": "a", "2": "a", "3": "a", "4": "b", "5": "c"}
	got := dedupe.Score(map[string]string{"1": "x", "2": "x", "3": "y", "4": "y"}, truth)
	want := dedupe.Scores{
		Records: 5, TruePairs: 3, PredictedPairs: 2, Precision: .5, Recall: 1. / 3, F1: .4,
		BCubedPrec: (2 + .5 + .5 + 1) / 5, BCubedRecall: (2*2./3 + 1./3 + 1 + 1) / 5, Mixed: 1, Split: 1, Exact: 1,
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y float64) bool { return math.Abs(x-y) < 1e-12 })); diff != "" {
		t.Error(diff)
	}
	if s := dedupe.Score(nil, nil); s.Precision != 1 || s.Recall != 1 {
		t.Errorf("of nothing nothing is wrong, but precision is %v and recall %v", s.Precision, s.Recall)
	}
}

func TestSeveralNamesAndNumbersAreSets(t *testing.T) {
	t.Parallel()
	f := fields(t, "given", "given", "family", "family", "maiden", "family", "dob", "dob", "home", "phone", "mobile", "phone")
	r := linkRows(t, dedupe.Options{Fields: f},
		[]string{"1", "ANA", "GARCIA", "", "1954-03-07", "617-555-0101", "857-555-0199"}, []string{"2", "ANA", "OLDFIELD", "GARCIA", "1954-03-07", "857-555-0199", ""},
	)
	e, _ := r.Explain("1", "2")
	levels := map[string]string{}
	for _, term := range e.Terms {
		levels[term.Name] = term.Level
	}
	if levels["family"] != "same" || levels["phone"] != "same" {
		t.Errorf("the levels are %v", levels)
	}
}

func TestAFullNameFillsWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := fields(t, "name", "full_name", "family", "family", "dob", "dob", "zip", "zip")
	r := linkRows(t, dedupe.Options{Fields: f}, []string{"1", "GARCIA, ANA", "", "1954-03-07", "02108"}, []string{"2", "Ana", "Garcia", "1954-03-07", "02108"}, []string{"3", "Ana Garcia", "", "1954-03-07", "02108"})
	e, _ := r.Explain("1", "3")
	if e.Terms[0].Level != "same" || e.Terms[1].Level != "same" {
		t.Errorf("the terms are %+v", e.Terms)
	}
}

func TestLinkingStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	l, err := dedupe.New(dedupe.Options{Fields: populationFields(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range population.Make(population.Options{Persons: 500, Seed: 1}) {
		if err := l.Add(r.ID, r.Values()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := l.Link(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func BenchmarkLink(b *testing.B) {
	records := population.Make(population.Options{Persons: 16_000, Seed: 1})
	for b.Loop() {
		link(b, dedupe.Options{}, records)
	}
	b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "records/s")
}
