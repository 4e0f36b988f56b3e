package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/extract/profile"
)

// MostCodes is how many codes of a column become a crosswalk; a column with
// more of them holds no codes. The profile must list as many
// (profile.Options.Top).
const MostCodes = 5000

// walk is a crosswalk with the codes that were found.
type walk struct {
	name     string
	system   string // of the targets, "" for codes of FHIR itself
	unmapped string
	used     []*Table // the tables that need it
	what     string   // role, for its heading
	columns  []*column
	dict     *look // where the codes have texts
	known    map[string]target
}

// target is a code that a source's word stands for beyond doubt.
type target struct{ code, display string }

// standard are the words whose code is known for a role. Words that mean two
// things are not among them.
func standard(r role) map[string]target {
	switch r {
	case sex:
		return pairs("m=male male=male man=male f=female female=female woman=female u=unknown unknown=unknown o=other other=other")
	case marital:
		return map[string]target{
			"married": {"M", "Married"}, "single": {"S", "Never Married"}, "never married": {"S", "Never Married"}, "divorced": {"D", "Divorced"},
			"widowed": {"W", "Widowed"}, "separated": {"L", "Legally Separated"}, "domestic partner": {"T", "Domestic partner"},
		}
	case class:
		return map[string]target{
			"ambulatory": {"AMB", "ambulatory"}, "outpatient": {"AMB", "ambulatory"}, "inpatient": {"IMP", "inpatient encounter"}, "emergency": {"EMER", "emergency"},
			"virtual": {"VR", "virtual"}, "telehealth": {"VR", "virtual"}, "home": {"HH", "home health"},
		}
	case category:
		return map[string]target{
			"laboratory": {"laboratory", "Laboratory"}, "lab": {"laboratory", "Laboratory"}, "vital-signs": {"vital-signs", "Vital Signs"}, "survey": {"survey", "Survey"},
			"social-history": {"social-history", "Social History"}, "imaging": {"imaging", "Imaging"}, "procedure": {"procedure", "Procedure"}, "exam": {"exam", "Exam"},
			"therapy": {"therapy", "Therapy"}, "activity": {"activity", "Activity"},
		}
	case allergyType:
		return pairs("allergy=allergy intolerance=intolerance")
	case severity:
		return pairs("mild=mild moderate=moderate severe=severe")
	}
	return nil
}

// allergyCategories are the words of AllergyIntolerance.category.
func allergyCategories() map[string]target {
	return pairs("food=food medication=medication drug=medication environment=environment environmental=environment biologic=biologic")
}

func pairs(s string) map[string]target {
	out := map[string]target{}
	for _, p := range strings.Fields(s) {
		from, to, _ := strings.Cut(p, "=")
		out[from] = target{code: to}
	}
	return out
}

// system returns the URI of a code system as profile calls it, and the word for
// the cleaner check.
func system(title string) (uri, check string) {
	switch title {
	case "LOINC":
		return "http://loinc.org", "loinc"
	case "SNOMED CT":
		return "http://snomed.info/sct", "snomed"
	case "ICD-10-CM":
		return "http://hl7.org/fhir/sid/icd-10-cm", "icd10cm"
	case "ICD-9-CM":
		return "http://hl7.org/fhir/sid/icd-9-cm", "icd9cm"
	case "NDC":
		return "http://hl7.org/fhir/sid/ndc", "ndc"
	case "RxNorm":
		return "http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"
	case "CVX":
		return "http://hl7.org/fhir/sid/cvx", "cvx"
	case "CPT":
		return "http://www.ama-assn.org/go/cpt", "cpt"
	}
	return "", ""
}

// standardSystem is where local codes of a kind are usually translated to.
func standardSystem(k Kind) string {
	switch k {
	case Observation:
		uri, _ := system("LOINC")
		return uri
	case Medication:
		uri, _ := system("RxNorm")
		return uri
	case Immunization:
		uri, _ := system("CVX")
		return uri
	}
	uri, _ := system("SNOMED CT")
	return uri
}

