package transform

import "chartlift/internal/issue"

// Codes documents what the engine can find in a row, sorted by code.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "check-failed", Title: "a row that does not meet a check of the mapping", Fix: "mend the row, or the check"},
		{Code: DamagedKey, Title: "a number that tells rows apart and was changed by a spreadsheet: in short (1.005E+03), or with 000 behind its first 15 digits", Fix: "compare it with the old system, and get the export again with this column as text"},
		{Code: "duplicate-key", Title: "two rows with the same key but different values", Fix: "extend the key in the mapping, or say dedupe: { on: [KEY], keep: last }"},
		{Code: GarbledText, Title: "texts that were read in the wrong encoding before, or whose letters were replaced", Fix: "export again as UTF-8; fix_mojibake repairs what was read as Windows-1252, question marks cannot be repaired"},
		{Code: HTMLEntity, Title: "a text with characters that are written as HTML, such as &amp; or &#39;", Fix: "write | html_unescape behind the column"},
		{Code: "key-missing", Title: "a row without its key", Fix: "fill the key column in the source"},
		{Code: "lookup-many", Title: "a lookup that finds several rows where one is needed", Fix: "write many: true and each, or narrow the condition"},
		{Code: MissingTable, Title: "a resource that cannot be without a table which was not given", Fix: "give the table that the mapping names, or mend its path"},
		{Code: "reference-dangling", Title: "resources that others refer to were rejected after those were written", Fix: "mend the rejected rows and run again: everything is written anew"},
		{Code: "reference-empty", Title: "a reference whose key is empty", Fix: "write ref? where the source may have none"},
		{Code: "reference-missing", Title: "a reference to a row that was not written", Fix: "give the other table, or see why its row was filtered or rejected"},
		{Code: "required-missing", Title: "no value for an element that FHIR requires", Fix: "fill the source, or map another column"},
		{Code: "two-choices", Title: "two types of one choice in a row", Fix: "make the conditions of the branches exclude each other"},
		{Code: "unexpected-value", Title: "a value that is none of those declared for the column", Fix: "mend the source, or add the value to enum(…)"},
		{Code: "unmapped-code", Title: "a code that the crosswalk does not know", Fix: "add it to the crosswalk"},
		{Code: "value-missing", Title: "an empty cell in a column declared as required", Fix: "fill the source, or drop the !"},
		{Code: "view-row-rejected", Title: "a row of a view was refused that cannot be followed to rows of its tables", Fix: "mend what the findings beside it name; expose _line in the view so that the ledger shows it"},
	}
}
