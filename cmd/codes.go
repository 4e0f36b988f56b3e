package cmd

import (
	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/clean"
	"chartlift/validate"
)

// codeLists returns the stable codes of every room.
func codeLists() map[string][]issue.Code {
	return map[string][]issue.Code{
		"Mappings":        mappings.Codes(),
		"Reading files":   extract.Codes(),
		"Cleaning values": clean.Codes(),
		"Making rows":     transform.Codes(),
		"Validation":      validate.Codes(),
		"Delivery":        load.Codes(),
		"FHIR servers":    fhirserver.Codes(),
	}
}
