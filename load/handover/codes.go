package handover

import "chartlift/internal/issue"

// Stable codes of files that give nothing to send.
const (
	NotLoaded   = "not-loaded"
	NoResources = "no-resources"
)

// Codes lists the stable codes of rows and files that are not sent, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "ambiguous-reference", Title: "a reference by an identifier means several resources of the files", Fix: "name the one that is meant by its type and id"},
		{Code: "bad-json", Title: "a row of a file to load is not JSON", Fix: "write the file again, or have it written again"},
		{Code: "bad-resource", Title: "a row of a file to load is no resource with a type of R4 and an id", Fix: "correct its resourceType, or give it an id"},
		{Code: "duplicate-resource", Title: "two rows have a resource of one type and id with different content", Fix: "keep one of them: the other would be overwritten"},
		{Code: NoResources, Title: "a file to load holds no resource: it is empty, or a bundle without entries", Fix: "see whether its export was cut short"},
		{Code: NotLoaded, Title: "a file of the folder to load was passed over", Fix: "convert tables and documents by a mapping, have FHIR in XML written as JSON, unpack archives; a README may stay"},
		{Code: "unsupported-request", Title: "an entry of a bundle asks for something else than to store a resource", Fix: "do by hand what it asks for"},
	}
}
