package sqldump_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"chartlift/extract"
	"chartlift/extract/sqldump"
)

// writer writes a dump of a table of patients and one of history, which nobody
// maps.
type writer struct {
	dialect, head, table, history, row, tail string
	perInsert                                int // rows in one INSERT
}

func writers() []writer {
	return []writer{
		{dialect: "mysql", head: "CREATE TABLE `patient` (`id` int, `family` text, `given` text, `born` date, `died` date, `weight` decimal(5,2), `street` text);\n", table: "INSERT INTO `patient` VALUES ", history: "INSERT INTO `history` VALUES ", row: `(%d,'O\'Neil','Jos` + "é" + `','1980-02-%02d',NULL,%d.50,'12 Main Street, Springfield')`, tail: ";\n", perInsert: 2000},
		{dialect: "postgres", head: "CREATE TABLE patient (id int, family text, given text, born date, died date, weight numeric(5,2), street text);\n", table: "COPY patient (id, family, given, born, died, weight, street) FROM stdin;\n", history: "COPY history (a, b, c, d, e, f, g) FROM stdin;\n", row: "%d\tO'Neil\tJos\\té\t1980-02-%02d\t\\N\t%d.50\t12 Main Street, Springfield\n", tail: "\\.\n", perInsert: 2000},
		{dialect: "postgres-inserts", head: "CREATE TABLE patient (id int, family text, given text, born date, died date, weight numeric(5,2), street text);\n", table: "INSERT INTO patient VALUES ", history: "INSERT INTO history VALUES ", row: "(%d, 'O''Neil', 'José', '1980-02-%02d', NULL, %d.50, '12 Main Street, Springfield')", tail: ";\n", perInsert: 1},
		{dialect: "mssql", head: "CREATE TABLE [dbo].[patient] ([id] [int], [family] [nvarchar](9), [given] [nvarchar](9), [born] [date], [died] [date], [weight] [decimal](5,2), [street] [nvarchar](99))\nGO\n", table: "INSERT [dbo].[patient] ([id], [family], [given], [born], [died], [weight], [street]) VALUES ", history: "INSERT [dbo].[history] ([id], [family], [given], [born], [died], [weight], [street]) VALUES ", row: "(%d, N'O''Neil', N'José', CAST(N'1980-02-%02d' AS Date), NULL, CAST(%d.50 AS Decimal(5, 2)), N'12 Main Street, Springfield')", tail: "\r\n", perInsert: 1},
		{dialect: "sqlite", head: "CREATE TABLE patient (id int, family text, given text, born date, died date, weight real, street text);\n", table: "INSERT INTO patient VALUES", history: "INSERT INTO history VALUES", row: `(%d,'O''Neil',replace('Jos\né','\n',char(10)),'1980-02-%02d',NULL,%d.50,'12 Main Street, Springfield')`, tail: ";\n", perInsert: 1},
		{dialect: "oracle", head: "CREATE TABLE PATIENT (ID NUMBER, FAMILY VARCHAR2(9), GIVEN VARCHAR2(9), BORN DATE, DIED DATE, WEIGHT NUMBER, STREET VARCHAR2(9));\n", table: "Insert into PATIENT (ID,FAMILY,GIVEN,BORN,DIED,WEIGHT,STREET) values ", history: "Insert into HISTORY (ID,FAMILY,GIVEN,BORN,DIED,WEIGHT,STREET) values ", row: "(%d,'O''Neil','José',to_date('%02d-FEB-80','DD-MON-RR'),null,%d.5,'12 Main Street, Springfield')", tail: ";\n", perInsert: 1},
	}
}

// write writes about size bytes of dump, where one statement in so many fills
// the table patient, and returns its rows.
func (w writer) write(out io.Writer, size, every int) int {
	var b bytes.Buffer
	b.WriteString(w.head)
	rows, written := 0, 0
	for n := 0; written < size; n++ {
		wanted := n%every == 0
		if b.WriteString(w.history); wanted {
			b.Truncate(b.Len() - len(w.history))
			b.WriteString(w.table)
		}
		for i := range w.perInsert {
			if i > 0 && w.dialect != "postgres" {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, w.row, n*w.perInsert+i+1, i%28+1, 40+i%60)
			if wanted {
				rows++
			}
		}
		b.WriteString(w.tail)
		written += b.Len()
		_, _ = b.WriteTo(out)
	}
	return rows
}

