package golden_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/transform/golden"
)

// randomRecord makes a Patient of few values, so that records agree in some and
// contradict each other in others.
func randomRecord(r *rand.Rand, id string) golden.Record {
	var parts []string
	maybe := func(values ...string) {
		if v := values[r.IntN(len(values))]; v != "" {
			parts = append(parts, v)
		}
	}
	maybe("", `"identifier":[{"system":"urn:mrn","value":"`+id+`"}]`, `"identifier":[{"system":"urn:mrn","value":"7"},{"system":"http://hl7.org/fhir/sid/us-ssn","value":"212551234"}]`)
	maybe("", `"name":[{"family":"O'Neil","given":["Ana"]}]`, `"name":[{"family":"李","given":["小龙"]}]`, `"name":[{"use":"maiden","family":"Voss"},{"family":"Quill","given":["Ana","M"]}]`)
	maybe("", `"telecom":[{"system":"phone","value":"555-0100"}]`, `"telecom":[{"system":"phone","value":"555 0199","use":"work"},{"system":"email","value":"a@x.org"}]`)
	maybe("", `"gender":"female"`, `"gender":"unknown"`, `"gender":"male"`)
	maybe("", `"birthDate":"1985"`, `"birthDate":"1985-06-07"`, `"birthDate":"1985-07-06"`, `"_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}`)
	maybe("", `"deceasedBoolean":true`, `"deceasedBoolean":false`, `"deceasedDateTime":"2020-01-01"`)
	maybe("", `"address":[{"line":["1 Main St"],"city":"Boston"}]`, `"address":[{"line":["2 Elm St"],"city":"Boston"},{"text":"somewhere"}]`)
	canonical, err := fhir.Canonical(record(id, strings.Join(parts, ",")).JSON)
	if err != nil {
		panic(err)
	}
	return golden.Record{ID: id, JSON: canonical, Rank: r.IntN(3), Updated: []string{"", "2019-01-01", "2020-02-03T10:00:00Z"}[r.IntN(3)]}
}

func randomRecords(r *rand.Rand) []golden.Record {
	records := make([]golden.Record, 1+r.IntN(5))
	for i := range records {
		records[i] = randomRecord(r, fmt.Sprintf("p%d", i))
	}
	return records
}

// facts lists what of a Patient must be found again: each with the element in
// which it stands.
func facts(t *testing.T, patient []byte) []string {
	t.Helper()
	var p struct {
		Identifier []struct{ System, Value string }
		Telecom    []struct{ System, Value string }
		Name       []struct{ Family string }
		Address    []struct {
			Text string
			Line []string
		}
	}
	if err := json.Unmarshal(patient, &p); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range p.Identifier {
		all = append(all, "identifier "+i.System+" "+i.Value)
	}
	for _, c := range p.Telecom {
		all = append(all, "telecom "+c.System+" "+c.Value)
	}
	for _, n := range p.Name {
		all = append(all, "name "+n.Family)
	}
	for _, a := range p.Address {
		all = append(all, "address "+a.Text+strings.Join(a.Line, "|"))
	}
	return all
}

func TestNoIdentifierNumberNameOrAddressIsLost(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	for range 300 {
		records := randomRecords(r)
		m, err := golden.Merge(records, golden.Options{Linked: r.IntN(2) == 0})
		if err != nil {
			t.Fatal(err)
		}
		kept := facts(t, m.JSON)
		for _, rec := range records {
			for _, v := range facts(t, rec.JSON) {
				if !slices.Contains(kept, v) {
					t.Fatalf("%s of %s is lost in %s", v, rec.JSON, m.JSON)
				}
			}
		}
		unique := slices.Clone(kept)
		slices.Sort(unique)
		if len(slices.Compact(unique)) != len(kept) {
			t.Fatalf("a value stands twice in %s", m.JSON)
		}
	}
}

