package csvfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/internal/issue"
)

// closeLook stands before a header, on a line that is left out: where a NUL
// stands in a stretch of the file, each of its records gets a closer look.
const closeLook = "\x00\n"

// heard is all that is read of a table behind so many lines, in one text for
// each record and issue, lines counted behind these.
func heard(t *testing.T, file string, before int, o extract.Options) (all []string) {
	t.Helper()
	o.Header, o.Encoding = before+1, "utf-8"
	src, err := csvfile.Format().Open(context.Background(), extract.FromBytes("t.csv", []byte(file)), o)
	if err != nil {
		t.Fatal(err)
	}
	report := func(is issue.Issue) {
		all = append(all, fmt.Sprintf("%s %s row %d line %d %q", is.Code, is.Column, is.Origin.Row, max(0, is.Origin.Line-int64(before)), is.Value))
	}
	for batch, err := range src.Read(context.Background(), "t", report) {
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range batch.Records {
			text := fmt.Sprintf("row %d line %d:", rec.Origin.Row, rec.Origin.Line-int64(before))
			for _, v := range rec.Values {
				text += fmt.Sprintf(" %d%q", v.Kind, v.Text)
			}
			if rec.Fault != nil {
				text += fmt.Sprintf(" %s %q", rec.Fault.Code, rec.Fault.Value)
			}
			all = append(all, text)
		}
	}
	return all
}

// checkAlike compares what is read of a table of three columns at once and by a
// close look.
func checkAlike(t *testing.T, rows string, o extract.Options) []string {
	t.Helper()
	head := strings.ReplaceAll("alpha,beta,gamma", ",", o.Delimiter)
	head += "\n" + strings.ToUpper(head) + "\n" // one row to tell how lines end
	got := heard(t, head+rows, 0, o)
	if diff := cmp.Diff(heard(t, closeLook+head+rows, 1, o), got); diff != "" {
		t.Errorf("%q is not read as by a close look (-close +at once):\n%s", rows, diff)
	}
	return got
}

func TestRecordsAreReadAtOnceAsByACloseLook(t *testing.T) {
	t.Parallel()
	rows := []string{
		"1,2,3", ",,", `\N,\N,\N`, `"",\N,""`, `\NN,N,\`, `"\N",x\N,\n`, "1,2", "1,2,3,4", "1,2,3,,", "1,\"2\",3", "\"1\",\"2\",\"3\"",
		"1,\"a,b\",3", "1,\"a\nb\",3", "1,\"a\r\nb\",3", "1,\"a\"\"b\",3", "1,\"\"\"\",3", "1,\"a\"b,3", "1,\"a\" ,3", " 1, \"2\",  \"3\"", " , ,  ", "1,2,\"3\" x", "1,\"2,3",
		"ä,é€,😀", "1\r,2,3", "1,\r,\r", "", "\r", "--,-.,,", "1,2,-3", "\"1\",2,-,", strings.Repeat("x", 100) + "," + strings.Repeat("y", 7) + ",\"" + strings.Repeat("z", 9) + "\"",
		"12345678,1234567,123456", "1,\"a\\\"b\",3", "1,\"a\\\\\",3", "\xff,2,3", "1,\x00,3", "1,+,\x0b",
	}
	for _, end := range []string{"\n", "\r\n"} {
		for _, o := range []extract.Options{{Delimiter: ",", Quote: `"`, Escape: `"`}, {Delimiter: ",", Quote: `"`, Escape: `\`}, {Delimiter: ",", Quote: "none"}, {Delimiter: ",", Quote: `"`, Escape: `"`, Ragged: extract.RaggedPad}} {
			for _, row := range rows {
				for _, rest := range []string{end, "", end + "8,\"nine and more\",10" + end + end + "the last row,is,longer" + end} {
					checkAlike(t, "4,5,6"+end+row+rest, o)
				}
			}
			checkAlike(t, strings.Join(rows, end), o)
		}
	}
}

