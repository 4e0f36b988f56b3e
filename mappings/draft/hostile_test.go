package draft_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"chartlift/mappings/draft"
)

// strange are values that break quotes, comments, templates and YAML where they
// are not guarded.
func strange() []string {
	return []string{
		"", "NULL", "~", "yes", "0012", "1e5", "0x1F", "it's", `a "b"`, "a: b", "# no comment", "{x}", "[y]", "${param.site}", "$COL", "$$", "| trim", "*", "&a", "!tag", "%", "@", "`", "- x", "? y", "a,b", "a;b", "a\tb", "two\nlines", "é", "李小龙", "\u202ex", "😀", "=1+1", "'x", "\\", "//",
		strings.Repeat("x", 300), "2019-02-29", "31/12/1999", "12.5", "-3", "<5", "F", "M", "U", "555-0100",
	}
}

// clinics are tables as clinics name them, with a value of row %[1]d for each column.
func clinics() map[string][2]string {
	return map[string][2]string{
		"patients":  {"MRN,LastName,FirstName,Sex,BirthDate", "M%[1]d,Quill%[2]c,Ana%[2]c,F,1960-01-%[1]d"},
		"visits":    {"VisitID,MRN,VisitDate,VisitType", "V%[1]d,M%[1]d,2019-03-%[1]d,office"},
		"labs":      {"LabNo,MRN,TestCode,Result,Units,Taken", "L%[1]d,M%[1]d,GLU,%[1]d.5,mg/dL,2019-03-%[1]d"},
		"allergies": {"AllergyID,MRN,Allergen,Reaction", "A%[1]d,M%[1]d,Penicillin %[2]c,hives"},
		"diagnoses": {"DxID,MRN,ICD10,Description", "D%[1]d,M%[1]d,E11.9,sugar %[2]c"},
		"it's #1":   {"a,b", "%[1]d,%[2]c"},
	}
}

// hostileTable adds columns of strange names and values to those of a clinic, and strange values to all of them.
func hostileTable(r *rand.Rand, header, row string) string {
	columns, cells := strings.Split(header, ","), strings.Split(row, ",")
	spellings := draft.Spellings()
	for range r.IntN(5) {
		names := spellings[r.IntN(len(spellings))].Names
		name := []string{names[r.IntN(len(names))], strange()[r.IntN(len(strange()))]}[r.IntN(2)]
		columns, cells = append(columns, name), append(cells, "")
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(columns)
	for i := range 12 {
		line := make([]string, len(cells))
		for at, cell := range cells {
			line[at] = strange()[r.IntN(len(strange()))]
			if cell != "" && r.IntN(90) > 0 {
				line[at] = strings.NewReplacer("%[1]d", fmt.Sprint(10+i), "%[2]c", string(rune('a'+i))).Replace(cell)
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return b.String()
}

// A draft is made of what nobody has looked at yet. Whatever that is, drafted fails where the mapping or its tests do not compile.
func TestWhateverIsInTheFilesTheDraftCompiles(t *testing.T) {
	t.Parallel()
	mapped := 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		files := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(clinics())) {
			if table := clinics()[name]; r.IntN(3) > 0 {
				files[name+".csv"] = hostileTable(r, table[0], table[1])
			}
		}
		p := drafted(t, folder(t, files), draft.Options{ID: draft.Identifier([]string{"clinic", "null", "a: b", "Ä x/y"}[r.IntN(4)])})
		mapped += len(p.Mapped())
		if t.Failed() {
			t.Fatalf("seed %d: %q", seed, files)
		}
	}
	if mapped < 15 {
		t.Errorf("only %d tables were mapped: this shows little", mapped)
	}
}

// What a column holds decides and not the place where it stands: the columns in another order make the same elements.
func TestTheOrderOfColumnsChangesNothing(t *testing.T) {
	t.Parallel()
	columns := []string{"MRN", "LastName", "FirstName", "BirthDate", "Sex", "Phone", "Email", "City", "Zip"}
	row := func(i int, order []int) string {
		cells := []string{
			fmt.Sprintf("M%d", 100+i), fmt.Sprintf("Quillfeather%c", 'a'+i), fmt.Sprintf("Ana%c", 'a'+i), fmt.Sprintf("1960-01-%02d", 10+i), "MF"[i%2 : i%2+1],
			fmt.Sprintf("202-555-01%02d", i), fmt.Sprintf("a%d@example.org", i), "Boston", fmt.Sprintf("021%02d", i),
		}
		var out []string
		for _, at := range order {
			out = append(out, cells[at])
		}
		return strings.Join(out, ",")
	}
	elements := func(order []int) map[string]int {
		var names []string
		for _, at := range order {
			names = append(names, columns[at])
		}
		p := drafted(t, folder(t, map[string]string{"patients.csv": people(strings.Join(names, ","), 12, func(i int) string { return row(i, order) })}), draft.Options{})
		out := map[string]int{}
		for line := range strings.Lines(p.files["mapping/draft.yaml"]) {
			if line = strings.TrimSpace(line); strings.Contains(line, "$") && !strings.HasPrefix(line, "#") {
				out[line]++
			}
		}
		return out
	}
	want := elements([]int{0, 1, 2, 3, 4, 5, 6, 7, 8})
	if len(want) < 5 {
		t.Fatalf("the draft has only %v", want)
	}
	for _, order := range [][]int{{8, 7, 6, 5, 4, 3, 2, 1, 0}, {4, 0, 8, 2, 6, 1, 5, 3, 7}} {
		got := elements(order)
		for line, n := range want {
			if got[line] != n {
				t.Errorf("order %v: %q stands %d times, want %d", order, line, got[line], n)
			}
		}
	}
}
