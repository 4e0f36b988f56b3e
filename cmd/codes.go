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
		"The program":     codes(),
		"Reading files":   extract.Codes(),
		"Cleaning values": clean.Codes(),
		"Making rows":     transform.Codes(),
		"Validation":      validate.Codes(),
		"Delivery":        load.Codes(),
		"FHIR servers":    fhirserver.Codes(),
	}
}

// codes returns the stable codes of the command line itself, sorted.
func codes() []issue.Code {
	return []issue.Code{
		{Code: "disk-full", Title: "there is no room for what is to be written", Fix: "free space, or put --project and --to elsewhere; then run again"},
		{Code: "foreign-file", Title: "a file in the target folder is not ours", Fix: "move it, or choose another folder"},
		{Code: "interrupted", Title: "the run was stopped by Ctrl-C or a signal", Fix: "run the same command again"},
		{Code: "no-run-database", Title: "the project has no run yet", Fix: "run chartlift run first, or give --project"},
		{Code: "no-such-mapping", Title: "the mapping is neither a file nor shipped", Fix: "correct --mapping; chartlift mappings list names the shipped ones"},
		{Code: "no-such-report", Title: "no report, run or row of that name", Fix: "use one of the names in the message"},
		{Code: "not-confirmed", Title: "the plan was not confirmed, so nothing was sent", Fix: "answer y, or give --yes"},
		{Code: "project-busy", Title: "another run is under way in the project folder", Fix: "wait for it, or give another --project"},
		{Code: "stopped-by-policy", Title: "more is wrong than the policy allows", Fix: "mend what the findings name, or change policy or limit"},
		{Code: "wrong-use", Title: "the command line cannot be understood", Fix: "see --help of the command"},
	}
}
