package handover

import "chartlift/internal/issue"

// Codes lists the stable codes of rows that are not sent, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "ambiguous-reference", Title: "a reference by an identifier means several resources of the files", Fix: "name the one that is meant by its type and id"},
		{Code: "bad-json", Title: "a row of a file to load is not JSON", Fix: "write the file again, or have it written again"},
		{Code: "bad-resource", Title: "a row of a file to load is no resource with a type of R4 and an id", Fix: "correct its resourceType, or give it an id"},
		{Code: "duplicate-resource", Title: "two rows have a resource of one type and id with different content", Fix: "keep one of them: the other would be overwritten"},
		{Code: "unsupported-request", Title: "an entry of a bundle asks for something else than to store a resource", Fix: "do by hand what it asks for"},
	}
}
