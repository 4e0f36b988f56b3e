package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// twinEvery says of how many patients one is registered twice.
const twinEvery = 20

// registerTwice copies tables and gives every patient a number of the state.
// Some are there twice: with another id, names in capitals, and every second of
// their encounters with all that was observed in it.
func registerTwice(from, to string) error {
	twins := map[string]string{} // the second id of a patient
	moved := map[string]string{} // the patient of an encounter that has the second id
	var patients, visits int
	patient := func(row []string) [][]string {
		patients++
		if patients == 1 {
			return [][]string{append(row, "SSN")}
		}
		row = append(row, fmt.Sprintf("%03d-%02d-%04d", 100+patients/10000%500, 10+patients%89, patients%10000))
		if patients%twinEvery != 0 {
			return [][]string{row}
		}
		second := []string{otherID(row[0]), row[1], strings.ToUpper(row[2]), strings.ToUpper(row[3]), row[4], row[5]}
		twins[row[0]] = second[0]
		return [][]string{row, second}
	}
	encounter := func(row []string) [][]string {
		if second := twins[row[3]]; second != "" {
			if visits++; visits%2 == 0 {
				row[3], moved[row[0]] = second, second
			}
		}
		return [][]string{row}
	}
	observation := func(row []string) [][]string {
		if second := moved[row[2]]; second != "" {
			row[1] = second
		}
		return [][]string{row}
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for i, change := range []func([]string) [][]string{patient, encounter, observation} {
		name := tableNames[i] + ".csv"
		if err := rewrite(filepath.Join(from, name), filepath.Join(to, name), change); err != nil {
			return fmt.Errorf("register patients twice: %w", err)
		}
	}
	return nil
}

// otherID is an id that no row has: two of them begin alike by chance alone.
func otherID(id string) string {
	if id[0] == 'f' {
		return "0" + id[1:]
	}
	return "f" + id[1:]
}

// rewrite copies a CSV file, each record as those that change makes of it.
func rewrite(from, to string, change func([]string) [][]string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	records, lines := csv.NewReader(in), csv.NewWriter(out)
	for {
		row, err := records.Read()
		if errors.Is(err, io.EOF) {
			lines.Flush()
			return lines.Error()
		}
		if err != nil {
			return err
		}
		for _, changed := range change(row) {
			_ = lines.Write(changed) // Error tells what went wrong
		}
	}
}
