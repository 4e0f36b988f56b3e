package cmd

import (
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/survey"
	"chartlift/internal/undo"
	"chartlift/load"
	"chartlift/load/auth"
	"chartlift/load/bulkimport"
	"chartlift/load/fhirserver"
	"chartlift/load/handover"
	"chartlift/load/httppost"
	"chartlift/load/mllp"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/clean"
	"chartlift/transform/dedupe"
	"chartlift/validate"
	"chartlift/validate/plausible"
)

// CodeLists returns the stable codes of every room.
func CodeLists() map[string][]issue.Code {
	return map[string][]issue.Code{
		"Mappings":        mappings.Codes(),
		"First rows":      survey.Codes(),
		"Outcomes":        outcomes(),
		"The program":     codes(),
		"Reading files":   extract.Codes(),
		"Cleaning values": clean.Codes(),
		"Making rows":     transform.Codes(),
		"Matching people": slices.Concat(dedupe.Codes(), pipeline.Codes()),
		"Told twice":      pipeline.RepeatCodes(),
		"Validation":      validate.Codes(),
		"Plausibility":    plausible.Codes(),
		"Delivery":        load.Codes(),
		"Files to load":   handover.Codes(),
		"FHIR servers":    fhirserver.Codes(),
		"Bulk import":     bulkimport.Codes(),
		"HL7 v2 outlets":  mllp.Codes(),
		"HTTP outlets":    httppost.Codes(),
		"Credentials":     auth.Codes(),
		"Undo":            undo.Codes(),
	}
}

