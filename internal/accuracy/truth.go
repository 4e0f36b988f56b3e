package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// side is one side of the comparison: resources by type, and what its
// references point to.
type side struct {
	of          map[string][]*resource
	byReference map[string]*resource // Medication and Condition by fullUrl
	npi         map[string]string    // id of a Practitioner by its national identifier
}

func newSide() *side {
	return &side{of: map[string][]*resource{}, byReference: map[string]*resource{}, npi: map[string]string{}}
}

func (s *side) add(r *resource) { s.of[r.ResourceType] = append(s.of[r.ResourceType], r) }

// practitioner returns the id behind a reference, which Synthea writes as a
// search by national identifier.
func (s *side) practitioner(ref string) string {
	if i, ok := s.npi[id(ref)]; ok {
		return i
	}
	return id(ref)
}

// wanted reports whether resources of a type take part in the comparison.
func wanted(typ string) bool {
	if typ == "Medication" {
		return true
	}
	for _, k := range kinds() {
		if k.typ == typ {
			return true
		}
	}
	return false
}

// readBundles reads the transaction bundles in a gzipped tar.
func readBundles(path string) (*side, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the truth: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	s := newSide()
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if !strings.HasSuffix(h.Name, ".json") {
			continue
		}
		if err := s.readBundle(t); err != nil {
			return nil, fmt.Errorf("read %s: %w", h.Name, err)
		}
	}
}

func (s *side) readBundle(r io.Reader) error {
	var bundle struct {
		Entry []struct {
			FullURL  string          `json:"fullUrl"`
			Resource json.RawMessage `json:"resource"`
		} `json:"entry"`
	}
	if err := json.NewDecoder(r).Decode(&bundle); err != nil {
		return fmt.Errorf("decode bundle: %w", err)
	}
	for _, e := range bundle.Entry {
		res, err := decode(e.Resource)
		if err != nil {
			return err
		}
		if res == nil {
			continue
		}
		s.add(res)
		switch res.ResourceType {
		case "Medication", "Condition":
			s.byReference[e.FullURL] = res
		case "Practitioner":
			for _, i := range res.Identifier {
				s.npi[i.Value] = res.ID
			}
		}
	}
	return nil
}

// decode returns nil for a type that is not compared.
func decode(text []byte) (*resource, error) {
	var head struct {
		ResourceType string `json:"resourceType"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("decode resource: %w", err)
	}
	if !wanted(head.ResourceType) {
		return nil, nil
	}
	res := new(resource)
	if err := json.Unmarshal(text, res); err != nil {
		return nil, fmt.Errorf("decode %s: %w", head.ResourceType, err)
	}
	return res, nil
}

// readOutput calls do with every resource of a folder of NDJSON files.
func readOutput(folder string, do func(*resource)) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.ndjson"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no NDJSON in %s: %w", folder, errors.Join(err, os.ErrNotExist))
	}
	for _, path := range files {
		if !wanted(strings.TrimSuffix(filepath.Base(path), ".ndjson")) {
			continue
		}
		if err := readNDJSON(path, do); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	return nil
}

func readNDJSON(path string, do func(*resource)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		res, err := decode(lines.Bytes())
		if err != nil {
			return err
		}
		if res != nil {
			do(res)
		}
	}
	return lines.Err()
}

func countKey(patient, typ string) string { return patient + "\t" + typ }

// readCounts reads patient_id, resourceType, count of each line.
func readCounts(path string) (map[string]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the counts: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	out := map[string]int{}
	for _, row := range rows {
		if n, err := strconv.Atoi(row[2]); err == nil {
			out[countKey(row[0], row[1])] = n
		}
	}
	return out, nil
}

// rowKey names a row of observations.csv.
func rowKey(patient, encounter, date, code string) string {
	return patient + "\t" + encounter + "\t" + date + "\t" + code
}

// readValues calls do with every number of observations.csv that belongs to an
// encounter.
func readValues(path string, do func(key, value string)) error {
	return readTable(path, func(cell func(string) string) error {
		if cell("TYPE") == "numeric" && cell("ENCOUNTER") != "" {
			do(rowKey(cell("PATIENT"), cell("ENCOUNTER"), cell("DATE"), cell("CODE")), cell("VALUE"))
		}
		return nil
	})
}

// readTable calls do with every row of a gzipped CSV file; cell returns the
// value of a column.
func readTable(path string, do func(cell func(column string) string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the source: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	r := csv.NewReader(z)
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(func(column string) string { return row[at[column]] })
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
}
