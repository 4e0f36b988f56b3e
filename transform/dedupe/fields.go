package dedupe

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// Fields is a fields file: which column is the id, and what the others hold.
type Fields struct {
	ID   string // the column that names the record
	List []Field
}

// maxFields bounds a fields file: a line for each column.
const maxFields = 1 << 20

// ParseFields reads a fields file: a YAML map of column to kind, such as
// given_name: given. The kind id stands for the column that names the record,
// which is called id where no column has it. The fields are in the order of the
// file.
func ParseFields(text []byte) (*Fields, error) {
	if len(text) > maxFields {
		return nil, fmt.Errorf("a fields file has a line for each column; this one is larger than %d bytes", maxFields)
	}
	var entries yaml.MapSlice
	if err := yaml.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("read a map of column to kind: %w", err)
	}
	f := &Fields{ID: "id"}
	named := false
	for _, e := range entries {
		column := fmt.Sprint(e.Key)
		kind, ok := e.Value.(string)
		if !ok {
			return nil, fmt.Errorf("column %q: its kind must be one word, such as given or dob(YYYYMMDD)", column)
		}
		if kind == "id" {
			if named {
				return nil, fmt.Errorf("column %q: there is another column with the kind id", column)
			}
			f.ID, named = column, true
			continue
		}
		field, err := ParseField(column, kind)
		if err != nil {
			return nil, err
		}
		f.List = append(f.List, field)
	}
	if len(f.List) == 0 {
		return nil, fmt.Errorf("no column has a kind; write lines such as surname: family")
	}
	return f, nil
}
