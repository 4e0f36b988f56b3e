package sandbox

import "chartlift/fhir"

// statement is the CapabilityStatement (FHIR R4 section 5.2).
func (s *Server) statement() []byte {
	system := `{"code":"transaction"},{"code":"batch"}`
	if s.options.Faults.NoTransaction {
		system = `{"code":"batch"}`
	}
	updateCreate := "true"
	if s.options.Faults.NoClientIDs {
		updateCreate = "false"
	}
	b := []byte(`{"resourceType":"CapabilityStatement","status":"active","date":"2026-01-01","kind":"instance",` +
		`"software":{"name":"chartlift sandbox"},"implementation":{"description":"a server to rehearse against"},` +
		`"fhirVersion":"` + fhir.Version + `","format":["application/fhir+json"],` +
		`"rest":[{"mode":"server","interaction":[` + system + `],"resource":[`)
	for i, typ := range fhir.ResourceTypes() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"type":"`+typ+`","interaction":[{"code":"read"},{"code":"create"},{"code":"update"},{"code":"delete"},{"code":"search-type"}],`+
			`"versioning":"versioned","readHistory":false,"updateCreate":`+updateCreate+`,"conditionalCreate":true,`+
			`"searchParam":[{"name":"_id","type":"token"},{"name":"identifier","type":"token"},`+
			`{"name":"patient","type":"reference"},{"name":"subject","type":"reference"}]}`...)
	}
	return append(b, `]}]}`...)
}
