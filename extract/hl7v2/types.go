package hl7v2

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
)

// The further columns of the table of a data type.
const (
	fieldColumn = "_field" // PV1-7
	placeColumn = "_place" // _key of the segment with the field: a.hl7#3.PV11-7
	valueColumn = "_value" // the whole repetition
	levelColumn = "_level" // PL only: facility, building, floor, point-of-care, room or bed
	upColumn    = "_up"    // PL only: _value of the level above
)

// personLocation is the data type whose values are paths: bed in room in ward
// in floor in building in facility.
const personLocation = "PL"

// typedFields lists where values of a data type stand (HL7 v2.5.1 and v2.8.2,
// chapters 2A to 9), nil for a type that has no table. Fields that older
// versions write with a type that begins with the same components are listed
// with it (XCN for CN, XON for ST, PL for LA2).
func typedFields(typ string) []string {
	switch typ {
	case "CX":
		return []string{
			"PID.2", "PID.3", "PID.4", "PID.18", "PID.21", "PV1.5", "PV1.19", "PV1.50", "PV1.54", "NK1.12", "NK1.33", "GT1.2", "GT1.19", "IN1.3",
			"IN1.49", "IN2.61", "MRG.1", "MRG.2", "MRG.3", "MRG.4", "MRG.5", "MRG.6", "DB1.3", "SPM.30",
		}
	case personLocation:
		return []string{"PV1.3", "PV1.6", "PV1.11", "PV1.42", "PV1.43", "PV2.1", "AIL.3", "ORC.13", "PR1.23", "ROL.13", "PRT.9", "RXA.11", "RXA.27", "FT1.16"}
	case "XAD":
		return []string{"PID.11", "NK1.4", "NK1.32", "GT1.5", "GT1.17", "IN1.5", "IN1.19", "IN1.44", "ORC.22", "ORC.24", "OBX.24", "ROL.11", "PRT.14", "SCH.14", "SCH.18"}
	case "XCN":
		return []string{
			"EVN.5", "PD1.4", "PV1.7", "PV1.8", "PV1.9", "PV1.17", "PV1.52", "PV2.13", "ROL.4", "PRT.5", "DG1.16", "PR1.8", "PR1.11", "PR1.12", "IAM.18", "ORC.10", "ORC.11",
			"ORC.12", "ORC.19", "OBR.10", "OBR.16", "OBR.28", "OBX.16", "OBX.25", "NTE.5", "RXO.14", "RXO.15", "RXE.13", "RXE.14", "RXD.10", "RXA.10", "TXA.5", "TXA.9",
			"TXA.10", "TXA.11", "TXA.22", "TXA.23", "SCH.12", "SCH.16", "SCH.20", "AIP.3", "FT1.20", "FT1.21",
		}
	case "XON":
		return []string{"MSH.22", "MSH.23", "PD1.3", "NK1.13", "PV2.23", "ROL.14", "PRT.8", "ORC.21", "OBX.23", "IN1.4", "IN1.11", "GT1.51"}
	case "XPN":
		return []string{"PID.5", "PID.6", "PID.9", "NK1.2", "NK1.30", "GT1.3", "GT1.4", "IN1.6", "IN1.16", "IAM.14"}
	case "XTN":
		return []string{
			"PID.13", "PID.14", "PID.40", "NK1.5", "NK1.6", "NK1.31", "NK1.40", "NK1.41", "GT1.6", "GT1.7", "GT1.18", "IN1.7", "IN2.63", "ORC.14", "ORC.23", "OBR.17",
			"ROL.12", "PRT.15", "SCH.13", "SCH.17",
		}
	}
	return nil
}

// OnRequest reports whether a table is there only when it is asked for by name:
// the repetitions of a field (PID.3) or all values of a data type (XCN).
func OnRequest(table string) bool {
	return typedFields(strings.ToUpper(table)) != nil || strings.Contains(table, ".")
}

// typedTable makes the table of all values of a data type, nil where no segment
// that can hold one is in the file.
func (v *survey) typedTable(name string, asked []string) *table {
	t := &table{typ: name, of: map[string][]int{}}
	all := &shape{}
	for _, place := range typedFields(name) {
		id, text, _ := strings.Cut(place, ".")
		field, err := strconv.Atoi(text)
		if h := v.shapes[id]; h != nil && err == nil {
			t.of[id] = append(t.of[id], field)
			all.merge(h, field)
		}
	}
	if len(t.of) == 0 {
		return nil
	}
	l := v.layouts.of(name, asked, func() layout {
		keys := append(keyColumns(), repColumn, fieldColumn, placeColumn, valueColumn)
		if name == personLocation {
			keys = append(keys, levelColumn, upColumn)
		}
		parts := wantedTyped(asked)
		if asked == nil {
			parts = all.typedParts()
		}
		return layOut(keys, parts, part.typedName)
	})
	t.parts, t.schema = l.parts, &extract.Schema{Source: v.source, Table: name, Columns: l.columns}
	return t
}

