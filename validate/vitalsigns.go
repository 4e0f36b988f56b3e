package validate

import "chartlift/fhir"

// vitalSign returns the name of the profile that R4 demands of an Observation
// with the LOINC code (https://hl7.org/fhir/R4/observation-vitalsigns.html), ""
// for other codes. The reference validator takes some codes that mean the same
// for the ones of that page, and so do we.
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

// likeVitalSign returns the profile of further LOINC codes, of other methods
// and places of measuring, whose observations the reference validator holds to
// it. By the letter of R4 they may stand beside a code of its page; nothing
// follows from them alone.
func likeVitalSign(code string) string {
	switch code {
	case "76170-0", "76172-6", "76171-8", "19840-8", "33438-3", "76270-8", "11291-2":
		return "resprate"
	case "60978-4", "73795-7", "73799-9", "76476-1", "76477-9", "8889-8", "8890-6", "8891-4", "8892-2", "8893-0", "40443-4", "55425-3", "68999-2", "11328-2", "69000-8", "8886-4":
		return "heartrate"
	case "19224-5", "20564-1", "2709-4", "2710-2", "2713-6", "51733-4", "59417-6", "89276-0", "97549-0":
		return "oxygensat"
	case "60834-9", "60835-6", "60836-4", "60838-0", "60955-2", "61009-7", "75539-7", "75987-8", "76010-8", "76011-6", "76278-1", "8309-7", "8328-7", "8329-5", "8330-3", "8331-1", "8332-9", "8333-7", "8334-5", "91371-5", "98657-0", "98663-8":
		return "bodytemp"
	case "3137-7", "3138-5", "8306-3", "8308-9":
		return "bodyheight"
	case "3142-7", "75292-3", "79348-9", "8350-1", "8351-9":
		return "bodyweight"
	case "89270-3":
		return "bmi"
	case "8459-0", "76534-7":
		return "bp"
	}
	return ""
}

// clinicalVitalSign returns the profile of codes of SNOMED CT, as likeVitalSign
// does of LOINC.
func clinicalVitalSign(code string) string {
	switch code {
	case "46680005":
		return "vitalspanel"
	case "86290005", "271625008", "271306003":
		return "resprate"
	case "249043002", "444981005", "399017001", "251670001", "429525003", "429614003":
		return "heartrate"
	case "442476006", "431314004":
		return "oxygensat"
	case "386725007", "276885007", "300076005", "1222808002", "364246006", "307047009", "708499008", "431598003", "698831002", "698832009", "415882003", "415974002", "415929009", "415945006":
		return "bodytemp"
	case "1153637007", "1162419008", "50373000", "1162418000", "1230278008", "1162392001", "1162417005":
		return "bodyheight"
	case "363812007", "169876006", "1269262007", "363811000":
		return "headcircum"
	case "735395000", "425024002", "424927000", "784399000", "1162416001", "1162415002":
		return "bodyweight"
	case "60621009":
		return "bmi"
	case "251076008", "163033001", "163035008", "386534000", "386536003", "271649006", "271650006", "407556006", "407554009", "716579001", "399304008":
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
		name := ""
		switch code := c.tree.FindText(n, "code"); c.tree.FindText(n, "system") {
		case "http://loinc.org":
			if name = vitalSign(code); name == "" && !c.options.Letter {
				name = likeVitalSign(code)
			}
		case "http://snomed.info/sct":
			if !c.options.Letter {
				name = clinicalVitalSign(code)
			}
		}
		if name == "" {
			continue
		}
		if p := c.profile("http://hl7.org/fhir/StructureDefinition/" + name); p != nil {
			c.plan = append(c.plan, p)
		}
	}
}