// codes returns the stable codes of the command line itself, sorted.
func codes() []issue.Code {
	return []issue.Code{
		{Code: "bad-guide", Title: "an implementation guide cannot be read, or one of its definitions is broken", Fix: "mend what the message names: file and element; or get the package again"},
		{Code: "bad-id", Title: "a record to be matched has no id, or that of another", Fix: "make the id column unique in the row named"},
		{Code: "bad-index", Title: "the index of earlier batches cannot be used", Fix: "restore it from a copy, or name a new file and match all batches again"},
		{Code: "code-unknown", Title: "a terminology server does not find the code that a crosswalk leads to", Fix: "correct the code or its system in the crosswalk"},
		{Code: "codes-not-checked", Title: "a terminology server could not say whether codes exist", Fix: "nothing, or ask a server that has their system"},
		{Code: "damaged-run-database", Title: "the run database of the project cannot be read: it was cut short or overwritten", Fix: "bring it back from a copy, or move it away and run again; what is on the target stays there"},
		{Code: "damaged-temporary-file", Title: "rows that were put aside on the disk came back changed", Fix: "see whether the disk under the project folder is sound, and run again"},
		{Code: "disk-full", Title: "there is no room for what is to be written, here or on the server", Fix: "free space, or put --project and --to elsewhere; then run again"},
		{Code: "earlier-files", Title: "run --delta would put changes in the place of the files of an earlier run", Fix: "move the files to where they are handed over, then run again"},
		{Code: "file-trouble", Title: "the file system refuses what the message names", Fix: "look at the disk and its mount, then run the command again"},
		{Code: "foreign-file", Title: "a file in the target folder is not ours", Fix: "move it, or choose another folder"},
		{Code: "group-too-large", Title: "more rows have the same key of a group than one resource is made of: 100,000, or ten million where a map reads the first row only", Fix: "name columns under group: that tell the resources apart, or leave such rows out by a where:"},
		{Code: "handover-changed", Title: "files of a folder are not what chartlift wrote there", Fix: "write or copy the folder again, or give --allow-changed"},
		{Code: "import-incomplete", Title: "a server's bulk import left resources out", Fix: "nothing: they were sent by requests, and what the server refuses is among the rejected rows; its log says why the job failed"},
		{Code: "input-changed", Title: "mapping or sources are not what they were when the run was stopped", Fix: "start a new run: it sends what changed"},
		{Code: "interrupted", Title: "the run was stopped by Ctrl-C or a signal", Fix: "run the same command again"},
		{Code: "mapping-changed", Title: "the mapping is not the one that the run used", Fix: "bring back the mapping of that run, or run again"},
		{Code: "no-decision", Title: "a cell of a review worksheet is no decision", Fix: "choose one of the drop-down in the cell named, or leave it empty"},
		{Code: "no-plan", Title: "the folder holds no plan of shards", Fix: "make one with chartlift shards plan, or name the right folder"},
		{Code: "no-run-database", Title: "the project has no run yet", Fix: "run chartlift run first, or give --project"},
		{Code: "no-such-element", Title: "no rule makes the element", Fix: "use an element that chartlift mappings show --effective lists"},
		{Code: "no-such-mapping", Title: "the mapping is neither a file nor shipped", Fix: "correct --mapping; chartlift mappings list names the shipped ones"},
		{Code: "no-such-report", Title: "no report, run or row of that name", Fix: "use one of the names in the message"},
		{Code: "no-such-resource", Title: "no row of the sources makes the resource", Fix: "check type and id, or name the run with --run"},
		{Code: "no-tests", Title: "there is no test to run", Fix: "write tests: in the mapping, or name their file or folder with --tests"},
		{Code: "not-a-worksheet", Title: "the file is no workbook of review export", Fix: "save it as .xlsx, and leave the titles of its columns as they were"},
		{Code: "not-an-archive", Title: "the file is no archive of a run, or is damaged", Fix: "name a file that chartlift archive wrote"},
		{Code: "not-confirmed", Title: "the plan was not confirmed, so nothing was sent", Fix: "answer y, or give --yes"},
		{Code: "not-permitted", Title: "a file may not be read or written", Fix: "change its permissions, or name another"},
		{Code: "nothing-to-resume", Title: "the run came to its end", Fix: "chartlift retry sends what was refused, a new run what changed since"},
		{Code: "opposite-decisions", Title: "two lines of a review worksheet decide one pair in opposite ways", Fix: "keep one of the two lines named"},
		{Code: "plan-changed", Title: "mapping, sources or program are not what they were when the shards were planned", Fix: "plan again, and run the shards again"},
		{Code: "project-busy", Title: "another run is under way in the project folder", Fix: "wait for it, or give another --project"},
		{Code: "project-exists", Title: "the folder for a new project holds something", Fix: "name another folder with --out; nothing is overwritten"},
		{Code: "resource-vanished", Title: "the target holds a resource of an earlier run that no row makes any more", Fix: "see whether it was deleted in the source; --vanished entered-in-error marks such resources"},
		{Code: "rows-renumbered", Title: "a file whose rows are known by their number has changed since they were delivered", Fix: "take the run back first, give the maps a key of columns, or give --allow-renumbered MAP"},
		{Code: "shards-foreign", Title: "a result in the plan's folder is damaged, or of another plan", Fix: "run the shard named again, or remove the file"},
		{Code: "shards-missing", Title: "shards of the plan have no result yet", Fix: "run those that chartlift shards left lists"},
		{Code: "stopped-by-policy", Title: "more is wrong than the policy allows", Fix: "mend what the findings name, or change policy or limit"},
		{Code: "table-gone", Title: "a table of which an earlier run delivered has no rows any more", Fix: "give the file again, or go on without it by --allow-missing SOURCE"},
		{Code: "taken-back", Title: "what the run delivered was taken back by a later undo, so nothing of it can be compared", Fix: "run again, and verify that run"},
		{Code: "target-busy", Title: "another run is writing to the target folder", Fix: "wait for it, or choose another folder"},
		{Code: "torn-line", Title: "a line of a review worksheet has the keys of another pair", Fix: "undo the sorting of single columns, or export again"},
		{Code: "types-not-taken", Title: "the target takes no new resources of types that the mapping makes", Fix: "map them to a type that it takes, write them to files, or give --without TYPE"},
		{Code: "unbalanced", Title: "rows read and rows with an outcome differ", Fix: "a fault of this program: report it with the run database's ledger, and do not sign off the run"},
		{Code: "unknown-pair", Title: "a line of a review worksheet has a pair that this project never offered", Fix: "name the right --project, or export again"},
		{Code: "unknown-profile", Title: "no guide that is loaded defines the profile", Fix: "correct its URL or id, or load its guide with --ig"},
		{Code: "worksheet-refused", Title: "lines of a review worksheet cannot be read in; nothing was", Fix: "correct the cells named"},
		{Code: "wrong-use", Title: "the command line cannot be understood", Fix: "see --help of the command"},
	}
}

// outcomes returns the reasons with which the ledger calls a row merged or
// filtered, sorted.
func outcomes() []issue.Code {
	return []issue.Code{
		{Code: "exact-duplicate", Title: "merged: the row repeats another row, cell by cell", Fix: "nothing; report row names the other row"},
		{Code: "lookup-only", Title: "filtered: the table only serves lookups", Fix: "nothing, or write a map for the table"},
		{Code: "not-read", Title: "files of a folder were not validated: they are no JSON by their names", Fix: "have FHIR in XML written as JSON, unpack archives; a README may stay"},
		{Code: "same-key", Title: "merged: the row has the key of another row, and the mapping says which counts", Fix: "nothing, or extend the key"},
		{Code: "view", Title: "filtered: the row was read for the views named behind the colon, and no resource was made of it", Fix: "nothing, or change the view"},
		{Code: "where", Title: "filtered: a condition of the mapping leaves the row out", Fix: "nothing, or change the condition"},
	}
}
