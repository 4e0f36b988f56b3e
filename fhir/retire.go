package fhir

import "errors"

// enteredInError is FHIR's code for what should never have been written.
const enteredInError = "entered-in-error"

// ErrNoRetirement says that a type has no status that means entered in error:
// Patient, Organization, …
var ErrNoRetirement = errors.New("the type has no status entered-in-error")

// EnteredInError returns the resource marked as entered in error, in canonical
// form and without version and time of its meta: by its status, or of
// conditions and allergies by the verification status, with which they must
// have no clinical status (FHIR R4, invariants con-5 and ait-2).
func EnteredInError(resource []byte) ([]byte, error) {
	var t Tree
	if err := t.Parse(resource); err != nil {
		return nil, err
	}
	def, ok := t.resourceType(0)
	if !ok {
		return nil, ErrNoResource
	}
	key, value := "", ""
	if e, _, ok := def.Element("status"); ok && e.Binding != nil && e.Binding.Has("", enteredInError) {
		key, value = "status", `"`+enteredInError+`"`
	} else if e, _, ok := def.Element("verificationStatus"); ok && e.Binding != nil && e.Binding.Has("", enteredInError) {
		key = "verificationStatus"
		value = `{"coding":[{"system":"` + systemOf(e.Binding) + `","code":"` + enteredInError + `"}]}`
	}
	if key == "" {
		return nil, ErrNoRetirement
	}
	out := []byte{'{'}
	for c := t.First(0); c != 0; c = t.Next(c) {
		name, text := t.Key(c), t.Raw(c)
		switch {
		case name == key || name == "_"+key || key == "verificationStatus" && name == "clinicalStatus":
			continue
		case name == "meta":
			text = ownedMeta(&t, c)
		}
		out = append(append(append(AppendString(out, name), ':'), text...), ',')
	}
	out = append(append(append(AppendString(out, key), ':'), value...), '}')
	return Canonical(out)
}

// systemOf returns the system of the code in a binding.
func systemOf(b *Binding) string {
	for _, c := range b.Codes {
		if c.Code == enteredInError {
			return c.System
		}
	}
	return ""
}

// ownedMeta is meta without what servers write at each change.
func ownedMeta(t *Tree, meta int) string {
	out := []byte{'{'}
	for c := t.First(meta); c != 0; c = t.Next(c) {
		if key := t.Key(c); key != "versionId" && key != "lastUpdated" {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(append(AppendString(out, key), ':'), t.Raw(c)...)
		}
	}
	return string(append(out, '}'))
}
