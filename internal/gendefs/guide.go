package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// guide is everything read from the definitions, before any interpretation.
type guide struct {
	files      []inputFile
	structures []structure // types and resources of R4, in file order
	profiles   []structure // constraints: R4's extensions and profiles, US Core's
	systems    map[string]*codeSystem
	valueSets  map[string]*valueSet
	ofPackage  map[string]bool // code systems that the package brings
	inPackage  bool            // what is added now comes from the package
}

// inputFile names one input in the header of the generated file.
type inputFile struct{ name, sum string }

// structure is the part of a StructureDefinition that the tables need.
type structure struct {
	ID         string
	URL        string
	Kind       string
	Type       string
	Abstract   bool
	Derivation string
	Snapshot   struct{ Element []elementDef }
}

// elementDef is the part of an ElementDefinition that the tables need.
type elementDef struct {
	ID               string
	Path             string
	SliceName        string
	Min              int
	Max              string
	FixedURI         string `json:"fixedUri"`
	ContentReference string
	Type             []elementType
	Binding          *struct{ Strength, ValueSet string }
	Constraint       []constraint
}

type elementType struct {
	Code          string
	Profile       []string
	TargetProfile []string
}

// constraint is an invariant of an element.
type constraint struct{ Key, Severity, Human, Expression string }

// codeSystem is a CodeSystem with its hierarchy.
type codeSystem struct {
	URL          string    `json:"url"`
	ResourceType string    `json:"resourceType"`
	Content      string    `json:"content"`
	Concept      []concept `json:"concept,omitempty"`
}

// concept is a code with its children; SubsumedBy names further parents.
type concept struct {
	Code     string     `json:"code"`
	Concept  []concept  `json:"concept,omitempty"`
	Property []property `json:"property,omitempty"`
}

type property struct {
	Code      string `json:"code"`
	ValueCode string `json:"valueCode"`
}

// valueSet is a ValueSet's compose.
type valueSet struct {
	URL          string `json:"url"`
	ResourceType string `json:"resourceType"`
	Compose      struct {
		Include []include `json:"include,omitempty"`
		Exclude []include `json:"exclude,omitempty"`
	} `json:"compose"`
}

// include is one include or exclude of a compose.
type include struct {
	System   string    `json:"system,omitempty"`
	Concept  []concept `json:"concept,omitempty"`
	Filter   []filter  `json:"filter,omitempty"`
	ValueSet []string  `json:"valueSet,omitempty"`
}

type filter struct {
	Property string `json:"property"`
	Op       string `json:"op"`
	Value    string `json:"value"`
}

// usCore is the implementation guide whose extensions and profiles are known
// beside R4's own.
const usCore = "packages/hl7.fhir.us.core-6.1.0.tgz"

// read loads all definitions in dir.
func read(dir string) (*guide, error) {
	g := &guide{systems: map[string]*codeSystem{}, valueSets: map[string]*valueSet{}, ofPackage: map[string]bool{}}
	names := []string{
		"fhir-terminology.ndjson", "structuredefinitions-extensions.ndjson", "structuredefinitions-profiles.ndjson",
		"structuredefinitions-resources.ndjson", "structuredefinitions-types.ndjson", "v2-terminology.ndjson", "v3-terminology.ndjson",
	}
	for _, name := range names {
		text, err := g.open(dir, name)
		if err != nil {
			return nil, err
		}
		if err := g.addLines(text); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	g.inPackage = true
	text, err := g.open(dir, usCore)
	if err != nil {
		return nil, err
	}
	if err := g.addPackage(text); err != nil {
		return nil, fmt.Errorf("read %s: %w", usCore, err)
	}
	return g, nil
}

// open reads one file whole and remembers its checksum.
func (g *guide) open(dir, name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("definitions are absent: %w", err)
	}
	g.files = append(g.files, inputFile{name, fmt.Sprintf("%x", sha256.Sum256(text))})
	return text, nil
}

// addLines adds the resources of an NDJSON file.
func (g *guide) addLines(text []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if err := g.add(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

// addPackage adds the resources of an implementation guide's .tgz.
func (g *guide) addPackage(text []byte) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return err
	}
	for files := tar.NewReader(unzipped); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, inPackage := strings.CutPrefix(head.Name, "package/")
		if !inPackage || strings.Contains(name, "/") || !strings.HasSuffix(name, ".json") {
			continue
		}
		resource, err := io.ReadAll(files)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := g.add(resource); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

// add files one resource by its type; types that the tables do not need are
// passed over.
func (g *guide) add(resource []byte) error {
	var head struct{ ResourceType string }
	if err := json.Unmarshal(resource, &head); err != nil {
		return err
	}
	switch head.ResourceType {
	case "StructureDefinition":
		return g.addStructure(resource)
	case "CodeSystem":
		system := new(codeSystem)
		err := json.Unmarshal(resource, system)
		g.systems[system.URL] = system
		if g.inPackage {
			g.ofPackage[system.URL] = true
		}
		return err
	case "ValueSet":
		set := new(valueSet)
		err := json.Unmarshal(resource, set)
		g.valueSets[set.URL] = set
		return err
	}
	return nil
}

// addStructure tells types from constraints on them.
func (g *guide) addStructure(resource []byte) error {
	var s structure
	if err := json.Unmarshal(resource, &s); err != nil {
		return err
	}
	switch {
	case s.Derivation == "constraint":
		g.profiles = append(g.profiles, s)
	case s.Kind != "logical":
		g.structures = append(g.structures, s)
	}
	return nil
}
