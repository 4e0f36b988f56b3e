package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sample is a resource to be judged or broken.
type sample struct {
	set  string // where it is from, a row of the report
	text string // compact JSON
}

// typ returns the resource's type.
func (s sample) typ() string {
	var head struct{ ResourceType string }
	if json.Unmarshal([]byte(s.text), &head) != nil {
		return ""
	}
	return head.ResourceType
}

// packages are those whose examples are judged.
func packages() []string {
	return []string{"hl7.fhir.us.core-3.1.1.tgz", "hl7.fhir.us.core-6.1.0.tgz", "hl7.fhir.us.core-7.0.0.tgz"}
}

// examples returns the examples of the packages. The profiles that they claim
// are left out: here the rules of R4 are judged, and the reference validator
// would not know the profiles.
func examples(shared string) ([]sample, error) {
	var all []sample
	seen := map[string]bool{}
	for _, name := range packages() {
		err := eachInTar(filepath.Join(shared, "data/fhir-r4/packages", name), func(file string, text []byte) error {
			if !strings.Contains(file, "/example/") || !strings.HasSuffix(file, ".json") || strings.HasPrefix(filepath.Base(file), ".") {
				return nil
			}
			v, err := parse(text)
			if err != nil {
				return nil // an index or the like
			}
			if v.get("resourceType") == nil {
				return nil
			}
			unprofiled(v)
			if s := v.String(); !seen[s] {
				seen[s] = true
				all = append(all, sample{"examples of US Core", s})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b sample) int { return strings.Compare(a.text, b.text) })
	return all, nil
}

// unprofiled takes meta.profile out of a resource and of those in it.
func unprofiled(v *value) {
	if meta := v.get("meta"); meta != nil && v.get("resourceType") != nil {
		meta.remove("profile")
		if len(meta.members) == 0 {
			v.remove("meta")
		}
	}
	for _, m := range v.members {
		unprofiled(m.value)
	}
	for _, item := range v.items {
		unprofiled(item)
	}
}

// definitions returns up to n lines of each file of definitions, evenly chosen.
func definitions(shared string, n int) ([]sample, error) {
	paths, err := filepath.Glob(filepath.Join(shared, "data/fhir-r4/*.ndjson"))
	if err != nil {
		return nil, err
	}
	var all []sample
	for _, path := range paths {
		lines, err := readLines(path)
		if err != nil {
			return nil, err
		}
		step := max(1, len(lines)/max(n, 1))
		for i := 0; i < len(lines); i += step {
			all = append(all, sample{"definitions of R4", lines[i]})
		}
	}
	return all, nil
}

// cases returns the broken and sound resources of the validator's own tests.
func cases(dir string) ([]sample, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*/*.ndjson"))
	if err != nil {
		return nil, err
	}
	var all []sample
	for _, path := range paths {
		lines, err := readLines(path)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
				all = append(all, sample{"cases of our tests", line})
			}
		}
	}
	return all, nil
}

// synthea returns up to perType resources of each type of the first bundles.
func synthea(shared string, perType int) ([]sample, error) {
	var all []sample
	count := map[string]int{}
	files := 0
	err := eachInTar(filepath.Join(shared, "data/synthea-ma/fhir_bundles.tar.gz"), func(_ string, text []byte) error {
		if files++; files > 8 {
			return io.EOF
		}
		v, err := parse(text)
		if err != nil {
			return err
		}
		for _, entry := range v.get("entry").items {
			r := entry.get("resource")
			typ := r.getText("resourceType")
			if count[typ]++; count[typ] <= perType {
				unprofiled(r)
				all = append(all, sample{"Synthea's own FHIR", r.String()})
			}
		}
		return nil
	})
	return all, err
}

// produced returns up to perType resources of each type that each run wrote:
// the folders below dir are runs.
func produced(dir string, perType int) ([]sample, error) {
	if dir == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.ndjson"))
	if err != nil {
		return nil, err
	}
	var all []sample
	for _, path := range paths {
		lines, err := readLines(path)
		if err != nil {
			return nil, err
		}
		step := max(1, len(lines)/perType)
		for i := 0; i < len(lines); i += step {
			v, err := parse([]byte(lines[i]))
			if err != nil {
				return nil, fmt.Errorf("%s line %d: %w", path, i+1, err)
			}
			unprofiled(v)
			all = append(all, sample{"mapping " + filepath.Base(filepath.Dir(path)), v.String()})
		}
	}
	return all, nil
}

func readLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			all = append(all, line)
		}
	}
	return all, lines.Err()
}

// eachInTar hands the regular files of a gzipped archive to each, until that
// returns io.EOF.
func eachInTar(path string, each func(name string, text []byte) error) error {
	packed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	for files := tar.NewReader(unzipped); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(files)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if err := each(head.Name, text); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s in %s: %w", head.Name, path, err)
		}
	}
}
