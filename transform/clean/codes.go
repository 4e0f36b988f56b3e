package clean

import "chartlift/internal/issue"

// Codes returns the codes of the problems that cleaners raise, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "ambiguous-time", Title: "a local time that its zone skips or has twice", Fix: "give the offset in the source, or correct the time"},
		{Code: "bad-base64", Title: "a text that is no base64", Fix: "look whether it was cut; plain text is written by the cleaner base64"},
		{Code: "bad-boolean", Title: "a text that is neither true nor false", Fix: "list the words: bool J=true N=false"},
		{Code: "bad-check-digit", Title: "an identifier or code whose check digit is wrong", Fix: "look for a typing mistake in the source"},
		{Code: "bad-code", Title: "a code that does not have the form of its code system", Fix: "correct the source, or map the column to another code system"},
		{Code: "bad-date", Title: "a date or time that can not be read or does not exist", Fix: "correct the source, or add the form of the date to dates"},
		{Code: "bad-email", Title: "a text that is not an e-mail address; it is kept", Fix: "correct the source"},
		{Code: "bad-identifier", Title: "an identifier without the form that its kind has", Fix: "correct the source, or map the column as a local identifier"},
		{Code: "bad-name", Title: "a name that does not follow the format; it is kept as text", Fix: "correct the source, or write the format that the column has"},
		{Code: "bad-number", Title: "a text that is not a number", Fix: "correct the source; for a comma as decimal sign write sep=,"},
		{Code: "bad-oid", Title: "a text that is no object identifier and no UUID", Fix: "correct the source, or name the system yourself"},
		{Code: "bad-phone", Title: "a text that is not a telephone number of the region; it is kept", Fix: "correct the source, or give the right region"},
		{Code: "bad-zip", Title: "a text that is not a ZIP code of the United States; it is kept", Fix: "correct the source, or drop the cleaner zip for foreign addresses"},
		{Code: "comparator-dropped", Title: "a number whose comparator or remark is lost", Fix: "use quantity, which keeps <, <=, >= and >"},
		{Code: "future-date", Title: "a date after the day of the export", Fix: "correct the source"},
		{Code: "lossy-text", Title: "characters that were left out or could not be read", Fix: "drop the cleaner ascii; save RTF of another code page as Unicode"},
		{Code: "no-timezone", Title: "a time without a zone, in a mapping without one", Fix: "set defaults.timezone in the mapping"},
		{Code: "out-of-range", Title: "a number outside of what the mapping allows", Fix: "correct the source or the limits"},
		{Code: "period-reversed", Title: "a period that ends before it starts", Fix: "correct the source, or map start and end apart"},
		{Code: "text-cut", Title: "a text that was shortened", Fix: "give it a larger max_len"},
		{Code: "too-early", Title: "a date before the earliest that the mapping allows", Fix: "correct the source or the limit"},
		{Code: "too-long", Title: "a text longer than the mapping allows", Fix: "shorten the source, or write max_len N cut"},
		{Code: "unknown-country", Title: "a text that names no country; it is kept", Fix: "correct the source, or map the value"},
		{Code: "unknown-state", Title: "a text that names no state of the United States; it is kept", Fix: "correct the source, or map the value"},
		{Code: "unknown-unit", Title: "a unit without a UCUM code; its text is kept", Fix: "map the unit to UCUM before quantity"},
		{Code: "unmapped-value", Title: "a value that the cleaner has no code for", Fix: "add the value to the mapping: map A=x B=y"},
	}
}
