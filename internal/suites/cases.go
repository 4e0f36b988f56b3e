package suites

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"chartlift/fhir/profile"
	"chartlift/internal/issue"
	"chartlift/validate"
)

// validatorCase is one case of the validator's manifest.
type validatorCase struct {
	Name    string
	File    string
	Version string
	Module  string
	Use     *bool `json:"use-test"`
	Logical json.RawMessage

	Packages, Supporting, Profiles []string

	// Allowed are domains whose extensions need not be known.
	Allowed  []string `json:"allowed-extension-domains"`
	Allowed1 string   `json:"allowed-extension-domain"`

	Java    json.RawMessage
	Profile *struct {
		Assume     bool `json:"assumeValidRestReferences"`
		Source     string
		Supporting []string
		Packages   []string
		Java       json.RawMessage
	}
}

// extensions returns what the case wants of extensions that nobody defines:
// they are errors, unless it names domains of its own.
func (c *validatorCase) extensions() validate.ExtensionPolicy {
	if len(c.Allowed) > 0 || c.Allowed1 != "" {
		return validate.AllowUnknown
	}
	return validate.RefuseUnknown
}

const cases = "validator/"

// cases judges all cases of the validator's manifest: each resource by R4
// itself, and by the profile that the case names.
func (s suite) cases(ctx context.Context) ([]Result, error) {
	text, err := s.read(cases + "manifest.json")
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Cases []validatorCase `json:"test-cases"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	dir, err := os.MkdirTemp("", "suites-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var all []Result
	for i := range manifest.Cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := &manifest.Cases[i]
		j := judgement{suite: s, c: c, dir: filepath.Join(dir, strconv.Itoa(i))}
		all = append(all, j.results()...)
	}
	return all, nil
}

// judgement is the work on one case.
type judgement struct {
	suite
	c   *validatorCase
	dir string // for the definitions that the case brings
}

// results returns one result for R4, and one for the profile where the case has
// one.
func (j *judgement) results() []Result {
	all := []Result{j.result("", "", nil, j.c.Java)}
	if p := j.c.Profile; p != nil {
		all = append(all, j.result(" (profile)", p.Source, append([]string{p.Source}, p.Supporting...), p.Java))
	}
	return all
}

func (j *judgement) result(suffix, source string, definitions []string, expected json.RawMessage) Result {
	r := Result{Suite: "Validator", Group: j.c.Module, Name: j.c.Name + suffix, Verdict: NotOurs}
	if r.Why = j.c.foreign(); r.Why != "" {
		return r
	}
	theirs, err := j.outcome(expected)
	if err != nil {
		r.Why = noOutcome
		return r
	}
	ours, err := j.judge(source, definitions)
	if err != nil {
		ours = []string{"cannot be judged: " + err.Error()}
	}
	r.Verdict = Passed
	if (len(ours) > 0) != (len(theirs) > 0) {
		r.Verdict = Failed
	}
	r.Ours, r.Theirs = strings.Join(ours, "; "), strings.Join(theirs, "; ")
	return r.explained()
}

// outcome returns the errors that the reference validator is expected to find.
func (j *judgement) outcome(expected json.RawMessage) ([]string, error) {
	var name string
	if json.Unmarshal(expected, &name) == nil {
		text, err := j.read(cases + "outcomes/" + name)
		if err != nil {
			return nil, err
		}
		expected = text
	} else {
		var inline struct {
			Outcome json.RawMessage
			Count   *int `json:"errorCount"` // the form of older cases
		}
		if err := json.Unmarshal(expected, &inline); err != nil {
			return nil, err
		}
		if expected = inline.Outcome; expected == nil && inline.Count != nil {
			return make([]string, *inline.Count), nil
		}
	}
	var outcome struct {
		Issue []struct {
			Severity, Code string
			Details        struct{ Text string }
			Expression     []string
		}
	}
	if err := json.Unmarshal(expected, &outcome); err != nil {
		return nil, err
	}
	var errors []string
	for _, i := range outcome.Issue {
		if i.Severity == "error" || i.Severity == "fatal" {
			errors = append(errors, strings.Join(i.Expression, ",")+" "+i.Code+" "+i.Details.Text)
		}
	}
	return errors, nil
}

// judge returns our errors on the case's resource.
func (j *judgement) judge(source string, definitions []string) ([]string, error) {
	text, err := j.resource(cases + j.c.File)
	if err != nil {
		return nil, err
	}
	g := profile.New()
	var named []string
	for _, name := range append(append(append([]string{}, j.c.Supporting...), j.c.Profiles...), definitions...) {
		url, err := j.define(g, name)
		if err != nil {
			return nil, err
		}
		if name == source {
			named = append(named, url)
		}
	}
	v := validate.New(validate.Options{Guide: g, Profiles: named, UnknownExtensions: j.c.extensions(), Letter: source != "" && j.c.Profile.Assume})
	var found []string
	each := func(it *validate.Item) {
		v.CheckItem(it, func(i issue.Issue) {
			if i.Severity >= issue.Error && !(i.Rule == "extension-unknown" && isExample(i.Value)) {
				found = append(found, i.Expression+" "+i.Code+" "+i.Rule+" "+i.Message)
			}
		})
	}
	name := strings.TrimSuffix(j.c.File, ".xml")
	return found, validate.Read(context.Background(), name, strings.NewReader(string(text)), each)
}

// isExample reports whether the URL is of a domain whose extensions the
// reference validator lets pass.
func isExample(url string) bool {
	return strings.Contains(url, "example.org/") || strings.Contains(url, "acme.com/")
}

// define adds a file of definitions to the guide, and returns its canonical
// URL. What defines nothing that we read is left out.
func (j *judgement) define(g *profile.Guide, name string) (url string, err error) {
	text, err := j.resource(cases + name)
	if err != nil {
		return "", err
	}
	var head struct{ ResourceType, URL string }
	_ = json.Unmarshal(text, &head)
	switch head.ResourceType {
	case "StructureDefinition", "ValueSet", "CodeSystem", "Bundle":
	default:
		return head.URL, nil
	}
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return "", err
	}
	file := filepath.Join(j.dir, strings.ReplaceAll(strings.TrimSuffix(name, ".xml"), "/", "-")+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", err
	}
	return head.URL, g.AddPath(file)
}
