package validate

// Rule is one thing that is checked. ID is the stable code of its issues.
type Rule struct {
	ID   string
	Type string // FHIR issue-type of its issues
	Doc  string // what is wrong, half a sentence
	Fix  string // what the user does about it
}

// The ids of the rules.
const (
	bindingRequired    = "binding-required"
	cardinalityMax     = "cardinality-max"
	cardinalityMin     = "cardinality-min"
	choiceMissing      = "choice-missing"
	choiceMultiple     = "choice-multiple"
	containedID        = "contained-id"
	containedUnused    = "contained-unused"
	extensionUnknown   = "extension-unknown"
	invariantFailed    = "invariant-failed"
	invariantUnchecked = "invariant-unchecked"
	narrativeEmpty     = "narrative-empty"
	narrativeUnsafe    = "narrative-unsafe"
	primitiveFormat    = "primitive-format"
	referenceContained = "reference-contained"
	referenceFormat    = "reference-format"
	referenceTarget    = "reference-target"
	referenceUnsolved  = "reference-unresolved"
	structureArray     = "structure-array"
	structureDuplicate = "structure-duplicate-key"
	structureEmpty     = "structure-empty"
	structureJSON      = "structure-json"
	structureJSONType  = "structure-json-type"
	structureNull      = "structure-null"
	structureSibling   = "structure-sibling"
	structureSingle    = "structure-single"
	structureType      = "structure-resource-type"
	structureUnknown   = "structure-unknown-element"
)

// Rules returns all rules, sorted by id.
func Rules() []Rule {
	return []Rule{
		{bindingRequired, "code-invalid", "a code is not in the value set that the element is bound to", "Map the source's code to one of the value set."},
		{cardinalityMax, "structure", "an element is not allowed here", "Leave it out."},
		{cardinalityMin, "required", "a required element is missing", "Map it, give it a default, or reject the row."},
		{choiceMissing, "required", "a required choice element has no value of any type", "Map one of its types."},
		{choiceMultiple, "structure", "a choice element has values of two types", "Keep one of them."},
		{containedID, "structure", "a contained resource has no id, or one that is taken", "Give each contained resource an id of its own."},
		{containedUnused, "structure", "a contained resource is not referenced by its container", "Reference it by #id or leave it out."},
		{extensionUnknown, "extension", "neither R4 nor US Core defines this extension", "Correct its url, or allow unknown extensions."},
		{invariantFailed, "invariant", "a rule that R4 states for this element does not hold; the message begins with its key", "Map what the rule asks for, or leave the element out."},
		{invariantUnchecked, "informational", "a rule of R4 could not be run on this value, such as one that compares two units", "Look at the values yourself."},
		{narrativeEmpty, "value", "there is nothing to read in a narrative", "Leave it out."},
		{narrativeUnsafe, "value", "a narrative is not the XHTML that FHIR allows: scripts, forms, other elements or attributes, other entities than those of XML", "Clean the narrative, or leave it out."},
		{primitiveFormat, "value", "a value does not have the format of its type", "Clean the source's value or leave the element out."},
		{referenceContained, "not-found", "a #reference names no contained resource", "Contain that resource or reference another."},
		{referenceFormat, "value", "a literal reference is not written as FHIR demands", "Write Type/id, an absolute URL, urn:uuid:… or #id."},
		{referenceTarget, "value", "a reference points to a type of resource that the element does not allow", "Reference one of the allowed types."},
		{referenceUnsolved, "not-found", "a reference points to a resource that is not there", "Load the target too, or declare the reference external."},
		{structureArray, "structure", "an element that repeats is not an array", "Put the value into an array."},
		{structureDuplicate, "structure", "a JSON object has a key twice", "Remove one of the two."},
		{structureEmpty, "structure", "an object or array is empty", "Leave it out."},
		{structureJSON, "structure", "the text is not JSON", "Correct the text at this place."},
		{structureJSONType, "structure", "a value has the wrong JSON type", "Write text in quotes; numbers and true or false without."},
		{structureNull, "structure", "null stands where FHIR has no null", "Leave the element out."},
		{structureType, "structure", "resourceType is missing or unknown", "Name a resource type of R4."},
		{structureSibling, "structure", "an _element does not match its element", "Make both arrays equally long, with null where one has nothing."},
		{structureSingle, "structure", "an element that does not repeat is an array", "Keep one value, without brackets."},
		{structureUnknown, "structure", "R4 does not define this element here", "Correct the name, or use an extension."},
	}
}
