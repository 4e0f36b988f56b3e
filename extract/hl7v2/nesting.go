package hl7v2

import "slices"

// parents lists, for the segments that hang on something else than the patient,
// what they may hang on: the nearest one that is still open. It is taken from
// the message structures of HL7 v2.5.1 chapters 3 to 12; a segment that is not
// listed hangs on the master file entry, the patient or the message.
func parents() map[string][]string {
	order := []string{"RXA", "RXD", "RXE", "RXG", "RXO"}
	return map[string][]string{
		"PID": {"SCH", "MSH"},
		"SCH": {"MSH"}, "RF1": {"MSH"}, "MFE": {"MSH"},
		"PV1": {"PID", "MSH"}, "PV2": {"PV1"}, "PDA": {"PV1", "PID"},
		"IN1": {"PID", "MSH"}, "IN2": {"IN1"}, "IN3": {"IN1"}, "AUT": {"IN1", "PR1", "RF1"},
		"ROL": {"PR1", "IN1", "GOL", "PRB", "PTH", "PV1", "PID"},
		"FT1": {"PID", "MSH"}, "DG1": {"OBR", "RXO", "FT1", "PID"}, "PR1": {"FT1", "PID"}, "IAM": {"PID"}, "IAR": {"IAM"},
		"ORC": {"SPM", "SAC", "GOL", "PRB", "PTH", "FT1", "PID", "MSH"},
		"OBR": {"ORC", "SPM", "SAC", "FT1", "TXA", "PID", "MSH"},
		"SPM": {"OBR", "PID", "MSH"}, "SAC": {"SPM", "OBR", "PID", "MSH"}, "INV": {"SAC", "MSH"},
		"OBX": append([]string{"OBR", "SPM", "TXA", "GOL", "PRB", "PTH", "IAM"}, order...),
		"RXA": {"ORC", "PID", "MSH"}, "RXD": {"ORC", "PID", "MSH"}, "RXE": {"ORC", "PID", "MSH"}, "RXG": {"ORC", "PID", "MSH"}, "RXO": {"ORC", "PID", "MSH"},
		"RXR": order, "RXC": order,
		"TQ1": append([]string{"OBR", "ORC", "SCH"}, order...), "TQ2": {"TQ1"},
		"ODS": {"ORC"}, "ODT": {"ORC"}, "RQD": {"ORC"}, "RQ1": {"RQD"}, "BPO": {"ORC"}, "BTX": {"ORC"},
		"BLG": {"OBR", "ORC", "FT1", "TXA"}, "CTI": append([]string{"OBR", "ORC"}, order...),
		"PRD": {"RF1", "PID", "MSH"}, "CTD": {"PRD", "OBR"},
		"TXA": {"PID", "MSH"},
		"GOL": {"PRB", "PTH", "PID"}, "PRB": {"GOL", "PTH", "PID"}, "PTH": {"GOL", "PRB", "PID"},
		"RGS": {"SCH", "MSH"}, "AIG": {"RGS"}, "AIL": {"RGS"}, "AIP": {"RGS"}, "AIS": {"RGS"}, "APR": {"RGS"},
	}
}

// annotates reports whether a segment belongs to whatever stands before it:
// notes, participations, variances, and the vendors' own segments.
func annotates(id string) bool {
	return id == "NTE" || id == "PRT" || id == "VAR" || id[0] == 'Z'
}

// place is one instance of a segment in its message: OBX 3.
type place struct {
	id string
	n  int
}

// law is what the standard says of a kind of segment.
type law struct {
	parents []string // on which it may hang
	head    bool     // others hang on it
}

// laws returns those of the kinds of which the standard says where they hang.
func laws() map[string]law {
	all := map[string]law{}
	for id, list := range parents() {
		all[id] = law{list, all[id].head}
		for _, above := range list {
			all[above] = law{all[above].parents, true}
		}
	}
	return all
}

// kind is what is known of the segments of one id, and how many there were in a
// message.
type kind struct {
	law
	id      string
	notes   bool // it annotates
	message int  // in which n counts; of a batch's segments all
	n       int
}

// tree says on which segment each segment of a message hangs.
type tree struct {
	open []place // from the message down to the last head
	last place   // the last segment that is no annotation
}

// reset begins a message.
func (t *tree) reset() { t.open, t.last = t.open[:0], place{} }

// add puts the latest segment of a kind into the tree and returns its parent,
// the zero place where it has none.
func (t *tree) add(k *kind) place {
	if k.notes {
		return t.last
	}
	p := place{k.id, k.n}
	t.last = p
	if !k.head {
		return t.at(t.find(k, len(t.open)))
	}
	end := len(t.open)
	// No segment hangs on one of its own kind.
	if i := slices.IndexFunc(t.open, func(o place) bool { return o.id == p.id }); i >= 0 {
		end = i
	}
	at := t.find(k, end)
	if p.id == "ORC" && t.ordersSpecimen(end) {
		at = end - 1
	}
	parent := t.at(at)
	t.open = append(t.open[:at+1], p)
	return parent
}

// ordersSpecimen reports whether the last open segment is an OBR right below a
// specimen: in OUL messages the ORC follows its OBR.
func (t *tree) ordersSpecimen(end int) bool {
	if end < 2 || t.open[end-1].id != "OBR" {
		return false
	}
	above := t.open[end-2].id
	return above == "SPM" || above == "SAC"
}

// find returns the index of the nearest open segment before end on which one of
// the kind may hang, or -1.
func (t *tree) find(k *kind, end int) int {
	for i := end - 1; i >= 0; i-- {
		if slices.Contains(k.parents, t.open[i].id) {
			return i
		}
	}
	for i := end - 1; i >= 0; i-- {
		switch t.open[i].id {
		case "MFE", "PID", "MSH":
			return i
		}
	}
	return -1
}

func (t *tree) at(i int) place {
	if i < 0 {
		return place{}
	}
	return t.open[i]
}