func TestAPlainRecordKeepsNullsQuotesAndLines(t *testing.T) {
	t.Parallel()
	rows := "1,,\\N\r\n\"\",\"a,\nb\",c\r\n\n d ,\"e\",-1\n7, \"8\",\"9\"\r\nthe last, row, is long\n"
	want := []string{
		`row 1 line 2: 2"ALPHA" 2"BETA" 2"GAMMA"`,
		`row 2 line 3: 2"1" 1"" 1""`,
		`row 3 line 4: 2"" 2"a,\nb" 2"c"`,
		`row 4 line 7: 2" d " 2"e" 2"-1"`,
		`row 5 line 8: 2"7" 2"8" 2"9"`,
		`row 6 line 9: 2"the last" 2" row" 2" is long"`,
	}
	if diff := cmp.Diff(want, checkAlike(t, rows, extract.Options{Delimiter: ",", Quote: `"`, Escape: `"`})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoMatterWhereTheBufferEndsInARecord(t *testing.T) {
	t.Parallel()
	o := extract.Options{Delimiter: ",", Quote: `"`, Escape: `"`}
	for _, size := range []int{16 << 10, 64 << 10, 256 << 10} { // separators are looked for, and text is read, in pieces of such sizes
		for shift := range 40 {
			// A record that ends just before that place, and others around it.
			rows := strings.Repeat("x", size-60-shift) + ",y,z\n" + strings.Repeat("1,\"2\n\",3\n4,,\\N\n\"5\",\"6\"\"\",\"\"\n", 9)
			got := checkAlike(t, rows, o)
			if last := got[len(got)-1]; len(got) != 1+1+27 || !strings.HasPrefix(last, `row 29 line 39: 2"5" 2"6\"" 2""`) {
				t.Fatalf("%d shifted by %d: %d lines, the last %s", size, shift, len(got), last)
			}
		}
	}
}

// anyTable returns rows of three cells, of which some are quoted, hold what
// means something elsewhere, or are long.
func anyTable(r *rand.Rand, delimiter string) string {
	var b strings.Builder
	inside := []string{"a", "bc", "1", " ", "é", "ü", "😀", "\xac", "\xa2", "\x8a", "-", "&", "?", `\`, "\"\"", delimiter, "\n", "\r\n", "12345678", "8302-2"}
	for b.Len() < 40<<10 {
		for column := range 3 {
			cell, quoted := "", r.IntN(3) == 0
			for range r.IntN(1 << r.IntN(6)) {
				cell += inside[r.IntN(len(inside))]
			}
			if r.IntN(300) == 0 {
				cell += strings.Repeat("long ", r.IntN(4<<10)) // more than separators are looked for in at once
			}
			if cell = strings.ToValidUTF8(cell, ""); quoted {
				cell = `"` + cell + `"`
			} else {
				cell = strings.NewReplacer(delimiter, "", "\n", "", "\r", "", `""`, `in"side`).Replace(cell)
			}
			b.WriteString(cell)
			b.WriteString([]string{delimiter, delimiter, []string{"\n", "\r\n"}[r.IntN(2)]}[column])
		}
	}
	return b.String()
}

