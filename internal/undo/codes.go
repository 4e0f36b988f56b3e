package undo

import "chartlift/internal/issue"

// Why a resource stays as it is.
const (
	changedSince = "changed-since"
	noHistory    = "no-history"
	noVersion    = "no-version"
	notOurs      = "not-proved-ours"
	stillUsed    = "still-referred-to"
)

// Codes lists the stable codes of this package, sorted: why undo leaves a resource as it is.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: changedSince, Title: "somebody changed the resource after the run", Fix: "look at it by hand, or undo the later run first"},
		{Code: noHistory, Title: "the server does not tell what stood there before the run", Fix: "put back what was there by hand, from a copy of the server"},
		{Code: noVersion, Title: "the server tells no versions, so nobody can tell whether the resource was changed since", Fix: "look at it by hand"},
		{Code: notOurs, Title: "the run was killed, or an answer was lost, while the resource was sent, and it may be somebody else's", Fix: "of a killed run: resume it and undo it then; else look at it by hand"},
		{Code: stillUsed, Title: "the server does not delete the resource, because others refer to it", Fix: "undo the later run that refers to it first, or look at those by hand"},
	}
}
