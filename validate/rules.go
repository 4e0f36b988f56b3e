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
	attachmentData     = "attachment-data"
	bindingAdvised     = "binding-advised"
	bindingRequired    = "binding-required"
	bundleURL          = "bundle-full-url"
	bundleLink         = "bundle-link"
	bundleSearch       = "bundle-search"
	cardinalityMax     = "cardinality-max"
	cardinalityMin     = "cardinality-min"
	choiceMissing      = "choice-missing"
	choiceMultiple     = "choice-multiple"
	codingUnknown      = "coding-unknown"
	containedID        = "contained-id"
	containedUnused    = "contained-unused"
	elementID          = "element-id"
	extensionContext   = "extension-context"
	extensionInvariant = "extension-invariant"
	extensionPart      = "extension-part"
	extensionModifier  = "extension-modifier"
	extensionUnknown   = "extension-unknown"
	extensionURL       = "extension-url"
	invariantFailed    = "invariant-failed"
	invariantUnchecked = "invariant-unchecked"
	narrativeEmpty     = "narrative-empty"
	narrativeUnsafe    = "narrative-unsafe"
	primitiveFormat    = "primitive-format"
	profileFixed       = "profile-fixed"
	profilePattern     = "profile-pattern"
	profileRange       = "profile-range"
	profileType        = "profile-type"
	profileUnknown     = "profile-unknown"
	referenceContained = "reference-contained"
	referenceFormat    = "reference-format"
	referenceSeveral   = "reference-ambiguous"
	referenceTarget    = "reference-target"
	referenceUnsolved  = "reference-unresolved"
	sliceClosed        = "slice-closed"
	sliceMissing       = "slice-missing"
	sliceOrder         = "slice-order"
	sliceSeveral       = "slice-several"
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
	unitUnknown        = "unit-unknown"
)

// Rules returns all rules, sorted by id.
func Rules() []Rule {
	return []Rule{
		{attachmentData, "value", "size or hash of an attachment is not that of its data", "Correct it, or leave it out."},
		{bindingAdvised, "code-invalid", "a code is not in the value set that the element should use, or has not the form of its system", "Map a code of the value set where one fits."},
		{bindingRequired, "code-invalid", "a code is not in the value set that the element is bound to", "Map the source's code to one of the value set."},
		{bundleURL, "value", "the fullUrl of an entry is not absolute, or not that of its resource", "Write urn:uuid:…, or the URL that ends with type and id."},
		{bundleLink, "value", "a link that a bundle has once only stands there twice", "Keep one of them."},
		{bundleSearch, "value", "an entry of a search's result is not what the search asks for, or has no id", "Correct search.mode or the link self, or leave the entry out."},
		{cardinalityMax, "structure", "an element is not allowed here", "Leave it out."},
		{cardinalityMin, "required", "a required element is missing", "Map it, give it a default, or reject the row."},
		{choiceMissing, "required", "a required choice element has no value of any type", "Map one of its types."},
		{choiceMultiple, "structure", "a choice element has values of two types", "Keep one of them."},
		{codingUnknown, "code-invalid", "a code system does not have the code", "Map a code that the system has, or correct the system."},
		{containedID, "structure", "a contained resource has no id, or one that is taken", "Give each contained resource an id of its own."},
		{containedUnused, "structure", "a contained resource is not referenced by its container", "Reference it by #id or leave it out."},
		{elementID, "value", "two elements of a resource have one id", "Give each its own, or leave them out."},
		{extensionContext, "extension", "an extension stands where its definition does not allow it", "Move it to an element that the message names, or leave it out."},
		{extensionInvariant, "extension", "what an extension stands in is not what its definition asks for", "Leave the extension out, or write what the rule asks for beside it."},
		{extensionModifier, "extension", "an extension that changes meaning stands among those that do not, or the other way round", "Move it to modifierExtension, or to extension."},
		{extensionPart, "extension", "an extension has a part that its definition does not have", "Correct the part's url, or leave it out."},
		{extensionUnknown, "extension", "neither R4 nor a guide that is loaded defines this extension", "Correct its url, or allow unknown extensions."},
		{extensionURL, "extension", "the url of an extension is not absolute", "Correct the url."},
		{invariantFailed, "invariant", "a rule that R4 states for this element does not hold; the message begins with its key", "Map what the rule asks for, or leave the element out."},
		{invariantUnchecked, "informational", "a rule of R4 could not be run on this value, such as one that compares two units", "Look at the values yourself."},
		{narrativeEmpty, "value", "there is nothing to read in a narrative", "Leave it out."},
		{narrativeUnsafe, "value", "a narrative is not the XHTML that FHIR allows: scripts, forms, other elements or attributes, other entities than those of XML", "Clean the narrative, or leave it out."},
		{primitiveFormat, "value", "a value does not have the format of its type", "Clean the source's value or leave the element out."},
		{profileFixed, "value", "a value is not the one that a profile fixes", "Write the value that the message names."},
		{profilePattern, "value", "a value lacks what a profile's pattern asks for", "Write the code or value that the message names; others may stand beside it."},
		{profileRange, "value", "a value is longer, smaller or larger than a profile allows", "Correct the source's value, or leave it out."},
		{profileType, "value", "a value or resource has a type, or does not have the profile, that a profile asks for", "Map one of the types that the message names."},
		{profileUnknown, "informational", "a profile that a resource names is in no guide that is loaded, so that it was not checked", "Load its guide: --ig FILE.tgz."},
		{referenceSeveral, "multiple-matches", "several entries of a bundle are what a reference may mean", "Give each entry a fullUrl of its own, or name the version."},
		{referenceContained, "not-found", "a #reference names no contained resource", "Contain that resource or reference another."},
		{referenceFormat, "value", "a literal reference is not written as FHIR demands", "Write Type/id, an absolute URL, urn:uuid:… or #id."},
		{referenceTarget, "value", "a reference points to a type of resource that the element does not allow", "Reference one of the allowed types."},
		{referenceUnsolved, "not-found", "a reference points to a resource that is not there", "Load the target too, or declare the reference external."},
		{sliceClosed, "structure", "an entry is none of the slices that a profile allows", "Leave it out, or write what makes it one of them."},
		{sliceMissing, "required", "a profile requires an entry of a slice that is not there", "Map an entry with the codes that the message names."},
		{sliceOrder, "structure", "entries do not stand in the order that a profile asks for", "Sort them as the message says."},
		{sliceSeveral, "structure", "an entry is two slices of a profile at once", "Make two entries of it, or leave one of the codes out."},
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
		{unitUnknown, "code-invalid", "UCUM has no such unit", "Write the code of UCUM, or leave system and code out."},
	}
}