func TestTablesOfAllSortsOfCellsAreReadAsByACloseLook(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	for _, delimiter := range []string{",", ";", "\t", "|", "\x1f", "~", "^", ":", " "} {
		for _, o := range []extract.Options{{Quote: `"`, Escape: `"`}, {Quote: `"`, Escape: `\`}, {Quote: "none"}, {Quote: "'"}} {
			o.Delimiter = delimiter
			if got := checkAlike(t, anyTable(r, delimiter), o); len(got) < 20 {
				t.Errorf("%q: only %d rows and issues", delimiter, len(got))
			}
		}
	}
}

func TestQuotesAroundEveryCellAreNoPartOfIt(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	want := []string{`row 1 line 2: 2"ALPHA" 2"BETA" 2"GAMMA"`}
	for n := range 2_000 { // several times the text that is looked at at once
		fmt.Fprintf(&rows, "\"%d\",\"Main St, %d\",\"%s\"\n", n, n, []string{"", "a,b", "\\N"}[n%3])
		want = append(want, fmt.Sprintf("row %d line %d: 2%q 2%q 2%q", n+2, n+3, fmt.Sprint(n), fmt.Sprintf("Main St, %d", n), []string{"", "a,b", `\N`}[n%3]))
	}
	for _, text := range []string{rows.String(), strings.ReplaceAll(rows.String(), "\n", "\r\n")} {
		if diff := cmp.Diff(want, checkAlike(t, text, extract.Options{Delimiter: ",", Quote: `"`, Escape: `"`})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// FuzzAtOnce compares what is read at once with what a close look finds.
func FuzzAtOnce(f *testing.F) {
	for _, rows := range []string{"1,2,3\n", "\"a\",\"b\nc\",\"d\"\"e\"\r\n", ",,\n\\N,\\N,\\N", " \"1\",2 ,3\r\n\n\n1,2\n1,2,3,4\n", "\xff,\x00,\r\n"} {
		for way := range uint8(4) {
			f.Add(way, rows)
		}
	}
	f.Fuzz(func(t *testing.T, way uint8, rows string) {
		// Where there are many carriage returns alone, they end lines; the
		// close look has one line feed more to tell against it.
		if strings.Count(rows, "\r")-strings.Count(rows, "\r\n") > 2+strings.Count(rows, "\n") {
			return
		}
		o := extract.Options{Delimiter: []string{",", "-"}[way%2], Quote: `"`, Escape: []string{`"`, `\`}[way/2%2]}
		checkAlike(t, rows, o)
	})
}

func TestRecordsSayTruthfullyThatTheyArePlain(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("id,name\n")
	for n := range 40_000 { // more than one buffer of text
		switch {
		case n%997 == 0:
			fmt.Fprintf(&b, "%d,Müller\n", n)
		case n%1009 == 0:
			fmt.Fprintf(&b, "%d,\"Smith & \"\"Sons\"\"\"\n", n)
		case n%1013 == 0:
			fmt.Fprintf(&b, "%d,\"What?\nNo\"\n", n)
		default:
			fmt.Fprintf(&b, "%d,Miller and daughter\n", n)
		}
	}
	for _, encoding := range []string{"utf-8", "windows-1252"} {
		src, err := csvfile.Format().Open(context.Background(), extract.FromBytes("t.csv", []byte(b.String())), extract.Options{Encoding: encoding})
		if err != nil {
			t.Fatal(err)
		}
		rows, odd := 0, 0
		for batch, err := range src.Read(context.Background(), "t", func(is issue.Issue) { t.Errorf("%+v", is) }) {
			if err != nil {
				t.Fatal(err)
			}
			for _, rec := range batch.Records {
				text := rec.Values[0].Text + rec.Values[1].Text
				beyond := func(c rune) bool { return c > unicode.MaxASCII }
				if plain := !strings.ContainsFunc(text, beyond) && !strings.ContainsAny(text, "&?"); rec.Plain != plain {
					t.Fatalf("row %d, %q, says that it is plain: %t", rec.Origin.Row, text, rec.Plain)
				} else if !plain {
					odd++
				}
				rows++
			}
		}
		if rows != 40_000 || odd != 41+40-1+40-1 {
			t.Errorf("%s: %d rows, of which %d are odd", encoding, rows, odd)
		}
	}
}

func TestDamageIsFoundWhereverItStands(t *testing.T) {
	t.Parallel()
	o := extract.Options{Delimiter: ",", Quote: `"`, Escape: `"`}
	for at := 0; at < 3_000; at += 173 { // 60 KB: several pieces in which separators are looked for
		var rows, damaged, nul strings.Builder
		for n := range 3_000 {
			name := "Ann Lee"
			if n%500 == 0 {
				name = "Zoë"
			}
			fmt.Fprintf(&rows, "%d,%s,plain row\n", n, name)
			if n == at {
				name = "M\xfcller"
			}
			fmt.Fprintf(&damaged, "%d,%s,plain row\n", n, name)
			if n == at {
				name = "A\x00nn"
			}
			fmt.Fprintf(&nul, "%d,%s,plain row\n", n, name)
		}
		sound := checkAlike(t, rows.String(), o)
		want := slices.Clone(sound)
		want[at+1] = fmt.Sprintf(`row %d line %d: 2"%d" 2"M�ller" 2"plain row" bad-bytes "M�ller"`, at+2, at+3, at)
		if diff := cmp.Diff(want, checkAlike(t, damaged.String(), o)); diff != "" {
			t.Errorf("a byte that is no character in row %d (-want +got):\n%s", at, diff)
		}
		if got := strings.Join(checkAlike(t, nul.String(), o), "\n"); strings.Count(got, "nul-byte") != 1 || !strings.Contains(got, fmt.Sprintf("nul-byte beta row %d line %d ", at+2, at+3)) {
			t.Errorf("a NUL in row %d is not told of once", at)
		}
	}
}
