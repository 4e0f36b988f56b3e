package csvfile_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"testing"

	"chartlift/extract"
	"chartlift/extract/csvfile"
)

// wideTable is 20 columns of what an export of visits holds, some of them quoted.
func wideTable(rows int) []byte {
	var b bytes.Buffer
	for c := range 20 {
		fmt.Fprintf(&b, "COLUMN_%d,", c)
	}
	b.Truncate(b.Len() - 1)
	b.WriteByte('\n')
	for r := range rows {
		fmt.Fprintf(&b, "%d,1501a4be-fb92-a1c3-a7f6-%012d,2019-03-%02dT10:00:00Z,Smith%d,José Luis,M,\"12, Main St\",Springfield,MA,0%d,",
			r, r, r%28+1, r%977, 1000+r%8999)
		fmt.Fprintf(&b, "5551234%03d,,Body Height,%d.%d,cm,numeric,8302-2,\"say \"\"ah\"\"\",vital-signs,T\n", r%1000, 150+r%50, r%10)
	}
	return b.Bytes()
}

func BenchmarkOwn20Columns(b *testing.B) {
	content := wideTable(50_000)
	format := csvfile.Format()
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		src, err := format.Open(context.Background(), extract.FromBytes("wide.csv", content), extract.Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for batch, err := range src.Read(context.Background(), "wide", nil) {
			if err != nil {
				b.Fatal(err)
			}
			rows += len(batch.Records)
		}
		if rows != 50_000 {
			b.Fatalf("%d rows", rows)
		}
	}
}

func BenchmarkEncodingCSV20Columns(b *testing.B) {
	content := wideTable(50_000)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(content))
		r.ReuseRecord = true
		rows := 0
		for {
			_, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			rows++
		}
		if rows != 50_001 {
			b.Fatalf("%d rows", rows)
		}
	}
}