// listable tells columns whose values may be written down: few, and of no
// person.
func (c *column) listable() bool {
	return !c.Masked && c.Personal == "" && !c.Unique && c.Distinct > 0 && c.Distinct <= MostCodes && c.MaxLength <= 80 && len(c.Top) > 0 &&
		c.Type != profile.TypeDate && c.Type != profile.TypeDateTime && c.Type != profile.TypeUUID
}

// more is how many codes were seen and are not listed.
func (w *walk) more() int64 {
	var n int64
	for _, c := range w.columns {
		if c.listable() {
			n += c.Distinct - int64(len(c.Top))
		}
	}
	return n
}

// walk returns the crosswalk of a column as it is described, one for all
// columns that join the same list.
func (b *builder) walk(m *match, w walk) *walk {
	w.name = b.t.name + "_" + Identifier(m.c.Name)
	if w.dict != nil {
		w.name = w.dict.in.name
	}
	for _, o := range b.d.walks {
		if o.name == w.name && o.system == w.system {
			o.columns, o.used = append(o.columns, m.c), append(o.used, b.t)
			return o
		}
	}
	for slices.ContainsFunc(b.d.walks, func(o *walk) bool { return o.name == w.name }) {
		w.name += "_2"
	}
	w.used, w.what, w.columns = []*Table{b.t}, string(m.role), []*column{m.c}
	b.d.walks = append(b.d.walks, &w)
	return &w
}

// enum makes an element with FHIR's own codes of a column with a few words.
func (b *builder) enum(key string, m *match, unmapped string, known map[string]target) *node {
	if m == nil {
		return nil
	}
	if !m.c.listable() || m.from != nil && m.from.in == b.t {
		return &node{key: key, text: m.pipe(), sort: guess, note: "guess: " + b.note(m, "its values are too many, or personal: no crosswalk was made")}
	}
	w := b.walk(m, walk{unmapped: unmapped, known: known})
	found := 0
	for _, v := range m.c.Top {
		if _, ok := known[strings.ToLower(v.Value)]; ok {
			found++
		}
	}
	return b.leaf(key, m, " | code "+w.name, fmt.Sprintf("%d of %d values known, fill in terms/%s.csv", found, len(m.c.Top), w.name))
}

// concept makes a CodeableConcept of the columns of a code and its text.
func (b *builder) concept(key string, r, textRole role) *node {
	return b.conceptOf(key, b.codeColumn(r), b.find(textRole))
}

// conceptOf makes a CodeableConcept of a column of codes, a column of texts, or
// both.
func (b *builder) conceptOf(key string, m, text *match) *node {
	switch {
	case m == nil && text == nil:
		return nil
	case m == nil:
		return object(key, b.leaf("text", text, ""))
	case len(m.c.Codes) > 0 && m.c.join == nil || len(m.c.Codes) > 0 && m.c.Codes[0].Share >= 0.9:
		return b.coded(key, m, text)
	}
	return b.translated(key, m, text)
}

// translated makes a CodeableConcept of local codes by a crosswalk; a list that
// the codes join gives the text.
func (b *builder) translated(key string, m, text *match) *node {
	var dict *look
	stages := ""
	if to := b.d.target(m.c); to != nil && to.Kind == Left {
		if words := to.describe(); words != nil {
			if dict = b.lookup(m.c); dict != nil {
				stages = " | text $" + dict.alias + "." + words.bare()
			}
		}
	}
	if stages == "" && text != nil {
		stages = " | text " + text.pipe()
	}
	if !m.c.listable() && dict == nil {
		return object(key, list("coding", b.local(m)), b.leaf("text", text, ""))
	}
	unmapped := "keep-source"
	if dict == nil && m.c.wordy() {
		unmapped = "keep-text"
	}
	w := b.walk(m, walk{system: standardSystem(b.t.Kind), unmapped: unmapped, dict: dict})
	return b.leaf(key, m, " | concept "+w.name+stages, fmt.Sprintf("%d local codes: fill in terms/%s.csv", m.c.Distinct, w.name))
}

// wordy tells words, which are texts for a reader, from codes.
func (c *column) wordy() bool {
	return slices.ContainsFunc(c.Top, func(v profile.ValueCount) bool {
		return strings.ContainsFunc(v.Value, func(r rune) bool { return r >= 'a' && r <= 'z' })
	})
}