// What records contradict each other in is in the golden record or among the
// conflicts; nothing is dropped unsaid.
func TestEveryFactIsTakenOrSaid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(23, 24))
	said := 0
	for range 300 {
		records := randomRecords(r)
		m, err := golden.Merge(records, golden.Options{})
		if err != nil {
			t.Fatal(err)
		}
		said += len(m.Conflicts)
		fact := func(patient []byte) (f struct{ Gender, BirthDate, DeceasedDateTime string }) {
			if err := json.Unmarshal(patient, &f); err != nil {
				t.Fatal(err)
			}
			return f
		}
		taken := fact(m.JSON)
		for _, rec := range records {
			has := fact(rec.JSON)
			for _, c := range [][3]string{{"gender", has.Gender, taken.Gender}, {"birthDate", has.BirthDate, taken.BirthDate}, {"deceased", has.DeceasedDateTime, taken.DeceasedDateTime}} {
				told := slices.ContainsFunc(m.Conflicts, func(k golden.Conflict) bool { return k.Element == c[0] && k.Other == c[1] })
				if c[1] != "" && c[1] != "unknown" && !strings.HasPrefix(c[2], c[1]) && !told {
					t.Fatalf("%s %q is neither taken nor said: %s, %v", c[0], c[1], m.JSON, m.Conflicts)
				}
			}
		}
	}
	if said < 50 {
		t.Errorf("only %d conflicts: this shows little", said)
	}
}

func TestTwoAddressesOfMailAreNotOneForTheirSigns(t *testing.T) {
	t.Parallel()
	m, err := golden.Merge([]golden.Record{
		record("a", `"telecom":[{"system":"email","value":"a.b@x.org"},{"system":"phone","value":"555-0100"}]`), record("b", `"telecom":[{"system":"email","value":"ab@x.org"},{"system":"email","value":"A.B@X.org"},{"system":"phone","value":"5550100"}]`),
	}, golden.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"telecom email a.b@x.org", "telecom phone 555-0100", "telecom email ab@x.org"}, facts(t, m.JSON)); diff != "" {
		t.Error(diff)
	}
}

func TestMergingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(25, 26))
	for range 200 {
		records := randomRecords(r)
		once, err := golden.Merge(records, golden.Options{})
		if err != nil {
			t.Fatal(err)
		}
		alone, err := golden.Merge([]golden.Record{{ID: "p0", JSON: once.JSON}}, golden.Options{})
		if err != nil || len(alone.Conflicts) > 0 {
			t.Fatal(alone.Conflicts, err)
		}
		if diff := cmp.Diff(string(once.JSON), string(alone.JSON)); diff != "" {
			t.Fatalf("a golden record alone: %s", diff)
		}
		self, err := golden.Merge([]golden.Record{records[0], {ID: "twin", JSON: []byte(strings.Replace(string(records[0].JSON), `"id":"p0"`, `"id":"twin"`, 1)), Rank: records[0].Rank, Updated: records[0].Updated}}, golden.Options{})
		if err != nil || len(self.Conflicts) > 0 {
			t.Fatal(self.Conflicts, err)
		}
		if diff := cmp.Diff(string(records[0].JSON), string(self.JSON)); diff != "" {
			t.Fatalf("a record and its copy: %s", diff)
		}
	}
}

// Who stands second and who third is an accident where the rules decide:
// records of ranks of their own make the same person.
func TestTheOrderOfTheOthersDecidesNothingWhereTheirSourcesDiffer(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(27, 28))
	for range 200 {
		records := randomRecords(r)
		for i := range records {
			records[i].Rank, records[i].Updated = i, ""
		}
		want, err := golden.Merge(records, golden.Options{})
		if err != nil {
			t.Fatal(err)
		}
		others := slices.Clone(records)
		r.Shuffle(len(others)-1, func(i, j int) { others[i+1], others[j+1] = others[j+1], others[i+1] })
		got, err := golden.Merge(others, golden.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, b := facts(t, want.JSON), facts(t, got.JSON)
		slices.Sort(a)
		slices.Sort(b)
		if diff := cmp.Diff(a, b); diff != "" || len(want.Conflicts) != len(got.Conflicts) {
			t.Fatalf("%s\n%v\n%v", diff, want.Conflicts, got.Conflicts)
		}
		var one, two struct{ Gender, BirthDate, DeceasedDateTime string }
		if json.Unmarshal(want.JSON, &one) != nil || json.Unmarshal(got.JSON, &two) != nil || one != two {
			t.Fatalf("%+v\n%+v", one, two)
		}
	}
}
