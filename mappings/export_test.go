package mappings

// GrammarKeys returns the keys of every section, for comparing them with the
// schema.
func GrammarKeys() map[string][]string {
	out := map[string][]string{}
	for _, section := range sectionNames() {
		out[section] = keyNames(section)
	}
	return out
}

// Never reports whether two conditions are proved never to hold together.
func Never(a, b string) (bool, error) {
	var list []*Expr
	for _, text := range []string{a, b} {
		e, err := parsePredicate(text)
		if err != nil {
			return false, err
		}
		named(e)
		list = append(list, e)
	}
	return never(list...), nil
}

// named gives columns their names as the compiler does.
func named(e *Expr) {
	if e.Op == OpColumn {
		e.Operand = &Operand{Column: e.name.first}
	}
	for _, a := range e.Args {
		named(a)
	}
}
