package main

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dataSet is a set of real legacy files, with a count of their rows that
// chartlift had no part in.
type dataSet struct {
	name   string
	files  []string // of the set's folder; a .tar.gz is unpacked first
	inner  string   // the folder of the unpacked archive that is profiled
	table  string   // only the rows of this table count; "": of all
	source string   // where the count is from
	rows   func(dir string, files []string) (int64, error)
}

// dataSets lists the sets, sorted.
func dataSets() []dataSet {
	return []dataSet{
		{"ccda-fhir-converter", []string{"ccda.tar.gz"}, "ccda", "document", "documents of the archive", countMatches(`<ClinicalDocument[ >]`, `(?i)\.ccda$`)},
		{"csv-spectrum", []string{"csvs"}, "", "", "records of the JSON files beside them", countSpectrum},
		{"febrl", []string{"dataset1.csv.gz", "dataset4a.csv.gz", "dataset4b.csv.gz"}, "", "", "PROVENANCE.md", constantRows(11_000)},
		{"hl7v2-fhir-converter", []string{"hl7v2.tar.gz"}, "hl7v2", "", "lines of the messages that begin with a segment's name", countMatches(`(?m)(?:^|\r)[\x{feff}\x0b]*[A-Z][A-Z0-9]{2}(?:\||$)`, `(?i)\.hl7$`)},
		{"northwind-mssql", []string{"instnwnd.sql.gz"}, "", "", "INSERT lines", constantRows(3_308)},
		{"omop-synthea27nj", []string{"Synthea27Nj_5.4.zip"}, "", "", "encoding/csv", countCSV},
		{"omop-synthea27nj (SQLite)", []string{"synthea27nj.sqlite.gz"}, "", "", "sqlite3 (extract/sqlitefile)", constantRows(27_615)},
		{"openelis-bahmni-postgres", []string{"openelis_backup_v0.92.sql.gz"}, "", "", "ROWCOUNTS.tsv", sumTSV("ROWCOUNTS.tsv", nil)},
		{"openemr-mysql", []string{"database.sql.gz"}, "", "", "ROWCOUNTS.tsv", sumTSV("ROWCOUNTS.tsv", nil)},
		{"openhospital-mariadb", []string{"load_demo_data.sql.gz"}, "", "", "ROWCOUNTS.tsv", sumTSV("ROWCOUNTS.tsv", nil)},
		{"openmrs-bahmni-mysql", []string{"openmrs_backup_v0.92.sql.gz"}, "", "", "ROWCOUNTS.tsv", sumTSV("ROWCOUNTS.tsv", nil)},
		{"patienthub-mssql", []string{"setup-reset.sql"}, "", "", "PROVENANCE.md", constantRows(20)},
		{"pollock", []string{"polluted_files.tar.gz"}, "polluted_files/csv", "", "encoding/csv, of the clean versions; three files of two tables are read with the rows of both, the second and third line of two headers and the first row of a file without one as rows, and one file whose delimiter is a blank as one column", countClean},
		{"spreadsheets", []string{"*.xls[xm]"}, "", "", "openpyxl (extract/xlsx/real_test.go)", constantRows(3_290)},
		{"synthea-ma", []string{"csv"}, "", "", "CSV_ROWS.tsv; claims_transactions is trimmed to 20,000, says PROVENANCE.md", sumTSV("CSV_ROWS.tsv", map[string]int64{"claims_transactions.csv": 20_000})},
	}
}

func constantRows(n int64) func(string, []string) (int64, error) {
	return func(string, []string) (int64, error) { return n, nil }
}

// sumTSV adds up the lines NAME, tab, ROWS of a file; instead has other counts
// for some names.
func sumTSV(name string, instead map[string]int64) func(string, []string) (int64, error) {
	return func(dir string, _ []string) (int64, error) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		var sum int64
		for line := range strings.Lines(string(text)) {
			table, rows, _ := strings.Cut(strings.TrimSpace(line), "\t")
			n, err := strconv.ParseInt(rows, 10, 64)
			if other, ok := instead[table]; ok {
				n, err = other, nil
			}
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	}
}

// countMatches counts what matches the pattern in the files below the folders
// whose names match names.
func countMatches(pattern, names string) func(string, []string) (int64, error) {
	return func(_ string, folders []string) (int64, error) {
		match, name := regexp.MustCompile(pattern), regexp.MustCompile(names)
		var n int64
		err := eachFile(folders, func(p string) error {
			if !name.MatchString(p) {
				return nil
			}
			text, err := os.ReadFile(p)
			n += int64(len(match.FindAllIndex(text, -1)))
			return err
		})
		return n, err
	}
}

// eachFile walks the folders.
func eachFile(folders []string, see func(path string) error) error {
	for _, dir := range folders {
		if err := filepath.Walk(dir, func(p string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			return see(p)
		}); err != nil {
			return err
		}
	}
	return nil
}

// countSpectrum counts the records that the JSON files of csv-spectrum want.
func countSpectrum(dir string, _ []string) (int64, error) {
	var n int64
	err := eachFile([]string{filepath.Join(dir, "json")}, func(p string) error {
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		var records []json.RawMessage
		err = json.Unmarshal(text, &records)
		n += int64(len(records))
		return err
	})
	return n, err
}

// countCSV counts the records of the members of a zip archive with the standard
// library.
func countCSV(_ string, files []string) (int64, error) {
	z, err := zip.OpenReader(files[0])
	if err != nil {
		return 0, err
	}
	defer z.Close()
	var n int64
	for _, f := range z.File {
		if !strings.HasSuffix(strings.ToLower(f.Name), ".csv") || strings.HasPrefix(path.Base(f.Name), "._") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return 0, err
		}
		rows, err := countRecords(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return 0, fmt.Errorf("%s: %w", f.Name, err)
		}
		n += rows
	}
	return n, nil
}

// countClean counts the records of the clean versions of Pollock's files.
func countClean(_ string, folders []string) (int64, error) {
	var n int64
	err := eachFile(folders, func(p string) error {
		if !slices.Contains(strings.Split(filepath.ToSlash(p), "/"), "clean") {
			return nil
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		rows, err := countRecords(bufio.NewReader(f))
		n += rows
		return errors.Join(err, f.Close())
	})
	return n, err
}

// countRecords counts records behind the header with the standard library.
func countRecords(r io.Reader) (int64, error) {
	c := csv.NewReader(r)
	c.ReuseRecord, c.FieldsPerRecord, c.LazyQuotes = true, -1, true
	for n := int64(-1); ; n++ {
		if _, err := c.Read(); errors.Is(err, io.EOF) {
			return max(n, 0), nil
		} else if err != nil {
			return n, err
		}
	}
}
