package profile

import "strings"

// fold does to a branch that a differential names by itself (valueQuantity)
// what the publishers' tools do: inside a slice the choice is narrowed to it;
// elsewhere it is a slice, and if it is required, the only one.
func fold(n *Node, sliced bool) {
	for _, c := range n.Children {
		if strings.HasSuffix(c.Name, "[x]") && len(c.Slices) == 1 && c.Slicing == nil && c.Slices[0].Types != nil {
			narrow(c, c.Slices[0], sliced)
		}
		fold(c, sliced)
	}
	for _, s := range n.Slices {
		fold(s, true)
	}
}

func narrow(n, branch *Node, sliced bool) {
	if !sliced && branch.Min < 1 {
		return
	}
	n.Types, n.base = branch.Types, branch.base
	if !sliced {
		n.Min = max(n.Min, branch.Min)
		n.Slicing = &Slicing{Discriminators: []Discriminator{{"type", "$this"}}, Rules: "closed"}
		return
	}
	id := n.ID
	*n = *branch
	n.Slice = ""
	rename(n, branch.ID, id)
}

// rename gives the nodes below n the ids of their new place.
func rename(n *Node, from, to string) {
	n.ID = strings.Replace(n.ID, from, to, 1)
	for _, c := range n.Children {
		rename(c, from, to)
	}
	for _, s := range n.Slices {
		rename(s, from, to)
	}
}

// share lets an element with a contentReference take the constraints of the
// element that it names, where that is one of the profile itself
// (#Questionnaire.item) and not one of R4 (http://…#Questionnaire.item).
func share(root, n *Node) {
	if path, own := strings.CutPrefix(n.content, "#"); own && len(n.Children) == 0 {
		if target := findPath(root, path); target != nil && target != n && len(target.Children) > 0 {
			n.shares = target
		}
	}
	for _, c := range n.Children {
		share(root, c)
	}
	for _, s := range n.Slices {
		share(root, s)
	}
}

func findPath(root *Node, path string) *Node {
	names := strings.Split(path, ".")
	if names[0] != root.Name {
		return nil
	}
	var steps []step
	for _, name := range names[1:] {
		steps = append(steps, step{name: name})
	}
	return find(root, steps)
}