// merge adds the components of a field of h to those of field 0.
func (h *shape) merge(other *shape, field int) {
	if len(h.fields) == 0 {
		h.fields = [][]uint32{{}}
	}
	if field >= len(other.fields) {
		return
	}
	for component, bits := range other.fields[field] {
		for len(h.fields[0]) <= component {
			h.fields[0] = append(h.fields[0], 0)
		}
		h.fields[0][component] |= bits
	}
}

// typedParts returns the components and subcomponents that occur.
func (h *shape) typedParts() []part {
	return slices.DeleteFunc(h.parts("", 0), func(p part) bool { return p.component == 0 })
}

// wantedTyped returns the places among columns: 9 or 9.2.
func wantedTyped(columns []string) []part {
	var all []part
	for _, name := range columns {
		if p, ok := parsePart("", "-1."+name); ok && p.component > 0 {
			all = append(all, part{component: p.component, sub: p.sub})
		}
	}
	slices.SortFunc(all, compareParts)
	return slices.CompactFunc(all, func(a, b part) bool { return compareParts(a, b) == 0 })
}

// typedName is the column of a component in the table of a data type: 9 or 9.2.
func (p part) typedName() string {
	name := strconv.Itoa(p.component)
	if p.sub > 0 {
		name += "." + strconv.Itoa(p.sub)
	}
	return name
}

// addTyped makes a record of each repetition of the fields that have the
// table's data type; of a location one for each level of its path.
func (r *rows) addTyped(seg *segment) {
	text, good := seg.decode(seg.text)
	for number, field := range fields(text, seg.separators) {
		if field == "" || !slices.Contains(r.table.of[seg.id], number) {
			continue
		}
		n := 0
		for _, repetition := range pieces(field, seg.repetition) {
			if n++; repetition == "" || repetition == `""` {
				continue
			}
			v := typedValue{segment: seg, field: number, rep: n, text: repetition, good: good}
			if r.table.typ == personLocation {
				r.addLevels(v)
				continue
			}
			rec := r.beginTyped(v)
			rec.Values[placeAt] = textOrNull(v.place())
			rec.Values[valueAt] = seg.value(repetition)
			fill(rec, seg, repetition, r.table.parts)
			r.removeNUL(rec)
		}
	}
}

// typedValue is one repetition of a field.
type typedValue struct {
	*segment
	field, rep int
	text       string
	good       bool // all bytes of its segment are characters
}

// place is the field's key: a.hl7#3.PV11-7.
func (v typedValue) place() string {
	return v.keyOf(v.segment.place) + "-" + strconv.Itoa(v.field)
}

// Indexes of the columns of a data type's table.
const (
	repAt = iota + 8 // behind keyColumns
	fieldAt
	placeAt
	valueAt
	levelAt
	upAt
)

// beginTyped adds a record with the columns that all rows of the table have.
func (r *rows) beginTyped(v typedValue) *extract.Record {
	rec := r.begin(v.segment, v.good)
	rec.Values[parentAt] = textOrNull(rec.Values[keyAt].Text)
	rec.Values[keyAt] = textOrNull(v.place() + "~" + strconv.Itoa(v.rep))
	rec.Values[repAt] = textOrNull(strconv.Itoa(v.rep))
	rec.Values[fieldAt] = textOrNull(v.id + "-" + strconv.Itoa(v.field))
	return rec
}

// locationLevels are the components of a location from the outermost to the
// innermost (HL7 v2.8.2 section 2A.3.53).
func locationLevels() []struct {
	component int
	name      string
} {
	return []struct {
		component int
		name      string
	}{{4, "facility"}, {7, "building"}, {8, "floor"}, {1, "point-of-care"}, {2, "room"}, {3, "bed"}}
}

// addLevels makes a record of each level of a location: its components are
// those of the level's name (HD). The innermost one has the _place.
func (r *rows) addLevels(v typedValue) {
	given := map[int]string{}
	for number, component := range pieces(v.text, v.component) {
		given[number] = component
	}
	inner := v.separators
	inner.component, inner.sub, inner.repetition = v.sub, 0, 0
	var last *extract.Record
	path := ""
	for _, level := range locationLevels() {
		text := given[level.component]
		if strings.Trim(text, string(rune(v.sub))+` "`) == "" {
			continue
		}
		last = r.beginTyped(v)
		last.Values[upAt] = textOrNull(path)
		path = strings.TrimPrefix(path+"/"+level.name+"="+v.value(text).Text, "/")
		last.Values[valueAt], last.Values[levelAt] = textOrNull(path), textOrNull(level.name)
		last.Values[keyAt].Text += "." + level.name
		fillWith(last, v.segment, text, r.table.parts, inner)
		r.removeNUL(last)
	}
	if last != nil {
		last.Values[placeAt] = textOrNull(v.place())
	}
}
