package mappings

// keyDoc is one key that a section of the language knows. Kind names its value:
// text, bool, int, texts (a list of texts), any, "map of NAME", "list of NAME"
// or the name of a section. The same table steers the reading of a mapping, its
// messages and its JSON Schema.
type keyDoc struct {
	name, kind, doc string
}

// grammar returns the keys of a section, nil where there is no such section.
func grammar(section string) []keyDoc {
	for _, s := range sections() {
		if s.name == section {
			return s.keys()
		}
	}
	return nil
}

// sections lists the sections of the language.
func sections() []section {
	return []section{
		{"mapping", mappingKeys},
		{"project", projectKeys},
		{"source", sourceKeys},
		{"view", viewKeys},
		{"fragment", fragmentKeys},
		{"map", mapKeys},
		{"csv", csvKeys},
		{"xlsx", xlsxKeys},
		{"sql_dump", sqlDumpKeys},
		{"sqlite", sqliteKeys},
		{"hl7v2", hl7v2Keys},
		{"ccda", ccdaKeys},
		{"dedupe", dedupeKeys},
		{"near", nearKeys},
		{"rows", rowsKeys},
		{"defaults", defaultsKeys},
		{"two_digit_year", twoDigitYearKeys},
		{"policy", policyKeys},
		{"limit", limitKeys},
		{"crosswalk", crosswalkKeys},
		{"displays", displaysKeys},
		{"check", checkKeys},
		{"lookup", lookupKeys},
		{"match", matchKeys},
		{"output", outputKeys},
		{"bundle", bundleKeys},
		{"provenance", provenanceKeys},
		{"meta", metaKeys},
		{"plausibility", plausibilityKeys},
		{"test file", testFileKeys},
		{"test", testKeys},
		{"expected issue", expectedIssueKeys},
	}
}

// section is a part of a mapping file with keys of its own.
type section struct {
	name string
	keys func() []keyDoc
}

func mappingKeys() []keyDoc {
	return []keyDoc{
		{"chartlift", "text", "Version of the mapping language; 1."},
		{"id", "text", "Name of this mapping."},
		{"version", "text", "Version of this mapping."},
		{"title", "text", "What this mapping does, in one line."},
		{"extends", "texts", "A file beside this one, or a shipped mapping, NAME or NAME@VERSION: what this file says is merged over it. Several are put together."},
		{"fhir", "text", "FHIR version of the resources; 4.0.1."},
		{"packages", "texts", "Implementation guides whose profiles are used: packages (.tgz), folders or .json files beside this file, or us-core (6.1.0), which comes along."},
		{"params", "map of text", "Texts used as ${param.NAME}; overridden by --set NAME=VALUE."},
		{"defaults", "defaults", "What holds for every source and map that does not say otherwise."},
		{"sources", "map of source", "The tables to read."},
		{"views", "map of view", "Tables that are made by SQL of other tables."},
		{"crosswalks", "map of crosswalk", "Tables that translate local codes."},
		{"displays", "map of displays", "Names of standard codes, from files of your own."},
		{"fragments", "map of fragment", "Values that are written once and used in several elements: { fragment: NAME, with: { … } }."},
		{"maps", "map of map", "The rules: one resource of each row."},
		{"match", "match", "patients, or how: records of one person are found, linked or merged."},
		{"output", "output", "How resources are grouped and stamped."},
		{"plausibility", "map of plausibility", "Rules of plausibility that are tuned or silenced for this site."},
		{"tests", "list of test", "Rows with what must become of them, for chartlift test."},
	}
}

func projectKeys() []keyDoc {
	return []keyDoc{
		{"chartlift", "text", "Version of the language; 1."},
		{"mapping", "text", "Mapping file of the project, or the name of a shipped mapping."},
		{"sources", "texts", "Files and folders to read, relative to the project folder."},
		{"target", "any", "Where to deliver: a folder, the address of a FHIR server, or sandbox:; or { url: ADDRESS, … } with flags of delivery beside it, such as client-id."},
		{"params", "map of text", "Params of the mapping, as --set NAME=VALUE."},
		{"options", "any", "Other flags by their names, such as fail-on: never; lists for flags that may be given several times."},
	}
}

