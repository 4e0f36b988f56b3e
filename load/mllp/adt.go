package mllp

import (
	"cmp"
	"fmt"
	"slices"
)

// identity writes PID of a Patient (section 3.4.2).
func identity(p *patient) (string, error) {
	for _, l := range p.Link {
		if l.Type == "replaced-by" {
			return "", fmt.Errorf("%w: the record is replaced by another (Patient.link); merge them in the source, or in the receiving system by hand", errNotCarried)
		}
	}
	if p.Active != nil && !*p.Active {
		return "", fmt.Errorf("%w: the record is not active (Patient.active); leave it out by a condition of the mapping", errNotCarried)
	}
	var numbers []string
	for _, i := range p.Identifier {
		numbers = append(numbers, number(i))
	}
	homePhones, workPhones := phones(p.Telecom)
	return segment("PID", field{1, "1"}, field{3, repeated(append(numbers, ours(p.ID)))}, field{5, personNames(p.Name)},
		field{7, timestamp(p.BirthDate)}, field{8, sex(p.Gender)}, field{11, places(p.Address)}, field{13, homePhones}, field{14, workPhones},
		field{15, language(p)}, field{16, coded(p.MaritalStatus)}, field{24, multiple(p)}, field{25, p.BirthOrder.String()},
		field{29, timestamp(p.Died)}, field{30, death(p)}), nil
}

// sex writes administrative gender by table 0001.
func sex(gender string) string {
	return map[string]string{"male": "M", "female": "F", "other": "O", "unknown": "U"}[gender]
}

// personNames writes names, the one to be called by first: receivers take the
// first for the name.
func personNames(names []humanName) string {
	rank := map[string]int{"official": 1, "usual": 2, "": 3, "old": 9}
	names = slices.Clone(names)
	slices.SortStableFunc(names, func(a, b humanName) int {
		return cmp.Compare(rankOf(rank, a.Use), rankOf(rank, b.Use))
	})
	var out []string
	for _, n := range names {
		out = append(out, personName(n))
	}
	return repeated(out)
}

func rankOf(rank map[string]int, use string) int {
	if r, known := rank[use]; known {
		return r
	}
	return 4
}

func phones(all []telecom) (home, work string) {
	var h, w []string
	for _, t := range all {
		switch t.Use {
		case "old": // no table has a word for it, and a receiver would call there
		case "work":
			w = append(w, reachedBy(t))
		default:
			h = append(h, reachedBy(t))
		}
	}
	return repeated(h), repeated(w)
}

func places(all []address) string {
	var out []string
	for _, a := range all {
		out = append(out, place(a))
	}
	return repeated(out)
}

// language is the preferred one, or the only one that is told.
func language(p *patient) string {
	for _, l := range p.Language {
		if l.Preferred || len(p.Language) == 1 {
			return coded(l.Language)
		}
	}
	return ""
}

func multiple(p *patient) string {
	if p.BirthOrder != "" {
		return "Y"
	}
	return yesNo(p.Multiple)
}

func death(p *patient) string {
	if p.Died != "" {
		return "Y"
	}
	return yesNo(p.Dead)
}

// person is the message that tells of a patient: A28 adds, A31 changes (section
// 3.3.28, 3.3.31).
func person(p *patient, pid string, known bool) message {
	event := "A28"
	if known {
		event = "A31"
	}
	at := timestamp(p.Meta.LastUpdated)
	return message{
		event: "ADT^" + event + "^ADT_A05", at: at,
		segments: []string{segment("EVN", field{1, event}, field{2, at}), pid, segment("PV1", field{1, "1"}, field{2, "N"})},
	}
}
