package xlsx_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"chartlift/extract"
	"chartlift/extract/xlsx"
)

// writeBig writes a sheet of laboratory results as excelize streams it, with 15
// columns of which two are dates.
func writeBig(tb testing.TB, name string, rows int) {
	tb.Helper()
	f := excelize.NewFile()
	format := "dd/mm/yyyy hh:mm"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	check(tb, err)
	w, err := f.NewStreamWriter("Sheet1")
	check(tb, err)
	header := make([]any, 15)
	for i := range header {
		header[i] = fmt.Sprintf("column %d", i+1)
	}
	check(tb, w.SetRow("A1", header))
	start := time.Date(2019, 3, 7, 10, 0, 0, 0, time.UTC)
	for i := range rows {
		at := excelize.Cell{StyleID: style, Value: start.Add(time.Duration(i) * time.Minute)}
		check(tb, w.SetRow(fmt.Sprintf("A%d", i+2), []any{
			i, fmt.Sprintf("P%06d", i%5000), "Müller-Lüdenscheidt & Co", at, at, 70.5 + float64(i%100)/10, "mmol/L", i%2 == 0,
			"LOINC", "2345-7", "Glucose [Mass/volume] in Serum or Plasma", 5.2, nil, "final", "N",
		}))
	}
	check(tb, w.Flush())
	check(tb, f.SaveAs(name))
	check(tb, f.Close())
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// countRows reads a table and returns its rows and the last record.
func countRows(tb testing.TB, name string) (n int, last extract.Record) {
	tb.Helper()
	src, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, name, extract.Options{})
	check(tb, err)
	for b, err := range src.Read(context.Background(), "Sheet1", nil) {
		check(tb, err)
		n += len(b.Records)
		last = b.Records[len(b.Records)-1]
	}
	check(tb, src.Close())
	return n, last
}

// BenchmarkRead compares the reading of one sheet with that of excelize, in
// rows for each second.
func BenchmarkRead(b *testing.B) {
	name := filepath.Join(b.TempDir(), "big.xlsx")
	const rows = 20_000
	writeBig(b, name, rows)
	stat, err := os.Stat(name)
	check(b, err)
	b.Run("chartlift", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(stat.Size())
		for b.Loop() {
			if n, _ := countRows(b, name); n != rows {
				b.Fatalf("%d rows", n)
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("excelize", func(b *testing.B) {
		b.SetBytes(stat.Size())
		for b.Loop() {
			readExcelize(b, name)
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func readExcelize(b *testing.B, name string) {
	f, err := excelize.OpenFile(name, excelize.Options{RawCellValue: true})
	check(b, err)
	rows, err := f.Rows("Sheet1")
	check(b, err)
	for rows.Next() {
		_, err := rows.Columns()
		check(b, err)
	}
	check(b, rows.Close())
	check(b, f.Close())
}