func sourceKeys() []keyDoc {
	return []keyDoc{
		{"csv", "csv", "A CSV file, or its kin."},
		{"xlsx", "xlsx", "A sheet of a workbook."},
		{"sql_dump", "sql_dump", "A table inside an SQL dump."},
		{"sqlite", "sqlite", "A table of an SQLite database file."},
		{"hl7v2", "hl7v2", "A segment of HL7 v2 messages."},
		{"ccda", "ccda", "A table of C-CDA documents: patient, problems, allergies …"},
		{"key", "texts", "Columns that name a row; _line where there is no key."},
		{"dedupe", "dedupe", "Rows with equal values that are to be merged."},
		{"where", "text", "SQL condition; other rows are counted as filtered."},
		{"columns", "map of text", "Types of columns: string, date, datetime, integer, decimal, boolean, enum(A,B); ! required, ? optional."},
		{"nulls", "texts", "Texts that mean NULL in this source."},
		{"trim", "bool", "Whether white space around values is removed."},
		{"rows", "rows total", "How many rows the table has in the old system: a number, a param, or a line of a control file."},
		{"policy", "policy", "What is done about trouble in this table, its limit included."},
		{"rename", "map of text", "Column names as they are: as this mapping calls them."},
	}
}

func viewKeys() []keyDoc {
	return []keyDoc{
		{"sql", "text", "One SELECT over sources and other views."},
		{"key", "texts", "Columns that name a row; the key of its maps, and the order of its rows."},
		{"rows", "texts", "Tables of which its rows are made, for the ledger; the first one behind FROM if not given."},
	}
}

func mapKeys() []keyDoc {
	return []keyDoc{
		{"from", "text", "The source or view whose rows are mapped."},
		{"resource", "text", "FHIR resource type."},
		{"profile", "any", "Profile id or canonical URL (or a list) for meta.profile."},
		{"id", "text", "Pipe that gives the id where it is a valid one; otherwise a UUID of the key."},
		{"key", "texts", "Columns that name the resource; the source's key if not given."},
		{"where", "text", "SQL condition; rows that do not meet it make no resource here."},
		{"lookup", "map of lookup", "Rows of other sources joined by equal values."},
		{"group", "texts", "Columns whose equal values make one resource of several rows."},
		{"policy", "policy", "What is done about bad values, unmapped codes and missing references."},
		{"dedupe", "map dedupe", "What is kept of resources that tell the same, of this map and others: first, last, newest, final or severest; or { on: [ELEMENT], keep: … }."},
		{"updated", "text", "Pipe that gives the time at which the row was last changed, for match."},
		{"check", "list of check", "Demands on each row, and what is done where one is not met."},
		{"elements", "any", "The elements, by their FHIR JSON names."},
	}
}

func csvKeys() []keyDoc {
	return []keyDoc{
		{"path", "text", "File name; * stands for any text. Suffixes such as .gz need not be named."},
		{"encoding", "text", "auto, or a name such as windows-1252."},
		{"delimiter", "text", "auto, tab, or one character."},
		{"quote", "text", "auto, none, or one character."},
		{"escape", "text", "The character that escapes a quote, if quotes are not doubled."},
		{"header", "text", "auto, none, or the number of the header row."},
		{"skip_after_header", "int", "Rows to leave out right after the header."},
		{"ragged", "text", "reject (default) or pad: rows with fewer cells than the header."},
	}
}

func xlsxKeys() []keyDoc {
	return []keyDoc{
		{"path", "text", "File name of the workbook."},
		{"sheet", "text", "Name of the sheet."},
		{"header", "text", "auto, none, or the number of the header row."},
		{"skip_after_header", "int", "Rows to leave out right after the header."},
		{"range", "text", "Columns, such as B:H."},
		{"hidden", "text", "keep (default) or skip: hidden sheets, rows and columns."},
		{"merged", "text", "fill: every cell of a merged range has its value; otherwise the first alone."},
	}
}

func sqlDumpKeys() []keyDoc {
	return []keyDoc{
		{"path", "text", "File name of the dump."},
		{"table", "text", "Table in the dump."},
		{"schema", "text", "Schema or database of the table."},
		{"dialect", "text", "auto, mysql, postgres, mssql, sqlite or oracle."},
		{"encoding", "text", "auto, or a name such as windows-1252."},
	}
}

func sqliteKeys() []keyDoc {
	return []keyDoc{
		{"path", "text", "File name of the database."},
		{"table", "text", "Table or view in it."},
	}
}

func ccdaKeys() []keyDoc {
	return []keyDoc{
		{"path", "text", "File name of the documents; * stands for any text."},
		{"table", "text", "Header or section: document, patient, problems, allergies, medications, immunizations, results …"},
	}
}

func hl7v2Keys() []keyDoc {
	return []keyDoc{
		{"path", "text", "File name, * for any text."},
		{"segment", "text", "Segment such as OBX, the repetitions of a field such as PID.3, or all values of a data type: XCN (people), XON (organizations), PL (locations), CX, XPN, XAD, XTN."},
		{"encoding", "text", "auto, or a name such as windows-1252, whatever the messages say."},
	}
}

func dedupeKeys() []keyDoc {
	return []keyDoc{
		{"on", "texts", "Of a source: columns whose equal values make rows the same. Of a map: elements, NAME? where it may be absent."},
		{"keep", "text", "first or last; of a map also newest, final or severest."},
		{"order_by", "text", "_line: the order of the rows in the file."},
		{"near", "near", "Of a map: how far two may lie apart that nearly tell the same, and what becomes of them."},
	}
}

