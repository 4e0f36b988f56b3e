package extract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/internal/issue"
)

// told is what came of a table: how many rows, and what was said, as code, line
// and message.
type told struct {
	rows int
	said []string
}

func beforeCut(src extract.Source, table string) (out told, err error) {
	report := func(i issue.Issue) {
		out.said = append(out.said, fmt.Sprintf("%s %s %d %s", i.Severity, i.Code, i.Origin.Line, i.Message))
	}
	for b, err := range extract.BeforeCut(context.Background(), src, table, report) {
		if err != nil {
			return out, err
		}
		out.rows += len(b.Records)
	}
	return out, nil
}

// broken is a source that hands out batches of rows and then ends with an
// error.
type broken struct {
	batches []int
	err     error
}

func (b broken) Tables(context.Context) ([]*extract.Schema, error) {
	return []*extract.Schema{{Source: "b.csv.gz", Table: "b", Columns: []string{"id"}, Line: 3}}, nil
}

func (b broken) Close() error { return nil }

func (b broken) Read(_ context.Context, table string, _ issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		row := int64(0)
		for _, n := range b.batches {
			batch := &extract.Batch{}
			for range n {
				row++
				batch.Records = append(batch.Records, extract.Record{Origin: issue.Origin{Source: "b.csv.gz", Table: table, Row: row, Line: row + 3}})
			}
			if !yield(batch, nil) {
				return
			}
		}
		if b.err != nil {
			yield(nil, b.err)
		}
	}
}

// foretold is a broken source that had said so before it was read.
type foretold struct{ broken }

func (foretold) Shortfall() *issue.Issue { return &issue.Issue{Code: extract.FileDamaged} }

func TestRowsBeforeACutAreHandedOverAndDamageIsToldOnceWithTheLastRow(t *testing.T) {
	t.Parallel()
	other := errors.New("the disk is gone")
	damaged := fmt.Errorf("line 9: %w", extract.ErrDamaged)
	cut := fmt.Errorf("%w: %w", extract.ErrDamaged, io.ErrUnexpectedEOF)
	for title, tt := range map[string]struct {
		src  extract.Source
		want told
		err  error
	}{
		"a whole file": {broken{[]int{2, 1}, nil}, told{rows: 3}, nil},
		"a file that was cut": {broken{[]int{2, 3}, cut}, told{5, []string{
			"error file-damaged 8 b.csv.gz: the compressed file was cut short behind row 5 (line 8); the rows behind are missing: copy it again and run again with all of it",
		}}, nil},
		"bytes that were changed": {broken{[]int{2}, damaged}, told{2, []string{
			"error file-damaged 5 b.csv.gz: the compressed file is damaged behind row 2 (line 5); the rows behind are missing, and values before may be changed, too: " +
				"copy it again and run again with all of it",
		}}, nil},
		"nothing but a header": {broken{nil, cut}, told{0, []string{
			"error file-damaged 3 b.csv.gz: the compressed file was cut short at or behind line 3; the rows behind are missing: copy it again and run again with all of it",
		}}, nil},
		"a dump inside a statement":       {broken{[]int{2}, extract.ErrCut}, told{rows: 2}, nil},
		"damage that was told before":     {foretold{broken{[]int{2}, damaged}}, told{rows: 2}, nil},
		"an error that is no fault of it": {broken{[]int{2}, other}, told{rows: 2}, other},
	} {
		got, err := beforeCut(tt.src, "b")
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(told{})); diff != "" || !errors.Is(err, tt.err) {
			t.Errorf("%s: error %v\n%s", title, err, diff)
		}
	}
}

func TestWhoHasEnoughOfATableIsToldNothingOfItsEnd(t *testing.T) {
	t.Parallel()
	n := 0
	report := func(i issue.Issue) { t.Errorf("told of %s", i.Code) }
	for range extract.BeforeCut(context.Background(), broken{[]int{1, 1, 1}, extract.ErrDamaged}, "b", report) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d batches", n)
	}
	for _, err := range extract.BeforeCut(context.Background(), broken{nil, extract.ErrDamaged}, "b", nil) {
		t.Errorf("without a reporter: %v", err)
	}
}

func TestOfACompressedFeedOrDumpItIsSaidBeforeARowIsReadThatItIsNotWhole(t *testing.T) {
	t.Parallel()
	var feed, dump strings.Builder
	dump.WriteString("CREATE TABLE `t` (`id` int, `name` text);\n")
	for i := range 4000 {
		fmt.Fprintf(&feed, "MSH|^~\\&|A|B|||20200101||ADT^A01|%d|P|2.5\rPID|1||%d||N%x\r", i, i, i*2654435761%(1<<32))
		fmt.Fprintf(&dump, "INSERT INTO `t` VALUES (%d,'N%x');\n", i, i*2654435761%(1<<32))
	}
	for _, tt := range []struct{ name, text, table, cut string }{
		{"a.hl7", feed.String(), "PID", extract.FileDamaged},
		{"a.sql", dump.String(), "t", extract.DumpCut},
	} {
		whole := gzipped(t, tt.text)
		changed := append([]byte{}, whole...)
		changed[len(changed)-6] ^= 0xff // in the checksum (RFC 1952 2.3.1)
		for code, content := range map[string][]byte{"": whole, tt.cut: whole[:len(whole)*2/3], extract.FileDamaged + " changed": changed} {
			src, err := extract.Open(context.Background(), formats.All(), write(t, filepath.Join(t.TempDir(), tt.name+".gz"), content), extract.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := src.Tables(context.Background()); err != nil {
				t.Fatal(err)
			}
			short := src.(extract.Short).Shortfall()
			switch {
			case code == "" && short != nil:
				t.Errorf("%s: a whole file: %+v", tt.name, short)
			case code != "" && (short == nil || !strings.HasPrefix(code, short.Code) || short.Severity != issue.Error || short.Origin.Line < 1000):
				t.Errorf("%s, %s: %+v", tt.name, code, short)
			case strings.HasSuffix(code, "changed") && !strings.Contains(short.Message, "values before may be changed"):
				t.Errorf("%s: %s", tt.name, short.Message)
			}
			got, err := beforeCut(src, tt.table)
			for _, said := range got.said {
				if strings.Contains(said, extract.FileDamaged) {
					t.Errorf("%s, %q: told twice: %s", tt.name, code, said)
				}
			}
			if err != nil || got.rows < 1000 || code == "" && got.rows != 4000 {
				t.Errorf("%s, %q: %d rows, %v", tt.name, code, got.rows, err)
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
