package fhirserver

import "chartlift/internal/issue"

// Codes lists the stable codes of this package, sorted: those of an [Error],
// which end a run, and those of an entry's issues.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "ambiguous-reference", Title: "a reference by an identifier means several resources of the server", Fix: "merge them there, or name one by its id"},
		{Code: "bad-address", Title: "the server address cannot be used", Fix: "write https://host/path without credentials, query or fragment"},
		{Code: "bad-answer", Title: "the server answered with something that is not FHIR", Fix: "look for a proxy between here and the server; run again"},
		{Code: "conflict-on-server", Title: "another client kept writing the same resource", Fix: "run again when the other client has ended"},
		{Code: "duplicates-on-server", Title: "the server has the resource more than once", Fix: "delete there what is too many, then run again"},
		{Code: "forbidden", Title: "the credentials are known but may not do this", Fix: "ask for scopes that allow to write"},
		{Code: "gave-up", Title: "the server made no progress for the time allowed", Fix: "run again when the server is well; nothing is lost and nothing is doubled"},
		{Code: "in-doubt", Title: "a resource was sent and nobody can tell whether it arrived", Fix: "look on the server; it is not sent again by itself"},
		{Code: "insecure-address", Title: "patient data would travel in clear text", Fix: "use https, or allow the host by name"},
		{Code: "lying-server", Title: "the server does not do what its capability statement says", Fix: "the message says what, and what to do about it"},
		{Code: "no-update-as-create", Title: "the server does not let a client choose ids", Fix: "switch on updateCreate in the server"},
		{Code: "not-a-fhir-server", Title: "no FHIR server answers at the address", Fix: "check the path of the address; metadata must be served below it"},
		{Code: "not-compared", Title: "the server has the resource already, takes no changes of the type, and lets nobody read it", Fix: "look on the server by hand whether it is this form or an earlier one"},
		{Code: "not-updated", Title: "the server holds another form of the resource, an earlier one or one without a reference, and takes no changes", Fix: "change it on the server by hand"},
		{Code: "redirected", Title: "the server sends us to another address", Fix: "give that address if you trust it"},
		{Code: "reference-not-found", Title: "the server does not have what the resource refers to", Fix: "load that first, or see why it was refused"},
		{Code: "reference-unresolved", Title: "a reference asks for a resource by a search that the target cannot answer for certain", Fix: "name it by its id, or by one identifier"},
		{Code: "refused-by-server", Title: "the server does not accept the resource", Fix: "read the server's words in the report; correct the row or the mapping"},
		{Code: "server-down", Title: "the server does not answer", Fix: "check the address and that the server is up"},
		{Code: "server-error", Title: "the server failed over one resource again and again", Fix: "look into the server's log, then run again"},
		{Code: "server-lost-writes", Title: "the server fell, lost what it had acknowledged, and does not take it again", Fix: "look into the server's log, then run again with --full"},
		{Code: "too-large-for-server", Title: "one resource exceeds the server's size limit", Fix: "raise the limit or make the resource smaller"},
		{Code: "type-forbidden", Title: "the credentials may write other resources, but not this one", Fix: "ask for scopes that allow to write the type"},
		{Code: "type-not-supported", Title: "the server does not have this resource type", Fix: "map to another type or load it elsewhere"},
		{Code: "unauthorized", Title: "the server does not accept the credentials", Fix: "check the token or user"},
		{Code: "wrong-fhir-version", Title: "the server does not speak FHIR R4", Fix: "use the server's R4 endpoint"},
	}
}