func (w writer) options() extract.Options {
	dialect, _, _ := bytes.Cut([]byte(w.dialect), []byte("-"))
	return extract.Options{Dialect: string(dialect), Encoding: "utf-8"}
}

// count reads one table, calling each for every batch.
func count(t testing.TB, src extract.Source, table string, each func()) int {
	t.Helper()
	rows := 0
	for batch, err := range src.Read(context.Background(), table, nil) {
		if err != nil {
			t.Fatal(err)
		}
		rows += len(batch.Records)
		each()
	}
	return rows
}

// TestAHundredMegabytesAreReadInFlatMemory streams a dump far larger than the
// memory allowed, through gzip so that no file of that size is needed.
func TestAHundredMegabytesAreReadInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MB several times")
	}
	for _, w := range writers() {
		if w.dialect != "mysql" && w.dialect != "postgres" {
			continue
		}
		name := filepath.Join(t.TempDir(), "emr.sql.gz")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		z, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
		want := w.write(z, 100<<20, 4)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		src, err := extract.Open(context.Background(), []extract.Format{sqldump.Format()}, name, w.options())
		if err != nil {
			t.Fatal(err)
		}
		most, n := uint64(0), 0
		watch := func() {
			if n++; n%32 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		rows := count(t, src, tableOf(w), watch)
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d rows, heap at most %.1f MB", w.dialect, rows, float64(most)/(1<<20))
		if rows != want || n < 32 || most > 32<<20 {
			t.Errorf("%s: %d rows, want %d; heap %d bytes", w.dialect, rows, want, most)
		}
	}
}

func tableOf(w writer) string {
	if w.dialect == "oracle" {
		return "PATIENT"
	}
	return "patient"
}

const benchSize = 16 << 20

// BenchmarkScan is the floor: the same bytes, looked at for line ends only.
func BenchmarkScan(b *testing.B) {
	var dump bytes.Buffer
	writers()[0].write(&dump, benchSize, 1)
	b.SetBytes(int64(dump.Len()))
	for b.Loop() {
		if bytes.Count(dump.Bytes(), []byte{'\n'}) == 0 {
			b.Fatal("no lines")
		}
	}
}

// BenchmarkRead reads every row of a dump of one table, in which all is wanted.
func BenchmarkRead(b *testing.B) {
	for _, w := range writers() {
		b.Run(w.dialect, func(b *testing.B) {
			var dump bytes.Buffer
			want := w.write(&dump, benchSize, 1)
			src, err := sqldump.Format().Open(context.Background(), extract.FromBytes("a.sql", dump.Bytes()), w.options())
			if err == nil {
				_, err = src.Tables(context.Background())
			}
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(dump.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if rows := count(b, src, tableOf(w), func() {}); rows != want {
					b.Fatalf("%d rows, want %d", rows, want)
				}
			}
		})
	}
}

// BenchmarkSkip finds the tables of a dump without decoding any row.
func BenchmarkSkip(b *testing.B) {
	for _, w := range writers() {
		b.Run(w.dialect, func(b *testing.B) {
			var dump bytes.Buffer
			w.write(&dump, benchSize, 10)
			b.SetBytes(int64(dump.Len()))
			b.ReportAllocs()
			for b.Loop() {
				src, err := sqldump.Format().Open(context.Background(), extract.FromBytes("a.sql", dump.Bytes()), w.options())
				if err != nil {
					b.Fatal(err)
				}
				if tables, err := src.Tables(context.Background()); err != nil || len(tables) != 2 {
					b.Fatalf("tables %v, %v", tables, err)
				}
			}
		})
	}
}
