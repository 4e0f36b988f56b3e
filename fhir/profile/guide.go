package profile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"chartlift/fhir"
	"chartlift/fhir/terms"
)

// Guide is a set of definitions: those of R4 itself, and of the packages that
// were added. It is made by New. Adding is not safe for concurrent use; after
// that everything is.
type Guide struct {
	definitions map[string][]*Definition // by canonical URL, in the order of reading
	sets        map[string]*valueSet     // by canonical URL
	systems     map[string]*codeSystem
	bindings    map[string]*fhir.Binding // by canonical URL; their Strength is not set
	packages    []Package
	lines       map[string]string // the definitions that come along as lines of JSON, by canonical URL
	listed      []string          // of them the profiles of guides that were added
	gather      sync.Once
	terms       *terms.Set // of R4, see Terms

	mu       sync.Mutex
	compiled atomic.Pointer[map[string]*Profile]
	pending  map[string]*Profile // made, but the slices of some are not linked yet
	failed   map[string]error
}

// Package is what package.json says of a package that was added.
type Package struct {
	Name, Version string
	Dependencies  map[string]string
	File          string
	Definitions   int // StructureDefinitions in it
}

// New returns a Guide of what R4 itself defines.
func New() *Guide {
	g := &Guide{
		definitions: map[string][]*Definition{}, sets: map[string]*valueSet{}, systems: map[string]*codeSystem{},
		bindings: map[string]*fhir.Binding{}, lines: index(r4Definitions),
		pending: map[string]*Profile{}, failed: map[string]error{},
	}
	g.compiled.Store(&map[string]*Profile{})
	return g
}

// Packages returns the packages that were added, in order.
func (g *Guide) Packages() []Package { return g.packages }

