package mappings

import "chartlift/internal/issue"

// Codes documents the findings of a check, sorted by code.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "E0100", Title: "the mapping file cannot be read", Fix: "check the path given to --mapping, or name a shipped mapping"},
		{Code: "E0101", Title: "the file is not readable YAML", Fix: "mend the place shown"},
		{Code: "E0102", Title: "YAML feature outside the language", Fix: "write the value out; use params for repeated texts"},
		{Code: "E0103", Title: "unknown key", Fix: "use the key suggested, or one of chartlift mappings schema"},
		{Code: "E0104", Title: "wrong shape: text, list or keys expected", Fix: "write the shape that the message names"},
		{Code: "E0105", Title: "a needed key is missing", Fix: "add it"},
		{Code: "E0106", Title: "unknown version of the language or of FHIR", Fix: "use version 1 and FHIR 4.0.1"},
		{Code: "E0107", Title: "a key has a value that it cannot have", Fix: "use one of the values named"},
		{Code: "E0108", Title: "unknown param", Fix: "declare it under params"},
		{Code: "E0109", Title: "a text names something that cannot stand there", Fix: "use ${param.NAME}, or what the message names"},
		{Code: "E0110", Title: "unknown resource type", Fix: "use a resource type of FHIR R4"},
		{Code: "E0112", Title: "unknown element", Fix: "use the element suggested"},
		{Code: "E0113", Title: "list where one value stands", Fix: "write one value"},
		{Code: "E0114", Title: "one value where a list stands", Fix: "write a list"},
		{Code: "E0115", Title: "two branches of a choice can both be live", Fix: "give each a condition that excludes the other"},
		{Code: "E0116", Title: "a required element is missing", Fix: "map it"},
		{Code: "E0117", Title: "members where a value stands, or the reverse", Fix: "write members for data types, a value for primitives"},
		{Code: "E0118", Title: "unknown extension, or a part or type that it does not have", Fix: "write its canonical URL, or the part suggested"},
		{Code: "E0119", Title: "unknown profile, or one for another resource", Fix: "write its canonical URL"},
		{Code: "E0201", Title: "unknown source", Fix: "declare it under sources"},
		{Code: "E0203", Title: "a column that the table does not have", Fix: "use the column suggested, rename it, or declare it optional: NAME: string?"},
		{Code: "E0204", Title: "unknown lookup, or several rows where one is needed", Fix: "declare the lookup; use each for several rows"},
		{Code: "E0205", Title: "a needed column stands twice in the header", Fix: "rename one of them in the file"},
		{Code: "E0206", Title: "the map has no key, or one that it cannot have", Fix: "name the columns that tell one resource from another"},
		{Code: "E0207", Title: "none of the mapping's tables is there", Fix: "check --source; chartlift check shows which file names are looked for"},
		{Code: "E0301", Title: "a pipe or condition cannot be read", Fix: "mend the place shown"},
		{Code: "E0302", Title: "unknown cleaner", Fix: "use the cleaner suggested"},
		{Code: "E0303", Title: "wrong arguments of a cleaner", Fix: "see chartlift mappings cleaners NAME"},
		{Code: "E0304", Title: "a cleaner gets a type that it does not take", Fix: "change the order of the pipe"},
		{Code: "E0305", Title: "the pipe gives another type than the element has", Fix: "add the cleaner that makes the type"},
		{Code: "E0306", Title: "a constant is not of the element's type", Fix: "mend the constant"},
		{Code: "E0307", Title: "a code outside the required value set", Fix: "use one of its codes"},
		{Code: "E0401", Title: "unknown crosswalk", Fix: "declare it under crosswalks"},
		{Code: "E0402", Title: "a crosswalk file cannot be read", Fix: "check its path, columns and form"},
		{Code: "E0403", Title: "a source code with two targets", Fix: "keep one of them"},
		{Code: "E0501", Title: "reference to an unknown map", Fix: "use the map suggested"},
		{Code: "E0502", Title: "a reference's key does not fit the map's key", Fix: "give as many values as the map has key columns"},
		{Code: "E0503", Title: "a reference to a type that the element does not allow", Fix: "refer to one of the types named"},
		{Code: "W0203", Title: "an optional column is not there", Fix: "nothing, if that is right"},
		{Code: "W0207", Title: "a table of the mapping is not there", Fix: "nothing, if the old system has none"},
	}
}
