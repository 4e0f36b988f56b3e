// Package formats lists the formats that legacy files may have. It is apart
// from extract so that extract itself depends on none of them.
//
//	src, err := extract.Open(ctx, formats.All(), "patients.csv.gz", extract.Options{})
package formats

import (
	"chartlift/extract"
	"chartlift/extract/ccda"
	"chartlift/extract/csvfile"
	"chartlift/extract/hl7v2"
	"chartlift/extract/sqldump"
	"chartlift/extract/sqlitefile"
	"chartlift/extract/xlsx"
)

// All returns every format in the order in which they are tried; csv takes any
// text, so it comes last.
func All() []extract.Format {
	return []extract.Format{
		xlsx.Format(),
		hl7v2.Format(),
		ccda.Format(),
		sqlitefile.Format(),
		sqldump.Format(),
		csvfile.Format(),
	}
}