// Missing returns the packages that an added one depends on and that were not
// added, as name#version, sorted. R4's own ones are never missing.
func (g *Guide) Missing() []string {
	missing := map[string]bool{}
	for _, p := range g.packages {
		for name, version := range p.Dependencies {
			if strings.HasPrefix(name, "hl7.fhir.r4.") || slices.ContainsFunc(g.packages, func(o Package) bool { return o.Name == name }) {
				continue
			}
			missing[name+"#"+version] = true
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

// Add takes up one definition: a StructureDefinition, ValueSet or CodeSystem,
// or a Bundle of them. Others are passed over. file names where it comes from.
func (g *Guide) Add(file string, json []byte) error {
	var tree fhir.Tree
	if err := tree.Parse(json); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := g.addTree(decoder{tree: &tree, file: file}); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (g *Guide) addTree(d decoder) error {
	switch d.text(0, "resourceType") {
	case "StructureDefinition":
		def, err := d.definition()
		if err != nil {
			return err
		}
		g.definitions[def.URL] = append(g.definitions[def.URL], def)
	case "ValueSet":
		set := d.valueSet()
		g.sets[set.url] = set
	case "CodeSystem":
		system := d.codeSystem()
		g.systems[system.url] = system
	case "Bundle":
		for n := range d.items(0, "entry") {
			if at := d.tree.Find(n, "resource"); at != 0 {
				if err := g.Add(d.file, []byte(d.tree.Raw(at))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// definition returns the definition of a canonical URL, with or without
// |version; of several versions the last one.
func (g *Guide) definition(canonical string) *Definition {
	url, version, versioned := strings.Cut(canonical, "|")
	all := g.definitions[url]
	for i := len(all) - 1; i >= 0; i-- {
		if !versioned || all[i].isVersion(version) {
			return all[i]
		}
	}
	return nil
}

// Lookup returns the profile where it is compiled already, and nil where it is
// known that there is none; it takes no lock and allocates nothing.
func (g *Guide) Lookup(canonical string) (p *Profile, known bool) {
	p, known = (*g.compiled.Load())[canonical]
	return p, known
}

// maxFailed bounds the profiles that are remembered as not to be had: data can
// name any number of them.
const maxFailed = 1000

// Defines reports whether there is a definition for the canonical URL (without
// version), without compiling it.
func (g *Guide) Defines(canonical string) bool {
	_, known := g.lines[canonical]
	return known || len(g.definitions[canonical]) > 0
}

// Profile returns the profile or extension with the canonical URL, with or
// without |version. The error has [ErrUnknown] in its chain where there is no
// definition, else it names the definition's file and element.
func (g *Guide) Profile(canonical string) (*Profile, error) {
	if p, _ := g.Lookup(canonical); p != nil {
		return p, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p, err := g.compile(canonical, nil)
	if err != nil && len(g.failed) < maxFailed {
		g.pending[canonical] = nil
	}
	if len(g.pending) > 0 {
		next := maps.Clone(*g.compiled.Load())
		maps.Copy(next, g.pending)
		g.compiled.Store(&next)
		clear(g.pending)
	}
	return p, err
}

// Check compiles every definition that was added and returns what is wrong with
// them.
func (g *Guide) Check() error {
	var all []error
	for _, url := range slices.Sorted(maps.Keys(g.definitions)) {
		for _, def := range g.definitions[url] {
			if !def.Constraint || def.Kind == "logical" {
				continue
			}
			if _, err := g.Profile(url + "|" + def.Version); err != nil && !errors.Is(err, ErrUnknown) {
				all = append(all, err)
			}
		}
	}
	g.forgetMissing()
	return errors.Join(all...)
}

// forgetMissing makes profiles that could not be compiled news again, so that
// whoever meets the first resource of one can say so.
func (g *Guide) forgetMissing() {
	g.mu.Lock()
	defer g.mu.Unlock()
	next := maps.Clone(*g.compiled.Load())
	maps.DeleteFunc(next, func(_ string, p *Profile) bool { return p == nil })
	g.compiled.Store(&next)
}

// Profiles returns all profiles and extensions that were added, sorted by URL;
// those that cannot be compiled are left out.
func (g *Guide) Profiles() []*Profile {
	var all []*Profile
	urls := append(slices.Collect(maps.Keys(g.definitions)), g.listed...)
	slices.Sort(urls)
	for _, url := range slices.Compact(urls) {
		if p, err := g.Profile(url); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// BaseOf returns the baseDefinition of a profile that was added.
func (g *Guide) BaseOf(p *Profile) string { return g.definition(p.URL + "|" + p.Version).Base }

// compile makes a profile. stack holds the profiles that are being made,
// because they derive from this one.
func (g *Guide) compile(canonical string, stack []string) (*Profile, error) {
	if p, _ := g.Lookup(canonical); p != nil {
		return p, nil
	}
	if p := g.pending[canonical]; p != nil {
		return p, nil
	}
	if err := g.failed[canonical]; err != nil {
		return nil, err
	}
	p, err := g.made(canonical, stack)
	if err != nil {
		if len(g.failed) < maxFailed {
			g.failed[canonical] = err
		}
		return nil, err
	}
	g.pending[canonical] = p               // before its slices are linked, because profiles may name each other there
	if !strings.Contains(canonical, "#") { // a part is linked with its whole
		linker{profile: func(url string) *Profile { p, _ := g.compile(url, nil); return p }, codes: g.binding}.link(p.Root)
	}
	return p, nil
}

// binding returns the value set with its codes, where all of them are known.
func (g *Guide) binding(valueSet string) *fhir.Binding {
	if b := g.bindings[valueSet]; b != nil {
		return b
	}
	b := &fhir.Binding{}
	b.ValueSet, _, _ = strings.Cut(valueSet, "|")
	b.Codes, _ = g.Codes(valueSet)
	g.bindings[valueSet] = b
	return b
}

// either returns the definition of a guide, or one that comes along. Both are
// nil where there is none.
func (g *Guide) either(canonical string) (*Definition, error) {
	if def := g.definition(canonical); def != nil {
		return def, nil
	}
	return g.builtIn(canonical)
}

func (g *Guide) made(canonical string, stack []string) (*Profile, error) {
	if url, id, inside := strings.Cut(canonical, "#"); inside {
		return g.part(url, id, stack)
	}
	def, err := g.either(canonical)
	switch {
	case err != nil:
		return nil, err
	case def == nil:
		return nil, fmt.Errorf("the profile %s: %w", canonical, ErrUnknown)
	}
	fail := func(err error) (*Profile, error) {
		return nil, fmt.Errorf("%s: the definition %s: %w", def.File, def.URL, err)
	}
	if slices.Contains(stack, def.URL) {
		return fail(errors.New("it derives from itself; correct a baseDefinition"))
	}
	if !def.Constraint || def.Kind == "logical" {
		return fail(fmt.Errorf("it is no profile of a resource or data type: %w", ErrUnknown))
	}
	p := &Profile{URL: def.URL, Version: def.Version, Name: def.Name, Title: def.ID, Type: def.Type, Contexts: def.Contexts, When: def.When}
	base, err := g.base(def, p, append(stack, def.URL))
	if err != nil {
		return fail(err)
	}
	p.Root, err = build(def, base, elementsOf(def))
	if err != nil {
		return fail(err)
	}
	p.Modifier = modifies(elementsOf(def))
	return p, nil
}

// part makes what a profile says of one of its elements a profile of the values
// of that element.
func (g *Guide) part(url, id string, stack []string) (*Profile, error) {
	whole, err := g.compile(url, stack)
	if err != nil {
		return nil, err
	}
	root := whole.Root.part(id)
	if root == nil {
		return nil, fmt.Errorf("the profile %s says nothing of an element %s: %w", url, id, ErrUnknown)
	}
	return &Profile{URL: url + "#" + id, Version: whole.Version, Name: whole.Name, Title: whole.Title + " " + id, Type: root.defs()[0].Name, Root: root}, nil
}

func modifies(elements []Element) bool { return len(elements) > 0 && elements[0].Modifier }

func elementsOf(def *Definition) []Element {
	if len(def.Snapshot) > 0 {
		return def.Snapshot
	}
	return def.Differential
}

// base returns the tree that a definition builds upon, nil where its snapshot
// says everything or where it is R4's own type.
func (g *Guide) base(def *Definition, p *Profile, stack []string) (*Node, error) {
	if name, ok := strings.CutPrefix(def.Base, r4); ok && isType(name) {
		if name != def.Type && name != "Element" && name != "Resource" && name != "DomainResource" {
			return nil, fmt.Errorf("its type is %s, that of its baseDefinition %s", def.Type, name)
		}
		return nil, nil
	}
	if def.Base == "" {
		return nil, errors.New("it has no baseDefinition")
	}
	base, err := g.compile(def.Base, stack)
	switch {
	case err == nil && base.Type != def.Type:
		return nil, fmt.Errorf("its type is %s, that of its baseDefinition %s", def.Type, base.Type)
	case err == nil:
		bare, _, _ := strings.Cut(def.Base, "|")
		p.bases = append(append(p.bases, bare), base.bases...)
		if len(def.Snapshot) == 0 {
			return base.Root, nil
		}
		return nil, nil
	case len(def.Snapshot) > 0 && errors.Is(err, ErrUnknown):
		return nil, nil // the snapshot says all
	}
	return nil, fmt.Errorf("baseDefinition: %w", err)
}

// Find is Profile for a name that may be the id of a definition as well:
// us-core-patient.
func (g *Guide) Find(name string) (*Profile, error) {
	if strings.Contains(name, "/") {
		return g.Profile(name)
	}
	for _, url := range slices.Sorted(maps.Keys(g.definitions)) {
		for _, def := range g.definitions[url] {
			if def.ID == name {
				return g.Profile(url)
			}
		}
	}
	for _, url := range g.listed {
		if strings.HasSuffix(url, "/"+name) {
			return g.Profile(url)
		}
	}
	return g.Profile(r4 + name)
}
