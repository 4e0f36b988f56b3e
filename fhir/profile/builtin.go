package profile

import (
	_ "embed" // the definitions
	"fmt"
	"strings"

	"chartlift/fhir"
)

//go:generate go run ../../internal/gendefs -defs ../../../shared/data/fhir-r4 -profiles .

// The profiles and extensions of R4 4.0.1, and US Core 6.1.0 with its value
// sets: one definition a line, its URL first, with the elements only of which
// it says more than R4's types.
var (
	//go:embed r4.ndjson
	r4Definitions string
	//go:embed uscore.ndjson
	usCoreDefinitions string
)

// USCore is the name by which AddPath knows the guide that comes along.
const USCore = "us-core"

// BuiltIn reports whether the name stands for the guide that comes along:
// us-core, or the name of its package.
func BuiltIn(name string) bool {
	name, version, versioned := strings.Cut(strings.NewReplacer("@", "#").Replace(name), "#")
	return (name == USCore || name == "hl7.fhir.us.core") && (!versioned || version == "6.1.0")
}

// OfUSCore reports whether the guide that comes along defines the profile.
func OfUSCore(url string) bool { return strings.Contains(usCoreDefinitions, `{"url":"`+url+`"`) }

// addBuiltIn takes up US Core: its code systems at once, its profiles and value
// sets when somebody asks for them.
func (g *Guide) addBuiltIn() error {
	for url, line := range index(usCoreDefinitions) {
		g.lines[url] = line
		switch {
		case strings.Contains(line, `"resourceType":"StructureDefinition"`):
			g.listed = append(g.listed, url)
		case strings.Contains(line, `"resourceType":"CodeSystem"`):
			if err := g.Add("US Core 6.1.0", []byte(line)); err != nil {
				return err
			}
		}
	}
	g.packages = append(g.packages, Package{Name: "hl7.fhir.us.core", Version: "6.1.0", File: USCore})
	return nil
}

// index returns the lines of definitions by URL.
func index(lines string) map[string]string {
	all := make(map[string]string, 512)
	for line := range strings.Lines(lines) {
		if url, _, ok := strings.Cut(strings.TrimPrefix(line, `{"url":"`), `"`); ok {
			all[url] = line
		}
	}
	return all
}

// builtIn reads one of the definitions that come along, nil where there is
// none, or none of that version.
func (g *Guide) builtIn(canonical string) (*Definition, error) {
	url, version, versioned := strings.Cut(canonical, "|")
	line, ok := g.lines[url]
	if !ok || !strings.Contains(line, `"resourceType":"StructureDefinition"`) {
		return nil, nil
	}
	var tree fhir.Tree
	if err := tree.Parse([]byte(line)); err != nil {
		return nil, fmt.Errorf("the definition %s that comes along: %w", url, err)
	}
	def, err := decoder{tree: &tree, file: "a definition that comes along"}.definition()
	if err == nil && versioned && !def.isVersion(version) {
		return nil, nil
	}
	return def, err
}

// builtInSet reads one of the value sets that come along.
func (g *Guide) builtInSet(url string) *valueSet {
	line, ok := g.lines[url]
	if !ok || !strings.Contains(line, `"resourceType":"ValueSet"`) || g.Add(url, []byte(line)) != nil {
		return nil
	}
	return g.sets[url]
}

// isVersion reports whether the definition has the version, of which the last
// parts may be left out.
func (d *Definition) isVersion(version string) bool {
	return d.Version == version || strings.HasPrefix(d.Version, version+".")
}
