package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/fhir"
	guides "chartlift/fhir/profile"
)

// The profiles and extensions that come along are written as
// StructureDefinitions again, one a line, with those elements only of which
// they say more than R4, so that they are read by the same code as any guide. A
// line begins with the URL.

// writeBuiltIn writes the definitions of R4 itself, and those of US Core, to
// the folder out.
func writeBuiltIn(defs, out string) error {
	of := []struct {
		name  string
		paths []string
		sets  bool // value sets and code systems too
	}{
		{"r4.ndjson", []string{"structuredefinitions-profiles.ndjson", "structuredefinitions-extensions.ndjson"}, false},
		{"uscore.ndjson", []string{usCore}, true},
	}
	for _, f := range of {
		var b bytes.Buffer
		if err := builtIn(&b, defs, f.paths, f.sets); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := os.WriteFile(filepath.Join(out, f.name), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write profiles: %w", err)
		}
	}
	return nil
}

// builtIn writes the profiles of the files, and with sets the value sets and
// code systems.
func builtIn(b *bytes.Buffer, defs string, paths []string, sets bool) error {
	g := guides.New()
	for _, path := range paths {
		if err := g.AddPath(filepath.Join(defs, path)); err != nil {
			return err
		}
	}
	if err := g.Check(); err != nil && !errors.Is(err, guides.ErrUnknown) {
		return err
	}
	for _, p := range g.Profiles() {
		line, err := json.Marshal(structureOf(g, p))
		if err != nil {
			return err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	if sets {
		return terminologyOf(b, filepath.Join(defs, paths[0]))
	}
	return nil
}

// lineOf is a StructureDefinition in the order of its line.
type lineOf struct {
	URL          string      `json:"url"`
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id"`
	Version      string      `json:"version"`
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`
	Type         string      `json:"type"`
	Base         string      `json:"baseDefinition"`
	Derivation   string      `json:"derivation"`
	Context      []contextOf `json:"context,omitempty"`
	When         []string    `json:"contextInvariant,omitempty"`
	Snapshot     struct {
		Element []elementOf `json:"element"`
	} `json:"snapshot"`
}

type contextOf struct {
	Type       string `json:"type"`
	Expression string `json:"expression"`
}

type elementOf struct {
	ID          string          `json:"id"`
	Path        string          `json:"path"`
	Min         *int            `json:"min,omitempty"`
	Max         string          `json:"max,omitempty"`
	Modifier    bool            `json:"isModifier,omitempty"`
	MustSupport bool            `json:"mustSupport,omitempty"`
	MaxLength   int             `json:"maxLength,omitempty"`
	Slicing     *slicingOf      `json:"slicing,omitempty"`
	Type        []typeRefOf     `json:"type,omitempty"`
	Fixed       json.RawMessage `json:"fixedValue,omitempty"`
	Pattern     json.RawMessage `json:"patternValue,omitempty"`
	Binding     *bindingOf      `json:"binding,omitempty"`
	Constraint  []constraintOf  `json:"constraint,omitempty"`
}

type slicingOf struct {
	Discriminator []contextPath `json:"discriminator,omitempty"`
	Rules         string        `json:"rules"`
	Ordered       bool          `json:"ordered,omitempty"`
}

type contextPath struct {
	Type string `json:"type"`
	Path string `json:"path"`
}

type typeRefOf struct {
	Code    string   `json:"code"`
	Profile []string `json:"profile,omitempty"`
	Target  []string `json:"targetProfile,omitempty"`
}

type bindingOf struct {
	Strength string `json:"strength"`
	ValueSet string `json:"valueSet"`
}

type constraintOf struct {
	Key        string `json:"key"`
	Severity   string `json:"severity"`
	Human      string `json:"human"`
	Expression string `json:"expression"`
	Source     string `json:"source,omitempty"`
}

// structureOf writes a compiled profile as a definition again.
func structureOf(g *guides.Guide, p *guides.Profile) lineOf {
	s := lineOf{
		URL: p.URL, ResourceType: "StructureDefinition", ID: p.Title, Version: p.Version, Name: p.Name, Kind: "complex-type",
		Type: p.Type, Base: g.BaseOf(p), Derivation: "constraint",
	}
	if def, ok := fhir.LookupType(p.Type); ok && def.Kind == fhir.ResourceKind {
		s.Kind = "resource"
	}
	s.When = p.When
	for _, c := range p.Contexts {
		s.Context = append(s.Context, contextOf(c))
	}
	s.Snapshot.Element = elementsOf(nil, p.Root, true)
	s.Snapshot.Element[0].Modifier = p.Modifier
	return s
}

// elementsOf writes a node and all below it; nodes that only lead to others are
// left out.
func elementsOf(all []elementOf, n *guides.Node, root bool) []elementOf {
	e := elementOf{ID: n.ID, Path: pathOf(n.ID), MustSupport: n.MustSupport, MaxLength: n.MaxLength}
	if n.Min != guides.Unset {
		e.Min = &n.Min
	}
	if n.Max != guides.Unset {
		e.Max = maxText(n.Max)
	}
	for _, t := range n.Types {
		e.Type = append(e.Type, typeRefOf{t.Code, t.Profiles, t.Targets})
	}
	e.Fixed, e.Pattern = jsonOf(n.Fixed), jsonOf(n.Pattern)
	if n.Binding != nil {
		e.Binding = &bindingOf{n.Binding.Strength, n.Binding.ValueSet}
	}
	for _, i := range n.Invariants {
		severity := "error"
		if !i.Error {
			severity = "warning"
		}
		e.Constraint = append(e.Constraint, constraintOf{i.Key, severity, i.Human, i.Expression, i.Source})
	}
	if n.Slicing != nil {
		e.Slicing = &slicingOf{Rules: n.Slicing.Rules, Ordered: n.Slicing.Ordered}
		for _, d := range n.Slicing.Discriminators {
			e.Slicing.Discriminator = append(e.Slicing.Discriminator, contextPath(d))
		}
	}
	if says := e.Min != nil || e.Max != "" || e.MustSupport || e.Type != nil || e.Fixed != nil || e.Pattern != nil || e.Binding != nil ||
		e.Constraint != nil || e.Slicing != nil || e.MaxLength > 0; says || root || n.Slice != "" {
		all = append(all, e)
	}
	for _, c := range n.Children {
		all = elementsOf(all, c, false)
	}
	for _, s := range n.Slices {
		all = elementsOf(all, s, false)
	}
	return all
}

// pathOf leaves the slices out of an id.
func pathOf(id string) string {
	parts := strings.Split(id, ".")
	for i, part := range parts {
		parts[i], _, _ = strings.Cut(part, ":")
	}
	return strings.Join(parts, ".")
}

func maxText(n int) string {
	if n < 0 {
		return "*"
	}
	return fmt.Sprint(n)
}

// jsonOf writes a fixed or pattern value.
func jsonOf(v *guides.Value) json.RawMessage {
	if v == nil {
		return nil
	}
	var b bytes.Buffer
	writeValue(&b, v)
	return b.Bytes()
}

func writeValue(b *bytes.Buffer, v *guides.Value) {
	switch v.Kind {
	case fhir.Object, fhir.Array:
		marks := "{}"
		if v.Kind == fhir.Array {
			marks = "[]"
		}
		b.WriteByte(marks[0])
		for i := range v.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			if v.Kind == fhir.Object {
				fmt.Fprintf(b, "%q:", v.Members[i].Key)
			}
			writeValue(b, &v.Members[i])
		}
		b.WriteByte(marks[1])
	case fhir.String:
		text, _ := json.Marshal(v.Text)
		b.Write(text)
	default:
		b.WriteString(v.Text)
	}
}

// terminologyOf writes the value sets and code systems of a package, in order
// of their URLs.
func terminologyOf(b *bytes.Buffer, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	g := &guide{systems: map[string]*codeSystem{}, valueSets: map[string]*valueSet{}}
	if err := g.addPackage(text); err != nil {
		return err
	}
	var lines []string
	for _, s := range g.valueSets {
		s.ResourceType = "ValueSet"
		lines = append(lines, asLine(s))
	}
	for _, s := range g.systems {
		s.ResourceType = "CodeSystem"
		lines = append(lines, asLine(s))
	}
	slices.Sort(lines)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	return nil
}

// asLine writes a value set or code system; its fields are texts only, so that
// it cannot fail.
func asLine(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
