package charts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"chartlift/reports"
)

// hidden are members of a resource that say nothing to a clinician.
func hidden() []string {
	return []string{"resourceType", "id", "meta", "system", "url", "div", "reference"}
}

// fieldsOf returns the values of a resource in their order, with their paths
// without indexes.
func fieldsOf(text []byte) ([]reports.ChartValue, error) {
	f := flat{dec: json.NewDecoder(bytes.NewReader(text))}
	f.dec.UseNumber()
	if err := f.value("", false); err != nil {
		return nil, fmt.Errorf("read resource: %w", err)
	}
	return f.out, nil
}

// flat collects the values of a JSON text.
type flat struct {
	dec *json.Decoder
	out []reports.ChartValue
}

// value reads one value at path; what is hidden is read and left out.
func (f *flat) value(path string, hide bool) error {
	token, err := f.dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return f.object(path, hide)
	case json.Delim('['):
		for f.dec.More() {
			if err := f.value(path, hide); err != nil {
				return err
			}
		}
		_, err := f.dec.Token()
		return err
	}
	if !hide && token != nil {
		f.out = append(f.out, reports.ChartValue{Name: path, Value: fmt.Sprint(token)})
	}
	return nil
}

func (f *flat) object(path string, hide bool) error {
	for f.dec.More() {
		token, err := f.dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		if err := f.value(inner, hide || slices.Contains(hidden(), name)); err != nil {
			return err
		}
	}
	_, err := f.dec.Token()
	return err
}
