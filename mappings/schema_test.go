package mappings_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"chartlift/mappings"
)

// schema is JSON Schema as far as ours uses it.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        []string           `json:"type"`
	Enum        []string           `json:"enum"`
	Description string             `json:"description"`
	Properties  map[string]*schema `json:"properties"`
	Additional  json.RawMessage    `json:"additionalProperties"`
	Items       *schema            `json:"items"`
	Patterns    map[string]*schema `json:"patternProperties"`
	Required    []string           `json:"required"`
	AnyOf       []*schema          `json:"anyOf"`
	Defs        map[string]*schema `json:"$defs"`
}

// violations lists where value does not meet s.
func (s *schema) violations(root *schema, at string, value any) []string {
	if s.Ref != "" {
		return root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")].violations(root, at, value)
	}
	if len(s.AnyOf) > 0 {
		var all []string
		met := false
		for _, one := range s.AnyOf {
			v := one.violations(root, at, value)
			met = met || len(v) == 0
			all = append(all, v...)
		}
		if !met {
			return all
		}
	}
	var out []string
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, text(value)) {
		out = append(out, at+": not one of the words")
	}
	if len(s.Type) > 0 && !slices.ContainsFunc(s.Type, func(t string) bool { return isType(value, t) }) {
		return append(out, at+": not a "+strings.Join(s.Type, " or "))
	}
	switch v := value.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				out = append(out, at+": lacks "+name)
			}
		}
		for key, inner := range v {
			next := s.Properties[key]
			for pattern, inner := range s.Patterns {
				if next == nil && regexp.MustCompile(pattern).MatchString(key) {
					next = inner
				}
			}
			if next == nil && string(s.Additional) == "false" {
				out = append(out, at+"."+key+": unknown")
			}
			if next == nil && len(s.Additional) > 0 && s.Additional[0] == '{' {
				next = &schema{}
				if err := json.Unmarshal(s.Additional, next); err != nil {
					return append(out, at+": "+err.Error())
				}
			}
			if next != nil {
				out = append(out, next.violations(root, at+"."+key, inner)...)
			}
		}
	case []any:
		for _, inner := range v {
			if s.Items != nil {
				out = append(out, s.Items.violations(root, at+"[]", inner)...)
			}
		}
	}
	return out
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func isType(value any, name string) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	case uint64, int64, int:
		return name == "number" || name == "integer"
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	}
	return false
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	raw, err := mappings.Schema()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	var s schema
	if err := d.Decode(&s); err != nil {
		t.Fatalf("the schema is not JSON: %v", err)
	}
	return &s
}

func TestTheSchemaHasEveryKeyOfTheGrammar(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	for section, keys := range mappings.GrammarKeys() {
		def := s.Defs[section]
		if section == "mapping" {
			def = s
		}
		if def == nil {
			t.Errorf("no definition of %s", section)
			continue
		}
		if string(def.Additional) != "false" || len(def.Properties) != len(keys) {
			t.Errorf("%s allows other keys", section)
		}
		for _, k := range keys {
			if p := def.Properties[k]; p == nil || p.Description == "" {
				t.Errorf("%s.%s is missing or not described", section, k)
			}
		}
	}
}

func TestTheSchemaTakesGoodMappings(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	for _, name := range []string{"synthea-csv.yaml", "every-kind-of-rule.yaml"} {
		raw, err := os.ReadFile(filepath.Join(golden, "ok", name))
		if err != nil {
			t.Fatal(err)
		}
		if v := s.violations(s, "", decode(t, string(raw))); len(v) > 0 {
			t.Errorf("%s: %s", name, strings.Join(v, "\n"))
		}
	}
}

func TestTheSchemaTakesAMappingThatExtendsAnother(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	child := "chartlift: 1\nid: x\nextends: synthea-csv\ndefaults: { +dates: [YYYY] }\nmaps: { survey: null, patient: { elements: { +name: [{ text: x }] } } }\nsources: { devices: null }\n"
	mustCompile(t, strings.Replace(child, "devices: null", "devices: { trim: true }", 1))
	if v := s.violations(s, "", decode(t, child)); len(v) > 0 {
		t.Error(strings.Join(v, "\n"))
	}
}

func TestTheSchemaRefusesWhatCheckRefuses(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	good := patient("{ active: true }")
	for name, text := range map[string]string{
		"an unknown key":              good + "titel: x\n",
		"an unknown key of a source":  strings.Replace(good, "key: [ID]", "kee: [ID]", 1),
		"an unknown key of a format":  strings.Replace(good, "path: p.csv", "pth: p.csv", 1),
		"an unknown key of a map":     strings.Replace(good, "from: pat", "form: pat", 1),
		"no maps":                     header + "sources: {}\n",
		"a word for the policy":       good + "defaults: { policy: drop }\n",
		"a word for the limit":        good + "defaults: { policy: { limit: { after: soon } } }\n",
		"a list for a text":           strings.Replace(good, "id: t", "id: [t]", 1),
		"keys for a list of texts":    strings.Replace(good, "key: [ID]", "key: { a: b }", 1),
		"a text for a section":        good + "output: x\n",
		"an unknown key of the stamp": good + "output: { meta: { sauce: x } }\n",
	} {
		if v := s.violations(s, "", decode(t, text)); len(v) == 0 {
			t.Errorf("%s meets the schema", name)
		}
		if prog, _ := compile(text); prog != nil {
			t.Errorf("%s compiles", name)
		}
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDocumentationNamesEveryOptionOfAFile(t *testing.T) {
	t.Parallel()
	text, err := mappings.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/mapping-language.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(doc), "### What can be said about a file\n")
	if !found {
		t.Fatal("the section is gone")
	}
	section, _, _ = strings.Cut(section, "\n### ")
	for _, kind := range []string{"csv", "xlsx", "sql_dump", "sqlite", "hl7v2", "ccda"} {
		options := schema.Defs[kind].Properties
		if len(options) == 0 {
			t.Errorf("the schema has no options of %s", kind)
		}
		for option := range options {
			if !strings.Contains(section, "`"+option+"`") {
				t.Errorf("docs/mapping-language.md does not name %s of %s", option, kind)
			}
		}
	}
}