// coded makes a CodeableConcept of codes of a system that was recognised. Codes
// of another system keep their own coding.
func (b *builder) coded(key string, m *match, text *match) *node {
	found := m.c.Codes[0]
	uri, check := system(found.System)
	evidence := fmt.Sprintf("%s by %s, %.0f %% of the rows", found.System, found.By, found.Share*100)
	pipe := m.pipe() + " | check " + check
	one := object("", fixed("system", uri), b.leaf("code", m, " | check "+check, evidence))
	var other *node
	if found.Share < 1 {
		one = object("", fixed("system", uri), flow("code", "{ from: "+inFlow(pipe)+", policy: omit-element }", b.note(m, evidence), live))
		other = b.local(m)
	}
	return object(key, list("coding", one, other), b.leaf("text", text, ""))
}

// local makes a coding of the source's own code, so that it is not lost.
func (b *builder) local(m *match) *node {
	value := m.pipe()
	return object("", fixed("system", "${param.base}:"+b.t.name+"."+Identifier(m.c.Name)), &node{key: "code", text: value, note: b.note(m, "the source's own code")})
}

// codeColumn finds the column of the code: one whose codes were recognised, one
// that joins a list, one called so.
func (b *builder) codeColumn(r role) *match {
	named, conf, why := b.t.best(r)
	if named != nil && (len(named.Codes) > 0 || b.isList(named)) {
		return b.take(named, r, conf, why)
	}
	for _, c := range b.t.columns {
		if c.free() && len(c.Codes) > 0 && c.join == nil && c.Name != b.t.key && strings.HasSuffix(c.plain, "code") && !strings.Contains(c.plain, "reason") {
			return b.take(c, r, 0.85, "its codes ("+c.Codes[0].System+") and name")
		}
	}
	for _, c := range b.t.columns {
		if c.free() && b.isList(c) {
			return b.take(c, r, 0.85, "joins "+c.join.ToTable+":")
		}
	}
	if named != nil && named.maybeCode() {
		return b.take(named, r, conf, why)
	}
	return nil
}

// maybeCode leaves out what is called code and is none: a date, an amount, a
// number of the row.
func (c *column) maybeCode() bool {
	switch c.Type {
	case profile.TypeDate, profile.TypeDateTime, profile.TypeDecimal, profile.TypeUUID, profile.TypeTime:
		return false
	}
	return !c.Unique || c.Values < 20
}

// isList reports whether a column joins a list of what the table's kind is
// about.
func (b *builder) isList(c *column) bool {
	return b.joinsList(c, listWords(b.t.Kind))
}

// joinsList reports whether a column joins a list whose name has one of the
// words.
func (b *builder) joinsList(c *column, words []string) bool {
	to := b.d.target(c)
	return to != nil && to.Kind == Left && to.key == c.join.ToColumn && (c.join.ByName || c.Type != profile.TypeInteger) &&
		slices.ContainsFunc(tableStem(to.Table.Table), func(w string) bool { return slices.Contains(words, singular(w)) })
}

// listWords are words of lists that hold what a kind is about.
func listWords(k Kind) []string {
	switch k {
	case Condition:
		return []string{"disease", "diagnosis", "icd", "problem", "concept", "code"}
	case Observation:
		return []string{"exam", "test", "analyte", "concept", "loinc", "code"}
	case Medication:
		return []string{"drug", "medicaldsr", "medicine", "product", "formulary", "concept", "medication"}
	case Immunization:
		return []string{"vaccine", "cvx", "concept"}
	case Procedure:
		return []string{"operation", "procedure", "cpt", "concept"}
	case Allergy:
		return []string{"allergen", "substance", "concept"}
	}
	return nil
}

// reasonWords are words of lists that say why a patient came.
func reasonWords() []string { return []string{"disease", "diagnosis", "icd", "problem"} }

// describe returns the column of a list that says in words what its codes mean.
func (t *Table) describe() *column {
	for _, name := range spellings(Observation, display) {
		for _, c := range t.columns {
			if c.plain == name && c.usable() && c.Values > 0 && (c.Type == profile.TypeText || c.Type == profile.TypeCode) {
				return c
			}
		}
	}
	return nil
}
