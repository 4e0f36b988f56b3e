package csvfile_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"testing"
	"unicode/utf8"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/internal/issue"
)

// wideTable is 20 columns of what an export of visits holds, some of them
// quoted.
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

// BenchmarkEncodingCSVToRecords makes of encoding/csv's rows what the contract
// asks for: values that stay, NULL told from "", origins, text known to be
// UTF-8.
func BenchmarkEncodingCSVToRecords(b *testing.B) {
	content := wideTable(50_000)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if err := toRecords(content); err != nil {
			b.Fatal(err)
		}
	}
}

func toRecords(content []byte) error {
	schema := &extract.Schema{Source: "wide.csv", Table: "wide"}
	r := csv.NewReader(bytes.NewReader(content))
	r.ReuseRecord = true
	var records []extract.Record
	for row := int64(1); ; row++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rec := extract.Record{Schema: schema, Values: make([]extract.Value, len(cells))}
		line, _ := r.FieldPos(0)
		rec.Origin = issue.Origin{Source: schema.Source, Table: schema.Table, Row: row, Line: int64(line)}
		for i, c := range cells {
			switch {
			case c == "" || c == `\N`:
				rec.Values[i].Kind = extract.Null
			case utf8.ValidString(c):
				rec.Values[i] = extract.Value{Text: c, Kind: extract.Text}
			}
		}
		if records = append(records, rec); len(records) == 512 {
			records = make([]extract.Record, 0, 512)
		}
	}
}
