package fhir

// Member is where a member of a resource stands in its JSON text, so that who
// wrote the text can spare others looking for it.
type Member struct {
	Name       string
	Start, End int32 // of the value
}

// In returns the value's part of the text.
func (m Member) In(text []byte) []byte { return text[m.Start:m.End] }