func nearKeys() []keyDoc {
	return []keyDoc{
		{"within", "text", "How far apart times of the key may be: 30s, 15min, 2h, 4d. A date is a day long."},
		{"rounded", "texts", "Elements of the key whose numbers may differ by rounding: 7.35 and 7.4, but not 7.35 and 7.36."},
		{"then", "text", "report (as if not given): both stay, and are named; or merge: the row of one is merged into that of the other."},
	}
}

func defaultsKeys() []keyDoc {
	return []keyDoc{
		{"trim", "bool", "Whether white space around values is removed; true."},
		{"nulls", "texts", "Texts that mean NULL; looked at after trimming."},
		{"timezone", "text", "IANA zone of times that carry none."},
		{"dates", "texts", "Date formats, tried in order: YYYY-MM-DD, M/D/YYYY …"},
		{"two_digit_year", "two_digit_year", "How two-digit years are read."},
		{"policy", "policy", "What is done about trouble."},
	}
}

func twoDigitYearKeys() []keyDoc {
	return []keyDoc{{"pivot", "int", "Years above it are 19xx, others 20xx."}}
}

func policyKeys() []keyDoc {
	return []keyDoc{
		{"bad_value", "policy name", "A value that cannot be understood."},
		{"missing_column", "policy name", "A column that the table lacks; stop-run or omit-element."},
		{"unmapped_code", "policy name", "A code that a crosswalk does not know."},
		{"missing_reference", "policy name", "A reference to a row that is not there."},
		{"limit", "limit", "Stop when too many rows are rejected."},
	}
}

func limitKeys() []keyDoc {
	return []keyDoc{
		{"rejected", "text", "Share of the rows, such as 2%."},
		{"after", "int", "Rows of the table to wait for before looking."},
	}
}

func crosswalkKeys() []keyDoc {
	return []keyDoc{
		{"inline", "map of text", "Source code: target code."},
		{"csv", "texts", "CSV file of the table, beside the mapping; or several."},
		{"conceptmap", "text", "FHIR ConceptMap (JSON), beside the mapping."},
		{"gem", "text", "General Equivalence Mapping between ICD-9-CM and ICD-10-CM, beside the mapping."},
		{"rf2", "text", "Map reference set of SNOMED CT (Release Format 2), beside the mapping; with refset and system."},
		{"refset", "text", "rf2: id of the reference set."},
		{"worklist", "texts", "CSV file that report unmapped-codes wrote, with targets filled in."},
		{"from", "text", "CSV: column of the source code."},
		{"to", "text", "CSV: column of the target code."},
		{"display", "text", "CSV: column of the target's display."},
		{"system", "text", "Code system URI of the targets."},
		{"source_system", "text", "Code system URI of the source codes, for keep-source."},
		{"equivalence", "texts", "conceptmap, gem, rf2: the equivalences to accept; equivalent, equal, wider and relatedto if not given."},
		{"unmapped", "any", "keep-text, keep-source, omit-element, reject-resource, reject-row, stop-run, or { use: CODE, system: URI, display: TEXT }."},
	}
}

func lookupKeys() []keyDoc {
	return []keyDoc{
		{"in", "text", "The source or view to look in."},
		{"on", "map of text", "Its column: the value it must equal. Empty keys never match."},
		{"many", "bool", "Whether several rows may match."},
	}
}

func testFileKeys() []keyDoc {
	return []keyDoc{
		{"chartlift", "text", "Version of the mapping language; 1."},
		{"tests", "list of test", "Rows with what must become of them."},
	}
}

func testKeys() []keyDoc {
	return []keyDoc{
		{"name", "text", "What the test shows, in a few words."},
		{"map", "text", "The map that is tested."},
		{"given", "any", "SOURCE: a row, or a list of rows, by the mapping's column names."},
		{"expect", "any", "Members that the resource must have, a list of resources, rejected or filtered."},
		{"expect_count", "int", "How many resources the map makes."},
		{"expect_issues", "any", "The findings: a list of { rule, code, value }; [] for none."},
	}
}

func expectedIssueKeys() []keyDoc {
	return []keyDoc{
		{"rule", "text", "Address of the rule."},
		{"code", "text", "Stable code, such as bad-date."},
		{"value", "text", "The value found."},
	}
}

func sectionNames() []string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

// policyNames are the words that stand for a Policy.
func policyNames() map[string]Policy {
	return map[string]Policy{
		"omit-element": OmitElement, "reject-resource": RejectResource, "reject-row": RejectRow,
		"stop-run": StopRun, "keep-text": KeepText, "keep-source": KeepSource,
	}
}
