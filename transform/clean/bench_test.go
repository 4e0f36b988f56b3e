package clean_test

import (
	"testing"

	"chartlift/transform/clean"
)

// Each benchmark is one value through one stage, as the engine calls it.
func BenchmarkCleaners(b *testing.B) {
	for _, r := range []row{
		{pipe: "date", in: "2019-03-07"},
		{pipe: "date", in: "3/7/1954"},
		{pipe: "date D/M/YYYY", in: "31/02/1980"},
		{pipe: "datetime", in: "2015-07-14T15:31:15Z"},
		{pipe: "datetime", in: "2015-07-14 15:31:15"},
		{pipe: "quantity $UNIT ucum", in: "6.2", columns: []string{"mg/dL"}},
		{pipe: "quantity 'mm[Hg]' ucum", in: "120"},
		{pipe: "decimal", in: "6.20"},
		{pipe: "trim", in: "  Ana Maria "},
		{pipe: "title", in: "O'NEIL"},
		{pipe: "title", in: "Ana"},
		{pipe: "upper", in: "F"},
		{pipe: "zip", in: "2108"},
		{pipe: "us_state", in: "Massachusetts"},
		{pipe: "phone US", in: "(202) 555-0123"},
		{pipe: "map H=home W=work C=mobile", in: "C"},
		{pipe: "check snomed", in: "73211009"},
		{pipe: "human_name", in: "O'Neil, Ana M"},
	} {
		b.Run(r.pipe+"/"+r.in, func(b *testing.B) {
			f := compile(b, r.pipe)
			in, cols := clean.Of(r.in), columns(r.columns)
			b.ReportAllocs()
			for b.Loop() {
				f(in, cols)
			}
		})
	}
}
