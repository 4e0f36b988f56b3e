package load

import "chartlift/internal/issue"

// Codes lists the stable codes of this package, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{
			Code: "reference-unresolved", Title: "a reference asks for a resource by a search, and the target cannot be searched",
			Fix: "name what is meant by its type and id",
		},
		{
			Code: "target-refuses", Title: "everything, or all of a type, is refused alike: a proxy, a firewall, scopes or the channel of an interface engine are in the way",
			Fix: "have it let writes through, then resume; what was refused is sent again",
		},
		{
			Code: "unsendable-resource", Title: "a resource has a type, an id or a form that no target takes",
			Fix: "correct the mapping rule that makes the id, then run again",
		},
	}
}
