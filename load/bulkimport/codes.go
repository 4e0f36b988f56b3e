package bulkimport

import "chartlift/internal/issue"

// Codes lists the stable codes of this package, sorted. They end a run, as an
// error of fhirserver.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "bad-import-address", Title: "the address at which a server is to fetch files cannot be used", Fix: "write it as the message says"},
		{Code: "import-failed", Title: "a server gave a bulk import up, by no fault of a single resource", Fix: "the message says what to look at; then resume, or load without --bulk"},
		{Code: "import-not-fetched", Title: "a server took a bulk import and never asked for its files", Fix: "see that it reaches the address in the message; name another by --bulk-listen and --bulk-reach, or a storage by --bulk-storage"},
		{Code: "import-refused", Title: "a server does not take $import", Fix: "switch it on there, or load without --bulk"},
		{Code: "insecure-import", Title: "patient data would travel to the server in clear text", Fix: "put TLS before the address, or allow the host by name"},
	}
}
