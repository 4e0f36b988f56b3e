package cmd

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"chartlift/validate"
)

// filledJSON is one element that a profile must support, as validate
// --must-support --json prints it.
type filledJSON struct {
	Profile string `json:"profile"`
	Element string `json:"element"`
	Filled  int64  `json:"filled"`
	Of      int64  `json:"of"`
}

// mustSupport prints how often the elements that profiles must support were
// there, of the values of their parents.
func (w *validation) mustSupport(filled *validate.MustSupport) error {
	if w.s.json {
		out := struct {
			MustSupport []filledJSON `json:"mustSupport"`
		}{[]filledJSON{}}
		for _, f := range filled.List() {
			out.MustSupport = append(out.MustSupport, filledJSON{f.Profile, f.Element, f.Have, f.Of})
		}
		return json.NewEncoder(w.out).Encode(out)
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nprofile\tmust support\tfilled\tof\t%")
	for _, f := range filled.List() {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.1f\n", f.Profile, f.Element, f.Have, f.Of, 100*float64(f.Have)/float64(max(1, f.Of)))
	}
	return t.Flush()
}
