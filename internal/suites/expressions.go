package suites

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
)

// expressionGroup and expression are the form of the FHIRPath tests.
type expressionGroup struct {
	Name  string       `xml:"name,attr"`
	Tests []expression `xml:"test"`
}

type expression struct {
	Name      string `xml:"name,attr"`
	File      string `xml:"inputfile,attr"`
	Predicate bool   `xml:"predicate,attr"`
	Mode      string `xml:"mode,attr"`
	Source    struct {
		Invalid string `xml:"invalid,attr"`
		Mode    string `xml:"mode,attr"`
		Text    string `xml:",chardata"`
	} `xml:"expression"`
	Output []struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	} `xml:"output"`
}

const expressionFile = "r4/fhirpath/tests-fhir-r4.xml"

// expressions runs all FHIRPath tests of R4.
func (s suite) expressions() ([]Result, error) {
	text, err := s.read(expressionFile)
	if err != nil {
		return nil, err
	}
	var all struct {
		Groups []expressionGroup `xml:"group"`
	}
	if err := xml.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read %s: %w", expressionFile, err)
	}
	inputs := map[string][]byte{"": []byte(`{"resourceType":"Basic"}`)}
	var results []Result
	for _, g := range all.Groups {
		for _, e := range g.Tests {
			if inputs[e.File] == nil {
				if inputs[e.File], err = s.resource("r4/" + e.File); err != nil {
					return nil, err
				}
			}
			r := e.run(inputs[e.File])
			r.Suite, r.Group, r.Name = "FHIRPath", g.Name, e.Name
			results = append(results, r.explained())
		}
	}
	return results, nil
}

// resource returns a file as JSON.
func (s suite) resource(name string) ([]byte, error) {
	text, err := s.read(name)
	if err != nil || !strings.HasSuffix(name, ".xml") {
		return text, err
	}
	if text, err = toJSON(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

// errNotCompiled marks what we cannot run at all, which is no error that a test
// could want.
var errNotCompiled = errors.New("not known here")

// run runs one test on the text of its input.
func (e *expression) run(input []byte) Result {
	r := Result{Theirs: strings.TrimSpace(e.Source.Text) + " = " + e.wanted()}
	out, err := e.eval(input)
	if r.Ours = strings.Join(out, ", "); err != nil {
		r.Ours = "error: " + err.Error()
	}
	if e.passes(out, err) {
		r.Verdict = Passed
	} else {
		r.Verdict = Failed
	}
	return r
}

// passes compares what came out with what is wanted. A test that wants an error
// may not get it because we cannot run it at all.
func (e *expression) passes(out []string, err error) bool {
	if e.Source.Invalid != "" {
		return err != nil && !errors.Is(err, errNotCompiled)
	}
	if err != nil || len(out) != len(e.Output) {
		return false
	}
	for i, o := range e.Output {
		if !equalOutput(out[i], o.Type, strings.TrimPrefix(o.Text, "@")) {
			return false
		}
	}
	return true
}

// equalOutput compares a value as eval writes it; the number of zeroes that a
// decimal ends with says nothing, and where the suite names no type, any will
// do.
func equalOutput(got, typ, want string) bool {
	name, value, _ := strings.Cut(got, " ")
	if typ != "" && !strings.EqualFold(name, typ) {
		return false
	}
	if name == "decimal" {
		x, okX := new(big.Rat).SetString(value)
		y, okY := new(big.Rat).SetString(want)
		return okX && okY && x.Cmp(y) == 0
	}
	return value == want
}

func (e *expression) wanted() string {
	if e.Source.Invalid != "" {
		return e.Source.Invalid + " error"
	}
	var all []string
	for _, o := range e.Output {
		all = append(all, o.Type+" "+o.Text)
	}
	return strings.Join(all, ", ")
}

// eval returns the values as "type text".
func (e *expression) eval(input []byte) ([]string, error) {
	var tree fhir.Tree
	if err := tree.Parse(input); err != nil {
		return nil, err
	}
	p, err := fhirpath.Compile(e.Source.Text)
	if errors.Is(err, fhirpath.ErrUnsupported) {
		return nil, fmt.Errorf("%w: %w", errNotCompiled, err)
	}
	if err != nil {
		return nil, err
	}
	m := fhirpath.NewMachine(&tree)
	values, err := m.Eval(p, m.Resource)
	if err != nil {
		return nil, err
	}
	if e.Predicate {
		return []string{fmt.Sprintf("boolean %t", len(values) > 0)}, nil
	}
	var all []string
	for _, v := range values {
		name := m.TypeName(v)
		all = append(all, strings.ToLower(name[:1])+name[1:]+" "+m.String(v))
	}
	return all, nil
}
