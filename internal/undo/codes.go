package undo

import "chartlift/internal/issue"

// Why a resource stays as it is.
const (
	changedSince = "changed-since"
	noHistory    = "no-history"
	noVersion    = "no-version"
	notOurs      = "not-proved-ours"
	notDeleted   = "not-deleted-by-server"
	notChanged   = "not-changed-by-server"
	refused      = "undo-refused"
	stillUsed    = "still-referred-to"
)

// Codes lists the stable codes of this package, sorted: why undo leaves a
// resource as it is.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: changedSince, Title: "somebody changed the resource after the run", Fix: "look at it by hand, or undo the later run first"},
		{Code: noHistory, Title: "the server does not tell what stood there before the run", Fix: "put back what was there by hand, from a copy of the server"},
		{Code: noVersion, Title: "the server tells no versions, so nobody can tell whether the resource was changed since", Fix: "look at it by hand"},
		{Code: notChanged, Title: "the server takes no changes of the type, so what stood there before the run cannot be put back", Fix: "put it back by hand, or by a way that the server's vendor offers"},
		{Code: notDeleted, Title: "the server deletes nothing of the type, for nobody", Fix: "have it removed, or marked as entered in error, by a way that the server's vendor offers"},
		{Code: notOurs, Title: "the run was killed, or an answer was lost, while the resource was sent, and it may be somebody else's", Fix: "of a killed run: resume it and undo it then; else look at it by hand"},
		{Code: stillUsed, Title: "the server does not delete the resource, because others refer to it", Fix: "undo the later run that refers to it first, or look at those by hand"},
		{Code: refused, Title: "the server refused to take the resource back, for a reason of its own", Fix: "read what the server logs of it, and take it back by hand"},
	}
}
