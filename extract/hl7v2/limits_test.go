package hl7v2_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"chartlift/extract"
	"chartlift/extract/hl7v2"
)

// feed is n messages with one patient and two results each.
func feed(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "MSH|^~\\&|LAB|H|||20190307||ORU^R01|%d|P|2.5\r\nPID|1||%d^^^A^MR||Duck^Ana\r\nOBR|1|||24317-0^Hemogram^LN\r\n", i, i)
		fmt.Fprintf(&b, "OBX|1|NM|718-7^Hemoglobin^LN||%d.5|g/dL||N|||F\r\nOBX|2|TX|8251-1^Comment^LN||seen||||||F\r\n", i%20)
	}
	return b.Bytes()
}

func TestLineEndsAtTheEdgeOfTheBufferAreOneLineEnd(t *testing.T) {
	t.Parallel()
	head := "MSH|^~\\&|a\r\nNTE|1||"
	for _, size := range []int{4 << 10, 64 << 10, 128 << 10} {
		for _, edge := range []int{-2, -1, 0, 1} {
			text := strings.Repeat("x", size-len(head)+edge)
			f := mustRead(t, head+text+"\r\nNTE|2||y\r\n", extract.Options{Table: "NTE"})
			same(t, []string{text, "y"}, f.cells("NTE", "NTE-3"))
			same(t, []int64{2, 3}, f.Lines)
		}
	}
}

func TestRowsBeforeTheDamageOfACompressedFileAreRead(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(feed(12_000)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "feed.hl7.gz")
	if err := os.WriteFile(name, packed.Bytes()[:packed.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := extract.Open(context.Background(), []extract.Format{hl7v2.Format()}, name, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	rows := 0
	var last error
	for batch, err := range src.Read(context.Background(), "OBX", nil) {
		if last = err; err == nil {
			rows += len(batch.Records)
		}
	}
	if last == nil || rows < 4_000 || rows >= 24_000 {
		t.Errorf("%d rows, then %v", rows, last)
	}
}

func TestMemoryStaysFlat(t *testing.T) {
	content := feed(20_000) // some 5 MB
	src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("feed.hl7", content), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows, most := 0, uint64(0)
	for batch, err := range src.Read(context.Background(), "OBX", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if rows += len(batch.Records); batch.Seq%16 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	if grown := int64(most) - int64(before.HeapAlloc); rows != 40_000 || grown > 4<<20 {
		t.Errorf("%d rows, %d kB more than at the start", rows, grown>>10)
	}
}

func TestBatchesAreBoundedByRowsAndBytes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100<<10)
	var b strings.Builder
	b.WriteString("MSH|^~\\&|a\r")
	for range 60 {
		b.WriteString("NTE|1||" + long + "\r")
	}
	for name, c := range map[string]struct {
		content string
		table   string
		most    int
	}{
		"many rows": {string(feed(2000)), "OBX", 512},
		"long rows": {b.String(), "NTE", 11},
	} {
		src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("f.hl7", []byte(c.content)), extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for batch, err := range src.Read(context.Background(), c.table, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if len(batch.Records) > c.most {
				t.Errorf("%s: a batch of %d rows", name, len(batch.Records))
			}
		}
	}
}

func TestMoreKindsOfSegmentsThanThereAreAreRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("MSH|^~\\&|a\r")
	for i := range 600 {
		fmt.Fprintf(&b, "%c%c%c|\r", 'A'+i/26%26, 'A'+i%26, 'A'+i/676)
	}
	_, err := readFile(b.String(), extract.Options{})
	if err == nil || !strings.Contains(err.Error(), "more than 500 kinds of segments") {
		t.Errorf("error %v", err)
	}
}

func TestWhatWasFoundOutIsToldInOneLine(t *testing.T) {
	t.Parallel()
	src, err := tables(feed(3), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	described, ok := src.(interface{ Describe() string })
	if !ok || described.Describe() != "HL7 v2, utf-8, 3 messages" {
		t.Errorf("%v", src)
	}
}

func Example() {
	const message = "MSH|^~\\&|LAB|H|||20190307||ORU^R01|17|P|2.5\rPID|1||77^^^A\rOBR|1\rOBX|1|NM|718-7^Hemoglobin^LN||13.4|g/dL\r"
	src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("lab.hl7", []byte(message)), extract.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	for batch, err := range src.Read(context.Background(), "OBX", nil) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, rec := range batch.Records {
			for _, column := range []string{"_message_id", "_parent", "OBX-3.1", "OBX-5"} {
				fmt.Println(column, "=", rec.Values[rec.Schema.Column(column)].Text)
			}
		}
	}
	// Output:
	// _message_id = 17
	// _parent = lab.hl7#1.OBR1
	// OBX-3.1 = 718-7
	// OBX-5 = 13.4
}
