package mappings

// GrammarKeys returns the keys of every section, for comparing them with the schema.
func GrammarKeys() map[string][]string {
	out := map[string][]string{}
	for _, section := range sectionNames() {
		out[section] = keyNames(section)
	}
	return out
}
