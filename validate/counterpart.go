package validate

import (
	"strings"

	"chartlift/fhir"
)

// structureBase begins the name of an invariant in the reference validator: the
// canonical URL of the type that states it, # and the key.
const structureBase = "http://hl7.org/fhir/StructureDefinition/"

// counterpart returns the message id by which the reference validator (HL7's
// org.hl7.fhir.core 6.7) reports the same, "" where it has none: what its JSON
// parser says has no id. Only ids stand here that it was seen to give for the
// rule.
func (c *checker) counterpart(f *finding) string {
	if f.theirs != "" {
		return f.theirs
	}
	switch f.rule {
	case invariantFailed:
		return f.home + "#" + f.invariant
	case primitiveFormat:
		return c.formatCounterpart(f)
	case bindingRequired:
		return c.bindingCounterpart()
	case narrativeUnsafe, narrativeEmpty:
		return structureBase + "Narrative#" + f.invariant
	}
	return sameRule(f.rule)
}

// sameRule is the counterpart of rules that have one only.
func sameRule(rule string) string {
	switch rule {
	case bundleLink:
		return "BUNDLE_LINK_SEARCH_NO_DUPLICATES"
	case bundleURL:
		return "BUNDLE_ENTRY_URL_MATCHES_TYPE_ID"
	case cardinalityMin, choiceMissing:
		return "Validation_VAL_Profile_Minimum"
	case cardinalityMax:
		return "Validation_VAL_Profile_Maximum"
	case codingUnknown, unitUnknown:
		return "Terminology_PassThrough_TX_Message"
	case containedID:
		return "Resource_RES_ID_Missing"
	case containedUnused:
		return "CONTAINED_ORPHAN_DOM3"
	case elementID:
		return "DUPLICATE_ID"
	case extensionContext:
		return "Extension_EXTP_Context_Wrong"
	case extensionInvariant:
		return "Profile_EXT_Not_Here"
	case extensionModifier:
		return "Extension_EXT_Modifier_Y"
	case extensionPart:
		return "Extension_EXT_SubExtension_Invalid"
	case extensionURL:
		return "Extension_EXT_URL_Absolute"
	case profileType:
		return "Extension_EXT_Type"
	case referenceContained:
		return "Reference_REF_CantResolve"
	case referenceFormat:
		return "REFERENCE_REF_INVALID_REF"
	case referenceSeveral:
		return "Bundle_BUNDLE_MultipleMatches"
	case referenceTarget:
		return "Reference_REF_BadTargetType"
	case referenceUnsolved:
		return "Bundle_BUNDLE_Entry_NotFound"
	case sliceMissing:
		return "Validation_VAL_Profile_Minimum_SLICE"
	}
	return ""
}

// bindingCounterpart depends on the type of the coded element.
func (c *checker) bindingCounterpart() string {
	last := &c.frames[len(c.frames)-1]
	if last.element == nil {
		return ""
	}
	switch last.element.Type {
	case "CodeableConcept":
		return "Terminology_TX_NoValid_1_CC"
	case "Coding", "Quantity":
		return "Terminology_TX_NoValid_12"
	}
	return "Terminology_TX_NoValid_16"
}

// formatCounterpart depends on the type of the value.
func (c *checker) formatCounterpart(f *finding) string {
	last := &c.frames[len(c.frames)-1]
	if last.element == nil || f.node == 0 {
		return ""
	}
	text := c.tree.Text(f.node)
	switch typ := last.element.Type; typ {
	case "Identifier":
		return "Type_Specific_Checks_DT_Identifier_System"
	case "id":
		return idCounterpart(last.element, c.owner(), text)
	case "date", "time", "base64Binary", "decimal":
		return "Type_Specific_Checks_DT_" + map[string]string{"date": "Date", "time": "Time", "base64Binary": "Base64", "decimal": "Decimal"}[typ] + "_Valid"
	case "dateTime", "instant":
		return "Type_Specific_Checks_DT_DateTime_Valid"
	case "integer", "positiveInt", "unsignedInt":
		return integerCounterpart(typ, text)
	case "code":
		return emptyOr(text, "Type_Specific_Checks_DT_Code_WS")
	case "uri", "url", "canonical", "oid", "uuid":
		return emptyOr(text, uriCounterpart(typ, text))
	}
	return emptyOr(text, "")
}

func emptyOr(text, id string) string {
	if text == "" {
		return "Type_Specific_Checks_DT_Primitive_NotEmpty"
	}
	return id
}

func idCounterpart(e *fhir.Element, owner *fhir.TypeDef, text string) string {
	switch {
	case e.Name != "id" || owner == nil || owner.Kind != fhir.ResourceKind:
		return "Type_Specific_Checks_DT_ID_Valid"
	case len(text) > 64:
		return "Resource_RES_ID_Malformed_Length"
	}
	return "Resource_RES_ID_Malformed_Chars"
}

func integerCounterpart(typ, text string) string {
	if fhir.CheckPrimitive("integer", text) != nil {
		return "Type_Specific_Checks_DT_Integer_Valid"
	}
	if typ == "positiveInt" {
		return "Type_Specific_Checks_DT_Integer_LT1"
	}
	return "Type_Specific_Checks_DT_Integer_LT0"
}

func uriCounterpart(typ, text string) string {
	switch {
	case strings.ContainsAny(text, " \t\r\n"):
		return "Type_Specific_Checks_DT_URI_WS"
	case strings.HasPrefix(text, "urn:oid:") || typ == "oid":
		return "Type_Specific_Checks_DT_OID_Valid"
	case strings.HasPrefix(text, "urn:uuid:") || typ == "uuid":
		return "Type_Specific_Checks_DT_UUID_Valid"
	case typ == "canonical":
		return "TYPE_SPECIFIC_CHECKS_CANONICAL_ABSOLUTE"
	}
	return ""
}
