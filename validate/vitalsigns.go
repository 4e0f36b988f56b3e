package validate

import "chartlift/fhir"

// vitalSign returns the name of the profile that R4 demands of an Observation with the LOINC code
// (https://hl7.org/fhir/R4/observation-vitalsigns.html), "" for other codes. The reference validator takes some codes that
// mean the same for the ones of that page, and so do we.
func vitalSign(code string) string {
	switch code {
	case "85353-1":
		return "vitalspanel"
	case "9279-1":
		return "resprate"
	case "8867-4":
		return "heartrate"
	case "2708-6", "59408-5":
		return "oxygensat"
	case "8310-5":
		return "bodytemp"
	case "8302-2":
		return "bodyheight"
	case "9843-4", "8287-5":
		return "headcircum"
	case "29463-7", "3141-9":
		return "bodyweight"
	case "39156-5":
		return "bmi"
	case "85354-9", "55284-4", "35094-2", "8480-6":
		return "bp"
	}
	return ""
}

// implied takes down the profiles that follow from the codes of an Observation.
func (c *checker) implied(node int) {
	concept := c.tree.Find(node, "code")
	if concept == 0 {
		return
	}
	codings := c.tree.Find(concept, "coding")
	if codings == 0 || c.tree.Kind(codings) != fhir.Array {
		return
	}
	for n := c.tree.First(codings); n != 0; n = c.tree.Next(n) {
		name := vitalSign(c.tree.FindText(n, "code"))
		if name == "" || c.tree.FindText(n, "system") != "http://loinc.org" {
			continue
		}
		if p := c.profile("http://hl7.org/fhir/StructureDefinition/" + name); p != nil {
			c.plan = append(c.plan, p)
		}
	}
}
